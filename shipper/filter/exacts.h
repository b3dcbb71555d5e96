/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The exact values that tests of one field name, each with who wants and who refuses it. Finding
 * one takes the same time whatever their number. Private to the matcher.
 */
#ifndef AUDITSHIP_EXACTS_H
#define AUDITSHIP_EXACTS_H

#include "filter/bits.h"

struct exact {
	char *bytes;
	uint32_t length;
	uint32_t hash;
	struct wanted wanted;
};

struct exacts {
	struct exact *items;
	size_t count;
	uint16_t *slots; /* hash table: index of an item + 1 */
	uint32_t slot_mask;
	size_t longest; /* item */
};

/* The place for who wants it, good until the next one is added. -ENOSPC or -ENOMEM. */
int exacts_add(struct exacts *exacts, const void *bytes, size_t length, struct wanted **ret_wanted);

/* After the last one. 0 or -ENOMEM. */
int exacts_finish(struct exacts *exacts);
void exacts_done(struct exacts *exacts);

/* Adds what is wanted of these bytes to hits. */
void exacts_find(const struct exacts *exacts, const char *bytes, size_t length, size_t words,
		 struct wanted *hits);

#endif
