/* secret_program_test.c - secrets from programs and from credentials of systemd. */
#include "modules/secret_source/parts.h"
#include "reconciler/sys/clock.h"
#include "tests/lib/test.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *folder;

/* What the source says, or its error. */
struct answer {
	struct secret *secret;
	int64_t version;
	struct err err;
	int rc;
};

static struct answer load(const char *scheme, const char *rest)
{
	char from[4200];
	const struct secret_ref ref = { .name = "svc", .from = from };
	struct answer answer = { 0 };

	(void)snprintf(from, sizeof(from), "%s%s", scheme, rest);
	answer.rc = secret_source_load(&ref, &answer.secret, &answer.version,
				       &answer.err);
	assert_true((answer.rc == 0) == (answer.secret != NULL));
	return answer;
}

/* A shell script of this body; the path is the caller's to free. */
static char *script(const char *body, mode_t mode)
{
	char text[4096];

	(void)snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", body);
	return test_file(folder, "program", text, strlen(text), mode);
}

static struct answer load_script(const char *body)
{
	char *path = script(body, 0700);
	struct answer answer = load("exec:", path);

	free(path);
	return answer;
}

static void expect(const char *body, const char *password, int64_t version)
{
	struct answer answer = load_script(body);

	if (answer.rc)
		fail_msg("%s", answer.err.what);
	assert_int_equal(secret_len(answer.secret), strlen(password));
	assert_memory_equal(secret_bytes(answer.secret), password,
			    strlen(password));
	assert_true(answer.version == version);
	secret_free(answer.secret);
}

static void refuse(const char *body, const char *why)
{
	struct answer answer = load_script(body);

	assert_true(answer.rc == -ERR_SECRET || answer.rc == -ERR_LIMIT);
	if (!strstr(answer.err.what, why))
		fail_msg("wanted %s, got %s", why, answer.err.what);
	assert_null(strstr(answer.err.what, "hunter2"));
}

static void a_program_prints_version_and_password(void **state)
{
	(void)state;
	expect("printf 'version: 7\\nhunter2'", "hunter2", 7);
	expect("printf 'version: 7\\nhunter2\\n'", "hunter2", 7);
	expect("printf 'version: 12\\r\\nhunter2\\r\\n'", "hunter2", 12);
	expect("printf 'version: 9223372036854775807\\n version: 1 \\n'",
	       " version: 1 ", 9223372036854775807LL);
	/* Slowly, and in parts. */
	expect("printf 'vers'; sleep 0.1; printf 'ion: 3\\nhun'; sleep 0.1; "
	       "printf 'ter2\\n'",
	       "hunter2", 3);
}

static void what_a_program_prints_is_not_guessed_at(void **state)
{
	static const char *const bodies[] = {
		"echo hunter2",
		"printf 'version: \\nhunter2'",
		"printf 'version: 0\\nhunter2'",
		"printf 'version: 07\\nhunter2'",
		"printf 'version: 7 \\nhunter2'",
		"printf 'version: -7\\nhunter2'",
		"printf 'version: 9223372036854775808\\nhunter2'",
		"printf 'Version: 7\\nhunter2'",
		"printf 'version: 7'",
		"printf 'v\\nhunter2'",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		refuse(bodies[i], "the first line it prints must be");
	refuse("printf 'version: 7\\n'", "printed a version and no password");
	refuse("printf 'version: 7\\n\\n'", "is empty");
	refuse("printf 'version: 7\\nhunter2\\nmore\\n'", "control character");
	refuse("exit 0", "printed nothing");
	refuse("printf 'version: 7\\n'; head -c 3000 /dev/zero",
	       "prints more than 2048 bytes");
}

static void only_the_status_of_a_program_is_told(void **state)
{
	(void)state;
	refuse("echo hunter2; echo hunter2 >&2; exit 3",
	       "failed with exit status 3");
	refuse("printf 'version: 7\\nhunter2'; kill -9 $$",
	       "was ended by signal 9");
}

static void read_text(const char *name, char *ret, size_t size)
{
	char path[4200];
	FILE *file;
	size_t n;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "re");
	assert_non_null(file);
	n = fread(ret, 1, size - 1, file);
	ret[n] = '\0';
	for (size_t i = 0; i < n; i++)
		if (ret[i] == '\0')
			ret[i] = '|';
	(void)fclose(file);
}

