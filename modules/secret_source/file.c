/* file.c - secrets from files. */
#include "reconciler/sys/file.h"
#include "modules/secret_source/parts.h"

int secret_from_file(const char *name, const char *path, struct secret **ret,
		     int64_t *ret_version, struct err *err)
{
	(void)name;
	return file_read_secret(path, SECRET_SOURCE_BYTES_MAX, ret, ret_version,
				err);
}
