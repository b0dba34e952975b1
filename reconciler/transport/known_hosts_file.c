/* known_hosts_file.c - reads known_hosts; see known_hosts.h for its rules. */
#include "reconciler/transport/known_hosts_file.h"

#include "reconciler/core/str.h"
#include "reconciler/sys/file.h"
#include "reconciler/transport/base64.h"
#include "reconciler/transport/host_key.h"
#include "reconciler/transport/known_hosts.h"
#include "reconciler/transport/wire_reader.h"

#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES 134217728

/* The line in hand. */
struct parse {
	struct known_hosts *known;
	size_t number;
	struct err *err;
};

static int line_refuse(const struct parse *parse, const char *why)
{
	return err_set(parse->err, -ERR_KNOWN_HOSTS, "%s:%zu: %s",
		       parse->known->path, parse->number, why);
}

static int out_of_memory(const struct parse *parse)
{
	return err_set(parse->err, -ERR_NOMEM, "no memory for %s",
		       parse->known->path);
}

/* Cuts the next word off *at and ends it; NULL when there is none. */
static char *word_cut(char **at)
{
	char *word = *at + strspn(*at, " \t");
	char *end = word + strcspn(word, " \t");

	if (*word == '\0')
		return NULL;
	*at = *end == '\0' ? end : end + 1;
	*end = '\0';
	return word;
}

/* Reads the key of the line; its blob begins with its own type. */
static int key_read(const struct parse *parse, const char *type,
		    const char *text, struct known_line *ret)
{
	size_t len = strlen(text);
	uint8_t *blob = arena_alloc(&parse->known->arena, BASE64_ROOM(len));
	const char *name = arena_strdup(&parse->known->arena, type);
	struct wire_reader reader;

	if (blob == NULL || name == NULL)
		return out_of_memory(parse);
	if (!base64_decode(text, len, true, blob, &len))
		return line_refuse(parse, "the key is not in base64");
	reader = (struct wire_reader){ blob, len, false };
	if (!wire_field_is(wire_read_string(&reader), type) ||
	    (host_key_type(type) != NULL && !host_key_valid(type, blob, len)))
		return line_refuse(parse,
				   "the key is not of the type that the line "
				   "says");
	*ret = (struct known_line){ parse->number, name, blob, len };
	return 0;
}

static int hash_add(const struct parse *parse, const char *text, size_t line)
{
	struct known_hash entry = { .line = line };
	uint8_t salt[BASE64_ROOM(28)];
	uint8_t hash[BASE64_ROOM(28)];
	size_t salt_len = 0;
	size_t hash_len = 0;

	/* |1| salt | hash: twice 20 bytes, that is 28 characters */
	if (strlen(text) != 60 || !str_starts(text, "|1|") || text[31] != '|' ||
	    !base64_decode(text + 3, 28, true, salt, &salt_len) ||
	    !base64_decode(text + 32, 28, true, hash, &hash_len) ||
	    salt_len != KNOWN_SALT_BYTES || hash_len != KNOWN_SALT_BYTES)
		return line_refuse(parse, "the hashed name is damaged");
	memcpy(entry.salt, salt, sizeof(entry.salt));
	memcpy(entry.hash, hash, sizeof(entry.hash));
	if (!array_push(&parse->known->arena, &parse->known->hashes, entry))
		return out_of_memory(parse);
	return 0;
}

static int names_add(const struct parse *parse, char *names, size_t line)
{
	struct known_hosts *known = parse->known;
	char *rest = names;
	char *name;

	if (strpbrk(names, "*?!") != NULL)
		return line_refuse(parse, "wildcards and negation are not "
					  "allowed: every server is pinned by "
					  "its own name");
	while ((name = strsep(&rest, ",")) != NULL) {
		if (*name == '\0')
			return line_refuse(parse, "an empty name");
		name = arena_strdup(&known->arena, name);
		if (name == NULL)
			return out_of_memory(parse);
		str_lower(name);
		if (!array_push(&known->arena, &known->names,
				(struct known_name){ name, line }))
			return out_of_memory(parse);
	}
	return 0;
}

static int pin_add(const struct parse *parse, char *names,
		   const struct known_line *line)
{
	struct known_hosts *known = parse->known;
	size_t index = known->lines.n;

	if (!array_push(&known->arena, &known->lines, *line))
		return out_of_memory(parse);
	if (*names == '|')
		return hash_add(parse, names, index);
	return names_add(parse, names, index);
}

