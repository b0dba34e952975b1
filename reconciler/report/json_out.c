/* json_out.c - JSON, one object at a time. */
#include "reconciler/report/json_out.h"

#include "reconciler/core/str.h"
#include "reconciler/sys/clock.h"

#define TEXT_MAX 65536

static int put_bytes(const char *bytes, size_t len, void *out)
{
	buf_put(out, bytes, len);
	return 0;
}

/* Takes value over. */
static void put_value(struct json_out *json, json_t *value)
{
	if (!value || json_dump_callback(value, put_bytes, json->out,
					 JSON_ENCODE_ANY | JSON_COMPACT) < 0)
		json->failed = true;
	json_decref(value);
}

void json_out_begin(struct json_out *json, struct buf *out, const char *schema)
{
	*json = (struct json_out){ .out = out };
	buf_puts(out, "{\"schema\":");
	put_value(json, json_string(schema));
}

void json_out_member(struct json_out *json, const char *key, json_t *value)
{
	buf_printf(json->out, ",\n\"%s\":", key);
	put_value(json, value);
}

void json_out_list(struct json_out *json, const char *key)
{
	buf_printf(json->out, ",\n\"%s\":[", key);
	json->first = true;
}

void json_out_row(struct json_out *json, json_t *row)
{
	buf_puts(json->out, json->first ? "\n" : ",\n");
	json->first = false;
	put_value(json, row);
}

void json_out_list_end(struct json_out *json)
{
	buf_putc(json->out, ']');
}

int json_out_end(struct json_out *json, struct err *err)
{
	buf_puts(json->out, "}\n");
	if (json->failed)
		return err_set(err, -ERR_NOMEM, "writing a report");
	return buf_check(json->out, err);
}

void json_set(json_t **object, const char *key, json_t *value)
{
	if (json_object_set_new(*object, key, value) == 0)
		return;
	json_decref(*object);
	*object = NULL;
}

void json_set_text(json_t **object, const char *key, const char *text)
{
	CLEANUP(buf_done) struct buf plain = { 0 };

	buf_init(&plain, TEXT_MAX);
	if (text)
		str_put_plain(&plain, text);
	json_set(object, key,
		 !text || plain.failed ? NULL : json_string(buf_text(&plain)));
}

void json_set_size(json_t **object, const char *key, size_t value)
{
	json_set(object, key, json_integer((json_int_t)value));
}

void json_set_bool(json_t **object, const char *key, bool value)
{
	json_set(object, key, json_boolean(value));
}

void json_set_time(json_t **object, const char *key, int64_t wall_ms)
{
	char text[32];

	if (wall_ms == 0) {
		json_set(object, key, json_null());
		return;
	}
	clock_text(wall_ms, text, sizeof(text));
	text[10] = 'T'; /* ISO 8601, as programs read it */
	json_set(object, key, json_string(text));
}
