/* cmd_table.c - the commands of this version. */
#include "reconciler/cmd/cmd.h"
#include "reconciler/core/str.h"

/* clang-format off */
const struct cmd *const cmd_table[] = {
	&cmd_validate,
	&cmd_explain,
	&cmd_schema,
	&cmd_graph,
	&cmd_plan,
	&cmd_show,
	&cmd_approve,
	&cmd_rehearse,
	&cmd_apply,
	&cmd_drift,
	&cmd_status,
	&cmd_history,
	&cmd_suspend,
	&cmd_resume,
	&cmd_state,
	&cmd_windows,
	&cmd_secrets,
	&cmd_doctor,
	&cmd_version,
	NULL,
};
/* clang-format on */

const struct cmd *cmd_find(const char *name)
{
	for (size_t i = 0; cmd_table[i]; i++)
		if (str_eq(cmd_table[i]->name, name))
			return cmd_table[i];
	return NULL;
}

void cmd_usage(struct buf *out)
{
	buf_puts(
		out,
		"lockstep keeps the identity and stored password of IIS application pools\n"
		"equal to what your manifests declare.\n\n"
		"usage: lockstep COMMAND [flags]\n\n");
	for (size_t i = 0; cmd_table[i]; i++)
		buf_printf(out, "  %-10s %s\n", cmd_table[i]->name,
			   cmd_table[i]->summary);
	buf_puts(out,
		 "\nlockstep COMMAND --help tells the flags of a command.\n");
}

void cmd_help(const struct cmd *cmd, struct buf *out)
{
	buf_printf(out, "usage: lockstep %s [flags]%s%s\n\n%s\n\n", cmd->name,
		   *cmd->words ? " " : "", cmd->words, cmd->summary);
	options_help(cmd->options, out);
}
