/* reason.c - see reason.h. */
#include "reconciler/cmd/reason.h"

#include "reconciler/core/str.h"

#include <string.h>

#define TEXT_BYTES_MAX 500

static int check_text(const char *flag, const char *text, struct err *err)
{
	if (strlen(text) > TEXT_BYTES_MAX)
		return err_set(err, -ERR_USAGE,
			       "%s: at most %d bytes, found %zu", flag,
			       TEXT_BYTES_MAX, strlen(text));
	if (!str_utf8_valid(text, strlen(text)) || str_has_control(text))
		return err_set(err, -ERR_USAGE,
			       "%s: expected one line of plain text", flag);
	if (!text[strspn(text, " ")])
		return err_set(err, -ERR_USAGE,
			       "%s: expected why, found only spaces", flag);
	return 0;
}

int reason_check(const struct options *options, const char *why,
		 struct err *err)
{
	int rc;

	if (!options->reason)
		return err_set(err, -ERR_USAGE, "--reason is missing: %s", why);
	rc = check_text("--reason", options->reason, err);
	if (!rc && options->ticket)
		rc = check_text("--ticket", options->ticket, err);
	return rc;
}
