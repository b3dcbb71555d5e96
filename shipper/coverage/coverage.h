/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the probes see on this host, tried out: one run has the helper do what the canaries do, and
 * waits until the collect thread has met their records. Belongs to the main thread; never blocks.
 */
#ifndef AUDITSHIP_COVERAGE_H
#define AUDITSHIP_COVERAGE_H

#include "base/err.h"
#include "coverage/canary.h"
#include "coverage/canary_helper.h"
#include "coverage/canary_watch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COVERAGE_SING_MS 10000 /* a helper that takes longer to do it all hangs, and is killed */
#define COVERAGE_WAIT_MS 2000  /* a canary not seen by then is missed */

struct coverage;

struct coverage_options {
	struct canary_helper_options helper;
	uint32_t pid_ns;      /* inode number of the agent's pid namespace */
	uint32_t ticks_per_s; /* USER_HZ */
	unsigned int sing_ms; /* 0: COVERAGE_SING_MS */
};

enum coverage_verdict {
	COVERAGE_SEEN,
	COVERAGE_MISSED,
	COVERAGE_SKIPPED,
	COVERAGE_GAP, /* not seen, and no wonder: this kernel has no hook for it */
	COVERAGE_VERDICTS
};

struct coverage_result {
	bool asked;        /* by somebody; else at the start */
	uint64_t ended_ns; /* CLOCK_BOOTTIME; 0: there was no run yet */
	uint32_t records;  /* that the canaries made */
	uint32_t counts[COVERAGE_VERDICTS];
	struct {
		enum coverage_verdict verdict;
		char why[192]; /* of one that was not seen */
	} canaries[CANARIES];
};

/* What is known of a run when it is judged. */
struct coverage_facts {
	uint32_t kinds;              /* that are recorded: bits 1 << enum rec_kind */
	uint32_t seen;               /* bits 1 << enum canary */
	uint32_t left_out;           /* bits 1 << enum canary: the lists of paths do so */
	const char *left_out_by;     /* the list that leaves out the helper: "user"; NULL: none */
	const char *no_io_uring;     /* why its probe is not attached; NULL: it is */
	bool held;                   /* records wait in the rings, since nothing takes them */
	const char *broken;          /* why the helper has not answered; NULL: it has */
	struct canary_report report; /* if it has */
};

/* Pure; fills in counts and canaries. */
void coverage_judge(const struct coverage_facts *facts, struct coverage_result *ret_result);

/* The names of the canaries of that verdict, with ", " between them. */
void coverage_list(const struct coverage_result *result, enum coverage_verdict verdict, char *out,
		   size_t size);

/* Of the opens of these two paths, the agent's own and CANARY_NOWHERE, as bits 1 << canary. */
uint32_t coverage_opens(bool own, bool nowhere);

/*
 * Forks the helper: before there is a thread, and before the probes are attached. Without a
 * helper, err says why, and the agent runs without: every run then says so.
 */
int coverage_new(struct coverage **ret_coverage, const struct coverage_options *options,
		 struct err *err);
/* NULL is fine. */
void coverage_free(struct coverage *coverage);

/* For the collect thread, which must have gone before coverage_free. */
struct canary_watch *coverage_watch(struct coverage *coverage);

/* What the filters pass over in the runs that begin from now on, see coverage_facts. by: a
 * constant. */
void coverage_leave_out(struct coverage *coverage, uint32_t canaries, const char *by);

/* Begins a run for these kinds; false: one is under way. no_io_uring: see coverage_facts; copied.
 */
bool coverage_begin(struct coverage *coverage, uint32_t kinds, const char *no_io_uring, bool asked);
bool coverage_is_running(const struct coverage *coverage);

/* Readable when coverage_serve has something to do. */
int coverage_fd(const struct coverage *coverage);
/* True: a run has ended, and coverage_last has its result. held: see coverage_facts. */
bool coverage_serve(struct coverage *coverage, bool held);

/* Of the last run that ended; its ended_ns is 0 before the first. */
const struct coverage_result *coverage_last(const struct coverage *coverage);

#endif
