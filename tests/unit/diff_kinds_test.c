/* diff_kinds_test.c - bindings of every kind, met with pools as they are. */
#include "reconciler/plan/diff.h"

#include "tests/unit/plan_world.h"

#include <string.h>

/* web01 and one binding, "b" (b.yaml:1), that names the pool P. Each case makes
 * it different and says what comes of it, a line for each. */
struct scene {
	struct world w;
	struct binding *binding;
	struct observed *observed;
	struct observed_pool *pool;
};

struct kind_case {
	void (*arrange)(struct scene *scene);
	const char *expected;
};

#define SCENE(name) static void name(struct scene *s)

static void add_account(struct world *w, const char *name, const char *user,
			enum account_type type)
{
	const struct account account = {
		.name = name,
		.user = user,
		.type = type,
		.secret = type == ACCOUNT_GMSA ? SIZE_MAX : 0,
	};

	PUSH(w, &w->desired.accounts, account);
}

static struct named_pool named(const char *name)
{
	return (struct named_pool){ .name = name,
				    .place = { "b.yaml", 5, 9 },
				    .glob = strpbrk(name, "*?") };
}

static struct binding *add_binding(struct scene *s, const char *name,
				   const char *pool)
{
	struct binding binding = { .name = name,
				   .place = { "b.yaml", 1, 1 },
				   .follow_place = { "b.yaml", 7, 9 } };

	PUSH(&s->w, &binding.groups, 0);
	if (pool)
		PUSH(&s->w, &binding.pools, named(pool));
	PUSH(&s->w, &s->w.desired.bindings, binding);
	return &s->w.desired.bindings.items[s->w.desired.bindings.n - 1];
}

static struct observed_pool *add_pool(struct scene *s, const char *name)
{
	PUSH(&s->w, &s->observed->pools, world_pool(name));
	return &s->observed->pools.items[s->observed->pools.n - 1];
}

static void scene_init(struct scene *s, struct arena *arena)
{
	world_init(&s->w, arena, 1);
	add_account(&s->w, "web", "gmsa-web$", ACCOUNT_GMSA); /* 2 */
	s->w.desired.bindings.n = 0;
	s->binding = add_binding(s, "b", "P");
	s->observed = world_observed(&s->w, 0);
	s->pool = add_pool(s, "P");
	s->pool->n_sites = 1;
}

static void past(struct scene *s, const char *account, bool open, bool proved)
{
	const struct past_pool past = { .server = "web01",
					.pool = "P",
					.account = account,
					.reason = "",
					.generation = 2,
					.open = open,
					.proved_ms = proved ? 5 : 0 };

	PUSH(&s->w, &s->w.past.pools, past);
}

static void event(struct scene *s, unsigned id, int64_t time_ms)
{
	const struct was_event event = { id, time_ms, 0 };

	PUSH(&s->w, &s->pool->events, event);
}

static void worker(struct scene *s, const char *owner)
{
	const struct worker worker = { 7, owner, 10 };

	PUSH(&s->w, &s->pool->workers, worker);
}

static void is(struct observed_pool *pool, enum identity_type type)
{
	pool->identity = type;
	pool->user = "";
	pool->user_from = pool->password_from = VALUE_NONE;
	pool->password = PASSWORD_NOT_COMPARED;
	pool->account = SIZE_MAX;
}

static void runs_as(struct observed_pool *pool, const char *user)
{
	pool->user = user;
	pool->password = PASSWORD_NOT_COMPARED;
	pool->account = SIZE_MAX;
}

/* ---- builtin ---- */
SCENE(to_builtin)
{
	s->binding->account = SIZE_MAX;
	s->binding->identity = IDENTITY_NETWORK_SERVICE;
}

SCENE(is_builtin)
{
	to_builtin(s);
	is(s->pool, IDENTITY_NETWORK_SERVICE);
}

SCENE(builtin_inherited)
{
	is_builtin(s);
	s->pool->identity_local = false;
}

SCENE(builtin_leftover)
{
	is_builtin(s);
	s->pool->user = "CORP\\svc-orders";
	s->pool->password = PASSWORD_STALE;
	event(s, 5021, 900);
}

SCENE(builtin_from_another)
{
	to_builtin(s);
	is(s->pool, IDENTITY_LOCAL_SYSTEM);
}

