/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Canaries: small deeds of which the probes must tell. One row each: the kind of event it is to be,
 * how it is done, how its record is recognized. To add one, add a row.
 */
#ifndef AUDITSHIP_CANARY_H
#define AUDITSHIP_CANARY_H

#include "record.h"

#include <stdint.h>

#define CANARY_NOWHERE "/auditship-canary" /* is not there, and is not made */

enum canary {
	CANARY_FORK,
	CANARY_EXEC,
	CANARY_THREAD_EXEC, /* from a thread that is not the leader */
	CANARY_EXIT,
	CANARY_SIGNAL_DEATH,
	CANARY_EXEC_FAILED,
	CANARY_THREAD_START,
	CANARY_THREAD_EXIT,
	CANARY_OPEN_WRITE,
	CANARY_RELATIVE_OPEN,
	CANARY_FILE_CREATE,
	CANARY_OPEN_FAILED,
	CANARY_OPEN_READ,
	CANARY_OPEN_32BIT,    /* by the entry of 32-bit programs */
	CANARY_OPEN_IO_URING, /* by a request in a ring, without a system call of its own */
	CANARIES
};

const char *canary_name(enum canary canary);
/* enum rec_kind of the event that it is to be. */
unsigned int canary_kind(enum canary canary);

/* What there is to do it with. */
struct canary_stage {
	int program_fd;        /* something that ends by itself when it is run with --version */
	const char *directory; /* absolute; the agent's own */
	const char *file;      /* that is in it, of the agent's own: opened, never changed */
	const char *path;      /* the same, absolute */
};

/*
 * Done in a process of its own, made for it, which then ends with status 0 unless this has ended it
 * already. 0, or an errno: it could not be done.
 */
int canary_sing(enum canary canary, const struct canary_stage *stage);

/* The canaries that this checked record of the helper or its children shows, as bits 1 << canary.
 */
uint32_t canary_recognize(const struct rec_header *record);

#endif
