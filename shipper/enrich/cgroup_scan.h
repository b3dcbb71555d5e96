/* SPDX-License-Identifier: BSD-2-Clause */
/* The cgroups there are when the agent starts, by a walk through the mounted hierarchies. */
#ifndef AUDITSHIP_CGROUP_SCAN_H
#define AUDITSHIP_CGROUP_SCAN_H

#include "base/err.h"
#include "enrich/cgroups.h"

typedef void cgroup_scan_handler(void *data, const struct cgroup_told *told);

/*
 * Calls handler for each directory of v2 and of the v1 hierarchies that records name (of the pids
 * and memory controllers). root stands for "/", for tests. A mount whose root is not numbered
 * root_id shows a part of a hierarchy only, under other names, and is passed over; 0: any will do.
 * -ENOENT: nothing could be listed.
 */
int cgroup_scan(const char *root, uint64_t root_id, cgroup_scan_handler *handler, void *data,
		struct err *err);

#endif
