/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The globs that tests of one field name, each with who wants and who refuses what it matches.
 * Private to the matcher.
 */
#ifndef AUDITSHIP_PATTERNS_H
#define AUDITSHIP_PATTERNS_H

#include "filter/bits.h"
#include "filter/glob.h"

/* What a text must look like at both ends, in eight bytes of each. */
struct pattern_ends {
	uint64_t head, head_mask, tail, tail_mask;
	uint32_t min_length;
	uint16_t same; /* patterns from this one on that have its head: one that fails, all do */
	bool suffices; /* both ends are all there is to it */
};

struct pattern {
	struct pattern_ends ends; /* as in patterns->ends, where they stand close together */
	struct glob glob;
	struct wanted wanted;
};

struct patterns {
	struct pattern *items;
	struct pattern_ends *ends;
	size_t count;
};

/* Takes glob over, also when it fails. The place for who wants it is good until the next one is
 * added. -ENOSPC or -ENOMEM. */
int patterns_add(struct patterns *patterns, struct glob *glob, struct wanted **ret_wanted);

/* After the last one. 0 or -ENOMEM. */
int patterns_finish(struct patterns *patterns);
void patterns_done(struct patterns *patterns);

/* Adds what is wanted of this text to hits. */
void patterns_find(const struct patterns *patterns, const struct glob_text *text, size_t words,
		   struct wanted *hits);

#endif
