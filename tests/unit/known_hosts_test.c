/* known_hosts_test.c - which key is pinned for which name, to the letter. */
#include "reconciler/transport/known_hosts.h"

#include "reconciler/core/buf.h"
#include "tests/lib/test.h"

#include <string.h>
#include <unistd.h>

#define A \
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA7l1JlPr3Oz5Rc1/OXcoG0SdNXIUs/JLrJm/tTWHwiN"
#define A_PRINT "SHA256:HkdctuQiIGyw40gpwj7QSsqhTiTFQPglfheDmW7aNek"
#define B \
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFCWJ/W7r4hZ3QvklOXSD9Ae3DW2ZZfAJPqrIjDN3pgo"
#define C \
	"ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBD1DmlvkUxwVFKdoHrjLBRcw3zPa+gWDlxgnpkGqwBMela/HnIt60Lw5EDRfkc9S0KK1DdSV6h2ve4OOLFZUHKw="
#define D \
	"ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBAGTmfdkY6/jXyk4TrnDgBEE2TSlRhf1LjBmfdNSjNTK5dcRiStavF3EwO1EmXDHD7ni/O9Lc3MI5pUcGHTJW1x2AQAnjIcwBrdvluq1RTZxfpeXbgCoCdX4JcU48QKWkT6brx0NpwReEmIN9RhQWUa5zFa5QzOVwsKHDEzG+pqO+oZZuA=="
/* The blob of these begins as it must; the rest does not matter. */
#define RSA "ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB"
#define CERT                                \
	"ssh-ed25519-cert-v01@openssh.com " \
	"AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29t"
/* `ssh-keygen -H` of "web01" with key A, "[web01]:2222" with key B. */
#define HASHED                                                                 \
	"|1|1A+yomWfs/GqqElr8fTWd/OVw1M=|q1xfA3G3Si0CEnus6RxTlYh7VXw= " A "\n" \
	"|1|CDK1mlwPJEEVMRLCM9zQevgxzbI=|xWj0Y6Z3zjtLhn+AUjt34W7qBJg= " B "\n"

static struct known_hosts *parse(const char *text)
{
	struct known_hosts *known = NULL;
	struct err err = { 0 };

	if (known_hosts_parse(text, strlen(text), "KH", &known, &err) != 0)
		fail_msg("%s", err.what);
	return known;
}

/* expected: "TYPE:LINE TYPE:LINE", or the text of the error. */
static void assert_search(const char *text, const char *host, uint16_t port,
			  const char *print, const char *expected)
{
	struct known_hosts *known = parse(text);
	struct known_keys keys = { 0 };
	struct err err = { 0 };
	char found[256] = "";
	size_t len = 0;
	int rc = known_hosts_find(known, host, port, print, &keys, &err);

	if (rc == -ERR_HOST_KEY) {
		assert_int_equal(keys.n, 0);
		assert_string_equal(err.what, expected);
		known_hosts_free(known);
		return;
	}
	assert_int_equal(rc, 0);
	for (size_t i = 0; i < keys.n; i++)
		len += (size_t)snprintf(found + len, sizeof(found) - len,
					"%s%s:%zu", i == 0 ? "" : " ",
					keys.items[i].type, keys.items[i].line);
	assert_string_equal(found, expected);
	known_hosts_free(known);
}

static void test_plain(void **state)
{
	static const char text[] = "# comment\n"
				   "\n"
				   "  web02 " B " comment of it\n"
				   "web01,10.0.0.1 " A "\r\n"
				   "web01 " C "\n"
				   "[web01]:2222 " B "\n"
				   "WEB03.Corp.Example\t" D;

	(void)state;
	assert_search(text, "web01", 22, NULL,
		      "ssh-ed25519:4 ecdsa-sha2-nistp256:5");
	assert_search(text, "10.0.0.1", 22, NULL, "ssh-ed25519:4");
	assert_search(text, "web02", 22, NULL, "ssh-ed25519:3");
	assert_search(text, "web01", 2222, NULL, "ssh-ed25519:6");
	assert_search(text, "web03.corp.EXAMPLE", 22, NULL,
		      "ecdsa-sha2-nistp521:7");
	/* A port of its own is a name of its own, in both directions. */
	assert_search(text, "web02", 2222, NULL,
		      "[web02]:2222: no key is pinned in KH");
	assert_search("[h]:2222 " A, "h", 22, NULL,
		      "h: no key is pinned in KH");
	assert_search(text, "web0", 22, NULL, "web0: no key is pinned in KH");
	assert_search(text, "web011", 22, NULL,
		      "web011: no key is pinned in KH");
	assert_search("", "web01", 22, NULL, "web01: no key is pinned in KH");
}

