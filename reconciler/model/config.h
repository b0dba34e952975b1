/*
 * config.h - what the controller trusts: domains, secrets, grants, caps.
 *
 * Owner    all memory belongs to the arena. Built by manifest/config.c only.
 */
#ifndef MODEL_CONFIG_H
#define MODEL_CONFIG_H

#include "reconciler/core/arena.h"
#include "reconciler/core/array.h"
#include "reconciler/model/desired.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

ARRAY_TYPE(text_array, const char *);

struct domain {
	const char *name; /* the name that manifests use */
	struct place place;
	const char *netbios;
	const char *dns_name;
	struct text_array upn_suffixes;
	struct text_array controllers; /* ldaps://... */
	const char *ca_file;           /* or NULL */
	const char *bind_user;         /* or NULL */
	const char *bind_password;     /* a secret source; or NULL */
	const char *rotate_under;      /* or NULL */
};

/* from: "file:PATH"; the part before ':' is the scheme. */
struct secret_ref {
	const char *name;
	struct place place;
	const char *from;
	const char *account; /* 'CORP\user' or a UPN, any spelling */
};

enum grant_right {
	GRANT_PASSWORD = 1 << 0,
	GRANT_IDENTITY = 1 << 1,
	GRANT_FOLLOW = 1 << 2,
	GRANT_ROTATE = 1 << 3,
	GRANT_BUILTIN = 1 << 4,
};

/* Patterns: `*` and `?` only, ASCII case ignored. */
struct grant {
	struct place place;
	struct text_array accounts; /* 'CORP\svc-*' */
	struct text_array servers;  /* match Server.spec.host */
	struct text_array pools;
	unsigned rights; /* enum grant_right */
};

struct caps {
	uint32_t parallel;
	uint32_t canary; /* smallest canary that a rollout may have */
	uint32_t batch_percent;
	uint32_t max_failures;
	uint32_t pools_per_commit;
	uint32_t changes_per_run;
};

/* Who must say yes to a saved plan before it is applied. ANY and OTHER: and
 * nothing is applied without a saved plan. OTHER: not who made it. */
enum plan_approval_rule { APPROVAL_NONE, APPROVAL_ANY, APPROVAL_OTHER };

ARRAY_TYPE(domain_array, struct domain);
ARRAY_TYPE(secret_ref_array, struct secret_ref);
ARRAY_TYPE(grant_array, struct grant);

struct config {
	struct arena arena;
	const char *path;
	const char *state_path;
	const char *ssh_user;
	const char *ssh_key;
	const char *ssh_known_hosts;
	struct domain_array domains;
	struct secret_ref_array secrets;
	struct grant_array grants;
	struct caps caps;
	bool new_pairs_ask;
	int64_t plans_expire_ms; /* after they were made */
	enum plan_approval_rule plans_approval;
	bool allow_unproved;
	bool allow_continue; /* onVerifyFail: continue */
	char digest[65];     /* SHA-256, hex, of the file */
};

/* What holds where the configuration says nothing; config_init() sets it. */
extern const struct caps config_default_caps;
#define CONFIG_PLANS_EXPIRE_MS INT64_C(86400000)

void config_init(struct config *config);
void config_done(struct config *config); /* CLEANUP(config_done) */

#endif
