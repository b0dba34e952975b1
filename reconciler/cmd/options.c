/* options.c - see options.h. */
#include "reconciler/cmd/options.h"

#include "reconciler/core/str.h"

#include <stdio.h>
#include <string.h>

static int take_folder(struct options *o, const char *value, struct err *err)
{
	(void)err;
	o->folder = value;
	return 0;
}

static int take_config(struct options *o, const char *value, struct err *err)
{
	(void)err;
	o->config = value;
	o->config_given = true;
	return 0;
}

static int take_state(struct options *o, const char *value, struct err *err)
{
	(void)err;
	o->state = value;
	return 0;
}

static int take_server(struct options *o, const char *value, struct err *err)
{
	if (o->n_servers == OPTIONS_SERVERS_MAX)
		return err_set(err, -ERR_USAGE, "more than %d --server",
			       OPTIONS_SERVERS_MAX);
	o->servers[o->n_servers++] = value;
	return 0;
}

static int take_output(struct options *o, const char *value, struct err *err)
{
	static const char *const names[] = { "table", "json", NULL };
	const char *equals = strchr(value, '=');
	size_t len = equals ? (size_t)(equals - value) : strlen(value);

	if (o->n_outputs == OPTIONS_OUTPUTS_MAX)
		return err_set(err, -ERR_USAGE, "more than %d -o",
			       OPTIONS_OUTPUTS_MAX);
	for (size_t i = 0; names[i]; i++) {
		if (strlen(names[i]) != len ||
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
		"-o %s: expected table or json, with =FILE if it is to go to a file",
		value);
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

static int take_flag_exit_code(struct options *o, const char *value,
			       struct err *err)
{
	(void)value;
	(void)err;
	o->exit_code = true;
	return 0;
}

static int take_flag_auto_approve(struct options *o, const char *value,
				  struct err *err)
{
	(void)value;
	(void)err;
	o->auto_approve = true;
	return 0;
}

static int take_flag_verbose(struct options *o, const char *value,
			     struct err *err)
{
	(void)value;
	(void)err;
	o->verbose = true;
	return 0;
}

static int take_flag_help(struct options *o, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	o->help = true;
	return 0;
}

/* clang-format off */
static const struct option_row {
	char letter; /* 0 = none */
	const char *name;
	const char *value; /* what follows; NULL = nothing */
	unsigned set;
	const char *help;
	int (*take)(struct options *, const char *value, struct err *);
} rows[] = {
	{ 'f', "manifests", "DIR", OPTION_FOLDER,
	  "folder (or one file) of the manifests; default: this folder", take_folder },
	{ 'c', "config", "FILE", OPTION_CONFIG,
	  "configuration; default: /etc/lockstep/config.yaml", take_config },
	{ 0, "state", "FILE", OPTION_STATE,
	  "state file; default: as the configuration says", take_state },
	{ 0, "server", "NAME", OPTION_SERVER,
	  "only this server; may be repeated; * and ? match", take_server },
	{ 'o', "output", "FORMAT[=FILE]", OPTION_OUTPUT,
	  "table or json; may be repeated", take_output },
	{ 0, "exit-code", NULL, OPTION_EXIT_CODE,
	  "exit 2 when there is something to change", take_flag_exit_code },
	{ 0, "auto-approve", NULL, OPTION_AUTO_APPROVE,
	  "do not ask before the change", take_flag_auto_approve },
	{ 0, "color", "WHEN", OPTION_COLOR,
	  "auto, always or never", take_color },
	{ 'v', "verbose", NULL, OPTION_VERBOSE,
	  "tell each step on standard error", take_flag_verbose },
	{ 'h', "help", NULL, OPTION_HELP,
	  "this text", take_flag_help },
};
/* clang-format on */

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static int unknown_flag(const char *flag, const char *command, unsigned allowed,
			struct err *err)
{
	const char *names[N_ROWS + 1] = { NULL };
	const char *near;
	size_t n = 0;

	for (size_t i = 0; i < N_ROWS; i++)
		if (rows[i].set & allowed)
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

		if (!(row->set & allowed))
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

int options_parse(int argc, char *const argv[], unsigned allowed,
		  struct options *ret, struct err *err)
{
	int at = 1;

	allowed |= OPTION_HELP;
	*ret = (struct options){ .folder = ".",
				 .config = "/etc/lockstep/config.yaml" };
	while (at < argc && argv[at][0] == '-' && argv[at][1]) {
		const char *flag = argv[at++];
		const char *value;
		const struct option_row *row;
		int rc;

		if (str_eq(flag, "--"))
			break;
		row = find_row(flag, allowed, &value);
		if (!row)
			return unknown_flag(flag, argv[0], allowed, err);
		if (row->value && !value) {
			if (at == argc)
				return err_set(err, -ERR_USAGE,
					       "%s: expected %s after it", flag,
					       row->value);
			value = argv[at++];
		} else if (!row->value && value) {
			return err_set(err, -ERR_USAGE, "%s takes no value",
				       flag);
		}
		if (row->value && !*value)
			return err_set(err, -ERR_USAGE,
				       "%s: expected %s after it, found an "
				       "empty text",
				       flag, row->value);
		rc = row->take(ret, value, err);
		if (rc)
			return rc;
	}
	if (ret->n_outputs == 0)
		ret->n_outputs = 1; /* table, on standard output */
	ret->words = argv + at;
	ret->n_words = (size_t)(argc - at);
	return 0;
}

void options_help(unsigned allowed, struct buf *out)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		const struct option_row *row = &rows[i];
		char left[64];

		if (!(row->set & (allowed | OPTION_HELP)))
			continue;
		(void)snprintf(left, sizeof(left), "%c%c%c --%s %s",
			       row->letter ? '-' : ' ',
			       row->letter ? row->letter : ' ',
			       row->letter ? ',' : ' ', row->name,
			       row->value ? row->value : "");
		buf_printf(out, "  %-30s %s\n", left, row->help);
	}
}
