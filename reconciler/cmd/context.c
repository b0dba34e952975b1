/* context.c - see context.h. */
#include "reconciler/cmd/context.h"

#include "reconciler/cmd/actor.h"
#include "reconciler/cmd/select.h"
#include "reconciler/sys/clock.h"
#include "reconciler/transport/session.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RUN_BYTES_MAX ((size_t)4 << 30)

void context_init(struct context *context)
{
	*context = (struct context){ 0 };
	arena_init(&context->arena, RUN_BYTES_MAX);
	config_init(&context->config);
	desired_init(&context->desired);
}

void context_done(struct context *context)
{
	store_close(context->store);
	passwords_done(&context->passwords);
	desired_done(&context->desired);
	config_done(&context->config);
	arena_done(&context->arena);
}

bool context_wants_colour(const struct options *options)
{
	const char *no_colour = secure_getenv("NO_COLOR");

	if (options->color != COLOR_AUTO)
		return options->color == COLOR_ALWAYS;
	return isatty(STDOUT_FILENO) && !(no_colour && *no_colour);
}

int context_files(const struct options *options, struct context *context,
		  struct cmd_end *end, struct err *err)
{
	int rc = config_load(options->config, &context->config, &end->problems,
			     err);

	if (!rc)
		rc = config_outside(options->config, options->folder, err);
	if (!rc)
		rc = config_files_outside(&context->config, options->folder,
					  err);
	if (!rc)
		rc = manifest_load(options->folder, &context->config,
				   &context->desired, &end->problems, err);
	context->colour = context_wants_colour(options);
	return rc;
}

int context_load(const struct options *options, struct context *context,
		 struct cmd_end *end, struct err *err)
{
	int rc = context_files(options, context, end, err);

	return rc ? rc : select_scope(options, context, err);
}

int context_passwords(struct context *context, struct err *err)
{
	int rc = transport_check(context->config.ssh_key,
				 context->config.ssh_known_hosts, err);

	return rc ? rc
		  : passwords_load(&context->config, &context->desired,
				   &context->scope, &context->passwords, err);
}

/* Configuration is not needed for a state that --state names. */
int context_state_path(const struct options *options, struct context *context,
		       struct err *err)
{
	const char *folder = secure_getenv("STATE_DIRECTORY");
	const char *xdg = secure_getenv("XDG_STATE_HOME");
	const char *home = secure_getenv("HOME");
	struct arena *arena = &context->arena;

	if (options->state)
		context->state_path = options->state;
	else if (context->config.state_path)
		context->state_path = context->config.state_path;
	else if (folder && *folder == '/') /* systemd: several, with colons */
		context->state_path =
			arena_printf(arena, "%.*s/state.db",
				     (int)strcspn(folder, ":"), folder);
	else if (xdg && *xdg == '/')
		context->state_path =
			arena_printf(arena, "%s/lockstep/state.db", xdg);
	else if (home && *home == '/')
		context->state_path = arena_printf(
			arena, "%s/.local/state/lockstep/state.db", home);
	else
		return err_set(
			err, -ERR_STATE_FILE,
			"nothing says where the state file is: add state: to the configuration");
	return context->state_path
		       ? 0
		       : err_set(err, -ERR_NOMEM, "finding the state file");
}

int context_state(const struct options *options, struct context *context,
		  enum store_mode mode, bool try, struct err *err)
{
	char actor[ACTOR_BYTES];
	int rc = context_state_path(options, context, err);

	if (rc)
		return rc;
	rc = store_open(context->state_path, mode, &context->store, err);
	context->record = !rc && mode == STORE_WRITE;
	if (context->record) {
		actor_full(actor, sizeof(actor));
		rc = store_set_actor(context->store, actor, err);
	}
	if (rc == -ERR_LOCKED && try)
		rc = store_open(context->state_path, STORE_READ,
				&context->store, err);
	if (!rc)
		rc = store_past(context->store, &context->arena, &context->past,
				err);
	return rc;
}

struct report_context context_report(const struct context *context)
{
	return (struct report_context){
		.desired = &context->desired,
		.config = &context->config,
		.past = &context->past,
		.selection = context->selected ? &context->selection : NULL,
		.wall_ms = clock_wall_ms(),
		.colour = context->colour,
	};
}

int refusals_error(const struct refusal_array *refusals, struct err *err)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	const size_t rest_bytes = 32; /* of the last line */
	size_t i;

	buf_init(&text, sizeof(err->what) * 8);
	for (i = 0; i < refusals->n; i++) {
		const char *line = refusals->items[i].text;

		if (i &&
		    text.len + strlen(line) + rest_bytes > sizeof(err->what))
			break;
		buf_printf(&text, "%s%s", i ? "\n  " : "", line);
	}
	if (i < refusals->n)
		buf_printf(&text, "\n  and %zu more", refusals->n - i);
	return err_set(err, refusals->items[0].code, "%s", buf_text(&text));
}
