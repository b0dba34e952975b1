/* proof.c - the words of proofs. */
#include "reconciler/model/proof.h"

const char *proof_name(enum proof proof)
{
	switch (proof) {
	case PROOF_PROVED:
		return "proved";
	case PROOF_REFUSED:
		return "refused";
	case PROOF_UNPROVED:
		break;
	}
	return "unproved";
}
