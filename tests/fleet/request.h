/*
 * request.h - a request as the script on a server takes it: records by the
 * program's own table of kinds, refused with the script's own code words.
 *
 * The controller decodes replies with core/record.h, which names no codes;
 * this follows the order in which the script looks, so that the same mistake
 * is answered by the same fault.
 */
#ifndef TESTS_FLEET_REQUEST_H
#define TESTS_FLEET_REQUEST_H

#include "reconciler/core/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One `fault` row. type and hresult: those of an exception of Windows. */
struct fault {
	const char *code;
	const char *type;
	const char *hresult;
	const char *detail;
};

struct request {
	struct record head;
	struct record *rows;
	size_t n;
	char nonce[65]; /* "-" when it can't be read */
};

/* false: *fault says why. ret->nonce is set in any case. */
bool request_read(struct arena *arena, const uint8_t *bytes, size_t len,
		  struct request *ret, struct fault *fault);

/* One line of a file that holds records of `kinds`; false: *fault. */
bool request_record(struct arena *arena, const struct record_kind *kinds,
		    const char *line, size_t len, struct record *ret,
		    struct fault *fault);

/* "" when the value may stand in a record, else the fault's code. */
const char *request_value_fault(const char *value, size_t len);

bool request_number(const struct record *record, const char *field,
		    int64_t *ret, struct fault *fault);
bool request_flag(const struct record *record, const char *field, bool *ret,
		  struct fault *fault);
bool request_candidate(const struct record *record, struct fault *fault);
/* words ends with NULL; *ret is the index. */
bool request_word(const struct record *record, const char *field,
		  const char *const words[], size_t *ret, struct fault *fault);
/* The name of rows[at] is there and in no row before it of the same kind. */
bool request_once(const struct request *request, size_t at,
		  struct fault *fault);

/* Fill *fault; false, so that a caller can return it. */
bool fault_set(struct fault *fault, const char *code, const char *detail);

#endif
