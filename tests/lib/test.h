/*
 * test.h - cmocka with the headers that it wants first, and folders that a
 * test may fill. Failures here end the test program.
 */
#ifndef TESTS_LIB_TEST_H
#define TESTS_LIB_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs the above */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

/* A new folder, mode 0700; the caller gives it to test_remove(). */
char *test_folder(void);
/* Write folder/name anew; the path, which the caller frees. */
char *test_file(const char *folder, const char *name, const void *bytes,
		size_t len, mode_t mode);
/* Remove the folder with its files, and free the name. NULL is fine. */
void test_remove(char *folder);

#endif
