/*
 * context.h - what every report needs to name things and tell the time.
 *
 * Every string that comes from a server or a file is escaped before it is
 * put (core/str.h), so no terminal, log or pipeline acts on it.
 */
#ifndef REPORT_CONTEXT_H
#define REPORT_CONTEXT_H

#include "reconciler/model/config.h"
#include "reconciler/model/desired.h"
#include "reconciler/model/past.h"
#include "reconciler/model/selection.h"

#include <stdbool.h>
#include <stdint.h>

struct report_context {
	const struct desired *desired;
	const struct config *config;
	const struct past *past;
	const struct selection *selection; /* NULL = everything */
	int64_t wall_ms;                   /* now */
	bool colour;                       /* of text; JSON has none */
};

#endif
