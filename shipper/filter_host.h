/* SPDX-License-Identifier: BSD-2-Clause */
/* What the paths, users and cgroups of the kernel filters mean on this host, just now. */
#ifndef AUDITSHIP_FILTER_HOST_H
#define AUDITSHIP_FILTER_HOST_H

#include "capture/filters.h"
#include "enrich/users.h"

/* root: "", or the directory that has the host's root. users: may be NULL. */
struct filter_place {
	const char *root;
	struct users *users;
};

/* place: borrowed. */
struct filters_host filter_host(struct filter_place *place);

/*
 * What the lists go by of this process, and of those that it forks. In a cgroup namespace of its
 * own the cgroups are not known.
 */
void filter_host_own(const struct filter_place *place, struct filters_process *ret_own);

#endif
