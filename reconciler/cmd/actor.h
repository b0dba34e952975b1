/*
 * actor.h - who asked for a run, as the state remembers it.
 */
#ifndef CMD_ACTOR_H
#define CMD_ACTOR_H

#include <stddef.h>

#define ACTOR_BYTES 256

/* "ada": the person, however he became the user that lockstep runs as. Two are
 * the same person when these are equal. */
void actor_person(char *ret, size_t size);
/* "ada", "ada via root", "uid 1007". SUDO_USER is what sudo says; a person
 * who is root can say anything. */
void actor_name(char *ret, size_t size);
/* The same with where from: "ada via root on pts/3", "lockstep for jdoe
 * (GitLab)", "lockstep" of a service without a terminal. */
void actor_full(char *ret, size_t size);

#endif
