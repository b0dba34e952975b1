/*
 * proof.h - what the directory says of an account's password.
 *
 * GATE     asked before the account's first commit of a run: is the password
 *          that would be written the one that the domain accepts?
 * BREAKER  asked once when WAS refused it on a server: is the account itself
 *          at fault, or that server?
 */
#ifndef MODEL_PROOF_H
#define MODEL_PROOF_H

enum proof_question { PROOF_GATE, PROOF_BREAKER };

enum proof {
	PROOF_PROVED,   /* the domain accepts it now */
	PROOF_REFUSED,  /* wrong, locked, disabled, expired ... */
	PROOF_UNPROVED, /* nobody can say: no directory, or it did not answer */
};

const char *proof_name(enum proof proof); /* "proved" "refused" "unproved" */

#endif
