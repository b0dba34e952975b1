/* window.c - when may a change start? */
#include "reconciler/model/window.h"

enum window_class change_window_class(const struct change *change)
{
	return change->kind == CHANGE_IDENTITY ? WINDOW_IDENTITY
					       : WINDOW_PASSWORD;
}

const char *window_class_name(enum window_class window_class)
{
	return window_class == WINDOW_IDENTITY ? "identity" : "password";
}

struct window_answer window_ask(const struct desired *desired, size_t server,
				size_t binding, enum window_class window_class,
				int64_t wall_ms)
{
	(void)desired;
	(void)server;
	(void)binding;
	(void)window_class;
	(void)wall_ms;
	/* No manifest can declare a window before this file knows them. */
	return (struct window_answer){ .open = true,
				       .may_start = true,
				       .may_override = true,
				       .closes_ms = INT64_MAX,
				       .cutoff_ms = INT64_MAX };
}
