/* SPDX-License-Identifier: BSD-2-Clause */
/* What all loads do: share the work among processes, tell what it took. */
#ifndef AUDITSHIP_BENCH_LOAD_H
#define AUDITSHIP_BENCH_LOAD_H

#include <linux/bpf.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/*
 * The kernel counts what BPF programs cost until the descriptor is closed; others who switch the
 * sysctl change nothing. Linux 5.8.
 */
static inline int count_run_time(void)
{
	union bpf_attr attr = {.enable_stats.type = BPF_STATS_RUN_TIME};

	return (int)syscall(__NR_bpf, BPF_ENABLE_STATS, &attr, sizeof(attr));
}

static inline double load_seconds(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static inline double load_cpu_seconds(const struct timeval *user, const struct timeval *system)
{
	return (double)(user->tv_sec + system->tv_sec) +
	       (double)(user->tv_usec + system->tv_usec) / 1e6;
}

/*
 * Runs `work` in `workers` processes, `count` times in all, and says on standard output when they
 * began and what they took, with all that they ran. 0, or 1 when one of them failed.
 */
static inline int load_share(int (*work)(void *context, unsigned long count), void *context,
			     unsigned long workers, unsigned long count)
{
	double began = load_seconds(CLOCK_REALTIME), start = load_seconds(CLOCK_MONOTONIC);
	struct rusage usage;
	int status, failed = 0;

	for (unsigned long i = 0; i < workers; i++)
		if (fork() == 0)
			_exit(work(context, count / workers));
	while (wait(&status) > 0)
		failed |= status != 0;
	(void)getrusage(RUSAGE_CHILDREN, &usage);
	(void)printf("{\"operations\": %lu, \"began\": %.6f, \"seconds\": %.6f, \"cpu\": %.6f}\n",
		     count / workers * workers, began, load_seconds(CLOCK_MONOTONIC) - start,
		     load_cpu_seconds(&usage.ru_utime, &usage.ru_stime));
	return failed;
}

#endif