static void test_blob(void **state)
{
	static const uint8_t start[] = { 0,   0,   0,   11,  's', 's', 'h',
					 '-', 'e', 'd', '2', '5', '5', '1',
					 '9', 0,   0,   0,   32,  0x0e };
	struct known_hosts *known = parse("web01 " A);
	struct known_keys keys = { 0 };

	(void)state;
	assert_int_equal(
		known_hosts_find(known, "web01", 22, NULL, &keys, NULL), 0);
	assert_int_equal(keys.n, 1);
	assert_int_equal(keys.items[0].len, 51);
	assert_memory_equal(keys.items[0].blob, start, sizeof(start));
	known_hosts_free(known);
}

static void test_hashed(void **state)
{
	(void)state;
	assert_search(HASHED, "web01", 22, NULL, "ssh-ed25519:1");
	assert_search(HASHED, "WEB01", 22, NULL, "ssh-ed25519:1");
	assert_search(HASHED, "web01", 2222, NULL, "ssh-ed25519:2");
	assert_search(HASHED, "web02", 22, NULL,
		      "web02: no key is pinned in KH");
	assert_search(HASHED "web01 " C "\n", "web01", 22, NULL,
		      "ecdsa-sha2-nistp256:3 ssh-ed25519:1");
}

static void test_fingerprint(void **state)
{
	static const char text[] = "web01 " A "\nweb01 " C "\nweb01 " B "\n";

	(void)state;
	assert_search(text, "web01", 22, A_PRINT, "ssh-ed25519:1");
	assert_search("web01 " B, "web01", 22, A_PRINT,
		      "web01: hostKey " A_PRINT " is not a key that KH pins "
		      "for this server");
	/* It narrows what is pinned, it pins nothing. */
	assert_search("web02 " A, "web01", 22, A_PRINT,
		      "web01: no key is pinned in KH");
	assert_search(text, "web01", 22, "MD5:00",
		      "web01: hostKey MD5:00 is not a key that KH pins for "
		      "this server");
	assert_search(text, "web01", 22, A_PRINT "=",
		      "web01: hostKey " A_PRINT "= is not a key that KH pins "
		      "for this server");
}

static void test_other_types(void **state)
{
	static const char only[] = "web01: only a key of type ssh-rsa is "
				   "pinned in KH; lockstep needs ed25519 or "
				   "ecdsa";

	(void)state;
	assert_search("web01 " RSA, "web01", 22, NULL, only);
	assert_search("web01 " RSA "\nweb01 " C, "web01", 22, NULL,
		      "ecdsa-sha2-nistp256:2");
	assert_search("web01 " CERT, "web01", 22, NULL,
		      "web01: only a key of type ssh-ed25519-cert-v01@openssh"
		      ".com is pinned in KH; lockstep needs ed25519 or ecdsa");
}

static void test_markers(void **state)
{
	(void)state;
	assert_search("web01 " A "\n@revoked * " A, "web01", 22, NULL,
		      "web01: the pinned key is revoked (KH:2)");
	assert_search("@revoked other " A "\nweb01 " A "\nweb01 " B, "web01",
		      22, NULL, "ssh-ed25519:3");
	assert_search(HASHED "@revoked web01 " A, "web01", 22, NULL,
		      "web01: the pinned key is revoked (KH:3)");
	assert_search("@cert-authority *.corp.example " A, "web01.corp.example",
		      22, NULL,
		      "web01.corp.example: no key is pinned in KH "
		      "(@cert-authority lines are not used)");
	assert_search("@cert-authority web01 " A "\nweb01 " B, "web01", 22,
		      NULL, "ssh-ed25519:2");
}

