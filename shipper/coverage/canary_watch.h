/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which records are those of the agent's own canaries, and which canaries have been seen by them.
 * Such a record is one of the helper process or of a child of it, made while a run is on: nobody
 * else's, and at no other time. The main thread says who and when, the collect thread asks.
 */
#ifndef AUDITSHIP_CANARY_WATCH_H
#define AUDITSHIP_CANARY_WATCH_H

#include "record.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* More in one run are shown as the events they are. */
#define CANARY_RECORDS_MAX 4096

/* Who the helper is, told before the probes are attached. */
struct canary_helper_id {
	uint32_t pid;    /* as its own pid namespace numbers it */
	uint32_t pid_ns; /* inode number of that namespace */
	uint64_t start_ticks;
	uint64_t tick_ns;
};

struct canary_watch {
	struct canary_helper_id helper;    /* never changes once the collect thread runs */
	int seen_fd;                       /* eventfd: readable when one more was seen */
	_Atomic uint64_t begin_ns, end_ns; /* CLOCK_BOOTTIME; 0: there was none yet */
	_Atomic uint32_t seen;             /* bits 1 << enum canary */
	_Atomic uint32_t records;
};

/* A run begins: nothing is seen yet. */
void canary_watch_begin(struct canary_watch *watch, uint64_t now_ns);
/* All canaries have sung: what comes later is none of theirs. */
void canary_watch_end(struct canary_watch *watch, uint64_t now_ns);

/* Of the collect thread; record was checked. True: it is no event. */
bool canary_watch_takes(struct canary_watch *watch, const struct rec_header *record);

#endif
