/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the conjunctions and the fields that they ask for. Per field: its tests (field_tests.h). Per
 * kind, made when all tests are known: which conjunctions can hold at all, and the rows to look at.
 * Must not know what the bits stand for.
 */
#include "filter/matcher_parts.h"

#include "filter/grow.h"

#include <errno.h>

int matcher_new(struct matcher **ret_matcher)
{
	*ret_matcher = calloc(1, sizeof(**ret_matcher));
	return *ret_matcher ? 0 : -ENOMEM;
}

void matcher_free(struct matcher *matcher)
{
	if (!matcher)
		return;
	for (size_t i = 0; i < matcher->field_count; i++)
		field_tests_done(&matcher->fields[i]);
	for (size_t i = 0; i < REC_KINDS; i++)
		free(matcher->programs[i].steps);
	free(matcher->fields);
	free(matcher);
}

int matcher_add_conjunction(struct matcher *matcher)
{
	if (matcher->conjunctions == MATCHER_MAX)
		return -ENOSPC;
	matcher->words = matcher->conjunctions / 64 + 1;
	return (int)matcher->conjunctions++;
}

static int err_unknown_field(const char *path, struct err *err)
{
	struct text_nearest nearest = {.word = path};

	if (strncmp(path, "agent.", 6) == 0 || strncmp(path, "host.", 5) == 0 ||
	    strncmp(path, "labels.", 7) == 0)
		return err_set(err, -EINVAL, "is the same in every event of this agent");
	lookup_offer_paths(&nearest);
	if (nearest.best)
		return err_set(err, -EINVAL, "no event has such a field (did you mean '%s'?)",
			       nearest.best);
	return err_set(err, -EINVAL, "no event has such a field");
}

int matcher_add_field(struct matcher *matcher, const char *path, struct err *err)
{
	struct fact_field field;
	struct field_tests *tests;

	for (size_t i = 0; i < matcher->field_count; i++)
		if (strcmp(matcher->fields[i].path, path) == 0)
			return (int)i;
	if (fact_field(&field, path) < 0)
		return err_unknown_field(path, err);
	tests = GROW(matcher->fields, matcher->field_count);
	if (tests)
		tests->path = strdup(path);
	if (!tests || !tests->path)
		return err_set(err, -ENOMEM, "out of memory");
	tests->field = field;
	return (int)matcher->field_count++;
}

int matcher_add_test(struct matcher *matcher, int conjunction, int field, enum matcher_test test,
		     const char *text, struct err *err)
{
	return field_tests_add(&matcher->fields[field], conjunction, test, text, err);
}

static void fill(const struct matcher *matcher, struct bits *bits)
{
	memset(bits, 0, sizeof(*bits));
	for (size_t i = 0; i < matcher->conjunctions; i++)
		bits_add(bits, i);
}

/* What the kind alone decides is decided here. */
static void run_constant(const struct matcher *matcher, const struct field_tests *tests,
			 const struct kind *kind, struct program *program)
{
	struct hits hits = {0};
	struct lookup_word word;
	unsigned int count = 0;

	for (; lookup_constant(kind, tests->path, count, &word); count++) {
		struct glob_text text = {word.text, word.length, 0};

		field_tests_text(tests, &text, matcher->words, &hits);
	}
	if (count)
		(void)field_tests_conclude(tests, &hits, matcher->words, &program->candidates);
	else if (!program->absent_holds)
		(void)field_tests_conclude_absent(tests, matcher->words, &program->candidates);
}

static int make_program(struct matcher *matcher, const struct kind *kind)
{
	struct program *program = &matcher->programs[kind->kind];

	program->steps = calloc(matcher->field_count + 1, sizeof(*program->steps));
	if (!program->steps)
		return -ENOMEM;
	program->absent_holds = !kind->journalled;
	fill(matcher, &program->candidates);
	for (size_t i = 0; i < matcher->field_count; i++) {
		const struct field_tests *tests = &matcher->fields[i];
		struct step step = {.tests = tests};

		lookup_init(&step.lookup, kind, tests->path);
		if (step.lookup.count)
			program->steps[program->step_count++] = step;
		else if (lookup_is_constant(tests->path))
			run_constant(matcher, tests, kind, program);
		else if (!program->absent_holds)
			(void)field_tests_conclude_absent(tests, matcher->words,
							  &program->candidates);
	}
	return 0;
}

