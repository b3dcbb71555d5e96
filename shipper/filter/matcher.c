/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Per field: a hash table of exact values and a list of globs, each with the bits of the
 * conjunctions that want it and of those that refuse it, ranges and networks. Per kind: which
 * conjunctions can hold at all, and the rows to look at. Must not know what the bits stand for.
 */
#include "filter/matcher.h"

#include "filter/cidr.h"
#include "filter/fact.h"
#include "filter/glob.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Bits of the conjunctions to which a value means something. */
struct wanted {
	struct bits is, never;
};

struct exact {
	char *bytes;
	uint32_t length;
	uint32_t hash;
	struct wanted wanted;
};

/* Eight bytes of the start and of the end of a text tell most globs from it. */
struct probe {
	uint64_t head, head_mask, tail, tail_mask;
	uint32_t min_length;
	uint16_t same; /* probes from this one on that have its head: one that fails, all do */
	bool suffices; /* what the probe looks at is all there is to it */
};

struct pattern {
	struct probe probe; /* as in tests->probes, where they stand close together */
	struct glob glob;
	struct wanted wanted;
};

struct range {
	uint32_t conjunction;
	uint64_t min, width;
};

struct network {
	int conjunction;
	struct cidr cidr;
};

struct tests {
	char *path;
	struct fact_field field;
	/* conjunctions by what they ask; any is all of them */
	struct bits any, is, cidr, present, absent;
	struct exact *exacts;
	struct probe *probes;
	struct pattern *patterns;
	struct range *ranges;
	struct network *networks;
	size_t exact_count, pattern_count, range_count, network_count;
	uint16_t *slots; /* hash table: index of an exact + 1 */
	uint32_t slot_mask;
	size_t longest; /* exact value */
};

struct step {
	const struct tests *tests;
	struct lookup lookup;
};

struct program {
	struct bits candidates;
	struct step *steps;
	size_t step_count;
	bool absent_holds;
};

struct matcher {
	size_t conjunctions;
	size_t words; /* of a struct bits that are in use */
	struct tests *fields;
	size_t field_count;
	struct program programs[REC_KINDS];
};

#define EXACT_MAX 0x7fff /* values of one field */
#define PATTERNS_MAX 0x7fff

/* Building */

int matcher_new(struct matcher **ret_matcher)
{
	*ret_matcher = calloc(1, sizeof(**ret_matcher));
	return *ret_matcher ? 0 : -ENOMEM;
}

static void free_tests(struct tests *tests)
{
	for (size_t i = 0; i < tests->exact_count; i++)
		free(tests->exacts[i].bytes);
	for (size_t i = 0; i < tests->pattern_count; i++)
		glob_done(&tests->patterns[i].glob);
	free(tests->exacts);
	free(tests->probes);
	free(tests->patterns);
	free(tests->ranges);
	free(tests->networks);
	free(tests->slots);
	free(tests->path);
}

