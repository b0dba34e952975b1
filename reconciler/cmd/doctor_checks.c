/* doctor_checks.c - see doctor_checks.h; the way to the server stands in doctor_way.c. */
#include "reconciler/cmd/doctor_checks.h"

#include "reconciler/cmd/doctor_way.h"
#include "reconciler/core/str.h"

#include <inttypes.h>

#define POOLS_SHOWN 3

/* What a check about the server itself is called; the order of the report. */
enum inside {
	IN_USER,
	IN_READABLE,
	IN_WRITABLE,
	IN_LOCAL,
	IN_SERVICES,
	IN_EVENTS,
	IN_WMI,
	IN_FENCE,
	IN_KEYS,
	IN_ELSEWHERE,
	IN_CLOCK,
	IN_COUNT,
};

static const struct {
	const char *word;
	const char *name;
	bool reach;
	const char *fix;
} insides[IN_COUNT] = {
	[IN_USER] = { "user", "session user", false, "" },
	[IN_READABLE] = { "readable", "configuration is readable", true,
			  "the SSH user must be a local administrator there, "
			  "with its full token; a place in a file that is "
			  "named must be mended first" },
	[IN_WRITABLE] = { "writable", "configuration is writable", false,
			  "let the SSH user write "
			  "%windir%\\System32\\inetsrv\\config: make it a "
			  "local administrator, and see that no policy or "
			  "antivirus guards that folder" },
	[IN_LOCAL] = { "notRedirected", "configuration is its own", false,
		       "the server uses shared configuration, which lockstep "
		       "does not write: change its pools where the shared "
		       "files are made, or switch it off in IIS Manager "
		       "(Shared Configuration)" },
	[IN_SERVICES] = { "services", "WAS and W3SVC run", false,
			  "Start-Service WAS, W3SVC on the server; the System "
			  "event log says why they stopped" },
	[IN_EVENTS] = { "events", "event log is readable", true,
			"let the SSH user read the log System: member of "
			"Event Log Readers, or local administrator; "
			"`wevtutil gl System` shows who may" },
	[IN_WMI] = { "wmi", "WMI is readable", true,
		     "let the SSH user query root\\cimv2 (local "
		     "administrator), and check the repository: "
		     "winmgmt /verifyrepository" },
	[IN_FENCE] = { "fence", "fence file is fine", false,
		       "look at "
		       "%windir%\\System32\\inetsrv\\config\\lockstep.fence: "
		       "it must be a plain file that only administrators "
		       "write. A damaged one is renamed, not edited; then "
		       "run lockstep plan and compare before apply" },
	[IN_KEYS] = { "keys", "stored passwords decrypt", false,
		      "the configuration was made with the keys of another "
		      "machine, or its keys are damaged: restore the machine "
		      "keys of IIS (iisConfigurationKey, iisWasKey) from a "
		      "backup, or enter the passwords anew in IIS Manager" },
	[IN_ELSEWHERE] = { "elsewhere", "other uses can be seen", false,
			   "let the SSH user read Windows services (WMI), "
			   "%windir%\\System32\\Tasks and every location of "
			   "the configuration: local administrator; until "
			   "then uses of an account there stay unknown" },
	[IN_CLOCK] = { "clock", "clocks agree", false,
		       "set the time service right: w32tm /resync on the "
		       "server, timedatectl here" },
};

/* Which of them the script's word for a fault is about. */
static const struct {
	const char *fault;
	enum inside at;
} faults[] = {
	{ "config_denied", IN_READABLE },   { "config_xml", IN_READABLE },
	{ "events_unreadable", IN_EVENTS }, { "wmi_failed", IN_WMI },
	{ "fence_denied", IN_FENCE },       { "crypto_key", IN_KEYS },
};

struct inside_work {
	const struct doctor_facts *facts;
	struct arena *arena;
	struct doctor_check checks[IN_COUNT];
	bool failed; /* memory */
};

