/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One value of the file into one member of the struct, by its row: types, bounds, and the words of
 * the fault when it is wrong. Knows nothing of which options there are.
 */
#include "base/text.h"
#include "config/options.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void *member(void *where, const struct option *option)
{
	return (char *)where + option->offset;
}

void config_words_list(char *out, size_t size, const struct option_word *words)
{
	size_t used = 0;

	out[0] = '\0';
	for (; words->name && used < size; words++)
		used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "",
					 words->name);
}

/* The three kinds of amounts. */
static const struct amount {
	const char *name;
	int (*parse)(const char *text, uint64_t *ret_value);
	void (*format)(char out[TEXT_AMOUNT_SIZE], uint64_t value);
} sizes = {"size", text_parse_size, text_format_size},
  durations = {"duration", text_parse_duration, text_format_duration},
  numbers = {"number", text_parse_number, text_format_number};

static const struct amount *amount_of(const struct option *option)
{
	if (option->type == OPTION_NUMBER)
		return &numbers;
	return option->type == OPTION_SIZE ? &sizes : &durations;
}

static void format_range(char *out, size_t size, const struct option *option)
{
	const struct amount *amount = amount_of(option);
	char low[TEXT_AMOUNT_SIZE], high[TEXT_AMOUNT_SIZE];

	amount->format(low, option->min);
	amount->format(high, option->max);
	(void)snprintf(out, size, "%sa %s%s from %s to %s, such as %s",
		       option->flags & OPTION_MAY_BE_OFF ? "off or " : "", amount->name,
		       option->flags & OPTION_POWER_OF_TWO ? " that is a power of two" : "", low,
		       high, option->example ? option->example : option->fallback);
}

static void format_list(char *out, size_t size, const struct option *option)
{
	char words[256];
	char least[64] = "";
	int used;

	if (option->min > 0)
		(void)snprintf(least, sizeof(least), "at least %" PRIu64 " and ", option->min);
	used = snprintf(out, size, "a list of %sat most %" PRIu64 " items, such as %s", least,
			option->max, option->example);
	if (!option->words || used < 0 || (size_t)used >= size)
		return;
	config_words_list(words, sizeof(words), option->words);
	(void)snprintf(out + used, size - (size_t)used, " (known: %s)", words);
}

const char *config_value_expectation(char out[CONFIG_EXPECTATION_SIZE], const struct option *option)
{
	const size_t size = CONFIG_EXPECTATION_SIZE;
	char words[256];

	switch (option->type) {
	case OPTION_TEXT:
		(void)snprintf(out, size, "a text of at most %" PRIu64 " bytes, such as %s",
			       option->max, option->example);
		break;
	case OPTION_PATH:
		(void)snprintf(out, size, "%sa path of at most %" PRIu64 " bytes, such as %s",
			       option->flags & OPTION_MAY_BE_OFF ? "off or " : "", option->max,
			       option->example);
		break;
	case OPTION_SIZE:
	case OPTION_DURATION:
	case OPTION_NUMBER:
		format_range(out, size, option);
		break;
	case OPTION_ENUM:
		config_words_list(words, sizeof(words), option->words);
		(void)snprintf(out, size, "%s%s", option->words[1].name ? "one of " : "", words);
		break;
	case OPTION_LIST:
		format_list(out, size, option);
		break;
	case OPTION_SINKS:
		(void)snprintf(out, size, "a list of %" PRIu64 " to %" PRIu64 " sinks", option->min,
			       option->max);
		break;
	case OPTION_MAP:
		(void)snprintf(out, size, "a map of at most %" PRIu64 " names to texts, such as %s",
			       option->max, option->example);
		break;
	case OPTION_RULES:
		(void)snprintf(out, size, "a list of at most %" PRIu64 " rules, such as %s",
			       option->max, option->example);
		break;
	case OPTION_CONDITION:
		(void)snprintf(out, size, "a condition, such as %s", option->example);
		break;
	case OPTION_PRIORITIES:
		(void)snprintf(out, size, "a list of at most %" PRIu64 " items, such as %s",
			       option->max, option->example);
		break;
	}
	return out;
}

bool config_value_is_secret(const struct option *option, const struct yaml_node *node)
{
	return (option->flags & OPTION_SECRET) || yaml_tree_secret(node);
}

static const char *quote(char out[FAULTS_QUOTE_SIZE], const struct option *option,
			 const struct yaml_node *node)
{
	return option->flags & OPTION_SECRET ? faults_quote(out, "***", 3)
					     : yaml_tree_quote(out, node);
}

static int fault_expected(const struct option *option, const struct yaml_node *node,
			  struct faults *faults)
{
	static const char *const found[] = {
		[YAML_SCALAR] = "a single value",
		[YAML_LIST] = "a list",
		[YAML_MAP] = "a map",
	};
	char expected[CONFIG_EXPECTATION_SIZE];

