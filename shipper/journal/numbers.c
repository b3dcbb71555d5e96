/* SPDX-License-Identifier: BSD-2-Clause */
/* Owns the vector's memory. It never grows after init: appending must not allocate. */
#include "journal/numbers.h"

#include "journal/frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int numbers_init(struct numbers *numbers)
{
	/* Only the pages that get used ever become memory. */
	numbers->items = malloc(NUMBERS_MAX * sizeof(*numbers->items));
	numbers->count = 0;
	return numbers->items ? 0 : -ENOMEM;
}

void numbers_done(struct numbers *numbers)
{
	free(numbers->items);
	*numbers = (struct numbers){0};
}

bool numbers_fit(const struct numbers *numbers, uint32_t count)
{
	return count <= NUMBERS_PER_BATCH_MAX && numbers->count + count <= NUMBERS_MAX;
}

static uint32_t sort_key(const struct journal_number *number)
{
	return (uint32_t)number->ring << 24 | (uint32_t)number->cpu << 8 | number->class;
}

static void set_one(struct numbers *numbers, const struct journal_number *number)
{
	uint32_t low = 0, high = numbers->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (sort_key(&numbers->items[middle]) < sort_key(number))
			low = middle + 1;
		else
			high = middle;
	}
	if (low == numbers->count || sort_key(&numbers->items[low]) != sort_key(number)) {
		if (numbers->count == NUMBERS_MAX)
			return;
		memmove(&numbers->items[low + 1], &numbers->items[low],
			(numbers->count - low) * sizeof(*number));
		numbers->count++;
	}
	numbers->items[low] = *number;
}

void numbers_set(struct numbers *numbers, const struct journal_number *items, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		set_one(numbers, &items[i]);
}

bool numbers_are_of(const struct numbers *numbers, uint32_t probes)
{
	for (uint32_t i = 0; i < numbers->count; i++) {
		if (numbers->items[i].probes == probes)
			return true;
	}
	return false;
}
