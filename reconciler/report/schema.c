/* schema.c - tables of fields -> JSON schema. */
#include "reconciler/report/schema.h"

#include "reconciler/core/str.h"
#include "reconciler/report/json_out.h"

#define DRAFT   "http://json-schema.org/draft-07/schema#"
#define NAME    "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"
#define PERCENT "^([1-9][0-9]?|100)%$"

static json_t *field_schema(const struct field *field);

static json_t *one(const char *key, const char *text)
{
	json_t *object = json_object();

	json_set_text(&object, key, text);
	return object;
}

static void append(json_t **array, json_t *value)
{
	if (json_array_append_new(*array, value) == 0)
		return;
	json_decref(*array);
	*array = NULL;
}

/* A text, or what YAML takes for a number or a boolean. */
static json_t *text_schema(const char *pattern, int64_t max)
{
	static const char *const types[] = { "string", "number", "boolean" };
	json_t *object = json_object();
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(*types); i++)
		append(&list, json_string(types[i]));
	json_set(&object, "type", list);
	json_set(&object, "minLength", json_integer(1));
	json_set(&object, "maxLength",
		 json_integer(max > 0 ? max : FIELD_TEXT_MAX));
	if (pattern)
		json_set_text(&object, "pattern", pattern);
	return object;
}

static json_t *string_schema(const char *pattern)
{
	json_t *object = one("type", "string");

	json_set_text(&object, "pattern", pattern);
	return object;
}

static json_t *number_schema(int64_t min, int64_t max)
{
	json_t *object = one("type", "integer");

	json_set(&object, "minimum", json_integer(min));
	json_set(&object, "maximum", json_integer(max));
	return object;
}

/* "25%", or a number of servers, in quotes or not. */
static json_t *batch_schema(const struct field *field)
{
	json_t *object = json_object();
	json_t *list = json_array();

	append(&list, string_schema(PERCENT));
	append(&list, string_schema("^[1-9][0-9]*$"));
	append(&list, number_schema(1, field->max));
	json_set(&object, "anyOf", list);
	return object;
}

static json_t *choice_schema(const struct field *field)
{
	const struct field_choice *choice;
	json_t *object = json_object();
	json_t *list = json_array();

	for (choice = field->choices; choice->name; choice++) {
		int64_t number;

		if (choice->not_honoured)
			continue;
		append(&list, json_string(choice->name));
		if (str_number(choice->name, INT32_MAX, &number))
			append(&list, json_integer(number));
	}
	json_set(&object, "enum", list);
	return object;
}

/* {"required": ["servers"]} */
static json_t *needs(const char *name)
{
	json_t *object = json_object();
	json_t *list = json_array();

	append(&list, json_string(name));
	json_set(&object, "required", list);
	return object;
}

/* One of a field and those that stand for it: at least, or exactly one.
 * NULL = nothing stands for it. */
static json_t *alternatives(const struct field *fields,
			    const struct field *field, bool *ret_alone)
{
	const struct field *other;
	json_t *list = NULL;

	*ret_alone = false;
	for (other = fields; other->name; other++) {
		if (!other->replaces || !str_eq(other->replaces, field->name) ||
		    (other->flags & FIELD_NOT_HONOURED))
			continue;
		if (!list) {
			list = json_array();
			append(&list, needs(field->name));
		}
		append(&list, needs(other->name));
		*ret_alone = *ret_alone || (other->flags & FIELD_ALONE);
	}
	return list;
}

static void put_required(json_t **object, const struct field *fields)
{
	const struct field *field;
	json_t *required = json_array();

	for (field = fields; field->name; field++) {
		json_t *list;
		bool alone;

		if (!(field->flags & FIELD_REQUIRED))
			continue;
		list = alternatives(fields, field, &alone);
		/* No table has two such fields. */
		if (list)
			json_set(object, alone ? "oneOf" : "anyOf", list);
		else
			append(&required, json_string(field->name));
	}
	if (json_array_size(required))
		json_set(object, "required", required);
	else
		json_decref(required);
}

static json_t *map_schema(const struct field *fields)
{
	const struct field *field;
	json_t *object = one("type", "object");
	json_t *properties = json_object();

	for (field = fields; field->name; field++) {
		if (!(field->flags & FIELD_NOT_HONOURED))
			json_set(&properties, field->name, field_schema(field));
	}
	json_set(&object, "additionalProperties", json_false());
	json_set(&object, "properties", properties);
	put_required(&object, fields);
	return object;
}

static json_t *by_name_schema(json_t *below, const struct field *field)
{
	json_t *object = one("type", "object");

	json_set(&object, "propertyNames", one("pattern", NAME));
	json_set(&object, "additionalProperties", below);
	if (!(field->flags & FIELD_MAY_BE_EMPTY))
		json_set(&object, "minProperties", json_integer(1));
	return object;
}

