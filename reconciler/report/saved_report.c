/* saved_report.c - see saved_report.h. */
#include "reconciler/report/saved_report.h"

#include "reconciler/core/str.h"
#include "reconciler/report/text.h"

bool saved_is_usable(const struct saved_report *saved)
{
	const struct saved_check *check;

	array_foreach(check, &saved->checks) {
		if (check->bad)
			return false;
	}
	return true;
}

static void put_check(const struct report_context *context,
		      const struct saved_check *check, struct buf *out)
{
	if (check->bad)
		text_colour(context, out, COLOUR_YELLOW);
	buf_printf(out, "  %c %-10s ", check->bad ? 'x' : ' ', check->what);
	str_put_plain(out, check->text);
	if (check->bad)
		text_plain(context, out);
	buf_putc(out, '\n');
}

static void put_yes(const struct saved_yes *yes, struct buf *out)
{
	buf_puts(out, "    approved   by ");
	str_put_plain(out, yes->by);
	buf_putc(out, ' ');
	text_time(out, yes->at_ms);
	buf_puts(out, ": ");
	str_put_plain(out, yes->reason);
	if (yes->ticket[0]) {
		buf_puts(out, " (ticket ");
		str_put_plain(out, yes->ticket);
		buf_putc(out, ')');
	}
	buf_putc(out, '\n');
}

void saved_put(const struct report_context *context,
	       const struct saved_report *saved, struct buf *out)
{
	const struct saved_check *check;
	const struct saved_yes *yes;

	text_colour(context, out, COLOUR_BOLD);
	buf_puts(out, saved->fresh ? "Saved as plan " : "Plan ");
	str_put_plain(out, saved->id);
	text_plain(context, out);
	buf_puts(out, saved->fresh ? " in " : ", file ");
	str_put_plain(out, saved->file);
	if (!saved->fresh) {
		buf_puts(out, "\n    made       by ");
		str_put_plain(out, saved->actor);
		buf_putc(out, ' ');
		text_time(out, saved->made_ms);
		buf_puts(out, "\n    expires    ");
	} else {
		buf_puts(out, "; it expires ");
	}
	text_time(out, saved->expires_ms);
	buf_putc(out, '\n');
	array_foreach(check, &saved->checks)
		put_check(context, check, out);
	array_foreach(yes, &saved->approvals)
		put_yes(yes, out);
	buf_putc(out, '\n');
}

static json_t *approvals_json(const struct saved_report *saved)
{
	json_t *list = json_array();
	const struct saved_yes *yes;

	array_foreach(yes, &saved->approvals) {
		json_t *row = json_object();

		json_set_text(&row, "by", yes->by);
		json_set_text(&row, "reason", yes->reason);
		json_set_text(&row, "ticket", yes->ticket);
		json_set_time(&row, "at", yes->at_ms);
		if (!list || json_array_append_new(list, row)) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *checks_json(const struct saved_report *saved)
{
	json_t *list = json_array();
	const struct saved_check *check;

	array_foreach(check, &saved->checks) {
		json_t *row = json_object();

		json_set_text(&row, "what", check->what);
		json_set_bool(&row, "ok", !check->bad);
		json_set_text(&row, "text", check->text);
		if (!list || json_array_append_new(list, row)) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

void saved_put_json(const struct saved_report *saved, struct json_out *json)
{
	json_t *object = json_object();

	json_set_text(&object, "plan", saved->id);
	json_set_text(&object, "file", saved->file);
	json_set_text(&object, "actor", saved->actor);
	json_set_time(&object, "made_at", saved->made_ms);
	json_set_time(&object, "expires_at", saved->expires_ms);
	json_set_bool(&object, "usable", saved_is_usable(saved));
	json_set(&object, "checks", checks_json(saved));
	json_set(&object, "approvals", approvals_json(saved));
	json_out_member(json, "saved", object);
}
