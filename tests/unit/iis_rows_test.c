/* iis_rows_test.c - what a look says beside the pools, and what verify asks. */
#include "modules/iis_app_pool/replies.h"
#include "modules/iis_app_pool/requests.h"
#include "modules/iis_app_pool/tag.h"
#include "tests/lib/test.h"

#include <string.h>

#define HEX64  "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define SERVER "server\tconfig=" HEX64 "\tfence=present\tnow=1700000000000\n"
#define POOL(user, tag)                                                    \
	"pool\tname=A\tidentity=SpecificUser\tlocal=1\tuser=" user         \
	"\tuserFrom=local\tpassword=present\tpasswordFrom=local\ttag=" tag \
	"\tstate=Started\tautoStart=1\tstartMode=OnDemand\trotates"        \
	"=1\tsites=2\n"
#define OBSERVED "done\tstage=observe\n"
#define VERIFIED "done\tstage=verify\n"

/* 0: a user; 1: a managed account; 2: a user that nobody watches here. */
static struct desired desired;
static struct config config;
static struct index_array watched;
static struct secret *key;
static struct secret *password;

static int set_up(void **state)
{
	static const char *suffixes[] = { "bank.example" };
	const struct domain domain = { .netbios = "CORP",
				       .dns_name = "corp.example",
				       .upn_suffixes = { suffixes, 1, 1 } };
	const struct account accounts[] = {
		{ .name = "svc", .user = "svc" },
		{ .name = "managed",
		  .user = "gm$",
		  .type = ACCOUNT_GMSA,
		  .secret = SIZE_MAX },
		{ .name = "payroll", .user = "payroll" },
	};
	struct err err;

	(void)state;
	if (secret_heap_init(&err) || secret_random(32, &key, &err) ||
	    secret_new("pass", 4, &password, &err))
		return -1;
	desired_init(&desired);
	config_init(&config);
	for (size_t i = 0; i < 3; i++)
		if (!array_push(&desired.arena, &desired.accounts, accounts[i]))
			return -1;
	return array_push(&config.arena, &config.domains, domain) &&
			       array_push(&desired.arena, &watched, 0) &&
			       array_push(&desired.arena, &watched, 1)
		       ? 0
		       : -1;
}

static int tear_down(void **state)
{
	(void)state;
	secret_free(key);
	secret_free(password);
	desired_done(&desired);
	config_done(&config);
	return 0;
}

static int look(struct arena *arena, const char *records, struct observed *ret,
		struct err *err)
{
	const struct secret *passwords[] = { password };
	const struct iis_compare compare = {
		.verify = strstr(records, "stage=verify") != NULL,
		.key = key,
		.desired = &desired,
		.config = &config,
		.accounts = &watched,
		.passwords = passwords,
	};
	const struct iis_body body = { .records = records,
				       .len = strlen(records) };

	*ret = (struct observed){ 0 };
	return iis_reply_pools(arena, &body, &compare, ret, err);
}

static void places_of_the_server_are_read(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct observed seen;

	(void)state;
	arena_init(&arena, 1 << 20);
	assert_int_equal(
		look(&arena,
		     SERVER
		     "site\tname=Shop\tbindings=http *:80:shop, +3\n"
		     "elsewhere\tkind=virtualDirectory\tplace=Shop/images\tuser=corp\\\\SVC\n"
		     "elsewhere\tkind=anonymous\tplace=\tuser=svc@bank.example\n"
		     "elsewhere\tkind=defaults\tplace=applicationPoolDefaults\tuser=CORP\\\\gm$\n"
		     "elsewhere\tkind=service\tplace=Spooler\tuser=CORP\\\\payroll\n"
		     "elsewhere\tkind=task\tplace=\\\\Nightly\tuser=svc@corp.example\n"
		     "blind\twhat=tasks\tcode=wmi_failed\n" POOL("x", "")
			     OBSERVED,
		     &seen, NULL),
		0);
	assert_int_equal(seen.sites.n, 1);
	assert_string_equal(seen.sites.items[0].name, "Shop");
	assert_string_equal(seen.sites.items[0].bindings, "http *:80:shop, +3");
	/* payroll was not asked for. */
	assert_int_equal(seen.elsewhere.n, 4);
	assert_int_equal(seen.elsewhere.items[0].kind,
			 ELSEWHERE_VIRTUAL_DIRECTORY);
	assert_int_equal(seen.elsewhere.items[0].account, 0);
	assert_string_equal(seen.elsewhere.items[0].place, "Shop/images");
	assert_string_equal(seen.elsewhere.items[0].user, "corp\\SVC");
	assert_int_equal(seen.elsewhere.items[1].kind, ELSEWHERE_ANONYMOUS);
	assert_int_equal(seen.elsewhere.items[1].account, 0);
	assert_int_equal(seen.elsewhere.items[2].kind, ELSEWHERE_DEFAULTS);
	assert_int_equal(seen.elsewhere.items[2].account, 1);
	assert_int_equal(seen.elsewhere.items[3].kind, ELSEWHERE_TASK);
	assert_string_equal(seen.elsewhere.items[3].place, "\\Nightly");
	assert_int_equal(seen.blind.n, 1);
	assert_string_equal(seen.blind.items[0].what, "tasks");
	assert_string_equal(seen.blind.items[0].why, "wmi_failed");
}

