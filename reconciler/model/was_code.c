/* was_code.c - see was_code.h. */
#include "reconciler/model/was_code.h"

#include <stddef.h>

#define LOGON_TYPE_NOT_GRANTED 0x80070569

static const struct {
	uint32_t code;
	const char *text;
} codes[] = {
	{ 0x8007052e, "the user name or password is wrong" },
	{ 0x8007052f, "a restriction of the account forbids the logon" },
	{ 0x80070530, "the account may not log on at this hour" },
	{ 0x80070531, "the account may not log on to this server" },
	{ 0x80070532, "the password has expired" },
	{ 0x80070533, "the account is disabled" },
	{ LOGON_TYPE_NOT_GRANTED,
	  "the right to log on as a batch job is missing on this server" },
	{ 0x80070701, "the account has expired" },
	{ 0x80070773, "the password must be changed first" },
	{ 0x80070775, "the account is locked" },
};

const char *was_code_text(uint32_t code)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		if (codes[i].code == code)
			return codes[i].text;
	}
	return NULL;
}

bool was_code_is_local(uint32_t code)
{
	return code == LOGON_TYPE_NOT_GRANTED;
}