	(void)config_value_expectation(expected, option);
	if (node->type == YAML_NOTHING)
		faults_add(faults, node->place, "%s: no value: give %s, or leave the option out",
			   option->path, expected);
	else if (node->type != YAML_REFUSED)
		faults_add(faults, node->place, "%s: expected %s, found %s", option->path, expected,
			   found[node->type]);
	return -EINVAL;
}

/* "OPTION: 'TEXT' PROBLEM: give EXPECTED" */
static int fault_value(const struct option *option, const struct yaml_node *node,
		       struct faults *faults, const char *problem)
{
	char expected[CONFIG_EXPECTATION_SIZE], quoted[FAULTS_QUOTE_SIZE];

	faults_add(faults, node->place, "%s: '%s' %s: give %s", option->path,
		   quote(quoted, option, node), problem,
		   config_value_expectation(expected, option));
	return -EINVAL;
}

static int fault_word(const struct option *option, const struct yaml_node *node,
		      struct faults *faults)
{
	struct text_nearest nearest = {.word = node->text.bytes};
	char words[256], quoted[FAULTS_QUOTE_SIZE];

	/* That a secret is near to some word tells of it, too. */
	for (const struct option_word *word = option->words; word->name && !node->secret; word++)
		text_nearest_offer(&nearest, word->name);
	(void)quote(quoted, option, node);
	config_words_list(words, sizeof(words), option->words);
	if (nearest.best)
		faults_add(faults, node->place, "%s: '%s' is unknown (did you mean '%s'?)",
			   option->path, quoted, nearest.best);
	else
		faults_add(faults, node->place, "%s: '%s' is unknown (known: %s)", option->path,
			   quoted, words);
	return -EINVAL;
}

static int check_text(const struct option *option, const struct yaml_node *node, uint64_t longest,
		      struct faults *faults)
{
	char quoted[FAULTS_QUOTE_SIZE];

	if (node->text.length == 0)
		return fault_value(option, node, faults, "is empty");
	if (memchr(node->text.bytes, '\0', node->text.length))
		return fault_value(option, node, faults, "holds a NUL byte");
	if (option->pattern && !option->pattern->check(node->text.bytes)) {
		faults_add(faults, node->place, "%s: '%s' is not %s", option->path,
			   quote(quoted, option, node), option->pattern->words);
		return -EINVAL;
	}
	if (node->text.length > longest)
		return fault_value(option, node, faults, "is too long");
	return 0;
}

