/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether every thread goes on: collect by its turns, deliver threads by the call into their sink.
 * The main thread is the one that asks. A sink that fails goes on; one whose call does not return
 * hangs. Pure: from facts to a name.
 */
#ifndef AUDITSHIP_PROGRESS_H
#define AUDITSHIP_PROGRESS_H

#include "base/err.h"
#include "serve/status_document.h"

#include <stdint.h>

#define PROGRESS_COLLECT_NS (10 * NS_PER_S)
#define PROGRESS_SINK_NS (60 * NS_PER_S) /* an open or a flush may have to wait for a disk */

/* All zero is a good start. */
struct progress {
	uint64_t turns, moved_ns; /* collect's, and when they last were others */
};

/* About once a second. */
void progress_note(struct progress *progress, const struct collect_status *collect,
		   uint64_t now_ns);

/* 0, or -ETIMEDOUT: err says who hangs, and for how long. */
int progress_judge(const struct progress *progress, const struct status_facts *facts,
		   struct err *err);

#endif
