/* talk.c - see talk.h. */
#include "tests/fleet/talk.h"

#include "reconciler/core/frame.h"
#include "reconciler/core/str.h"
#include "reconciler/sys/digest.h"
#include "reconciler/transport/powershell/script.h"
#include "tests/fleet/stage.h"

#include <stdlib.h>
#include <string.h>

#define KEY_BYTES        32
#define SCRIPT_MAX       1048576
#define SECRET_FRAME_MAX 8192
#define SECRETS_MAX      4096
#define ARENA_BYTES      ((size_t)64 << 20)

/* Exit statuses of stub and script; 91, the input ended, is the caller's. */
#define EXIT_LENGTH 92
#define EXIT_SCRIPT 93
#define EXIT_FRAME  94
#define EXIT_KEY    95

struct talk {
	struct server *server;
	struct manner manner;
	struct buf in;
	size_t taken; /* of in */
	bool script_read;
	bool has_key;
	uint8_t key[KEY_BYTES];
	uint64_t sequence;
	unsigned requests;
	int64_t probed_ms;
	struct held_secrets secrets;
};

struct talk *talk_new(struct server *server, const struct manner *manner)
{
	struct talk *talk = need(calloc(1, sizeof(*talk)));

	talk->server = server;
	talk->manner = *manner;
	buf_init(&talk->in, (size_t)2 * FRAME_PAYLOAD_MAX + SCRIPT_MAX);
	(void)pthread_mutex_lock(&server->lock);
	server->sessions++;
	if (manner->misdeed == MISDEED_CONFLICT)
		server->conflicts++;
	(void)pthread_mutex_unlock(&server->lock);
	return talk;
}

static void secrets_clear(struct held_secrets *secrets)
{
	for (size_t i = 0; i < secrets->n; i++) {
		free(secrets->items[i].account);
		free(secrets->items[i].bytes);
	}
	secrets->n = 0;
}

void talk_free(struct talk *talk)
{
	if (!talk)
		return;
	secrets_clear(&talk->secrets);
	free(talk->secrets.items);
	buf_done(&talk->in);
	free(talk);
}

static uint32_t get_u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	       (uint32_t)at[2] << 8 | at[3];
}

static const uint8_t *unread(const struct talk *talk, size_t *ret_len)
{
	*ret_len = talk->in.len - talk->taken;
	return (const uint8_t *)buf_text(&talk->in) + talk->taken;
}

/* ---- the stub ----------------------------------------------------------- */

static int take_script(struct talk *talk)
{
	uint8_t digest[DIGEST_BYTES] = { 0 };
	char hex[DIGEST_HEX];
	struct digest_part script;
	const uint8_t *at;
	uint32_t size;
	size_t len;

	at = unread(talk, &len);
	if (len < 4)
		return TALK_GOES_ON;
	size = get_u32(at);
	if (size == 0 || size > SCRIPT_MAX)
		return EXIT_LENGTH;
	if (len < 4 + (size_t)size)
		return TALK_GOES_ON;
	script = (struct digest_part){ at + 4, size };
	if (digest_sha256(&script, 1, digest, NULL) < 0)
		abort();
	digest_hex(digest, sizeof(digest), hex);
	if (!str_eq(hex, lockstep_script_sha256))
		return EXIT_SCRIPT;
	talk->taken += 4 + (size_t)size;
	talk->script_read = true;
	stage_sleep(talk->manner.start_ms);
	return TALK_GOES_ON;
}

/* ---- frames ------------------------------------------------------------- */

static int take_key(struct talk *talk, const uint8_t *bytes, size_t len)
{
	if (talk->has_key || len != KEY_BYTES)
		return EXIT_KEY;
	memcpy(talk->key, bytes, KEY_BYTES);
	talk->has_key = true;
	return TALK_GOES_ON;
}

static char *keep(const uint8_t *bytes, size_t len)
{
	char *kept = need(malloc(len + 1));

	memcpy(kept, bytes, len);
	kept[len] = '\0';
	return kept;
}

static int take_secret(struct talk *talk, const uint8_t *bytes, size_t len)
{
	struct held_secrets *secrets = &talk->secrets;
	struct held_secret secret = { 0 };
	size_t start;

	if (len < 7 || len > SECRET_FRAME_MAX || secrets->n >= SECRETS_MAX)
		return EXIT_FRAME;
	secret.number = get_u32(bytes);
	secret.purpose = bytes[4];
	secret.account_len = (size_t)bytes[5] << 8 | bytes[6];
	start = 7 + secret.account_len;
	for (size_t i = 0; i < secrets->n; i++)
		if (secrets->items[i].number == secret.number)
			return EXIT_FRAME;
	if (start > len || secret.purpose < FRAME_TAG_KEY ||
	    secret.purpose > FRAME_PASSWORD ||
	    !str_utf8_valid((const char *)bytes + 7, secret.account_len))
		return EXIT_FRAME;
	secret.account = keep(bytes + 7, secret.account_len);
	secret.len = len - start;
	secret.bytes = keep(bytes + start, secret.len);
	if (secrets->n == secrets->cap) {
		secrets->cap = secrets->cap * 2 + 8;
		secrets->items =
			need(realloc(secrets->items,
				     secrets->cap * sizeof(*secrets->items)));
	}
	secrets->items[secrets->n++] = secret;
	return TALK_GOES_ON;
}

