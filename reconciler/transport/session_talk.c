/* session_talk.c - a session whose script runs: write, read, end. */
#include "reconciler/sys/clock.h"
#include "reconciler/transport/session_state.h"

#include <libssh2.h>
#include <string.h>

#define STDERR_MAX 65536
#define EXIT_MS    500

static void kept_add(struct session *session, const char *bytes, size_t len)
{
	size_t room = sizeof(session->kept) - session->n_kept;

	/* What a server prints later might hold the password. */
	if (session->password_sent)
		return;
	if (len > room)
		len = room;
	memcpy(session->kept + session->n_kept, bytes, len);
	session->n_kept += len;
}

static bool read_stderr(struct session *session)
{
	char *scratch = session->transport->scratch;
	ssize_t n;

	while ((n = libssh2_channel_read_ex(session->channel,
					    SSH_EXTENDED_DATA_STDERR, scratch,
					    TRANSPORT_SCRATCH_BYTES)) > 0) {
		kept_add(session, scratch, (size_t)n);
		session->n_stderr += (size_t)n;
		if (session->n_stderr > STDERR_MAX)
			return session_fail(session, -ERR_NO_REPLY,
					    "more than %d KiB on standard "
					    "error",
					    STDERR_MAX / 1024);
	}
	return true;
}

/* False: the session failed. *ret_stuck: a packet is sent by half, so that
 * libssh2 must not be asked for anything else. */
static bool write_pieces(struct session *session, bool *ret_stuck)
{
	struct outbox_piece *piece;
	ssize_t n;

	*ret_stuck = false;
	while ((piece = outbox_first(&session->outbox)) != NULL) {
		session->begun = session->begun || piece->request;
		session->password_sent =
			session->password_sent || piece->password;
		n = libssh2_channel_write(session->channel,
					  piece->bytes + piece->written,
					  piece->len - piece->written);
		if (n == LIBSSH2_ERROR_EAGAIN) {
			*ret_stuck = (libssh2_session_block_directions(
					      session->link.ssh) &
				      LIBSSH2_SESSION_BLOCK_OUTBOUND) != 0;
			return true;
		}
		if (n == 0 || n == LIBSSH2_ERROR_CHANNEL_CLOSED)
			return true; /* no room; or reading will tell */
		if (n < 0)
			return read_stderr(session) &&
			       session_fail_ssh(session, (int)n);
		outbox_written(&session->outbox, (size_t)n);
	}
	return true;
}

/* False: the session failed or was closed by its owner. */
static bool reply_handle(struct session *session)
{
	struct buf body = reply_take(&session->reply);

	if (outbox_first(&session->outbox) != NULL) {
		buf_done(&body);
		return session_fail(session, -ERR_NO_REPLY,
				    "a reply came before the request was "
				    "written");
	}
	session->in_air = false;
	session->begun = false;
	session->verified = true;
	session->deadline_at = 0;
	session->phase_at = clock_mono_ms();
	session->handlers.reply(session->user, buf_text(&body), body.len);
	buf_done(&body);
	return session->state == SESSION_TALK;
}

static bool feed(struct session *session, const char *bytes, size_t len,
		 bool *ret_replied)
{
	while (len > 0) {
		struct err err;
		size_t used = 0;
		bool whole = false;
		int rc = reply_feed(&session->reply, bytes, len, &used, &whole,
				    &err);

		if (rc < 0)
			return session_fail(session, rc, "%s", err.what);
		bytes += used;
		len -= used;
		if (!whole)
			continue;
		*ret_replied = true;
		if (!reply_handle(session))
			return false;
	}
	return true;
}

static bool read_stdout(struct session *session, bool *ret_replied)
{
	char *scratch = session->transport->scratch;
	ssize_t n;

	while ((n = libssh2_channel_read_ex(session->channel, 0, scratch,
					    TRANSPORT_SCRATCH_BYTES)) > 0)
		if (!feed(session, scratch, (size_t)n, ret_replied))
			return false;
	if (n < 0 && n != LIBSSH2_ERROR_EAGAIN)
		return read_stderr(session) &&
		       session_fail_ssh(session, (int)n);
	return true;
}

/* The script ended. Its exit status proves nothing, but it helps to say what
 * happened, so wait a little for it. */
static bool ended(struct session *session)
{
	int64_t now = clock_mono_ms();

	if (session->wake_at == 0)
		session->wake_at = now + EXIT_MS;
	if (now < session->wake_at &&
	    libssh2_channel_wait_closed(session->channel) ==
		    LIBSSH2_ERROR_EAGAIN)
		return false;
	return session_fail(session, -ERR_NO_REPLY,
			    "powershell ended with exit status %d",
			    libssh2_channel_get_exit_status(session->channel));
}

bool session_step_talk(struct session *session)
{
	bool stuck;
	bool replied = false;

	if (!write_pieces(session, &stuck) || stuck)
		return false;
	/* Standard error on both sides: a failure tells it, and it must not
	 * hide the end of the channel. */
	if (!read_stderr(session))
		return false;
	if (!read_stdout(session, &replied))
		return session->state == SESSION_END;
	if (!read_stderr(session))
		return false;
	if (replied)
		return true;
	if (libssh2_channel_eof(session->channel) == 1)
		return ended(session);
	return false;
}

bool session_step_end(struct session *session)
{
	char *scratch = session->transport->scratch;
	bool stuck;
	ssize_t n;

	if (!write_pieces(session, &stuck) || stuck)
		return false;
	if (outbox_first(&session->outbox) == NULL && !session->eof_sent) {
		int rc = libssh2_channel_send_eof(session->channel);

		if (rc == LIBSSH2_ERROR_EAGAIN)
			return false;
		if (rc != 0)
			return session_fail_ssh(session, rc);
		session->eof_sent = true;
	}
	do
		n = libssh2_channel_read_ex(session->channel, 0, scratch,
					    TRANSPORT_SCRATCH_BYTES);
	while (n > 0);
	if ((n < 0 && n != LIBSSH2_ERROR_EAGAIN) || !read_stderr(session))
		return session_fail_ssh(session, (int)n);
	if (libssh2_channel_eof(session->channel) != 1)
		return false;
	(void)libssh2_session_disconnect(session->link.ssh, "done");
	session_drop(session);
	return false;
}
