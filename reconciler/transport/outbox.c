/* outbox.c - see outbox.h. */
#include "reconciler/transport/outbox.h"

#include "reconciler/core/buf.h"
#include "reconciler/core/frame.h"
#include "reconciler/transport/session.h"

#include <stdlib.h>
#include <string.h>

void outbox_init(struct outbox *outbox)
{
	STAILQ_INIT(&outbox->pieces);
}

static void piece_free(struct outbox_piece *piece)
{
	secret_free(piece->secret);
	free(piece);
}

void outbox_done(struct outbox *outbox)
{
	struct outbox_piece *piece;

	while ((piece = STAILQ_FIRST(&outbox->pieces)) != NULL) {
		STAILQ_REMOVE_HEAD(&outbox->pieces, next);
		piece_free(piece);
	}
}

struct outbox_piece *outbox_first(const struct outbox *outbox)
{
	return STAILQ_FIRST(&outbox->pieces);
}

void outbox_written(struct outbox *outbox, size_t len)
{
	struct outbox_piece *piece = STAILQ_FIRST(&outbox->pieces);

	piece->written += len;
	if (piece->written < piece->len)
		return;
	STAILQ_REMOVE_HEAD(&outbox->pieces, next);
	piece_free(piece);
}

static struct outbox_piece *piece_add(struct outbox *outbox, size_t own_bytes)
{
	struct outbox_piece *piece = calloc(1, sizeof(*piece) + own_bytes);

	if (piece == NULL)
		return NULL;
	piece->bytes = piece->own;
	piece->len = own_bytes;
	STAILQ_INSERT_TAIL(&outbox->pieces, piece, next);
	return piece;
}

static int no_memory(struct err *err)
{
	return err_set(err, -ERR_NOMEM, "no memory for a request");
}

static int put_bytes(struct outbox *outbox, const struct buf *bytes,
		     bool request, struct err *err)
{
	struct outbox_piece *piece;
	int rc = buf_check(bytes, err);

	if (rc < 0)
		return rc;
	piece = piece_add(outbox, bytes->len);
	if (piece == NULL)
		return no_memory(err);
	memcpy(piece->own, buf_text(bytes), bytes->len);
	piece->request = request;
	return 0;
}

/* A frame that holds a secret: head (no secret) and the secret's bytes. */
static int put_secret(struct outbox *outbox, const struct buf *head,
		      const struct secret *secret, struct outbox_piece **ret,
		      struct err *err)
{
	struct secret *frame;
	struct outbox_piece *piece;
	uint8_t *bytes;
	int rc = buf_check(head, err);

	if (rc < 0)
		return rc;
	rc = secret_reserve(head->len + secret_len(secret), &frame, &bytes,
			    err);
	if (rc < 0)
		return rc;
	memcpy(bytes, buf_text(head), head->len);
	memcpy(bytes + head->len, secret_bytes(secret), secret_len(secret));
	piece = piece_add(outbox, 0);
	if (piece == NULL) {
		secret_free(frame);
		return no_memory(err);
	}
	piece->secret = frame;
	piece->bytes = (const char *)secret_bytes(frame);
	piece->len = secret_len(frame);
	*ret = piece;
	return 0;
}

int outbox_put_start(struct outbox *outbox, const void *script, size_t len,
		     const struct secret *key, struct err *err)
{
	CLEANUP(buf_done) struct buf head = { 0 };
	struct outbox_piece *piece;
	int rc;

	if (len == 0 || len > FRAME_PAYLOAD_MAX)
		return err_set(err, -ERR_BUG, "the script has no proper size");
	buf_init(&head, 64);
	buf_put_u32(&head, (uint32_t)len);
	rc = put_bytes(outbox, &head, false, err);
	if (rc < 0)
		return rc;
	piece = piece_add(outbox, 0);
	if (piece == NULL)
		return no_memory(err);
	piece->bytes = script;
	piece->len = len;
	buf_clear(&head);
	frame_put_header(&head, FRAME_SESSION_KEY, (uint32_t)secret_len(key));
	return put_secret(outbox, &head, key, &piece, err);
}

static int put_k_frame(struct outbox *outbox, const struct session_secret *item,
		       struct err *err)
{
	CLEANUP(buf_done) struct buf head = { 0 };
	struct outbox_piece *piece = NULL;
	size_t account_len = strlen(item->account);
	int rc;

	if (account_len > SECRET_BYTES_MAX)
		return err_set(err, -ERR_LIMIT, "an account name is too long");
	buf_init(&head, (size_t)2 * SECRET_BYTES_MAX);
	frame_put_header(
		&head, FRAME_SECRET,
		(uint32_t)(7 + account_len + secret_len(item->secret)));
	buf_put_u32(&head, item->number);
	buf_putc(&head, (char)item->purpose);
	buf_put_u16(&head, (uint16_t)account_len);
	buf_put(&head, item->account, account_len);
	rc = put_secret(outbox, &head, item->secret, &piece, err);
	if (rc < 0)
		return rc;
	piece->request = true;
	piece->password = item->purpose == FRAME_PASSWORD;
	return 0;
}

static int put_frames(struct outbox *outbox,
		      const struct session_request *request, struct err *err)
{
	CLEANUP(buf_done) struct buf frame = { 0 };
	int rc;

	for (size_t i = 0; i < request->n_secrets; i++) {
		rc = put_k_frame(outbox, &request->secrets[i], err);
		if (rc < 0)
			return rc;
	}
	buf_init(&frame, FRAME_PAYLOAD_MAX + FRAME_HEADER_BYTES + 1);
	frame_put_header(&frame, FRAME_REQUEST, (uint32_t)request->len);
	buf_put(&frame, request->records, request->len);
	return put_bytes(outbox, &frame, true, err);
}

int outbox_put_request(struct outbox *outbox,
		       const struct session_request *request, struct err *err)
{
	CLEANUP(outbox_done) struct outbox added = { 0 };
	int rc;

	if (request->len == 0 || request->len > FRAME_PAYLOAD_MAX)
		return err_set(err, -ERR_LIMIT,
			       "a request has 1 to %d bytes, not %zu",
			       FRAME_PAYLOAD_MAX, request->len);
	outbox_init(&added);
	rc = put_frames(&added, request, err);
	if (rc < 0)
		return rc;
	STAILQ_CONCAT(&outbox->pieces, &added.pieces);
	return 0;
}

int outbox_put_end(struct outbox *outbox, struct err *err)
{
	CLEANUP(buf_done) struct buf frame = { 0 };

	buf_init(&frame, 16);
	frame_put_header(&frame, FRAME_END, 0);
	return put_bytes(outbox, &frame, false, err);
}
