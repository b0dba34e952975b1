/* cmd_validate.c - are manifests and configuration right? Needs no key, no
 * secret and no state; without -c the configuration may be missing. */
#include "reconciler/cmd/context.h"

#include <stdio.h>
#include <unistd.h>

static int check_grants(struct context *context, struct err *err)
{
	struct refusal_array refusals = { 0 };
	struct index_array all = { 0 };
	int rc = 0;

	for (size_t i = 0; i < context->desired.servers.n; i++)
		if (!array_push(&context->arena, &all, i))
			return err_set(err, -ERR_NOMEM, "checking grants");
	rc = guards_declared(&context->desired, &context->config, &all,
			     &context->arena, &refusals, err);
	if (!rc && refusals.n > 0)
		rc = refusals_error(&refusals, err);
	return rc;
}

static int run(const struct options *options, struct cmd_end *end,
	       struct err *err)
{
	CLEANUP(context_done) struct context context = { 0 };
	bool with_config =
		options->config_given || access(options->config, F_OK) == 0;
	int rc = 0;

	context_init(&context);
	if (with_config)
		rc = config_load(options->config, &context.config,
				 &end->problems, err);
	if (!rc && with_config)
		rc = config_outside(options->config, options->folder, err);
	if (!rc && with_config)
		rc = config_files_outside(&context.config, options->folder,
					  err);
	if (!rc)
		rc = manifest_load(options->folder,
				   with_config ? &context.config : NULL,
				   &context.desired, &end->problems, err);
	if (!rc && with_config)
		rc = check_grants(&context, err);
	if (rc)
		return rc;
	(void)printf(
		"valid: %zu accounts, %zu servers, %zu groups, %zu bindings%s\n",
		context.desired.accounts.n, context.desired.servers.n,
		context.desired.groups.n, context.desired.bindings.n,
		with_config
			? ""
			: "; domains, secrets and grants were not checked (no configuration)");
	return 0;
}

const struct cmd cmd_validate = {
	.name = "validate",
	.words = "",
	.summary = "check manifests and configuration; asks no server",
	.options = OPTION_FOLDER | OPTION_CONFIG,
	.run = run,
};
