/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Three clocks. Events are stamped with CLOCK_BOOTTIME, people read CLOCK_REALTIME; the offset
 * between the two is sampled again and again, because the wall clock is set and slewed.
 */
#ifndef AUDITSHIP_CLOCK_H
#define AUDITSHIP_CLOCK_H

#include <stdint.h>

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

/* 2024: a wall clock that shows less was never set. */
#define CLOCK_REAL_PLAUSIBLE_NS UINT64_C(1704067200000000000)

uint64_t clock_boot_ns(void);
uint64_t clock_real_ns(void);
uint64_t clock_mono_ns(void);

/* What is left until then on CLOCK_MONOTONIC, rounded up: 0 only when it is over. */
unsigned int clock_left_ms(uint64_t deadline_ns);

/* CLOCK_REALTIME - CLOCK_BOOTTIME in ns, from the tightest of a few bracketed reads. */
int64_t clock_wall_offset_ns(void);

#define CLOCK_UTC_SIZE 31

/* Writes "2026-03-01T12:34:56.789012345Z" and a terminator; wall_ns counts from 1970. */
void clock_format_utc(char out[CLOCK_UTC_SIZE], uint64_t wall_ns);

#endif
