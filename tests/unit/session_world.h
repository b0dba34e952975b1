/*
 * session_world.h - a private sshd on loopback addresses for session_test.c.
 *
 * Each mode of tests/integration/transport/fake_script.py has an address of
 * its own; sshd runs the fake there, whatever command was asked for.
 * Everything lives in one folder and ends with world_free().
 */
#ifndef TESTS_UNIT_SESSION_WORLD_H
#define TESTS_UNIT_SESSION_WORLD_H

#include "tests/lib/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORLD_SSHD    "/usr/sbin/sshd"
#define WORLD_KEYGEN  "/usr/bin/ssh-keygen"
#define WORLD_PYTHON  "/usr/bin/python3"
#define WORLD_SCRIPTS "tests/integration/transport"

static const char *const world_modes[] = {
	"ok",    "witness", "mac",   "nonce",  "flood",
	"noise", "cut",     "twice", "silent", "deaf",
	"large", "drip",    "early", "stderr", "late-error",
};

#define WORLD_MODES (sizeof(world_modes) / sizeof(world_modes[0]))

struct world {
	char *folder;
	pid_t sshd;
	pid_t rude;
	uint16_t port;
	uint16_t rude_port;
	char ed25519[320]; /* "type base64" of sshd's keys */
	char ecdsa[320];
	char other[320];    /* ed25519 that is not sshd's */
	char ecdsa384[320]; /* of a kind that sshd has not */
	char ecdsa521[320];
};

static inline pid_t world_spawn(const char *const argv[], int out)
{
	char *const *args;
	pid_t parent = getpid();
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(126);
	if (out >= 0)
		(void)dup2(out, STDOUT_FILENO);
	/* execv takes char *const[], but changes nothing. */
	memcpy(&args, &argv, sizeof(args));
	execv(argv[0], args);
	_exit(127);
}

static inline void world_run(const char *const argv[])
{
	int status = -1;

	assert_true(waitpid(world_spawn(argv, -1), &status, 0) > 0);
	assert_int_equal(status, 0);
}

static inline char *world_path(const struct world *world, const char *name)
{
	char *path;

	assert_true(asprintf(&path, "%s/%s", world->folder, name) > 0);
	return path;
}

/* Make a key; "type base64" of its public half goes to ret. */
static inline void world_key(const struct world *world, const char *name,
			     const char *type, const char *bits, char ret[320])
{
	char *path = world_path(world, name);
	const char *const argv[] = { WORLD_KEYGEN, "-q", "-t", type, "-b",
				     bits,         "-N", "",   "-C", "",
				     "-f",         path, NULL };
	char *public_path;
	FILE *file;

	world_run(argv);
	assert_true(asprintf(&public_path, "%s.pub", path) > 0);
	file = fopen(public_path, "re");
	assert_non_null(file);
	assert_non_null(fgets(ret, 320, file));
	ret[strcspn(ret, "\n")] = '\0';
	while (ret[0] != '\0' && ret[strlen(ret) - 1] == ' ')
		ret[strlen(ret) - 1] = '\0';
	(void)fclose(file);
	free(public_path);
	free(path);
}

/* The address of a mode: 127.0.0.1 for the first, and so on. */
static inline const char *world_address(const char *mode, char ret[32])
{
	for (unsigned int i = 0; i < WORLD_MODES; i++)
		if (strcmp(world_modes[i], mode) == 0)
			(void)snprintf(ret, 32, "127.0.0.%u", i + 1);
	return ret;
}

static inline uint16_t world_free_port(void)
{
	struct sockaddr_in name = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(name);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&name, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &len), 0);
	(void)close(fd);
	return ntohs(name.sin_port);
}

