/*
 * secret.h - the only type that holds a password or key.
 *
 * Bytes live in OpenSSL's secure heap (locked, left out of core dumps; when
 * the heap is full the call fails) and are wiped on free. Nothing in the
 * project prints, formats or compares them except through this header.
 * secret_heap_init() once, at the start of main, before any thread.
 */
#ifndef SYS_SECRET_H
#define SYS_SECRET_H

#include "reconciler/core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECRET_BYTES_MAX 4096

struct secret;

int secret_heap_init(struct err *err);

/* Copies len bytes (1..SECRET_BYTES_MAX); the caller wipes his own. */
int secret_new(const void *bytes, size_t len, struct secret **ret,
	       struct err *err);
int secret_random(size_t len, struct secret **ret, struct err *err);
/* Room for len bytes to be filled in place by a reader. */
int secret_reserve(size_t len, struct secret **ret, uint8_t **ret_bytes,
		   struct err *err);
/* Forget the bytes behind len. len <= secret_len(). */
void secret_truncate(struct secret *secret, size_t len);
void secret_free(struct secret *secret);   /* NULL is fine */
void secret_freep(struct secret **secret); /* CLEANUP(secret_freep) */
const uint8_t *secret_bytes(const struct secret *secret);
size_t secret_len(const struct secret *secret);
bool secret_eq(const struct secret *a, const struct secret *b);

#endif
