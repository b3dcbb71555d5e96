/* SPDX-License-Identifier: BSD-2-Clause */
/* The vector of last kernel numbers: sorted by (ring, CPU, class), of fixed capacity. */
#ifndef AUDITSHIP_JOURNAL_NUMBERS_H
#define AUDITSHIP_JOURNAL_NUMBERS_H

#include "journal/journal.h"

struct numbers {
	struct journal_number *items;
	uint32_t count;
};

int numbers_init(struct numbers *numbers);
void numbers_done(struct numbers *numbers);

/* Is there room for count numbers that may all be new? */
bool numbers_fit(const struct numbers *numbers, uint32_t count);

/* Sets or adds each of them; what does not fit is left out (see numbers_fit). */
void numbers_set(struct numbers *numbers, const struct journal_number *items, uint32_t count);

/* Is one of them of that set of probes? */
bool numbers_are_of(const struct numbers *numbers, uint32_t probes);

#endif
