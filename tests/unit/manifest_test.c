/* manifest_test.c - folders of manifests -> desired, or the exact problems. */
#include "reconciler/manifest/manifest.h"

#include "reconciler/sys/clock.h"
#include "reconciler/sys/file.h"
#include "tests/unit/problems_case.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DATA    "tests/unit/data/manifest/"
#define SLOW_MS 2000 /* with sanitizers, on a busy machine */

struct loading {
	char *folder; /* own, for files that git can't hold */
	struct config config;
	struct desired desired;
	struct problems problems;
	struct err err;
};

static void read_text(const char *path, struct buf *ret)
{
	buf_init(ret, CASE_TEXT_MAX);
	assert_int_equal(file_read(path, FILE_ANY, CASE_TEXT_MAX, ret, NULL),
			 0);
}

/* The configuration must lie where only its owner may write. */
static int set_up(void **state)
{
	struct loading *loading = calloc(1, sizeof(*loading));
	CLEANUP(buf_done) struct buf text = { 0 };
	struct secret_ref *secret;
	char *path;

	assert_non_null(loading);
	loading->folder = test_folder();
	config_init(&loading->config);
	desired_init(&loading->desired);
	problems_init(&loading->problems);
	read_text(DATA "config.yaml", &text);
	path = test_file(loading->folder, "config.yaml", buf_text(&text),
			 text.len, 0600);
	assert_int_equal(config_load(path, &loading->config, &loading->problems,
				     &loading->err),
			 0);
	array_foreach(secret, &loading->config.secrets)
		secret->place.file = "config.yaml";
	assert_int_equal(remove(path), 0);
	free(path);
	*state = loading;
	return 0;
}

static int tear_down(void **state)
{
	struct loading *loading = *state;

	problems_done(&loading->problems);
	desired_done(&loading->desired);
	config_done(&loading->config);
	test_remove(loading->folder);
	free(loading);
	return 0;
}

static int load(struct loading *loading, const char *path)
{
	return manifest_load(path, &loading->config, &loading->desired,
			     &loading->problems, &loading->err);
}

static void gives(struct loading *loading, const char *path,
		  const char *expected)
{
	int64_t start = clock_mono_ms();

	assert_int_equal(load(loading, path), -ERR_MANIFEST);
	case_problems(&loading->problems, expected);
	assert_in_range(clock_mono_ms() - start, 0, SLOW_MS);
}

static void put_file(const struct loading *loading, const char *name,
		     const char *text)
{
	free(test_file(loading->folder, name, text, strlen(text), 0600));
}

/* DATA/NAME against DATA/NAME.txt. */
static void test_data(void **state)
{
	static const char *const names[] = { "fields",  "later",  "references",
					     "alias",   "pools",  "rollout",
					     "names",   "broken", "accounts",
					     "bindings" };
	struct loading *loading = *state;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		CLEANUP(buf_done) struct buf expected = { 0 };
		char path[128];

		(void)snprintf(path, sizeof(path), DATA "%s.txt", names[i]);
		read_text(path, &expected);
		(void)snprintf(path, sizeof(path), DATA "%s", names[i]);
		problems_done(&loading->problems);
		problems_init(&loading->problems);
		desired_done(&loading->desired);
		desired_init(&loading->desired);
		gives(loading, path, buf_text(&expected));
	}
}

static void check_good_servers(const struct desired *desired)
{
	const struct server *server = desired->servers.items;

	assert_int_equal(desired->servers.n, 3);
	assert_string_equal(server[0].name, "web01");
	assert_string_equal(server[0].host, "Web01.corp.example");
	assert_int_equal(server[0].port, 2222);
	assert_string_equal(
		server[0].host_key,
		"SHA256:4Yb0qmVY4dJq9oC3r1nTt6mX1c2b8sVxk0zq5uQe7aA");
	assert_int_equal(server[0].labels.n, 1);
	assert_string_equal(server[0].labels.items[0].key, "env");
	assert_string_equal(server[0].labels.items[0].value, "prod");
	assert_int_equal(server[1].port, 22);
	assert_null(server[1].host_key);
	assert_string_equal(server[1].place.file, "servers.yaml");
	assert_int_equal(server[1].place.line, 6);
	assert_string_equal(server[2].name, "123");
}

