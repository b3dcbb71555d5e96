/* SPDX-License-Identifier: BSD-2-Clause */
/* What the paths, users and cgroups of the kernel filters mean on this host, just now. */
#ifndef AUDITSHIP_FILTER_HOST_H
#define AUDITSHIP_FILTER_HOST_H

#include "capture/filters.h"
#include "enrich/users.h"

/* users: borrowed, may be NULL. */
struct filters_host filter_host(struct users *users);

#endif