static int line_read(const struct parse *parse, char *text)
{
	struct known_hosts *known = parse->known;
	struct known_line line = { 0 };
	bool carriage_return = strchr(text, '\r') != NULL;
	char *first = word_cut(&text);
	const char *marker = NULL;
	char *names = first;
	char *type;
	char *key;
	int rc;

	if (carriage_return)
		return line_refuse(parse, "a carriage return within a line; "
					  "end lines with a line feed");
	if (first == NULL || *first == '#')
		return 0;
	if (*first == '@') {
		marker = first;
		names = word_cut(&text);
	}
	type = word_cut(&text);
	key = word_cut(&text);
	if (names == NULL || type == NULL || key == NULL)
		return line_refuse(parse, "names, key type and key expected");
	if (marker != NULL && strcmp(marker, "@revoked") != 0 &&
	    strcmp(marker, "@cert-authority") != 0)
		return line_refuse(parse, "a marker that is neither @revoked "
					  "nor @cert-authority");
	rc = key_read(parse, type, key, &line);
	if (rc < 0)
		return rc;
	if (marker == NULL)
		return pin_add(parse, names, &line);
	if (strcmp(marker, "@cert-authority") == 0)
		known->has_authority = true;
	else if (!array_push(&known->arena, &known->revoked, line))
		return out_of_memory(parse);
	return 0;
}

static int name_order(const void *a, const void *b)
{
	const struct known_name *left = a;
	const struct known_name *right = b;
	int order = strcmp(left->name, right->name);

	if (order != 0)
		return order;
	return (left->line > right->line) - (left->line < right->line);
}

static int lines_read(struct known_hosts *known, char *text, struct err *err)
{
	struct parse parse = { known, 0, err };
	char *rest = text;
	char *line;
	int rc;

	while ((line = strsep(&rest, "\n")) != NULL) {
		size_t len = strlen(line);

		parse.number++;
		if (len > 0 && line[len - 1] == '\r')
			line[len - 1] = '\0';
		rc = line_read(&parse, line);
		if (rc < 0)
			return rc;
	}
	if (known->names.n > 0)
		qsort(known->names.items, known->names.n,
		      sizeof(known->names.items[0]), name_order);
	return 0;
}

static void known_freep(struct known_hosts **known)
{
	known_hosts_free(*known);
}

/* Editors on Windows leave such files, and no name in them would match. */
static int encoding_check(const char *text, size_t len, const char *path,
			  struct err *err)
{
	if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
		return err_set(err, -ERR_KNOWN_HOSTS,
			       "%s begins with a byte order mark (BOM); save "
			       "it as UTF-8 without one",
			       path);
	if (memchr(text, '\0', len) != NULL)
		return err_set(err, -ERR_KNOWN_HOSTS,
			       "%s holds a NUL byte; if it is UTF-16, save it "
			       "as UTF-8",
			       path);
	return 0;
}

int known_hosts_parse(const char *text, size_t len, const char *path,
		      struct known_hosts **ret, struct err *err)
{
	CLEANUP(known_freep) struct known_hosts *known = NULL;
	char *copy;
	int rc;

	rc = encoding_check(text, len, path, err);
	if (rc < 0)
		return rc;
	known = calloc(1, sizeof(*known));
	if (known == NULL)
		return err_set(err, -ERR_NOMEM, "no memory for %s", path);
	arena_init(&known->arena, ARENA_BYTES);
	known->path = arena_strdup(&known->arena, path);
	copy = arena_strndup(&known->arena, text, len);
	if (known->path == NULL || copy == NULL)
		return err_set(err, -ERR_NOMEM, "no memory for %s", path);
	rc = lines_read(known, copy, err);
	if (rc < 0)
		return rc;
	*ret = known;
	known = NULL;
	return 0;
}

int known_hosts_read(const char *path, struct known_hosts **ret,
		     struct err *err)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	int rc;

	buf_init(&text, KNOWN_HOSTS_BYTES + 1);
	rc = file_read(path, FILE_TRUSTED, KNOWN_HOSTS_BYTES, &text, err);
	if (rc < 0)
		return rc;
	return known_hosts_parse(buf_text(&text), text.len, path, ret, err);
}
