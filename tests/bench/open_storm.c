/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A load of known size: WORKERS processes that open PATH for reading, RUNS times in all, and do
 * nothing else: descriptors are closed by the hundred. While it runs, the kernel counts what BPF
 * programs cost.
 */
#define _GNU_SOURCE
#include "run_time.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#define KEPT 500 /* open at a time */

static int run(const char *path, unsigned long runs)
{
	for (unsigned long i = 1; i <= runs; i++) {
		if (open(path, O_RDONLY | O_CLOEXEC) < 0)
			return 1;
		if (i % KEPT == 0 && close_range(3, ~0U, 0) < 0)
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long workers, runs;
	int failed = 0, status;

	if (argc != 4)
		return 64;
	if (count_run_time() < 0) {
		perror("open_storm: BPF run-time statistics");
		return 1;
	}
	workers = strtoul(argv[2], NULL, 10);
	runs = strtoul(argv[3], NULL, 10);
	for (unsigned long i = 0; i < workers; i++)
		if (fork() == 0)
			_exit(run(argv[1], runs / workers));
	while (wait(&status) > 0)
		failed |= status != 0;
	if (failed)
		(void)fprintf(stderr, "open_storm: cannot open %s\n", argv[1]);
	return failed;
}
