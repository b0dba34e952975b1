/*
 * diff_scenes.h - bindings and pools of every kind, for diff_kinds_test.c: each
 * scene makes one thing different.
 */
#ifndef TESTS_UNIT_DIFF_SCENES_H
#define TESTS_UNIT_DIFF_SCENES_H

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

/* A request with the password before this one may still be under way. */
SCENE(open_of_older_password)
{
	past(s, "CORP\\svc-orders", true, false);
	s->w.past.pools.items[0].version = VERSION_ORDERS - 1;
}

/* It is known to have come. */
SCENE(landed_of_older_password)
{
	open_of_older_password(s);
	s->w.past.pools.items[0].committed_ms = 5;
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

/* Asked for or not: the account is used there. */
SCENE(elsewhere_not_selected)
{
	static struct selection selection;

	selection = (struct selection){ { 0 }, { 0 }, { 0 }, { 0 } };
	PUSH(&s->w, &selection.pools, "P");
	s->w.input.selection = &selection;
	add_pool(s, "Q");
	s->pool = &s->observed->pools.items[0];
	s->pool->password = PASSWORD_STALE;
	s->binding->elsewhere = ELSEWHERE_REFUSE;
}

SCENE(elsewhere_foreign)
{
	add_pool(s, "WsusPool");
	s->pool = &s->observed->pools.items[0];
	s->pool->password = PASSWORD_STALE;
	s->binding->elsewhere = ELSEWHERE_REFUSE;
}

/* Each of them would look at each of them. */
SCENE(elsewhere_of_thousands)
{
	s->binding->pools.items[0] = named("*");
	s->binding->elsewhere = ELSEWHERE_REFUSE;
	elsewhere(s, ELSEWHERE_TASK, "\\Backup", 0);
	s->observed->pools.n = 0;
	for (int i = 0; i < 50; i++)
		add_pool(s, arena_printf(s->w.arena, "P%d", i))->password =
			PASSWORD_STALE;
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

#endif
