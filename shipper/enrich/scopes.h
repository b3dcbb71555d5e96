/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose names are meant: processes with the same mount namespace, user namespace and root directory
 * see the same etc/passwd, and so are one scope. Bounded; one thread owns the table.
 *
 * The numbers of namespaces and mounts are used again as soon as they are free, so a scope is only
 * believed while one of the processes that were seen in it lives (its witnesses). A scope that is
 * forgotten and comes again has another serial, and with it none of the old names.
 */
#ifndef AUDITSHIP_SCOPES_H
#define AUDITSHIP_SCOPES_H

#include "enrich/id_cache.h"

#include <stdint.h>

#define SCOPES_MAX 1024
#define SCOPE_WITNESSES 4

enum scope_state {
	SCOPE_NEW,
	SCOPE_HOST, /* its files are the host's own */
	SCOPE_OWN,
};

struct scope_key {
	uint32_t mnt, user, root_mount, root_directory;
};

struct scope_witness {
	uint32_t pid; /* 0: none */
	uint64_t start_ns;
};

struct scope {
	struct scope_key key;
	uint64_t used; /* 0: free */
	uint64_t serial;
	uint64_t files; /* fingerprint of passwd and group, as far as it is known */
	uint64_t checked_ns, retry_ns;
	uint64_t ticket; /* of the question on its way, 0: none */
	enum scope_state state;
	struct scope_witness witnesses[SCOPE_WITNESSES];
};

struct scopes;

int scopes_new(struct scopes **ret_scopes, struct err *err);
void scopes_free(struct scopes *scopes);

/* Never NULL; made when it is not there. The process is taken for a witness. Borrowed until the
 * next call. */
struct scope *scopes_get(struct scopes *scopes, const struct scope_key *key,
			 const struct scope_witness *process);

/* The scope that a question was asked for; NULL: forgotten since. */
struct scope *scopes_find_ticket(struct scopes *scopes, uint64_t ticket);

/* What was known of its names is not true any more. */
void scopes_renew(struct scopes *scopes, struct scope *scope);

/* The process has ended; a scope that has no other witness is forgotten. */
void scopes_leave(struct scopes *scopes, const struct scope_key *key,
		  const struct scope_witness *process);

struct cache_counters *scopes_counters(struct scopes *scopes);

#endif