/* Neither argument nor descriptor nor variable of ours goes along. */
static void a_program_starts_bare(void **state)
{
	char body[1024];
	char seen[8192];
	char wanted[4300];
	int extra = dup2(STDOUT_FILENO, 7); /* that is to be leaked */
	unsigned long long ignored;
	struct answer answer;

	(void)state;
	assert_int_equal(extra, 7);
	/* As the program does at its start. */
	assert_true(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
	assert_int_equal(setenv("LOCKSTEP_TEST_LEAK", "hunter2", 1), 0);
	(void)snprintf(
		body, sizeof(body),
		"cat /proc/$$/environ >%s/environ\n"
		"cat /proc/$$/cmdline >%s/cmdline\n"
		"readlink /proc/$$/fd/0 /proc/$$/fd/2 /proc/$$/cwd "
		">%s/files\nls /proc/$$/fd >>%s/files\n"
		"printf 'version: 1\\nhunter2'\n"
		"exec grep -E '^(SigBlk|SigIgn)' /proc/self/status >%s/signals",
		folder, folder, folder, folder, folder);
	answer = load_script(body);
	assert_int_equal(answer.rc, 0);
	secret_free(answer.secret);
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
	assert_int_equal(unsetenv("LOCKSTEP_TEST_LEAK"), 0);
	(void)close(extra);
	read_text("environ", seen, sizeof(seen));
	assert_string_equal(
		seen, "PATH=/usr/bin:/bin|LANG=C.UTF-8|LOCKSTEP_SECRET=svc|");
	read_text("cmdline", seen, sizeof(seen));
	(void)snprintf(wanted, sizeof(wanted), "/bin/sh|%s/program|", folder);
	assert_string_equal(seen, wanted);
	read_text("files", seen, sizeof(seen));
	/* Those from 10 are the shell's own. */
	assert_non_null(strstr(seen, "/dev/null\n/dev/null\n/\n0\n1\n"));
	assert_non_null(strstr(seen, "\n2\n"));
	for (const char *at = strstr(seen, "\n0\n"); at[0] && at[1];
	     at = strchr(at + 1, '\n'))
		assert_false(at[1] >= '3' && at[1] <= '9');
	read_text("signals", seen, sizeof(seen));
	/* The shell blocks signals while it starts something, so it was told of
	 * by what the shell became. 32 and 33 belong to the C library. */
	assert_non_null(strstr(seen, "SigBlk:\t0000000000000000\n"));
	assert_non_null(strstr(seen, "SigIgn:\t"));
	ignored = strtoull(strstr(seen, "SigIgn:\t") + 8, NULL, 16);
	assert_true((ignored & 0x7fffffff) == 0);
}

static pid_t pid_in(const char *name)
{
	char text[64];

	read_text(name, text, sizeof(text));
	return (pid_t)strtol(text, NULL, 10);
}

/* It and what it started are gone when the call returns. */
static void a_slow_program_is_killed_with_its_group(void **state)
{
	static const char *const ends[] = { "sleep 60",
					    "exec >/dev/null; sleep 60",
					    "trap '' TERM; sleep 60" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const int64_t begun = clock_mono_ms();
		struct secret *secret = NULL;
		struct err err = { 0 };
		char body[1024];
		char *path;

		(void)snprintf(
			body, sizeof(body),
			"sleep 61 & echo $! >%s/child; echo $$ >%s/own\n%s",
			folder, folder, ends[i]);
		path = script(body, 0700);
		assert_int_equal(program_read("svc", path, 500, &secret, &err),
				 -ERR_SECRET);
		assert_non_null(strstr(err.what, "did not end within 500 ms"));
		assert_true(clock_mono_ms() - begun < 5000);
		assert_int_equal(kill(pid_in("own"), 0), -1);
		/* A child's end is init's to collect. */
		for (int k = 0; k < 100 && kill(pid_in("child"), 0) == 0; k++) {
			char stat[64];
			char text[512];
			FILE *file;

			(void)snprintf(stat, sizeof(stat), "/proc/%d/stat",
				       pid_in("child"));
			file = fopen(stat, "re");
			if (!file)
				break;
			assert_non_null(fgets(text, sizeof(text), file));
			(void)fclose(file);
			if (strstr(text, ") Z "))
				break;
			(void)usleep(20000);
			assert_true(k < 99);
		}
		free(path);
	}
}

static void only_trusted_programs_are_started(void **state)
{
	char *path = script("printf 'version: 1\\nhunter2'", 0722);
	char link[4200];
	struct answer answer;

	(void)state;
	answer = load("exec:", path);
	assert_int_equal(answer.rc, -ERR_FILE_MODE);
	assert_non_null(strstr(answer.err.what, "must not write it"));
	assert_int_equal(chmod(path, 0600), 0);
	answer = load("exec:", path);
	assert_int_equal(answer.rc, -ERR_SECRET);
	assert_non_null(strstr(answer.err.what, "can't be started"));
	assert_int_equal(chmod(path, 0700), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(path, 12345, 0), 0);
		answer = load("exec:", path);
		assert_int_equal(answer.rc, -ERR_FILE_MODE);
		assert_int_equal(chown(path, 0, 0), 0);
	}
	(void)snprintf(link, sizeof(link), "%s/link", folder);
	assert_int_equal(symlink(path, link), 0);
	answer = load("exec:", link);
	assert_int_equal(answer.rc, -ERR_FILE_MODE);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(chmod(folder, 0777), 0);
	answer = load("exec:", path);
	assert_int_equal(answer.rc, -ERR_FILE_MODE);
	assert_int_equal(chmod(folder, 0700), 0);
	answer = load("exec:", "/nowhere/program");
	assert_int_equal(answer.rc, -ERR_FILE);
	free(path);
}

