/* main.c - the fleet: thousands of emulated Windows servers in one process.
 * See README.md. */
#include "tests/fleet/control.h"
#include "tests/fleet/fleet.h"
#include "tests/fleet/options.h"
#include "tests/fleet/talk.h"
#include "tests/fleet/was.h"
#include "tests/fleet/world_file.h"

#include <errno.h>
#include <libssh/libssh.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK_BYTES    262144
#define STATUS_NO_DATA 91

static int fail(const struct err *err)
{
	(void)fprintf(stderr, "fleet: %s\n", err->what);
	return err->code == -ERR_USAGE ? 64 : 1;
}

static int usage(const struct err *err)
{
	CLEANUP(buf_done) struct buf text = { 0 };

	buf_init(&text, 65536);
	order_put_usage(&text);
	(void)fprintf(stderr, "fleet: %s\n%s%s", err->what, options_usage,
		      buf_text(&text));
	return 64;
}

/* ---- a session on standard input ---------------------------------------- */

static int serve_stdio(struct fleet *fleet)
{
	static const struct manner manner;
	struct talk *talk = talk_new(fleet->servers[0], &manner);
	int status = TALK_GOES_ON;

	while (status == TALK_GOES_ON) {
		CLEANUP(buf_done) struct buf out = { 0 };
		char bytes[65536];
		ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));

		buf_init(&out, (size_t)16 << 20);
		status = n > 0 ? talk_feed(talk, bytes, (size_t)n, &out)
			       : STATUS_NO_DATA;
		(void)fwrite(buf_text(&out), 1, out.len, stdout);
		(void)fflush(stdout);
	}
	talk_free(talk);
	return status;
}

/* ---- servers ------------------------------------------------------------ */

static void make_up(struct fleet *fleet, const struct options *options)
{
	char name[32];

	(void)domain_set(&fleet->domain, "CORP\\svc-fleet",
			 options->layout.new_password, "enabled");
	for (; fleet->n < options->made_up; fleet->n++) {
		struct server *server;

		(void)snprintf(name, sizeof(name), "s%05zu", fleet->n + 1);
		server = server_new(&fleet->domain, name);
		layout_fill(server, &options->layout);
		fleet->servers[fleet->n] = server;
	}
}

static int read_worlds(struct fleet *fleet, const struct options *options,
		       struct err *err)
{
	for (; fleet->n < options->n_worlds; fleet->n++) {
		char *name = need(strdup(options->worlds[fleet->n]));
		char *path = strchr(name, '=');
		struct server *server;
		int rc;

		*path++ = '\0';
		server = server_new(&fleet->domain, name);
		fleet->servers[fleet->n] = server;
		rc = world_file_read(path, server, err);
		free(name);
		if (rc < 0)
			return rc;
		was_boot(server);
	}
	return 0;
}

struct arrival {
	struct fleet *fleet;
	int fd;
};

static void *converse(void *data)
{
	struct arrival arrival = *(struct arrival *)data;

	free(data);
	fleet_connection(arrival.fleet, arrival.fd);
	return NULL;
}

