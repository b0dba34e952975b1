/* diff_kinds_test.c - bindings of every kind, met with pools as they are. */
#include "reconciler/plan/diff.h"

#include "tests/unit/diff_scenes.h"
#include "tests/unit/short_memory.h"

#include <string.h>

/* ---- down ---- */
SCENE(crashed)
{
	event(s, 5002, 900);
	s->pool->state = POOL_STOPPED;
}

SCENE(crashed_long_after_fault)
{
	event(s, 5021, 900);
	event(s, 5002, 70000);
	s->pool->state = POOL_STOPPED;
}

SCENE(fault_with_crash)
{
	event(s, 5021, 900);
	event(s, 5002, 5000);
	s->pool->state = POOL_STOPPED;
}

SCENE(crashed_and_runs)
{
	crashed(s);
	s->pool->state = POOL_STARTED;
}

SCENE(crashed_stale)
{
	crashed(s);
	s->pool->password = PASSWORD_STALE;
}

SCENE(stopped_stale)
{
	s->pool->state = POOL_STOPPED;
	s->pool->password = PASSWORD_STALE;
}

SCENE(stopped_by_fault)
{
	stopped_stale(s);
	event(s, 5059, 900);
}

SCENE(never_started_by_itself)
{
	stopped_by_fault(s);
	s->pool->auto_start = false;
}

/* Something else than WAS stopped it. */
SCENE(started_since_crash)
{
	event(s, 5002, 5);
	worker(s, "CORP\\svc-orders");
	s->pool->state = POOL_STOPPED;
}

/* A run that did not end wrote it after the fault. */
SCENE(open_faulted_stopped)
{
	past(s, "CORP\\svc-orders", true, true);
	s->w.past.pools.items[0].committed_ms = 1000;
	event(s, 5021, 900);
	s->pool->state = POOL_STOPPED;
}

SCENE(open_proved_stopped)
{
	open_faulted_stopped(s);
	s->w.past.pools.items[0].proved_ms = 950;
}

/* ---- what depends on it ---- */
static void app(struct scene *s, const char *path, bool kernel, bool own)
{
	const struct pool_app app = { .site = "Shop",
				      .path = path,
				      .folder = "C:\\shop",
				      .windows_auth = true,
				      .kernel_mode = kernel,
				      .pool_credentials = own };

	PUSH(&s->w, &s->pool->apps, app);
}

SCENE(depends)
{
	runs_as(s->pool, "CORP\\svc-old");
	app(s, "/", true, false);
	app(s, "/a", true, true);
	app(s, "/b", false, false);
	app(s, "/c", false, true);
	app(s, "/d", false, true);
	app(s, "/e", false, true);
	s->pool->apps.items[s->pool->apps.n - 1].windows_auth = false;
}

SCENE(depends_on_little)
{
	runs_as(s->pool, "CORP\\svc-old");
	app(s, "/", false, true);
}

/* ---- elsewhere ---- */
SCENE(elsewhere_refuses_twice_blind)
{
	const struct blind_spot blind = { "tasks", "wmi_failed" };

	elsewhere_refuses_blind(s);
	PUSH(&s->w, &s->observed->blind, blind);
}

SCENE(elsewhere_refuses_nothing)
{
	s->binding->elsewhere = ELSEWHERE_REFUSE;
	s->pool->password = PASSWORD_STALE;
}

SCENE(blind_for_two_accounts)
{
	const struct blind_spot blind = { "tasks", "wmi_failed" };
	struct observed_pool *other = add_pool(s, "Q");

	add_binding(s, "c", "Q")->account = 1;
	runs_as(other, "CORP\\svc-pay");
	other->password = PASSWORD_STALE;
	other->account = 1;
	s->observed->pools.items[0].password = PASSWORD_STALE;
	PUSH(&s->w, &s->observed->blind, blind);
}

/* ---- claims and comparisons ---- */
SCENE(two_follow)
{
	follow(s);
	add_binding(s, "c", NULL)->follow = true;
}

SCENE(compared_with_nobody_else)
{
	s->pool->account = SIZE_MAX;
}

