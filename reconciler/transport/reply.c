/* reply.c - see reply.h for the form and what is refused. */
#include "reconciler/transport/reply.h"

#include "reconciler/core/str.h"
#include "reconciler/sys/digest.h"

#include <stdio.h>
#include <string.h>

/* Only its first byte occurs twice in this text, so after a mismatch a match
 * can begin at the byte in hand and nowhere earlier. */
static const char header_start[] = "\n@@LOCKSTEP ";
static const char trailer_start[] = "\n@@END ";

void reply_init(struct reply *reply, const uint8_t *key)
{
	*reply = (struct reply){ .key = key, .stage = REPLY_IN_NOISE };
	buf_init(&reply->body, REPLY_BODY_MAX + 1);
}

void reply_done(struct reply *reply)
{
	buf_done(&reply->body);
}

void reply_expect(struct reply *reply, const char *nonce)
{
	(void)snprintf(reply->nonce, sizeof(reply->nonce), "%s", nonce);
	reply->sequence++;
	reply->expected = true;
}

struct buf reply_take(struct reply *reply)
{
	struct buf body = reply->body;

	buf_init(&reply->body, REPLY_BODY_MAX + 1);
	return body;
}

static int noise_byte(struct reply *reply, char c, struct err *err)
{
	if (c == header_start[reply->matched])
		reply->matched++;
	else
		reply->matched = c == header_start[0];
	if (header_start[reply->matched] == '\0') {
		reply->matched = 0;
		reply->n_header = 0;
		reply->stage = REPLY_IN_HEADER;
		if (!reply->expected)
			return err_set(err, -ERR_NO_REPLY,
				       "a reply came that nobody asked for");
		return 0;
	}
	if (++reply->n_noise > REPLY_NOISE_MAX)
		return err_set(err, -ERR_NO_REPLY,
			       "%d KiB of other output and no reply",
			       REPLY_NOISE_MAX / 1024);
	return 0;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hex_read(const char *text, uint8_t *ret, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		int high = hex_value(text[2 * i]);
		int low = hex_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* nonce SP length SP hmac, each in its only form. */
static int header_read(struct reply *reply, struct err *err)
{
	char *nonce = reply->header;
	char *length = strchr(nonce, ' ');
	char *hmac = length == NULL ? NULL : strchr(length + 1, ' ');
	int64_t body_len;

	if (hmac == NULL || strlen(reply->header) != reply->n_header)
		return err_set(err, -ERR_NO_REPLY,
			       "the head of a reply is not in the agreed form");
	*length++ = '\0';
	*hmac++ = '\0';
	if (strcmp(nonce, reply->nonce) != 0)
		return err_set(err, -ERR_NO_REPLY,
			       "a reply came under a nonce that is not the "
			       "one of the request");
	if (!str_number(length, REPLY_BODY_MAX, &body_len))
		return err_set(err, -ERR_NO_REPLY,
			       "a reply has no proper length, or one over "
			       "%d bytes",
			       REPLY_BODY_MAX);
	if (strlen(hmac) != 2 * sizeof(reply->hmac) ||
	    !hex_read(hmac, reply->hmac, sizeof(reply->hmac)))
		return err_set(err, -ERR_NO_REPLY,
			       "the HMAC of a reply is not 64 hex digits");
	reply->body_len = (size_t)body_len;
	buf_clear(&reply->body);
	reply->stage = body_len > 0 ? REPLY_IN_BODY : REPLY_IN_TRAILER;
	return 0;
}

static int header_byte(struct reply *reply, char c, struct err *err)
{
	if (c == '\n') {
		reply->header[reply->n_header] = '\0';
		return header_read(reply, err);
	}
	if (reply->n_header == REPLY_HEADER_MAX - 1)
		return err_set(err, -ERR_NO_REPLY,
			       "the head of a reply is too long");
	reply->header[reply->n_header++] = c;
	return 0;
}

static int body_bytes(struct reply *reply, const char *bytes, size_t len,
		      size_t *ret_used, struct err *err)
{
	size_t left = reply->body_len - reply->body.len;
	size_t n = len < left ? len : left;
	int rc;

	buf_put(&reply->body, bytes, n);
	rc = buf_check(&reply->body, err);
	if (rc < 0)
		return rc;
	*ret_used += n;
	if (n == left)
		reply->stage = REPLY_IN_TRAILER;
	return 0;
}

static int reply_prove(const struct reply *reply, struct err *err)
{
	static const char label[] = "lockstep/1 reply"; /* its NUL counts */
	char sequence[16];
	uint8_t hmac[DIGEST_BYTES];
	int rc;

	(void)snprintf(sequence, sizeof(sequence), "%u", reply->sequence);
	rc = digest_hmac(reply->key, DIGEST_BYTES,
			 (const struct digest_part[]){
				 { label, sizeof(label) },
				 { sequence, strlen(sequence) + 1 },
				 { reply->nonce, strlen(reply->nonce) + 1 },
				 { buf_text(&reply->body), reply->body.len },
			 },
			 4, hmac, err);
	if (rc < 0)
		return rc;
	if (!digest_eq(hmac, reply->hmac, sizeof(hmac)))
		return err_set(err, -ERR_NO_REPLY,
			       "the HMAC of a reply is wrong: it does not come "
			       "from the script of this session");
	return 0;
}

static int trailer_byte(struct reply *reply, char c, bool *ret_whole,
			struct err *err)
{
	size_t start_len = sizeof(trailer_start) - 1;
	size_t nonce_len = strlen(reply->nonce);
	char want = '\n';

	if (reply->matched < start_len)
		want = trailer_start[reply->matched];
	else if (reply->matched < start_len + nonce_len)
		want = reply->nonce[reply->matched - start_len];
	if (c != want)
		return err_set(err, -ERR_NO_REPLY,
			       "a reply does not end where its length says");
	*ret_whole = reply->matched == start_len + nonce_len;
	reply->matched++;
	return 0;
}

static int feed_step(struct reply *reply, const char *bytes, size_t len,
		     size_t *ret_used, bool *ret_whole, struct err *err)
{
	switch (reply->stage) {
	case REPLY_IN_NOISE:
		(*ret_used)++;
		return noise_byte(reply, bytes[0], err);
	case REPLY_IN_HEADER:
		(*ret_used)++;
		return header_byte(reply, bytes[0], err);
	case REPLY_IN_BODY:
		return body_bytes(reply, bytes, len, ret_used, err);
	case REPLY_IN_TRAILER:
		(*ret_used)++;
		return trailer_byte(reply, bytes[0], ret_whole, err);
	case REPLY_BROKEN:
		break;
	}
	return err_set(err, -ERR_NO_REPLY, "an earlier reply was not valid");
}

int reply_feed(struct reply *reply, const char *bytes, size_t len,
	       size_t *ret_used, bool *ret_whole, struct err *err)
{
	size_t used = 0;
	bool whole = false;
	int rc = 0;

	while (rc == 0 && !whole && used < len)
		rc = feed_step(reply, bytes + used, len - used, &used, &whole,
			       err);
	if (rc == 0 && whole)
		rc = reply_prove(reply, err);
	if (rc < 0) {
		reply->stage = REPLY_BROKEN;
		return rc;
	}
	if (whole) {
		reply->stage = REPLY_IN_NOISE;
		reply->expected = false;
		reply->matched = 0;
		reply->n_noise = 0;
	}
	*ret_used = used;
	*ret_whole = whole;
	return 0;
}
