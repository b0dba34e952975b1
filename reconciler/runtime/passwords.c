/* passwords.c - see passwords.h. */
#include "reconciler/runtime/passwords.h"

#include "modules/secret_source/source.h"

#include <stdlib.h>

static int load_one(const struct config *config, size_t secret,
		    struct passwords *passwords, struct err *err)
{
	/* A managed account has none. */
	if (secret == SIZE_MAX || passwords->items[secret])
		return 0;
	return secret_source_load(&config->secrets.items[secret],
				  &passwords->items[secret],
				  &passwords->versions[secret], err);
}

static int load_server(const struct config *config,
		       const struct desired *desired, size_t server,
		       struct passwords *passwords, struct err *err)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct index_array accounts = { 0 };
	int rc = 0;

	arena_init(&arena, SIZE_MAX);
	if (desired_accounts_of(desired, server, &arena, &accounts))
		return err_set(err, -ERR_NOMEM, "loading secrets");
	for (size_t i = 0; !rc && i < accounts.n; i++)
		rc = load_one(config,
			      desired->accounts.items[accounts.items[i]].secret,
			      passwords, err);
	return rc;
}

int passwords_load(const struct config *config, const struct desired *desired,
		   const struct index_array *scope, struct passwords *ret,
		   struct err *err)
{
	struct passwords passwords = { .n = config->secrets.n };
	int rc = 0;

	passwords.items = calloc(passwords.n + 1, sizeof(*passwords.items));
	passwords.versions =
		calloc(passwords.n + 1, sizeof(*passwords.versions));
	if (!passwords.items || !passwords.versions)
		rc = err_set(err, -ERR_NOMEM, "loading secrets");
	for (size_t i = 0; !rc && i < scope->n; i++)
		rc = load_server(config, desired, scope->items[i], &passwords,
				 err);
	if (rc)
		passwords_done(&passwords);
	*ret = passwords;
	return rc;
}

void passwords_done(struct passwords *passwords)
{
	for (size_t i = 0; passwords->items && i < passwords->n; i++)
		secret_free(passwords->items[i]);
	free(passwords->items);
	free(passwords->versions);
	*passwords = (struct passwords){ 0 };
}
