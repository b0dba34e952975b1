/* replay.c - feeds a target the files of a folder, each within its time. */
#include "tests/fuzz/fuzz.h"

#include "reconciler/sys/file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INPUT_BYTES_MAX 1048576
#define INPUT_SECONDS   20 /* with sanitizers on a busy machine */

/* A target that fails ends the program: the last name printed is its input. */
static void feed(const char *path, bool good)
{
	CLEANUP(buf_done) struct buf input = { 0 };
	struct err err = { 0 };

	(void)printf("%s\n", path);
	(void)fflush(stdout);
	buf_init(&input, INPUT_BYTES_MAX);
	if (file_read(path, FILE_ANY, INPUT_BYTES_MAX, &input, &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.what);
		abort();
	}
	(void)alarm(INPUT_SECONDS);
	(void)LLVMFuzzerTestOneInput((const uint8_t *)buf_text(&input),
				     input.len);
	(void)alarm(0);
	FUZZ_REQUIRE(fuzz_accepted() || !good);
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(int argc, char *argv[])
{
	struct dirent **names = NULL;
	int n = argc == 2 ? scandir(argv[1], &names, visible, alphasort) : -1;

	if (n < 1) {
		(void)fprintf(stderr, "usage: replay FOLDER-WITH-INPUTS\n");
		return 1;
	}
	(void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	for (int i = 0; i < n; i++) {
		char path[1024];

		(void)snprintf(path, sizeof(path), "%s/%s", argv[1],
			       names[i]->d_name);
		feed(path, strncmp(names[i]->d_name, "good", 4) == 0);
		free(names[i]);
	}
	free(names);
	(void)printf("%d passed, 0 failed, 0 skipped\n", n);
	return 0;
}
