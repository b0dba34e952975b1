/*
 * replies.h - records of a verified reply -> observed, applied, activated.
 *
 * What a server says is untrusted even when the reply is authentic: limits
 * are 10,000 rows and 4 KiB a value, two rows for one pool or a row for a
 * pool that is not in the reply, or one that the stage does not have, make the
 * whole of it invalid. Memory is from
 * the arena. Errors: RECORD (not in the agreed form), SERVER_FAULT (the
 * script said why it could not), NOMEM.
 */
#ifndef IIS_APP_POOL_REPLIES_H
#define IIS_APP_POOL_REPLIES_H

#include "reconciler/core/arena.h"
#include "reconciler/model/applied.h"
#include "reconciler/sys/secret.h"

#include <stddef.h>

/* The body of a reply; label it with the server in the caller's error.
 * passwords: those that may go to this server, some NULL. No text of a reply that holds
 * one is kept: an exception may quote what it was given, a person may have
 * typed a password where a name belongs. */
struct iis_body {
	const char *records;
	size_t len;
	const struct secret *const *passwords;
	size_t n_passwords;
};

/* Fills versions, redirected, writable, now_ms of *ret. A server that can't
 * be used at all (no IIS, 32-bit, constrained language) is SERVER_FAULT. */
int iis_reply_probe(struct arena *arena, const struct iis_body *body,
		    struct observed *ret, struct err *err);

/* What iis_reply_probe() judges a server by. */
struct iis_probe_facts {
	const char *language; /* of PowerShell: "FullLanguage" is needed */
	const char *bits;     /* "64" is needed */
	const char *mwa;      /* version of Microsoft.Web.Administration,
				 "" = it is not there */
};

/* The same reply without judging; what the server can't be used for is 0. */
int iis_reply_probe_facts(struct arena *arena, const struct iis_body *body,
			  struct iis_probe_facts *ret, struct err *err);
/* The word of README.md with which a stage failed, from arena; "" = it did
 * not fail so. */
const char *iis_reply_fault(struct arena *arena, const struct iis_body *body);

/* What pools' passwords are compared with. Of accounts only those of type
 * user that have a password here are compared; all are looked for elsewhere. */
struct iis_compare {
	bool verify; /* the reply is one to verify, else to observe */
	const struct secret *key; /* the tag key of this request */
	const struct desired *desired;
	const struct config *config;
	const struct index_array *accounts;    /* those that were watched */
	const struct secret *const *passwords; /* by index in config.secrets */
};

/* Reply to observe or verify: adds pools and the rest to *ret. */
int iis_reply_pools(struct arena *arena, const struct iis_body *body,
		    const struct iis_compare *compare, struct observed *ret,
		    struct err *err);

int iis_reply_applied(struct arena *arena, const struct iis_body *body,
		      struct applied *ret, struct err *err);
int iis_reply_activated(struct arena *arena, const struct iis_body *body,
			struct activated *ret, struct err *err);

#endif
