/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The services of the helper process (enrich/resolver.h). To be made before the first thread and
 * before any descriptor that nobody must inherit.
 */
#ifndef AUDITSHIP_HELPER_H
#define AUDITSHIP_HELPER_H

#include "base/err.h"
#include "enrich/container_files.h"
#include "enrich/resolver.h"

enum helper_service { HELPER_NSS, HELPER_SCOPE, HELPER_CONTAINERS, HELPER_SERVICES };

/* What hangs in one lane holds up nobody in another. */
enum helper_lane { HELPER_LANE_NSS, HELPER_LANE_FILES, HELPER_LANE_CONTAINERS };

/* root: as name_files_new has it. containers is only needed until helper_new returns. */
int helper_new(struct resolver **ret_resolver, const char *root, struct container_files *containers,
	       struct err *err);

#endif
