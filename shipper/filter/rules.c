/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From YAML to compiled rules. Goes on after a fault, to tell all of them. Must not know what
 * happens to an event: that is rules_state.c.
 */
#include "filter/rules.h"

#include "base/clock.h"
#include "base/text.h"
#include "base/utf8.h"
#include "filter/fact.h"
#include "filter/rule.h"
#include "filter/when.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_LIMIT (1024 * 1024)
#define TAG_MAX 64

/* One rule that is being read. Functions return 0 after a fault too, or -ENOMEM. */
struct reading {
	struct rules *rules;
	struct rule *rule;
	struct faults *faults;
	bool failed;
};

struct entry_reader {
	const char *key;
	int (*read)(struct reading *reading, const struct yaml_node *node);
};

static int fault(struct reading *reading, struct place place, const char *text)
{
	reading->failed = true;
	faults_add(reading->faults, place, "%s", text);
	return 0;
}

static int fault_value(struct reading *reading, const struct yaml_node *node, const char *why)
{
	char quoted[FAULTS_QUOTE_SIZE];

	reading->failed = true;
	(void)faults_quote(quoted, node->text.bytes, node->text.length);
	faults_add(reading->faults, node->place, "'%s' %s", quoted, why);
	return 0;
}

static bool is_text(const struct yaml_node *node)
{
	return node->type == YAML_SCALAR && strlen(node->text.bytes) == node->text.length;
}

static int read_keys(struct reading *reading, const struct yaml_node *map,
		     const struct entry_reader *readers, const char *where)
{
	int result = 0;

	for (const struct yaml_node *at = map->first; at && result == 0; at = at->next) {
		struct text_nearest nearest = {.word = at->key.bytes};
		char quoted[FAULTS_QUOTE_SIZE];
		const struct entry_reader *reader = readers;

		for (; reader->key && !yaml_tree_text_is(&at->key, reader->key); reader++)
			text_nearest_offer(&nearest, reader->key);
		if (reader->key) {
			result = reader->read(reading, at);
			continue;
		}
		reading->failed = true;
		(void)faults_quote(quoted, at->key.bytes, at->key.length);
		faults_add(reading->faults, at->key_place, "unknown key '%s' in %s%s%s%s", quoted,
			   where, nearest.best ? " (did you mean '" : "",
			   nearest.best ? nearest.best : "", nearest.best ? "'?)" : "");
	}
	return result;
}

/* Calls read for the items of a list, or for the one value that stands for it. */
static int read_items(struct reading *reading, const struct yaml_node *node,
		      int (*read)(struct reading *reading, const struct yaml_node *node))
{
	int result = 0;

	if (node->type == YAML_SCALAR)
		return read(reading, node);
	if (node->type != YAML_LIST || node->count == 0)
		return fault(reading, node->place, "expected a list with at least one text");
	for (const struct yaml_node *at = node->first; at && result == 0; at = at->next) {
		if (is_text(at))
			result = read(reading, at);
		else
			result = fault(reading, at->place, "expected a text");
	}
	return result;
}

/* Puts a copy of the text at the end of a list. */
static int push_text(char ***list, size_t *count, const char *text)
{
	char **more = realloc(*list, (*count + 1) * sizeof(char *));

	if (!more)
		return -ENOMEM;
	*list = more;
	more[*count] = strdup(text);
	if (!more[*count])
		return -ENOMEM;
	(*count)++;
	return 0;
}

static int read_tag(struct reading *reading, const struct yaml_node *node)
{
	const char *text = node->text.bytes;
	size_t length = node->text.length;

	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return fault_value(reading, node,
					   "is no tag: it holds a control character");
	if (length == 0 || length > TAG_MAX || !utf8_is_valid(text, length))
		return fault_value(reading, node, "is no tag: 1 to 64 bytes of UTF-8");
	return push_text(&reading->rule->tags, &reading->rule->tag_count, text);
}

static int read_tags(struct reading *reading, const struct yaml_node *node)
{
	return read_items(reading, node, read_tag);
}

