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

#endif
