/* claims.c - see claims.h. */
#include "reconciler/cmd/claims.h"

/* A pool that is named is selected or not; one that a pattern or follow
 * finds may be. */
static bool is_selected(const struct context *context,
			const struct declared_pool *declared)
{
	const struct desired *desired = &context->desired;
	const size_t account =
		desired->bindings.items[declared->binding].account;
	struct selection selection = context->selection;

	if (declared->how != DECLARED_NAME)
		selection.pools = selection.exclude_pools =
			(struct text_array){ 0 };
	return selection_takes(&selection, declared->name,
			       account == SIZE_MAX
				       ? ""
				       : desired->accounts.items[account].name);
}

static int add(struct context *context, const struct declared_pool *declared,
	       struct claims *ret)
{
	struct claim claim = { .server = declared->server,
			       .binding = declared->binding,
			       .pool = declared->name,
			       .how = declared->how,
			       .granted = true };

	if (!is_selected(context, declared))
		return 0;
	if (ret->grants_known &&
	    guards_claim(&context->desired, &context->config, declared,
			 &context->arena, &claim.granted))
		return -ERR_NOMEM;
	return array_push(&context->arena, &ret->items, claim) ? 0 : -ERR_NOMEM;
}

static int add_server(struct context *context, size_t server,
		      struct claims *ret)
{
	struct declared_array declared = { 0 };
	struct index_array bindings = { 0 };
	const struct declared_pool *item;
	const size_t *binding;
	int rc = desired_pools_of(&context->desired, server, &context->arena,
				  &declared);

	if (rc == 0)
		rc = desired_bindings_of(&context->desired, server,
					 &context->arena, &bindings);
	array_foreach(item, &declared) {
		if (rc == 0)
			rc = add(context, item, ret);
	}
	array_foreach(binding, &bindings) {
		const struct declared_pool followed = {
			.server = server,
			.binding = *binding,
			.pool = SIZE_MAX,
			.how = DECLARED_FOLLOW,
			.name = "",
			.rival = SIZE_MAX,
		};

		if (rc == 0 && context->desired.bindings.items[*binding].follow)
			rc = add(context, &followed, ret);
	}
	return rc;
}

int claims_collect(struct context *context, bool with_config,
		   struct claims *ret, struct err *err)
{
	size_t n = context->desired.servers.n;
	size_t *first = arena_alloc(&context->arena, (n + 1) * sizeof(*first));
	struct claims claims = { .first = first, .grants_known = with_config };
	size_t at = 0; /* in the scope, which is ascending */
	int rc = first ? 0 : -ERR_NOMEM;
	size_t i;

	for (i = 0; i < n && rc == 0; i++) {
		first[i] = claims.items.n;
		if (at >= context->scope.n || context->scope.items[at] != i)
			continue;
		at++;
		rc = add_server(context, i, &claims);
	}
	if (rc < 0)
		return err_set(err, -ERR_NOMEM, "collecting what is declared");
	first[n] = claims.items.n;
	*ret = claims;
	return 0;
}
