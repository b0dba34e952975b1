/*
 * past.h - what the state file remembers, as the pure parts see it.
 *
 * Owner    the arena of the loader (state/past.c), which calls past_sort():
 *          a farm has 50,000 pools, and each is looked up. A struct past that
 *          was not sorted gives the same answers, slowly.
 * Keys     server is the key of struct server (its host, not its name), pool
 *          the pool's name, ASCII case ignored. account is as identity_show() gives it.
 */
#ifndef MODEL_PAST_H
#define MODEL_PAST_H

#include "reconciler/core/array.h"
#include "reconciler/model/outcome.h"

#include <stdbool.h>
#include <stdint.h>

/* One pool of one server. */
struct past_pool {
	const char *server;
	const char *pool;
	const char *account; /* of the newest intent while it is open, else of
				the last one or observation; "" = none */
	enum status status;
	const char *reason;     /* one line, "" = none */
	int64_t seen_ms;        /* when status was set, controller's clock */
	int64_t since_ms;       /* since when it has had this status */
	int64_t proved_ms;      /* last time it was proved converged; 0 never */
	int64_t proved_version; /* secret version then */
	/* The newest intent. open = it has no outcome that is known. */
	int64_t generation; /* 0 = never written */
	uint8_t candidate[16];
	bool open;
	int64_t committed_ms; /* by the server's clock, 0 = not known */
	const char *run;      /* of the newest intent */
	int64_t version;      /* of its secret, 0 = not known */
	/* How often lockstep corrected it within the 24 hours before it was
	 * loaded, and when first; see PAST_CONTESTED. */
	unsigned n_corrected;
	int64_t corrected_ms;
};

/* Corrected so often in a day, and different again: somebody else manages it
 * too, and it is left alone. */
#define PAST_CONTESTED    3
#define PAST_CONTESTED_MS INT64_C(86400000)

/* Pools that a person asked to be left alone, until a time. Only those that
 * are in force are loaded into struct past. */
struct past_suspension {
	const char *server; /* key */
	const char *pool;   /* "" = every pool of the server */
	const char *reason;
	const char *ticket; /* "" = none */
	const char *by;     /* who asked: user name on the controller */
	int64_t at_ms;
	int64_t until_ms;
};

/* An account that once was applied to a server. */
struct past_pair {
	const char *account;
	const char *server;
};

ARRAY_TYPE(past_pool_array, struct past_pool);
ARRAY_TYPE(past_pair_array, struct past_pair);
ARRAY_TYPE(past_suspension_array, struct past_suspension);

struct past {
	struct past_pool_array pools;
	struct past_pair_array pairs;
	struct past_suspension_array suspensions;
	bool sorted; /* by past_sort(), and nothing was added since */
};

void past_sort(struct past *past);

const struct past_pool *past_find(const struct past *past, const char *server,
				  const char *pool);
/* The pools of a server, one after the other: begin with NULL, go on with what
 * came last; NULL = there is no more. */
const struct past_pool *past_next(const struct past *past, const char *server,
				  const struct past_pool *last);
/* The suspension that holds a pool, that of the pool before that of the
 * server; NULL = none. */
const struct past_suspension *
past_suspended(const struct past *past, const char *server, const char *pool);
bool past_paired(const struct past *past, const char *account,
		 const char *server);

#endif
