/* options.c - see options.h. */
#include "reconciler/cmd/options.h"

#include "reconciler/core/str.h"

#include <stdio.h>
#include <string.h>

enum take {
	TAKE_TEXT, /* the value, into the member at `at` */
	TAKE_FLAG, /* true, into the member at `at` */
	TAKE_PICK, /* `at` is an enum pick_kind */
	TAKE_OUTPUT,
	TAKE_COLOR,
	TAKE_FORWARD,
};

struct option_row {
	char letter; /* 0 = none */
	const char *name;
	const char *value; /* what follows; NULL = nothing */
	unsigned set;      /* a command takes it that takes all of these */
	const char *help;
	enum take take;
	size_t at;
	bool exclude; /* TAKE_PICK */
};

/* clang-format off */
#define TEXT(member) TAKE_TEXT, offsetof(struct options, member), false
#define FLAG(member) TAKE_FLAG, offsetof(struct options, member), false
#define PICK(kind) TAKE_PICK, PICK_##kind, false
#define EXCLUDE(kind) TAKE_PICK, PICK_##kind, true

static const struct option_row rows[] = {
	{ 'f', "manifests", "DIR", OPTION_FOLDER,
	  "folder (or one file) of the manifests; default: this folder", TEXT(folder) },
	{ 'c', "config", "FILE", OPTION_CONFIG,
	  "configuration; default: /etc/lockstep/config.yaml", TEXT(config) },
	{ 0, "state", "FILE", OPTION_STATE,
	  "state file; default: as the configuration says", TEXT(state) },
	{ 0, "server", "NAME", OPTION_SERVER,
	  "only this server; may be repeated; * and ? match", PICK(SERVER) },
	{ 0, "group", "NAME", OPTION_GROUP,
	  "only servers of this resource group; likewise", PICK(GROUP) },
	{ 'l', "label", "KEY=VALUE", OPTION_GROUP,
	  "only servers with this label; repeated: with all of them", PICK(LABEL) },
	{ 0, "pool", "NAME", OPTION_POOL,
	  "only this pool; may be repeated; * and ? match", PICK(POOL) },
	{ 0, "account", "NAME", OPTION_ACCOUNT,
	  "only pools of this Account; likewise", PICK(ACCOUNT) },
	{ 0, "exclude-server", "NAME", OPTION_SERVER | OPTION_EXCLUDE,
	  "all but this server; likewise", EXCLUDE(SERVER) },
	{ 0, "exclude-group", "NAME", OPTION_GROUP | OPTION_EXCLUDE,
	  "all but servers of this group; likewise", EXCLUDE(GROUP) },
	{ 0, "exclude-pool", "NAME", OPTION_POOL | OPTION_EXCLUDE,
	  "all but this pool; likewise", EXCLUDE(POOL) },
	{ 0, "exclude-account", "NAME", OPTION_ACCOUNT | OPTION_EXCLUDE,
	  "all but pools of this Account; likewise", EXCLUDE(ACCOUNT) },
	{ 0, "out", "FILE", OPTION_OUT,
	  "save the plan in a new file, for approve and apply", TEXT(out) },
	{ 0, "contested", NULL, OPTION_CONTESTED,
	  "correct once more what somebody keeps changing back; needs --reason", FLAG(contested) },
	{ 0, "reason", "TEXT", OPTION_REASON,
	  "why: it is kept and shown", TEXT(reason) },
	{ 0, "ticket", "TEXT", OPTION_REASON,
	  "a number of a ticket or change", TEXT(ticket) },
	{ 0, "wait-window", NULL, OPTION_WINDOWS,
	  "wait until a change window lets something start", FLAG(wait_window) },
	{ 0, "override-window", NULL, OPTION_WINDOWS,
	  "start although windows are closed; needs --reason", FLAG(override_window) },
	{ 0, "forward", "ACCOUNT", OPTION_WINDOWS,
	  "the directory holds its new password already: no stop for failures; needs --reason; may be repeated", TAKE_FORWARD, 0, false },
	{ 0, "at", "WHEN", OPTION_AT,
	  "36h, 14d, 2026-12-01 or 2026-12-01T06:00; default: now (rehearse: once windows are open)", TEXT(at) },
	{ 'n', "number", "N", OPTION_NUMBER,
	  "how many openings of each window; default: 5", TEXT(number) },
	{ 0, "until", "WHEN", OPTION_SUSPEND,
	  "36h, 14d, 2026-12-01 or 2026-12-01T06:00; at most 90 days ahead (required)", TEXT(until) },
	{ 0, "since", "WHEN", OPTION_SINCE,
	  "36h, 14d, 2026-12-01 or 2026-12-01T06:00", TEXT(since) },
	{ 0, "seeds", "N", OPTION_REHEARSE,
	  "how often it is played, and as often with each fault; default: 200", TEXT(seeds) },
	{ 0, "seed", "N", OPTION_REHEARSE,
	  "the first of them; the same seeds, the same figures; default: 1", TEXT(seed) },
	{ 'o', "output", "FORMAT[=FILE]", OPTION_OUTPUT,
	  "table or json; may be repeated", TAKE_OUTPUT, 0, false },
	{ 0, "offline", NULL, OPTION_OFFLINE,
	  "read no server: what could change at most, and what is refused", FLAG(offline) },
	{ 0, "exit-code", NULL, OPTION_EXIT_CODE,
	  "exit 2 when there is something to change", FLAG(exit_code) },
	{ 0, "auto-approve", NULL, OPTION_AUTO_APPROVE,
	  "do not ask before the change", FLAG(auto_approve) },
	{ 0, "color", "WHEN", OPTION_COLOR,
	  "auto, always or never", TAKE_COLOR, 0, false },
	{ 'v', "verbose", NULL, OPTION_VERBOSE,
	  "tell each step on standard error", FLAG(verbose) },
	{ 'h', "help", NULL, OPTION_HELP,
	  "this text", FLAG(help) },
};
/* clang-format on */

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static bool is_taken(const struct option_row *row, unsigned allowed)
{
	return (row->set & allowed) == row->set;
}

