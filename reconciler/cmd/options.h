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

#define OPTIONS_PICKS_MAX   1000
#define OPTIONS_OUTPUTS_MAX 8
#define OPTIONS_WORDS_MAX   8
#define OPTIONS_FORWARD_MAX 32

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
	OPTION_GROUP = 1 << 10, /* --group and -l */
	OPTION_POOL = 1 << 11,
	OPTION_ACCOUNT = 1 << 12,
	OPTION_EXCLUDE = 1 << 13, /* of those of the four that it takes */
	OPTION_SUSPEND = 1 << 14, /* --until */
	OPTION_SINCE = 1 << 15,
	OPTION_OFFLINE = 1 << 16,
	OPTION_DOT = 1 << 17,    /* -o dot as well */
	OPTION_REASON = 1 << 18, /* --reason, --ticket */
	OPTION_OUT = 1 << 19,
	OPTION_CONTESTED = 1 << 20,
	OPTION_WINDOWS = 1 << 24, /* of apply: when */
	OPTION_AT = 1 << 25,
	OPTION_NUMBER = 1 << 26,   /* -n */
	OPTION_REHEARSE = 1 << 27, /* --seeds, --seed */
	OPTION_PLACE =
		OPTION_SERVER | OPTION_GROUP | OPTION_POOL | OPTION_EXCLUDE,
	OPTION_SELECT = OPTION_PLACE | OPTION_ACCOUNT,
};

enum output_format { OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_DOT };

struct output {
	enum output_format format;
	const char *file; /* NULL = standard output */
};

/* One of the flags that select, as it was given. */
enum pick_kind {
	PICK_SERVER,
	PICK_GROUP,
	PICK_LABEL, /* key=value */
	PICK_POOL,
	PICK_ACCOUNT,
	PICK_COUNT,
};

struct pick {
	enum pick_kind kind;
	bool exclude;
	const char *pattern; /* * and ? match, but in a label */
};

/* Strings belong to argv. */
struct options {
	const char *folder; /* "." unless given */
	const char *config; /* /etc/lockstep/config.yaml unless given */
	bool config_given;  /* by -c */
	const char *state;  /* NULL unless given */
	struct pick picks[OPTIONS_PICKS_MAX];
	size_t n_picks;
	struct output outputs[OPTIONS_OUTPUTS_MAX]; /* at least one */
	size_t n_outputs;
	bool exit_code;
	bool offline;
	bool auto_approve;
	bool verbose;
	bool help;
	enum { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER } color;
	bool contested;
	bool wait_window;
	bool override_window;
	const char *forward[OPTIONS_FORWARD_MAX]; /* names of Accounts */
	size_t n_forward;
	const char *out; /* NULL unless given, as the next six */
	const char *reason;
	const char *ticket;
	const char *until;
	const char *since;
	const char *at;
	const char *number;
	const char *seeds;
	const char *seed;
	const char *words[OPTIONS_WORDS_MAX]; /* what is no flag */
	size_t n_words;
};

/* argv[0] is the command's name. -ERR_USAGE names the flag and what is
 * near. */
int options_parse(int argc, char *const argv[], unsigned allowed,
		  struct options *ret, struct err *err);
/* One line for each flag of the set. */
void options_help(unsigned allowed, struct buf *out);

#endif
