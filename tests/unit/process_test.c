/* process_test.c - what process_harden() does to a process of its own. */
#include "reconciler/sys/process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The number of the first promise that does not hold; 0 when all do. */
static int broken_promise(void)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction child_action;
	struct sigaction pipe_action;
	struct rlimit limit;
	struct stat null;
	int fd;

	(void)close(STDIN_FILENO);
	(void)close(STDERR_FILENO);
	(void)sigaction(SIGCHLD, &ignore, NULL); /* as a caller may have it */
	if (process_harden(NULL))
		return 1;
	if (getrlimit(RLIMIT_CORE, &limit) || limit.rlim_max != 0)
		return 2;
	if (umask(0) != 077)
		return 3;
	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd += 2)
		if (fstat(fd, &null) || !S_ISCHR(null.st_mode))
			return 4;
	/* 3 and 4 may be somebody's; a new one is none of the first three. */
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (fd <= STDERR_FILENO)
		return 5;
	if (sigaction(SIGPIPE, NULL, &pipe_action) ||
	    pipe_action.sa_handler != SIG_IGN)
		return 6;
	if (getrlimit(RLIMIT_NOFILE, &limit) ||
	    limit.rlim_cur != limit.rlim_max)
		return 7;
	if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != PROCESS_TRACEABLE)
		return 8;
	if (sigaction(SIGCHLD, NULL, &child_action) ||
	    child_action.sa_handler != SIG_DFL)
		return 9;
	return 0;
}

static void test_harden(void **state)
{
	int status = -1;
	pid_t child = fork();

	(void)state;
	assert_true(child >= 0);
	if (child == 0)
		_exit(broken_promise());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_harden) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
