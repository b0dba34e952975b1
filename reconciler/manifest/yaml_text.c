/* yaml_text.c - encodings, and syntax errors in words. */
#include "reconciler/manifest/yaml_text.h"

#include "reconciler/core/str.h"
#include "reconciler/manifest/yaml_tree.h"

#include <string.h>
#include <yaml.h>

/* Line and column (in characters) of a byte. */
static struct place place_of(const char *file, const char *bytes, size_t at)
{
	struct place place = { .file = file, .line = 1, .col = 1 };
	size_t i;

	for (i = 0; i < at; i++) {
		if (bytes[i] == '\n') {
			place.line++;
			place.col = 1;
		} else if (((unsigned char)bytes[i] & 0xC0) != 0x80) {
			place.col++;
		}
	}
	return place;
}

/* Where the first byte stands that is not UTF-8: in the first line that is
 * not, the longest valid beginning. */
static size_t first_bad_byte(const char *bytes, size_t len)
{
	size_t line = 0;
	size_t end;

	for (;;) {
		const char *cut = memchr(bytes + line, '\n', len - line);

		end = cut ? (size_t)(cut - bytes) + 1 : len;
		if (end >= len || !str_utf8_valid(bytes + line, end - line))
			break;
		line = end;
	}
	for (end = line; end < len; end++) {
		size_t more = end + 4 < len ? 4 : len - end;
		size_t n = 1;

		while (n <= more && !str_utf8_valid(bytes + end, n))
			n++;
		if (n > more)
			return end;
		end += n - 1;
	}
	return len;
}

static bool starts_with(const char *bytes, size_t len, const char *start,
			size_t start_len)
{
	return len >= start_len && memcmp(bytes, start, start_len) == 0;
}

bool yaml_text_check(const char *file, const char *bytes, size_t len,
		     size_t max, struct problems *problems)
{
	struct place place = { .file = file, .line = 1, .col = 1 };
	const char *nul;

	if (len > max) {
		problem_add(problems, &place,
			    "the file is larger than %zu KiB; split it",
			    max / 1024);
		return false;
	}
	if (!len)
		return true;
	if (starts_with(bytes, len, "\xEF\xBB\xBF", 3)) {
		problem_add(problems, &place,
			    "the file begins with a byte order mark (BOM); "
			    "save it as UTF-8 without one");
		return false;
	}
	if (starts_with(bytes, len, "\xFF\xFE", 2) ||
	    starts_with(bytes, len, "\xFE\xFF", 2)) {
		problem_add(problems, &place,
			    "the file is UTF-16 or UTF-32; save it as UTF-8 "
			    "without a byte order mark");
		return false;
	}
	nul = memchr(bytes, '\0', len);
	if (nul) {
		place = place_of(file, bytes, (size_t)(nul - bytes));
		problem_add(problems, &place,
			    "the file holds a NUL byte here; if it is UTF-16, "
			    "save it as UTF-8");
		return false;
	}
	if (!str_utf8_valid(bytes, len)) {
		size_t at = first_bad_byte(bytes, len);

		place = place_of(file, bytes, at);
		problem_add(problems, &place,
			    "the file is not UTF-8 here (byte 0x%02X); save "
			    "it as UTF-8",
			    at < len ? (unsigned char)bytes[at] : 0U);
		return false;
	}
	return true;
}

/* Does the line that holds this mark begin with a tab? */
static bool tab_at(const char *bytes, size_t len, const yaml_mark_t *mark)
{
	size_t line = 0;
	size_t at;

	/* mark->index counts characters, so go by lines. */
	for (at = 0; at < len && line < mark->line; at++)
		line += bytes[at] == '\n';
	while (at < len && bytes[at] == ' ')
		at++;
	return at < len && bytes[at] == '\t';
}

/* Does a no-break space stand in the lines of what could not be read? It looks
 * like a space and is none to YAML. */
static bool has_no_break_space(const char *bytes, size_t len,
			       const yaml_parser_t *parser)
{
	size_t first = parser->context ? parser->context_mark.line
				       : parser->problem_mark.line;
	size_t line = 0;
	size_t at;

	for (at = 0; at + 1 < len && line <= parser->problem_mark.line; at++) {
		line += bytes[at] == '\n';
		if (line >= first && bytes[at] == '\xC2' &&
		    bytes[at + 1] == '\xA0')
			return true;
	}
	return false;
}

void yaml_text_explain(const struct yaml_parser_s *parser, const char *file,
		       const char *bytes, size_t len, struct problems *problems)
{
	struct place place = { .file = file,
			       .line = (unsigned)parser->problem_mark.line + 1,
			       .col = (unsigned)parser->problem_mark.column +
				      1 };
	const char *what = parser->problem ? parser->problem : "broken";

	if (parser->error == YAML_READER_ERROR) {
		place = place_of(file, bytes, parser->problem_offset);
		problem_add(problems, &place,
			    "not valid YAML: a control character stands here "
			    "(U+%04X)",
			    (unsigned)parser->problem_value);
		return;
	}
	if (tab_at(bytes, len, &parser->problem_mark)) {
		problem_add(problems, &place,
			    "not valid YAML: a tab stands in the indentation; "
			    "use spaces");
		return;
	}
	if (str_eq(what, "found incompatible YAML document")) {
		problem_add(problems, &place,
			    "another version of YAML; leave the %%YAML line "
			    "out");
		return;
	}
	if (has_no_break_space(bytes, len, parser)) {
		problem_add(problems, &place,
			    "not valid YAML: a no-break space (U+00A0) stands "
			    "where a space must; type it anew");
		return;
	}
	if (str_starts(what, "mapping values are not allowed")) {
		problem_add(problems, &place,
			    "not valid YAML: a field can't begin here; is the "
			    "line indented as those beside it? A text with "
			    "\": \" in it needs quotes");
		return;
	}
	if (parser->context)
		problem_add(problems, &place,
			    "not valid YAML: %s, %s that begins at %zu:%zu",
			    what, parser->context,
			    parser->context_mark.line + 1,
			    parser->context_mark.column + 1);
	else
		problem_add(problems, &place, "not valid YAML: %s", what);
}
