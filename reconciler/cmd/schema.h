/*
 * schema.h - the generated texts about manifests: what `lockstep schema`
 * prints, and what manifests/ holds.
 */
#ifndef CMD_SCHEMA_H
#define CMD_SCHEMA_H

#include "reconciler/core/buf.h"

/* what: NULL = JSON schema of all kinds, "Config" = that of the
 * configuration, "readme" = manifests/README.md. -ERR_USAGE. */
int schema_put(const char *what, struct buf *out, struct err *err);

#endif
