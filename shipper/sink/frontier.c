/* SPDX-License-Identifier: BSD-2-Clause */
/* A ring of what is known of each message that is not settled in order. Knows no message. */
#include "sink/frontier.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#define FIRST_CAPACITY 1024u

void frontier_init(struct frontier *frontier)
{
	*frontier = (struct frontier){0};
}

void frontier_done(struct frontier *frontier)
{
	free(frontier->codes);
	*frontier = (struct frontier){0};
}

void frontier_clear(struct frontier *frontier)
{
	frontier->settled = frontier->taken = 0;
}

static int16_t *code_of(const struct frontier *frontier, uint64_t number)
{
	return &frontier->codes[number % frontier->capacity];
}

static int grow(struct frontier *frontier)
{
	struct frontier grown = *frontier;

	grown.capacity = frontier->capacity ? 2 * frontier->capacity : FIRST_CAPACITY;
	grown.codes = malloc(grown.capacity * sizeof(*grown.codes));
	if (!grown.codes)
		return -ENOMEM;
	for (uint64_t i = frontier->settled; i < frontier->taken; i++)
		*code_of(&grown, i) = *code_of(frontier, i);
	free(frontier->codes);
	*frontier = grown;
	return 0;
}

int frontier_take(struct frontier *frontier, uint64_t *ret_number)
{
	if (frontier_under_way(frontier) == frontier->capacity && grow(frontier) < 0)
		return -ENOMEM;
	*code_of(frontier, frontier->taken) = 0;
	*ret_number = frontier->taken++;
	return 0;
}

void frontier_settle(struct frontier *frontier, uint64_t number, int code)
{
	assert(code == FRONTIER_ARRIVED || (code < 0 && code >= INT16_MIN));
	if (number < frontier->settled || number >= frontier->taken)
		return;
	if (*code_of(frontier, number) == 0)
		*code_of(frontier, number) = (int16_t)code;
}

void frontier_poll(struct frontier *frontier, struct sink_progress *ret_progress)
{
	int code = FRONTIER_ARRIVED;

	while (code > 0 && frontier->settled < frontier->taken) {
		code = *code_of(frontier, frontier->settled);
		frontier->settled += code != 0;
	}
	*ret_progress = (struct sink_progress){
		.settled = frontier->settled,
		.refused = code < 0 ? code : 0,
	};
}
