/* group_fields.c - kind ResourceGroup. */
#include "reconciler/manifest/folder.h"
#include "reconciler/manifest/kinds.h"

#include "reconciler/core/str.h"

#include <string.h>

/* Manifests are untrusted: a file that one names lies beside them. */
static int check_file(const char *text, struct err *err)
{
	if (!folder_path_ok(text))
		return err_set(err, -ERR_MANIFEST,
			       "expected a file beside the manifest or below, "
			       "for example inventory/servers.csv: a path "
			       "without a leading /, .. or hidden names");
	return 0;
}

static int check_json(const char *text, struct err *err)
{
	const char *dot = strrchr(text, '.');

	if (dot && (str_eq_nocase(dot, ".yaml") || str_eq_nocase(dot, ".yml") ||
		    str_eq_nocase(dot, ".ini")))
		return err_set(err, -ERR_MANIFEST,
			       "expected the JSON that ansible-inventory "
			       "--list writes, for example inventory.json");
	return check_file(text, err);
}

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
	{ .name = "pauseAfterCanary", .type = FIELD_DURATION,
	  .offset = offsetof(struct draft_rollout, pause),
	  .min = 1000, .max = 86400000, .example = "10m",
	  .fallback_from = "none",
	  .help = "How long to wait after the canary ended well, before other servers change. Its servers are not read again at the end." },
	{ .name = NULL },
};

#define SELECTOR(member) (AT(selector.member) - AT(selector))
#define INVENTORY(member) (AT(inventory.member) - AT(inventory))

static const struct field selector_fields[] = {
	{ .name = "matchLabels", .type = FIELD_TEXT_BY_NAME,
	  .flags = FIELD_REQUIRED, .offset = SELECTOR(match_labels), .max = 63,
	  .expect = "a map of at least one label", .example = "{env: prod}",
	  .help = "A server is taken when it has all of these labels with these values." },
	{ .name = NULL },
};

static const struct field inventory_fields[] = {
	{ .name = "csv", .type = FIELD_TEXT, .flags = FIELD_REQUIRED,
	  .offset = INVENTORY(csv), .max = 1024, .check = check_file,
	  .expect = "a CSV file beside the manifest",
	  .example = "servers.csv",
	  .help = "A CSV file beside the manifest, or in a folder below. Its first line names the columns: name and host, perhaps port and hostKey; every other column is a label." },
	{ .name = "ansible", .type = FIELD_TEXT, .flags = FIELD_ALONE,
	  .offset = INVENTORY(ansible), .max = 1024, .check = check_json,
	  .expect = "a JSON file beside the manifest",
	  .example = "inventory.json", .replaces = "csv",
	  .help = "Instead of csv: what ansible-inventory --list wrote. Of a host's variables ansible_host, ansible_port, lockstep_host_key and the map lockstep_labels are read, and no others." },
	{ .name = "group", .type = FIELD_TEXT, .offset = INVENTORY(group),
	  .max = 128, .example = "webservers", .fallback_from = "all",
	  .help = "The group of the Ansible inventory, with the groups below it." },
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
	{ .name = "selector", .type = FIELD_MAP, .flags = FIELD_PLACED,
	  .offset = AT(selector), .fields = selector_fields,
	  .replaces = "servers", .example = "{matchLabels: {env: prod}}",
	  .help = "Servers by their labels, beside those that are named; at least one must have them." },
	{ .name = "inventory", .type = FIELD_MAP, .flags = FIELD_PLACED,
	  .offset = AT(inventory), .fields = inventory_fields,
	  .replaces = "servers", .example = "{csv: servers.csv}",
	  .help = "Servers that a file lists, beside the others: they need no Server manifest. One that is no longer listed is left alone." },
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