static void *accept_all(void *data)
{
	struct fleet *fleet = data;
	pthread_attr_t attributes;

	(void)pthread_attr_init(&attributes);
	(void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
	(void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	while (true) {
		int fd = accept4(fleet->listener, NULL, NULL, SOCK_CLOEXEC);
		struct arrival *arrival;
		pthread_t thread;

		if (fd < 0) {
			(void)usleep(1000); /* no descriptor is free */
			continue;
		}
		arrival = need(malloc(sizeof(*arrival)));
		*arrival = (struct arrival){ fleet, fd };
		if (pthread_create(&thread, &attributes, converse, arrival)) {
			free(arrival);
			(void)close(fd);
		}
	}
	return NULL;
}

/* COMMAND, behind a word that env takes for its own name, with the fleet around it. */
static int run_command(char **command)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		(void)execv("/usr/bin/env", command);
		(void)fprintf(stderr, "fleet: /usr/bin/env: %s\n",
			      strerrordesc_np(errno));
		_exit(127);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (child < 0)
		return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int serve(struct fleet *fleet, const struct options *options)
{
	struct rlimit files = { 1048576, 1048576 };
	char path[4096];
	pthread_t thread;
	struct err err;

	if (setrlimit(RLIMIT_NOFILE, &files) < 0 &&
	    getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	(void)signal(SIGPIPE, SIG_IGN);
	if (fleet_listen(fleet, options->port, &err) < 0 ||
	    layout_write(fleet, options->made_up ? &options->layout : NULL,
			 &err) < 0)
		return fail(&err);
	(void)snprintf(path, sizeof(path), "%s/fleet.sock", fleet->dir);
	if (control_start(fleet, path, &err) < 0)
		return fail(&err);
	if (pthread_create(&thread, NULL, accept_all, fleet) != 0)
		return 1;
	/* From "--" on. Connections that still run hold on to all of this. */
	if (options->mode == MODE_RUN)
		_exit(run_command(options->rest - 1));
	(void)printf("%zu servers on port %u\n", fleet->n, fleet->port);
	(void)fflush(stdout);
	(void)pthread_join(thread, NULL);
	return 0;
}

/* Made if it is not there; the path from the root. */
static const char *absolute(const char *dir)
{
	char *path;

	(void)mkdir(dir, 0700);
	path = realpath(dir, NULL);
	return path ? path : dir;
}

static int serve_all(const struct options *options)
{
	struct fleet *fleet = need(calloc(1, sizeof(*fleet)));
	size_t n = options->made_up + options->n_worlds;
	struct err err;

	fleet->manners = options->manners;
	fleet->servers = need(calloc(n, sizeof(struct server *)));
	domain_init(&fleet->domain);
	key_derive(fleet->manners.seed, "client", &fleet->client);
	fleet->dir = absolute(options->dir);
	make_up(fleet, options);
	if (options->n_worlds && read_worlds(fleet, options, &err) < 0)
		return fail(&err);
	return serve(fleet, options);
}

/* One server, and a socket for orders beside its world's file. */
static int serve_world(const struct options *options)
{
	struct fleet *fleet = need(calloc(1, sizeof(*fleet)));
	struct server *server;
	char path[4096];
	struct err err;

	domain_init(&fleet->domain);
	server = server_new(&fleet->domain, "world");
	fleet->servers = &server;
	fleet->n = 1;
	fleet->dir = "/nonexistent";
	(void)snprintf(path, sizeof(path), "%s.sock", options->dir);
	if (world_file_read(options->dir, server, &err) < 0 ||
	    control_start(fleet, path, &err) < 0)
		return fail(&err);
	return serve_stdio(fleet);
}

static int give_order(const struct options *options)
{
	struct order order = { .n = options->n_rest, .input = "" };
	CLEANUP(buf_done) struct buf input = { 0 };
	CLEANUP(buf_done) struct buf out = { 0 };
	char path[4096];
	char bytes[4096];
	struct err err;
	size_t n;
	int status;

	buf_init(&input, 1048576);
	buf_init(&out, (size_t)64 << 20);
	if (order.n > 7)
		order.n = 7;
	memcpy(order.words, options->rest, order.n * sizeof(*options->rest));
	while (order_reads_input(order.words[0]) &&
	       (n = fread(bytes, 1, sizeof(bytes), stdin)) > 0)
		buf_put(&input, bytes, n);
	order.input = buf_text(&input);
	order.input_len = input.len;
	(void)snprintf(path, sizeof(path), "%s/fleet.sock", options->dir);
	status = control_call(path, &order, &out, &err);
	if (status < 0)
		return fail(&err);
	(void)fputs(buf_text(&out), status ? stderr : stdout);
	return status;
}

int main(int argc, char **argv)
{
	struct options options;
	struct err err;

	if (options_read(argc, argv, &options, &err) < 0)
		return usage(&err);
	(void)ssh_init();
	switch (options.mode) {
	case MODE_STDIO:
		return serve_world(&options);
	case MODE_CTL:
		return give_order(&options);
	case MODE_SERVE:
	case MODE_RUN:
		break;
	}
	return serve_all(&options);
}
