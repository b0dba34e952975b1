/* domain.c - the accounts that a fleet's servers log on at; see world.h. */
#include "tests/fleet/world.h"

#include "reconciler/core/str.h"

#include <string.h>

#define DOMAIN_NAME "CORP"
#define DNS_NAME    "corp.example"

/* Error numbers of a refused logon; a missing batch right is tried again only
 * after the identity was written again (text of event 5021). */
static const struct account_state states[] = {
	{ "enabled", "", false },
	{ "disabled", "80070533", false },
	{ "nobatch", "80070569", true },
	{ "locked", "80070775", false },
	{ "expired", "80070532", false },
	{ "mustchange", "80070773", false },
	{ NULL, NULL, false },
};

#define WRONG_PASSWORD "8007052e"

void domain_init(struct domain *domain)
{
	*domain = (struct domain){ 0 };
	(void)pthread_mutex_init(&domain->lock, NULL);
	arena_init(&domain->arena, (size_t)16 << 20);
}

const struct account_state *account_state_find(const char *name)
{
	for (const struct account_state *state = states; state->name; state++)
		if (str_eq(state->name, name))
			return state;
	return NULL;
}

/* CORP\user and user@corp.example are one account; case does not count. */
static bool same_account(const char *name, const char *user)
{
	const char *at = strrchr(user, '@');
	const char *slash = strchr(name, '\\');

	if (at && at > user && str_eq_nocase(at + 1, DNS_NAME) && slash &&
	    slash - name == (ptrdiff_t)strlen(DOMAIN_NAME) &&
	    strncmp(name, DOMAIN_NAME, strlen(DOMAIN_NAME)) == 0) {
		size_t len = (size_t)(at - user);

		return strlen(slash + 1) == len &&
		       strncasecmp(slash + 1, user, len) == 0;
	}
	return str_eq_nocase(name, user);
}

static struct domain_account *find(struct domain *domain, const char *user)
{
	struct domain_account *account;

	array_foreach(account, &domain->accounts)
		if (same_account(account->name, user))
			return account;
	return NULL;
}

bool domain_set(struct domain *domain, const char *name, const char *password,
		const char *state)
{
	struct domain_account account = { .state = account_state_find(state) };
	struct domain_account *old;

	if (!account.state)
		return false;
	(void)pthread_mutex_lock(&domain->lock);
	account.name = need(arena_strdup(&domain->arena, name));
	account.password =
		need(arena_strdup(&domain->arena, password ? password : ""));
	old = find(domain, name);
	if (old && !password)
		old->state = account.state;
	else if (old)
		*old = account;
	else if (!array_push(&domain->arena, &domain->accounts, account))
		(void)need(NULL);
	(void)pthread_mutex_unlock(&domain->lock);
	return true;
}

struct logon domain_logon(struct domain *domain, const char *user,
			  const char *password)
{
	struct logon logon = { .code = WRONG_PASSWORD };
	const struct domain_account *account;

	(void)pthread_mutex_lock(&domain->lock);
	account = find(domain, user);
	/* Locked counts whatever the password; that of a managed account is
	 * Windows' own business. */
	if (account && (str_eq(account->password, password) ||
			str_eq(account->state->name, "locked") ||
			user_is_managed(account->name))) {
		logon.code = account->state->code;
		logon.final = account->state->retried_only_when_written;
	}
	(void)pthread_mutex_unlock(&domain->lock);
	return logon;
}

const char *domain_spelling(struct domain *domain, const char *user)
{
	const struct domain_account *account;
	const char *name = NULL;

	(void)pthread_mutex_lock(&domain->lock);
	account = find(domain, user);
	if (account)
		name = account->name;
	(void)pthread_mutex_unlock(&domain->lock);
	return name;
}
