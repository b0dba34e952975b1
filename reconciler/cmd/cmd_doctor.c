/* cmd_doctor.c - what keeps lockstep from a server, and how to mend it. Looks
 * at one server, writes nothing, sends no password. */
#include "modules/secret_source/source.h"
#include "reconciler/cmd/context.h"
#include "reconciler/cmd/doctor_checks.h"
#include "reconciler/cmd/look.h"
#include "reconciler/core/str.h"

#include <stdlib.h>

static int put_table(const void *data, struct buf *out, struct err *err)
{
	return doctor_print(data, out, err);
}

static int put_json(const void *data, struct buf *out, struct err *err)
{
	return doctor_json(data, out, err);
}

static int find_server(struct context *context, const char *name, size_t *ret,
		       struct err *err)
{
	const struct server_array *servers = &context->desired.servers;
	const char **names =
		arena_alloc(&context->arena, (servers->n + 1) * sizeof(*names));
	const char *near;

	if (!names)
		return err_set(err, -ERR_NOMEM, "finding a server");
	for (size_t i = 0; i < servers->n; i++) {
		names[i] = servers->items[i].name;
		if (str_eq(names[i], name)) {
			*ret = i;
			return 0;
		}
	}
	names[servers->n] = NULL;
	near = str_nearest(name, names);
	return err_set(err, -ERR_USAGE,
		       "doctor: no Server of the manifests is called %s%s%s%s",
		       name, near ? "; did you mean " : "", near ? near : "",
		       near ? "?" : "");
}

/* Load each secret that a pool there needs: what can't be read is told, what
 * can is held, so that no text of the server shows it. */
static int load_secrets(struct context *context,
			const struct index_array *accounts,
			struct text_array *ret_bad, size_t *ret_n,
			struct err *err)
{
	struct passwords *held = &context->passwords;
	const size_t n = context->config.secrets.n;

	held->items = calloc(n + 1, sizeof(*held->items));
	held->versions = calloc(n + 1, sizeof(*held->versions));
	if (!held->items || !held->versions)
		return err_set(err, -ERR_NOMEM, "loading secrets");
	held->n = n;
	for (size_t i = 0; i < accounts->n; i++) {
		const size_t at =
			context->desired.accounts.items[accounts->items[i]]
				.secret;
		struct err why = { 0 };
		const char *text;

		if (at == SIZE_MAX || held->items[at])
			continue;
		++*ret_n;
		if (!secret_source_load(&context->config.secrets.items[at],
					&held->items[at], &held->versions[at],
					&why))
			continue;
		text = arena_strdup(&context->arena, why.what);
		if (!text || !array_push(&context->arena, ret_bad, text))
			return err_set(err, -ERR_NOMEM, "loading secrets");
	}
	return 0;
}

static int examine(struct context *context, size_t server,
		   const struct index_array *accounts, struct examined *ret,
		   struct err *err)
{
	const struct examine_what what = {
		.config = &context->config,
		.desired = &context->desired,
		.server = server,
		.accounts = accounts,
		.passwords =
			(const struct secret *const *)context->passwords.items,
		.n_passwords = context->passwords.n,
	};

	return examine_server(&what, &context->arena, ret, err);
}

/* What the checks say may point into the examination: it lives as long. */
static int look(struct context *context, size_t server,
		struct doctor_check_array *ret, struct err *err)
{
	struct index_array accounts = { 0 };
	struct index_array scope = { &server, 1, 1 };
	struct refusal_array refusals = { 0 };
	struct text_array bad = { 0 };
	struct examined *examined =
		arena_alloc(&context->arena, sizeof(*examined));
	struct doctor_facts facts = { .desired = &context->desired,
				      .config = &context->config,
				      .server = server,
				      .examined = examined,
				      .refusals = &refusals,
				      .bad_secrets = &bad };
	int rc;

	if (!examined || desired_accounts_of(&context->desired, server,
					     &context->arena, &accounts))
		return err_set(err, -ERR_NOMEM, "examining a server");
	rc = guards_declared(&context->desired, &context->config, &scope,
			     &context->arena, &refusals, err);
	if (!rc)
		rc = load_secrets(context, &accounts, &bad, &facts.n_secrets,
				  err);
	if (!rc)
		rc = examine(context, server, &accounts, examined, err);
	return rc ? rc : doctor_checks(&facts, &context->arena, ret, err);
}

static int exit_of(const struct doctor_check_array *checks)
{
	const struct doctor_check *check;
	int status = 0;

	array_foreach(check, checks) {
		if (check->state != DOCTOR_FAILED)
			continue;
		if (check->reach)
			return EXIT_UNREAD;
		status = EXIT_SOME_FAILED;
	}
	return status;
}

static int examine_named(const struct options *options, struct context *context,
			 struct cmd_end *end, struct err *err)
{
	struct doctor_check_array checks = { 0 };
	struct doctor_report report = { .checks = &checks };
	struct report_context named;
	size_t server = 0;
	int rc = context_files(options, context, end, err);

	if (!rc)
		rc = find_server(context, options->words[0], &server, err);
	if (!rc)
		rc = look(context, server, &checks, err);
	if (rc)
		return rc;
	named = context_report(context);
	report.named = &named;
	report.server = context->desired.servers.items[server].name;
	rc = output_show(options, put_table, put_json, &report, err);
	return rc ? rc : exit_of(&checks);
}

static int run(const struct options *options, struct cmd_end *end,
	       struct err *err)
{
	struct context context;
	int rc;

	if (options->n_words != 1)
		return err_set(
			err, -ERR_USAGE,
			"doctor: name one server: lockstep doctor web01");
	context_init(&context);
	rc = examine_named(options, &context, end, err);
	context_done(&context);
	return rc;
}

const struct cmd cmd_doctor = {
	.name = "doctor",
	.words = "SERVER",
	.summary = "what keeps lockstep from a server, and how to mend it",
	.options = OPTION_FOLDER | OPTION_CONFIG | OPTION_OUTPUT | OPTION_COLOR,
	.max_words = 1,
	.run = run,
};
