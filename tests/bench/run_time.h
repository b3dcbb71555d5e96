/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel counts what BPF programs cost while somebody asks for it. */
#ifndef AUDITSHIP_BENCH_RUN_TIME_H
#define AUDITSHIP_BENCH_RUN_TIME_H

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Until the descriptor is closed; others who switch the sysctl change nothing. Linux 5.8. */
static inline int count_run_time(void)
{
	union bpf_attr attr = {.enable_stats.type = BPF_STATS_RUN_TIME};

	return (int)syscall(__NR_bpf, BPF_ENABLE_STATS, &attr, sizeof(attr));
}

#endif
