/* process.c - closing the ways by which secrets leave a process. */
#include "reconciler/sys/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file opened later must not become descriptor 0, 1 or 2: what is meant
 * for the operator would be written into it. */
static int open_standard(struct err *err)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR); /* NOLINT(android-cloexec-*) */
		if (fd < 0)
			return err_set(err, -ERR_FILE, "/dev/null: %s",
				       strerrordesc_np(errno));
	} while (fd <= STDERR_FILENO);
	(void)close(fd);
	return 0;
}

int process_harden(struct err *err)
{
	const struct rlimit no_core = { 0, 0 };
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	const struct sigaction usual = { .sa_handler = SIG_DFL };
	struct rlimit files;
	int rc = open_standard(err);

	if (rc < 0)
		return rc;
	if (setrlimit(RLIMIT_CORE, &no_core) ||
	    (!PROCESS_TRACEABLE && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)))
		return err_set(err, -ERR_BUG, "core dumps can't be refused: %s",
			       strerrordesc_np(errno));
	(void)umask(077);
	/* A peer that hangs up, and a file that may not grow, are errors of
	 * that write, not our end. */
	if (sigaction(SIGPIPE, &ignore, NULL) ||
	    sigaction(SIGXFSZ, &ignore, NULL))
		return err_set(err, -ERR_BUG, "ignoring signals: %s",
			       strerrordesc_np(errno));
	/* Who started us may ignore it, and we would inherit that: a program
	 * that ended (exec:) could not be waited for, and its number be that of
	 * somebody else when its group is killed. */
	if (sigaction(SIGCHLD, &usual, NULL))
		return err_set(err, -ERR_BUG, "signals of children: %s",
			       strerrordesc_np(errno));
	/* One descriptor a server; fewer than allowed is no fault here. */
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	return 0;
}
