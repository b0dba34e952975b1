/*
 * draft.h - documents as they were written, each value with its place;
 * references are still names. check.c turns drafts into struct desired.
 */
#ifndef MANIFEST_DRAFT_H
#define MANIFEST_DRAFT_H

#include "reconciler/core/array.h"
#include "reconciler/manifest/bind.h"

struct draft_metadata {
	struct value name;
	struct span labels; /* struct entry */
};

/* Each draft of a kind begins with this. */
struct draft_head {
	struct value api_version;
	struct value kind;
	struct draft_metadata metadata;
	struct place place; /* of the document */
};

struct draft_account {
	struct draft_head head;
	struct {
		struct value at; /* where it stands; text NULL = not there */
		struct value domain;
		struct value user;
		struct value user_format;
		struct value type;
		struct {
			struct value at;
			struct value secret;
		} password;
	} spec;
};

struct draft_server {
	struct draft_head head;
	struct {
		struct value host;
		struct value port;
		struct value host_key;
	} spec;
	bool listed; /* by an inventory, not declared */
};

struct draft_rollout {
	struct value canary;
	struct value batch;
	struct value max_failures;
	struct value pause;
};

struct draft_group {
	struct draft_head head;
	struct {
		struct span servers; /* struct value */
		struct {
			struct value at;
			struct span match_labels; /* struct entry */
		} selector;
		struct {
			struct value at;
			struct value csv;
			struct value ansible;
			struct value group;
		} inventory;
		struct draft_rollout rollout;
	} spec;
	const char *inventory_path; /* below the folder; NULL = none */
	struct span listed; /* struct value: names that the inventory gave */
};

struct draft_binding {
	struct draft_head head;
	struct {
		struct {
			struct value account;
			struct value builtin;
		} identity;
		struct span groups; /* struct value */
		struct span pools;  /* struct value */
		struct value follow;
		struct span exclude; /* struct value */
		struct value inherited;
		struct value elsewhere;
		struct value restart;
		struct {
			struct value state;
			struct value worker;
			struct {
				struct value path;
				struct span expect; /* struct value */
				struct value within;
			} http;
		} verify;
		struct value on_verify_fail;
		struct {
			struct span identity; /* struct value */
			struct span password; /* struct value */
		} windows;
	} spec;
};

struct draft_window {
	struct draft_head head;
	struct {
		struct value mode;
		struct {
			struct value at;          /* text NULL = not there */
			struct span match_labels; /* struct entry */
		} apply_to;
		struct value time_zone;
		struct {
			struct value here;
			struct span days; /* struct value */
			struct {
				struct value here;
				struct value nth;
				struct value day;
				struct value plus_days;
			} monthly;
			struct value at;
		} opens;
		struct value from;
		struct value to;
		struct value duration;
		struct value cutoff;
		struct value override;
	} spec;
};

struct draft_set {
	ARRAY(struct draft_account) accounts;
	ARRAY(struct draft_server) servers;
	ARRAY(struct draft_group) groups;
	ARRAY(struct draft_binding) bindings;
	ARRAY(struct draft_window) windows;
	bool incomplete; /* some document could not be read: a name that is
			    missing may stand there */
};

#endif
