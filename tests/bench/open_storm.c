/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A load of known size: WORKERS processes that open the files for reading, one after the other,
 * RUNS times in all. Without -c they do nothing else: descriptors are closed by the hundred.
 */
#define _GNU_SOURCE
#include "load.h"

#include <fcntl.h>
#include <stdlib.h>

#define KEPT 500 /* open at a time */

struct opens {
	char **files;
	unsigned long count;
	int close_each;
};

static int open_files(void *context, unsigned long runs)
{
	const struct opens *opens = context;

	for (unsigned long i = 1; i <= runs; i++) {
		int fd = open(opens->files[i % opens->count], O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			return 1;
		if (opens->close_each)
			(void)close(fd);
		else if (i % KEPT == 0 && close_range(3, ~0U, 0) < 0)
			return 1;
	}
	return 0;
}

static int usage(void)
{
	(void)fprintf(stderr, "usage: open_storm [-cs] WORKERS RUNS FILE...\n"
			      "  -c  close each file at once\n"
			      "  -s  let the kernel count what BPF programs cost\n");
	return 64;
}

int main(int argc, char **argv)
{
	struct opens opens = {0};
	int option, count = 0;

	while ((option = getopt(argc, argv, "cs")) != -1) {
		if (option == '?')
			return usage();
		opens.close_each |= option == 'c';
		count |= option == 's';
	}
	if (argc - optind < 3)
		return usage();
	if (count && count_run_time() < 0) {
		perror("open_storm: BPF run-time statistics");
		return 1;
	}
	opens.files = argv + optind + 2;
	opens.count = (unsigned long)(argc - optind - 2);
	if (load_share(open_files, &opens, strtoul(argv[optind], NULL, 10),
		       strtoul(argv[optind + 1], NULL, 10)) == 0)
		return 0;
	(void)fprintf(stderr, "open_storm: cannot open %s\n", opens.files[0]);
	return 1;
}