static void rows_of_a_pool_are_read(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	const struct observed_pool *pool;
	struct observed seen;

	(void)state;
	arena_init(&arena, 1 << 20);
	assert_int_equal(
		look(&arena,
		     POOL("x",
			  "") "app\tpool=a\tsite=Shop\tpath=/\tfolder=C:\\\\shop\twindowsAuth=1\tkernelMode=0\tpoolCredentials=1\n"
			      "event\tpool=A\tid=5021\ttime=9\tcode=8007052e\n"
			      "event\tpool=A\tid=5002\ttime=8\tcode=\n"
			      "answer\tpool=A\tsite=Shop\tbinding=http *:80:\tstatus=200\twhy=\n"
			      "answer\tpool=A\tsite=Shop\tbinding=https *:443:\tstatus=0\twhy=tls\n" VERIFIED,
		     &seen, NULL),
		0);
	pool = &seen.pools.items[0];
	assert_int_equal(pool->apps.n, 1);
	assert_string_equal(pool->apps.items[0].folder, "C:\\shop");
	assert_true(pool->apps.items[0].windows_auth);
	assert_false(pool->apps.items[0].kernel_mode);
	assert_true(pool->apps.items[0].pool_credentials);
	assert_true(pool->events.items[0].code == 0x8007052eU);
	assert_true(pool->events.items[1].code == 0);
	assert_int_equal(pool->answers.n, 2);
	assert_int_equal(pool->answers.items[0].status, 200);
	assert_string_equal(pool->answers.items[0].why, "");
	assert_int_equal(pool->answers.items[1].status, 0);
	assert_string_equal(pool->answers.items[1].why, "tls");
}

