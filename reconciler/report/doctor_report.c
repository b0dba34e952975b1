/* doctor_report.c - see doctor_report.h. */
#include "reconciler/report/doctor_report.h"

#include "reconciler/core/str.h"
#include "reconciler/report/json_out.h"
#include "reconciler/report/text.h"

#include <string.h>

#define MARK_WIDTH 9

static const char *const marks[] = {
	[DOCTOR_NOT_REACHED] = "-",
	[DOCTOR_OK] = "ok",
	[DOCTOR_WARNING] = "warning",
	[DOCTOR_FAILED] = "FAILED",
};

static const char *const words[] = {
	[DOCTOR_NOT_REACHED] = "notReached",
	[DOCTOR_OK] = "ok",
	[DOCTOR_WARNING] = "warning",
	[DOCTOR_FAILED] = "failed",
};

size_t doctor_count(const struct doctor_check_array *checks,
		    enum doctor_state state)
{
	const struct doctor_check *check;
	size_t n = 0;

	array_foreach(check, checks)
		n += check->state == state;
	return n;
}

/* "2 of 22 checks failed: key is accepted, secrets; 15 not reached" */
static void put_verdict(const struct doctor_check_array *checks,
			struct buf *out)
{
	const size_t failed = doctor_count(checks, DOCTOR_FAILED);
	const size_t warned = doctor_count(checks, DOCTOR_WARNING);
	const size_t unknown = doctor_count(checks, DOCTOR_NOT_REACHED);
	const struct doctor_check *check;
	const char *between = ": ";

	if (failed == 0) {
		buf_printf(out, "%s",
			   unknown ? "not all is known" : "all fine");
	} else {
		buf_printf(out, "%zu of ", failed);
		text_count(out, checks->n, "check");
		buf_puts(out, " failed");
	}
	array_foreach(check, checks) {
		if (check->state != DOCTOR_FAILED)
			continue;
		buf_printf(out, "%s%s", between, check->name);
		between = ", ";
	}
	if (warned > 0) {
		buf_puts(out, "; ");
		text_count(out, warned, "warning");
	}
	if (unknown > 0)
		buf_printf(out, "; %zu not reached", unknown);
}

static size_t name_width(const struct doctor_check_array *checks)
{
	const struct doctor_check *check;
	size_t width = 0;

	array_foreach(check, checks)
		if (strlen(check->name) > width)
			width = strlen(check->name);
	return width;
}

static void put_spaces(struct buf *out, size_t n)
{
	buf_printf(out, "%*s", (int)n, "");
}

static void put_check(const struct report_context *named,
		      const struct doctor_check *check, size_t width,
		      struct buf *out)
{
	const bool bad = check->state == DOCTOR_FAILED;
	const bool worry = check->state == DOCTOR_WARNING;

	if (bad || worry)
		text_colour(named, out, bad ? COLOUR_RED : COLOUR_YELLOW);
	buf_printf(out, "%-*s%s", MARK_WIDTH, marks[check->state], check->name);
	if (bad || worry)
		text_plain(named, out);
	if (*check->saw || check->state == DOCTOR_NOT_REACHED) {
		put_spaces(out, width + 2 - strlen(check->name));
		str_put_plain(out, *check->saw ? check->saw : "not reached");
	}
	buf_putc(out, '\n');
	if ((bad || worry) && *check->fix) {
		put_spaces(out, MARK_WIDTH);
		buf_puts(out, "fix: ");
		str_put_plain(out, check->fix);
		buf_putc(out, '\n');
	}
}

int doctor_print(const struct doctor_report *report, struct buf *out,
		 struct err *err)
{
	const struct doctor_check *check;
	const size_t width = name_width(report->checks);

	text_colour(report->named, out, COLOUR_BOLD);
	str_put_plain(out, report->server);
	buf_puts(out, ": ");
	put_verdict(report->checks, out);
	text_plain(report->named, out);
	buf_puts(out, ".\n\n");
	array_foreach(check, report->checks)
		put_check(report->named, check, width, out);
	return buf_check(out, err);
}

static json_t *verdict_of(const struct doctor_check_array *checks)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	json_t *object = json_object();

	buf_init(&text, 4096);
	put_verdict(checks, &text);
	json_set_text(&object, "text", buf_whole(&text));
	json_set_size(&object, "checks", checks->n);
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		json_set_size(&object, words[i],
			      doctor_count(checks, (enum doctor_state)i));
	return object;
}

int doctor_json(const struct doctor_report *report, struct buf *out,
		struct err *err)
{
	const struct doctor_check *check;
	struct json_out json;
	json_t *server = json_string(report->server);

	json_out_begin(&json, out, "lockstep.doctor/1.0");
	json_out_member(&json, "server", server);
	json_out_member(&json, "verdict", verdict_of(report->checks));
	json_out_list(&json, "checks");
	array_foreach(check, report->checks) {
		const bool fix = check->state == DOCTOR_FAILED ||
				 check->state == DOCTOR_WARNING;
		json_t *object = json_object();

		json_set_text(&object, "check", check->word);
		json_set_text(&object, "name", check->name);
		json_set_text(&object, "state", words[check->state]);
		json_set_text(&object, "saw", check->saw);
		json_set_text(&object, "fix", fix ? check->fix : "");
		json_out_row(&json, object);
	}
	json_out_list_end(&json);
	return json_out_end(&json, err);
}
