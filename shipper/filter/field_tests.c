/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the tests of a field: what is asked of it in words becomes values, globs, ranges and
 * networks, and what they hit decides which conjunctions are left.
 */
#include "filter/field_tests.h"

#include "filter/grow.h"

#include <errno.h>

static void want(struct wanted *wanted, enum matcher_test test, int conjunction)
{
	bits_add(test == MATCHER_IS ? &wanted->is : &wanted->never, (size_t)conjunction);
}

static int add_exact(struct field_tests *tests, int conjunction, enum matcher_test test,
		     const void *bytes, size_t length)
{
	struct wanted *wanted;
	int result = exacts_add(&tests->exacts, bytes, length, &wanted);

	if (result == 0)
		want(wanted, test, conjunction);
	return result;
}

static int add_literal(struct field_tests *tests, int conjunction, enum matcher_test test,
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

/* Takes glob over. */
static int add_pattern(struct field_tests *tests, int conjunction, enum matcher_test test,
		       struct glob *glob)
{
	struct wanted *wanted;
	int result = patterns_add(&tests->patterns, glob, &wanted);

	if (result == 0)
		want(wanted, test, conjunction);
	return result;
}

static int add_text(struct field_tests *tests, int conjunction, enum matcher_test test,
		    const char *text, struct err *err)
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

static int add_value(struct field_tests *tests, int conjunction, enum matcher_test test,
		     const char *text, struct err *err)
{
	uint64_t number;
	int result;

	if (tests->field.class == FACT_TEXT)
		return add_text(tests, conjunction, test, text, err);
	result = fact_parse(&tests->field, text, &number, err);
	return result < 0 ? result : add_exact(tests, conjunction, test, &number, sizeof(number));
}

static int add_range(struct field_tests *tests, int conjunction, bool is_max, const char *text,
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

static int add_network(struct field_tests *tests, int conjunction, const char *text,
		       struct err *err)
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

static int add_exists(struct field_tests *tests, int conjunction, const char *text, struct err *err)
{
	const struct fact_field field = {.class = FACT_BOOL};
	uint64_t exists;
	int result = fact_parse(&field, text, &exists, err);

	if (result == 0)
		bits_add(exists ? &tests->present : &tests->absent, (size_t)conjunction);
	return result;
}

int field_tests_add(struct field_tests *tests, int conjunction, enum matcher_test test,
		    const char *text, struct err *err)
{
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

int field_tests_finish(struct field_tests *tests)
{
	int result = exacts_finish(&tests->exacts);

	return result < 0 ? result : patterns_finish(&tests->patterns);
}

void field_tests_done(struct field_tests *tests)
{
	exacts_done(&tests->exacts);
	patterns_done(&tests->patterns);
	free(tests->ranges);
	free(tests->networks);
	free(tests->path);
}

void field_tests_number(const struct field_tests *tests, uint64_t number, size_t words,
			struct hits *hits)
{
	exacts_find(&tests->exacts, (const char *)&number, sizeof(number), words, &hits->wanted);
	for (size_t i = 0; i < tests->range_count; i++) {
		const struct range *range = &tests->ranges[i];

		/* without a branch: number is below min or above min + width */
		hits->failed.words[range->conjunction / 64] |=
			(uint64_t)(number - range->min > range->width) << range->conjunction % 64;
	}
}

void field_tests_text(const struct field_tests *tests, const struct glob_text *text, size_t words,
		      struct hits *hits)
{
	char bytes[GLOB_MAX];

	if (text->length <= tests->exacts.longest)
		exacts_find(&tests->exacts, glob_text_shown(text, 0, text->length, bytes),
			    text->length, words, &hits->wanted);
	if (tests->patterns.count)
		patterns_find(&tests->patterns, text, words, &hits->wanted);
	for (size_t i = 0; i < tests->network_count; i++)
		if (cidr_holds(&tests->networks[i].cidr, text->bytes, text->length))
			bits_add(&hits->cidr, (size_t)tests->networks[i].conjunction);
}

bool field_tests_conclude(const struct field_tests *tests, const struct hits *hits, size_t words,
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

bool field_tests_conclude_absent(const struct field_tests *tests, size_t words, struct bits *alive)
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
