/* SPDX-License-Identifier: BSD-2-Clause */
/* The last minute of a few counters, for rates. */
#ifndef AUDITSHIP_STATUS_HISTORY_H
#define AUDITSHIP_STATUS_HISTORY_H

#include "collect.h"
#include "serve/status_document.h"

#include <stdint.h>

#define STATUS_SAMPLES 64 /* of a second each, and a few more for late ticks */

struct status_sample {
	uint64_t time_ns; /* CLOCK_BOOTTIME */
	uint64_t events[REC_KINDS];
	uint64_t ring_position[REC_RING_SHIPPER], journal_bytes;
};

/* All zero is a good start. */
struct status_history {
	struct status_sample samples[STATUS_SAMPLES];
	unsigned int next, count;
};

void status_history_add(struct status_history *history, const struct collect_status *collect,
			uint64_t now_ns);

/* Fills in the rates of facts from its counters, its time and the history. */
void status_history_rates(const struct status_history *history, struct status_facts *facts);

#endif