static int take_pick(struct options *o, const struct option_row *row,
		     const char *value, struct err *err)
{
	const enum pick_kind kind = (enum pick_kind)row->at;
	const char *equals = strchr(value, '=');

	if (o->n_picks == OPTIONS_PICKS_MAX)
		return err_set(err, -ERR_USAGE,
			       "more than %d flags that select; patterns with "
			       "* and ? need fewer",
			       OPTIONS_PICKS_MAX);
	if (kind == PICK_LABEL &&
	    (!equals || equals == value || !equals[1] || equals[-1] == '!'))
		return err_set(err, -ERR_USAGE,
			       "--label %s: expected KEY=VALUE, for example "
			       "env=prod",
			       value);
	o->picks[o->n_picks++] = (struct pick){ kind, row->exclude, value };
	return 0;
}

static int take_output(struct options *o, const char *value, unsigned allowed,
		       struct err *err)
{
	static const char *const names[] = { "table", "json", "dot", NULL };
	const size_t len = strcspn(value, "=");
	const char *equals = value[len] ? value + len : NULL;

	if (o->n_outputs == OPTIONS_OUTPUTS_MAX)
		return err_set(err, -ERR_USAGE, "more than %d -o",
			       OPTIONS_OUTPUTS_MAX);
	for (size_t i = 0; names[i]; i++) {
		if (strlen(names[i]) != len ||
		    (i == OUTPUT_DOT && !(allowed & OPTION_DOT)) ||
		    strncmp(names[i], value, len) != 0 ||
		    (equals && !equals[1]))
			continue;
		o->outputs[o->n_outputs++] =
			(struct output){ (enum output_format)i,
					 equals ? equals + 1 : NULL };
		return 0;
	}
	return err_set(
		err, -ERR_USAGE,
		"-o %s: expected table%s json%s, with =FILE if it is to go to a file",
		value, allowed & OPTION_DOT ? "," : " or",
		allowed & OPTION_DOT ? " or dot" : "");
}

static int take_color(struct options *o, const char *value, struct err *err)
{
	if (str_eq(value, "auto"))
		o->color = COLOR_AUTO;
	else if (str_eq(value, "always"))
		o->color = COLOR_ALWAYS;
	else if (str_eq(value, "never"))
		o->color = COLOR_NEVER;
	else
		return err_set(err, -ERR_USAGE,
			       "--color %s: expected auto, always or never",
			       value);
	return 0;
}

static int take_forward(struct options *o, const char *value, struct err *err)
{
	if (o->n_forward == OPTIONS_FORWARD_MAX)
		return err_set(err, -ERR_USAGE, "more than %d --forward",
			       OPTIONS_FORWARD_MAX);
	o->forward[o->n_forward++] = value;
	return 0;
}

static int take_value(struct options *o, const struct option_row *row,
		      const char *value, unsigned allowed, struct err *err)
{
	char *place = (char *)o + row->at;
	const char *text = value ? value : ""; /* a flag alone has none */

	switch (row->take) {
	case TAKE_TEXT:
		memcpy(place, &text, sizeof(text));
		return 0;
	case TAKE_FLAG:
		memcpy(place, &(bool){ true }, sizeof(bool));
		return 0;
	case TAKE_PICK:
		return take_pick(o, row, text, err);
	case TAKE_OUTPUT:
		return take_output(o, text, allowed, err);
	case TAKE_FORWARD:
		return take_forward(o, text, err);
	case TAKE_COLOR:
		break;
	}
	return take_color(o, text, err);
}

