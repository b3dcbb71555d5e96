/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the lists of a configuration to what the probes look up (bpf/filter.h). Pure: what names and
 * paths mean on this host is asked through functions. Never changes once it is made.
 */
#ifndef AUDITSHIP_FILTERS_H
#define AUDITSHIP_FILTERS_H

#include "base/err.h"
#include "shared.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct filters_list {
	char *const *items;
	size_t count;
};

/* Borrowed while filters_compile runs. Lists stand at REC_FILTER_PID to REC_FILTER_PATH. */
struct filters_options {
	struct filters_list exclude[REC_FILTERS];
	struct filters_list include[REC_FILTERS];
	struct filters_list read_paths;
	enum rec_opens opens;
	const struct rec_filter_rule *rules; /* what rules drop, at most REC_FILTER_RULES */
	size_t rule_count;
};

/* What a path stands for. */
struct filters_found {
	bool is_there;
	bool is_directory;
	bool is_whole; /* the root of a file system of which all mounts are alike: /proc, /sys */
	bool is_ambiguous; /* device and inode number do not tell this file from every other */
	uint32_t device;   /* as the kernel has it: major << 20 | minor */
	uint64_t inode;
	uint64_t magic; /* of the file system, statfs(2) */
	bool parent_is_there;
	uint32_t parent_device;
	uint64_t parent_inode;
	char name[REC_FILTER_NAME_SIZE]; /* in the parent, both behind all symbolic links */
};

struct filters_host {
	void *data;
	void (*find)(void *data, const char *path, struct filters_found *ret_found);
	bool (*find_user)(void *data, const char *name, uint32_t *ret_uid);
	bool (*find_cgroup)(void *data, const char *path, uint64_t *ret_id);
};

struct filters_entry {
	struct rec_filter_key key; /* its half is 0 */
	uint32_t flags;
};

struct filters_name {
	struct rec_filter_name key; /* its half is 0 */
	uint32_t flags;
};

/* Entries and names in the byte order of their keys, each key once. */
struct filters {
	struct rec_filter_set set;
	struct filters_entry *entries;
	size_t entry_count;
	struct filters_name *names;
	size_t name_count;
	char **remarks; /* what has no effect now, one line each: a file that is not there, ... */
	size_t remark_count;
};

/* -ENOMEM, or -E2BIG when the lists hold more than the probes have room for. */
int filters_compile(struct filters **ret_filters, const struct filters_options *options,
		    const struct filters_host *host, struct err *err);
void filters_free(struct filters *filters);

/* Whether the probes would do the same, and the remarks are the same. */
bool filters_equal(const struct filters *a, const struct filters *b);

/* What the lists go by of a process whose number none of them can hold. */
#define FILTERS_CGROUPS_MAX 32 /* as many as bpf/filter.h looks at */
struct filters_process {
	uint32_t uid;    /* effective */
	uint32_t device; /* of its program, as the kernel has it */
	uint64_t inode;
	uint64_t cgroups[FILTERS_CGROUPS_MAX]; /* ids: its own and those above */
	size_t cgroup_count;
};

/* Which list leaves it out, as the probes decide that; REC_FILTER_NONE: none. */
enum rec_filter_by filters_leave_out(const struct filters *filters,
				     const struct filters_process *process);

/* "path", "user", "rule" and so on, as the configuration, the status and the summary have it. */
const char *filters_word(enum rec_filter_by by);

#endif
