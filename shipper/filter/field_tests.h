/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tests of one field, of all conjunctions: what they ask, and what the facts of an event do to
 * the conjunctions that are still alive. Private to the matcher.
 */
#ifndef AUDITSHIP_FIELD_TESTS_H
#define AUDITSHIP_FIELD_TESTS_H

#include "filter/cidr.h"
#include "filter/exacts.h"
#include "filter/fact.h"
#include "filter/matcher.h"
#include "filter/patterns.h"

struct range {
	uint32_t conjunction;
	uint64_t min, width;
};

struct network {
	int conjunction;
	struct cidr cidr;
};

struct field_tests {
	char *path;
	struct fact_field field;
	/* conjunctions by what they ask; any is all of them */
	struct bits any, is, cidr, present, absent;
	struct exacts exacts;
	struct patterns patterns;
	struct range *ranges;
	struct network *networks;
	size_t range_count, network_count;
};

/* As matcher_add_test. */
int field_tests_add(struct field_tests *tests, int conjunction, enum matcher_test test,
		    const char *text, struct err *err);

/* After the last one. 0 or -ENOMEM. */
int field_tests_finish(struct field_tests *tests);
void field_tests_done(struct field_tests *tests);

/* What all facts of one field have hit. */
struct hits {
	struct wanted wanted;
	struct bits cidr, failed;
};

void field_tests_number(const struct field_tests *tests, uint64_t number, size_t words,
			struct hits *hits);
void field_tests_text(const struct field_tests *tests, const struct glob_text *text, size_t words,
		      struct hits *hits);

static inline void field_tests_fact(const struct field_tests *tests, const struct fact *fact,
				    size_t words, struct hits *hits)
{
	if (fact->is_number)
		field_tests_number(tests, fact->number, words, hits);
	else
		field_tests_text(tests, &fact->text, words, hits);
}

/* Takes those away from alive that fail: after all facts, or when there was none. False: none is
 * left. */
bool field_tests_conclude(const struct field_tests *tests, const struct hits *hits, size_t words,
			  struct bits *alive);
bool field_tests_conclude_absent(const struct field_tests *tests, size_t words, struct bits *alive);

#endif
