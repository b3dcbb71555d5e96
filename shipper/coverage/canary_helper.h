/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The helper process in which canaries sing: forked before there are threads and probes, so that it
 * has no event of its own; it has neither capabilities nor descriptors of the agent. It waits
 * for a request, does what it says in one child after the other, and answers. It dies with the
 * agent. Belongs to the main thread.
 */
#ifndef AUDITSHIP_CANARY_HELPER_H
#define AUDITSHIP_CANARY_HELPER_H

#include "base/err.h"
#include "coverage/canary.h"

#include <stdint.h>
#include <sys/types.h>

struct canary_helper;

struct canary_helper_options {
	const char *directory; /* see struct canary_stage */
	const char *file;
	int program_fd; /* borrowed until canary_helper_start returns; -1: the agent's own program
			 */
};

/* What one run has done: per canary 0, or the errno that kept it from being done. */
struct canary_report {
	int32_t errors[CANARIES];
};

int canary_helper_start(struct canary_helper **ret_helper,
			const struct canary_helper_options *options, struct err *err);

/* Kills and reaps it. NULL is fine. */
void canary_helper_stop(struct canary_helper *helper);

pid_t canary_helper_pid(const struct canary_helper *helper);

/* Asks for the canaries of mask, bits 1 << enum canary. 0, or a negative errno: it is gone. */
int canary_helper_ask(struct canary_helper *helper, uint32_t mask);

/* Readable when there is an answer, or it is gone. */
int canary_helper_fd(const struct canary_helper *helper);
/* 1 with the answer, 0: none yet, -EPIPE: it is gone. */
int canary_helper_read(struct canary_helper *helper, struct canary_report *ret_report);

#endif
