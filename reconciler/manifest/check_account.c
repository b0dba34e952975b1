/* check_account.c - an account, its domain and its secret. */
#include "reconciler/manifest/check.h"

#include "reconciler/core/str.h"
#include "reconciler/model/identity.h"

#include <stdlib.h>
#include <string.h>

/* The nearest of n names that stand in items of `size` bytes, at `offset`. */
struct name_list {
	const void *items;
	size_t n;
	size_t size;
	size_t offset;
};

static const char *name_at(const struct name_list *list, size_t i)
{
	const char *item = (const char *)list->items + i * list->size;

	return *(const char *const *)(const void *)(item + list->offset);
}

static const char *nearest(const struct check *check,
			   const struct name_list *list, const char *text)
{
	const char **names =
		arena_alloc(check->scratch, (list->n + 1) * sizeof(*names));
	size_t i;

	if (!names)
		return NULL;
	for (i = 0; i < list->n; i++)
		names[i] = name_at(list, i);
	return str_nearest(text, names);
}

/* Index of the name, or SIZE_MAX and a problem. Texts that are not `shown` are
 * kept out of it. */
static size_t find(const struct check *check, const struct name_list *list,
		   const struct value *value, const char *kind, bool shown)
{
	const char *near;
	size_t i;

	for (i = 0; i < list->n; i++) {
		if (str_eq(name_at(list, i), value->text))
			return i;
	}
	near = nearest(check, list, value->text);
	problem_add(check->problems, &value->place,
		    "the configuration has no %s %s%s%s%s", kind,
		    shown ? problem_quote(check->problems, value->text)
			  : "of this name",
		    near ? "; did you mean \"" : "", near ? near : "",
		    near ? "\"?" : "");
	return SIZE_MAX;
}

static size_t find_domain(const struct check *check, const struct value *value)
{
	const struct name_list list = {
		.items = check->config->domains.items,
		.n = check->config->domains.n,
		.size = sizeof(struct domain),
		.offset = offsetof(struct domain, name),
	};

	return find(check, &list, value, "domain", true);
}

/* The text is not shown: somebody may have put a password here. */
static size_t find_secret(const struct check *check, const struct value *value)
{
	const struct name_list list = {
		.items = check->config->secrets.items,
		.n = check->config->secrets.n,
		.size = sizeof(struct secret_ref),
		.offset = offsetof(struct secret_ref, name),
	};

	return find(check, &list, value, "secret", false);
}

static void check_secret_account(const struct check *check,
				 const struct draft_account *draft,
				 const struct account *account)
{
	const struct domain *domain;
	const struct secret_ref *secret;

	if (account->domain == SIZE_MAX || account->secret == SIZE_MAX ||
	    !account->user)
		return;
	domain = &check->config->domains.items[account->domain];
	secret = &check->config->secrets.items[account->secret];
	if (identity_is(domain, account->user, secret->account))
		return;
	problem_add(check->problems, &draft->spec.password.secret.place,
		    "the secret %s belongs to %s (%s), not to %s\\%s",
		    problem_quote(check->problems, secret->name),
		    problem_quote(check->problems, secret->account),
		    problem_place(check->problems, &secret->place),
		    domain->netbios, account->user);
}

/* What type, user and password say of each other. */
static void check_type(const struct check *check,
		       const struct draft_account *draft)
{
	const struct value *user = &draft->spec.user;
	bool gmsa = draft->spec.type.number == ACCOUNT_GMSA;
	bool dollar = user->text && user->text[strlen(user->text) - 1] == '$';

	if (!draft->spec.type.text)
		return; /* a problem says what is wrong with it */
	if (user->text && gmsa && !dollar)
		problem_add(check->problems, &user->place,
			    "%s: a gmsa is named with a $ at its end, for "
			    "example svc-orders$; expected one, or type: user",
			    problem_quote(check->problems, user->text));
	if (!gmsa && dollar)
		problem_add(check->problems, &user->place,
			    "%s: a name that ends with $ is a computer or "
			    "managed service account; expected a user, or "
			    "type: gmsa and no password",
			    problem_quote(check->problems, user->text));
	if (gmsa && draft->spec.password.at.text)
		problem_add(check->problems, &draft->spec.password.at.place,
			    "a gmsa takes no password: Windows fetches it "
			    "itself; leave the field out");
	if (!gmsa && !draft->spec.password.at.text && draft->spec.at.text)
		problem_add(check->problems, &draft->spec.at.place,
			    "Account.spec misses the field \"password\": "
			    "expected a map that names a secret of the "
			    "configuration, for example {secret: svc-orders}");
}

static int take(struct check *check, const struct draft_account *draft)
{
	struct account account = {
		.name = draft->head.metadata.name.text,
		.place = draft->head.place,
		.type = (enum account_type)draft->spec.type.number,
		.domain = SIZE_MAX,
		.user = draft->spec.user.text,
		.user_format = (enum user_format)draft->spec.user_format.number,
		.secret = SIZE_MAX,
	};
	int rc = check_labels(check, &draft->head, &account.labels);

	if (rc < 0)
		return rc;
	check_type(check, draft);
	if (check->config && draft->spec.domain.text)
		account.domain = find_domain(check, &draft->spec.domain);
	if (check->config && draft->spec.password.secret.text &&
	    account.type == ACCOUNT_USER)
		account.secret =
			find_secret(check, &draft->spec.password.secret);
	if (check->config)
		check_secret_account(check, draft, &account);
	return array_push(&check->desired->arena, &check->desired->accounts,
			  account)
		       ? 0
		       : -ERR_NOMEM;
}

struct alias {
	const char *domain;
	const struct value *user;
	size_t index;
};

static int compare(const void *a, const void *b)
{
	const struct alias *aa = a;
	const struct alias *ab = b;
	int order = str_cmp_nocase(aa->user->text, ab->user->text);

	if (!order)
		order = str_cmp_nocase(aa->domain, ab->domain);
	if (order)
		return order;
	return aa->index < ab->index ? -1 : aa->index > ab->index;
}

/* Two Accounts for one user would try its password twice as often: a domain
 * that counts bad logons would lock it sooner. */
static int refuse_aliases(const struct check *check)
{
	const struct draft_set *drafts = check->drafts;
	struct alias *aliases = arena_alloc(
		check->scratch, (drafts->accounts.n + 1) * sizeof(*aliases));
	size_t n = 0;
	size_t i;

	if (!aliases)
		return -ERR_NOMEM;
	for (i = 0; i < drafts->accounts.n; i++) {
		const struct draft_account *draft = &drafts->accounts.items[i];

		if (draft->spec.user.text && draft->spec.domain.text)
			aliases[n++] = (struct alias){
				.domain = draft->spec.domain.text,
				.user = &draft->spec.user,
				.index = i,
			};
	}
	qsort(aliases, n, sizeof(*aliases), compare);
	for (i = 1; i < n; i++) {
		if (!str_eq_nocase(aliases[i - 1].user->text,
				   aliases[i].user->text) ||
		    !str_eq_nocase(aliases[i - 1].domain, aliases[i].domain))
			continue;
		problem_add(check->problems, &aliases[i].user->place,
			    "another Account names the same user, at %s; "
			    "declare an account once",
			    problem_place(check->problems,
					  &aliases[i - 1].user->place));
	}
	return 0;
}

int check_accounts(struct check *check)
{
	int rc = 0;
	size_t i;

	for (i = 0; i < check->drafts->accounts.n && rc == 0; i++)
		rc = take(check, &check->drafts->accounts.items[i]);
	return rc < 0 ? rc : refuse_aliases(check);
}
