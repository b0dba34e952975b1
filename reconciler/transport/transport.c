/* transport.c - key, known_hosts and limits that all sessions share. */
#include "reconciler/transport/transport.h"

#include "reconciler/sys/clock.h"
#include "reconciler/transport/session_state.h"

#include <assert.h>
#include <libssh2.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_MAX    512
#define BURST_PER_MS 64
#ifndef DEADLINES_QUICK /* only tests define it */
#define CONNECT_MS 10000
#define LOGIN_MS   20000
#define START_MS   60000
#else
#define CONNECT_MS 4000
#define LOGIN_MS   8000
#define START_MS   8000
#endif

static uint32_t or_default(uint32_t value_ms, uint32_t default_ms)
{
	return value_ms == 0 ? default_ms : value_ms;
}

static void transport_freep(struct transport **transport)
{
	transport_free(*transport);
}

int transport_new(const struct transport_options *options,
		  struct transport **ret, struct err *err)
{
	CLEANUP(transport_freep) struct transport *transport = NULL;
	int rc;

	/* Counted by libssh2; transport_free() gives it back. */
	if (libssh2_init(0) != 0)
		return err_set(err, -ERR_NOMEM, "libssh2 does not start");
	transport = calloc(1, sizeof(*transport));
	if (transport == NULL) {
		libssh2_exit();
		return err_set(err, -ERR_NOMEM, "no memory for the transport");
	}
	transport->loop = options->loop;
	transport->connect_ms = or_default(options->connect_ms, CONNECT_MS);
	transport->login_ms = or_default(options->login_ms, LOGIN_MS);
	transport->start_ms = or_default(options->start_ms, START_MS);
	TAILQ_INIT(&transport->waiting);
	transport->user = strdup(options->user);
	if (transport->user == NULL)
		return err_set(err, -ERR_NOMEM, "no memory for the transport");
	rc = openssh_key_read(options->key_path, &transport->key, err);
	if (rc < 0)
		return rc;
	rc = known_hosts_read(options->known_hosts_path, &transport->known,
			      err);
	if (rc < 0)
		return rc;
	*ret = transport;
	transport = NULL;
	return 0;
}

int transport_check(const char *key_path, const char *known_hosts_path,
		    struct err *err)
{
	struct openssh_key *key = NULL;
	struct known_hosts *known = NULL;
	int rc = openssh_key_read(key_path, &key, err);

	if (rc == 0)
		rc = known_hosts_read(known_hosts_path, &known, err);
	openssh_key_free(key);
	known_hosts_free(known);
	return rc;
}

void transport_free(struct transport *transport)
{
	if (transport == NULL)
		return;
	assert(transport->n_sessions == 0);
	known_hosts_free(transport->known);
	openssh_key_free(transport->key);
	free(transport->user);
	explicit_bzero(transport->scratch, sizeof(transport->scratch));
	free(transport);
	libssh2_exit();
}

int transport_pinned(const struct transport *transport,
		     const struct session_server *server, struct err *err)
{
	struct known_keys keys;

	return known_hosts_find(transport->known, server->host, server->port,
				server->host_key, &keys, err);
}

bool transport_slot_take(struct transport *transport, struct session *session)
{
	if (session->holds_slot)
		return true;
	if (session->is_waiting)
		return false;
	if (transport->n_slots < SLOTS_MAX) {
		transport->n_slots++;
		session->holds_slot = true;
		return true;
	}
	TAILQ_INSERT_TAIL(&transport->waiting, session, waiting);
	session->is_waiting = true;
	return false;
}

void transport_slot_give(struct transport *transport, struct session *session)
{
	struct session *first;

	if (session->is_waiting) {
		TAILQ_REMOVE(&transport->waiting, session, waiting);
		session->is_waiting = false;
	}
	if (!session->holds_slot)
		return;
	session->holds_slot = false;
	first = TAILQ_FIRST(&transport->waiting);
	if (first == NULL) {
		transport->n_slots--;
		return;
	}
	TAILQ_REMOVE(&transport->waiting, first, waiting);
	first->is_waiting = false;
	first->holds_slot = true;
	session_wake(first, 0);
}

uint32_t transport_burst_ms(struct transport *transport)
{
	int64_t now = clock_mono_ms();

	if (now >= transport->burst_at + transport->burst_n / BURST_PER_MS) {
		transport->burst_at = now;
		transport->burst_n = 0;
	}
	return transport->burst_n++ / BURST_PER_MS;
}