static void set(struct inside_work *work, enum inside at,
		enum doctor_state state, const char *saw)
{
	work->checks[at].state = state;
	work->checks[at].saw = saw ? saw : "";
	work->failed = work->failed || !saw;
}

static void judge(struct inside_work *work, enum inside at, bool fine,
		  const char *saw)
{
	set(work, at, fine ? DOCTOR_OK : DOCTOR_FAILED, saw);
}

/* What the reply to probe says: known even when observe failed. */
static void judge_probe(struct inside_work *work)
{
	const struct observed *seen = &work->facts->examined->observed;
	const struct examined *examined = work->facts->examined;
	const int64_t ahead = examined->ahead_ms;
	const int64_t off = ahead < 0 ? -ahead : ahead;

	judge(work, IN_USER, true,
	      arena_printf(work->arena, "%s on %s, %s", seen->session_user,
			   seen->computer, seen->windows));
	judge(work, IN_WRITABLE, seen->writable,
	      seen->writable ? "" : "the SSH user may not write it");
	judge(work, IN_LOCAL, !seen->redirected,
	      seen->redirected ? "redirection.config is in force" : "");
	judge(work, IN_SERVICES,
	      str_eq(seen->was_state, "Running") &&
		      str_eq(seen->w3svc_state, "Running"),
	      arena_printf(work->arena, "WAS %s, W3SVC %s",
			   *seen->was_state ? seen->was_state : "is not there",
			   *seen->w3svc_state ? seen->w3svc_state
					      : "is not there"));
	set(work, IN_CLOCK,
	    off > DOCTOR_CLOCK_MS + examined->ahead_about_ms ? DOCTOR_WARNING
							     : DOCTOR_OK,
	    arena_printf(work->arena,
			 "the server is %" PRId64 ".%03" PRId64
			 " s %s (known to %" PRId64 " ms)",
			 off / 1000, off % 1000, ahead < 0 ? "behind" : "ahead",
			 examined->ahead_about_ms));
}

/* "OrdersApi, Shop and 3 more: crypto_key"; NULL = no pool has this fault. */
static const char *pools_with(struct inside_work *work, const char *fault)
{
	const struct observed *seen = &work->facts->examined->observed;
	const struct observed_pool *pool;
	const char *text = NULL;
	size_t n = 0;

	array_foreach(pool, &seen->pools) {
		if (!pool->fault_code || !str_eq(pool->fault_code, fault))
			continue;
		n++;
		if (n == 1)
			text = pool->name;
		else if (n <= POOLS_SHOWN && text)
			text = arena_printf(work->arena, "%s, %s", text,
					    pool->name);
	}
	if (n == 0)
		return NULL;
	if (n > POOLS_SHOWN && text)
		text = arena_printf(work->arena, "%s and %zu more", text,
				    n - POOLS_SHOWN);
	text = text ? arena_printf(work->arena, "%s: %s", text, fault) : NULL;
	work->failed = work->failed || !text;
	return text ? text : "";
}

static void judge_pools(struct inside_work *work, enum inside at,
			const char *fault)
{
	const char *pools = pools_with(work, fault);

	judge(work, at, !pools, pools ? pools : "");
}

static void judge_elsewhere(struct inside_work *work)
{
	const struct observed *seen = &work->facts->examined->observed;
	const struct blind_spot *blind;
	const char *text = "";

	array_foreach(blind, &seen->blind) {
		if (text)
			text = arena_printf(work->arena, "%s%s%s: %s", text,
					    *text ? ", " : "", blind->what,
					    blind->why);
	}
	judge(work, IN_ELSEWHERE, seen->blind.n == 0, text);
}

static void judge_observed(struct inside_work *work)
{
	const struct observed *seen = &work->facts->examined->observed;

	judge(work, IN_READABLE, true,
	      arena_printf(work->arena, "%zu pools, %zu sites", seen->pools.n,
			   seen->sites.n));
	judge_pools(work, IN_EVENTS, "events_unreadable");
	judge_pools(work, IN_WMI, "wmi_failed");
	judge_pools(work, IN_KEYS, "crypto_key");
	judge(work, IN_FENCE, !seen->fence_damaged,
	      seen->fence_damaged ? "it is damaged" : "");
	judge_elsewhere(work);
}

