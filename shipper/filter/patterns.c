/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the globs of a field. Eight bytes of the start and of the end of a text tell most globs from
 * it, so these are looked at first; they stand in the order of their starts, so that one that fails
 * stands for all that begin alike.
 */
#include "filter/patterns.h"

#include "filter/grow.h"

#include <errno.h>

#define PATTERNS_MAX 0x7fff

static void set_byte(uint64_t *word, uint64_t *mask, size_t at, char byte)
{
	((char *)word)[at] = byte;
	((unsigned char *)mask)[at] = 0xff;
}

static void take_ends(struct pattern_ends *ends, const struct glob *glob)
{
	size_t head = 0, tail = 0, runs = 0;

	*ends = (struct pattern_ends){0};
	for (size_t i = 0; i < glob->count; i++)
		runs += glob->units[i].kind == GLOB_RUN;
	ends->min_length = (uint32_t)(glob->count - runs);
	while (head < 8 && head < glob->count && glob->units[head].kind == GLOB_BYTE) {
		set_byte(&ends->head, &ends->head_mask, head, glob->units[head].byte);
		head++;
	}
	while (tail < 8 && tail < glob->count &&
	       glob->units[glob->count - 1 - tail].kind == GLOB_BYTE) {
		set_byte(&ends->tail, &ends->tail_mask, 7 - tail,
			 glob->units[glob->count - 1 - tail].byte);
		tail++;
	}
	ends->suffices = runs == 1 && head + tail + 1 == glob->count;
}

int patterns_add(struct patterns *patterns, struct glob *glob, struct wanted **ret_wanted)
{
	struct pattern *pattern = GROW(patterns->items, patterns->count);

	if (!pattern || patterns->count == PATTERNS_MAX) {
		glob_done(glob);
		return pattern ? -ENOSPC : -ENOMEM;
	}
	take_ends(&pattern->ends, glob);
	pattern->glob = *glob;
	patterns->count++;
	*ret_wanted = &pattern->wanted;
	return 0;
}

static int compare(const void *left, const void *right)
{
	const struct pattern_ends *a = &((const struct pattern *)left)->ends;
	const struct pattern_ends *b = &((const struct pattern *)right)->ends;

	if (a->head_mask != b->head_mask)
		return a->head_mask < b->head_mask ? -1 : 1;
	return a->head == b->head ? 0 : a->head < b->head ? -1 : 1;
}

int patterns_finish(struct patterns *patterns)
{
	uint16_t same = 0;

	if (patterns->count == 0)
		return 0;
	patterns->ends = calloc(patterns->count, sizeof(*patterns->ends));
	if (!patterns->ends)
		return -ENOMEM;
	qsort(patterns->items, patterns->count, sizeof(*patterns->items), compare);
	for (size_t i = patterns->count; i-- > 0;) {
		const struct pattern *pattern = &patterns->items[i];

		same = i + 1 < patterns->count && compare(pattern, pattern + 1) == 0
			       ? (uint16_t)(same + 1)
			       : 1;
		patterns->ends[i] = pattern->ends;
		patterns->ends[i].same = same;
	}
	return 0;
}

void patterns_done(struct patterns *patterns)
{
	for (size_t i = 0; i < patterns->count; i++)
		glob_done(&patterns->items[i].glob);
	free(patterns->items);
	free(patterns->ends);
}

struct text_ends {
	uint64_t head, tail;
};

static struct text_ends ends_of(const struct glob_text *text)
{
	size_t length = text->length < 8 ? text->length : 8;
	struct text_ends ends = {0};
	char bytes[8];

	memcpy(&ends.head, glob_text_shown(text, 0, length, bytes), length);
	memcpy((char *)&ends.tail + 8 - length,
	       glob_text_shown(text, text->length - length, length, bytes), length);
	return ends;
}

void patterns_find(const struct patterns *patterns, const struct glob_text *text, size_t words,
		   struct wanted *hits)
{
	struct text_ends shown = ends_of(text);

	for (size_t i = 0, next; i < patterns->count; i = next) {
		const struct pattern_ends *ends = &patterns->ends[i];

		next = i + ends->same;
		if ((shown.head & ends->head_mask) != ends->head)
			continue;
		next = i + 1;
		if ((shown.tail & ends->tail_mask) != ends->tail || text->length < ends->min_length)
			continue;
		if (ends->suffices || glob_matches(&patterns->items[i].glob, text))
			wanted_merge(hits, &patterns->items[i].wanted, words);
	}
}
