/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the probes leave out, by the configuration in force: keeps it true while files are replaced,
 * users come and cgroups go. Belongs to the main thread.
 */
#ifndef AUDITSHIP_KERNEL_FILTER_H
#define AUDITSHIP_KERNEL_FILTER_H

#include "base/err.h"
#include "capture/probes.h"
#include "config/config.h"
#include "filter/rules.h"

struct kernel_filter;

/*
 * Leaves out this process, where its number in the initial pid namespace can be told
 * (kernel_filter_knows_agent). Nothing else before the first kernel_filter_use. host_root: "" or
 * the directory that paths and users are those of; borrowed.
 */
int kernel_filter_new(struct kernel_filter **ret_filter, const struct probes *probes,
		      const char *host_root, struct err *err);
/* NULL is fine. */
void kernel_filter_free(struct kernel_filter *filter);

bool kernel_filter_knows_agent(const struct kernel_filter *filter);

/*
 * Makes ready what config says, whose lists are borrowed from kernel_filter_use on until the next
 * one, and what the probes can decide of its rules, which are not looked at later. All that can
 * fail does so here; the probes go by what was in force until kernel_filter_use.
 */
int kernel_filter_prepare(struct kernel_filter *filter, const struct config *config,
			  const struct rules *rules, struct err *err);
void kernel_filter_use(struct kernel_filter *filter, const struct config *config);

/* Once a second: looks again at what the names in the lists mean. False: that failed, told in err,
 * and what was in force stays. */
bool kernel_filter_tick(struct kernel_filter *filter, struct err *err);

/* The users of this host have changed. */
void kernel_filter_forget_users(struct kernel_filter *filter);

/* What was left out since the start. */
void kernel_filter_left_out(const struct kernel_filter *filter, uint64_t ret_counts[REC_FILTERS]);

/* What the probes do of a rule. */
struct kernel_filter_rule {
	bool in_kernel;
	const char *why_not; /* not in_kernel, or only in part of it; borrowed until the next use */
	uint64_t dropped;    /* by them, since the start or since the rule was changed */
};

/* Of a rule in force; false: there is none of that name. */
bool kernel_filter_rule(const struct kernel_filter *filter, const char *name,
			struct kernel_filter_rule *ret_rule);

/* Kinds of which rules drop the agent's own user's events: bits 1 << enum rec_kind. */
uint32_t kernel_filter_dropped_kinds(const struct kernel_filter *filter);

/* The list in force ("user", "cgroup", ...) that leaves out this process and those that it forks,
 * but for this one itself, which always is; NULL: none does. */
const char *kernel_filter_leaves_out_own(const struct kernel_filter *filter);

/* Whether the lists of paths leave this path out, by their words: what a link among them leads to
 * is not known here. */
bool kernel_filter_passes_over(const struct config *config, const char *path);

/* What of the lists has no effect now. Borrowed until the next call of another function. */
size_t kernel_filter_remarks(const struct kernel_filter *filter, char *const **ret_remarks);

#endif
