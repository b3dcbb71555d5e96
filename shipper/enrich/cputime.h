/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * User and system CPU time as wait4(2) tells them: the scheduler's exact run time split in the
 * proportion of the tick samples (cputime_adjust in kernel/sched/cputime.c).
 */
#ifndef AUDITSHIP_CPUTIME_H
#define AUDITSHIP_CPUTIME_H

#include <stdint.h>

static inline void cputime_split(uint64_t utime_ns, uint64_t stime_ns, uint64_t runtime_ns,
				 uint64_t *ret_user_ns, uint64_t *ret_system_ns)
{
	uint64_t system = 0;

	if (stime_ns && utime_ns)
		system = (uint64_t)((unsigned __int128)stime_ns * runtime_ns /
				    ((unsigned __int128)stime_ns + utime_ns));
	else if (stime_ns)
		system = runtime_ns;
	*ret_system_ns = system;
	*ret_user_ns = runtime_ns - system;
}

#endif
