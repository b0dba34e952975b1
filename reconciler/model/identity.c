/* identity.c - spellings of an account, as Windows and people write them. */
#include "reconciler/model/identity.h"

#include "reconciler/core/str.h"

#include <string.h>

static const char *const type_names[IDENTITY_COUNT] = {
	[IDENTITY_LOCAL_SYSTEM] = "LocalSystem",
	[IDENTITY_LOCAL_SERVICE] = "LocalService",
	[IDENTITY_NETWORK_SERVICE] = "NetworkService",
	[IDENTITY_SPECIFIC_USER] = "SpecificUser",
	[IDENTITY_APPLICATION_POOL] = "ApplicationPoolIdentity",
};

const char *identity_type_name(enum identity_type type)
{
	return type_names[type];
}

bool identity_type_parse(const char *name, enum identity_type *ret)
{
	unsigned i;

	for (i = 0; i < IDENTITY_COUNT; i++) {
		if (str_eq(name, type_names[i])) {
			*ret = (enum identity_type)i;
			return true;
		}
	}
	return false;
}

/* A spelling taken apart: which half is the user, which the domain. */
struct halves {
	const char *user;
	size_t user_len;
	const char *domain;
	size_t domain_len;
	bool upn;
};

static bool take_apart(const char *text, struct halves *ret)
{
	const char *cut = strchr(text, '\\');

	if (cut) {
		*ret = (struct halves){ .user = cut + 1,
					.user_len = strlen(cut + 1),
					.domain = text,
					.domain_len = (size_t)(cut - text) };
	} else {
		cut = strrchr(text, '@');
		if (!cut)
			return false;
		*ret = (struct halves){ .user = text,
					.user_len = (size_t)(cut - text),
					.domain = cut + 1,
					.domain_len = strlen(cut + 1),
					.upn = true };
	}
	return ret->user_len > 0 && ret->domain_len > 0;
}

static int lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/* Is the part of len bytes the whole of name, ASCII case ignored? */
static bool part_is(const char *part, size_t len, const char *name)
{
	size_t i;

	if (!name || strlen(name) != len)
		return false;
	for (i = 0; i < len; i++) {
		if (lower(part[i]) != lower(name[i]))
			return false;
	}
	return true;
}

static bool domain_has(const struct domain *domain, const struct halves *halves)
{
	size_t i;

	if (part_is(halves->domain, halves->domain_len, domain->dns_name))
		return true;
	if (!halves->upn)
		return part_is(halves->domain, halves->domain_len,
			       domain->netbios);
	for (i = 0; i < domain->upn_suffixes.n; i++) {
		if (part_is(halves->domain, halves->domain_len,
			    domain->upn_suffixes.items[i]))
			return true;
	}
	return false;
}

bool identity_is(const struct domain *domain, const char *user,
		 const char *text)
{
	struct halves halves;

	return take_apart(text, &halves) && domain_has(domain, &halves) &&
	       part_is(halves.user, halves.user_len, user);
}

bool identity_resolve(struct arena *arena, const struct domain_array *domains,
		      const char *text, size_t *ret_domain,
		      const char **ret_user)
{
	struct halves halves;
	const char *user;
	size_t i;

	if (!take_apart(text, &halves))
		return false;
	for (i = 0; i < domains->n; i++) {
		if (!domain_has(&domains->items[i], &halves))
			continue;
		user = arena_strndup(arena, halves.user, halves.user_len);
		if (!user)
			return false;
		*ret_domain = i;
		*ret_user = user;
		return true;
	}
	return false;
}

size_t identity_account(const struct desired *desired,
			const struct config *config, const char *text)
{
	for (size_t i = 0; i < desired->accounts.n; i++) {
		const struct account *account = &desired->accounts.items[i];

		if (identity_is(&config->domains.items[account->domain],
				account->user, text))
			return i;
	}
	return SIZE_MAX;
}

char *identity_show(struct arena *arena, const struct domain *domain,
		    const char *user)
{
	return arena_printf(arena, "%s\\%s", domain->netbios, user);
}

static bool put_spelling(struct arena *arena, struct text_array *spellings,
			 const char *text)
{
	size_t i;

	if (!text)
		return false;
	for (i = 0; i < spellings->n; i++) {
		if (str_eq_nocase(spellings->items[i], text))
			return true;
	}
	return array_push(arena, spellings, text);
}

int identity_spellings(struct arena *arena, const struct domain *domain,
		       const char *user, struct text_array *ret)
{
	struct text_array spellings = *ret;
	size_t i;

	if (!put_spelling(arena, &spellings,
			  identity_show(arena, domain, user)) ||
	    !put_spelling(
		    arena, &spellings,
		    arena_printf(arena, "%s\\%s", domain->dns_name, user)) ||
	    !put_spelling(arena, &spellings,
			  arena_printf(arena, "%s@%s", user, domain->dns_name)))
		return -ERR_NOMEM;
	for (i = 0; i < domain->upn_suffixes.n; i++) {
		if (!put_spelling(arena, &spellings,
				  arena_printf(arena, "%s@%s", user,
					       domain->upn_suffixes.items[i])))
			return -ERR_NOMEM;
	}
	*ret = spellings;
	return 0;
}

const char *identity_spell(struct arena *arena, const struct domain *domain,
			   const struct account *account, const char *stored)
{
	if (account->user_format == USER_FORMAT_KEEP &&
	    identity_is(domain, account->user, stored))
		return arena_strdup(arena, stored);
	if (account->user_format == USER_FORMAT_UPN)
		return arena_printf(arena, "%s@%s", account->user,
				    domain->upn_suffixes.n
					    ? domain->upn_suffixes.items[0]
					    : domain->dns_name);
	return identity_show(arena, domain, account->user);
}
