/* declared.c - see declared.h. */
#include "reconciler/report/declared.h"

#include "reconciler/core/str.h"
#include "reconciler/report/text.h"

#include <string.h>
#include <strings.h>

/* CORP\user, in any case. */
static bool is_account(const struct report_context *context,
		       const struct account *account, const char *shown)
{
	const struct domain *domain =
		&context->config->domains.items[account->domain];
	const size_t len = strlen(domain->netbios);

	return strlen(shown) > len && shown[len] == '\\' &&
	       strncasecmp(shown, domain->netbios, len) == 0 &&
	       str_eq_nocase(shown + len + 1, account->user);
}

size_t declared_account(const struct report_context *context, const char *shown)
{
	const struct account_array *accounts = &context->desired->accounts;

	for (size_t i = 0; i < accounts->n; i++)
		if (is_account(context, &accounts->items[i], shown))
			return i;
	return SIZE_MAX;
}

/* A pattern that matched nothing is remembered under its own text, and is no
 * pool. */
static int find_pools(const struct report_context *context, const char *key,
		      struct arena *arena, struct found_array *ret)
{
	const struct past_pool *past = NULL;

	while ((past = past_next(context->past, key, past))) {
		const struct found_pool found = {
			past->pool, declared_account(context, past->account)
		};

		if (!str_is_glob(past->pool) && !array_push(arena, ret, found))
			return -ERR_NOMEM;
	}
	return 0;
}

int declared_known(const struct report_context *context, size_t server,
		   struct arena *arena, struct declared_array *ret)
{
	const struct desired *desired = context->desired;
	struct found_array found = { 0 };
	int rc = find_pools(context, desired->servers.items[server].key, arena,
			    &found);

	return rc ? rc : desired_resolve(desired, server, &found, arena, ret);
}

void declared_identity(const struct report_context *context, struct buf *out,
		       const struct binding *binding)
{
	if (binding->account == SIZE_MAX)
		buf_puts(out, identity_type_name(binding->identity));
	else
		text_account(context, out, binding->account);
}