void matcher_free(struct matcher *matcher)
{
	if (!matcher)
		return;
	for (size_t i = 0; i < matcher->field_count; i++)
		free_tests(&matcher->fields[i]);
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

/* Makes room for one more of count items and clears it. */
static void *grow(void **items, size_t count, size_t size)
{
	char *more = realloc(*items, (count + 1) * size);

	if (!more)
		return NULL;
	*items = more;
	memset(more + count * size, 0, size);
	return more + count * size;
}

#define GROW(items, count) grow((void **)&(items), (count), sizeof(*(items)))

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
	struct tests *tests;

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

static void want(struct wanted *wanted, enum matcher_test test, int conjunction)
{
	bits_add(test == MATCHER_IS ? &wanted->is : &wanted->never, (size_t)conjunction);
}

static int add_exact(struct tests *tests, int conjunction, enum matcher_test test,
		     const void *bytes, size_t length)
{
	struct exact *exact = NULL;

	for (size_t i = 0; i < tests->exact_count && !exact; i++)
		if (tests->exacts[i].length == length &&
		    memcmp(tests->exacts[i].bytes, bytes, length) == 0)
			exact = &tests->exacts[i];
	if (!exact && tests->exact_count == EXACT_MAX)
		return -ENOSPC;
	if (!exact) {
		exact = GROW(tests->exacts, tests->exact_count);
		if (!exact)
			return -ENOMEM;
		exact->bytes = malloc(length + 1);
		if (!exact->bytes)
			return -ENOMEM;
		memcpy(exact->bytes, bytes, length);
		exact->length = (uint32_t)length;
		tests->exact_count++;
	}
	want(&exact->wanted, test, conjunction);
	return 0;
}

static int add_literal(struct tests *tests, int conjunction, enum matcher_test test,
		       const struct glob *glob)
{
	char *bytes = malloc(glob->count + 1);
	int result;

	if (!bytes)
		return -ENOMEM;
	for (size_t i = 0; i < glob->count; i++)
		bytes[i] = glob->units[i].byte;
	result = add_exact(tests, conjunction, test, bytes, glob->count);
	free(bytes);
	return result;
}

static void set_byte(uint64_t *word, uint64_t *mask, size_t at, char byte)
{
	((char *)word)[at] = byte;
	((unsigned char *)mask)[at] = 0xff;
}

static void make_probe(struct probe *probe, const struct glob *glob)
{
	size_t head = 0, tail = 0, runs = 0;

	*probe = (struct probe){0};
	for (size_t i = 0; i < glob->count; i++)
		runs += glob->units[i].kind == GLOB_RUN;
	probe->min_length = (uint32_t)(glob->count - runs);
	while (head < 8 && head < glob->count && glob->units[head].kind == GLOB_BYTE) {
		set_byte(&probe->head, &probe->head_mask, head, glob->units[head].byte);
		head++;
	}
	while (tail < 8 && tail < glob->count &&
	       glob->units[glob->count - 1 - tail].kind == GLOB_BYTE) {
		set_byte(&probe->tail, &probe->tail_mask, 7 - tail,
			 glob->units[glob->count - 1 - tail].byte);
		tail++;
	}
	probe->suffices = runs == 1 && head + tail + 1 == glob->count;
}

/* Takes glob over. */
static int add_pattern(struct tests *tests, int conjunction, enum matcher_test test,
		       struct glob *glob)
{
	struct pattern *pattern = GROW(tests->patterns, tests->pattern_count);

	if (!pattern || tests->pattern_count == PATTERNS_MAX) {
		glob_done(glob);
		return pattern ? -ENOSPC : -ENOMEM;
	}
	make_probe(&pattern->probe, glob);
	pattern->glob = *glob;
	want(&pattern->wanted, test, conjunction);
	tests->pattern_count++;
	return 0;
}

static int add_text(struct tests *tests, int conjunction, enum matcher_test test, const char *text,
		    struct err *err)
{
	struct glob glob;
	const char *why;
	int result = glob_compile(&glob, text, strlen(text), &why);

	if (result == -EINVAL)
		return err_set(err, result, "the pattern %s", why);
	if (result < 0)
		return result;
	if (!glob_is_literal(&glob))
		return add_pattern(tests, conjunction, test, &glob);
	if (lookup_is_constant(tests->path))
		result = lookup_check_word(tests->path, text, err);
	if (result == 0)
		result = add_literal(tests, conjunction, test, &glob);
	glob_done(&glob);
	return result;
}

static int add_value(struct tests *tests, int conjunction, enum matcher_test test, const char *text,
		     struct err *err)
{
	uint64_t number;
	int result;

	if (tests->field.class == FACT_TEXT)
		return add_text(tests, conjunction, test, text, err);
	result = fact_parse(&tests->field, text, &number, err);
	return result < 0 ? result : add_exact(tests, conjunction, test, &number, sizeof(number));
}

static int add_range(struct tests *tests, int conjunction, bool is_max, const char *text,
		     struct err *err)
{
	struct range *range;
	uint64_t bound;
	int result;

	if (tests->field.class != FACT_NUMBER)
		return err_set(err, -EINVAL, "'%s' is for numbers, and this field has none",
			       is_max ? "max" : "min");
	result = fact_parse(&tests->field, text, &bound, err);
	if (result < 0)
		return result;
	range = GROW(tests->ranges, tests->range_count);
	if (!range)
		return -ENOMEM;
	*range = (struct range){(uint32_t)conjunction, is_max ? 0 : bound,
				is_max ? bound : UINT64_MAX - bound};
	tests->range_count++;
	return 0;
}

static int add_network(struct tests *tests, int conjunction, const char *text, struct err *err)
{
	struct network *network;
	struct cidr cidr;

	if (tests->field.class != FACT_TEXT)
		return err_set(err, -EINVAL, "'cidr' is for addresses, and this field has none");
	if (!cidr_parse(&cidr, text, strlen(text)))
		return err_set(err, -EINVAL, "expected a network such as 10.0.0.0/8 or fe80::/10");
	network = GROW(tests->networks, tests->network_count);
	if (!network)
		return -ENOMEM;
	*network = (struct network){conjunction, cidr};
	tests->network_count++;
	bits_add(&tests->cidr, (size_t)conjunction);
	return 0;
}

static int add_exists(struct tests *tests, int conjunction, const char *text, struct err *err)
{
	const struct fact_field field = {.class = FACT_BOOL};
	uint64_t exists;
	int result = fact_parse(&field, text, &exists, err);

	if (result == 0)
		bits_add(exists ? &tests->present : &tests->absent, (size_t)conjunction);
	return result;
}

int matcher_add_test(struct matcher *matcher, int conjunction, int field, enum matcher_test test,
		     const char *text, struct err *err)
{
	struct tests *tests = &matcher->fields[field];
	int result = -EINVAL;

	switch (test) {
	case MATCHER_IS:
		bits_add(&tests->is, (size_t)conjunction);
		result = add_value(tests, conjunction, test, text, err);
		break;
	case MATCHER_NOT:
		result = add_value(tests, conjunction, test, text, err);
		break;
	case MATCHER_AT_LEAST:
	case MATCHER_AT_MOST:
		result = add_range(tests, conjunction, test == MATCHER_AT_MOST, text, err);
		break;
	case MATCHER_CIDR:
		result = add_network(tests, conjunction, text, err);
		break;
	case MATCHER_EXISTS:
		result = add_exists(tests, conjunction, text, err);
		break;
	}
	if (result == -ENOMEM)
		return err_set(err, result, "out of memory");
	if (result == -ENOSPC)
		return err_set(err, -EINVAL, "too many values for one field");
	if (result == 0)
		bits_add(&tests->any, (size_t)conjunction);
	return result;
}

/* Asking */

static uint32_t hash_bytes(const char *bytes, size_t length)
{
	uint64_t hash = length, word;

	for (; length >= 8; bytes += 8, length -= 8) {
		memcpy(&word, bytes, 8);
		hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 29;
	}
	word = 0;
	memcpy(&word, bytes, length);
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(hash >> 32);
}

static void merge(struct wanted *hits, const struct wanted *wanted, size_t words)
{
	for (size_t i = 0; i < words; i++) {
		hits->is.words[i] |= wanted->is.words[i];
		hits->never.words[i] |= wanted->never.words[i];
	}
}

static void find_exact(const struct tests *tests, const char *bytes, size_t length, size_t words,
		       struct wanted *hits)
{
	uint32_t hash, slot;

	if (!tests->slots || length > tests->longest)
		return;
	hash = hash_bytes(bytes, length);
	for (slot = hash & tests->slot_mask; tests->slots[slot];
	     slot = (slot + 1) & tests->slot_mask) {
		const struct exact *exact = &tests->exacts[tests->slots[slot] - 1];

		if (exact->hash == hash && exact->length == length &&
		    memcmp(exact->bytes, bytes, length) == 0) {
			merge(hits, &exact->wanted, words);
			return;
		}
	}
}

/* The text as it is shown, where NULs in it stand for something. */
static const char *unfold(char *out, const struct glob_text *text, size_t first, size_t length)
{
	if (!text->nul)
		return text->bytes + first;
	for (size_t i = 0; i < length; i++)
		out[i] = text->bytes[first + i] ? text->bytes[first + i] : text->nul;
	return out;
}

struct ends {
	uint64_t head, tail;
};

static struct ends ends_of(const struct glob_text *text)
{
	size_t length = text->length < 8 ? text->length : 8;
	struct ends ends = {0};
	char bytes[8];

	memcpy(&ends.head, unfold(bytes, text, 0, length), length);
	memcpy((char *)&ends.tail + 8 - length, unfold(bytes, text, text->length - length, length),
	       length);
	return ends;
}

static void find_patterns(const struct tests *tests, const struct glob_text *text, size_t words,
			  struct wanted *hits)
{
	struct ends ends = ends_of(text);

	for (size_t i = 0, next; i < tests->pattern_count; i = next) {
		const struct probe *probe = &tests->probes[i];

		next = i + probe->same;
		if ((ends.head & probe->head_mask) != probe->head)
			continue;
		next = i + 1;
		if ((ends.tail & probe->tail_mask) != probe->tail ||
		    text->length < probe->min_length)
			continue;
		if (probe->suffices || glob_matches(&tests->patterns[i].glob, text))
			merge(hits, &tests->patterns[i].wanted, words);
	}
}

/* What all facts of one field have hit. */
struct hits {
	struct wanted wanted;
	struct bits cidr, failed;
};

static void test_number(const struct tests *tests, uint64_t number, size_t words, struct hits *hits)
{
	find_exact(tests, (const char *)&number, sizeof(number), words, &hits->wanted);
	for (size_t i = 0; i < tests->range_count; i++) {
		const struct range *range = &tests->ranges[i];

		/* without a branch: number is below min or above min + width */
		hits->failed.words[range->conjunction / 64] |=
			(uint64_t)(number - range->min > range->width) << range->conjunction % 64;
	}
}

static void test_text(const struct tests *tests, const struct glob_text *text, size_t words,
		      struct hits *hits)
{
	char bytes[GLOB_MAX];

	if (text->length <= tests->longest)
		find_exact(tests, unfold(bytes, text, 0, text->length), text->length, words,
			   &hits->wanted);
	if (tests->pattern_count)
		find_patterns(tests, text, words, &hits->wanted);
	for (size_t i = 0; i < tests->network_count; i++)
		if (cidr_holds(&tests->networks[i].cidr, text->bytes, text->length))
			bits_add(&hits->cidr, (size_t)tests->networks[i].conjunction);
}

static void test_fact(const struct tests *tests, const struct fact *fact, size_t words,
		      struct hits *hits)
{
	if (fact->is_number)
		test_number(tests, fact->number, words, hits);
	else
		test_text(tests, &fact->text, words, hits);
}

static bool conclude(const struct tests *tests, const struct hits *hits, size_t words,
		     struct bits *alive)
{
	uint64_t left = 0;

	for (size_t i = 0; i < words; i++) {
		uint64_t failed = (tests->is.words[i] & ~hits->wanted.is.words[i]) |
				  hits->wanted.never.words[i] | hits->failed.words[i] |
				  (tests->cidr.words[i] & ~hits->cidr.words[i]) |
				  tests->absent.words[i];

		alive->words[i] &= ~failed;
		left |= alive->words[i];
	}
	return left != 0;
}

static bool conclude_absent(const struct tests *tests, size_t words, struct bits *alive)
{
	uint64_t left = 0;

	for (size_t i = 0; i < words; i++) {
		uint64_t asks = tests->is.words[i] | tests->cidr.words[i] | tests->present.words[i];
		uint64_t failed = (tests->any.words[i] & ~tests->absent.words[i]) | asks;

		alive->words[i] &= ~failed;
		left |= alive->words[i];
	}
	return left != 0;
}

static bool is_asked(const struct tests *tests, const struct bits *alive, size_t words)
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
			test_fact(step->tests, &fact, words, &hits);
	}
	if (any)
		return conclude(step->tests, &hits, words, alive);
	return absent_holds || conclude_absent(step->tests, words, alive);
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

