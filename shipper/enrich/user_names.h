/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The names of a process's ids: of the host's files at once; else asked of the host's name services
 * or looked up in the process's own files by the helper process, and kept in a cache. Waits no
 * longer than the resolver's budget allows. Belongs to the collect thread.
 */
#ifndef AUDITSHIP_USER_NAMES_H
#define AUDITSHIP_USER_NAMES_H

#include "base/clock.h"
#include "base/err.h"
#include "enrich/id_cache.h"
#include "enrich/resolver.h"
#include "enrich/scopes.h"
#include "enrich/users.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAMES_HOST_UNKNOWN UINT32_MAX
#define USER_NAMES_CACHE_BYTES (1024 * 1024)
#define USER_NAMES_POSITIVE_NS (3600 * NS_PER_S)
#define USER_NAMES_NEGATIVE_NS (60 * NS_PER_S)

struct user_names;

/* 0 takes the default. */
struct user_names_options {
	struct resolver *resolver; /* borrowed; NULL: nobody can be asked */
	resolver_handler *handler; /* what resolver_poll is called with while waiting; it gives */
	void *handler_data;        /* the answers that are for us to user_names_answer */
	unsigned int nss_service, scope_service;
	bool nss; /* ask the host's name services */
	uint64_t positive_ns, negative_ns;
	uint64_t cache_bytes;
	uint64_t tick_ns; /* USER_HZ */
	/* Namespaces of the host, until user_names_set_host tells; host_mnt 0: every process is the
	 * host's; NAMES_HOST_UNKNOWN: none is. */
	uint32_t host_mnt, host_user;
};

int user_names_new(struct user_names **ret_names, const struct user_names_options *options,
		   struct err *err);
void user_names_free(struct user_names *names);

/* Newer names of the host's files; frees the older ones, and forgets what name services said. */
void user_names_take_users(struct user_names *names, struct users *users);

/* Where a process is that is at home on the host: of a snapshot's record. */
void user_names_set_host(struct user_names *names, const struct scope_key *place);

struct name_subject {
	struct scope_key place;
	struct scope_witness process;
	bool ending; /* nothing can be read of it any more */
};

enum name_source { NAME_SOURCE_UNKNOWN = 0, NAME_SOURCE_FILES = 1, NAME_SOURCE_CONTAINER = 2 };

struct name_slot {
	uint32_t id;
	bool is_group;
	bool by_nss;      /* the host's name services said so */
	bool is_unknown;  /* it may have a name, but which could not be found out in time */
	const char *name; /* NULL: none; not terminated; borrowed until the next call */
	size_t length;
};
#define NAME_SLOTS_MAX 12

/* Where everything is the host's. */
struct scope_key user_names_host_place(const struct user_names *names);

/* Fills in the slots; whose names they are. */
enum name_source user_names_resolve(struct user_names *names, const struct name_subject *subject,
				    struct name_slot *slots, size_t count);

/* The process has ended. */
void user_names_leave(struct user_names *names, const struct name_subject *subject);

/* False: the answer is not for us. */
bool user_names_answer(struct user_names *names, const struct resolver_answer *answer);

struct user_names_counters {
	struct cache_counters ids, scopes;
};
void user_names_counters(struct user_names *names, struct user_names_counters *ret_counters);

#endif
