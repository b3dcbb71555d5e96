/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Now and then, and soon after process events were lost, the living processes are counted again, so
 * that the process table does not keep those whose end it missed. Belongs to the main thread.
 */
#ifndef AUDITSHIP_CENSUS_H
#define AUDITSHIP_CENSUS_H

#include "capture/probes.h"
#include "collect.h"

#include <stdbool.h>
#include <stdint.h>

struct census {
	uint64_t taken_ns; /* CLOCK_BOOTTIME of the last one, or of the start */
	uint64_t lost;     /* process events that had been lost by then */
	bool asked;        /* the collect thread is to make ready for it */
};

/* Whether the task iterator sees all processes: not from inside of a container. */
bool census_sees_all(uint32_t pid_ns);

/*
 * About once a second. The snapshot is taken here, which lasts some milliseconds per thousand
 * processes, and handed to the collect thread. now_ns: CLOCK_BOOTTIME.
 */
void census_tick(struct census *census, struct probes *probes, struct collect *collect,
		 uint64_t now_ns);

#endif