static json_t *item_schema(const struct field *field)
{
	switch (field->type) {
	case FIELD_TEXT:
		return text_schema(NULL, field->max);
	case FIELD_PATH:
		return text_schema("^/", field->max);
	case FIELD_NAME:
		return text_schema(NAME, FIELD_NAME_MAX);
	case FIELD_NUMBER:
		return number_schema(field->min, field->max);
	case FIELD_PERCENT:
		return string_schema(PERCENT);
	case FIELD_BATCH:
		return batch_schema(field);
	case FIELD_BOOL:
		return one("type", "boolean");
	case FIELD_DURATION:
		return string_schema("^[1-9][0-9]*[smhd]$");
	case FIELD_CHOICE:
		return choice_schema(field);
	case FIELD_MAP:
		return map_schema(field->fields);
	case FIELD_MAP_BY_NAME:
		return by_name_schema(map_schema(field->fields), field);
	case FIELD_TEXT_BY_NAME:
		return by_name_schema(text_schema(NULL, field->max), field);
	}
	return NULL;
}

static void put_default(json_t **object, const struct field *field)
{
	struct field_scalar scalar;

	if (!field->fallback || (field->flags & FIELD_LIST))
		return;
	if (field->type == FIELD_NUMBER || field->type == FIELD_BOOL) {
		if (field_parse(field, field->fallback, false, &scalar, NULL))
			return;
		json_set(object, "default",
			 field->type == FIELD_BOOL
				 ? json_boolean(scalar.number)
				 : json_integer(scalar.number));
		return;
	}
	json_set_text(object, "default", field->fallback);
}

/* Takes list over. */
static json_t *list_or_word(json_t *list, const char *word)
{
	json_t *object = json_object();
	json_t *either = json_array();

	append(&either, list);
	append(&either, one("const", word));
	json_set(&object, "anyOf", either);
	return object;
}

static json_t *field_schema(const struct field *field)
{
	json_t *object = item_schema(field);
	json_t *list;

	if (field->flags & FIELD_LIST) {
		list = one("type", "array");
		if (!(field->flags & FIELD_MAY_BE_EMPTY))
			json_set(&list, "minItems", json_integer(1));
		json_set(&list, "items", object);
		object = list;
	}
	if (field->word)
		object = list_or_word(object, field->word);
	if (field->help)
		json_set_text(&object, "description", field->help);
	put_default(&object, field);
	return object;
}

/* Its "kind" is its own name. */
static json_t *kind_schema(const struct schema_kind *kind)
{
	json_t *object = map_schema(kind->fields);
	json_t *properties = json_object_get(object, "properties");
	json_t *name = one("const", kind->name);

	if (field_find(kind->fields, "kind"))
		json_set(&properties, "kind", name);
	else
		json_decref(name);
	json_set_text(&object, "description", kind->help);
	return object;
}

/* {"if": it is of this kind, "then": its definition} */
static json_t *branch(const struct schema_kind *kind)
{
	CLEANUP(buf_done) struct buf ref = { 0 };
	json_t *object = json_object();
	json_t *properties = json_object();
	json_t *condition = needs("kind");

	buf_init(&ref, 128);
	buf_printf(&ref, "#/definitions/%s", kind->name);
	json_set(&properties, "kind", one("const", kind->name));
	json_set(&condition, "properties", properties);
	json_set(&object, "if", condition);
	json_set(&object, "then", one("$ref", buf_text(&ref)));
	return object;
}

static int put_bytes(const char *bytes, size_t len, void *out)
{
	buf_put(out, bytes, len);
	return 0;
}

/* Takes schema over. */
static int dump(json_t *schema, struct buf *out, struct err *err)
{
	int failed = !schema || json_dump_callback(schema, put_bytes, out,
						   JSON_INDENT(2)) < 0;

	json_decref(schema);
	buf_putc(out, '\n');
	return failed ? err_set(err, -ERR_NOMEM, "writing the schema")
		      : buf_check(out, err);
}

int schema_file(const struct schema_kind *kind, struct buf *out,
		struct err *err)
{
	json_t *schema = one("$schema", DRAFT);
	json_t *shape = kind_schema(kind);

	json_set_text(&schema, "title", kind->name);
	if (!schema || json_object_update(schema, shape)) {
		json_decref(schema);
		schema = NULL;
	}
	json_decref(shape);
	return dump(schema, out, err);
}

int schema_kinds(const struct schema_kind *kinds, size_t n, struct buf *out,
		 struct err *err)
{
	json_t *schema = one("$schema", DRAFT);
	json_t *names = json_array();
	json_t *branches = json_array();
	json_t *definitions = json_object();
	json_t *kind = json_object();
	json_t *properties = json_object();
	size_t i;

	for (i = 0; i < n; i++) {
		append(&names, json_string(kinds[i].name));
		append(&branches, branch(&kinds[i]));
		json_set(&definitions, kinds[i].name, kind_schema(&kinds[i]));
	}
	json_set_text(&schema, "title", "lockstep manifest");
	json_set_text(&schema, "description",
		      "The shape of one document. lockstep validate also "
		      "checks names, references, grants and limits.");
	json_set_text(&schema, "type", "object");
	json_set(&schema, "required", json_pack("[s]", "kind"));
	json_set(&kind, "enum", names);
	json_set(&properties, "kind", kind);
	json_set(&schema, "properties", properties);
	json_set(&schema, "allOf", branches);
	json_set(&schema, "definitions", definitions);
	return dump(schema, out, err);
}
