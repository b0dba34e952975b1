/* zones.c - finding the file of a time zone, and names that are near. */
#include "reconciler/manifest/zones.h"

#include "reconciler/core/field.h"
#include "reconciler/core/str.h"
#include "reconciler/manifest/tzif.h"
#include "reconciler/sys/file.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define NAME_BYTES_MAX  64
#define INDEX_BYTES_MAX 1048576

#define EXPECTED "expected a name of the tz database, for example Europe/Berlin"

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '+';
}

/* Parts of letters with one slash between them: no "..", no file of tables
 * (they have a dot), no way out of the folder. */
static bool is_name(const char *name)
{
	size_t part = 0;
	const char *c;

	for (c = name; *c; c++) {
		if (*c == '/' ? !part : !is_name_char(*c))
			return false;
		part = *c == '/' ? 0 : part + 1;
	}
	return part && (size_t)(c - name) <= NAME_BYTES_MAX;
}

static const char *refused_name(const char *name)
{
	if (str_starts(name, "right/"))
		return "it counts leap seconds; leave \"right/\" away";
	if (str_starts(name, "posix/"))
		return "leave \"posix/\" away";
	if (str_eq(name, "localtime") || str_eq(name, "posixrules"))
		return "it is another zone on each machine; " EXPECTED;
	if (str_eq(name, "Factory"))
		return "it stands for no zone at all; " EXPECTED;
	return NULL;
}

/* A line of tzdata.zi that names a zone: "Z NAME ..." or "L TARGET NAME". */
static char *name_of_line(char *line)
{
	char *name = NULL;

	if (str_starts(line, "Z "))
		name = line + 2;
	else if (str_starts(line, "L "))
		name = strchr(line + 2, ' ');
	if (!name)
		return NULL;
	name += *name == ' ';
	name[strcspn(name, " ")] = '\0';
	return name;
}

/* The nearest name, or NULL: also when the tz database has no index. */
static const char *suggest(const struct zones *zones, const char *name)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	ARRAY(const char *) names = { 0 };
	char path[PATH_MAX];
	char *line;
	char *next;

	buf_init(&text, INDEX_BYTES_MAX + 1);
	(void)snprintf(path, sizeof(path), "%s/tzdata.zi", zones->folder);
	if (file_read(path, FILE_ANY, INDEX_BYTES_MAX, &text, NULL) ||
	    !text.len)
		return NULL;
	for (line = text.data; line; line = next) {
		const char *found;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		found = name_of_line(line);
		if (!found)
			continue;
		found = arena_strdup(zones->scratch, found);
		if (!found || !array_push(zones->scratch, &names, found))
			return NULL;
	}
	if (!array_push(zones->scratch, &names, NULL))
		return NULL;
	return str_nearest(name, names.items);
}

static int refuse_unknown(const struct zones *zones, const char *name,
			  struct err *err)
{
	CLEANUP(buf_done) struct buf quoted = { 0 };
	const char *near = suggest(zones, name);

	buf_init(&quoted, 1024);
	field_put_quoted(&quoted, name);
	if (near)
		return err_set(err, -ERR_MANIFEST,
			       "unknown time zone %s; did you mean \"%s\"?",
			       buf_text(&quoted), near);
	return err_set(err, -ERR_MANIFEST, "unknown time zone %s; " EXPECTED,
		       buf_text(&quoted));
}

static int load(const struct zones *zones, const char *name,
		const struct zone **ret, struct err *err)
{
	CLEANUP(buf_done) struct buf bytes = { 0 };
	char path[PATH_MAX];
	struct zone *zone = arena_alloc(zones->arena, sizeof(*zone));
	const char *kept = arena_strdup(zones->arena, name);
	int rc;

	if (!zone || !kept)
		return err_set(err, -ERR_NOMEM, "reading a time zone");
	buf_init(&bytes, TZIF_BYTES_MAX + 1);
	(void)snprintf(path, sizeof(path), "%s/%s", zones->folder, name);
	rc = file_read(path, FILE_ANY, TZIF_BYTES_MAX, &bytes, NULL);
	if (rc == -ERR_NOMEM)
		return err_set(err, rc, "reading a time zone");
	if (rc < 0) {
		(void)snprintf(path, sizeof(path), "%s/Etc/UTC", zones->folder);
		if (file_check(path, FILE_ANY, NULL) < 0)
			return err_set(err, -ERR_MANIFEST,
				       "time zone %s can't be read: there is "
				       "no tz database in %s; install the "
				       "package tzdata",
				       name, zones->folder);
		return refuse_unknown(zones, name, err);
	}
	rc = tzif_parse((const uint8_t *)buf_text(&bytes), bytes.len,
			zones->arena, zone, err);
	if (rc < 0)
		return err_prefix(err, rc, "time zone %s can't be used: %s/%s",
				  name, zones->folder, name);
	zone->name = kept;
	*ret = zone;
	return 0;
}

int zones_find(struct zones *zones, const char *name, const struct zone **ret,
	       struct err *err)
{
	const struct zone **item;
	const struct zone *zone = NULL;
	const char *why = refused_name(name);
	int rc;

	if (why)
		return err_set(err, -ERR_MANIFEST, "time zone \"%s\": %s", name,
			       why);
	if (!is_name(name))
		return refuse_unknown(zones, name, err);
	array_foreach(item, &zones->items) {
		if (str_eq((*item)->name, name)) {
			*ret = *item;
			return 0;
		}
	}
	rc = load(zones, name, &zone, err);
	if (rc < 0)
		return rc;
	if (!array_push(zones->arena, &zones->items, zone))
		return err_set(err, -ERR_NOMEM, "reading a time zone");
	*ret = zone;
	return 0;
}