static void check_good_binding(const struct binding *binding)
{
	static const char *const pools[] = { "OrdersApi", "on", "1e3",
					     "a [b] \\ \"c\" ", ".NET v4.5" };
	size_t i;

	assert_string_equal(binding->name, "orders-prod");
	assert_int_equal(binding->account, 0);
	assert_int_equal(binding->groups.n, 2);
	assert_int_equal(binding->groups.items[0], 0);
	assert_int_equal(binding->groups.items[1], 1);
	assert_int_equal(binding->pools.n, 5);
	for (i = 0; i < 5; i++)
		assert_string_equal(binding->pools.items[i].name, pools[i]);
	assert_string_equal(binding->pools.items[1].place.file, "sub/app.yml");
	assert_int_equal(binding->pools.items[1].place.line, 16);
	assert_int_equal(binding->pools.items[1].place.col, 22);
	assert_int_equal(binding->restart, RESTART_NONE);
}

static void test_good(void **state)
{
	struct loading *loading = *state;
	const struct desired *desired = &loading->desired;
	const struct resource_group *group;

	assert_int_equal(load(loading, DATA "good"), 0);
	case_problems(&loading->problems, "");
	check_good_servers(desired);
	assert_int_equal(desired->accounts.n, 1);
	assert_string_equal(desired->accounts.items[0].user, "SVC-Orders");
	assert_int_equal(desired->accounts.items[0].user_format,
			 USER_FORMAT_UPN);
	assert_int_equal(desired->accounts.items[0].domain, 0);
	assert_int_equal(desired->accounts.items[0].secret, 0);
	assert_int_equal(desired->groups.n, 2);
	group = &desired->groups.items[0];
	assert_string_equal(group->name, "web-prod");
	assert_int_equal(group->servers.n, 2);
	assert_int_equal(group->servers.items[0], 0);
	assert_int_equal(group->servers.items[1], 1);
	assert_int_equal(group->rollout.canary, 3);
	assert_int_equal(group->rollout.batch_percent, 0);
	assert_int_equal(group->rollout.batch_servers, 1);
	assert_int_equal(group->rollout.max_failures, 2); /* caps */
	assert_int_equal(desired->bindings.n, 1);
	check_good_binding(&desired->bindings.items[0]);
	assert_int_equal(strlen(desired->digest), 64);
}

static void check_followed(const struct desired *desired)
{
	const struct binding *binding = &desired->bindings.items[1];

	assert_string_equal(binding->name, "followed");
	assert_int_equal(binding->account, 0);
	assert_int_equal(binding->identity, IDENTITY_SPECIFIC_USER);
	assert_true(binding->follow);
	assert_int_equal(binding->follow_place.line, 43);
	assert_int_equal(binding->follow_place.col, 11);
	assert_int_equal(binding->pools.n, 0);
	assert_int_equal(binding->exclude.n, 2);
	assert_string_equal(binding->exclude.items[0].name, "Legacy");
	assert_false(binding->exclude.items[0].glob);
	assert_true(binding->exclude.items[1].glob);
	assert_int_equal(binding->inherited, INHERITED_MAKE_LOCAL);
	assert_int_equal(binding->elsewhere, ELSEWHERE_REFUSE);
	assert_int_equal(binding->on_verify_fail, VERIFY_FAIL_CONTINUE);
	assert_string_equal(binding->http.path, "/health?full=1");
	assert_int_equal(binding->http.n_expect, 2);
	assert_int_equal(binding->http.expect[0], 200);
	assert_int_equal(binding->http.expect[1], 401);
	assert_int_equal(binding->http.within_ms, 60000);
}