static void systemd_hands_over_credentials(void **state)
{
	char *path = test_file(folder, "corp-svc", "hunter2\n", 8, 0440);
	struct answer answer;
	struct stat st;

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	answer = load("systemd:", "corp-svc");
	assert_int_equal(answer.rc, -ERR_SECRET);
	assert_non_null(strstr(answer.err.what,
			       "LoadCredential=corp-svc:/path/of/the/file"));
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
	answer = load("systemd:", "corp-svc");
	if (answer.rc)
		fail_msg("%s", answer.err.what);
	assert_int_equal(secret_len(answer.secret), 7);
	assert_memory_equal(secret_bytes(answer.secret), "hunter2", 7);
	assert_true(answer.version == (int64_t)st.st_mtim.tv_sec * 1000000000 +
					      st.st_mtim.tv_nsec);
	secret_free(answer.secret);
	assert_int_equal(chmod(path, 0444), 0);
	answer = load("systemd:", "corp-svc");
	assert_int_equal(answer.rc, -ERR_FILE_MODE);
	assert_int_equal(chmod(path, 0460), 0);
	answer = load("systemd:", "corp-svc");
	assert_int_equal(answer.rc, -ERR_FILE_MODE);
	answer = load("systemd:", "other");
	assert_int_equal(answer.rc, -ERR_FILE);
	answer = load("systemd:", "../corp-svc");
	assert_int_equal(answer.rc, -ERR_SECRET);
	answer = load("systemd:", "..");
	assert_int_equal(answer.rc, -ERR_SECRET);
	answer = load("systemd:", "");
	assert_int_equal(answer.rc, -ERR_SECRET);
	answer = load("vault:", "x");
	assert_int_equal(answer.rc, -ERR_SECRET);
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	free(path);
}

static int set_up(void **state)
{
	struct err err;

	(void)state;
	folder = test_folder();
	return secret_heap_init(&err);
}

static int tear_down(void **state)
{
	(void)state;
	test_remove(folder);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_prints_version_and_password),
		cmocka_unit_test(what_a_program_prints_is_not_guessed_at),
		cmocka_unit_test(only_the_status_of_a_program_is_told),
		cmocka_unit_test(a_program_starts_bare),
		cmocka_unit_test(a_slow_program_is_killed_with_its_group),
		cmocka_unit_test(only_trusted_programs_are_started),
		cmocka_unit_test(systemd_hands_over_credentials),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
