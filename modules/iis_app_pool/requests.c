/* requests.c - see requests.h; the kinds and fields stand in fields.c. */
#include "modules/iis_app_pool/requests.h"
#include "modules/iis_app_pool/fields.h"
#include "reconciler/core/str.h"
#include "reconciler/model/identity.h"
#include "reconciler/sys/digest.h"

#include <inttypes.h>
#include <stdio.h>

#define NUMBER_CHARS 24

struct number {
	char text[NUMBER_CHARS];
};

static const char *number_text(struct number *number, int64_t value)
{
	(void)snprintf(number->text, sizeof(number->text), "%" PRId64, value);
	return number->text;
}

static const struct record_kind *kind_of(const char *name)
{
	const struct record_kind *kind = iis_request_kinds;

	while (!str_eq(kind->name, name)) /* all names here are in the table */
		kind++;
	return kind;
}

static void put_watch(struct buf *out, const struct text_array *watch)
{
	const struct record_kind *kind = kind_of("watch");

	for (size_t i = 0; i < watch->n; i++)
		record_put(out, kind, (const char *const[]){ watch->items[i] });
}

int iis_request_probe(struct buf *out, const char *nonce, struct err *err)
{
	buf_clear(out);
	record_put(out, kind_of("probe"), (const char *const[]){ nonce });
	return buf_check(out, err);
}

int iis_request_observe(struct buf *out, const char *nonce, uint32_t key,
			const struct text_array *watch, struct err *err)
{
	struct number number;

	buf_clear(out);
	record_put(out, kind_of("observe"),
		   (const char *const[]){ nonce, number_text(&number, key) });
	put_watch(out, watch);
	return buf_check(out, err);
}

static void put_http(struct buf *out, const struct iis_row *row)
{
	const struct http_check *http = row->http;
	char expect[HTTP_EXPECT_MAX * NUMBER_CHARS] = "";
	struct number within;
	size_t len = 0;

	if (!http || !http->path)
		return;
	for (size_t i = 0; i < http->n_expect; i++)
		len += (size_t)snprintf(expect + len, sizeof(expect) - len,
					i ? ",%u" : "%u", http->expect[i]);
	record_put(
		out, kind_of("http"),
		(const char *const[]){ row->change->pool, http->path, expect,
				       number_text(&within, http->within_ms) });
}

int iis_request_verify(struct buf *out, const char *nonce, uint32_t key,
		       const struct text_array *watch,
		       const struct iis_row_array *rows, struct err *err)
{
	const struct record_kind *check = kind_of("check");
	struct number number;

	buf_clear(out);
	record_put(out, kind_of("verify"),
		   (const char *const[]){ nonce, number_text(&number, key) });
	put_watch(out, watch);
	for (size_t i = 0; i < rows->n; i++) {
		const struct iis_row *row = &rows->items[i];

		record_put(out, check,
			   (const char *const[]){
				   row->change->pool,
				   number_text(&number, row->since_ms) });
		put_http(out, row);
	}
	return buf_check(out, err);
}

static void put_set(struct buf *out, const struct iis_row *row)
{
	const struct change *change = row->change;
	struct number generation;
	struct number secret;
	char candidate[33];

	digest_hex(row->candidate, 16, candidate);
	record_put(out, kind_of("set"),
		   (const char *const[]){
			   change->pool,
			   number_text(&generation, row->generation),
			   candidate,
			   identity_type_name(change->identity),
			   row->account,
			   number_text(&secret, row->secret),
			   change->user,
			   identity_type_name(change->seen_identity),
			   change->seen_user,
			   change->seen_local ? "1" : "0",
			   change->kind == CHANGE_REWRITE ? "1" : "0",
		   });
}

int iis_request_apply(struct buf *out, const struct iis_order *order,
		      struct err *err)
{
	struct number deadline;
	struct number pools;

	buf_clear(out);
	record_put(out, kind_of("apply"),
		   (const char *const[]){
			   order->nonce,
			   number_text(&deadline, order->deadline_ms),
			   number_text(&pools, order->pools_per_commit) });
	for (size_t i = 0; i < order->rows->n; i++)
		put_set(out, &order->rows->items[i]);
	return buf_check(out, err);
}

static const char *policy_name(enum restart_policy policy)
{
	static const char *const names[] = {
		[RESTART_RECYCLE] = "recycle",
		[RESTART_RESTART] = "restart",
		[RESTART_NONE] = "none",
	};

	return names[policy];
}

int iis_request_activate(struct buf *out, const struct iis_order *order,
			 struct err *err)
{
	const struct record_kind *kind = kind_of("pool");
	struct number number;

	buf_clear(out);
	record_put(out, kind_of("activate"),
		   (const char *const[]){
			   order->nonce,
			   number_text(&number, order->deadline_ms) });
	for (size_t i = 0; i < order->rows->n; i++) {
		const struct iis_row *row = &order->rows->items[i];

		record_put(out, kind,
			   (const char *const[]){
				   row->change->pool, policy_name(row->restart),
				   number_text(&number, row->committed_ms),
				   row->change->revive ? "1" : "0" });
	}
	return buf_check(out, err);
}
