/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Members that the documents of a sink do without. A path is one of docs/events.md, of a value or
 * of an object with all that is in it. What the schema requires of an event stays.
 */
#ifndef AUDITSHIP_OMISSION_H
#define AUDITSHIP_OMISSION_H

#include <stdbool.h>
#include <stddef.h>

struct omission {
	const char *const *paths;
	size_t count;
};

/* Whether whole is path itself or an object around it. */
bool omission_covers(const char *whole, const char *path);

/* Whether the member at path is left out, be it required or not. */
bool omission_has(const struct omission *omission, const char *path);

/* A copy in one piece, which omission_done frees. 0 or -ENOMEM. */
int omission_copy(struct omission *ret_copy, const struct omission *omission);
void omission_done(struct omission *copy);

#endif
