/* kinds.c - the list of kinds and what all of them share. */
#include "reconciler/manifest/kinds.h"

#include "reconciler/core/str.h"

/* clang-format off */
const struct field_choice api_choices[] = {
	{ .name = API_VERSION },
	{ .name = NULL },
};

const struct field metadata_fields[] = {
	{ .name = "name", .type = FIELD_NAME, .flags = FIELD_REQUIRED,
	  .offset = offsetof(struct draft_metadata, name),
	  .example = "web01",
	  .help = "Names the object; unique among those of its kind." },
	{ .name = "labels", .type = FIELD_TEXT_BY_NAME,
	  .flags = FIELD_MAY_BE_EMPTY,
	  .offset = offsetof(struct draft_metadata, labels), .max = 63,
	  .example = "{env: prod}",
	  .help = "Words to find the object by; they grant nothing." },
	{ .name = NULL },
};

const struct kind manifest_kinds[] = {
	{ "Account", KIND_ACCOUNT, account_fields,
	  "A domain account that pools run as, and where its password comes from." },
	{ "Server", KIND_SERVER, server_fields,
	  "A Windows server with IIS, reached over SSH." },
	{ "ResourceGroup", KIND_RESOURCE_GROUP, group_fields,
	  "Servers that change together, and how fast." },
	{ "AppPoolBinding", KIND_APP_POOL_BINDING, binding_fields,
	  "Which application pools of which groups must run as which identity." },
	{ "ChangeWindow", KIND_CHANGE_WINDOW, window_fields,
	  "When changes may start, or may not." },
	{ "RotationPolicy", KIND_OTHER, NULL,
	  "How often lockstep itself changes a password." },
	{ NULL, KIND_OTHER, NULL, NULL },
};

const struct kind config_kind = {
	"Config", KIND_OTHER, config_fields,
	"config.yaml: what the controller trusts. It is no manifest: only root "
	"or the user who runs lockstep may write it.",
};
/* clang-format on */

#define N_KINDS (sizeof(manifest_kinds) / sizeof(*manifest_kinds) - 1)

const struct kind *kind_find(const char *name)
{
	const struct kind *kind;

	for (kind = manifest_kinds; kind->name; kind++) {
		if (str_eq(kind->name, name))
			return kind;
	}
	return NULL;
}

const char *kind_suggest(const char *name)
{
	const char *names[N_KINDS + 1];
	size_t i;

	for (i = 0; i <= N_KINDS; i++)
		names[i] = manifest_kinds[i].name;
	return str_nearest(name, names);
}