static void judge_fault(struct inside_work *work)
{
	const struct examined *examined = work->facts->examined;
	enum inside at = IN_READABLE;

	/* The library of IIS is told by the way to the server. */
	if (str_starts(examined->fault, "mwa_"))
		return;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (str_eq(faults[i].fault, examined->fault))
			at = faults[i].at;
	judge(work, at, false, examined->err.what);
}

static bool is_inside(const struct examined *examined)
{
	/* A probe that failed by a fault of the server is no fault of the way
	 * to it. */
	return examined->at > EXAMINED_PROBE ||
	       (examined->at == EXAMINED_PROBE && *examined->fault);
}

static int add_inside(const struct doctor_facts *facts, struct arena *arena,
		      struct doctor_check_array *ret, struct err *err)
{
	struct inside_work work = { .facts = facts, .arena = arena };

	for (size_t i = 0; i < IN_COUNT; i++)
		work.checks[i] = (struct doctor_check){
			.word = insides[i].word,
			.name = insides[i].name,
			.saw = "",
			.fix = insides[i].fix,
			.reach = insides[i].reach,
		};
	if (facts->examined->at > EXAMINED_PROBE)
		judge_probe(&work);
	if (facts->examined->at == EXAMINED_ALL)
		judge_observed(&work);
	else if (is_inside(facts->examined))
		judge_fault(&work);
	for (size_t i = 0; i < IN_COUNT; i++)
		work.failed =
			work.failed || !array_push(arena, ret, work.checks[i]);
	return work.failed ? err_set(err, -ERR_NOMEM, "examining a server") : 0;
}

/* Each line that is wrong is a check of its own; else one says all is well. */
static int add_lines(const struct doctor_check *check,
		     const struct text_array *wrong, struct arena *arena,
		     struct doctor_check_array *ret, struct err *err)
{
	struct doctor_check line = *check;

	if (wrong->n == 0 && !array_push(arena, ret, line))
		return err_set(err, -ERR_NOMEM, "examining a server");
	line.state = DOCTOR_FAILED;
	for (size_t i = 0; i < wrong->n; i++) {
		line.saw = wrong->items[i];
		if (!array_push(arena, ret, line))
			return err_set(err, -ERR_NOMEM, "examining a server");
	}
	return 0;
}

static int add_here(const struct doctor_facts *facts, struct arena *arena,
		    struct doctor_check_array *ret, struct err *err)
{
	struct doctor_check grants = {
		.word = "grants",
		.name = "grants",
		.state = DOCTOR_OK,
		.saw = "every pool that a binding names has one",
		.fix = "add that line, if it is meant; whoever answers for "
		       "the configuration decides",
	};
	struct doctor_check secrets = {
		.word = "secrets",
		.name = "secrets can be read",
		.state = DOCTOR_OK,
		.fix = "mend what it says; lockstep secrets check looks at all of "
		       "them",
	};
	struct text_array missing = { 0 };
	int rc;

	for (size_t i = 0; i < facts->refusals->n; i++)
		if (!array_push(arena, &missing,
				facts->refusals->items[i].text))
			return err_set(err, -ERR_NOMEM, "examining a server");
	secrets.saw = arena_printf(arena, "%zu in use here", facts->n_secrets);
	if (!secrets.saw)
		return err_set(err, -ERR_NOMEM, "examining a server");
	rc = add_lines(&grants, &missing, arena, ret, err);
	return rc ? rc
		  : add_lines(&secrets, facts->bad_secrets, arena, ret, err);
}

int doctor_checks(const struct doctor_facts *facts, struct arena *arena,
		  struct doctor_check_array *ret, struct err *err)
{
	int rc = doctor_way(facts, arena, ret, err);

	if (!rc)
		rc = add_inside(facts, arena, ret, err);
	return rc ? rc : add_here(facts, arena, ret, err);
}
