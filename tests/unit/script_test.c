/* script_test.c - the embedded script, and the vectors shared with it. */
#include "modules/iis_app_pool/tag.h"
#include "reconciler/transport/powershell/script.h"
#include "reconciler/transport/reply.h"
#include "tests/lib/test.h"
#include "tests/lib/vectors.h"

#include <string.h>

#define REPLY                                                      \
	"\n@@LOCKSTEP " VECTOR_REPLY_NONCE " " VECTOR_REPLY_LENGTH \
	" " VECTOR_REPLY_HMAC "\n" VECTOR_REPLY_BODY               \
	"\n@@END " VECTOR_REPLY_NONCE "\n"

static void vector_key(uint8_t ret[DIGEST_BYTES])
{
	for (uint8_t i = 0; i < DIGEST_BYTES; i++)
		ret[i] = i;
}

static void digest_is_that_of_the_script(void **state)
{
	const struct digest_part part = { lockstep_script,
					  lockstep_script_len };
	uint8_t digest[DIGEST_BYTES];
	char hex[DIGEST_HEX];

	(void)state;
	assert_int_equal(digest_sha256(&part, 1, digest, NULL), 0);
	digest_hex(digest, sizeof(digest), hex);
	assert_string_equal(hex, lockstep_script_sha256);
}

static void command_is_constant_and_short(void **state)
{
	static const char head[] = "powershell.exe -NoLogo -NoProfile "
				   "-NonInteractive -EncodedCommand ";
	static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghij"
				     "klmnopqrstuvwxyz0123456789+/=";
	size_t len = strlen(lockstep_command);

	(void)state;
	assert_memory_equal(lockstep_command, head, strlen(head));
	assert_int_equal(strspn(lockstep_command + strlen(head), base64),
			 len - strlen(head));
	assert_true(len < 8000); /* cmd.exe takes 8191 with its own part */
}

static void script_is_ascii(void **state)
{
	(void)state;
	assert_true(lockstep_script_len > 10000 &&
		    lockstep_script_len < 1048576);
	for (size_t i = 0; i < lockstep_script_len; i++)
		assert_true(lockstep_script[i] == '\n' ||
			    (lockstep_script[i] >= 0x20 &&
			     lockstep_script[i] <= 0x7e));
}

static void reply_vector(void **state)
{
	uint8_t key[DIGEST_BYTES];
	struct reply reply;
	struct buf body;
	size_t used = 0;
	bool whole = false;

	(void)state;
	vector_key(key);
	reply_init(&reply, key);
	reply_expect(&reply, VECTOR_REPLY_NONCE);
	assert_int_equal(
		reply_feed(&reply, REPLY, strlen(REPLY), &used, &whole, NULL),
		0);
	assert_true(whole);
	assert_int_equal(used, strlen(REPLY));
	body = reply_take(&reply);
	assert_int_equal(body.len, strlen(VECTOR_REPLY_BODY));
	assert_memory_equal(body.data, VECTOR_REPLY_BODY, body.len);
	buf_done(&body);
	reply_done(&reply);
}

static void tag_vector(void **state)
{
	uint8_t bytes[DIGEST_BYTES];
	uint8_t tag[DIGEST_BYTES];
	char hex[DIGEST_HEX];
	struct secret *key = NULL;
	struct secret *password = NULL;

	(void)state;
	vector_key(bytes);
	assert_int_equal(secret_heap_init(NULL), 0);
	assert_int_equal(secret_new(bytes, sizeof(bytes), &key, NULL), 0);
	assert_int_equal(secret_new(VECTOR_TAG_PASSWORD,
				    strlen(VECTOR_TAG_PASSWORD), &password,
				    NULL),
			 0);
	assert_int_equal(iis_tag(key, VECTOR_TAG_POOL, VECTOR_TAG_USER,
				 password, tag, NULL),
			 0);
	digest_hex(tag, sizeof(tag), hex);
	assert_string_equal(hex, VECTOR_TAG);
	secret_free(password);
	secret_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digest_is_that_of_the_script),
		cmocka_unit_test(command_is_constant_and_short),
		cmocka_unit_test(script_is_ascii),
		cmocka_unit_test(reply_vector),
		cmocka_unit_test(tag_vector),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
