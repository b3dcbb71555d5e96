/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * replay DIR...: every file of these directories through a fuzzer's target, in the order of their
 * names, without libFuzzer: what was found once is never found again. A directory without files is
 * a fault.
 */
#include "fuzz.h"

#include "base/cleanup.h"
#include "base/io.h"

#include <dirent.h>
#include <errno.h>

#define FILE_MAX (1024 * 1024)

static int is_input(const struct dirent *item)
{
	return item->d_name[0] != '.';
}

static bool run_file(const char *dir, const char *name)
{
	_cleanup_free_ char *path = NULL, *text = NULL;
	size_t length;
	int result;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return false;
	result = io_read_file(AT_FDCWD, path, FILE_MAX, &text, &length);
	if (result < 0) {
		(void)fprintf(stderr, "%s: %s\n", path, strerror(-result));
		return false;
	}
	/* for whoever reads the words of an abort */
	(void)fprintf(stderr, "%s\n", path);
	(void)LLVMFuzzerTestOneInput((const uint8_t *)text, length);
	return true;
}

static bool run_directory(const char *dir)
{
	struct dirent **items = NULL;
	int count = scandir(dir, &items, is_input, alphasort);
	bool good = count > 0;

	if (count < 0)
		(void)fprintf(stderr, "%s: %s\n", dir, strerror(errno));
	else
		(void)printf("%s: %d inputs\n", dir, count);
	for (int i = 0; i < count; i++) {
		good = run_file(dir, items[i]->d_name) && good;
		free(items[i]);
	}
	free(items);
	return good;
}

int main(int argc, char **argv)
{
	bool good = argc > 1;

	for (int i = 1; i < argc; i++)
		good = run_directory(argv[i]) && good;
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
