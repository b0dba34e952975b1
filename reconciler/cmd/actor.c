/* actor.c - see actor.h. */
#include "reconciler/cmd/actor.h"

#include "reconciler/core/str.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_CHARS_MAX 64

/* A name out of the environment: short, and no text that acts anywhere. */
static const char *clean_variable(const char *name)
{
	const char *value = secure_getenv(name);

	if (!value || !*value || strlen(value) > NAME_CHARS_MAX ||
	    !str_utf8_valid(value, strlen(value)) || str_has_control(value))
		return NULL;
	return value;
}

static void user_name(char *ret, size_t size)
{
	struct passwd *found = NULL;
	struct passwd entry;
	char scratch[4096];

	(void)getpwuid_r(getuid(), &entry, scratch, sizeof(scratch), &found);
	if (found)
		(void)snprintf(ret, size, "%.64s", found->pw_name);
	else
		(void)snprintf(ret, size, "uid %u", getuid());
}

void actor_person(char *ret, size_t size)
{
	const char *sudo = clean_variable("SUDO_USER");

	if (sudo)
		(void)snprintf(ret, size, "%s", sudo);
	else
		user_name(ret, size);
}

void actor_name(char *ret, size_t size)
{
	const char *sudo = clean_variable("SUDO_USER");
	char user[NAME_CHARS_MAX + 16];

	user_name(user, sizeof(user));
	if (sudo && !str_eq(sudo, user))
		(void)snprintf(ret, size, "%s via %s", sudo, user);
	else
		(void)snprintf(ret, size, "%s", user);
}

/* Who pressed the button, as build servers say it. */
static const struct {
	const char *variable;
	const char *server;
} builders[] = {
	{ "GITLAB_USER_LOGIN", "GitLab" },
	{ "GITHUB_ACTOR", "GitHub" },
	{ "BUILD_REQUESTEDFOR", "Azure Pipelines" },
	{ "BUILD_USER_ID", "Jenkins" },
};

void actor_full(char *ret, size_t size)
{
	char name[ACTOR_BYTES / 2];
	char terminal[64];

	actor_name(name, sizeof(name));
	for (size_t i = 0; i < sizeof(builders) / sizeof(builders[0]); i++) {
		const char *person = clean_variable(builders[i].variable);

		if (person) {
			(void)snprintf(ret, size, "%s for %s (%s)", name,
				       person, builders[i].server);
			return;
		}
	}
	if (isatty(STDIN_FILENO) &&
	    ttyname_r(STDIN_FILENO, terminal, sizeof(terminal)) == 0)
		(void)snprintf(ret, size, "%s on %s", name,
			       str_starts(terminal, "/dev/") ? terminal + 5
							     : terminal);
	else
		(void)snprintf(ret, size, "%s", name);
}
