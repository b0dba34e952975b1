/* iis_replies_test.c - requests to, and replies from, a server's script. */
#include "modules/iis_app_pool/replies.h"
#include "modules/iis_app_pool/requests.h"
#include "modules/iis_app_pool/tag.h"
#include "tests/lib/test.h"

#include <string.h>

#define HEX64  "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define SERVER "server\tconfig=" HEX64 "\tfence=present\tnow=1700000000000\n"
#define POOL(name, user, tag)                                              \
	"pool\tname=" name "\tidentity=SpecificUser\tlocal=1\tuser=" user  \
	"\tuserFrom=local\tpassword=present\tpasswordFrom=local\ttag=" tag \
	"\tstate=Started\tautoStart=1\tstartMode=OnDemand\trotates=1\tsites=2\n"
#define DONE "done\tstage=observe\n"

static struct desired desired;
static struct config config;
static struct index_array accounts;
static struct secret *key;
static struct secret *password;

static int set_up(void **state)
{
	const struct domain domain = { .netbios = "CORP",
				       .dns_name = "corp.example" };
	const struct account account = { .name = "svc", .user = "svc" };
	struct err err;

	(void)state;
	if (secret_heap_init(&err) || secret_random(32, &key, &err) ||
	    secret_new("pass", 4, &password, &err))
		return -1;
	desired_init(&desired);
	config_init(&config);
	return array_push(&config.arena, &config.domains, domain) &&
			       array_push(&desired.arena, &desired.accounts,
					  account) &&
			       array_push(&desired.arena, &accounts, 0)
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
	const struct iis_compare compare = { .key = key,
					     .desired = &desired,
					     .config = &config,
					     .accounts = &accounts,
					     .passwords = passwords };
	const struct iis_body body = { .records = records,
				       .len = strlen(records) };

	*ret = (struct observed){ 0 };
	return iis_reply_pools(arena, &body, &compare, ret, err);
}

static void tag_hex(const char *pool, const char *user, const struct secret *of,
		    char ret[65])
{
	uint8_t tag[DIGEST_BYTES];

	assert_int_equal(iis_tag(key, pool, user, of, tag, NULL), 0);
	digest_hex(tag, sizeof(tag), ret);
}

static void tags_say_current_or_stale(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct secret *other = NULL;
	struct observed observed;
	char good[65], bad[65], text[4096];

	(void)state;
	arena_init(&arena, 1 << 20);
	assert_int_equal(secret_new("Pass", 4, &other, NULL), 0);
	tag_hex("A", "corp\\SVC", password, good);
	tag_hex("B", "svc@corp.example", other, bad);
	(void)snprintf(text, sizeof(text),
		       SERVER POOL("A", "corp\\\\SVC", "%s")
			       POOL("B", "CORP\\\\svc", "%s") DONE,
		       good, bad);
	assert_int_equal(look(&arena, text, &observed, NULL), 0);
	assert_int_equal(observed.pools.n, 2);
	assert_int_equal(observed.pools.items[0].password, PASSWORD_CURRENT);
	assert_string_equal(observed.pools.items[0].user, "corp\\SVC");
	assert_int_equal(observed.pools.items[1].password, PASSWORD_STALE);
	assert_int_equal(observed.pools.items[0].n_sites, 2);
	secret_free(other);
}

/* A tag of pool A proves nothing for pool B. */
static void a_tag_is_bound_to_its_pool(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct observed observed;
	char tag[65], text[4096];

	(void)state;
	arena_init(&arena, 1 << 20);
	tag_hex("A", "CORP\\svc", password, tag);
	(void)snprintf(text, sizeof(text),
		       SERVER POOL("B", "CORP\\\\svc", "%s") DONE, tag);
	assert_int_equal(look(&arena, text, &observed, NULL), 0);
	assert_int_equal(observed.pools.items[0].password, PASSWORD_STALE);
}

static void an_account_that_is_not_watched_is_not_compared(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct observed observed;

	(void)state;
	arena_init(&arena, 1 << 20);
	assert_int_equal(look(&arena,
			      SERVER POOL("A", "CORP\\\\payroll", HEX64) DONE,
			      &observed, NULL),
			 0);
	assert_int_equal(observed.pools.items[0].password,
			 PASSWORD_NOT_COMPARED);
	assert_true(observed.pools.items[0].account == SIZE_MAX);
}

static void rows_find_their_pool(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	const struct observed_pool *pool;
	struct observed observed;

	(void)state;
	arena_init(&arena, 1 << 20);
	assert_int_equal(
		look(&arena,
		     SERVER POOL("A", "x", "") POOL(
			     "B", "x",
			     "") "worker\tpool=b\tpid=7\towner=CORP\\\\svc\tstarted=5\n"
				 "event\tpool=B\tid=5021\ttime=9\tcode=\n"
				 "event\tpool=Gone\tid=5021\ttime=9\tcode=\n"
				 "fence\tpool=A\tgeneration=3\tcandidate=00112233445566778899aabbccddeeff\tcommitted=0\n"
				 "fence\tpool=Gone\tgeneration=3\tcandidate=00112233445566778899aabbccddeeff\tcommitted=0\n" DONE,
		     &observed, NULL),
		0);
	pool = observed_find(&observed, "b");
	assert_non_null(pool);
	assert_int_equal(pool->workers.n, 1);
	assert_int_equal(pool->events.items[0].id, 5021);
	assert_false(pool->fence.present);
	assert_int_equal(observed_find(&observed, "A")->fence.generation, 3);
}