int matcher_finish(struct matcher *matcher)
{
	for (size_t i = 0; i < matcher->field_count; i++)
		if (field_tests_finish(&matcher->fields[i]) < 0)
			return -ENOMEM;
	for (unsigned int i = 0; i < REC_KINDS; i++)
		if (kind_get(i) && make_program(matcher, kind_get(i)) < 0)
			return -ENOMEM;
	return 0;
}

static bool is_asked(const struct field_tests *tests, const struct bits *alive, size_t words)
{
	uint64_t asked = 0;

	for (size_t i = 0; i < words; i++)
		asked |= tests->any.words[i] & alive->words[i];
	return asked != 0;
}

static void clear_from(struct hits *hits, size_t first, size_t words)
{
	for (size_t i = first; i < words; i++) {
		hits->wanted.is.words[i] = 0;
		hits->wanted.never.words[i] = 0;
		hits->cidr.words[i] = 0;
		hits->failed.words[i] = 0;
	}
}

/* The first word apart, which is the only one up to 64 conjunctions: compilers make block
 * operations of the loop, and those cost more than all the rest. */
static void clear_hits(struct hits *hits, size_t words)
{
	hits->wanted.is.words[0] = 0;
	hits->wanted.never.words[0] = 0;
	hits->cidr.words[0] = 0;
	hits->failed.words[0] = 0;
	if (words > 1)
		clear_from(hits, 1, words);
}

/* False when no conjunction is left. */
static bool run_step(const struct matcher *matcher, const struct step *step, bool absent_holds,
		     const struct event *event, struct bits *alive)
{
	size_t cursor = 0, words = matcher->words;
	struct hits hits;
	struct value value;
	struct fact fact;
	bool any = false;

	if (!is_asked(step->tests, alive, words))
		return true;
	if (lookup_value(&step->lookup, event, &value)) {
		clear_hits(&hits, words);
		for (; fact_next(&fact, &value, &cursor); any = true)
			field_tests_fact(step->tests, &fact, words, &hits);
	}
	if (any)
		return field_tests_conclude(step->tests, &hits, words, alive);
	return absent_holds || field_tests_conclude_absent(step->tests, words, alive);
}

void matcher_event(const struct matcher *matcher, const struct event *event, struct bits *ret_bits)
{
	const struct program *program = &matcher->programs[event->kind->kind];

	for (size_t i = 0; i < matcher->words; i++)
		ret_bits->words[i] = program->candidates.words[i];
	for (size_t i = 0; i < program->step_count; i++)
		if (!run_step(matcher, &program->steps[i], program->absent_holds, event, ret_bits))
			return;
}

void matcher_document(const struct matcher *matcher, const struct json_read *document, size_t field,
		      struct bits *ret_bits)
{
	const struct field_tests *tests = &matcher->fields[field];
	struct hits hits = {0};
	struct fact fact;
	size_t count = 0;

	fill(matcher, ret_bits);
	while (fact_of_document(&fact, &tests->field, document, tests->path, count)) {
		field_tests_fact(tests, &fact, matcher->words, &hits);
		count++;
	}
	if (count)
		(void)field_tests_conclude(tests, &hits, matcher->words, ret_bits);
	else
		(void)field_tests_conclude_absent(tests, matcher->words, ret_bits);
}

void matcher_text(const struct matcher *matcher, const char *path, const char *text, size_t length,
		  struct bits *ret_bits)
{
	const struct glob_text whole = {text, length, 0};

	fill(matcher, ret_bits);
	for (size_t i = 0; i < matcher->field_count; i++) {
		const struct field_tests *tests = &matcher->fields[i];
		struct hits hits = {0};

		if (strcmp(tests->path, path) != 0)
			continue;
		field_tests_text(tests, &whole, matcher->words, &hits);
		(void)field_tests_conclude(tests, &hits, matcher->words, ret_bits);
	}
}

size_t matcher_conjunctions(const struct matcher *matcher)
{
	return matcher->conjunctions;
}

size_t matcher_fields(const struct matcher *matcher)
{
	return matcher->field_count;
}

const char *matcher_path(const struct matcher *matcher, size_t field)
{
	return matcher->fields[field].path;
}

bool matcher_asks(const struct matcher *matcher, size_t conjunction, size_t field)
{
	return bits_has(&matcher->fields[field].any, conjunction);
}
