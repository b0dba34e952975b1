/*
 * secrets_report.h - which secrets of the configuration can be read, and who
 * uses them. Tells no value, no length and no digest of one.
 */
#ifndef REPORT_SECRETS_REPORT_H
#define REPORT_SECRETS_REPORT_H

#include "reconciler/core/buf.h"
#include "reconciler/report/context.h"

/* One secret of the configuration, by its order there. */
struct secret_row {
	bool readable;
	int64_t version;    /* when readable */
	const char *reason; /* why it is not readable, one line */
	const char *users;  /* "Account orders on 2 servers", "nobody" */
};

ARRAY_TYPE(secret_row_array, struct secret_row);

/* "Account orders on 2 servers" for each Account that names the secret;
 * "nobody". From arena, NULL = no memory. */
const char *secrets_users(const struct desired *desired, size_t secret,
			  struct arena *arena);

/* One row for each of config.secrets. */
int secrets_print(const struct report_context *context,
		  const struct secret_row_array *rows, struct buf *out,
		  struct err *err);
/* lockstep.secrets/1.0: {schema, verdict{}, secrets[]} */
int secrets_json(const struct report_context *context,
		 const struct secret_row_array *rows, struct buf *out,
		 struct err *err);

#endif
