/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files want*.c give to each other. */
#ifndef AUDITSHIP_WANT_PARTS_H
#define AUDITSHIP_WANT_PARTS_H

#include "want.h"

#include <string.h>
#include <unistd.h>

#define TICK_NS (1000000000ull / (uint64_t)sysconf(_SC_CLK_TCK))

static inline const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* By number and name; any of the pointers may be NULL: told nowhere. */
void want_user(struct want *want, uint32_t uid, const char *id_path, const char *name_path);
void want_group(struct want *want, uint32_t gid, const char *id_path, const char *name_path);

/* The parent is the test itself. */
void want_test_family(struct want *want);

/* What leaders run is told of processes only: forgotten for any other action. */
void want_action(struct want *want, const char *action);

#endif