/* Each is wrong in one way; each makes the whole reply invalid. */
static void bad_rows_are_refused(void **state)
{
#define APP(pool, path_etc)                                    \
	"app\tpool=" pool "\tsite=S\tpath=/\tfolder=C:\\\\s\t" \
	"windowsAuth=" path_etc "\tkernelMode=0\tpoolCredentials=0\n"
#define ANSWER(pool, status, why)                                           \
	"answer\tpool=" pool "\tsite=S\tbinding=http *:80:\tstatus=" status \
	"\twhy=" why "\n"
	static const struct {
		const char *records;
		const char *why;
	} cases[] = {
		{ SERVER APP("B", "1") POOL("x", "") OBSERVED,
		  "app: a pool that is not in the reply" },
		{ SERVER APP("A", "2") POOL("x", "") OBSERVED, "windowsAuth" },
		{ SERVER POOL("x", "") ANSWER("A", "200", "") OBSERVED,
		  "the reply to observe has other records" },
		{ POOL("x", "") ANSWER("B", "200", "") VERIFIED,
		  "answer: a pool that is not in the reply" },
		{ POOL("x", "") ANSWER("A", "200", "tls") VERIFIED,
		  "answer: a status and a reason" },
		{ POOL("x", "") ANSWER("A", "0", "") VERIFIED,
		  "answer: unknown why" },
		{ POOL("x", "") ANSWER("A", "0", "odd") VERIFIED,
		  "answer: unknown why" },
		{ POOL("x", "") ANSWER("A", "1000", "") VERIFIED, "status" },
		{ SERVER POOL("x", "") VERIFIED,
		  "the reply to verify has other records" },
		{ POOL("x", "") "site\tname=S\tbindings=\n" VERIFIED,
		  "the reply to verify has other records" },
		{ POOL("x", "") "blind\twhat=tasks\tcode=x\n" VERIFIED,
		  "the reply to verify has other records" },
		{ POOL("x", "") OBSERVED, "nothing of the server" },
		{ SERVER SERVER POOL("x", "") OBSERVED,
		  "two rows for the server" },
		{ SERVER
		  "elsewhere\tkind=pool\tplace=B\tuser=CORP\\\\svc\n" OBSERVED,
		  "elsewhere: unknown kind" },
		{ SERVER
		  "elsewhere\tkind=Task\tplace=B\tuser=CORP\\\\svc\n" OBSERVED,
		  "elsewhere: unknown kind" },
		{ SERVER "blind\twhat=tasks\tcode=x\n"
			 "blind\twhat=tasks\tcode=y\n" OBSERVED,
		  "two rows for one blind spot" },
		{ SERVER "blind\twhat=registry\tcode=x\n" OBSERVED,
		  "blind: unknown what" },
		{ SERVER POOL(
			  "x",
			  "") "event\tpool=A\tid=5021\ttime=1\tcode=8007052E\n" OBSERVED,
		  "code" },
		{ SERVER POOL(
			  "x",
			  "") "event\tpool=A\tid=5021\ttime=1\tcode=52e\n" OBSERVED,
		  "code" },
		{ SERVER OBSERVED POOL("x", "") OBSERVED,
		  "the reply to observe has other records" },
		{ SERVER POOL("x", "") "done\tstage=apply\n",
		  "the reply to observe has no end" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CLEANUP(arena_done) struct arena arena = { 0 };
		struct observed seen;
		struct err err = { 0 };
		int rc;

		arena_init(&arena, 1 << 20);
		rc = look(&arena, cases[i].records, &seen, &err);
		if (rc != -ERR_RECORD || !strstr(err.what, cases[i].why))
			fail_msg("case %zu: wanted %s, got %d %s", i,
				 cases[i].why, rc, err.what);
	}
}

/* A tag for who was not watched, or for who has no password here, proves and
 * denies nothing. */
static void only_watched_users_are_compared(void **state)
{
	static const char *const replies[] = {
		SERVER POOL("CORP\\\\payroll", HEX64) OBSERVED,
		SERVER POOL("CORP\\\\gm$", HEX64) OBSERVED,
		SERVER POOL("OTHER\\\\svc", HEX64) OBSERVED,
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		CLEANUP(arena_done) struct arena arena = { 0 };
		struct observed seen;

		arena_init(&arena, 1 << 20);
		assert_int_equal(look(&arena, replies[i], &seen, NULL), 0);
		assert_int_equal(seen.pools.items[0].password,
				 PASSWORD_NOT_COMPARED);
		assert_true(seen.pools.items[0].account == SIZE_MAX);
	}
}

static void verify_asks_over_http(void **state)
{
	const struct http_check http = { .path = "/health?a=b",
					 .expect = { 200, 401 },
					 .n_expect = 2,
					 .within_ms = 60000 };
	const struct http_check none = { 0 };
	const struct change a = { .pool = "A" };
	const struct change b = { .pool = "B" };
	const struct change c = { .pool = "C" };
	struct iis_row rows[] = {
		{ .change = &a, .since_ms = 5, .http = &http },
		{ .change = &b, .since_ms = 6, .http = &none },
		{ .change = &c, .since_ms = 7 },
	};
	const struct iis_row_array list = { rows, 3, 3 };
	const struct text_array watch = { 0 };
	CLEANUP(buf_done) struct buf out = { 0 };

	(void)state;
	buf_init(&out, 4096);
	assert_int_equal(iis_request_verify(&out, "n", 1, &watch, &list, NULL),
			 0);
	assert_string_equal(
		buf_text(&out),
		"verify\tnonce=n\tkey=1\n"
		"check\tname=A\tsince=5\n"
		"http\tname=A\tpath=/health?a=b\texpect=200,401\twithin=60000\n"
		"check\tname=B\tsince=6\n"
		"check\tname=C\tsince=7\n");
}

static void a_set_without_password_names_no_account(void **state)
{
	static const uint8_t candidate[16] = { 1 };
	const struct change change = { .pool = "A",
				       .identity = IDENTITY_NETWORK_SERVICE,
				       .user = "",
				       .account = SIZE_MAX,
				       .seen_user = "CORP\\svc",
				       .seen_local = true };
	struct iis_row row = { .change = &change,
			       .account = "",
			       .generation = 1,
			       .candidate = candidate };
	const struct iis_row_array rows = { &row, 1, 1 };
	const struct iis_order order = { "n1", 60000, 10, &rows };
	CLEANUP(buf_done) struct buf out = { 0 };

	(void)state;
	buf_init(&out, 4096);
	assert_int_equal(iis_request_apply(&out, &order, NULL), 0);
	assert_string_equal(
		buf_text(&out),
		"apply\tnonce=n1\tdeadline=60000\tpoolsPerCommit=10\n"
		"set\tname=A\tgeneration=1\tcandidate=01000000000000000000000000000000\ttype=NetworkService\taccount=\tsecret=0\tuser=\tidentity=SpecificUser\tuserWas=CORP\\\\svc\tlocal=1\trewrite=0\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places_of_the_server_are_read),
		cmocka_unit_test(rows_of_a_pool_are_read),
		cmocka_unit_test(bad_rows_are_refused),
		cmocka_unit_test(only_watched_users_are_compared),
		cmocka_unit_test(verify_asks_over_http),
		cmocka_unit_test(a_set_without_password_names_no_account),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
