/*
 * plan_file.h - a saved plan: what was shown to people, on what it rests, and
 * a seal by which this controller knows it again.
 *
 * Form     core records (state/plan_rows.h), the last of them `end` with the
 *          HMAC-SHA256 of every byte before it. No secret is in it: of a secret
 *          only its name and version. Rows refer to rows by number, from 0.
 * Key      32 random bytes in STATE.key, made beside the state by the first
 *          plan that is saved. Whoever reads it can forge plans.
 * Reading  A file is untrusted until plan_file_check(): until then everything in
 *          it may be shown, nothing may be done.
 * Owner    what is read lives in the arena of the caller.
 * Errors   PLAN_FILE: it is no plan, or not one of ours; FILE, NOMEM, LIMIT;
 *          SECRET, FILE_MODE: of the key.
 */
#ifndef STATE_PLAN_FILE_H
#define STATE_PLAN_FILE_H

#include "reconciler/core/arena.h"
#include "reconciler/core/buf.h"
#include "reconciler/model/config.h"
#include "reconciler/model/desired.h"
#include "reconciler/model/plan.h"
#include "reconciler/model/refusal.h"
#include "reconciler/sys/secret.h"
#include "state/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAN_FILE_BYTES_MAX ((size_t)256 << 20)

/* On what a plan rests, and whose it is. */
struct plan_head {
	const char *id; /* as that of a run */
	int64_t made_ms;
	int64_t expires_ms;
	const char *store;  /* the id of the state */
	const char *person; /* who made it, to be compared */
	const char *actor;  /* in full */
	const char *desired_digest;
	const char *config_digest;
	const char *selected; /* "2 of 40 servers"; "" = everything */
	bool contested;       /* contested pools are corrected once more */
};

struct plan_file {
	struct plan_head head;
	/* What the plan names and no more, so that it can be shown when the
	 * manifests are gone. plan refers to these two, versions is by index
	 * in config.secrets. */
	struct desired desired;
	struct config config;
	const int64_t *versions;
	struct plan plan;
	struct refusal_array pairs; /* first pairings: to be approved */
	/* Sealed bytes, and the seal. */
	const char *text;
	size_t sealed_bytes;
	uint8_t seal[32];
};

/* What is to be saved. */
struct plan_saving {
	const struct plan_head *head;
	const struct desired *desired;
	const struct config *config;
	const int64_t *versions; /* by index in config.secrets */
	const struct plan *plan;
	const struct refusal_array *refusals; /* only first pairings */
};

/* All records and the seal; LIMIT: more than a plan file may hold. */
int plan_file_put(const struct plan_saving *saving, const struct secret *key,
		  struct buf *out, struct err *err);
/* A new file of mode 0600, durable; FILE: it is there already. */
int plan_file_write(const char *path, const struct buf *text, struct err *err);

int plan_file_read(const char *path, struct arena *arena, struct plan_file *ret,
		   struct err *err);
/* The same of text, which must live as long. */
int plan_file_parse(const char *text, size_t len, struct arena *arena,
		    struct plan_file *ret, struct err *err);
/* Is it sealed with this key? */
int plan_file_check(const struct plan_file *file, const struct secret *key,
		    struct err *err);
/* Its plan in terms of these manifests. */
int plan_file_match(const struct plan_file *file, const struct desired *desired,
		    struct arena *arena, struct plan *ret, struct err *err);

/* The key of this state. make: the store is STORE_WRITE, and a missing key is
 * made; else a missing one is PLAN_FILE. */
int plan_key_load(struct store *store, bool make, struct secret **ret,
		  struct err *err);

#endif
