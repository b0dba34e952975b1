/*
 * reply_common.h - what the readers of replies share.
 */
#ifndef IIS_APP_POOL_REPLY_COMMON_H
#define IIS_APP_POOL_REPLY_COMMON_H

#include "modules/iis_app_pool/fields.h"
#include "modules/iis_app_pool/replies.h"

/* Decode, and see that the last record is the stage's `done` or that a
 * fault says why not. */
int reply_decode(struct arena *arena, const struct iis_body *body,
		 struct record_list *ret, struct err *err);

/* "code: detail (type 0xHRESULT)" of a fault record; NULL = no memory. */
const char *reply_fault_text(struct arena *arena, const struct record *fault);

/* The fault of the request as a whole, or NULL. */
const struct record *reply_fault_of(const struct record_list *list);

/* Index of value in names, which has n entries; -ERR_RECORD names field. */
int reply_choice(const struct record *record, const char *field,
		 const char *const *names, size_t n, size_t *ret,
		 struct err *err);

/* Starting Started Stopping Stopped Unknown */
int reply_pool_state(const struct record *record, enum pool_state *ret,
		     struct err *err);

#endif