static int read_mask(struct reading *reading, const struct yaml_node *node)
{
	struct rule *rule = reading->rule;
	struct mask *more = realloc(rule->masks, (rule->mask_count + 1) * sizeof(*more));
	const char *why;
	int result;

	if (!more)
		return -ENOMEM;
	rule->masks = more;
	result = mask_compile(&more[rule->mask_count], node->text.bytes, node->text.length, &why);
	if (result == -EINVAL)
		return fault_value(reading, node, why);
	rule->mask_count += result == 0;
	return result;
}

static int read_masks(struct reading *reading, const struct yaml_node *node)
{
	return read_items(reading, node, read_mask);
}

static int read_events(struct reading *reading, const struct yaml_node *node)
{
	if (is_text(node) && text_parse_number(node->text.bytes, &reading->rule->events) == 0 &&
	    reading->rule->events > 0)
		return 0;
	return fault(reading, node->place, "events: expected a number from 1 on");
}

static int read_per(struct reading *reading, const struct yaml_node *node)
{
	struct rule *rule = reading->rule;
	uint64_t ms;

	if (is_text(node) && text_parse_duration(node->text.bytes, &ms) == 0 && ms > 0 &&
	    !__builtin_mul_overflow(ms, NS_PER_MS, &rule->per_ns))
		return 0;
	return fault(reading, node->place, "per: expected a duration such as 10s");
}

static int read_by(struct reading *reading, const struct yaml_node *node)
{
	struct rule *rule = reading->rule;
	struct fact_field field;

	if (!is_text(node))
		return fault(reading, node->place, "by: expected the name of a field");
	if (fact_field(&field, node->text.bytes) < 0) {
		struct text_nearest nearest = {.word = node->text.bytes};
		char why[128];

		lookup_offer_paths(&nearest);
		(void)snprintf(why, sizeof(why), "is no field of any event%s%s%s",
			       nearest.best ? " (did you mean '" : "",
			       nearest.best ? nearest.best : "", nearest.best ? "'?)" : "");
		return fault_value(reading, node, why);
	}
	if (field.list)
		return fault_value(reading, node, "is a list: a limit counts by one value");
	free(rule->by);
	rule->by = strdup(node->text.bytes);
	for (unsigned int i = 0; i < REC_KINDS; i++)
		if (kind_get(i))
			lookup_init(&rule->by_rows[i], kind_get(i), node->text.bytes);
	return rule->by ? 0 : -ENOMEM;
}

static int read_limit(struct reading *reading, const struct yaml_node *node)
{
	static const struct entry_reader readers[] = {
		{"events", read_events}, {"per", read_per}, {"by", read_by}, {NULL, NULL}};

	reading->rule->decision = RULE_LIMIT;
	if (node->type != YAML_MAP || !yaml_tree_get(node, "events") || !yaml_tree_get(node, "per"))
		return fault(reading, node->place,
			     "expected a map such as {events: 100, per: 10s, by: "
			     "process.executable}");
	return read_keys(reading, node, readers, "a limit");
}

static int read_do(struct reading *reading, const struct yaml_node *node)
{
	static const struct entry_reader readers[] = {
		{"tag", read_tags}, {"mask", read_masks}, {"limit", read_limit}, {NULL, NULL}};

	if (node->type == YAML_MAP && node->count > 0)
		return read_keys(reading, node, readers, "'do'");
	if (node->type == YAML_SCALAR && yaml_tree_text_is(&node->text, "keep"))
		reading->rule->decision = RULE_KEEP;
	else if (node->type == YAML_SCALAR && yaml_tree_text_is(&node->text, "drop"))
		reading->rule->decision = RULE_DROP;
	else if (node->type != YAML_REFUSED)
		return fault(reading, node->place,
			     "do: expected keep, drop or a map of tag, mask and limit");
	return 0;
}

static bool is_name(const char *text)
{
	size_t length = strlen(text);

	return length > 0 && length <= RULES_NAME_MAX &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-") == length;
}

