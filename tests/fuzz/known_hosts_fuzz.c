/* known_hosts_fuzz.c - any text as known_hosts, and searches in it. */
#include "tests/fuzz/fuzz.h"

#include "reconciler/transport/host_key.h"
#include "reconciler/transport/known_hosts.h"

static void find(const struct known_hosts *known, const char *host,
		 uint16_t port, const char *fingerprint)
{
	struct known_keys keys = { 0 };
	struct err err = { 0 };
	int rc = known_hosts_find(known, host, port, fingerprint, &keys, &err);

	FUZZ_REQUIRE(rc == 0 || rc == -ERR_HOST_KEY || rc == -ERR_LIMIT);
	FUZZ_REQUIRE((rc == 0) == (keys.n > 0));
	FUZZ_REQUIRE(keys.n <= KNOWN_KEYS_MAX);
	for (size_t i = 0; i < keys.n; i++) {
		const struct known_key *key = &keys.items[i];

		FUZZ_REQUIRE(host_key_type(key->type) == key->type);
		FUZZ_REQUIRE(host_key_valid(key->type, key->blob, key->len));
		FUZZ_REQUIRE(key->line >= 1);
		FUZZ_REQUIRE(
			!fingerprint ||
			host_key_matches(fingerprint, key->blob, key->len));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct known_hosts *known = NULL;
	struct err err = { 0 };
	int rc =
		known_hosts_parse((const char *)bytes, len, "KH", &known, &err);

	FUZZ_REQUIRE((rc == 0) == (known != NULL));
	if (rc < 0)
		return 0;
	fuzz_accept();
	find(known, "web01", 22, NULL);
	find(known, "web01", 2222, NULL);
	find(known, "WEB01.Corp.Example", 22, NULL);
	find(known, "10.0.0.1", 22,
	     "SHA256:HkdctuQiIGyw40gpwj7QSsqhTiTFQPglfheDmW7aNek");
	find(known, "web01", 22,
	     "SHA256:HkdctuQiIGyw40gpwj7QSsqhTiTFQPglfheDmW7aNek");
	known_hosts_free(known);
	return 0;
}
