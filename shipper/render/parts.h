/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Parts of a document that repeat from event to event: a parent, a leader, a user, a place in the
 * system. A part is a run of members of one plan that come of the same bytes; where these bytes
 * (its key) are equal, its JSON is. Found once per plan, by the field tables.
 */
#ifndef AUDITSHIP_PARTS_H
#define AUDITSHIP_PARTS_H

#include "decode/entry.h"
#include "render/plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PART_SPANS 64
#define PART_STRINGS 64
#define PART_KEY_SLACK 8 /* zeros behind a key */

/* Bytes of a struct of the event. */
struct part_span {
	enum row_source source;
	uint16_t offset, size;
};

struct part {
	unsigned int first, count; /* members of the plan */
	unsigned int object;       /* index of the one that all of it stands in */
	unsigned int span_count, string_count;
	bool optional; /* nothing is written when every byte of it is 0 */
	struct part_span spans[PART_SPANS];
	struct part_span strings[PART_STRINGS]; /* each a rec_string */
};

/*
 * Finds the parts of a plan, in order; plan_done frees them. of_process: what the process itself is
 * repeats too, so everything of it is one part. 0 or -ENOMEM.
 */
int parts_find(struct plan *plan, bool of_process);

/* Whether nothing of the part is in this event; as far as that is quickly told. */
bool part_is_nothing(const struct part *part, const struct event *event);

/*
 * What the part is made of in this event, at key, of which size bytes (with PART_KEY_SLACK) may be
 * written. Its length without the slack; 0: there is no room.
 */
size_t part_key(const struct part *part, const struct event *event, char *key, size_t size);

#endif
