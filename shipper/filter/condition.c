/* SPDX-License-Identifier: BSD-2-Clause */
/* A matcher of which any conjunction will do. */
#include "filter/condition.h"

#include "filter/when.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct condition {
	struct matcher *matcher;
};

static int condition_new(struct condition **ret_condition)
{
	struct condition *condition = calloc(1, sizeof(*condition));

	if (!condition)
		return -ENOMEM;
	if (matcher_new(&condition->matcher) < 0) {
		free(condition);
		return -ENOMEM;
	}
	*ret_condition = condition;
	return 0;
}

void condition_free(struct condition *condition)
{
	if (!condition)
		return;
	matcher_free(condition->matcher);
	free(condition);
}

int condition_compile(struct condition **ret_condition, const struct yaml_node *when,
		      struct faults *faults)
{
	struct condition *condition;
	int result = condition_new(&condition), first;

	if (result < 0)
		return result;
	result = when_add(condition->matcher, when, faults, &first);
	if (result == 0)
		result = matcher_finish(condition->matcher);
	if (result < 0) {
		condition_free(condition);
		return result;
	}
	*ret_condition = condition;
	return 0;
}

static enum matcher_test test_of(enum condition_operator operator)
{
	switch (operator) {
	case CONDITION_NOT:
		return MATCHER_NOT;
	case CONDITION_MIN:
		return MATCHER_AT_LEAST;
	case CONDITION_MAX:
		return MATCHER_AT_MOST;
	case CONDITION_CIDR:
		return MATCHER_CIDR;
	case CONDITION_EXISTS:
		return MATCHER_EXISTS;
	case CONDITION_IS:
		break;
	}
	return MATCHER_IS;
}

static int add_term(struct matcher *matcher, const struct condition_term *term, struct err *err)
{
	int field = matcher_add_field(matcher, term->field, err), result = field;

	assert(term->alternative <= matcher_conjunctions(matcher));
	if (result >= 0 && term->alternative == matcher_conjunctions(matcher) &&
	    matcher_add_conjunction(matcher) < 0)
		return err_set(err, -EINVAL, "more than %d alternatives", MATCHER_MAX);
	if (result >= 0)
		result = matcher_add_test(matcher, (int)term->alternative, field,
					  test_of(term->operator), term->text, err);
	return result < 0 ? err_wrap(err, result, "%s", term->field) : 0;
}

int condition_build(struct condition **ret_condition, const struct condition_term *terms,
		    size_t count, struct err *err)
{
	struct condition *condition;
	int result = condition_new(&condition);

	if (result < 0)
		return err_set(err, result, "out of memory");
	if (count == 0)
		(void)matcher_add_conjunction(condition->matcher);
	for (size_t i = 0; i < count && result == 0; i++)
		result = add_term(condition->matcher, &terms[i], err);
	if (result == 0 && matcher_finish(condition->matcher) < 0)
		result = err_set(err, -ENOMEM, "out of memory");
	if (result < 0) {
		condition_free(condition);
		return result;
	}
	*ret_condition = condition;
	return 0;
}

bool condition_matches(const struct condition *condition, const struct event *event)
{
	struct bits bits;

	matcher_event(condition->matcher, event, &bits);
	for (size_t i = 0; i < BITS_WORDS && i * 64 < matcher_conjunctions(condition->matcher); i++)
		if (bits.words[i])
			return true;
	return false;
}