static void bad_replies_are_invalid_as_a_whole(void **state)
{
	static const char *const replies[] = {
		"",
		SERVER,
		SERVER POOL("A", "x", "") POOL("a", "x", "") DONE,
		SERVER POOL("A", "x", "zz") DONE,
		SERVER "pool\tname=A\n" DONE,
		SERVER "worker\tpool=A\tpid=1\towner=\tstarted=1\n" DONE,
		SERVER POOL("A", "x",
			    "") "event\tpool=A\tid=05021\ttime=1\tcode=\n" DONE,
		SERVER "what\tx=1\n" DONE,
		"server\tconfig=" HEX64 "\tfence=odd\tnow=1\n" DONE,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
		CLEANUP(arena_done) struct arena arena = { 0 };
		struct observed observed;
		struct err err = { 0 };

		arena_init(&arena, 1 << 20);
		assert_int_equal(look(&arena, replies[i], &observed, &err),
				 -ERR_RECORD);
		assert_true(err.what[0] != '\0');
	}
}

static void a_fault_says_why(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct observed observed;
	struct err err = { 0 };

	(void)state;
	arena_init(&arena, 1 << 20);
	assert_int_equal(
		look(&arena,
		     "fault\twhere=observe\tcode=config_xml\ttype=T\thresult=0x80070005\tdetail=line 3\n",
		     &observed, &err),
		-ERR_SERVER_FAULT);
	assert_non_null(strstr(err.what, "config_xml: line 3"));
}

static void apply_tells_each_pool(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	static const char text[] =
		"result\tname=A\tgeneration=4\tstatus=set\twhy=\tcommitted=99\n"
		"commit\tnumber=1\ttries=1\tpools=1\tcommitted=99\n"
		"result\tname=B\tgeneration=1\tstatus=refused\twhy=missing\tcommitted=0\n"
		"done\tstage=apply\n";
	static const char twice[] =
		"result\tname=A\tgeneration=4\tstatus=set\twhy=\tcommitted=99\n"
		"result\tname=a\tgeneration=4\tstatus=set\twhy=\tcommitted=99\n"
		"done\tstage=apply\n";
	const struct iis_body body = { .records = text,
				       .len = sizeof(text) - 1 };
	const struct iis_body doubled = { .records = twice,
					  .len = sizeof(twice) - 1 };
	struct applied applied = { 0 };

	(void)state;
	arena_init(&arena, 1 << 20);
	assert_int_equal(iis_reply_applied(&arena, &body, &applied, NULL), 0);
	assert_int_equal(applied.rows.n, 2);
	assert_int_equal(applied.n_commits, 1);
	assert_int_equal(applied.rows.items[0].status, APPLIED_SET);
	assert_int_equal(applied.rows.items[0].committed_ms, 99);
	assert_string_equal(applied.rows.items[1].why, "missing");
	assert_int_equal(iis_reply_applied(&arena, &doubled, &applied, NULL),
			 -ERR_RECORD);
}

/* An exception may quote what it was given. */
static void a_text_that_holds_a_password_is_not_kept(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	CLEANUP(secret_freep) struct secret *long_one = NULL;
	static const char text[] =
		"result\tname=A\tgeneration=4\tstatus=refused\twhy=a pass\tcommitted=0\n"
		"fault\twhere=apply\tcode=commit_failed\ttype=T\thresult=0x80070005\tdetail=C:\\\\long password\n";
	const struct secret *passwords[] = { NULL, password, NULL };
	const struct iis_body body = { .records = text,
				       .len = sizeof(text) - 1,
				       .passwords = passwords,
				       .n_passwords = 3 };
	struct applied applied = { 0 };

	(void)state;
	arena_init(&arena, 1 << 20);
	assert_int_equal(secret_new("\\long pass", 10, &long_one, NULL), 0);
	assert_int_equal(iis_reply_applied(&arena, &body, &applied, NULL), 0);
	assert_string_equal(applied.fault,
			    "commit_failed: C:\\long password (T 0x80070005)");
	passwords[2] = long_one;
	applied = (struct applied){ 0 };
	assert_int_equal(iis_reply_applied(&arena, &body, &applied, NULL), 0);
	assert_string_equal(
		applied.fault,
		"commit_failed: (not shown: it holds a password) (T 0x80070005)");
	/* Four bytes stand in too many words. */
	assert_string_equal(applied.rows.items[0].why, "a pass");
}

static void a_set_names_what_was_seen(void **state)
{
	static const uint8_t candidate[16] = { 0xab };
	const struct change change = { .pool = "A\tB",
				       .user = "CORP\\svc",
				       .seen_identity =
					       IDENTITY_NETWORK_SERVICE,
				       .seen_user = "" };
	struct iis_row row = { .change = &change,
			       .account = "CORP\\svc",
			       .secret = 2,
			       .generation = 7,
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
		"set\tname=A\\tB\tgeneration=7\tcandidate=ab000000000000000000000000000000\ttype=SpecificUser\taccount=CORP\\\\svc\tsecret=2\tuser=CORP\\\\svc\tidentity=NetworkService\tuserWas=\tlocal=0\trewrite=0\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_say_current_or_stale),
		cmocka_unit_test(a_tag_is_bound_to_its_pool),
		cmocka_unit_test(
			an_account_that_is_not_watched_is_not_compared),
		cmocka_unit_test(rows_find_their_pool),
		cmocka_unit_test(bad_replies_are_invalid_as_a_whole),
		cmocka_unit_test(a_fault_says_why),
		cmocka_unit_test(apply_tells_each_pool),
		cmocka_unit_test(a_text_that_holds_a_password_is_not_kept),
		cmocka_unit_test(a_set_names_what_was_seen),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
