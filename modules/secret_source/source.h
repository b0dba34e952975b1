/*
 * source.h - where a password comes from: a secret of config.yaml.
 *
 * file:PATH     the bytes of a regular file, mode 0600 or less, owned by root
 *               or by the user who runs lockstep. Version: its modification
 *               time in ns since 1970.
 * systemd:NAME  the file NAME of $CREDENTIALS_DIRECTORY. Version: as above.
 * exec:PATH     what a program prints: a line `version: N`, then the
 *               password. README.md says how it is started.
 *
 * One final LF or CRLF is not part of the password, nothing else is trimmed.
 * A BOM, a control character, broken UTF-8, or more than 256 UTF-16 units is
 * an error, as is an empty password. A version is never derived from the
 * value.
 * Errors     SECRET, FILE, FILE_MODE, LIMIT: the text names secret and
 *            source, never the value.
 */
#ifndef SECRET_SOURCE_H
#define SECRET_SOURCE_H

#include "reconciler/core/err.h"
#include "reconciler/model/config.h"
#include "reconciler/sys/secret.h"

#include <stdint.h>

#define SECRET_UTF16_MAX 256 /* longest password that AD takes */

int secret_source_load(const struct secret_ref *ref, struct secret **ret,
		       int64_t *ret_version, struct err *err);

#endif
