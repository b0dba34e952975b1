/* group_fields.c - kind ResourceGroup. */
#include "reconciler/manifest/kinds.h"

/* clang-format off */
#define AT(member) \
	(offsetof(struct draft_group, spec.member) - \
	 offsetof(struct draft_group, spec))

static const struct field rollout_fields[] = {
	{ .name = "canary", .type = FIELD_NUMBER,
	  .offset = offsetof(struct draft_rollout, canary),
	  .min = 1, .max = 10000, .example = "1",
	  .fallback_from = "caps.canary of the configuration",
	  .help = "How many servers, the first by name, change before all others." },
	{ .name = "batch", .type = FIELD_BATCH,
	  .offset = offsetof(struct draft_rollout, batch),
	  .min = 1, .max = 10000, .example = "\"25%\"",
	  .fallback_from = "caps.batch of the configuration",
	  .help = "How many of the servers that change do so at a time; a percentage is rounded up." },
	{ .name = "maxFailures", .type = FIELD_NUMBER,
	  .offset = offsetof(struct draft_rollout, max_failures),
	  .min = 1, .max = 10000, .example = "1",
	  .fallback_from = "caps.maxFailures of the configuration",
	  .help = "Stop at this many servers that failed or can't be reached." },
	{ .name = "pauseAfterCanary", .type = FIELD_TEXT,
	  .flags = FIELD_NOT_HONOURED,
	  .help = "How long to wait behind the canary." },
	{ .name = NULL },
};

static const struct field spec_fields[] = {
	{ .name = "servers", .type = FIELD_NAME,
	  .flags = FIELD_REQUIRED | FIELD_LIST, .offset = AT(servers),
	  .expect = "the name of a Server", .example = "[web01, web02]",
	  .help = "Names of Servers, each once." },
	{ .name = "rollout", .type = FIELD_MAP, .offset = AT(rollout),
	  .fields = rollout_fields,
	  .example = "{canary: 1, batch: \"25%\", maxFailures: 1}",
	  .help = "How fast; the caps of the configuration bound it." },
	{ .name = "selector", .type = FIELD_MAP, .flags = FIELD_NOT_HONOURED,
	  .replaces = "servers", .help = "Servers by their labels." },
	{ .name = "inventory", .type = FIELD_MAP, .flags = FIELD_NOT_HONOURED,
	  .replaces = "servers",
	  .help = "Servers from a CSV or Ansible inventory." },
	{ .name = NULL },
};

const struct field group_fields[] = {
	KIND_ENVELOPE,
	{ .name = "spec", .type = FIELD_MAP, .flags = FIELD_REQUIRED,
	  .offset = offsetof(struct draft_group, spec),
	  .fields = spec_fields, .example = "{servers: [web01, web02]}" },
	{ .name = NULL },
};
/* clang-format on */