SCENE(gmsa_from_inherited_password)
{
	to_gmsa(s);
	s->pool->password_from = VALUE_INHERITED;
}

SCENE(http_without_sites)
{
	s->binding->http.path = "/health";
	s->pool->n_sites = 0;
	s->pool->password = PASSWORD_STALE;
}

struct kind_case {
	void (*arrange)(struct scene *scene);
	const char *expected;
};

#define NET  "NetworkService::0"
#define USER "SpecificUser:CORP\\svc-orders:1"
#define GMSA "SpecificUser:CORP\\gmsa-web$:0"
#define SEE                                                                 \
	"give the pool its own identity first (inherited: refuse), or let " \
	"lockstep do it (inherited: makeLocal)\n"

static const struct kind_case cases[] = {
	{ to_builtin, "intentional identity P " NET "\n" },
	{ is_builtin, "converged P\n" },
	{ builtin_inherited, "converged P\n" },
	{ builtin_leftover, "converged P\n" },
	{ builtin_from_another, "first identity P " NET "\n" },
	{ builtin_from_stopped, "intentional identity P " NET " revive\n" },
	{ builtin_open, "first finish P " NET "\n" },
	{ open_of_another, "intentional rewrite P " USER " pair\n" },
	{ open_of_older_password, "intentional rewrite P " USER " pair\n" },
	{ landed_of_older_password, "intentional finish P " USER " pair\n" },
	{ builtin_changed_by_hand, "corrective identity P " NET "\n" },
	{ builtin_moved_in_git, "intentional identity P " NET "\n" },
	{ builtin_old_worker,
	  "pending-recycle P worker 7 still runs as CORP\\svc-orders until the "
	  "pool is recycled\n" },
	{ builtin_own_worker, "converged P\n" },
	{ builtin_german_worker, "converged P\n" },
	{ pool_identity_of_another,
	  "pending-recycle P worker 7 still runs as IIS APPPOOL\\Other until "
	  "the pool is recycled\n" },
	{ to_gmsa, "intentional identity P " GMSA " pair\n" },
	{ is_gmsa, "converged P\n" },
	{ gmsa_left_password, "converged P\n" },
	{ gmsa_refused,
	  "intentional rewrite P SpecificUser:gmsa-web$@corp.example:0 pair\n" },
	{ gmsa_other_managed, "intentional identity P " USER " pair\n" },
	{ inherits,
	  "skipped P inherits SpecificUser from applicationPoolDefaults; " SEE },
	{ make_local, "intentional local P " USER " pair\n" },
	{ make_local_stale, "intentional local P " USER " pair\n" },
	{ make_local_other, "intentional identity P " USER " pair\n" },
	{ make_local_broken,
	  "skipped P the server can't decrypt the stored password (key "
	  "damage); writing it again would not help: mend the machine keys of "
	  "IIS first\n" },
	{ make_local_gmsa,
	  "intentional local P SpecificUser:gmsa-web$@corp.example:0 pair\n" },
	{ builtin_from_inherited,
	  "skipped P inherits SpecificUser from applicationPoolDefaults; " SEE },
	{ pattern,
	  "intentional password P2 " USER " pair\nconverged P\n"
	  "note elsewhere : CORP\\svc-orders is also used by pool Q, which no "
	  "binding names\nunmanaged Q\n" },
	{ pattern_missing, "skipped X* no pool of this server matches\n" },
	{ two_patterns,
	  "skipped! P bindings b (b.yaml:5) and c (b.yaml:5) both claim it: "
	  "give one of them its exact name, or exclude it from the other\n" },
	{ follow, "intentional password P " USER " pair\n" },
	{ follow_ungranted,
	  "skipped! P no grant lets it be followed; it needs this line under "
	  "grants in /etc/lockstep/config.yaml: {accounts: "
	  "['CORP\\svc-orders'], servers: ['web01.corp.example'], pools: "
	  "['P'], allow: [password, follow]}\n" },
	{ follow_not_selected, "" },
	{ unmanaged_not_selected, "" },
	{ foreign_by_name,
	  "skipped! SharePoint - 80 SharePoint manages this pool: change it "
	  "there (Set-SPManagedAccount)\n" },
	{ foreign_by_folder,
	  "note foreign P: Exchange manages this pool: its setup owns the "
	  "identity; leave it as it is\n" },
	{ foreign_not_ours, "converged P\n" },
	{ suspended_pool,
	  "suspended P suspended until 1 Oct 12:00 UTC by ada: CHG123\n" },
	{ suspended_server,
	  "suspended P suspended until 28 Feb 23:59 UTC by ada: CHG123\n" },
	{ elsewhere_warns,
	  "intentional password P " USER " pair\n"
	  "note elsewhere : CORP\\svc-orders is also used by scheduled task "
	  "\\Backup\n"
	  "note elsewhere : CORP\\svc-orders is also used by anonymous "
	  "authentication of the whole server\n"
	  "note elsewhere : CORP\\svc-orders is also used by pool Q, which no "
	  "binding names\n"
	  "note blind : where else its account is used could not be read: "
	  "tasks (wmi_failed)\nunmanaged Q\n" },
	{ elsewhere_refuses,
	  "skipped! P CORP\\svc-orders is used elsewhere too: scheduled task "
	  "\\Backup, anonymous authentication of the whole server, virtual "
	  "directory Shop/images and 1 more; where else CORP\\svc-orders is "
	  "used could not be read: tasks (elsewhere: refuse)\nunmanaged Q\n" },
	{ elsewhere_refuses_blind,
	  "skipped! P where else CORP\\svc-orders is used could not be read: "
	  "services (elsewhere: refuse)\n" },
	{ elsewhere_not_selected,
	  "skipped! P CORP\\svc-orders is used elsewhere too: pool Q, which "
	  "no binding names (elsewhere: refuse)\n" },
	{ elsewhere_foreign,
	  "skipped! P CORP\\svc-orders is used elsewhere too: pool WsusPool, "
	  "which WSUS manages (elsewhere: refuse)\n" },
	{ elsewhere_refuses_twice_blind,
	  "skipped! P where else CORP\\svc-orders is used could not be read: "
	  "services, tasks (elsewhere: refuse)\n" },
	{ elsewhere_refuses_nothing, "intentional password P " USER " pair\n" },
	{ blind_for_two_accounts,
	  "intentional password P " USER " pair\n"
	  "intentional password Q SpecificUser:CORP\\svc-pay:1 pair\n"
	  "note blind : where else its account is used could not be read: "
	  "tasks (wmi_failed)\n" },
	{ two_follow,
	  "skipped! P bindings b (b.yaml:7) and c (b.yaml:7) both claim it: "
	  "give one of them its exact name, or exclude it from the other\n" },
	{ compared_with_nobody_else, "converged P\n" },
	{ gmsa_from_inherited_password,
	  "skipped P inherits SpecificUser from applicationPoolDefaults; " SEE },
	{ elsewhere_of_nobody, "converged P\n" },
	{ elsewhere_rewrite,
	  "intentional rewrite P " USER " pair\n"
	  "note elsewhere : CORP\\svc-orders is also used by scheduled task "
	  "\\Backup\n" },
	{ crashed,
	  "failed P WAS disabled it after repeated crashes (event 5002): its "
	  "identity is right, see why the program fails, then start the "
	  "pool\n" },
	{ crashed_long_after_fault,
	  "failed P WAS disabled it after repeated crashes (event 5002): its "
	  "identity is right, see why the program fails, then start the "
	  "pool\n" },
	{ fault_with_crash, "intentional rewrite P " USER " pair revive\n" },
	{ crashed_and_runs, "converged P\n" },
	{ crashed_stale,
	  "intentional password P " USER " pair\n"
	  "note down P: WAS disabled it after repeated crashes (event 5002): "
	  "it is written, and not started\n" },
	{ stopped_stale,
	  "intentional password P " USER " pair\n"
	  "note down P: it is stopped: it is written, and not started\n" },
	{ stopped_by_fault, "intentional password P " USER " pair revive\n" },
	{ started_since_crash, "converged P\n" },
	{ open_faulted_stopped, "intentional finish P " USER " pair revive\n" },
	{ open_proved_stopped,
	  "intentional finish P " USER " pair\n"
	  "note down P: it is stopped: it is written, and not started\n" },
	{ depends_on_little,
	  "intentional identity P " USER " pair\n"
	  "note depends P: Windows authentication of Shop/: the SPN of the "
	  "site must belong to the new identity\n" },
	{ never_started_by_itself,
	  "intentional password P " USER " pair\n"
	  "note down P: it is stopped: it is written, and not started\n" },
	{ depends,
	  "intentional identity P " USER " pair\n"
	  "note depends P: Windows authentication of Shop/a, Shop/b, Shop/c "
	  "and 1 more: the SPN of the site must belong to the new identity\n"
	  "note depends P: Windows authentication of Shop/: in kernel mode the "
	  "computer's SPN is used, so it is not affected\n" },
	{ http_without_sites,
	  "intentional password P " USER " pair\n"
	  "note http P: no site uses it: verify.http has nothing to ask\n" },
};

