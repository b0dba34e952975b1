/*
 * examine.h - one server, looked at step by step for a diagnosis: what `doctor`
 * asks. Writes nothing, sends no password.
 *
 * First a session that ends at the host key, whatever the key is; then, when
 * that key is pinned, one that logs in, probes and observes.
 * Owner    strings live in the arena. Errors: only what keeps it from looking
 *          at all (KEY, FILE, FILE_MODE, NOMEM); what the server lacks is data.
 */
#ifndef RUNTIME_EXAMINE_H
#define RUNTIME_EXAMINE_H

#include "modules/iis_app_pool/replies.h"
#include "reconciler/transport/session.h"

/* Where it ended. */
enum examined_at {
	EXAMINED_NAME,
	EXAMINED_CONNECT,
	EXAMINED_SSH, /* banner and key exchange */
	EXAMINED_PIN, /* is a key of it in known_hosts? */
	EXAMINED_KEY, /* is it the one that it shows? */
	EXAMINED_LOGIN,
	EXAMINED_START, /* of powershell.exe, up to the first proved reply */
	EXAMINED_PROBE,
	EXAMINED_OBSERVE,
	EXAMINED_ALL,
};

struct examined {
	enum examined_at at; /* the first that failed */
	struct err err;      /* why; code 0 with EXAMINED_ALL */
	const char *fault;   /* the script's word for it, "" = none */
	struct session_seen seen;
	bool probed; /* facts are there */
	struct iis_probe_facts facts;
	struct observed observed; /* from EXAMINED_OBSERVE on what probe says */
	int64_t ahead_ms;         /* its clock before ours */
	int64_t ahead_about_ms; /* more is not known: half of the round trip */
};

struct examine_what {
	const struct config *config;
	const struct desired *desired;
	size_t server; /* into desired.servers */
	/* Whose other places on the server are asked for. */
	const struct index_array *accounts;
	/* What no text of the server may hold; some NULL. */
	const struct secret *const *passwords;
	size_t n_passwords;
};

int examine_server(const struct examine_what *what, struct arena *arena,
		   struct examined *ret, struct err *err);

#endif
