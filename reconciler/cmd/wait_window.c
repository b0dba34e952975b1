/* wait_window.c - waiting until something that is selected may start. */
#include "reconciler/cmd/apply_windows.h"

#include "reconciler/cmd/claims.h"
#include "reconciler/model/window.h"
#include "reconciler/report/text.h"
#include "reconciler/report/window_words.h"
#include "reconciler/sys/clock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* The clock of the wall may be set while we wait: it is looked at anew, at the
 * latest after so long. */
#define LOOK_AGAIN_MS 30000

/* What the wait is for. */
struct opening {
	bool now;
	struct window_answer answer; /* of what may start first */
};

/* What may be due. */
struct due {
	size_t server;
	size_t binding;
	enum window_class of;
};

ARRAY_TYPE(due_array, struct due);

/* Each once, where they stand together. */
static int add_due(struct context *context, struct due_array *dues,
		   const struct due *due, struct err *err)
{
	const struct due *last = dues->n ? &dues->items[dues->n - 1] : NULL;

	if (last && last->server == due->server &&
	    last->binding == due->binding && last->of == due->of)
		return 0;
	if (array_push(&context->arena, dues, *due))
		return 0;
	return err_set(err, -ERR_NOMEM, "waiting for a window");
}

/* Without a saved plan nobody knows yet what servers lack: all that is selected,
 * of both classes. */
static int dues_of_claims(struct context *context, struct due_array *ret,
			  struct err *err)
{
	struct claims claims = { 0 };
	const struct claim *claim;
	int rc = claims_collect(context, false, &claims, err);

	for (unsigned i = WINDOW_IDENTITY; !rc && i <= WINDOW_PASSWORD; i++) {
		array_foreach(claim, &claims.items) {
			const struct due due = { claim->server, claim->binding,
						 (enum window_class)i };

			rc = add_due(context, ret, &due, err);
			if (rc)
				break;
		}
	}
	return rc;
}

static int dues_of_plan(struct context *context, const struct plan *plan,
			struct due_array *ret, struct err *err)
{
	const struct change *change;

	array_foreach(change, &plan->changes) {
		const struct due due = { change->server, change->binding,
					 change_window_class(change) };
		int rc = add_due(context, ret, &due, err);

		if (rc)
			return rc;
	}
	return 0;
}

/* Of all that may be due, what may start first. */
static struct opening first_opening(const struct context *context,
				    const struct due_array *dues,
				    int64_t now_ms)
{
	struct opening first = { .now = dues->n == 0 };
	const struct due *due;

	array_foreach(due, dues) {
		const struct window_answer answer =
			window_ask(&context->desired, due->server, due->binding,
				   due->of, now_ms);

		if (answer.may_start) {
			first.now = true;
			return first;
		}
		if (!first.answer.window ||
		    (answer.next_ms && (!first.answer.next_ms ||
					answer.next_ms < first.answer.next_ms)))
			first.answer = answer;
	}
	return first;
}

static void closefd(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

/* At most so long. The number of a signal that came, or 0. */
static int sleep_ms(int signals, int64_t ms)
{
	struct pollfd poll_fd = { .fd = signals, .events = POLLIN };
	struct signalfd_siginfo info;

	if (poll(&poll_fd, 1, (int)ms) <= 0 ||
	    read(signals, &info, sizeof(info)) != sizeof(info))
		return 0;
	return (int)info.ssi_signo;
}

static void tell(const struct opening *opening, int64_t now_ms)
{
	CLEANUP(buf_done) struct buf text = { 0 };

	buf_init(&text, 1024);
	buf_puts(&text, "waiting: ");
	window_put_answer(&opening->answer, &text);
	buf_puts(&text, ", in ");
	text_span(&text, opening->answer.next_ms - now_ms);
	(void)fprintf(stderr, "%s\n", buf_text(&text));
}

/* Nobody waits half a week for a plan that is worth nothing by then. */
static int fail_expires(const struct opening *opening, int64_t expires_ms,
			struct err *err)
{
	CLEANUP(buf_done) struct buf why = { 0 };
	char text[32];

	buf_init(&why, 1024);
	window_put_answer(&opening->answer, &why);
	clock_text(expires_ms, text, sizeof(text));
	return err_set(err, -ERR_PLAN_FILE,
		       "the saved plan expires %s, before anything of it may "
		       "start: %s",
		       text, buf_text(&why));
}

/* With the signals blocked, so that none is lost between two looks. */
static int wait_open(const struct context *context,
		     const struct due_array *dues, int64_t expires_ms,
		     int signals, bool *ret_waited, struct err *err)
{
	for (;;) {
		const int64_t now_ms = clock_wall_ms();
		const struct opening opening =
			first_opening(context, dues, now_ms);
		int64_t ms;
		int number;

		if (opening.now)
			return 0;
		if (!opening.answer.next_ms)
			return err_set(err, -ERR_WINDOW_CLOSED,
				       "nothing that is selected may start "
				       "within 400 days: lockstep windows "
				       "check tells why");
		if (opening.answer.next_ms >= expires_ms)
			return fail_expires(&opening, expires_ms, err);
		*ret_waited = true;
		tell(&opening, now_ms);
		ms = opening.answer.next_ms - now_ms;
		number = sleep_ms(signals,
				  ms < LOOK_AGAIN_MS ? ms : LOOK_AGAIN_MS);
		if (number) {
			(void)fputs("interrupted while waiting; nothing was "
				    "changed\n",
				    stderr);
			return 128 + number;
		}
	}
}

int apply_windows_wait(struct context *context, const struct plan *plan,
		       int64_t expires_ms, bool *ret_waited, struct err *err)
{
	CLEANUP(closefd) int signals = -1;
	struct due_array dues = { 0 };
	sigset_t wanted;
	sigset_t before;
	int rc = plan ? dues_of_plan(context, plan, &dues, err)
		      : dues_of_claims(context, &dues, err);

	*ret_waited = false;
	if (rc)
		return rc;
	(void)sigemptyset(&wanted);
	(void)sigaddset(&wanted, SIGINT);
	(void)sigaddset(&wanted, SIGTERM);
	(void)sigaddset(&wanted, SIGHUP);
	signals = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0 || pthread_sigmask(SIG_BLOCK, &wanted, &before))
		return err_set(err, -ERR_FILE, "waiting: %s",
			       strerrordesc_np(errno));
	rc = wait_open(context, &dues, expires_ms, signals, ret_waited, err);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc;
}