static int unknown_flag(const char *flag, const char *command, unsigned allowed,
			struct err *err)
{
	const char *names[N_ROWS + 1] = { NULL };
	const char *near;
	size_t n = 0;

	for (size_t i = 0; i < N_ROWS; i++)
		if (is_taken(&rows[i], allowed))
			names[n++] = rows[i].name;
	near = str_starts(flag, "--") ? str_nearest(flag + 2, names) : NULL;
	if (near)
		return err_set(err, -ERR_USAGE,
			       "%s does not take %s; did you mean --%s?",
			       command, flag, near);
	return err_set(err, -ERR_USAGE, "%s does not take %s", command, flag);
}

/* The row of a flag such as -f, --server or --server=web01; *ret_value is what
 * stands behind an equals sign or a letter, or NULL. */
static const struct option_row *find_row(const char *flag, unsigned allowed,
					 const char **ret_value)
{
	const char *equals = strchr(flag, '=');
	size_t len = equals ? (size_t)(equals - flag) : strlen(flag);

	*ret_value = NULL;
	for (size_t i = 0; i < N_ROWS; i++) {
		const struct option_row *row = &rows[i];

		if (!is_taken(row, allowed))
			continue;
		if (str_starts(flag, "--")) {
			if (strlen(row->name) + 2 == len &&
			    strncmp(flag + 2, row->name, len - 2) == 0) {
				*ret_value = equals ? equals + 1 : NULL;
				return row;
			}
		} else if (row->letter && flag[1] == row->letter) {
			if (flag[2] && !row->value)
				return NULL;
			*ret_value = flag[2] ? flag + 2 : NULL;
			return row;
		}
	}
	return NULL;
}

static int take_word(struct options *o, const char *word, const char *command,
		     struct err *err)
{
	if (o->n_words == OPTIONS_WORDS_MAX)
		return err_set(err, -ERR_USAGE, "%s: what is %s?", command,
			       word);
	o->words[o->n_words++] = word;
	return 0;
}

/* One flag, and perhaps the next argument with it. */
static int take_flag(struct options *o, char *const argv[], int argc, int *at,
		     unsigned allowed, struct err *err)
{
	const char *flag = argv[(*at)++];
	const char *value;
	const struct option_row *row = find_row(flag, allowed, &value);

	if (!row)
		return unknown_flag(flag, argv[0], allowed, err);
	if (row->value && !value) {
		if (*at == argc)
			return err_set(err, -ERR_USAGE,
				       "%s: expected %s after it", flag,
				       row->value);
		value = argv[(*at)++];
	} else if (!row->value && value) {
		return err_set(err, -ERR_USAGE, "%s takes no value", flag);
	}
	if (value && !*value)
		return err_set(err, -ERR_USAGE,
			       "%s: expected %s after it, found an "
			       "empty text",
			       flag, row->value);
	return take_value(o, row, value ? value : "", allowed, err);
}

int options_parse(int argc, char *const argv[], unsigned allowed,
		  struct options *ret, struct err *err)
{
	static const char usual_config[] = "/etc/lockstep/config.yaml";
	bool flags = true;
	int at = 1;
	int rc = 0;

	allowed |= OPTION_HELP;
	*ret = (struct options){ .folder = ".", .config = usual_config };
	while (!rc && at < argc) {
		if (flags && str_eq(argv[at], "--")) {
			flags = false;
			at++;
		} else if (flags && argv[at][0] == '-' && argv[at][1]) {
			rc = take_flag(ret, argv, argc, &at, allowed, err);
		} else {
			rc = take_word(ret, argv[at++], argv[0], err);
		}
	}
	if (rc)
		return rc;
	if (ret->n_outputs == 0)
		ret->n_outputs = 1; /* table, on standard output */
	ret->config_given = ret->config != usual_config;
	return 0;
}

void options_help(unsigned allowed, struct buf *out)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		const struct option_row *row = &rows[i];
		const char *help = row->help;
		char left[64];

		if (!is_taken(row, allowed | OPTION_HELP))
			continue;
		if (row->take == TAKE_OUTPUT && (allowed & OPTION_DOT))
			help = "table, json or dot; may be repeated";
		(void)snprintf(left, sizeof(left), "%c%c%c --%s %s",
			       row->letter ? '-' : ' ',
			       row->letter ? row->letter : ' ',
			       row->letter ? ',' : ' ', row->name,
			       row->value ? row->value : "");
		buf_printf(out, "  %-30s %s\n", left, help);
	}
}
