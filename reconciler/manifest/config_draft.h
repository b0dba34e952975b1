/*
 * config_draft.h - config.yaml as it was written; config_check.c turns it
 * into struct config.
 */
#ifndef MANIFEST_CONFIG_DRAFT_H
#define MANIFEST_CONFIG_DRAFT_H

#include "reconciler/manifest/bind.h"
#include "reconciler/model/config.h"

struct draft_domain {
	struct value name;
	struct value netbios;
	struct value dns_name;
	struct span upn_suffixes; /* struct value */
	struct span controllers;  /* struct value */
	struct value ca_file;
	struct {
		struct value user;
		struct value password;
	} bind;
	struct value rotate_under;
};

struct draft_secret {
	struct value name;
	struct value from;
	struct value account;
};

struct draft_grant {
	struct span accounts; /* struct value, as the next three */
	struct span servers;
	struct span pools;
	struct span allow;
};

struct draft_config {
	struct value state;
	struct {
		struct value user;
		struct value key;
		struct value known_hosts;
	} ssh;
	struct span domains; /* struct draft_domain */
	struct span secrets; /* struct draft_secret */
	struct span grants;  /* struct draft_grant */
	struct {
		struct value parallel;
		struct value canary;
		struct value batch;
		struct value max_failures;
		struct value pools_per_commit;
		struct value changes_per_run;
	} caps;
	struct value new_pairs;
	struct {
		struct value expire_after;
		struct value approval;
	} plans;
	struct {
		struct value unproved;
		struct value go_on;
	} allow;
};

/* Fill *ret from the draft. Problems are added. -ERR_NOMEM only. */
int config_check(const struct draft_config *draft, const struct bind *bind,
		 struct config *ret);

#endif
