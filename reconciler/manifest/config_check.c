/* config_check.c - the parts of the configuration against each other. */
#include "reconciler/manifest/config_draft.h"

#include "reconciler/core/str.h"
#include "reconciler/model/identity.h"

#include <string.h>

static int keep_texts(const struct bind *bind, const struct span *span,
		      struct text_array *ret)
{
	const struct value *values = span->items;
	size_t i;

	for (i = 0; i < span->n; i++) {
		if (!array_push(bind->arena, ret, values[i].text))
			return -ERR_NOMEM;
	}
	return 0;
}

/* A second domain of one name would make an account mean two. */
static void refuse_twin_suffix(const struct bind *bind,
			       const struct domain *other,
			       const struct value *suffix)
{
	const char *const *taken;

	array_foreach(taken, &other->upn_suffixes) {
		if (suffix->text && str_eq_nocase(*taken, suffix->text))
			problem_add(bind->problems, &suffix->place,
				    "domain \"%s\" has this UPN suffix "
				    "already: user@suffix would name two "
				    "accounts",
				    other->name);
	}
}

static void refuse_twin(const struct bind *bind, const struct config *config,
			const struct draft_domain *draft)
{
	const struct value *suffixes = draft->upn_suffixes.items;
	const struct domain *other;

	array_foreach(other, &config->domains) {
		if (draft->netbios.text && other->netbios &&
		    str_eq_nocase(other->netbios, draft->netbios.text))
			problem_add(bind->problems, &draft->netbios.place,
				    "domain \"%s\" has this netbios name "
				    "already",
				    other->name);
		if (draft->dns_name.text && other->dns_name &&
		    str_eq_nocase(other->dns_name, draft->dns_name.text))
			problem_add(bind->problems, &draft->dns_name.place,
				    "domain \"%s\" has this dnsName already",
				    other->name);
		for (size_t i = 0; i < draft->upn_suffixes.n; i++)
			refuse_twin_suffix(bind, other, &suffixes[i]);
	}
}

static int take_domains(const struct bind *bind,
			const struct draft_config *draft, struct config *ret)
{
	const struct draft_domain *drafts = draft->domains.items;
	size_t i;

	for (i = 0; i < draft->domains.n; i++) {
		const struct draft_domain *from = &drafts[i];
		struct domain domain = {
			.name = from->name.text,
			.place = from->name.place,
			.netbios = from->netbios.text,
			.dns_name = from->dns_name.text,
			.ca_file = from->ca_file.text,
			.bind_user = from->bind.user.text,
			.bind_password = from->bind.password.text,
			.rotate_under = from->rotate_under.text,
		};

		refuse_twin(bind, ret, from);
		if (keep_texts(bind, &from->upn_suffixes,
			       &domain.upn_suffixes) ||
		    keep_texts(bind, &from->controllers, &domain.controllers) ||
		    !array_push(bind->arena, &ret->domains, domain))
			return -ERR_NOMEM;
	}
	return 0;
}

static bool domains_are_whole(const struct config *config)
{
	const struct domain *domain;

	array_foreach(domain, &config->domains) {
		if (!domain->netbios || !domain->dns_name)
			return false;
	}
	return true;
}

/* Is it a spelling of a user of a domain that is configured? */
static void check_account(const struct bind *bind, const struct config *config,
			  const struct value *account)
{
	size_t domain;
	const char *user;

	if (!account->text || identity_resolve(bind->scratch, &config->domains,
					       account->text, &domain, &user))
		return;
	problem_add(bind->problems, &account->place,
		    "%s is no account of a domain under domains; write it as "
		    "NETBIOS\\user or user@suffix",
		    problem_quote(bind->problems, account->text));
}

static int take_secrets(const struct bind *bind,
			const struct draft_config *draft, struct config *ret)
{
	const struct draft_secret *drafts = draft->secrets.items;
	size_t i;

	for (i = 0; i < draft->secrets.n; i++) {
		const struct secret_ref secret = {
			.name = drafts[i].name.text,
			.place = drafts[i].name.place,
			.from = drafts[i].from.text,
			.account = drafts[i].account.text,
		};

		if (!array_push(bind->arena, &ret->secrets, secret))
			return -ERR_NOMEM;
	}
	return 0;
}

/* Does the pattern match an identity of Windows itself? */
static bool names_builtin(const char *pattern)
{
	unsigned type;

	for (type = 0; type < IDENTITY_COUNT; type++) {
		if (type != IDENTITY_SPECIFIC_USER &&
		    str_glob_match(pattern, identity_type_name(
						    (enum identity_type)type)))
			return true;
	}
	return false;
}

/* Rights that this line could never give are a slip of the pen: `builtin`
 * without a builtin identity, `follow` without the password that it sends. */
