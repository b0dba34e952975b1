/* check_binding.c - what each binding says, by itself. */
#include "reconciler/manifest/check.h"

#include "reconciler/core/str.h"
#include "reconciler/model/window.h"

static int keep_pools(const struct check *check, const struct span *span,
		      struct named_pool_array *ret)
{
	const struct value *values = span->items;
	size_t i;

	for (i = 0; i < span->n; i++) {
		const struct named_pool pool = {
			.name = values[i].text,
			.place = values[i].place,
			.glob = str_is_glob(values[i].text),
		};

		if (!array_push(&check->desired->arena, ret, pool))
			return -ERR_NOMEM;
	}
	return 0;
}

/* A pool that is named and excluded: which of them was meant? */
static void check_exclude(const struct check *check,
			  const struct binding *binding)
{
	const struct named_pool *out;
	const struct named_pool *pool;
	bool any_glob = binding->follow;

	array_foreach(pool, &binding->pools)
		any_glob = any_glob || pool->glob;
	array_foreach(out, &binding->exclude) {
		if (!any_glob && binding->pools.n) {
			problem_add(check->problems, &out->place,
				    "exclude takes pools out of patterns and "
				    "of follow, and this binding has neither; "
				    "leave it out");
			return;
		}
		array_foreach(pool, &binding->pools) {
			if (pool->glob || !str_eq_nocase(pool->name, out->name))
				continue;
			problem_add(
				check->problems, &out->place,
				"pool %s is named under pools too, at %s "
				"(case is ignored); take it out of one",
				problem_quote(check->problems, out->name),
				problem_place(check->problems, &pool->place));
		}
	}
}

static void check_follow(const struct check *check,
			 const struct draft_binding *draft,
			 const struct binding *binding)
{
	const struct place *place = &draft->spec.follow.place;

	if (draft->spec.follow.text && !binding->follow &&
	    !draft->spec.pools.n && place->file)
		problem_add(check->problems, place,
			    "follow: false needs pools; expected a list under "
			    "pools, or follow: true");
	if (!binding->follow)
		return;
	if (draft->spec.pools.n)
		problem_add(check->problems, place,
			    "follow: true and pools exclude each other: it "
			    "takes every pool found running as the account; "
			    "use one binding for each");
	if (draft->spec.identity.builtin.text)
		problem_add(check->problems, place,
			    "follow keeps an account's password in step, and "
			    "a builtin identity has none; name the pools");
	else if (binding->account != SIZE_MAX &&
		 check->desired->accounts.items[binding->account].type ==
			 ACCOUNT_GMSA)
		problem_add(check->problems, place,
			    "follow keeps an account's password in step, and "
			    "a gmsa's is kept by Windows itself; name the "
			    "pools");
}

static void take_http(const struct check *check,
		      const struct draft_binding *draft, struct http_check *ret)
{
	const struct span *expect = &draft->spec.verify.http.expect;
	const struct value *values = expect->items;
	struct http_check http = {
		.path = draft->spec.verify.http.path.text,
		.within_ms = (uint32_t)draft->spec.verify.http.within.number,
	};
	size_t i;

	for (i = 0; i < expect->n; i++) {
		if (i == HTTP_EXPECT_MAX) {
			problem_add(
				check->problems, &values[i].place,
				"AppPoolBinding.spec.verify.http.expect: more "
				"than %d statuses",
				HTTP_EXPECT_MAX);
			return;
		}
		http.expect[http.n_expect++] = (uint16_t)values[i].number;
	}
	if (!http.n_expect)
		http.expect[http.n_expect++] = 200;
	if (http.path)
		*ret = http;
}

/* It takes the brakes off, so a manifest alone may not say it. */
static void check_continue(const struct check *check,
			   const struct draft_binding *draft)
{
	const struct value *value = &draft->spec.on_verify_fail;

	if (value->number == VERIFY_FAIL_CONTINUE && check->config &&
	    !check->config->allow_continue)
		problem_add(check->problems, &value->place,
			    "onVerifyFail: continue lets failures stop "
			    "nothing, and the configuration does not allow it: "
			    "expected stop or rollback, or allow: {continue: "
			    "true} in %s",
			    check->config->path);
}

static void take_identity(const struct check *check,
			  const struct draft_binding *draft,
			  struct binding *ret)
{
	const struct value *builtin = &draft->spec.identity.builtin;
	const struct value *account = &draft->spec.identity.account;

	if (builtin->text)
		ret->identity = (enum identity_type)builtin->number;
	else if (account->text)
		ret->account =
			check_reference(check, &check->accounts, account);
}

/* The names of allow windows, or always. */
static int take_windows(const struct check *check, const struct span *span,
			struct window_choice *ret)
{
	const struct value *values = span->items;
	const size_t *window;
	size_t i;
	int rc;

	ret->said = span->n > 0;
	if (!span->n || values[0].number)
		return 0;
	ret->limited = true;
	rc = check_references(check, &check->windows, span, &ret->windows);
	if (rc < 0 || ret->windows.n < span->n)
		return rc;
	array_foreach(window, &ret->windows) {
		const struct window *named =
			check->desired->windows.items[*window];

		for (i = 0; i < span->n && named->mode == WINDOW_DENY; i++) {
			if (str_eq(values[i].text, named->name))
				problem_add(
					check->problems, &values[i].place,
					"ChangeWindow \"%s\" is a deny window "
					"(%s): it applies without being named; "
					"expected allow windows, or always",
					named->name,
					problem_place(check->problems,
						      &named->place));
		}
	}
	return 0;
}

static int take(struct check *check, const struct draft_binding *draft)
{
	struct binding binding = {
		.name = draft->head.metadata.name.text,
		.place = draft->head.place,
		.account = SIZE_MAX,
		.identity = IDENTITY_SPECIFIC_USER,
		.follow = draft->spec.follow.number != 0,
		.follow_place = draft->spec.follow.place,
		.restart = (enum restart_policy)draft->spec.restart.number,
		.inherited =
			(enum inherited_policy)draft->spec.inherited.number,
		.elsewhere =
			(enum elsewhere_policy)draft->spec.elsewhere.number,
		.on_verify_fail =
			(enum on_verify_fail)draft->spec.on_verify_fail.number,
	};
	int rc = check_references(check, &check->groups, &draft->spec.groups,
				  &binding.groups);

	if (rc == 0)
		rc = keep_pools(check, &draft->spec.pools, &binding.pools);
	if (rc == 0)
		rc = keep_pools(check, &draft->spec.exclude, &binding.exclude);
	if (rc == 0)
		rc = take_windows(check, &draft->spec.windows.identity,
				  &binding.windows[WINDOW_IDENTITY]);
	if (rc == 0)
		rc = take_windows(check, &draft->spec.windows.password,
				  &binding.windows[WINDOW_PASSWORD]);
	if (rc < 0)
		return rc;
	take_identity(check, draft, &binding);
	take_http(check, draft, &binding.http);
	check_follow(check, draft, &binding);
	check_exclude(check, &binding);
	check_continue(check, draft);
	return array_push(&check->desired->arena, &check->desired->bindings,
			  binding)
		       ? 0
		       : -ERR_NOMEM;
}

int check_bindings(struct check *check)
{
	const struct draft_set *drafts = check->drafts;
	int rc = 0;
	size_t i;

	for (i = 0; i < drafts->bindings.n && rc == 0; i++)
		rc = take(check, &drafts->bindings.items[i]);
	return rc;
}