static bool is_taken(const struct rules *rules, const char *name)
{
	for (size_t i = 0; i < rules->count; i++)
		if (strcmp(rules->rules[i].name, name) == 0)
			return true;
	return false;
}

static int read_name(struct reading *reading, const struct yaml_node *node)
{
	char quoted[FAULTS_QUOTE_SIZE];

	if (!is_text(node) || !is_name(node->text.bytes))
		return fault(reading, node->place,
			     "name: expected 1 to 64 of a-z, 0-9, _ and -: it names counters");
	if (is_taken(reading->rules, node->text.bytes)) {
		reading->failed = true;
		faults_add(reading->faults, node->place, "another rule is called '%s' already",
			   faults_quote(quoted, node->text.bytes, node->text.length));
	}
	free(reading->rule->name);
	reading->rule->name = strdup(node->text.bytes);
	return reading->rule->name ? 0 : -ENOMEM;
}

static int read_when(struct reading *reading, const struct yaml_node *node)
{
	struct matcher *matcher = reading->rules->matcher;
	int result = when_add(matcher, node, reading->faults, &reading->rule->first);

	reading->rule->count = (int)matcher_conjunctions(matcher) - reading->rule->first;
	if (result == -EINVAL)
		reading->failed = true;
	return result == -EINVAL ? 0 : result;
}

/* Appends what a node says, so that equal rules have equal text however they are written. */
static int write_text(struct buf *out, const struct yaml_node *node)
{
	int result = 0;

	if (node->key.bytes)
		result = buf_printf(out, "%zu:%s=", node->key.length, node->key.bytes);
	if (result == 0)
		result = buf_printf(out, "%d:%zu:", (int)node->type,
				    node->first ? node->count : node->text.length);
	if (result == 0 && node->type == YAML_SCALAR)
		result = buf_add(out, node->text.bytes, node->text.length);
	for (const struct yaml_node *at = node->first; at && result == 0; at = at->next)
		result = write_text(out, at);
	return result;
}

static int keep_text(struct rule *rule, const struct yaml_node *node)
{
	struct buf text;
	int result;

	buf_init(&text, TEXT_LIMIT * 4);
	result = write_text(&text, node);
	if (result == 0)
		result = buf_add(&text, "", 1);
	if (result == 0)
		rule->text = strdup(text.data);
	buf_done(&text);
	return rule->text ? 0 : -ENOMEM;
}

static int name_it(struct reading *reading)
{
	struct rule *rule = reading->rule;

	if (rule->name)
		return 0;
	if (asprintf(&rule->name, "rule-%zu", reading->rules->count + 1) < 0) {
		rule->name = NULL;
		return -ENOMEM;
	}
	if (is_taken(reading->rules, rule->name))
		return fault(reading, rule->place,
			     "another rule has the name that this one would "
			     "get: give it one");
	return 0;
}

static int read_rule(struct reading *reading, const struct yaml_node *node)
{
	static const struct entry_reader readers[] = {
		{"name", read_name}, {"when", read_when}, {"do", read_do}, {NULL, NULL}};
	int result = keep_text(reading->rule, node);

	reading->rule->place = node->place;
	if (result == 0)
		result = read_keys(reading, node, readers, "a rule");
	if (result == 0 && !yaml_tree_get(node, "do"))
		(void)fault(reading, node->place,
			    "a rule needs 'do': keep, drop or a map of tag, mask and limit");
	if (result == 0 && !yaml_tree_get(node, "when"))
		result = read_when(reading, NULL);
	return result == 0 ? name_it(reading) : result;
}

static void free_rule(struct rule *rule)
{
	for (size_t i = 0; i < rule->tag_count; i++)
		free(rule->tags[i]);
	for (size_t i = 0; i < rule->mask_count; i++)
		mask_done(&rule->masks[i]);
	free(rule->tags);
	free(rule->masks);
	free(rule->name);
	free(rule->text);
	free(rule->by);
}

void rules_free(struct rules *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->count; i++)
		free_rule(&rules->rules[i]);
	free(rules->rules);
	matcher_free(rules->matcher);
	free(rules);
}

