/* stage.c - what stages share, and probe; see stage.h. */
#include "tests/fleet/stage.h"

#include "reconciler/core/str.h"
#include "reconciler/sys/clock.h"

#include <string.h>
#include <time.h>

const struct held_secret *stage_secret(struct stage *stage,
				       const struct record *record,
				       const char *field, unsigned purpose,
				       const char *account, struct fault *fault)
{
	const struct held_secret *found = NULL;
	int64_t number;

	if (!request_number(record, field, &number, fault))
		return NULL;
	for (size_t i = 0; i < stage->secrets->n && !found; i++)
		if (stage->secrets->items[i].number == number)
			found = &stage->secrets->items[i];
	if (!found) {
		(void)fault_set(fault, "no_secret", field);
		return NULL;
	}
	if (found->purpose != purpose ||
	    found->account_len != strlen(account) ||
	    memcmp(found->account, account, found->account_len) != 0) {
		(void)fault_set(fault, "other_secret", field);
		return NULL;
	}
	return found;
}

bool stage_deadline(struct stage *stage, int64_t *ret, struct fault *fault)
{
	if (!request_number(&stage->request->head, "deadline", ret, fault))
		return false;
	if (stage->probed_ms == 0)
		return fault_set(fault, "no_probe", "");
	return true;
}

bool stage_passed(const struct stage *stage, int64_t deadline_ms)
{
	return clock_mono_ms() - stage->probed_ms > deadline_ms;
}

void stage_sleep(int64_t ms)
{
	struct timespec left = { .tv_sec = (time_t)(ms / 1000),
				 .tv_nsec = (long)(ms % 1000) * 1000000 };

	while (nanosleep(&left, &left) < 0)
		;
}

bool stage_watches(const struct stage *stage, const char *user)
{
	for (size_t i = 0; i < stage->request->n; i++)
		if (record_is(&stage->request->rows[i], "watch") &&
		    str_eq_nocase(
			    record_value(&stage->request->rows[i], "user"),
			    user))
			return true;
	return false;
}

bool stage_probe(struct stage *stage, struct fault *fault)
{
	const struct world_probe *probe = &stage->server->probe;
	struct reply_number now;

	(void)fault;
	if (stage->probed_ms == 0)
		stage->probed_ms = clock_mono_ms();
	(void)pthread_mutex_lock(&stage->server->lock);
	reply_add(stage->reply, "probe",
		  (const char *const[]){
			  probe->ps, probe->language, probe->bits, probe->name,
			  probe->user, probe->os, probe->mwa, probe->writable,
			  probe->redirected, probe->was, probe->w3svc,
			  reply_number(&now, clock_wall_ms()) });
	(void)pthread_mutex_unlock(&stage->server->lock);
	return true;
}
