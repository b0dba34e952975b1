#!/bin/sh
# embed.sh OUT.c FILE.sql... - the schema files as C strings, in their order.
# Comments and empty lines are left out, so that editing a comment does not
# make an existing state file differ. A literal must not hold "--".
set -eu
export LC_ALL=C
out=$1
shift
n=0
for file; do
	n=$((n + 1))
	case ${file##*/} in
	"$(printf %04d "$n")"_*.sql) ;;
	*)
		echo "embed.sh: $file is not number $n" >&2
		exit 1
		;;
	esac
done
awk '
BEGIN {
	print "/* Made by state/schema/embed.sh from the .sql files. */"
	print "#include \"state/schema.h\"\n\n#include <stddef.h>\n"
	print "const char *const state_schema[] = {"
}
FNR == 1 && NR > 1 { print "\t," }
{
	sub(/--.*/, "")
	sub(/[ \t\r]+$/, "")
	if ($0 == "")
		next
	gsub(/\\/, "&&")
	gsub(/"/, "\\\"")
	gsub(/\t/, "\\t")
	print "\t\"" $0 "\\n\""
}
END { print "\t,\n\tNULL,\n};" }
' "$@" >"$out.tmp"
mv "$out.tmp" "$out"
