/*
 * json_out.h - JSON that is written one object at a time, so a report of a
 * large farm is never in memory as a tree.
 *
 *   {"schema": ..., member, "list": [
 *   row,
 *   row]}
 *
 * Values that are put are taken over, NULL ones included: what could not be
 * made is found by json_out_end(). Text is escaped as for a terminal, so it
 * is safe where it is shown later and always valid UTF-8.
 */
#ifndef REPORT_JSON_OUT_H
#define REPORT_JSON_OUT_H

#include "reconciler/core/buf.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct json_out {
	struct buf *out;
	bool failed;
	bool first; /* no row of the list yet */
};

void json_out_begin(struct json_out *json, struct buf *out, const char *schema);
void json_out_member(struct json_out *json, const char *key, json_t *value);
void json_out_list(struct json_out *json, const char *key);
void json_out_row(struct json_out *json, json_t *row);
void json_out_list_end(struct json_out *json);
int json_out_end(struct json_out *json, struct err *err);

/* A member of an object; what fails makes the object NULL. */
void json_set(json_t **object, const char *key, json_t *value);
/* text NULL is a failure. */
void json_set_text(json_t **object, const char *key, const char *text);
void json_set_size(json_t **object, const char *key, size_t value);
void json_set_bool(json_t **object, const char *key, bool value);
/* "2026-09-19T20:00:04Z"; null when 0. */
void json_set_time(json_t **object, const char *key, int64_t wall_ms);

#endif
