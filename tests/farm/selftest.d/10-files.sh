# Every byte of the configuration that is not touched stays.

"$farm" up "$dir" web01="$here/apphost/pubslocator.config" web02="$here/apphost/windowcontainertest.config" \
	web03="$here/apphost/interview-sysadmin.config" || exit 1

# edit NAME FIXTURE POOL SED - `farm set` must change the fixture as the sed script does, and nothing else
edit() {
	cp "$here/apphost/$2.config" "$(config "$1")"
	printf 'secret' | "$farm" set "$dir" "$1" "$3" 'CORP\svc'
	sed "$4" "$here/apphost/$2.config" >"$work/wanted"
	masked <"$(config "$1")" >"$work/got"
	same "lossless $2/$3" "$work/got" "$work/wanted"
}

local_values='identityType="SpecificUser" userName="CORP\\svc" password="PW"'
edit web01 pubslocator GUAM \
	"134s|identityType.*password=\"\"|$local_values|"
edit web01 pubslocator ncidc-guam.lmbps.com \
	'/"ncidc-guam/{n;s|userName="" password=""|userName="CORP\\svc" password="PW" identityType="SpecificUser"|}'
edit web01 pubslocator pubsprod.lmbps.com \
	"/<add name=\"pubsprod.lmbps.com\" autoStart/s| />\r|>\r\n                <processModel $local_values />\r\n            </add>\r|"
edit web01 pubslocator 'Classic .NET AppPool' \
	"/<add name=\"Classic .NET AppPool\"/,/<\/add>/s|^            </add>|                <processModel $local_values />\r\n&|"
edit web02 windowcontainertest DefaultAppPool \
	"/<add name=\"DefaultAppPool\" \/>/s| />|>\r\n                <processModel $local_values />\r\n            </add>|"
edit web03 interview-sysadmin MyPool \
	"/<add name=\"MyPool\"/,/<\/add>/s|^            </add>|                <processModel $local_values />\n&|"

# A mark, both line ends, single quotes, no blank before '/>', comments, a pool on one line.
printf '\xef\xbb\xbf<?xml version="1.0"?>\r\n<configuration>\n<system.applicationHost>\r\n<applicationPools>\n' >"$work/head"
printf "  <add\n\tname = 'Odd' ><!-- <processModel/> --><processModel  password='x'\tuserName='old' /></add>\r\n" >"$work/odd"
printf '  <add name="Line"/><add name="Bare"></add>\n' >"$work/line"
printf '</applicationPools>\n<sites/></system.applicationHost></configuration><!-- end -->' >"$work/tail"
cat "$work"/{head,odd,line,tail} >"$(config web03)"
printf 'secret' | "$farm" set "$dir" web03 Odd "CORP\\o'b & \"c\" <d>"
printf 'secret' | "$farm" set "$dir" web03 Line 'CORP\svc'
printf 'secret' | "$farm" set "$dir" web03 Bare 'CORP\svc'
printf "  <add\n\tname = 'Odd' ><!-- <processModel/> --><processModel  password='PW'\tuserName='CORP\\\\o&apos;b &amp; \"c\" &lt;d&gt;' identityType='SpecificUser' /></add>\r\n" >"$work/odd"
printf '  <add name="Line">\n    <processModel identityType="SpecificUser" userName="CORP\\svc" password="PW"/>\n  </add><add name="Bare"><processModel identityType="SpecificUser" userName="CORP\\svc" password="PW" /></add>\n' >"$work/line"
cat "$work"/{head,odd,line,tail} >"$work/wanted"
masked <"$(config web03)" >"$work/got"
same 'lossless odd style' "$work/got" "$work/wanted"
is 'odd name is read back' "$(pool web03 Odd 3)" "CORP\\o'b & \"c\" <d>"

cp "$(config web02)" "$work/before"
"$farm" touch "$dir" web02
head -c "$(stat -c %s "$work/before")" "$(config web02)" >"$work/got"
same 'touch keeps what was there' "$work/got" "$work/before"
[ "$(stat -c %s "$(config web02)")" -gt "$(stat -c %s "$work/before")" ] && ok 'touch changes the file' || not_ok 'touch changes the file' 'same size'
