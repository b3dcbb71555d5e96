/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds what an event says under a dotted path: the rows of a kind that have the path, and the
 * words that are the same for every event of a kind (event.action ...), which have no row.
 */
#ifndef AUDITSHIP_LOOKUP_H
#define AUDITSHIP_LOOKUP_H

#include "base/err.h"
#include "base/text.h"
#include "decode/value.h"

#include <stdbool.h>
#include <stddef.h>

#define LOOKUP_ROWS 3 /* most rows of one path */

/* The rows of one path, for one kind. */
struct lookup {
	unsigned int count; /* 0: events of the kind never have it */
	struct row rows[LOOKUP_ROWS];
};

void lookup_init(struct lookup *lookup, const struct kind *kind, const char *path);

/* The first row whose value is present in the event. False: the event does not have it. */
bool lookup_value(const struct lookup *lookup, const struct event *event, struct value *ret_value);

/* A word of the event that its kind alone decides; borrowed, not terminated. */
struct lookup_word {
	const char *text;
	size_t length;
};

/*
 * The index-th word that path has in every event of the kind: event.category and event.type are
 * lists, the others have one. False when there is none.
 */
bool lookup_constant(const struct kind *kind, const char *path, unsigned int index,
		     struct lookup_word *ret_word);

/* Whether path is one of those words, whatever the kind. */
bool lookup_is_constant(const char *path);

/*
 * Whether any kind that is journalled says word there, path being such a path. -EINVAL with err
 * saying what would be right.
 */
int lookup_check_word(const char *path, const char *word, struct err *err);

/* A row with that path, of any kind that is journalled; NULL when no event has it as a row. */
const struct field *lookup_field(const char *path);

/* Offers every path that an event can have. */
void lookup_offer_paths(struct text_nearest *nearest);

#endif
