/* SPDX-License-Identifier: BSD-2-Clause */
/* A dotted path looked up once in every kind, so that an event's value costs no search. */
#ifndef AUDITSHIP_LOOKUP_H
#define AUDITSHIP_LOOKUP_H

#include "render/value.h"

#define LOOKUP_ROWS 3 /* most rows of one path in one kind */

struct lookup {
	struct {
		unsigned int count;
		struct row rows[LOOKUP_ROWS];
	} kinds[REC_KINDS];
};

/* False when no kind that is journalled has such a path. */
bool lookup_init(struct lookup *lookup, const char *path);

/* Whether events of that kind can have a value there. */
bool lookup_applies(const struct lookup *lookup, const struct kind *kind);

/* The event's value, false when it has none. */
bool lookup_value(const struct lookup *lookup, const struct event *event, struct value *ret_value);

#endif
