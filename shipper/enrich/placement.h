/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a process runs: its cgroup, and what that says of unit, container and pod. */
#ifndef AUDITSHIP_PLACEMENT_H
#define AUDITSHIP_PLACEMENT_H

#include "decode/decode.h"
#include "enrich/cgroups.h"
#include "enrich/containers.h"
#include "enrich/tail.h"

struct placement {
	struct cgroups *cgroups;
	struct containers *containers;
};

int placement_open(struct placement *placement, const struct containers_options *options,
		   struct err *err);
/* Fine also when placement_open has failed, or all is zero. */
void placement_close(struct placement *placement);

/* There is a cgroup: its container will be wanted soon. */
void placement_insert(struct placement *placement, const struct cgroup_told *told);

/* The same, or its end, by a record. */
void placement_note(struct placement *placement, const struct rec_cgroup *record);

/* Whether its cgroup is known, and a container's. */
bool placement_in_container(struct placement *placement, const struct rec_task *task);

void placement_put(struct placement *placement, struct tail *tail,
		   const struct task_record *record);

#endif