SCENE(builtin_from_stopped)
{
	to_builtin(s);
	event(s, 5021, 900);
	s->pool->state = POOL_STOPPED;
}

SCENE(builtin_open)
{
	is_builtin(s);
	past(s, "NetworkService", true, false);
}

/* Where a rollback was under way when the controller died. */
SCENE(open_of_another)
{
	past(s, "NetworkService", true, false);
}

SCENE(builtin_changed_by_hand)
{
	to_builtin(s);
	past(s, "NetworkService", false, true);
}

SCENE(builtin_moved_in_git)
{
	to_builtin(s);
	past(s, "LocalService", false, true);
}

SCENE(builtin_old_worker)
{
	is_builtin(s);
	worker(s, "CORP\\svc-orders");
}

SCENE(builtin_own_worker)
{
	is_builtin(s);
	worker(s, "NT AUTHORITY\\network service");
}

SCENE(builtin_german_worker)
{
	is_builtin(s);
	worker(s, "NT-AUTORITÄT\\Netzwerkdienst");
}

SCENE(pool_identity_of_another)
{
	s->binding->account = SIZE_MAX;
	s->binding->identity = IDENTITY_APPLICATION_POOL;
	is(s->pool, IDENTITY_APPLICATION_POOL);
	worker(s, "IIS APPPOOL\\Other");
}

/* ---- gMSA ---- */
SCENE(to_gmsa)
{
	s->binding->account = 2;
}

SCENE(is_gmsa)
{
	to_gmsa(s);
	runs_as(s->pool, "gmsa-web$@corp.example");
}

SCENE(gmsa_left_password)
{
	is_gmsa(s);
	s->pool->password = PASSWORD_STALE;
	s->pool->password_from = VALUE_INHERITED;
}

SCENE(gmsa_refused)
{
	is_gmsa(s);
	event(s, 5021, 900);
}

SCENE(gmsa_other_managed)
{
	runs_as(s->pool, "CORP\\gmsa-old$");
}

/* ---- inherited ---- */
SCENE(inherits)
{
	s->pool->identity_local = false;
	s->pool->user_from = s->pool->password_from = VALUE_INHERITED;
}

SCENE(make_local)
{
	inherits(s);
	s->binding->inherited = INHERITED_MAKE_LOCAL;
}

SCENE(make_local_stale)
{
	make_local(s);
	s->pool->password = PASSWORD_STALE;
}

SCENE(make_local_other)
{
	make_local(s);
	runs_as(s->pool, "CORP\\svc-old");
}

SCENE(make_local_broken)
{
	make_local(s);
	s->pool->password = PASSWORD_UNREADABLE;
}

SCENE(make_local_gmsa)
{
	make_local(s);
	is_gmsa(s);
}

SCENE(builtin_from_inherited)
{
	inherits(s);
	to_builtin(s);
}

/* ---- patterns and follow ---- */
SCENE(pattern)
{
	s->binding->pools.items[0] = named("P*");
	add_pool(s, "P2")->password = PASSWORD_STALE;
	add_pool(s, "Q");
}

SCENE(pattern_missing)
{
	s->binding->pools.items[0] = named("X*");
	is(s->pool, IDENTITY_LOCAL_SERVICE);
}

SCENE(two_patterns)
{
	struct binding *other = add_binding(s, "c", "?");

	s->binding = &s->w.desired.bindings.items[0];
	s->binding->pools.items[0] = named("P*");
	other->account = 1;
}

SCENE(follow)
{
	s->binding->pools.n = 0;
	s->binding->follow = true;
	s->pool->password = PASSWORD_STALE;
	runs_as(add_pool(s, "Q"), "CORP\\svc-old");
	s->w.config.grants.items[0].rights |= GRANT_FOLLOW;
}

SCENE(follow_ungranted)
{
	follow(s);
	s->w.config.grants.items[0].rights = GRANT_PASSWORD;
}

SCENE(follow_not_selected)
{
	static struct selection selection;

	follow(s);
	selection = (struct selection){ { 0 }, { 0 }, { 0 }, { 0 } };
	PUSH(&s->w, &selection.exclude_pools, "p");
	s->w.input.selection = &selection;
}