/* All that an AppPoolBinding and an Account can say. */
static void test_full(void **state)
{
	struct loading *loading = *state;
	const struct desired *desired = &loading->desired;
	const struct binding *binding;

	assert_int_equal(load(loading, DATA "full"), 0);
	assert_int_equal(desired->accounts.n, 2);
	assert_int_equal(desired->accounts.items[0].type, ACCOUNT_USER);
	assert_int_equal(desired->accounts.items[1].type, ACCOUNT_GMSA);
	assert_string_equal(desired->accounts.items[1].user, "svc-web$");
	assert_true(desired->accounts.items[1].secret == SIZE_MAX);
	assert_int_equal(desired->bindings.n, 3);
	binding = &desired->bindings.items[0];
	assert_true(binding->account == SIZE_MAX);
	assert_int_equal(binding->identity, IDENTITY_NETWORK_SERVICE);
	assert_false(binding->follow);
	assert_int_equal(binding->pools.n, 2);
	assert_false(binding->pools.items[0].glob);
	assert_true(binding->pools.items[1].glob);
	assert_int_equal(binding->inherited, INHERITED_REFUSE);
	assert_int_equal(binding->elsewhere, ELSEWHERE_WARN);
	assert_int_equal(binding->on_verify_fail, VERIFY_FAIL_ROLLBACK);
	assert_null(binding->http.path);
	check_followed(desired);
	binding = &desired->bindings.items[2];
	assert_int_equal(binding->account, 1);
	assert_string_equal(binding->http.path, "/");
	assert_int_equal(binding->http.n_expect, 1);
	assert_int_equal(binding->http.expect[0], 200);
	assert_int_equal(binding->http.within_ms, 90000);
	assert_int_equal(binding->on_verify_fail, VERIFY_FAIL_STOP);
}

static void test_pools_of(void **state)
{
	struct loading *loading = *state;
	struct declared_array pools = { 0 };
	struct arena arena;

	arena_init(&arena, 65536);
	assert_int_equal(load(loading, DATA "good"), 0);
	/* Server 0 is in both groups of the binding: each pool once. */
	assert_int_equal(desired_pools_of(&loading->desired, 0, &arena, &pools),
			 0);
	assert_int_equal(pools.n, 5);
	assert_int_equal(pools.items[4].server, 0);
	assert_int_equal(pools.items[4].binding, 0);
	assert_int_equal(pools.items[4].pool, 4);
	assert_ptr_equal(desired_group_of(&loading->desired, 0),
			 &loading->desired.groups.items[0]);
	assert_ptr_equal(desired_group_of(&loading->desired, 2),
			 &loading->desired.groups.items[1]);
	loading->desired.bindings.n = 0;
	assert_null(desired_group_of(&loading->desired, 0));
	assert_int_equal(desired_pools_of(&loading->desired, 0, &arena, &pools),
			 0);
	assert_int_equal(pools.n, 0);
	arena_done(&arena);
}

static void test_without_configuration(void **state)
{
	struct loading *loading = *state;

	assert_int_equal(manifest_load("manifests/examples/quickstart", NULL,
				       &loading->desired, &loading->problems,
				       &loading->err),
			 0);
	case_problems(&loading->problems, "");
	assert_int_equal(loading->desired.servers.n, 2);
	assert_true(loading->desired.accounts.items[0].domain == SIZE_MAX);
	assert_true(loading->desired.accounts.items[0].secret == SIZE_MAX);
	assert_int_equal(loading->desired.groups.items[0].rollout.batch_percent,
			 25);
}

