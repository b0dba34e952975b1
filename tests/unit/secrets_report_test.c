/* secrets_report_test.c - the words of `secrets check`. */
#include "reconciler/report/secrets_report.h"
#include "tests/lib/test.h"

#include <string.h>

static void each_secret_has_its_line(void **state)
{
	struct secret_ref refs[] = {
		{ .name = "a", .from = "file:/s/a", .account = "CORP\\a" },
		{ .name = "b", .from = "systemd:b", .account = "CORP\\b" },
		{ .name = "c", .from = "exec:/s/c", .account = "CORP\\c" },
		{ .name = "d", .from = "exec:/s/d", .account = "CORP\\d" },
	};
	struct secret_row items[] = {
		{ true, 1700000000123456789, "", "Account a on 2 servers" },
		{ true, 1700000000123456789, "", "nobody" },
		{ true, 12, "", "nobody" },
		{ false, 0, "secret d: \x1b[31mno", "nobody" },
	};
	struct config config = { .secrets = { refs, 4, 4 } };
	const struct report_context context = { .config = &config };
	struct secret_row_array rows = { items, 4, 4 };
	CLEANUP(buf_done) struct buf out = { 0 };

	(void)state;
	buf_init(&out, 65536);
	assert_int_equal(secrets_print(&context, &rows, &out, NULL), 0);
	assert_string_equal(
		buf_text(&out),
		"4 secrets: 3 can be read, 1 can't.\n\n"
		"SECRET  READABLE  VERSION                             ACCOUNT  USED BY                 SOURCE\n"
		"a       yes       file of 2023-11-14 22:13:20Z        CORP\\a   Account a on 2 servers  file:/s/a\n"
		"b       yes       credential of 2023-11-14 22:13:20Z  CORP\\b   nobody                  systemd:b\n"
		"c       yes       version 12                          CORP\\c   nobody                  exec:/s/c\n"
		"d       no        -                                   CORP\\d   nobody                  exec:/s/d\n\n"
		"secret d: \\x1B[31mno\n");
	buf_clear(&out);
	rows.n = config.secrets.n = 1;
	assert_int_equal(secrets_json(&context, &rows, &out, NULL), 0);
	assert_string_equal(
		buf_text(&out),
		"{\"schema\":\"lockstep.secrets/1.0\",\n"
		"\"verdict\":{\"text\":\"1 secret: all can be read\",\"secrets\":1,\"readable\":1},\n"
		"\"secrets\":[\n"
		"{\"secret\":\"a\",\"readable\":true,\"version\":\"file of 2023-11-14 22:13:20Z\",\"account\":\"CORP\\\\a\",\"used_by\":\"Account a on 2 servers\",\"from\":\"file:/s/a\",\"reason\":\"\"}]}\n");
}

static void users_are_counted_by_server(void **state)
{
	CLEANUP(desired_done) struct desired desired = { 0 };
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct account accounts[] = { { .name = "one", .secret = 0 },
				      { .name = "two", .secret = 0 },
				      { .name = "gm", .secret = SIZE_MAX } };
	size_t members[] = { 0, 2 };
	size_t named[] = { 0 };
	struct resource_group group = { .servers = { members, 2, 2 } };
	struct binding binding = { .account = 0, .groups = { named, 1, 1 } };
	struct server servers[3] = { { .name = "a" },
				     { .name = "b" },
				     { .name = "c" } };

	(void)state;
	desired_init(&desired);
	arena_init(&arena, 1 << 16);
	desired.accounts.items = accounts;
	desired.accounts.n = 3;
	desired.servers.items = servers;
	desired.servers.n = 3;
	desired.groups.items = &group;
	desired.groups.n = 1;
	desired.bindings.items = &binding;
	desired.bindings.n = 1;
	assert_string_equal(
		secrets_users(&desired, 0, &arena),
		"Account one on 2 servers, Account two on 0 servers");
	assert_string_equal(secrets_users(&desired, 1, &arena), "nobody");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_secret_has_its_line),
		cmocka_unit_test(users_are_counted_by_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
