/* program.c - starts a program in a bare environment and reads what it prints. */
#include "modules/secret_source/parts.h"
#include "reconciler/core/buf.h"
#include "reconciler/sys/clock.h"
#include "reconciler/sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME_BYTES_MAX 512
#define PAUSE_MS       10

/* A program that was started, until it was waited for. */
struct program {
	const char *path;
	pid_t pid;
	int out; /* what it prints; -1 = none */
	int64_t end_at;
};

/* Whatever it left in its process group ends with it: its number is ours
 * until waitpid. */
static void program_end(struct program *program, int *ret_status)
{
	int status = 0;

	if (program->out >= 0)
		(void)close(program->out);
	program->out = -1;
	if (program->pid <= 0)
		return;
	(void)kill(-program->pid, SIGKILL);
	while (waitpid(program->pid, &status, 0) < 0 && errno == EINTR)
		;
	program->pid = 0;
	if (ret_status)
		*ret_status = status;
}

static void program_done(struct program *program)
{
	program_end(program, NULL);
}

static int64_t left_ms(const struct program *program)
{
	const int64_t left = program->end_at - clock_mono_ms();

	return left > 0 ? left : 0;
}

/* Nothing of ours goes along: no descriptor, no signal that is ignored, no
 * variable. */
static int start(struct program *program, int out, const char *variable)
{
	const char *const argv[] = { program->path, NULL };
	const char *const environment[] = { "PATH=/usr/bin:/bin",
					    "LANG=C.UTF-8", variable, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	char *const *words;
	char *const *variables;
	sigset_t none;
	sigset_t all;
	int rc = posix_spawn_file_actions_init(&files);

	if (rc)
		return rc;
	rc = posix_spawnattr_init(&attributes);
	if (rc) {
		(void)posix_spawn_file_actions_destroy(&files);
		return rc;
	}
	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	/* posix_spawn takes char *const[], but changes nothing. */
	memcpy(&words, &(const char *const *){ argv }, sizeof(words));
	memcpy(&variables, &(const char *const *){ environment },
	       sizeof(variables));
	rc = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null",
					      O_RDONLY, 0) ||
			     posix_spawn_file_actions_adddup2(&files, out,
							      STDOUT_FILENO) ||
			     posix_spawn_file_actions_addopen(
				     &files, STDERR_FILENO, "/dev/null",
				     O_WRONLY, 0) ||
			     posix_spawn_file_actions_addclosefrom_np(&files,
								      3) ||
			     posix_spawn_file_actions_addchdir_np(&files,
								  "/") ||
			     posix_spawnattr_setsigmask(&attributes, &none) ||
			     posix_spawnattr_setsigdefault(&attributes, &all) ||
			     posix_spawnattr_setpgroup(&attributes, 0) ||
			     posix_spawnattr_setflags(
				     &attributes,
				     POSIX_SPAWN_SETSIGMASK |
					     POSIX_SPAWN_SETSIGDEF |
					     POSIX_SPAWN_SETPGROUP)
		     ? ENOMEM
		     : posix_spawn(&program->pid, program->path, &files,
				   &attributes, words, variables);
	if (rc)
		program->pid = 0;
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&files);
	return rc;
}

static int program_start(struct program *program, const char *name,
			 struct err *err)
{
	CLEANUP(buf_done) struct buf variable = { 0 };
	int ends[2];
	int rc;

	buf_init(&variable, NAME_BYTES_MAX);
	buf_printf(&variable, "LOCKSTEP_SECRET=%s", name);
	rc = buf_check(&variable, err);
	if (rc)
		return rc;
	if (pipe2(ends, O_CLOEXEC))
		return err_set(err, -ERR_SECRET, "%s: %s", program->path,
			       strerrordesc_np(errno));
	program->out = ends[0];
	rc = start(program, ends[1], buf_text(&variable));
	(void)close(ends[1]);
	return rc ? err_set(err, -ERR_SECRET, "%s can't be started: %s",
			    program->path, strerrordesc_np(rc))
		  : 0;
}

static int too_slow(const struct program *program, int64_t limit_ms,
		    struct err *err)
{
	return err_set(err, -ERR_SECRET,
		       "%s did not end within %lld ms and was killed",
		       program->path, (long long)limit_ms);
}

/* The bytes until it closes its output; -ERR_LIMIT when they do not fit. */
static int read_output(struct program *program, uint8_t *place, size_t room,
		       size_t *ret_len, struct err *err)
{
	struct pollfd wait = { .fd = program->out, .events = POLLIN };
	size_t len = 0;

	while (left_ms(program) > 0) {
		ssize_t n;

		if (poll(&wait, 1, (int)left_ms(program)) <= 0)
			continue; /* late, or a signal */
		n = read(program->out, place + len, room - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(err, -ERR_SECRET, "%s: %s",
				       program->path, strerrordesc_np(errno));
		*ret_len = len += (size_t)n;
		if (n == 0)
			return 0;
		if (len == room)
			return err_set(err, -ERR_LIMIT,
				       "%s prints more than %zu bytes",
				       program->path, room - 1);
	}
	return -ERR_INTERRUPTED;
}

/* Wait for its own end; it is not reaped, so that its group stays ours. */
static bool has_ended(struct program *program)
{
	while (left_ms(program) > 0) {
		siginfo_t info = { 0 };

		if (waitid(P_PID, (id_t)program->pid, &info,
			   WEXITED | WNOHANG | WNOWAIT) == 0 &&
		    info.si_pid == program->pid)
			return true;
		(void)poll(NULL, 0, PAUSE_MS);
	}
	return false;
}

/* What it says about itself is not told: it could hold the secret. */
static int check_status(const struct program *program, int status,
			struct err *err)
{
	if (WIFSIGNALED(status))
		return err_set(err, -ERR_SECRET, "%s was ended by signal %d",
			       program->path, WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return err_set(err, -ERR_SECRET,
			       "%s failed with exit status %d (what it prints "
			       "is not shown, since it may hold a secret; run "
			       "it by hand)",
			       program->path, WEXITSTATUS(status));
	return 0;
}

int program_read(const char *name, const char *path, int64_t limit_ms,
		 struct secret **ret, struct err *err)
{
	CLEANUP(program_done)
	struct program program = { .path = path,
				   .out = -1,
				   .end_at = clock_mono_ms() + limit_ms };
	CLEANUP(secret_freep) struct secret *secret = NULL;
	const size_t room = SECRET_SOURCE_BYTES_MAX + 1;
	uint8_t *place;
	size_t len = 0;
	int status = 0;
	int rc = file_check(path, FILE_TRUSTED, err);

	if (!rc)
		rc = secret_reserve(room, &secret, &place, err);
	if (!rc)
		rc = program_start(&program, name, err);
	if (!rc)
		rc = read_output(&program, place, room, &len, err);
	if (rc == -ERR_INTERRUPTED || (!rc && !has_ended(&program)))
		return too_slow(&program, limit_ms, err);
	if (rc)
		return rc;
	program_end(&program, &status);
	rc = check_status(&program, status, err);
	if (rc)
		return rc;
	if (len == 0)
		return err_set(err, -ERR_SECRET, "%s printed nothing", path);
	secret_truncate(secret, len);
	*ret = secret;
	secret = NULL;
	return 0;
}