/* What the probes know */

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
			test_number(step->tests, *user, matcher->words, &hits);
			(void)conclude(step->tests, &hits, matcher->words, ret_possible);
			continue;
		}
		for (size_t j = 0; j < matcher->words; j++)
			unknown.words[j] |= step->tests->any.words[j];
	}
	for (size_t i = 0; i < MATCHER_WORDS; i++)
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

static void add_bounds_of(struct bounds *bounds, const struct tests *tests)
{
	uint64_t number;

	for (size_t i = 0; i < tests->exact_count; i++) {
		memcpy(&number, tests->exacts[i].bytes, sizeof(number));
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
static bool is_user_of_any(const struct matcher *matcher, const struct tests *tests)
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

static void fill(const struct matcher *matcher, struct bits *bits)
{
	memset(bits, 0, sizeof(*bits));
	for (size_t i = 0; i < matcher->conjunctions; i++)
		bits_add(bits, i);
}

void matcher_document(const struct matcher *matcher, const struct json_read *document, size_t field,
		      struct bits *ret_bits)
{
	const struct tests *tests = &matcher->fields[field];
	struct hits hits = {0};
	struct fact fact;
	size_t count = 0;

	fill(matcher, ret_bits);
	while (fact_of_document(&fact, &tests->field, document, tests->path, count)) {
		test_fact(tests, &fact, matcher->words, &hits);
		count++;
	}
	if (count)
		(void)conclude(tests, &hits, matcher->words, ret_bits);
	else
		(void)conclude_absent(tests, matcher->words, ret_bits);
}

void matcher_text(const struct matcher *matcher, const char *path, const char *text, size_t length,
		  struct bits *ret_bits)
{
	const struct glob_text whole = {text, length, 0};

	fill(matcher, ret_bits);
	for (size_t i = 0; i < matcher->field_count; i++) {
		const struct tests *tests = &matcher->fields[i];
		struct hits hits = {0};

		if (strcmp(tests->path, path) != 0)
			continue;
		test_text(tests, &whole, matcher->words, &hits);
		(void)conclude(tests, &hits, matcher->words, ret_bits);
	}
}

/* Finishing */

static int index_exacts(struct tests *tests)
{
	uint32_t slots = 4;

	if (tests->exact_count == 0)
		return 0;
	while (slots < 2 * tests->exact_count)
		slots *= 2;
	tests->slots = calloc(slots, sizeof(*tests->slots));
	if (!tests->slots)
		return -ENOMEM;
	tests->slot_mask = slots - 1;
	for (size_t i = 0; i < tests->exact_count; i++) {
		struct exact *exact = &tests->exacts[i];
		uint32_t slot;

		exact->hash = hash_bytes(exact->bytes, exact->length);
		slot = exact->hash & tests->slot_mask;
		while (tests->slots[slot])
			slot = (slot + 1) & tests->slot_mask;
		tests->slots[slot] = (uint16_t)(i + 1);
		if (exact->length > tests->longest)
			tests->longest = exact->length;
	}
	return 0;
}

static int compare_patterns(const void *left, const void *right)
{
	const struct probe *a = &((const struct pattern *)left)->probe;
	const struct probe *b = &((const struct pattern *)right)->probe;

	if (a->head_mask != b->head_mask)
		return a->head_mask < b->head_mask ? -1 : 1;
	return a->head == b->head ? 0 : a->head < b->head ? -1 : 1;
}

static int order_patterns(struct tests *tests)
{
	uint16_t same = 0;

	if (tests->pattern_count == 0)
		return 0;
	tests->probes = calloc(tests->pattern_count, sizeof(*tests->probes));
	if (!tests->probes)
		return -ENOMEM;
	qsort(tests->patterns, tests->pattern_count, sizeof(*tests->patterns), compare_patterns);
	for (size_t i = tests->pattern_count; i-- > 0;) {
		const struct pattern *pattern = &tests->patterns[i];

		same = i + 1 < tests->pattern_count && compare_patterns(pattern, pattern + 1) == 0
			       ? (uint16_t)(same + 1)
			       : 1;
		tests->probes[i] = pattern->probe;
		tests->probes[i].same = same;
	}
	return 0;
}

/* What the kind alone decides is decided here. */
static void run_constant(const struct matcher *matcher, const struct tests *tests,
			 const struct kind *kind, struct program *program)
{
	struct hits hits = {0};
	struct lookup_word word;
	unsigned int count = 0;

	for (; lookup_constant(kind, tests->path, count, &word); count++) {
		struct glob_text text = {word.text, word.length, 0};

		test_text(tests, &text, matcher->words, &hits);
	}
	if (count)
		(void)conclude(tests, &hits, matcher->words, &program->candidates);
	else if (!program->absent_holds)
		(void)conclude_absent(tests, matcher->words, &program->candidates);
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
		const struct tests *tests = &matcher->fields[i];
		struct step step = {.tests = tests};

		lookup_init(&step.lookup, kind, tests->path);
		if (step.lookup.count)
			program->steps[program->step_count++] = step;
		else if (lookup_is_constant(tests->path))
			run_constant(matcher, tests, kind, program);
		else if (!program->absent_holds)
			(void)conclude_absent(tests, matcher->words, &program->candidates);
	}
	return 0;
}

int matcher_finish(struct matcher *matcher)
{
	for (size_t i = 0; i < matcher->field_count; i++)
		if (index_exacts(&matcher->fields[i]) < 0 ||
		    order_patterns(&matcher->fields[i]) < 0)
			return -ENOMEM;
	for (unsigned int i = 0; i < REC_KINDS; i++)
		if (kind_get(i) && make_program(matcher, kind_get(i)) < 0)
			return -ENOMEM;
	return 0;
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
