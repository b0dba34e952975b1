/*
 * was_code.h - the error numbers in the data of WAS's identity faults, in
 * words. They are Win32 errors of the logon as HRESULT (0x8007....).
 */
#ifndef MODEL_WAS_CODE_H
#define MODEL_WAS_CODE_H

#include <stdbool.h>
#include <stdint.h>

/* What is wrong; NULL = a code that is not known here, or 0. */
const char *was_code_text(uint32_t code);
/* Is it a fault of the server, not of the account? Windows looks at the logon
 * right only after the password was found right. */
bool was_code_is_local(uint32_t code);

#endif
