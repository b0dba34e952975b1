/* rehearse_json.c - a rehearsal as programs read it. */
#include "reconciler/report/json_out.h"
#include "reconciler/report/rehearse_report.h"

#include <inttypes.h>
#include <stdio.h>

#define PHRASE_MAX 4096

static json_t *spread_object(const struct spread *spread)
{
	json_t *object = json_object();

	json_set_size(&object, "least", (size_t)spread->least);
	json_set_size(&object, "median", (size_t)spread->median);
	json_set_size(&object, "p95", (size_t)spread->p95);
	json_set_size(&object, "worst", (size_t)spread->worst);
	return object;
}

static void set_spread(json_t **row, const char *key,
		       const struct spread *spread)
{
	json_set(row, key, spread_object(spread));
}

/* As a string: more than a JSON number holds exactly. */
static void set_seed(json_t **row, const char *key, uint64_t seed)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, seed);
	json_set_text(row, key, text);
}

static json_t *verdict_of(const struct rehearse_report *report)
{
	const struct rehearsal *rehearsal = report->rehearsal;
	CLEANUP(buf_done) struct buf text = { 0 };
	json_t *row = json_object();

	buf_init(&text, PHRASE_MAX);
	rehearse_put_verdict(rehearsal, &text);
	json_set_text(&row, "text", buf_text(&text));
	json_set_bool(&row, "safe", rehearsal_is_safe(rehearsal));
	json_set_bool(&row, "fits", rehearsal_fits(rehearsal));
	if (report->plan)
		json_set_text(&row, "plan", report->plan);
	json_set_size(&row, "pools", rehearsal->n_pools);
	json_set_size(&row, "servers", rehearsal->n_servers);
	json_set_size(&row, "servers_timed", rehearsal->n_timed);
	json_set_size(&row, "waves", rehearsal->n_waves);
	json_set_size(&row, "undone", rehearsal->n_undone);
	json_set_size(&row, "seeds", rehearsal->n_seeds);
	json_set_size(&row, "fault_seeds", rehearsal->n_fault_seeds);
	set_seed(&row, "first_seed", rehearsal->first_seed);
	return row;
}

static json_t *window_of(const struct rehearse_report *report)
{
	const struct rehearsal *rehearsal = report->rehearsal;
	json_t *row = json_object();

	/* The moment of a start "now" would be another each time. */
	if (!report->started)
		json_set_time(&row, "start", rehearsal->start_ms);
	if (rehearsal->window)
		json_set_text(&row, "name", rehearsal->window);
	json_set_time(&row, "cutoff", rehearsal->cutoff_ms);
	json_set_time(&row, "closes", rehearsal->closes_ms);
	json_set_size(&row, "runs_that_fit", rehearsal->n_fits);
	set_spread(&row, "servers_left", &rehearsal->servers_left);
	return row;
}

static json_t *without_of(const struct rehearsal *rehearsal)
{
	json_t *row = json_object();

	set_spread(&row, "took_ms", &rehearsal->took_ms);
	set_spread(&row, "commits", &rehearsal->commits);
	set_spread(&row, "sessions", &rehearsal->sessions);
	set_spread(&row, "pools_down_at_once", &rehearsal->pools_down);
	set_spread(&row, "down_ms", &rehearsal->down_ms);
	set_spread(&row, "pool_down_ms", &rehearsal->pool_down_ms);
	return row;
}

static void put_accounts(const struct report_context *context,
			 const struct rehearsal *rehearsal,
			 struct json_out *json)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	const struct rehearsal_account *account;

	buf_init(&text, PHRASE_MAX);
	json_out_list(json, "accounts");
	array_foreach(account, &rehearsal->accounts) {
		json_t *row = json_object();

		buf_clear(&text);
		rehearse_put_account(context, account, &text);
		json_set_text(&row, "account", buf_text(&text));
		json_set_size(&row, "pools", account->n_pools);
		json_set_size(&row, "servers", account->n_servers);
		set_spread(&row, "first_to_last_ms", &account->took_ms);
		json_out_row(json, row);
	}
	json_out_list_end(json);
}

static json_t *fault_row(const struct rehearsal_aftermath *after,
			 enum rehearsal_fault fault)
{
	json_t *row = json_object();

	json_set_text(&row, "fault", rehearsal_fault_name(fault));
	json_set_text(&row, "text", rehearse_fault_text(fault));
	json_set_size(&row, "seeds", after->n_seeds);
	set_spread(&row, "done", &after->changed);
	set_spread(&row, "old", &after->old);
	set_spread(&row, "down", &after->down);
	set_spread(&row, "open", &after->unknown);
	json_set_size(&row, "neither", after->n_neither);
	json_set_size(&row, "finished", after->n_finished);
	set_spread(&row, "finish_ms", &after->finish_ms);
	if (after->bad_seed > 0)
		set_seed(&row, "bad_seed", after->bad_seed);
	return row;
}

static void put_notes(const struct rehearse_report *report,
		      struct json_out *json)
{
	const char *const *note;

	json_out_list(json, "notes");
	array_foreach(note, report->notes) {
		json_t *row = json_object();

		json_set_text(&row, "text", *note);
		json_out_row(json, row);
	}
	json_out_list_end(json);
}

int rehearse_json(const struct report_context *context,
		  const struct rehearse_report *report, struct buf *out,
		  struct err *err)
{
	const struct rehearsal *rehearsal = report->rehearsal;
	struct json_out json;

	json_out_begin(&json, out, "lockstep.rehearsal/1.0");
	json_out_member(&json, "verdict", verdict_of(report));
	json_out_member(&json, "window", window_of(report));
	json_out_member(&json, "without_faults", without_of(rehearsal));
	put_accounts(context, rehearsal, &json);
	json_out_list(&json, "faults");
	for (size_t i = 0; i < REHEARSAL_FAULT_COUNT; i++) {
		if (rehearsal->faults[i].n_seeds > 0)
			json_out_row(&json, fault_row(&rehearsal->faults[i],
						      (enum rehearsal_fault)i));
	}
	json_out_list_end(&json);
	put_notes(report, &json);
	return json_out_end(&json, err);
}
