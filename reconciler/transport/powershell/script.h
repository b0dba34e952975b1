/*
 * script.h - the script that runs on a server and the command that starts it.
 *
 * Both are constants of a release: embed_main.c joins prelude.ps1 with the
 * stages of the module, puts the SHA-256 of the whole into stub.ps1 and
 * writes script_embed.c, which defines what stands here.
 *
 * Shapes   The session sends u32 big-endian lockstep_script_len and the script,
 *          then frames (core/frame.h). The command runs no other script.
 */
#ifndef TRANSPORT_POWERSHELL_SCRIPT_H
#define TRANSPORT_POWERSHELL_SCRIPT_H

#include <stddef.h>

extern const unsigned char lockstep_script[];
extern const size_t lockstep_script_len;
extern const char lockstep_script_sha256[65]; /* lower-case hex */
extern const char lockstep_command[]; /* powershell.exe ... -EncodedCommand */

#endif
