/* reply.c - see reply.h. */
#include "tests/fleet/reply.h"

#include "modules/iis_app_pool/fields.h"
#include "reconciler/core/str.h"
#include "reconciler/sys/digest.h"
#include "tests/fleet/world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES_MAX 4194304
#define ROWS_MAX  10000
/* What stays free is for the faults that end a reply. */
#define ROWS_ROOM  8
#define BYTES_ROOM 65536

void reply_init(struct reply *reply)
{
	*reply = (struct reply){ .stage = "request" };
	buf_init(&reply->body, (size_t)2 * BYTES_MAX);
}

void reply_done(struct reply *reply)
{
	buf_done(&reply->body);
}

void reply_clear(struct reply *reply)
{
	buf_clear(&reply->body);
	reply->rows = 0;
}

const char *reply_number(struct reply_number *number, int64_t value)
{
	(void)snprintf(number->text, sizeof(number->text), "%" PRId64, value);
	return number->text;
}

static const struct record_kind *kind_of(const char *name)
{
	const struct record_kind *kind = iis_reply_kinds;

	while (!str_eq(kind->name, name)) /* all names are in the table */
		kind++;
	return kind;
}

static void put(struct reply *reply, const struct record_kind *kind,
		const char *const values[], bool spare)
{
	size_t before = reply->body.len;
	size_t rows = ROWS_MAX - (spare ? 0 : ROWS_ROOM);
	size_t bytes = BYTES_MAX - (spare ? 0 : BYTES_ROOM);

	if (reply->too_large && !spare)
		return;
	record_put(&reply->body, kind, values);
	if (reply->body.failed)
		(void)need(NULL);
	if (reply->rows + 1 > rows || reply->body.len > bytes) {
		reply->body.len = before;
		reply->body.data[before] = '\0';
		reply->too_large = true;
		return;
	}
	reply->rows++;
}

static const char *value_fault(const char *value)
{
	return request_value_fault(value, strlen(value));
}

void reply_fault_word(struct reply *reply, const char *where, const char *code,
		      const char *detail)
{
	put(reply, kind_of("fault"),
	    (const char *const[]){ where, code, "", "", detail }, false);
}

void reply_fault(struct reply *reply, const char *where,
		 const struct fault *fault)
{
	if (value_fault(where)[0])
		where = reply->stage;
	put(reply, kind_of("fault"),
	    (const char *const[]){ where, fault->code, fault->type,
				   fault->hresult, fault->detail },
	    true);
}

void reply_add(struct reply *reply, const char *kind,
	       const char *const values[])
{
	const struct record_kind *found = kind_of(kind);

	for (size_t i = 0; i < RECORD_FIELDS_MAX && found->fields[i]; i++) {
		const char *wrong = value_fault(values[i]);
		char detail[96];

		if (wrong[0] == '\0')
			continue;
		(void)snprintf(detail, sizeof(detail), "%s %s", kind,
			       found->fields[i]);
		reply_fault_word(reply,
				 value_fault(values[0])[0] ? reply->stage
							   : values[0],
				 wrong, detail);
		return;
	}
	put(reply, found, values, false);
}

void reply_send(struct reply *reply, const uint8_t key[32], uint64_t sequence,
		const char *nonce, struct buf *out)
{
	static const char label[] = "lockstep/1 reply"; /* its NUL counts */
	uint8_t mac[DIGEST_BYTES] = { 0 };
	char hex[DIGEST_HEX];
	struct reply_number number;
	const char *text = reply_number(&number, (int64_t)sequence);
	const struct digest_part parts[] = {
		{ label, sizeof(label) },
		{ text, strlen(text) + 1 },
		{ nonce, strlen(nonce) + 1 },
		{ buf_text(&reply->body), reply->body.len },
	};

	if (digest_hmac(key, 32, parts, 4, mac, NULL) < 0)
		abort();
	digest_hex(mac, sizeof(mac), hex);
	buf_printf(out, "\n@@LOCKSTEP %s %zu %s\n", nonce, reply->body.len,
		   hex);
	buf_put(out, buf_text(&reply->body), reply->body.len);
	buf_printf(out, "\n@@END %s\n", nonce);
}
