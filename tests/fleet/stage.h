/*
 * stage.h - what a request does on an emulated server: the five stages of
 * modules/iis_app_pool/README.md, written a second time.
 *
 * A stage returns false with *fault when the request can't be carried out.
 */
#ifndef TESTS_FLEET_STAGE_H
#define TESTS_FLEET_STAGE_H

#include "tests/fleet/reply.h"
#include "tests/fleet/request.h"
#include "tests/fleet/world.h"

/* Of a K frame. The bytes end with a NUL that does not count. */
struct held_secret {
	int64_t number;
	unsigned purpose; /* enum frame_purpose */
	char *account;
	size_t account_len;
	char *bytes;
	size_t len;
};

struct held_secrets {
	struct held_secret *items;
	size_t n;
	size_t cap;
};

struct stage {
	struct server *server;
	const struct request *request;
	struct reply *reply;
	struct arena *arena; /* of this request */
	const struct held_secrets *secrets;
	int64_t probed_ms; /* monotonic, of the session's probe; 0 = none */
};

bool stage_probe(struct stage *stage, struct fault *fault);
bool stage_observe(struct stage *stage, struct fault *fault);
bool stage_verify(struct stage *stage, struct fault *fault);
bool stage_apply(struct stage *stage, struct fault *fault);
bool stage_activate(struct stage *stage, struct fault *fault);

/* The secret that a field names, for this purpose and account; else NULL. */
const struct held_secret *stage_secret(struct stage *stage,
				       const struct record *record,
				       const char *field, unsigned purpose,
				       const char *account,
				       struct fault *fault);
/* Of head: a deadline, which wants a probe before it. */
bool stage_deadline(struct stage *stage, int64_t *ret, struct fault *fault);
bool stage_passed(const struct stage *stage, int64_t deadline_ms);
void stage_sleep(int64_t ms);

/* A look at pools, as observe and verify share it. */
struct view {
	const struct held_secret *key;
	int64_t oldest_ms; /* events before it are not looked at */
};

bool view_begin(struct stage *stage, int64_t oldest_ms, struct view *ret,
		struct fault *fault);
void view_pool(struct stage *stage, const struct view *view,
	       const struct world_pool *pool, int64_t since_ms);
/* One `http` row of verify, and the ways that lead to its pool's sites. */
struct http_row {
	const char *name;
	const char *path;
	const char *expect;
	int64_t within_ms;
};

struct way {
	const struct http_row *row;
	const char *site;
	const char *binding;
	bool answers; /* somebody listens there */
	bool closed;  /* not to be asked, or not again */
	int status;
	const char *why;
};

ARRAY_TYPE(ways, struct way);

bool http_read(struct stage *stage, struct ways *ret, struct fault *fault);
/* Until each has answered as expected, or its time is over. */
void http_ask(struct stage *stage, struct ways *ways);
void http_put_answers(struct stage *stage, const struct ways *ways,
		      const char *pool);

bool stage_watches(const struct stage *stage, const char *user);

#endif