static void check_rights(const struct bind *bind,
			 const struct draft_grant *draft)
{
	const struct value *accounts = draft->accounts.items;
	const struct value *rights = draft->allow.items;
	unsigned all = 0;
	bool builtin = false;
	bool other = false;
	size_t i;

	for (i = 0; i < draft->accounts.n; i++) {
		bool domain = strpbrk(accounts[i].text, "\\*") != NULL;

		builtin = builtin || names_builtin(accounts[i].text);
		other = other || domain;
	}
	for (i = 0; i < draft->allow.n; i++)
		all |= (unsigned)rights[i].number;
	for (i = 0; i < draft->allow.n; i++) {
		if (rights[i].number == GRANT_FOLLOW && !(all & GRANT_PASSWORD))
			problem_add(bind->problems, &rights[i].place,
				    "follow is of use only beside password on "
				    "the same line; expected [password, "
				    "follow]");
		if (rights[i].number == GRANT_BUILTIN && draft->accounts.n &&
		    !builtin)
			problem_add(bind->problems, &rights[i].place,
				    "builtin is allowed, but accounts names "
				    "no builtin identity; expected "
				    "ApplicationPoolIdentity, NetworkService, "
				    "LocalService or LocalSystem among them");
		if (rights[i].number != GRANT_BUILTIN && builtin && !other)
			problem_add(bind->problems, &rights[i].place,
				    "%s is no right of a builtin identity, "
				    "and accounts names nothing else; "
				    "expected [builtin]",
				    rights[i].text);
	}
}

/* Grants are matched against NETBIOS\user; a star matches the \ too. */
static void check_pattern(const struct bind *bind, const struct config *config,
			  const struct value *pattern)
{
	const char *cut = strchr(pattern->text, '\\');
	const struct domain *domain;
	char name[FIELD_TEXT_MAX + 1];
	size_t len;

	if (!cut && strchr(pattern->text, '*'))
		return; /* a `*` may stand for the domain as well */
	if (!cut && names_builtin(pattern->text))
		return;
	if (!cut) {
		problem_add(bind->problems, &pattern->place,
			    "%s matches no account; write the pattern as "
			    "NETBIOS\\user, or name a builtin identity: "
			    "ApplicationPoolIdentity, NetworkService, "
			    "LocalService or LocalSystem",
			    problem_quote(bind->problems, pattern->text));
		return;
	}
	len = (size_t)(cut - pattern->text);
	if (len > FIELD_TEXT_MAX)
		return; /* no value is that long */
	memcpy(name, pattern->text, len);
	name[len] = '\0';
	array_foreach(domain, &config->domains) {
		if (str_glob_match(name, domain->netbios))
			return;
	}
	problem_add(bind->problems, &pattern->place,
		    "%s matches no account: no domain under domains has this "
		    "netbios name",
		    problem_quote(bind->problems, pattern->text));
}

static int take_grants(const struct bind *bind,
		       const struct draft_config *draft, struct config *ret)
{
	const struct draft_grant *drafts = draft->grants.items;
	size_t i;
	size_t j;

	for (i = 0; i < draft->grants.n; i++) {
		const struct draft_grant *from = &drafts[i];
		const struct value *accounts = from->accounts.items;
		const struct value *rights = from->allow.items;
		struct grant grant = { 0 };

		if (from->accounts.n)
			grant.place = accounts[0].place;
		for (j = 0; j < from->allow.n; j++)
			grant.rights |= (unsigned)rights[j].number;
		if (keep_texts(bind, &from->accounts, &grant.accounts) ||
		    keep_texts(bind, &from->servers, &grant.servers) ||
		    keep_texts(bind, &from->pools, &grant.pools) ||
		    !array_push(bind->arena, &ret->grants, grant))
			return -ERR_NOMEM;
	}
	return 0;
}

static void check_names(const struct bind *bind,
			const struct draft_config *draft,
			const struct config *config)
{
	const struct draft_domain *domains = draft->domains.items;
	const struct draft_secret *secrets = draft->secrets.items;
	const struct draft_grant *grants = draft->grants.items;
	size_t i;
	size_t j;

	for (i = 0; i < draft->domains.n; i++)
		check_account(bind, config, &domains[i].bind.user);
	for (i = 0; i < draft->secrets.n; i++)
		check_account(bind, config, &secrets[i].account);
	for (i = 0; i < draft->grants.n; i++) {
		const struct value *accounts = grants[i].accounts.items;

		for (j = 0; j < grants[i].accounts.n; j++)
			check_pattern(bind, config, &accounts[j]);
		check_rights(bind, &grants[i]);
	}
}

int config_check(const struct draft_config *draft, const struct bind *bind,
		 struct config *ret)
{
	ret->state_path = draft->state.text;
	ret->ssh_user = draft->ssh.user.text;
	ret->ssh_key = draft->ssh.key.text;
	ret->ssh_known_hosts = draft->ssh.known_hosts.text;
	ret->caps = (struct caps){
		.parallel = (uint32_t)draft->caps.parallel.number,
		.canary = (uint32_t)draft->caps.canary.number,
		.batch_percent = (uint32_t)draft->caps.batch.number,
		.max_failures = (uint32_t)draft->caps.max_failures.number,
		.pools_per_commit =
			(uint32_t)draft->caps.pools_per_commit.number,
		.changes_per_run = (uint32_t)draft->caps.changes_per_run.number,
	};
	ret->new_pairs_ask = draft->new_pairs.number != 0;
	ret->plans_expire_ms = draft->plans.expire_after.number;
	ret->plans_approval =
		(enum plan_approval_rule)draft->plans.approval.number;
	ret->allow_unproved = draft->allow.unproved.number != 0;
	ret->allow_continue = draft->allow.go_on.number != 0;
	if (take_domains(bind, draft, ret) || take_secrets(bind, draft, ret) ||
	    take_grants(bind, draft, ret))
		return -ERR_NOMEM;
	/* A domain without its names has a problem of its own already. */
	if (domains_are_whole(ret))
		check_names(bind, draft, ret);
	return 0;
}
