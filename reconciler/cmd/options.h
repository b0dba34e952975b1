/*
 * options.h - the flags of all commands, from one table that also prints
 * the help.
 */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include "reconciler/core/buf.h"
#include "reconciler/core/err.h"

#include <stdbool.h>
#include <stddef.h>

#define OPTIONS_SERVERS_MAX 1000
#define OPTIONS_OUTPUTS_MAX 8

/* Which flags a command takes. */
enum option_set {
	OPTION_FOLDER = 1 << 0,
	OPTION_CONFIG = 1 << 1,
	OPTION_STATE = 1 << 2,
	OPTION_SERVER = 1 << 3,
	OPTION_OUTPUT = 1 << 4,
	OPTION_EXIT_CODE = 1 << 5,
	OPTION_AUTO_APPROVE = 1 << 6,
	OPTION_VERBOSE = 1 << 7,
	OPTION_COLOR = 1 << 8,
	OPTION_HELP = 1 << 9,
};

enum output_format { OUTPUT_TABLE, OUTPUT_JSON };

struct output {
	enum output_format format;
	const char *file; /* NULL = standard output */
};

/* Strings belong to argv. */
struct options {
	const char *folder; /* "." unless given */
	const char *config; /* /etc/lockstep/config.yaml unless given */
	bool config_given;
	const char *state; /* NULL unless given */
	const char *servers[OPTIONS_SERVERS_MAX];
	size_t n_servers;
	struct output outputs[OPTIONS_OUTPUTS_MAX]; /* at least one */
	size_t n_outputs;
	bool exit_code;
	bool auto_approve;
	bool verbose;
	bool help;
	enum { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER } color;
	char *const *words; /* what is left: NULL-terminated */
	size_t n_words;
};

/* argv[0] is the command's name. -ERR_USAGE names the flag and what is
 * near. */
int options_parse(int argc, char *const argv[], unsigned allowed,
		  struct options *ret, struct err *err);
/* One line for each flag of the set. */
void options_help(unsigned allowed, struct buf *out);

#endif
