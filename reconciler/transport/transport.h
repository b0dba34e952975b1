/*
 * transport.h - what all sessions share; for transport/ only.
 *
 * Slots    at most 512 sessions are between connecting and logged in, the
 *          others wait in the order in which they were opened.
 */
#ifndef TRANSPORT_TRANSPORT_H
#define TRANSPORT_TRANSPORT_H

#include "reconciler/transport/known_hosts.h"
#include "reconciler/transport/openssh_key.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct session;
struct uv_loop_s;

#define TRANSPORT_SCRATCH_BYTES 32768

struct transport {
	struct uv_loop_s *loop;
	char *user;
	uint32_t connect_ms;
	uint32_t login_ms;
	uint32_t start_ms;
	struct openssh_key *key;
	struct known_hosts *known;
	size_t n_sessions;
	size_t n_slots; /* taken */
	TAILQ_HEAD(transport_waiting, session) waiting;
	int64_t burst_at;
	uint32_t burst_n;
	char scratch[TRANSPORT_SCRATCH_BYTES]; /* valid within one step */
};

/* True: session has a slot now. False: it waits and is woken for its turn. */
bool transport_slot_take(struct transport *transport, struct session *session);
/* Gives back the slot or the place in the queue. */
void transport_slot_give(struct transport *transport, struct session *session);
/* Many connections at once are spread: how long this one is to wait. */
uint32_t transport_burst_ms(struct transport *transport);

#endif
