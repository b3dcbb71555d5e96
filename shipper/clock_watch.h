/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Notices that the wall clock jumped, by its offset from CLOCK_BOOTTIME, which nobody can set.
 * Jumps are told, slews are followed:
 *
 * - The kernel says that the clock was set (settimeofday, ADJ_SETOFFSET, a leap second, a resume):
 *   told from CLOCK_STEP_SET_NS on; smaller ones are added up until they reach it.
 * - Compared once a second without such word: told from CLOCK_STEP_SEEN_NS on. The kernel slews by
 *   at most a tenth, so no slew gets there.
 */
#ifndef AUDITSHIP_CLOCK_WATCH_H
#define AUDITSHIP_CLOCK_WATCH_H

#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_STEP_SET_NS ((int64_t)(10 * NS_PER_MS))
#define CLOCK_STEP_SEEN_NS ((int64_t)(500 * NS_PER_MS))

/* All that is known: CLOCK_REALTIME - CLOCK_BOOTTIME as last seen, and what was not told yet. */
struct clock_watch {
	int64_t offset_ns;
	int64_t untold_ns;
};

void clock_watch_init(struct clock_watch *watch, int64_t offset_ns);

/* The offset is that now; set: the kernel says that somebody set the clock. True: it jumped. */
bool clock_watch_look(struct clock_watch *watch, int64_t offset_ns, bool set, int64_t *ret_step_ns);

/* A descriptor that is readable when the clock was set; clock_watch_was_set makes it wait again. */
int clock_watch_open(void);
bool clock_watch_was_set(int fd);

#endif