/* The digest is of names and bytes, not of where the folder lies. */
static void test_digest(void **state)
{
	struct loading *loading = *state;
	CLEANUP(buf_done) struct buf text = { 0 };
	char first[65];

	read_text("manifests/examples/quickstart/orders.yaml", &text);
	put_file(loading, "orders.yaml", buf_text(&text));
	loading->config.caps = config_default_caps;
	assert_int_equal(load(loading, "manifests/examples/quickstart"), 0);
	memcpy(first, loading->desired.digest, sizeof(first));
	desired_done(&loading->desired);
	desired_init(&loading->desired);
	assert_int_equal(load(loading, loading->folder), 0);
	assert_string_equal(loading->desired.digest, first);
	buf_puts(&text, "#\n");
	put_file(loading, "orders.yaml", buf_text(&text));
	desired_done(&loading->desired);
	desired_init(&loading->desired);
	assert_int_equal(load(loading, loading->folder), 0);
	assert_string_not_equal(loading->desired.digest, first);
}

static void test_one_file(void **state)
{
	struct loading *loading = *state;

	gives(loading, DATA "broken/b.yaml",
	      DATA "broken/b.yaml:4:18: no Server is named \"web01\"\n" DATA
		   "broken/b.yaml:4:26: unknown field \"rolout\" in "
		   "ResourceGroup.spec; did you mean \"rollout\"?\n");
	assert_string_equal(loading->err.what,
			    DATA "broken/b.yaml: 2 problems");
}

static void test_no_manifests(void **state)
{
	struct loading *loading = *state;
	char expected[256];

	put_file(loading, "README.md", "# nothing\n");
	(void)snprintf(expected, sizeof(expected),
		       "%s:1:1: no manifests: the folder holds no *.yaml or "
		       "*.yml file\n",
		       loading->folder);
	gives(loading, loading->folder, expected);
	problems_done(&loading->problems);
	problems_init(&loading->problems);
	put_file(loading, "a.yaml", "# nothing\n---\n");
	(void)snprintf(expected, sizeof(expected),
		       "%s:1:1: no manifests: the files hold no document\n",
		       loading->folder);
	gives(loading, loading->folder, expected);
	problems_done(&loading->problems);
	problems_init(&loading->problems);
	assert_int_equal(load(loading, DATA "not-there"), -ERR_FILE);
	assert_string_equal(loading->err.what,
			    DATA "not-there: No such file or directory");
}

/* Links, FIFOs and a file that is too large; each is named, none is opened
 * or waited for, and the good file beside them is still read. */
