/*
 * pace.h - how long a server's requests take, judged by how long reading it
 * took.
 *
 * Source   shares measured with tests/integration/pace: the real script in the
 *          real PowerShell engine; docs/rehearsal.md has the figures.
 */
#ifndef REHEARSE_PACE_H
#define REHEARSE_PACE_H

#include "reconciler/rehearse/rehearse.h"

#define PACE_READ_MS 2500 /* taken for a server of which it is not known */
#define PACE_SAVE_MS 15

/* took_ms: from connecting to the answer; 0 = not known. */
void pace_of_reading(int64_t took_ms, struct pace *ret);

#endif
