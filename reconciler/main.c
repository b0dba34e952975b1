/* main.c - argv -> command -> exit status; the only place that prints
 * errors. */
#include "reconciler/cmd/cmd.h"
#include "reconciler/core/str.h"
#include "reconciler/sys/process.h"
#include "reconciler/sys/secret.h"

#include <stdio.h>

#define HELP_BYTES_MAX  65536
#define ERROR_BYTES_MAX 4194304

static void print_buf(FILE *stream, const struct buf *buf)
{
	(void)fwrite(buf_text(buf), 1, buf->len, stream);
}

/* Once, for the whole program: what is wrong, then what to do. */
static void print_error(const struct cmd_end *end, int code,
			const struct err *err)
{
	CLEANUP(buf_done) struct buf out = { 0 };
	const struct problem *problem;

	buf_init(&out, ERROR_BYTES_MAX);
	array_foreach(problem, &end->problems.items) {
		problem_put(problem, &out);
		buf_putc(&out, '\n');
	}
	if (end->problems.cut)
		buf_puts(&out, "... and more\n");
	buf_puts(&out, "lockstep: ");
	if (code == -ERR_NOMEM)
		buf_puts(&out, "out of memory: ");
	/* Lines stay lines; everything else that a terminal acts on does not. */
	for (const char *at = err->what; *at;) {
		char line[sizeof(err->what)];
		size_t n = 0;

		while (*at && *at != '\n')
			line[n++] = *at++;
		line[n] = '\0';
		str_put_plain(&out, line);
		if (*at == '\n') {
			buf_putc(&out, '\n');
			at++;
		}
	}
	if (code == -ERR_USAGE && !end->next && end->command)
		buf_printf(&out, "\n  next: see lockstep %s --help\n",
			   end->command);
	else
		buf_printf(&out, "\n  next: %s\n",
			   end->next ? end->next : err_next(code));
	if (!out.no_memory)
		print_buf(stderr, &out);
	else
		(void)fprintf(stderr, "lockstep: out of memory\n  next: %s\n",
			      err_next(-ERR_NOMEM));
}

static int unknown_command(const char *name, struct err *err)
{
	const char *names[32] = { NULL };
	const char *near;

	if (!*name)
		return err_set(err, -ERR_USAGE,
			       "expected a command, found an empty text");
	if (*name == '-')
		return err_set(err, -ERR_USAGE,
			       "%s stands before the command; the command "
			       "comes first: lockstep COMMAND %s",
			       name, name);
	for (size_t i = 0; i < 31 && cmd_table[i]; i++)
		names[i] = cmd_table[i]->name;
	near = str_nearest(name, names);
	return near ? err_set(err, -ERR_USAGE,
			      "there is no command %s; did you mean %s?", name,
			      near)
		    : err_set(err, -ERR_USAGE, "there is no command %s", name);
}

static bool asks_for_help(const char *word)
{
	return str_eq(word, "help") || str_eq(word, "--help") ||
	       str_eq(word, "-h");
}

/* lockstep help [COMMAND] */
static int help(int argc, char *const argv[], struct buf *out, struct err *err)
{
	const struct cmd *cmd = argc > 2 ? cmd_find(argv[2]) : NULL;

	if (argc > 3)
		return err_set(err, -ERR_USAGE, "help %s: what is %s?", argv[2],
			       argv[3]);
	if (argc > 2 && !cmd && !asks_for_help(argv[2]))
		return unknown_command(argv[2], err);
	if (cmd)
		cmd_help(cmd, out);
	else
		cmd_usage(out);
	print_buf(stdout, out);
	return buf_check(out, err);
}

static int run_command(int argc, char *const argv[], struct cmd_end *end,
		       struct err *err)
{
	CLEANUP(buf_done) struct buf out = { 0 };
	const struct cmd *cmd = NULL;
	struct options options;
	int rc;

	buf_init(&out, HELP_BYTES_MAX);
	if (argc < 2) {
		cmd_usage(&out);
		print_buf(stderr, &out);
		return err_exit(-ERR_USAGE);
	}
	if (asks_for_help(argv[1]))
		return help(argc, argv, &out, err);
	cmd = cmd_find(str_eq(argv[1], "--version") ? "version" : argv[1]);
	if (!cmd)
		return unknown_command(argv[1], err);
	end->command = cmd->name;
	rc = options_parse(argc - 1, argv + 1, cmd->options, &options, err);
	if (rc)
		return rc;
	if (options.help) {
		cmd_help(cmd, &out);
		print_buf(stdout, &out);
		return buf_check(&out, err);
	}
	if (options.n_words > cmd->max_words)
		return err_set(err, -ERR_USAGE, "%s: what is %s?", cmd->name,
			       options.words[cmd->max_words]);
	return cmd->run(&options, end, err);
}

int main(int argc, char *argv[])
{
	struct cmd_end end = { 0 };
	struct err err = { 0 };
	int rc;

	problems_init(&end.problems);
	rc = process_harden(&err);
	if (!rc)
		rc = secret_heap_init(&err);
	if (!rc)
		rc = run_command(argc, argv, &end, &err);
	if (rc < 0) {
		print_error(&end, rc, &err);
		rc = err_exit(rc);
	}
	problems_done(&end.problems);
	if ((fflush(stdout) != 0 || ferror(stdout)) &&
	    rc != err_exit(-ERR_FILE)) {
		(void)fputs("lockstep: standard output can't be written\n"
			    "  next: check where it goes\n",
			    stderr);
		rc = rc == 0 ? err_exit(-ERR_FILE) : rc;
	}
	return rc;
}