static inline void world_wait_port(uint16_t port)
{
	struct sockaddr_in name = { .sin_family = AF_INET,
				    .sin_port = htons(port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	for (int i = 0; i < 500; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		int rc = connect(fd, (struct sockaddr *)&name, sizeof(name));

		(void)close(fd);
		if (rc == 0)
			return;
		(void)usleep(10000);
	}
	fail_msg("sshd does not listen");
}

static inline void world_sshd(struct world *world)
{
	char *config = world_path(world, "sshd_config");
	char *log = world_path(world, "sshd.log");
	const char *const argv[] = { WORLD_SSHD, "-D", "-f", config,
				     "-E",       log,  NULL };
	FILE *file = fopen(config, "we");

	assert_non_null(file);
	world->port = world_free_port();
	(void)fprintf(file,
		      "Port %u\nHostKey %s/host_ed25519\n"
		      "HostKey %s/host_ecdsa\nHostKey %s/host_ecdsa521\n"
		      "AuthorizedKeysFile %s/login.pub %s/login_256.pub "
		      "%s/login_384.pub %s/login_521.pub\n"
		      "StrictModes no\nUsePAM no\nPidFile none\n"
		      "PermitRootLogin yes\nMaxStartups 1000\n"
		      "PasswordAuthentication no\n"
		      "KbdInteractiveAuthentication no\n"
		      /* The user's shell is not to read its ~/.bashrc. */
		      "SetEnv HOME=%s\n",
		      world->port, world->folder, world->folder, world->folder,
		      world->folder, world->folder, world->folder,
		      world->folder, world->folder);
	for (unsigned int i = 0; i < WORLD_MODES; i++)
		(void)fprintf(file, "ListenAddress 127.0.0.%u\n", i + 1);
	for (unsigned int i = 0; i < WORLD_MODES; i++)
		(void)fprintf(file,
			      "Match LocalAddress 127.0.0.%u\n"
			      "ForceCommand exec " WORLD_PYTHON
			      " -I -S %s/fake_script.py %s\n",
			      i + 1, world->folder, world_modes[i]);
	assert_int_equal(fclose(file), 0);
	/* sshd wants its folder for separated privileges. */
	if (geteuid() == 0)
		(void)mkdir("/run/sshd", 0755);
	world->sshd = world_spawn(argv, -1);
	world_wait_port(world->port);
	free(config);
	free(log);
}

static inline void world_rude(struct world *world)
{
	char port[8];
	const char *const argv[] = { WORLD_PYTHON,
				     WORLD_SCRIPTS "/rude_server.py", port,
				     NULL };
	char text[16] = "";
	FILE *lines;
	long value;
	int ends[2];

	(void)snprintf(port, sizeof(port), "%u", world->port);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	world->rude = world_spawn(argv, ends[1]);
	(void)close(ends[1]);
	lines = fdopen(ends[0], "r");
	assert_non_null(lines);
	assert_non_null(fgets(text, sizeof(text), lines));
	(void)fclose(lines);
	value = strtol(text, NULL, 10);
	assert_true(value > 0 && value < 65536);
	world->rude_port = (uint16_t)value;
}

static inline struct world *world_new(void)
{
	struct world *world = calloc(1, sizeof(*world));
	const char *const copy[] = { "/bin/cp", WORLD_SCRIPTS "/fake_script.py",
				     NULL, NULL };
	const char *argv[4];
	char ignored[320];

	assert_non_null(world);
	world->folder = test_folder();
	memcpy(argv, copy, sizeof(argv));
	argv[2] = world->folder;
	world_run(argv);
	world_key(world, "host_ed25519", "ed25519", "256", world->ed25519);
	world_key(world, "host_ecdsa", "ecdsa", "256", world->ecdsa);
	world_key(world, "other_ed25519", "ed25519", "256", world->other);
	world_key(world, "other_ecdsa", "ecdsa", "384", world->ecdsa384);
	world_key(world, "host_ecdsa521", "ecdsa", "521", world->ecdsa521);
	world_key(world, "login", "ed25519", "256", ignored);
	world_key(world, "login_256", "ecdsa", "256", ignored);
	world_key(world, "login_384", "ecdsa", "384", ignored);
	world_key(world, "login_521", "ecdsa", "521", ignored);
	world_key(world, "stranger_ecdsa", "ecdsa", "256", ignored);
	world_key(world, "stranger", "ed25519", "256", ignored);
	world_sshd(world);
	world_rude(world);
	return world;
}

static inline void world_free(struct world *world)
{
	const pid_t pids[] = { world->sshd, world->rude };

	for (size_t i = 0; i < sizeof(pids) / sizeof(pids[0]); i++)
		if (pids[i] > 0) {
			(void)kill(pids[i], SIGTERM);
			(void)waitpid(pids[i], NULL, 0);
		}
	test_remove(world->folder);
	free(world);
}

#endif
