/*
 * parts.h - what the kinds of secret source share; for secret_source/ only.
 */
#ifndef SECRET_SOURCE_PARTS_H
#define SECRET_SOURCE_PARTS_H

#include "modules/secret_source/source.h"

/* One kind of source. rest is what stands behind the scheme. The result is
 * what the source holds, a final line end not yet taken off. */
typedef int (*secret_load)(const char *name, const char *rest,
			   struct secret **ret, int64_t *ret_version,
			   struct err *err);

/* Larger than any password, so that one that is too long is told as such. */
#define SECRET_SOURCE_BYTES_MAX 2048

int secret_from_file(const char *name, const char *path, struct secret **ret,
		     int64_t *ret_version, struct err *err);
int secret_from_systemd(const char *name, const char *credential,
			struct secret **ret, int64_t *ret_version,
			struct err *err);
int secret_from_program(const char *name, const char *path, struct secret **ret,
			int64_t *ret_version, struct err *err);

/* What a program printed, whole, in at most limit_ms. */
int program_read(const char *name, const char *path, int64_t limit_ms,
		 struct secret **ret, struct err *err);

#endif
