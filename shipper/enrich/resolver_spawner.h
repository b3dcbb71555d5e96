/* SPDX-License-Identifier: BSD-2-Clause */
/* The other side of resolver.h: the spawner and its workers. Only resolver.c includes this. */
#ifndef AUDITSHIP_RESOLVER_SPAWNER_H
#define AUDITSHIP_RESOLVER_SPAWNER_H

#include "enrich/resolver.h"

#include <sys/types.h>

/* Before the bytes of a question on the lane's socket: one packet each. */
struct resolver_question {
	uint64_t number; /* the answer has the same */
	uint32_t service;
	uint32_t size; /* of the bytes behind */
};

struct resolver_reply {
	uint64_t number;
	int32_t status;
	uint32_t size;
};

/* On the control socket: the lane's worker is killed, if there is one. With the worker's end of a
 * fresh socket as SCM_RIGHTS another one is started. */
struct resolver_order {
	uint32_t lane;
};

struct resolver_spawner {
	struct resolver_service services[RESOLVER_SERVICES_MAX];
	size_t count;
	int control_fd; /* end of file: all is over */
	pid_t agent;
};

/* The life of the spawner, in the child of fork; never returns. */
_Noreturn void resolver_spawner_run(const struct resolver_spawner *spawner);

#endif
