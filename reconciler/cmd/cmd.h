/*
 * cmd.h - a command of the program: its facts and its function.
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "reconciler/cmd/options.h"
#include "reconciler/manifest/manifest.h"

/* What a command gives to main.c beside its exit status. */
struct cmd_end {
	struct problems problems; /* printed before the error */
	const char *next; /* instead of the error's usual next step, or NULL */
	const char *command; /* that ran, or NULL: whose --help may help */
};

struct cmd {
	const char *name;
	const char *words; /* of the usage line, behind the flags */
	const char *summary;
	unsigned options; /* enum option_set */
	size_t max_words;
	/* The exit status (0 or more), or a negative enum err_code with *err
	 * filled. Data goes to standard output, progress to standard error. */
	int (*run)(const struct options *options, struct cmd_end *end,
		   struct err *err);
};

extern const struct cmd *const cmd_table[]; /* ends with NULL */

/* What `lockstep help` shows. */
void cmd_usage(struct buf *out);
void cmd_help(const struct cmd *cmd, struct buf *out);
const struct cmd *cmd_find(const char *name);

extern const struct cmd cmd_validate;
extern const struct cmd cmd_explain;
extern const struct cmd cmd_schema;
extern const struct cmd cmd_graph;
extern const struct cmd cmd_plan;
extern const struct cmd cmd_show;
extern const struct cmd cmd_approve;
extern const struct cmd cmd_apply;
extern const struct cmd cmd_rehearse;
extern const struct cmd cmd_drift;
extern const struct cmd cmd_status;
extern const struct cmd cmd_history;
extern const struct cmd cmd_state;
extern const struct cmd cmd_suspend;
extern const struct cmd cmd_resume;
extern const struct cmd cmd_windows;
extern const struct cmd cmd_secrets;
extern const struct cmd cmd_doctor;
extern const struct cmd cmd_version;

#endif
