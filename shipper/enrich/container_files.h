/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where container runtimes leave their state, and the service of the resolver that reads it. Runs
 * in a worker: files of others are hostile and may hang.
 */
#ifndef AUDITSHIP_CONTAINER_FILES_H
#define AUDITSHIP_CONTAINER_FILES_H

#include "base/buf.h"
#include "enrich/container_state.h"
#include "enrich/safe_file.h"

/* data of the service. Everything is borrowed, and alive until resolver_new has returned. */
struct container_files {
	const char *host_root; /* the root of the host's file system as the agent sees it */
	struct container_labels labels;
};

struct container_question {
	char id[CONTAINER_ID_SIZE];
	uint32_t owner;               /* see struct container_path */
	uint32_t runtime;             /* enum container_runtime */
	struct safe_file_state known; /* of the file that was read last; all zero: none */
};

struct container_answer {
	struct safe_file_state file; /* that state was read from */
	uint64_t unchanged;          /* 1: known is still true, state is not filled */
	struct container_state state;
};

/* A struct resolver_service's answer. -ENOENT: there is no state of that container. */
int container_files_answer(void *data, const void *question, size_t size, struct buf *out);

#endif