static void test_hostile_folder(void **state)
{
	struct loading *loading = *state;
	char path[256];
	char *large = calloc(1, 300001);

	assert_non_null(large);
	memset(large, '#', 300000);
	put_file(loading, "large.yaml", large);
	free(large);
	put_file(loading, "web.yaml",
		 "apiVersion: lockstep/v1\nkind: Server\n"
		 "metadata: {name: web01}\nspec: {hots: web01}\n");
	(void)snprintf(path, sizeof(path), "%s/shadow.yaml", loading->folder);
	assert_int_equal(symlink("/etc/shadow", path), 0);
	(void)snprintf(path, sizeof(path), "%s/loop", loading->folder);
	assert_int_equal(symlink(".", path), 0);
	(void)snprintf(path, sizeof(path), "%s/fifo.yml", loading->folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	(void)snprintf(path, sizeof(path), "%s/folder.yaml", loading->folder);
	assert_int_equal(mkdir(path, 0700), 0);
	gives(loading, loading->folder,
	      "fifo.yml:1:1: this is a FIFO, not a regular file\n"
	      "large.yaml:1:1: the file is larger than 256 KiB; split it\n"
	      "loop:1:1: this is a symbolic link; manifests are regular files "
	      "below the folder\n"
	      "shadow.yaml:1:1: this is a symbolic link; manifests are regular "
	      "files below the folder\n"
	      "web.yaml:4:7: Server.spec misses the field \"host\": expected a "
	      "DNS name or an address, for example web01.corp.example\n"
	      "web.yaml:4:8: unknown field \"hots\" in Server.spec; did you "
	      "mean \"host\"?\n");
}

/* 2,000 problems: 200 are listed, and it is said that there are more. */
static void test_many_problems(void **state)
{
	struct loading *loading = *state;
	CLEANUP(buf_done) struct buf text = { 0 };
	char expected[256];
	size_t i;

	buf_init(&text, CASE_TEXT_MAX);
	buf_puts(&text, "apiVersion: lockstep/v1\nkind: Server\n"
			"metadata: {name: a}\nspec:\n");
	for (i = 0; i < 2000; i++)
		buf_printf(&text, "  hots%zu: a\n", i);
	put_file(loading, "a.yaml", buf_text(&text));
	put_file(loading, "b.yaml", buf_text(&text));
	assert_int_equal(load(loading, loading->folder), -ERR_MANIFEST);
	assert_int_equal(loading->problems.items.n, 200);
	(void)snprintf(expected, sizeof(expected),
		       "%s: more than 200 problems; the first are listed",
		       loading->folder);
	assert_string_equal(loading->err.what, expected);
}

static void test_many_files(void **state)
{
	struct loading *loading = *state;
	char expected[256];
	char name[32];
	size_t i;

	for (i = 0; i <= 10000; i++) {
		(void)snprintf(name, sizeof(name), "%zu.yaml", i);
		put_file(loading, name, "");
	}
	(void)snprintf(expected, sizeof(expected),
		       "%s:1:1: the folder holds more than 10,000 manifest "
		       "files\n",
		       loading->folder);
	assert_int_equal(load(loading, loading->folder), -ERR_MANIFEST);
	case_problems(&loading->problems, expected);
}

/* 4,000 servers, each in three groups that two bindings name. */
static void test_large_farm(void **state)
{
	struct loading *loading = *state;
	CLEANUP(buf_done) struct buf text = { 0 };
	int64_t start;
	size_t group;
	size_t i;
	char name[32];

	buf_init(&text, CASE_TEXT_MAX);
	for (i = 0; i < 4000; i++) {
		buf_printf(&text,
			   "---\napiVersion: lockstep/v1\nkind: Server\n"
			   "metadata: {name: s%zu}\nspec: {host: s%zu}\n",
			   i, i);
		if (i % 1000 != 999)
			continue;
		(void)snprintf(name, sizeof(name), "s%zu.yaml", i);
		put_file(loading, name, buf_text(&text));
		buf_clear(&text);
	}
	for (group = 0; group < 3; group++) {
		buf_printf(&text,
			   "---\napiVersion: lockstep/v1\nkind: ResourceGroup\n"
			   "metadata: {name: g%zu}\nspec: {servers: [s0",
			   group);
		for (i = 1; i < 4000; i++)
			buf_printf(&text, ",s%zu", i);
		buf_puts(&text, "]}\n");
	}
	buf_puts(&text, "---\napiVersion: lockstep/v1\nkind: Account\n"
			"metadata: {name: a}\nspec: {domain: corp, user: "
			"svc-orders, password: {secret: svc-orders}}\n");
	for (i = 0; i < 2; i++)
		buf_printf(&text,
			   "---\napiVersion: lockstep/v1\nkind: "
			   "AppPoolBinding\nmetadata: {name: b%zu}\nspec: "
			   "{identity: {account: a}, groups: [g0, g1, g2], "
			   "pools: [p%zu, q%zu, r%zu]}\n",
			   i, i, i, i);
	put_file(loading, "z.yaml", buf_text(&text));
	start = clock_mono_ms();
	assert_int_equal(load(loading, loading->folder), 0);
	assert_in_range(clock_mono_ms() - start, 0, SLOW_MS);
	assert_int_equal(loading->desired.servers.n, 4000);
	assert_int_equal(loading->desired.groups.items[2].servers.n, 4000);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_data),
		CASE(test_good),
		CASE(test_full),
		CASE(test_pools_of),
		CASE(test_without_configuration),
		CASE(test_digest),
		CASE(test_one_file),
		CASE(test_no_manifests),
		CASE(test_hostile_folder),
		CASE(test_many_problems),
		CASE(test_many_files),
		CASE(test_large_farm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