static int add_rule(struct reading *reading, const struct yaml_node *node)
{
	struct rules *rules = reading->rules;
	int result;

	if (node->type == YAML_REFUSED) {
		reading->failed = true;
		return 0;
	}
	if (node->type != YAML_MAP)
		return fault(reading, node->place,
			     "a rule is a map, such as {name: quiet, when: {...}, do: drop}");
	reading->rule = &rules->rules[rules->count];
	result = read_rule(reading, node);
	if (result < 0) {
		free_rule(reading->rule);
		return result;
	}
	rules->count++;
	return 0;
}

static const struct yaml_node *find_key(const struct yaml_node *map, const char *key)
{
	return map->type == YAML_MAP ? yaml_tree_get(map, key) : NULL;
}

/* Where a rule asks for the field first: in its 'when', or in a map of that list. */
static struct place place_of_field(const struct yaml_node *list, const char *path)
{
	for (const struct yaml_node *rule = list->first; rule; rule = rule->next) {
		const struct yaml_node *when = find_key(rule, "when"), *found = NULL;
		bool several = when && when->type == YAML_LIST;
		const struct yaml_node *map = several ? when->first : when;

		for (; map && !found; map = several ? map->next : NULL)
			found = find_key(map, path);
		if (found)
			return found->key_place;
	}
	return list->place;
}

/* Rules give tags: when they are asked, there are none yet. */
static void check_fields(struct reading *reading, const struct yaml_node *list)
{
	static const char *const late[] = {"tags", "Linux.masked", "event.sequence"};
	const struct matcher *matcher = reading->rules->matcher;

	for (size_t i = 0; i < matcher_fields(matcher); i++) {
		for (size_t j = 0; j < sizeof(late) / sizeof(late[0]); j++) {
			if (strcmp(matcher_path(matcher, i), late[j]) != 0)
				continue;
			reading->failed = true;
			faults_add(reading->faults, place_of_field(list, late[j]),
				   "rules: none can ask for '%s', which comes of the rules; the "
				   "'when' of a sink can",
				   late[j]);
		}
	}
}

static int read_list(struct reading *reading, const struct yaml_node *list)
{
	int result = 0;

	if (list->type != YAML_LIST)
		return fault(reading, list->place,
			     "rules: expected a list: start each rule with '- name: ...'");
	if (list->count > RULES_MAX)
		return fault(reading, list->place, "rules: there are more than 256");
	reading->rules->rules = calloc(list->count + 1, sizeof(struct rule));
	if (!reading->rules->rules)
		return -ENOMEM;
	for (const struct yaml_node *at = list->first; at && result == 0; at = at->next)
		result = add_rule(reading, at);
	if (result == 0)
		check_fields(reading, list);
	return result;
}

/* What running needs and reading does not give. */
static int finish(struct rules *rules)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->rules[i];

		rules->limits += rule->decision == RULE_LIMIT;
		for (int j = rule->first; j < rule->first + rule->count; j++) {
			rules->rule_of[j] = (uint16_t)i;
			if (rule->mask_count)
				bits_add(&rules->masking, (size_t)j);
		}
	}
	return matcher_finish(rules->matcher);
}

int rules_compile(struct rules **ret_rules, const struct yaml_node *list, struct faults *faults)
{
	struct reading reading = {.faults = faults};
	int result = 0;

	reading.rules = calloc(1, sizeof(*reading.rules));
	if (!reading.rules)
		return -ENOMEM;
	result = matcher_new(&reading.rules->matcher);
	if (result == 0 && list && list->type != YAML_NOTHING)
		result = read_list(&reading, list);
	if (result == 0)
		result = reading.failed ? -EINVAL : finish(reading.rules);
	if (result < 0) {
		rules_free(reading.rules);
		return result;
	}
	*ret_rules = reading.rules;
	return 0;
}

size_t rules_count(const struct rules *rules)
{
	return rules->count;
}

const char *rules_name(const struct rules *rules, size_t index)
{
	return rules->rules[index].name;
}
