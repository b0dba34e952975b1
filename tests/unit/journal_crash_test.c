/* journal_crash_test.c - killed writers, full disks and overtaken writers:
 * what was told to be saved is there, and nothing else is half there. */
#include "tests/unit/journal_fixture.h"

#include <signal.h>
#include <sys/resource.h>

/* In a child: save for ever, tell each id that was saved. */
static void save_until_killed(struct folder *folder, int fd, unsigned round)
{
	struct answers answers = ANSWERS;
	struct journal *journal;
	struct store *store;
	char name[32];

	answers.fd = fd;
	if (open_as(folder, STORE_WRITE, &store) ||
	    journal_new(store, "r1", &handlers, &answers, &journal, NULL))
		_exit(1);
	for (uint64_t i = 1;; i++) {
		(void)snprintf(name, sizeof(name), "p%u-%u", round,
			       (unsigned)i);
		put(journal, (struct save){ .kind = SAVE_OBSERVED, .id = i },
		    (struct save_row){ .pool = name, .reason = "r" });
		if (i % 8 == 0)
			(void)usleep(1000);
	}
}

/* Every id that was told must be there; no id may be there whose
 * predecessors are not. */
static void check_round(struct folder *folder, unsigned round, uint64_t told)
{
	struct arena arena;
	struct store *store;
	struct past past;
	uint64_t found = 0;
	char name[32];

	arena_init(&arena, 1 << 26);
	if (open_as(folder, STORE_WRITE, &store))
		fail_msg("%s", folder->err.what);
	assert_int_equal(store_past(store, &arena, &past, &folder->err), 0);
	store_close(store);
	for (size_t i = 0; i < past.pools.n; i++) {
		unsigned of = 0;
		unsigned id = 0;

		/* NOLINTNEXTLINE(cert-err34-c): the test's own names */
		(void)sscanf(past.pools.items[i].pool, "p%u-%u", &of, &id);
		found += of == round;
	}
	assert_true(found >= told);
	for (uint64_t id = 1; id <= found; id += 97) {
		(void)snprintf(name, sizeof(name), "p%u-%u", round,
			       (unsigned)id);
		assert_non_null(past_find(&past, "web01", name));
	}
	if (found) {
		(void)snprintf(name, sizeof(name), "p%u-%u", round,
			       (unsigned)found);
		assert_non_null(past_find(&past, "web01", name));
	}
	arena_done(&arena);
}

static void test_killed(void **state)
{
	struct folder *folder = *state;
	uint64_t n_told = 0;
	unsigned seed = 12345;

	for (unsigned round = 1; round <= 30; round++) {
		uint64_t told = 0;
		uint64_t id;
		int pipes[2];
		pid_t child;

		assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
		child = fork();
		if (!child) {
			(void)close(pipes[0]);
			save_until_killed(folder, pipes[1], round);
		}
		(void)close(pipes[1]);
		/* Every other one is sure to have begun saving. */
		if (round % 2) {
			assert_int_equal(read(pipes[0], &id, sizeof(id)),
					 sizeof(id));
			told = id;
		}
		seed = seed * 1103515245U + 12345U;
		(void)usleep(5000 + seed / 65536U % 60000);
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_int_equal(waitpid(child, NULL, 0), child);
		while (read(pipes[0], &id, sizeof(id)) == sizeof(id)) {
			assert_int_equal(id, told + 1);
			told = id;
		}
		(void)close(pipes[0]);
		check_round(folder, round, told);
		n_told += told;
	}
	assert_true(n_told >= 15);
}

/* In a child: save until a commit fails; exits with 0 when all that came
 * after it failed too. */
static void save_until_full(struct folder *folder, int fd, off_t size)
{
	const struct rlimit limit = { (rlim_t)size, (rlim_t)size };
	struct answers answers = ANSWERS;
	struct journal *journal;
	struct store *store;
	char name[32];

	answers.fd = fd;
	(void)signal(SIGXFSZ, SIG_IGN);
	if (open_as(folder, STORE_WRITE, &store) ||
	    setrlimit(RLIMIT_FSIZE, &limit) ||
	    journal_new(store, "r2", &handlers, &answers, &journal, NULL))
		_exit(2);
	for (unsigned i = 1; i <= 600; i++) {
		(void)snprintf(name, sizeof(name), "pool%u", i);
		put(journal, (struct save){ .kind = SAVE_OBSERVED, .id = i },
		    (struct save_row){ .pool = name, .reason = name });
	}
	(void)usleep(50000);
	put(journal, (struct save){ .kind = SAVE_OBSERVED, .id = 601 },
	    (struct save_row){ .pool = "last", .reason = "" });
	journal_free(journal);
	store_close(store);
	_exit(answers.n_failed > 0 && answers.in_order &&
			      answers.n_saved + answers.n_failed == 601 &&
			      answers.err.code == -ERR_STATE_FILE
		      ? 0
		      : 1);
}

/* Files may not grow beyond a page more than the state has: a full disk. */
static void test_full_disk(void **state)
{
	struct folder *folder = *state;
	unsigned n_told = 0;
	struct past past;
	struct stat st;
	uint64_t id;
	int pipes[2];
	int status;
	pid_t child;

	make_born(folder);
	assert_int_equal(stat(folder->path, &st), 0);
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	child = fork();
	if (!child)
		save_until_full(folder, pipes[1], st.st_size + 4096);
	(void)close(pipes[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	while (read(pipes[0], &id, sizeof(id)) == sizeof(id))
		n_told++;
	(void)close(pipes[0]);
	load(folder, &past);
	assert_int_equal(past.pools.n, n_told);
	assert_null(past_find(&past, "web01", "last"));
	assert_left(folder, "r1");
}

/* Another writer came: nothing of the first is written any more. */
static void test_overtaken(void **state)
{
	struct answers answers = ANSWERS;
	struct folder *folder = *state;
	struct journal *journal;
	struct store *first;
	struct store *second;
	struct past past;

	assert_int_equal(open_as(folder, STORE_WRITE, &first), 0);
	assert_int_equal(journal_new(first, "r1", &handlers, &answers, &journal,
				     &folder->err),
			 0);
	assert_int_equal(unlink(beside(folder, ".lock")), 0);
	assert_int_equal(open_as(folder, STORE_WRITE, &second), 0);
	store_close(second);
	put(journal, (struct save){ .kind = SAVE_OBSERVED, .id = 1 },
	    (struct save_row){ .pool = "p", .reason = "" });
	journal_free(journal);
	store_close(first);
	assert_int_equal(answers.n_failed, 1);
	assert_int_equal(answers.err.code, -ERR_LOCKED);
	load(folder, &past);
	assert_int_equal(past.pools.n, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_killed),
		TEST(test_full_disk),
		TEST(test_overtaken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
