/*
 * requests.h - the records of each request to a server's script.
 *
 * Each call clears *out and writes one request; secrets travel beside it in
 * K frames, named by number. Errors: LIMIT, NOMEM.
 */
#ifndef IIS_APP_POOL_REQUESTS_H
#define IIS_APP_POOL_REQUESTS_H

#include "reconciler/core/buf.h"
#include "reconciler/model/change.h"
#include "reconciler/model/config.h"

#include <stdint.h>

#define IIS_REQUEST_BYTES_MAX 4194304

int iis_request_probe(struct buf *out, const char *nonce, struct err *err);
/* watch: the spellings of the accounts whose pools are to be tagged. */
int iis_request_observe(struct buf *out, const char *nonce, uint32_t key,
			const struct text_array *watch, struct err *err);

/* One pool of verify, apply or activate. */
struct iis_row {
	const struct change *change;
	const char *account; /* apply: as in the K frame, "" = no password */
	uint32_t secret;     /* apply: number of the K frame, 0 = none */
	int64_t generation;
	const uint8_t *candidate; /* 16 bytes */
	int64_t committed_ms;
	int64_t since_ms; /* verify */
	enum restart_policy restart;
	/* verify: NULL = no HTTP check; path NULL is none too. */
	const struct http_check *http;
};

ARRAY_TYPE(iis_row_array, struct iis_row);

int iis_request_verify(struct buf *out, const char *nonce, uint32_t key,
		       const struct text_array *watch,
		       const struct iis_row_array *rows, struct err *err);

/* deadline_ms: since the session's probe, by the server's clock. */
struct iis_order {
	const char *nonce;
	int64_t deadline_ms;
	uint32_t pools_per_commit; /* apply */
	const struct iis_row_array *rows;
};

int iis_request_apply(struct buf *out, const struct iis_order *order,
		      struct err *err);
int iis_request_activate(struct buf *out, const struct iis_order *order,
			 struct err *err);

#endif
