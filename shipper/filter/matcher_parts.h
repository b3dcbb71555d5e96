/* SPDX-License-Identifier: BSD-2-Clause */
/* What a matcher is made of. Private to matcher*.c. */
#ifndef AUDITSHIP_MATCHER_PARTS_H
#define AUDITSHIP_MATCHER_PARTS_H

#include "filter/field_tests.h"

/* Where an event of one kind has a field. */
struct step {
	const struct field_tests *tests;
	struct lookup lookup;
};

/* What is left to do for an event once its kind is known. */
struct program {
	struct bits candidates;
	struct step *steps;
	size_t step_count;
	bool absent_holds;
};

struct matcher {
	size_t conjunctions;
	size_t words; /* of a struct bits that are in use */
	struct field_tests *fields;
	size_t field_count;
	struct program programs[REC_KINDS];
};

#endif