/* What somebody writes who means off, and what would be taken for a name or a path. */
static bool means_off(const struct option *option, const struct yaml_node *node)
{
	static const char *const words[] = {"no", "false", "none", "disabled"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if ((option->flags & OPTION_MAY_BE_OFF) &&
		    strcasecmp(node->text.bytes, words[i]) == 0)
			return true;
	return false;
}

static int set_text(char **target, const struct option *option, const struct yaml_node *node,
		    struct faults *faults)
{
	int result = check_text(option, node, option->max, faults);
	char *copy;

	if (result < 0)
		return result;
	if (means_off(option, node)) {
		faults_add(faults, node->place, "%s: '%s' is unknown (did you mean 'off'?)",
			   option->path, node->text.bytes);
		return -EINVAL;
	}
	copy = strdup(node->text.bytes);
	if (!copy)
		return -ENOMEM;
	free(*target);
	*target = copy;
	return 0;
}

static int set_amount(uint64_t *target, const struct option *option, const struct yaml_node *node,
		      struct faults *faults)
{
	const struct amount *amount = amount_of(option);
	char why[64];
	uint64_t value = 0;
	int result = -EINVAL;

	if ((option->flags & OPTION_MAY_BE_OFF) && yaml_tree_text_is(&node->text, "off"))
		result = 0;
	else if (!memchr(node->text.bytes, '\0', node->text.length))
		result = amount->parse(node->text.bytes, &value);
	(void)snprintf(why, sizeof(why), "is not a %s", amount->name);
	if (result == -EINVAL)
		return fault_value(option, node, faults, why);
	if (result == 0 && value == 0 && (option->flags & OPTION_MAY_BE_OFF)) {
		*target = 0;
		return 0;
	}
	if (result < 0 || value < option->min || value > option->max)
		return fault_value(option, node, faults, "is out of range");
	if ((option->flags & OPTION_POWER_OF_TWO) && (value & (value - 1)) != 0)
		return fault_value(option, node, faults, "is not a power of two");
	*target = value;
	return 0;
}

static const struct option_word *find_word(const struct option_word *words,
					   const struct yaml_text *text)
{
	for (; words->name; words++) {
		if (yaml_tree_text_is(text, words->name))
			return words;
	}
	return NULL;
}

static int set_enum(int *target, const struct option *option, const struct yaml_node *node,
		    struct faults *faults)
{
	const struct option_word *word = find_word(option->words, &node->text);

	if (!word)
		return fault_word(option, node, faults);
	*target = word->value;
	return 0;
}

int config_list_add(struct config_list *list, const char *text)
{
	char **grown = realloc(list->items, (list->count + 1) * sizeof(char *));

	if (!grown)
		return -ENOMEM;
	list->items = grown;
	list->items[list->count] = strdup(text);
	if (!list->items[list->count])
		return -ENOMEM;
	list->count++;
	return 0;
}

void config_list_done(struct config_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		text_wipe(list->items[i]);
	free(list->items);
	*list = (struct config_list){0};
}

#define LIST_ITEM_MAX 255

static int add_item(struct config_list *list, const struct option *option,
		    const struct yaml_node *node, struct faults *faults)
{
	int result;

	if (node->type != YAML_SCALAR) {
		if (node->type != YAML_REFUSED)
			faults_add(faults, node->place, "%s: every item must be a single value",
				   option->path);
		return -EINVAL;
	}
	result = check_text(option, node, LIST_ITEM_MAX, faults);
	if (result < 0)
		return result;
	if (option->words && !find_word(option->words, &node->text))
		return fault_word(option, node, faults);
	for (size_t i = 0; i < list->count; i++) {
		if (yaml_tree_text_is(&node->text, list->items[i]))
			return fault_value(option, node, faults, "is named twice");
	}
	list->items[list->count] = strdup(node->text.bytes);
	if (!list->items[list->count])
		return -ENOMEM;
	list->count++;
	return 0;
}

static int set_list(struct config_list *target, const struct option *option,
		    const struct yaml_node *node, struct faults *faults)
{
	struct config_list list = {0};
	int result = 0;

	if (node->count < option->min || node->count > option->max) {
		char expected[CONFIG_EXPECTATION_SIZE];

		faults_add(faults, node->place, "%s: %zu items: give %s", option->path, node->count,
			   config_value_expectation(expected, option));
		return -EINVAL;
	}
	list.items = calloc(node->count + 1, sizeof(char *));
	if (!list.items)
		return -ENOMEM;
	for (const struct yaml_node *at = node->first; at && result != -ENOMEM; at = at->next) {
		int added = add_item(&list, option, at, faults);

		result = added < 0 ? added : result;
	}
	if (result < 0) {
		config_list_done(&list);
		return result;
	}
	config_list_done(target);
	*target = list;
	return 0;
}

static void map_done(struct config_map *map)
{
	for (size_t i = 0; i < map->count; i++) {
		free(map->items[i].key);
		text_wipe(map->items[i].value);
	}
	free(map->items);
	*map = (struct config_map){0};
}

/* Where key is, or where it would have to go. */
static size_t find_pair(const struct config_map *map, const char *key, bool *ret_found)
{
	size_t i = 0;

	while (i < map->count && strcmp(map->items[i].key, key) < 0)
		i++;
	*ret_found = i < map->count && strcmp(map->items[i].key, key) == 0;
	return i;
}

/* The map has room for one more. */
static int put_pair(struct config_map *map, const char *key, const char *value)
{
	bool found;
	size_t at = find_pair(map, key, &found);
	struct config_pair pair = {.key = strdup(key), .value = strdup(value)};

	if (!pair.key || !pair.value) {
		free(pair.key);
		free(pair.value);
		return -ENOMEM;
	}
	if (found) {
		free(map->items[at].key);
		free(map->items[at].value);
	} else {
		memmove(&map->items[at + 1], &map->items[at],
			(map->count - at) * sizeof(map->items[0]));
		map->count++;
	}
	map->items[at] = pair;
	return 0;
}

static int check_pair(const struct option *option, const struct yaml_node *node,
		      struct faults *faults)
{
	char quoted[FAULTS_QUOTE_SIZE];

	if (memchr(node->key.bytes, '\0', node->key.length) ||
	    !option->pattern->check(node->key.bytes)) {
		faults_add(faults, node->key_place, "%s: '%s' is not %s", option->path,
			   faults_quote(quoted, node->key.bytes, node->key.length),
			   option->pattern->words);
		return -EINVAL;
	}
	if (node->type == YAML_SCALAR && node->text.length > 0 &&
	    node->text.length <= LIST_ITEM_MAX &&
	    !memchr(node->text.bytes, '\0', node->text.length))
		return 0;
	if (node->type != YAML_REFUSED)
		faults_add(
			faults, node->place,
			"%s: the value of '%s' must be a text of 1 to %d bytes without NUL bytes",
			option->path, node->key.bytes, LIST_ITEM_MAX);
	return -EINVAL;
}

/* Adds to what is there: a map merges key by key. */
static int add_map(struct config_map *target, const struct option *option,
		   const struct yaml_node *node, struct faults *faults)
{
	char expected[CONFIG_EXPECTATION_SIZE];
	struct config_pair *grown;
	int result = 0;

	if (node->count > option->max - target->count) {
		faults_add(faults, node->place, "%s: %zu entries: give %s", option->path,
			   node->count + target->count, config_value_expectation(expected, option));
		return -EINVAL;
	}
	grown = realloc(target->items,
			(target->count + node->count + 1) * sizeof(target->items[0]));
	if (!grown)
		return -ENOMEM;
	target->items = grown;
	for (const struct yaml_node *at = node->first; at && result != -ENOMEM; at = at->next) {
		int added = check_pair(option, at, faults);

		if (added == 0)
			added = put_pair(target, at->key.bytes, at->text.bytes);
		result = added < 0 ? added : result;
	}
	return result;
}

static enum yaml_type type_of(const struct option *option)
{
	if (option->type == OPTION_LIST)
		return YAML_LIST;
	return option->type == OPTION_MAP ? YAML_MAP : YAML_SCALAR;
}

int config_value_set(void *where, const struct option *option, const struct yaml_node *node,
		     struct faults *faults)
{
	void *target = member(where, option);

	if (node->type != type_of(option))
		return fault_expected(option, node, faults);
	if ((option->flags & OPTION_PUBLIC) && node->secret) {
		faults_add(faults, node->place, "%s: cannot be taken from a file: it is shown",
			   option->path);
		return -EINVAL;
	}
	switch (option->type) {
	case OPTION_TEXT:
	case OPTION_PATH:
		return set_text(target, option, node, faults);
	case OPTION_SIZE:
	case OPTION_DURATION:
	case OPTION_NUMBER:
		return set_amount(target, option, node, faults);
	case OPTION_ENUM:
		return set_enum(target, option, node, faults);
	case OPTION_LIST:
		return set_list(target, option, node, faults);
	case OPTION_MAP:
		return add_map(target, option, node, faults);
	case OPTION_SINKS: /* have readers of their own */
	case OPTION_RULES:
	case OPTION_CONDITION:
	case OPTION_PRIORITIES:
		break;
	}
	return fault_expected(option, node, faults);
}

/* A default is read as the file would be, so that both mean the same. */
int config_value_set_default(void *where, const struct option *option)
{
	struct faults faults = {0};
	struct yaml_node *node = NULL;
	int result;

	if (!option->fallback || option->type == OPTION_RULES)
		return 0;
	result = yaml_tree_parse(&node, option->fallback, strlen(option->fallback), &faults);
	if (result == 0)
		result = config_value_set(where, option, node, &faults);
	assert(faults.count == 0);
	yaml_tree_free(node);
	faults_done(&faults);
	return result;
}

void config_value_done(void *where, const struct option *option)
{
	void *target = member(where, option);

	if (option->type == OPTION_TEXT || option->type == OPTION_PATH) {
		text_wipe(*(char **)target);
		*(char **)target = NULL;
	} else if (option->type == OPTION_LIST) {
		config_list_done(target);
	} else if (option->type == OPTION_MAP) {
		map_done(target);
	}
}

static bool equal_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool equal_list(const struct config_list *a, const struct config_list *b)
{
	bool equal = a->count == b->count;

	for (size_t i = 0; equal && i < a->count; i++)
		equal = strcmp(a->items[i], b->items[i]) == 0;
	return equal;
}

static bool equal_map(const struct config_map *a, const struct config_map *b)
{
	bool equal = a->count == b->count;

	for (size_t i = 0; equal && i < a->count; i++)
		equal = strcmp(a->items[i].key, b->items[i].key) == 0 &&
			strcmp(a->items[i].value, b->items[i].value) == 0;
	return equal;
}

bool config_value_equal(const void *a, const void *b, const struct option *option)
{
	const void *x = (const char *)a + option->offset, *y = (const char *)b + option->offset;

	switch (option->type) {
	case OPTION_TEXT:
	case OPTION_PATH:
		return equal_text(*(char *const *)x, *(char *const *)y);
	case OPTION_SIZE:
	case OPTION_DURATION:
	case OPTION_NUMBER:
		return *(const uint64_t *)x == *(const uint64_t *)y;
	case OPTION_ENUM:
		return *(const int *)x == *(const int *)y;
	case OPTION_LIST:
		return equal_list(x, y);
	case OPTION_MAP:
		return equal_map(x, y);
	case OPTION_SINKS: /* compared one by one */
	case OPTION_RULES:
	case OPTION_CONDITION:
	case OPTION_PRIORITIES:
		break;
	}
	return true;
}
