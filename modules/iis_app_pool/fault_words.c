/* fault_words.c - the codes of faults in words, with what to do about them. */
#include "modules/iis_app_pool/reply_common.h"
#include "reconciler/core/str.h"

/* What an operator can do something about. A code that is not listed is told
 * as it is: README.md says what it means. */
static const struct fault_words {
	const char *code;
	const char *words;
} table[] = {
	{ "config_conflict",
	  "the configuration changed under each of 6 tries: something else writes it all the time" },
	{ "config_denied",
	  "the SSH user has no right to the configuration: it must be a local administrator there" },
	{ "config_xml",
	  "applicationHost.config can't be read: mend it, or restore it from inetpub\\history" },
	{ "control_busy",
	  "WAS took no order within 30 s: look at the services WAS and W3SVC there" },
	{ "control_not_started",
	  "WAS does not run: start the services WAS and W3SVC there" },
	{ "crypto_key",
	  "the server can't decrypt or encrypt a stored password: its machine keys are damaged or of another machine; writing the password again would not help, mend the keys of IIS first" },
	{ "deadline", "the time for it was over" },
	{ "events_unreadable",
	  "the System event log can't be read there: the SSH user needs the right to it" },
	{ "fence_denied",
	  "inetsrv\\config\\lockstep.fence is a link or a folder, or the SSH user has no right to it" },
	{ "fence_locked", "another session of lockstep works there" },
	{ "fence_write",
	  "it was written, but lockstep.fence could not be: is the disk full there?" },
	{ "mwa_incompatible",
	  "Microsoft.Web.Administration.dll does not work in its PowerShell: Windows PowerShell 5.1 is needed" },
	{ "mwa_missing",
	  "Microsoft.Web.Administration.dll is not there: is IIS installed, with its management tools?" },
	{ "not_tried",
	  "not tried: an earlier write of the same request failed" },
	{ "wmi_failed",
	  "WMI did not answer: look at the service Winmgmt there" },
};

const char *reply_fault_text(struct arena *arena, const struct record *fault)
{
	const char *code = record_value(fault, "code");
	const char *type = record_value(fault, "type");
	const char *hresult = record_value(fault, "hresult");
	const char *detail = record_value(fault, "detail");
	const char *words = "";

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (str_eq(table[i].code, code))
			words = table[i].words;
	if (!*words)
		return arena_printf(arena, "%s%s%s (%s %s)", code,
				    *detail ? ": " : "", detail, type, hresult);
	return arena_printf(arena, "%s (%s%s%s%s%s%s%s)", words, code,
			    *detail ? ": " : "", detail, *type ? ", " : "",
			    type, *hresult ? " " : "", hresult);
}