SCENE(unmanaged_not_selected)
{
	static struct selection selection;

	add_pool(s, "Q");
	selection = (struct selection){ { 0 }, { 0 }, { 0 }, { 0 } };
	PUSH(&s->w, &selection.accounts, "pay");
	s->w.input.selection = &selection;
}

/* ---- other products ---- */
SCENE(foreign_by_name)
{
	s->binding->pools.items[0] = named("SharePoint - 80");
	s->pool->name = "SharePoint - 80";
	s->pool->password = PASSWORD_STALE;
}

SCENE(foreign_by_folder)
{
	const struct pool_app app = {
		.site = "S",
		.path = "/",
		.folder = "C:\\Program Files\\Microsoft\\Exchange "
			  "Server\\V15\\FrontEnd"
	};

	s->binding->pools.items[0] = named("P*");
	PUSH(&s->w, &s->pool->apps, app);
	s->pool->password = PASSWORD_STALE;
}

SCENE(foreign_not_ours)
{
	add_pool(s, "WsusPool");
}

/* ---- suspended ---- */
static void suspend(struct scene *s, const char *pool)
{
	const struct past_suspension suspension = {
		.server = "web01",
		.pool = pool,
		.reason = "CHG123",
		.by = "ada",
		.until_ms = INT64_C(1790856000000), /* 2026-10-01 12:00Z */
	};

	s->pool->password = PASSWORD_STALE;
	PUSH(&s->w, &s->w.past.suspensions, suspension);
}

SCENE(suspended_pool)
{
	suspend(s, "p");
}

SCENE(suspended_server)
{
	suspend(s, "");
	s->w.past.suspensions.items[0].until_ms = INT64_C(1772323140000);
}

/* ---- used elsewhere ---- */
static void elsewhere(struct scene *s, enum elsewhere_kind kind,
		      const char *place, size_t account)
{
	const struct elsewhere item = { kind, place, "x", account };

	PUSH(&s->w, &s->observed->elsewhere, item);
}

SCENE(elsewhere_warns)
{
	const struct blind_spot blind = { "tasks", "wmi_failed" };

	elsewhere(s, ELSEWHERE_TASK, "\\Backup", 0);
	elsewhere(s, ELSEWHERE_ANONYMOUS, "", 0);
	elsewhere(s, ELSEWHERE_SERVICE, "NotOurs", 1);
	PUSH(&s->w, &s->observed->blind, blind);
	add_pool(s, "Q");
	s->pool = &s->observed->pools.items[0];
	s->pool->password = PASSWORD_STALE;
}

SCENE(elsewhere_refuses)
{
	elsewhere_warns(s);
	elsewhere(s, ELSEWHERE_VIRTUAL_DIRECTORY, "Shop/images", 0);
	s->binding->elsewhere = ELSEWHERE_REFUSE;
}

SCENE(elsewhere_refuses_blind)
{
	const struct blind_spot blind = { "services", "wmi_failed" };

	s->binding->elsewhere = ELSEWHERE_REFUSE;
	s->pool->password = PASSWORD_STALE;
	PUSH(&s->w, &s->observed->blind, blind);
}

SCENE(elsewhere_of_nobody)
{
	elsewhere(s, ELSEWHERE_TASK, "\\Backup", 0);
	s->binding->elsewhere = ELSEWHERE_REFUSE;
}

SCENE(elsewhere_rewrite)
{
	elsewhere_of_nobody(s);
	event(s, 5021, 900);
}

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
}

SCENE(http_without_sites)
{
	s->binding->http.path = "/health";
	s->pool->n_sites = 0;
	s->pool->password = PASSWORD_STALE;
}

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

static void test_kinds(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CLEANUP(arena_done) struct arena arena;
		struct diff_output output = { .arena = &arena };
		struct scene scene;
		struct err err = { 0 };

		arena_init(&arena, 1 << 20);
		scene_init(&scene, &arena);
		cases[i].arrange(&scene);
		assert_int_equal(diff_server(&scene.w.input, scene.observed,
					     &output, &err),
				 0);
		if (strcmp(show(&arena, &output), cases[i].expected) != 0)
			print_message("case %zu\n", i);
		assert_string_equal(show(&arena, &output), cases[i].expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_kinds) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
