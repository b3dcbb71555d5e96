/* SPDX-License-Identifier: BSD-2-Clause */
/* What every cache of names tells of itself. */
#ifndef AUDITSHIP_CACHE_COUNTERS_H
#define AUDITSHIP_CACHE_COUNTERS_H

#include <stdint.h>

struct cache_counters {
	uint64_t size, max; /* entries */
	uint64_t hits, misses;
	uint64_t evictions; /* to make room */
	uint64_t failures;  /* questions that were not answered: time was over, or refused */
};

#endif
