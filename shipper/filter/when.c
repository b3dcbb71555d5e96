/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A map is a conjunction, a list of maps are several. Goes on after a fault, to tell all of them.
 * Must not know what a condition is for.
 */
#include "filter/when.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

static const struct word {
	const char *name;
	enum matcher_test test;
	bool many; /* takes a list */
} operators[] = {
	{"is", MATCHER_IS, true},         {"not", MATCHER_NOT, true},
	{"min", MATCHER_AT_LEAST, false}, {"max", MATCHER_AT_MOST, false},
	{"cidr", MATCHER_CIDR, true},     {"exists", MATCHER_EXISTS, false},
};

#define OPERATORS (sizeof(operators) / sizeof(operators[0]))

/* One conjunction that is being read. */
struct reading {
	struct matcher *matcher;
	struct faults *faults;
	int conjunction;
	bool failed;
};

static int fault(struct reading *reading, struct place place, const char *field, const char *why)
{
	char quoted[FAULTS_QUOTE_SIZE];

	reading->failed = true;
	faults_add(reading->faults, place, "%s: %s", faults_quote(quoted, field, strlen(field)),
		   why);
	return 0;
}

/* These return 0 also after a fault, else -ENOMEM. */
static int read_value(struct reading *reading, int field, enum matcher_test test,
		      const struct yaml_node *node)
{
	const char *path = matcher_path(reading->matcher, (size_t)field);
	char quoted[FAULTS_QUOTE_SIZE];
	struct err err;
	int result;

	if (node->type == YAML_REFUSED) {
		reading->failed = true;
		return 0;
	}
	if (node->type != YAML_SCALAR)
		return fault(reading, node->place, path,
			     "expected a value, a list of values or a map of operators (is, not, "
			     "min, max, cidr, exists)");
	if (strlen(node->text.bytes) != node->text.length)
		return fault(reading, node->place, path, "no value holds a NUL byte");
	result = matcher_add_test(reading->matcher, reading->conjunction, field, test,
				  node->text.bytes, &err);
	if (result != -EINVAL)
		return result;
	reading->failed = true;
	(void)faults_quote(quoted, node->text.bytes, node->text.length);
	faults_add(reading->faults, node->place, "%s: '%s': %s", path, quoted, err.text);
	return 0;
}

static int read_values(struct reading *reading, int field, enum matcher_test test,
		       const struct yaml_node *node)
{
	const char *path = matcher_path(reading->matcher, (size_t)field);
	int result = 0;

	if (node->type != YAML_LIST)
		return read_value(reading, field, test, node);
	if (node->count == 0)
		return fault(reading, node->place, path, "an empty list matches nothing");
	for (const struct yaml_node *at = node->first; at && result == 0; at = at->next)
		result = read_value(reading, field, test, at);
	return result;
}

static const struct word *find_operator(const struct yaml_text *name)
{
	for (size_t i = 0; i < OPERATORS; i++)
		if (yaml_tree_text_is(name, operators[i].name))
			return &operators[i];
	return NULL;
}

static int fault_operator(struct reading *reading, const struct yaml_node *node)
{
	struct text_nearest nearest = {.word = node->key.bytes};
	char quoted[FAULTS_QUOTE_SIZE];

	for (size_t i = 0; i < OPERATORS; i++)
		text_nearest_offer(&nearest, operators[i].name);
	reading->failed = true;
	(void)faults_quote(quoted, node->key.bytes, node->key.length);
	faults_add(reading->faults, node->key_place,
		   "unknown operator '%s' (known: is, not, min, max, cidr, exists%s%s)", quoted,
		   nearest.best ? "; did you mean " : "", nearest.best ? nearest.best : "");
	return 0;
}

static int read_operators(struct reading *reading, int field, const struct yaml_node *map)
{
	int result = 0;

	if (map->count == 0)
		return fault(reading, map->place, matcher_path(reading->matcher, (size_t)field),
			     "expected an operator: is, not, min, max, cidr or exists");
	for (const struct yaml_node *at = map->first; at && result == 0; at = at->next) {
		const struct word *word = find_operator(&at->key);

		if (!word)
			result = fault_operator(reading, at);
		else if (word->many)
			result = read_values(reading, field, word->test, at);
		else
			result = read_value(reading, field, word->test, at);
	}
	return result;
}

static int read_entry(struct reading *reading, const struct yaml_node *node)
{
	struct err err;
	int field = matcher_add_field(reading->matcher, node->key.bytes, &err);

	if (field == -ENOMEM)
		return field;
	if (field < 0)
		return fault(reading, node->key_place, node->key.bytes, err.text);
	if (node->type == YAML_MAP)
		return read_operators(reading, field, node);
	return read_values(reading, field, MATCHER_IS, node);
}

static int read_map(struct reading *reading, const struct yaml_node *map)
{
	int result = 0;

	if (map->type == YAML_REFUSED) {
		reading->failed = true;
		return 0;
	}
	if (map->type != YAML_MAP || map->count == 0)
		return fault(
			reading, map->place, "when",
			"expected a map of fields, such as {process.executable: /usr/sbin/cron}, "
			"or a list of such maps");
	reading->conjunction = matcher_add_conjunction(reading->matcher);
	if (reading->conjunction < 0) {
		reading->conjunction = 0;
		return fault(reading, map->place, "when", "too many conditions (at most 512)");
	}
	for (const struct yaml_node *at = map->first; at && result == 0; at = at->next)
		result = read_entry(reading, at);
	return result;
}

int when_add(struct matcher *matcher, const struct yaml_node *when, struct faults *faults,
	     int *ret_first)
{
	struct reading reading = {.matcher = matcher, .faults = faults};
	int result = 0;

	*ret_first = (int)matcher_conjunctions(matcher);
	if (!when) {
		if (matcher_add_conjunction(matcher) >= 0)
			return 0;
		faults_add(faults, (struct place){0}, "too many conditions (at most 512)");
		return -EINVAL;
	}
	if (when->type != YAML_LIST || when->count == 0)
		result = read_map(&reading, when);
	else
		for (const struct yaml_node *at = when->first; at && result == 0; at = at->next)
			result = read_map(&reading, at);
	if (result == 0 && reading.failed)
		result = -EINVAL;
	return result;
}
