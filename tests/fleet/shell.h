/*
 * shell.h - what a server of the fleet answers to any other command than the
 * stub's, so that OpenSSH, Ansible and parallel-ssh can be run against it:
 * `hostname` and `echo WORDS`, also within sh -c '...'. Nothing is executed.
 */
#ifndef TESTS_FLEET_SHELL_H
#define TESTS_FLEET_SHELL_H

#include "reconciler/core/buf.h"

/* The command's exit status; its output goes behind *out. */
int shell_answer(const char *server, const char *command, struct buf *out);

#endif