/* ---- requests ----------------------------------------------------------- */

static bool carry_out(struct stage *stage, struct fault *fault)
{
	static const struct {
		const char *kind;
		bool (*run)(struct stage *stage, struct fault *fault);
	} stages[] = {
		{ "probe", stage_probe },   { "observe", stage_observe },
		{ "apply", stage_apply },   { "activate", stage_activate },
		{ "verify", stage_verify },
	};
	const char *kind = stage->request->head.kind->name;

	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++)
		if (str_eq(stages[i].kind, kind))
			return stages[i].run(stage, fault);
	return fault_set(fault, "unexpected_record", kind);
}

static void run_stage(struct talk *talk, const struct request *request,
		      struct reply *reply, struct arena *arena)
{
	struct stage stage = { .server = talk->server,
			       .request = request,
			       .reply = reply,
			       .arena = arena,
			       .secrets = &talk->secrets,
			       .probed_ms = talk->probed_ms };
	const char *kind = request->head.kind->name;
	struct fault fault;
	bool good;

	reply->stage = kind;
	good = carry_out(&stage, &fault);
	if (good && reply->too_large)
		good = fault_set(&fault, "reply_too_large", "");
	talk->probed_ms = stage.probed_ms;
	if (good) {
		reply_add(reply, "done", (const char *const[]){ kind });
		return;
	}
	/* What apply and activate reported before stands. */
	if (!str_eq(kind, "apply") && !str_eq(kind, "activate"))
		reply_clear(reply);
	reply_fault(reply, kind, &fault);
}

static bool misdeed_is_due(const struct talk *talk, enum misdeed misdeed)
{
	return talk->manner.misdeed == misdeed &&
	       talk->manner.at_request == talk->requests;
}

static int take_request(struct talk *talk, const uint8_t *bytes, size_t len,
			struct buf *out)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	CLEANUP(reply_done) struct reply reply = { 0 };
	struct request request;
	struct fault fault;

	talk->requests++;
	if (misdeed_is_due(talk, MISDEED_DROP_BEFORE))
		return TALK_DROPPED;
	arena_init(&arena, ARENA_BYTES);
	reply_init(&reply);
	if (request_read(&arena, bytes, len, &request, &fault))
		run_stage(talk, &request, &reply, &arena);
	else
		reply_fault(&reply, "request", &fault);
	secrets_clear(&talk->secrets);
	talk->sequence++;
	if (misdeed_is_due(talk, MISDEED_DROP_AFTER))
		return TALK_DROPPED;
	if (misdeed_is_due(talk, MISDEED_NOISE))
		buf_puts(out, "Windows is not activated.\r\n");
	if (misdeed_is_due(talk, MISDEED_BAD_HMAC))
		talk->key[0] ^= 1;
	reply_send(&reply, talk->key, talk->sequence, request.nonce, out);
	return TALK_GOES_ON;
}

static int take_frame(struct talk *talk, struct buf *out, bool *ret_more)
{
	const uint8_t *at;
	uint32_t size;
	size_t len;

	at = unread(talk, &len);
	*ret_more = false;
	if (len < FRAME_HEADER_BYTES)
		return TALK_GOES_ON;
	size = get_u32(at + 1);
	if (size > FRAME_PAYLOAD_MAX)
		return EXIT_LENGTH;
	if (len < FRAME_HEADER_BYTES + (size_t)size)
		return TALK_GOES_ON;
	*ret_more = true;
	talk->taken += FRAME_HEADER_BYTES + (size_t)size;
	at += FRAME_HEADER_BYTES;
	if (at[-FRAME_HEADER_BYTES] == FRAME_SESSION_KEY)
		return take_key(talk, at, size);
	if (!talk->has_key)
		return EXIT_KEY;
	switch (at[-FRAME_HEADER_BYTES]) {
	case FRAME_SECRET:
		return take_secret(talk, at, size);
	case FRAME_REQUEST:
		return take_request(talk, at, size, out);
	case FRAME_END:
		return 0;
	default:
		return EXIT_FRAME;
	}
}

/* What was taken is forgotten. */
static void shift(struct talk *talk)
{
	size_t left = talk->in.len - talk->taken;

	if (talk->taken == 0)
		return;
	memmove(talk->in.data, talk->in.data + talk->taken, left);
	talk->in.len = left;
	talk->in.data[left] = '\0';
	talk->taken = 0;
}

int talk_feed(struct talk *talk, const void *bytes, size_t len, struct buf *out)
{
	int status = TALK_GOES_ON;
	bool more = true;

	buf_put(&talk->in, bytes, len);
	if (talk->in.failed)
		return EXIT_LENGTH;
	if (!talk->script_read)
		status = take_script(talk);
	while (talk->script_read && status == TALK_GOES_ON && more)
		status = take_frame(talk, out, &more);
	shift(talk);
	return status;
}