static void test_refused_files(void **state)
{
	static const char pattern[] =
		"KH:1: wildcards and negation are not allowed: every server "
		"is pinned by its own name";
	static const char type[] =
		"KH:1: the key is not of the type that the line says";
	static const struct {
		const char *text;
		const char *why;
	} cases[] = {
		{ "* " A, pattern },
		{ "*.corp.example " A, pattern },
		{ "web0? " A, pattern },
		{ "web01,!web02 " A, pattern },
		{ "web01, " A, "KH:1: an empty name" },
		{ "web01 " A "\rweb02 " A, "KH:1: a carriage return within a "
					   "line; end lines with a line feed" },
		{ "\xEF\xBB\xBFweb01 " A,
		  "KH begins with a byte order mark "
		  "(BOM); save it as UTF-8 without one" },
		{ "web01 ssh-ed25519",
		  "KH:1: names, key type and key expected" },
		{ "# ok\n\nweb01\n", "KH:3: names, key type and key expected" },
		{ "@trusted web01 " A, "KH:1: a marker that is neither "
				       "@revoked nor @cert-authority" },
		{ "web01 ssh-ed25519 AAA*", "KH:1: the key is not in base64" },
		{ "web01 " A "=", "KH:1: the key is not in base64" },
		{ "web01 " A "AAAA", type },
		{ "web01 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5", type },
		{ "web01 ssh-rsa "
		  "AAAAC3NzaC1lZDI1NTE5AAAAIA7l1JlPr3Oz5Rc1/OXcoG0SdNXIUs/"
		  "JLrJm/tTWHwiN",
		  type },
		{ "|1|1A+yomWfs/GqqElr8fTWd/OVw1M= " A,
		  "KH:1: the hashed name is damaged" },
		{ "|2|1A+yomWfs/GqqElr8fTWd/OVw1M=|"
		  "q1xfA3G3Si0CEnus6RxTlYh7VXw= " A,
		  "KH:1: the hashed name is damaged" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct known_hosts *known = NULL;
		struct err err = { 0 };

		assert_int_equal(known_hosts_parse(cases[i].text,
						   strlen(cases[i].text), "KH",
						   &known, &err),
				 -ERR_KNOWN_HOSTS);
		assert_string_equal(err.what, cases[i].why);
		assert_null(known);
	}
	assert_int_equal(known_hosts_parse("a\0b", 3, "KH",
					   &(struct known_hosts *){ NULL },
					   NULL),
			 -ERR_KNOWN_HOSTS);
}

static void test_odd_names(void **state)
{
	char name[300];

	(void)state;
	memset(name, 'a', 256);
	name[256] = '\0';
	assert_search("web01 " A, name, 22, NULL,
		      "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		      "aaaaaaaaaaaaaaaaaaaaaaaaa' is not a name that "
		      "known_hosts can hold");
	assert_search("web01 " A, "", 22, NULL,
		      "'' is not a name that known_hosts can hold");
	assert_search("web01,web02 " A, "web01,web02", 22, NULL,
		      "'web01,web02' is not a name that known_hosts can hold");
	assert_search("::1 " A, "::1", 22, NULL, "ssh-ed25519:1");
}

/* 20,000 names, each found and no other. */
static void test_many(void **state)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	struct known_hosts *known;
	struct known_keys keys;
	char name[32];

	(void)state;
	buf_init(&text, 16777216);
	for (int i = 0; i < 20000; i++)
		buf_printf(&text, "web%d %s\n", (i * 7919) % 20000, A);
	known = parse(buf_text(&text));
	for (int i = 0; i < 20000; i++) {
		(void)snprintf(name, sizeof(name), "web%d", i);
		assert_int_equal(
			known_hosts_find(known, name, 22, NULL, &keys, NULL),
			0);
		assert_int_equal(keys.n, 1);
	}
	assert_int_equal(
		known_hosts_find(known, "web20000", 22, NULL, &keys, NULL),
		-ERR_HOST_KEY);
	known_hosts_free(known);
}

static void test_file_mode(void **state)
{
	char *folder = test_folder();
	char *path = test_file(folder, "known_hosts", "web01 " A "\n",
			       strlen("web01 " A "\n"), 0666);
	struct known_hosts *known = NULL;

	(void)state;
	assert_int_equal(known_hosts_read(path, &known, NULL), -ERR_FILE_MODE);
	free(path);
	path = test_file(folder, "known_hosts", "web01 " A "\n",
			 strlen("web01 " A "\n"), 0644);
	assert_int_equal(known_hosts_read(path, &known, NULL), 0);
	known_hosts_free(known);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(known_hosts_read(path, &known, NULL), -ERR_FILE);
	free(path);
	test_remove(folder);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_blob),
		cmocka_unit_test(test_hashed),
		cmocka_unit_test(test_fingerprint),
		cmocka_unit_test(test_other_types),
		cmocka_unit_test(test_markers),
		cmocka_unit_test(test_refused_files),
		cmocka_unit_test(test_odd_names),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_file_mode),
	};

	return cmocka_run_group_tests_name("known_hosts", tests, NULL, NULL);
}