static const char *show(struct arena *arena, const struct diff_output *output)
{
	const struct unmanaged *unmanaged;
	const struct standing *standing;
	const struct plan_note *note;
	const struct change *change;
	char *text = arena_strdup(arena, "");

	array_foreach(change, &output->changes) {
		text = arena_printf(
			arena, "%s%s %s %s %s:%s:%d%s%s\n", text,
			change_cause_name(change->cause),
			change_kind_name(change->kind), change->pool,
			identity_type_name(change->identity), change->user,
			change->secret, change->first_pair ? " pair" : "",
			change->revive ? " revive" : "");
	}
	array_foreach(standing, &output->standing) {
		text = arena_printf(arena, "%s%s%s %s%s%s\n", text,
				    status_name(standing->status),
				    standing->guard ? "!" : "", standing->pool,
				    standing->reason[0] ? " " : "",
				    standing->reason);
	}
	array_foreach(note, &output->notes) {
		text = arena_printf(arena, "%snote %s %s: %s\n", text,
				    plan_note_kind_name(note->kind), note->pool,
				    note->text);
	}
	array_foreach(unmanaged, &output->unmanaged) {
		text = arena_printf(arena, "%sunmanaged %s\n", text,
				    unmanaged->pool);
	}
	return text;
}

/* What is found of an account is found once, not for each of its pools. */
static void test_elsewhere_once(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct diff_output output = { .arena = &arena };
	const struct standing *standing;
	struct scene scene;
	struct err err = { 0 };

	(void)state;
	arena_init(&arena, 1 << 20);
	scene_init(&scene, &arena);
	elsewhere_of_thousands(&scene);
	assert_int_equal(
		diff_server(&scene.w.input, scene.observed, &output, &err), 0);
	assert_int_equal(output.standing.n, 50);
	array_foreach(standing, &output.standing)
		assert_ptr_equal(standing->reason,
				 output.standing.items[0].reason);
}

/* One case, and what came of it. */
struct met {
	struct scene scene;
	const char *shown;
	struct arena arena;
};

static int meet(struct arena *arena, void *closure, struct err *err)
{
	struct met *met = closure;
	struct diff_output output = { .arena = arena };
	int rc = diff_server(&met->scene.w.input, met->scene.observed, &output,
			     err);

	if (!rc)
		met->shown = show(&met->arena, &output);
	return rc;
}

static void test_kinds(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct met met = { .shown = "" };

		arena_init(&met.arena, 1 << 20);
		scene_init(&met.scene, &met.arena);
		cases[i].arrange(&met.scene);
		assert_true(memory_enough(meet, &met) > 0);
		if (strcmp(met.shown, cases[i].expected) != 0)
			print_message("case %zu\n", i);
		assert_string_equal(met.shown, cases[i].expected);
		arena_done(&met.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_elsewhere_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
