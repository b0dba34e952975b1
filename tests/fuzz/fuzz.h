/*
 * fuzz.h - what the fuzz targets share.
 *
 * A target is one file, NAME_fuzz.c, that gives bytes to one real reader and
 * checks what must hold of its result whatever the bytes were. `make fuzz`
 * links it with libFuzzer; `make test` links it with replay.c, which feeds it
 * the files of corpus/NAME.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include "reconciler/core/arena.h"
#include "reconciler/manifest/manifest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* libFuzzer's name for it. */
/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* What does not hold ends the program, as a fault of memory would. */
#define FUZZ_REQUIRE(condition) \
	fuzz_require((condition), #condition, __FILE__, __LINE__)
void fuzz_require(bool holds, const char *what, const char *file, int line);

/* The reader took the input as it is. replay.c requires that of inputs whose
 * names begin with "good": a target whose good input is refused tests nothing.
 */
void fuzz_accept(void);
/* Did it since the last call? */
bool fuzz_accepted(void);

/* A folder of this process, removed with its files at the end. */
const char *fuzz_folder(void);
/* Puts bytes into a file of that folder; its path, until the next call. */
const char *fuzz_file(const char *name, const uint8_t *bytes, size_t len);

/* The text, escaped or not, can be shown: nothing in it moves a cursor. */
void fuzz_plain(const char *text);
/* One line a problem, each of them plain. */
void fuzz_problems(const struct problems *problems);

#endif
