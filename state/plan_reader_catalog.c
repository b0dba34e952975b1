/* plan_reader_catalog.c - accounts, groups and bindings of a saved plan. */
#include "state/plan_reader.h"

#include "reconciler/core/str.h"

ARRAY_TYPE(version_array, int64_t);

static int no_memory(struct reader *r)
{
	return err_set(r->err, -ERR_NOMEM, "reading a saved plan");
}

static int read_secret(struct reader *r, struct plan_file *file,
		       struct version_array *versions, size_t *ret)
{
	struct secret_ref secret = { .account = "" };
	int64_t version = 0;
	int rc;

	*ret = SIZE_MAX;
	if (!*record_value(r->row, "secret"))
		return 0;
	rc = reader_name(r, "secret", &secret.name);
	if (!rc)
		rc = reader_plain(r, "from", &secret.from);
	if (!rc)
		rc = reader_number(r, "version", INT64_MAX, &version);
	if (rc < 0)
		return rc;
	*ret = file->config.secrets.n;
	if (!array_push(r->arena, &file->config.secrets, secret) ||
	    !array_push(r->arena, versions, version))
		return no_memory(r);
	return 0;
}

/* Each account has a domain of its own here: only its name is known. */
static int read_account(struct reader *r, struct plan_file *file,
			struct version_array *versions)
{
	struct domain domain = { .name = "", .dns_name = "" };
	struct account account = { .domain = file->config.domains.n };
	unsigned type = 0;
	int rc = reader_name(r, "name", &account.name);

	if (!rc)
		rc = reader_plain(r, "domain", &domain.netbios);
	if (!rc)
		rc = reader_plain(r, "user", &account.user);
	if (!rc)
		rc = reader_word(r, "type", plan_account_types, &type);
	if (!rc)
		rc = read_secret(r, file, versions, &account.secret);
	if (rc < 0)
		return rc;
	account.type = (enum account_type)type;
	if (!array_push(r->arena, &file->config.domains, domain) ||
	    !array_push(r->arena, &file->desired.accounts, account))
		return no_memory(r);
	r->next++;
	return 0;
}

static int read_group(struct reader *r, struct plan_file *file)
{
	struct resource_group group = { 0 };
	struct rollout *rollout = &group.rollout;
	int rc = reader_name(r, "name", &group.name);

	if (!rc)
		rc = reader_count(r, "canary", &rollout->canary);
	if (!rc)
		rc = reader_count(r, "batch_percent", &rollout->batch_percent);
	if (!rc)
		rc = reader_count(r, "batch_servers", &rollout->batch_servers);
	if (!rc)
		rc = reader_count(r, "max_failures", &rollout->max_failures);
	if (!rc)
		rc = reader_count(r, "pause_ms", &rollout->pause_ms);
	if (rc < 0)
		return rc;
	if (!array_push(r->arena, &file->desired.groups, group))
		return no_memory(r);
	r->next++;
	return 0;
}

static int read_binding(struct reader *r, struct plan_file *file)
{
	struct binding binding = { 0 };
	unsigned restart = 0;
	bool http = false;
	int rc = reader_name(r, "name", &binding.name);

	if (!rc)
		rc = reader_index(r, "account", file->desired.accounts.n, true,
				  &binding.account);
	if (!rc)
		rc = reader_identity(r, "identity", &binding.identity);
	if (!rc)
		rc = reader_word(r, "restart", plan_restarts, &restart);
	if (!rc)
		rc = reader_flag(r, "http", &http);
	if (!rc)
		rc = reader_plain(r, "file", &binding.place.file);
	if (!rc)
		rc = reader_count(r, "line", &binding.place.line);
	if (rc < 0)
		return rc;
	binding.restart = (enum restart_policy)restart;
	binding.http.path = http ? "/" : NULL;
	if (!array_push(r->arena, &file->desired.bindings, binding))
		return no_memory(r);
	r->next++;
	return 0;
}

int reader_catalog(struct reader *r, struct plan_file *file)
{
	struct version_array versions = { 0 };
	int rc = 0;

	/* No list without items: one more than there are secrets. */
	if (!array_push(r->arena, &versions, 0))
		return no_memory(r);
	versions.n = 0;
	while (!rc && reader_row(r, PLAN_ROW_ACCOUNT))
		rc = read_account(r, file, &versions);
	while (!rc && reader_row(r, PLAN_ROW_GROUP))
		rc = read_group(r, file);
	while (!rc && reader_row(r, PLAN_ROW_BINDING))
		rc = read_binding(r, file);
	file->versions = versions.items;
	return rc;
}
