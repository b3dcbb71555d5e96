/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a matcher can tell of an event before there is one: the probes know its kind and its
 * effective user, and nothing else.
 */
#include "filter/matcher_parts.h"

#include <stddef.h>
#include <string.h>

/* Told by the member, not by the path: the paths of a member are one and the same fact. */
static bool is_user(const struct kind *kind, const struct lookup *lookup)
{
	const struct row *row = &lookup->rows[0];

	return kind->has_task && lookup->count == 1 && row->source == ROW_RECORD &&
	       row->field->type == FIELD_ID && (row->field->flags & FIELD_REQUIRED) &&
	       row->field->offset == offsetof(struct rec_open, task.creds.euid);
}

void matcher_known(const struct matcher *matcher, const struct kind *kind, const uint32_t *user,
		   struct bits *ret_certain, struct bits *ret_possible)
{
	const struct program *program = &matcher->programs[kind->kind];
	struct bits unknown = {0};

	*ret_possible = program->candidates;
	for (size_t i = 0; i < program->step_count; i++) {
		const struct step *step = &program->steps[i];
		struct hits hits = {0};

		if (user && is_user(kind, &step->lookup)) {
			field_tests_number(step->tests, *user, matcher->words, &hits);
			(void)field_tests_conclude(step->tests, &hits, matcher->words,
						   ret_possible);
			continue;
		}
		for (size_t j = 0; j < matcher->words; j++)
			unknown.words[j] |= step->tests->any.words[j];
	}
	for (size_t i = 0; i < BITS_WORDS; i++)
		ret_certain->words[i] = ret_possible->words[i] & ~unknown.words[i];
}

const char *matcher_unknown(const struct matcher *matcher, const struct kind *kind,
			    size_t conjunction, bool knows_user)
{
	const struct program *program = &matcher->programs[kind->kind];

	for (size_t i = 0; i < program->step_count; i++) {
		const struct step *step = &program->steps[i];

		if (bits_has(&step->tests->any, conjunction) &&
		    !(knows_user && is_user(kind, &step->lookup)))
			return step->tests->path;
	}
	return NULL;
}

struct bounds {
	uint32_t *users;
	size_t count, max;
};

static void add_bound(struct bounds *bounds, uint64_t user)
{
	if (user > UINT32_MAX)
		return;
	if (bounds->count < bounds->max)
		bounds->users[bounds->count] = (uint32_t)user;
	bounds->count++;
}

static void add_bounds_of(struct bounds *bounds, const struct field_tests *tests)
{
	uint64_t number;

	for (size_t i = 0; i < tests->exacts.count; i++) {
		memcpy(&number, tests->exacts.items[i].bytes, sizeof(number));
		add_bound(bounds, number);
		add_bound(bounds, number < UINT64_MAX ? number + 1 : number);
	}
	for (size_t i = 0; i < tests->range_count; i++) {
		const struct range *range = &tests->ranges[i];

		add_bound(bounds, range->min);
		if (range->min + range->width < UINT64_MAX)
			add_bound(bounds, range->min + range->width + 1);
	}
}

/* Of any kind: more of them than a kind needs do no harm. */
static bool is_user_of_any(const struct matcher *matcher, const struct field_tests *tests)
{
	for (unsigned int kind = 0; kind < REC_KINDS; kind++) {
		const struct program *program = &matcher->programs[kind];

		for (size_t i = 0; i < program->step_count; i++)
			if (program->steps[i].tests == tests &&
			    is_user(kind_get(kind), &program->steps[i].lookup))
				return true;
	}
	return false;
}

size_t matcher_user_bounds(const struct matcher *matcher, uint32_t *ret_bounds, size_t max)
{
	struct bounds bounds = {.users = ret_bounds, .max = max};

	for (size_t i = 0; i < matcher->field_count; i++)
		if (matcher->fields[i].field.class == FACT_NUMBER &&
		    is_user_of_any(matcher, &matcher->fields[i]))
			add_bounds_of(&bounds, &matcher->fields[i]);
	return bounds.count;
}
