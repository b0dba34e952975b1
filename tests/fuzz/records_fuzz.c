/* records_fuzz.c - any text as records; what was accepted is written and read
 * again, and is the same. The first byte chooses the table of kinds. */
#include "tests/fuzz/fuzz.h"

#include "modules/iis_app_pool/fields.h"
#include "reconciler/core/str.h"

#include <string.h>

static const struct record_limits limits = { 1000, 4096 };

static void check_again(const struct record_kind *kinds,
			const struct record_list *list, const struct buf *text)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct record_list again = { 0 };
	struct err err = { 0 };

	arena_init(&arena, 1 << 26);
	FUZZ_REQUIRE(records_decode(&arena, kinds, &limits, buf_text(text),
				    text->len, &again, &err) == 0);
	FUZZ_REQUIRE(again.n == list->n);
	for (size_t i = 0; i < list->n; i++) {
		const struct record *a = &list->items[i];
		const struct record *b = &again.items[i];

		FUZZ_REQUIRE(a->kind == b->kind);
		for (size_t k = 0; k < RECORD_FIELDS_MAX && a->kind->fields[k];
		     k++)
			FUZZ_REQUIRE(str_eq(a->values[k], b->values[k]));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	CLEANUP(buf_done) struct buf text = { 0 };
	const struct record_kind *kinds = iis_reply_kinds;
	struct record_list list = { 0 };
	struct err err = { 0 };
	int rc;

	arena_init(&arena, 1 << 26);
	buf_init(&text, 1 << 24);
	if (len == 0)
		return 0;
	if (bytes[0] == 'q')
		kinds = iis_request_kinds;
	rc = records_decode(&arena, kinds, &limits, (const char *)bytes + 1,
			    len - 1, &list, &err);
	FUZZ_REQUIRE(rc == 0 || rc == -ERR_RECORD);
	if (rc < 0) {
		FUZZ_REQUIRE(err.code == rc && err.what[0]);
		return 0;
	}
	for (size_t i = 0; i < list.n; i++)
		record_put(&text, list.items[i].kind, list.items[i].values);
	FUZZ_REQUIRE(buf_check(&text, NULL) == 0);
	check_again(kinds, &list, &text);
	fuzz_accept();
	return 0;
}
