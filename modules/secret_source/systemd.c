/* systemd.c - secrets that systemd hands to the service as credentials. */
#include "modules/secret_source/parts.h"
#include "reconciler/core/buf.h"
#include "reconciler/sys/file.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* A file of the folder and nothing else. */
static bool is_plain_name(const char *name)
{
	return *name && *name != '.' && !strchr(name, '/') &&
	       strlen(name) <= NAME_MAX;
}

int secret_from_systemd(const char *name, const char *credential,
			struct secret **ret, int64_t *ret_version,
			struct err *err)
{
	const char *folder = secure_getenv("CREDENTIALS_DIRECTORY");
	CLEANUP(buf_done) struct buf path = { 0 };
	int rc;

	if (!is_plain_name(credential))
		return err_set(err, -ERR_SECRET,
			       "systemd:%s is not the name of a credential",
			       credential);
	if (!folder || *folder != '/')
		return err_set(
			err, -ERR_SECRET,
			"systemd:%s can only be read in a service of systemd "
			"(CREDENTIALS_DIRECTORY is not set); its unit needs "
			"LoadCredential=%s:/path/of/the/file or "
			"LoadCredentialEncrypted=%s:/path, and by hand: "
			"systemd-run -P --wait -p LoadCredential=%s:/path "
			"lockstep ...",
			credential, credential, credential, credential);
	buf_init(&path, PATH_MAX);
	buf_printf(&path, "%s/%s", folder, credential);
	rc = buf_check(&path, err);
	if (!rc)
		rc = file_read_credential(buf_text(&path),
					  SECRET_SOURCE_BYTES_MAX, ret,
					  ret_version, err);
	(void)name;
	return rc;
}
