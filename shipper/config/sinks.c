/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sinks of the configuration: which options a type has is in the rows; here is how those of
 * several files become one list, no two of them with one name. Where they write is outputs.c's.
 */
#include "config/sinks.h"

#include "base/text.h"
#include "config/kafka.h"
#include "config/outputs.h"
#include "config/rules.h"
#include "config/syslog.h"
#include "filter/condition.h"
#include "render/ecs_plan.h"
#include "sink/pack.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *config_sink_type_name(int type)
{
	for (const struct option_word *word = config_sink_types; word->name; word++) {
		if (word->value == type)
			return word->name;
	}
	return "unknown";
}

static unsigned int every_type(void)
{
	unsigned int types = 0;

	for (const struct option_word *word = config_sink_types; word->name; word++)
		types |= 1U << word->value;
	return types;
}

/* types is one bit, or all of them while the type of the sink is not known. */
static bool applies(const struct option *row, unsigned int types)
{
	return (row->sink_types & types) == types;
}

static const struct option *find_row(const char *path, unsigned int types)
{
	for (const struct option *row = config_sink_options[0]; row;
	     row = config_option_next(row)) {
		if (applies(row, types) && strcmp(path, row->path) == 0)
			return row;
	}
	return NULL;
}

/* What stands in the path of row below prefix ("" or "tls."), up to the next dot; NULL: nothing. */
static const char *part_below(const struct option *row, const char *prefix, size_t *ret_length)
{
	size_t length = strlen(prefix);

	if (strncmp(row->path, prefix, length) != 0)
		return NULL;
	*ret_length = strcspn(row->path + length, ".");
	return row->path + length;
}

/* Whether a row of these types is below the section of that path. */
static bool is_section(const char *path, unsigned int types)
{
	size_t length = strlen(path);

	for (const struct option *row = config_sink_options[0]; row;
	     row = config_option_next(row)) {
		if (applies(row, types) && strncmp(row->path, path, length) == 0 &&
		    row->path[length] == '.')
			return true;
	}
	return false;
}

#define KNOWN_SIZE 512

/* Keys that may stand below prefix, each once; nearest (may be NULL) is offered them. */
static void list_known(char known[KNOWN_SIZE], const char *prefix, unsigned int types,
		       struct text_nearest *nearest)
{
	size_t used = 0, length, last_length = 0;
	const char *last = NULL;

	known[0] = '\0';
	for (const struct option *row = config_sink_options[0]; row;
	     row = config_option_next(row)) {
		const char *part = applies(row, types) ? part_below(row, prefix, &length) : NULL;
		char *word = known + used + (used ? 2 : 0);

		if (!part || used + length + 3 > KNOWN_SIZE ||
		    (last && length == last_length && memcmp(last, part, length) == 0))
			continue;
		used += (size_t)snprintf(known + used, KNOWN_SIZE - used, "%s%.*s",
					 used ? ", " : "", (int)length, part);
		if (nearest)
			text_nearest_offer(nearest, word);
		last = part;
		last_length = length;
	}
}

/* Reading one sink. */
struct reading {
	struct config_sink *sink;
	unsigned int types; /* one bit, or all of them while the type is not known */
	struct faults *faults;
};

static void fault_unknown(const struct reading *reading, const struct yaml_node *node,
			  const char *prefix)
{
	struct text_nearest nearest = {.word = node->key.bytes};
	char quoted[FAULTS_QUOTE_SIZE], known[KNOWN_SIZE], where[CONFIG_OPTION_PATH_SIZE];
	int depth = (int)strlen(prefix);

	(void)snprintf(where, sizeof(where), "%.*s", depth > 0 ? depth - 1 : 0, prefix);
	list_known(known, prefix, reading->types, &nearest);
	(void)faults_quote(quoted, node->key.bytes, node->key.length);
	if (nearest.best)
		faults_add(reading->faults, node->key_place,
			   "unknown key '%s' in %s (did you mean '%.*s'?)", quoted,
			   *where ? where : "a sink", (int)strcspn(nearest.best, ","),
			   nearest.best);
	else
		faults_add(reading->faults, node->key_place,
			   "unknown key '%s' in %s (known here: %s)", quoted,
			   *where ? where : "a sink", known);
}

static int read_map(const struct reading *reading, const struct yaml_node *map, const char *prefix);

static int read_section(const struct reading *reading, const struct yaml_node *node,
			const char *path)
{
	char prefix[CONFIG_OPTION_PATH_SIZE + 1], known[KNOWN_SIZE];

	(void)snprintf(prefix, sizeof(prefix), "%s.", path);
	if (node->type == YAML_MAP)
		return read_map(reading, node, prefix);
	if (node->type == YAML_NOTHING || node->type == YAML_REFUSED)
		return 0;
	list_known(known, prefix, reading->types, NULL);
	faults_add(reading->faults, node->place, "%s: expected a map of options (%s), found a %s",
		   path, known, node->type == YAML_LIST ? "list" : "single value");
	return -EINVAL;
}

static int read_key(const struct reading *reading, const struct yaml_node *node, const char *prefix)
{
	char path[CONFIG_OPTION_PATH_SIZE];
	bool composed = config_path_compose(path, prefix, node);
	const struct option *row = composed ? find_row(path, reading->types) : NULL;

	if (row && row->type == OPTION_CONDITION)
		return config_condition_set(reading->sink, row, node, reading->faults);
	if (row && row->type == OPTION_PRIORITIES)
		return config_priorities_check(reading->sink, node, reading->faults);
	if (row)
		return config_value_set(reading->sink, row, node, reading->faults);
	if (composed && is_section(path, reading->types))
		return read_section(reading, node, path);
	if (!composed || !(find_row(path, 0) || is_section(path, 0))) {
		fault_unknown(reading, node, prefix);
		return -EINVAL;
	}
	/* Without a type, which has been told, nobody can say what is right for this key. */
	if (reading->types != every_type())
		faults_add(reading->faults, node->key_place, "a %s sink does not know '%s'",
			   config_sink_type_name(reading->sink->type), path);
	return -EINVAL;
}

/* Recursion ends with the depth of the rows' paths. prefix is "" or ends with a dot. */
static int read_map(const struct reading *reading, const struct yaml_node *map, const char *prefix)
{
	for (const struct yaml_node *at = map->first; at; at = at->next) {
		bool type = *prefix == '\0' && yaml_tree_text_is(&at->key, "type");

		if (!type && read_key(reading, at, prefix) == -ENOMEM)
			return -ENOMEM;
	}
	return 0;
}

static void check_required(const struct yaml_node *node, unsigned int types, struct faults *faults)
{
	char expected[CONFIG_EXPECTATION_SIZE];

	for (const struct option *row = config_sink_options[0]; row;
	     row = config_option_next(row)) {
		if (!applies(row, types) || !(row->flags & OPTION_REQUIRED) ||
		    config_descend(node, row->path))
			continue;
		faults_add(faults, node->place, "this sink has no '%s': give %s", row->path,
			   config_value_expectation(expected, row));
	}
}

static struct place place_of(const struct yaml_node *sink, const char *path)
{
	const struct yaml_node *node = config_descend(sink, path);

	return node ? node->place : sink->place;
}

/* What holds between the options of a trail. */
static void check_trail(const struct config_trail *trail, const struct yaml_node *node,
			struct faults *faults)
{
	if (trail->compress == TRAIL_GZIP && trail->compress_level > PACK_GZIP_LEVEL_MAX)
		faults_add(faults, place_of(node, "compress_level"),
			   "compress_level: gzip has levels from 1 to %d", PACK_GZIP_LEVEL_MAX);
	if (trail->keep_total && trail->keep_total < trail->rotate_size)
		faults_add(faults, place_of(node, "keep.total"),
			   "keep.total is less than rotate.size: no rotated file could stay");
}

static void check_message(const struct config_sink *sink, const struct yaml_node *node,
			  struct faults *faults)
{
	if (sink->message == CONFIG_MESSAGE_BATCH && sink->format != CONFIG_FORMAT_ECS)
		faults_add(faults, place_of(node, "format"),
			   "message: batch has documents of format ecs only");
}

static void check_left_out(const struct yaml_node *item, struct faults *faults)
{
	struct text_nearest nearest = {.word = item->text.bytes};
	char quoted[FAULTS_QUOTE_SIZE];
	int result;

	if (item->type != YAML_SCALAR || item->text.length == 0)
		return;
	result = ecs_check_omission(item->text.bytes, &nearest);
	(void)yaml_tree_quote(quoted, item);
	if (result == -EPERM)
		faults_add(faults, item->place, "leave_out: '%s': the schema requires it", quoted);
	else if (result < 0 && nearest.best)
		faults_add(faults, item->place,
			   "leave_out: '%s': no event has it (did you mean '%s'?)", quoted,
			   nearest.best);
	else if (result < 0)
		faults_add(
			faults, item->place,
			"leave_out: '%s': no event has it: give paths of docs/events.md, such as "
			"host.os",
			quoted);
}

static void check_leave_out(const struct config_sink *sink, const struct yaml_node *node,
			    struct faults *faults)
{
	const struct yaml_node *list = yaml_tree_get(node, "leave_out");

	if (!list || list->type != YAML_LIST)
		return;
	if (list->count > 0 && sink->format != CONFIG_FORMAT_ECS)
		faults_add(faults, list->place, "leave_out is for events of format ecs only");
	for (const struct yaml_node *at = list->first; at; at = at->next)
		check_left_out(at, faults);
}

static int set_defaults(struct config_sink *sink, unsigned int types)
{
	int result = 0;

	for (const struct option *row = config_sink_options[0]; row && result == 0;
	     row = config_option_next(row)) {
		if (applies(row, types))
			result = config_value_set_default(sink, row);
	}
	return result;
}

/* The type decides which rows apply, so it is read before the other keys. */
static int read_type(struct config_sink *sink, const struct yaml_node *node,
		     unsigned int *ret_types, struct faults *faults)
{
	int result;

	*ret_types = every_type();
	if (!node)
		return 0;
	result = config_value_set(sink, find_row("type", *ret_types), node, faults);
	if (result == 0)
		*ret_types = 1U << sink->type;
	return result == -ENOMEM ? result : 0;
}

static int read_sink(struct config_sink *sink, const struct yaml_node *node, struct faults *faults)
{
	struct reading reading = {.sink = sink, .faults = faults};
	int result;

	if (node->type != YAML_MAP) {
		if (node->type != YAML_REFUSED)
			faults_add(faults, node->place,
				   "a sink is a map, such as {name: trail, type: file, path: ...}");
		return 0;
	}
	result = read_type(sink, yaml_tree_get(node, "type"), &reading.types, faults);
	if (result == 0)
		result = set_defaults(sink, reading.types);
	if (result == 0)
		result = read_map(&reading, node, "");
	if (result < 0)
		return result;
	check_required(node, reading.types, faults);
	check_message(sink, node, faults);
	check_leave_out(sink, node, faults);
	if (sink->type == CONFIG_SINK_FILE)
		check_trail(&sink->trail, node, faults);
	if (reading.types == 1U << CONFIG_SINK_SYSLOG)
		config_syslog_settle(sink, node, faults);
	return 0;
}

static int fault_shape(const struct option *option, const struct yaml_node *node,
		       struct faults *faults)
{
	char expected[CONFIG_EXPECTATION_SIZE];

	if (node->type == YAML_LIST)
		faults_add(faults, node->place,
			   "%s: %zu sinks: give %s, or leave '%s' out for the default (%s)",
			   option->path, node->count, config_value_expectation(expected, option),
			   option->path, option->derived);
	else if (node->type != YAML_REFUSED)
		faults_add(faults, node->place,
			   "%s: expected a list: start each sink with '- name: ...'", option->path);
	return -EINVAL;
}

#define SINK_KEYS_MAX 64

static const struct yaml_text *name_of(const struct yaml_node *sink)
{
	const struct yaml_node *name = sink->type == YAML_MAP ? yaml_tree_get(sink, "name") : NULL;

	return name && name->type == YAML_SCALAR ? &name->text : NULL;
}

/* The sink before end (NULL: any) that is called so. */
static struct yaml_node *find_named(struct yaml_node *list, const struct yaml_node *end,
				    const struct yaml_text *name)
{
	for (struct yaml_node *at = list->first; at != end; at = at->next) {
		const struct yaml_text *other = name_of(at);

		if (name && other && yaml_tree_same_text(name, other))
			return at;
	}
	return NULL;
}

/* What would make comparing each with each expensive, or ambiguous. */
static int check_list(struct yaml_node *list, struct faults *faults)
{
	char quoted[FAULTS_QUOTE_SIZE];

	for (struct yaml_node *at = list->first; at; at = at->next) {
		if (at->count > SINK_KEYS_MAX) {
			faults_add(faults, at->place,
				   "this sink has %zu options: no sink has more "
				   "than %d",
				   at->count, SINK_KEYS_MAX);
			return -EINVAL;
		}
		if (find_named(list, at, name_of(at)))
			faults_add(faults, yaml_tree_get(at, "name")->place,
				   "another sink is called '%s' already",
				   yaml_tree_quote(quoted, yaml_tree_get(at, "name")));
	}
	return 0;
}

int config_sinks_gather(struct config *config, const struct option *option, struct yaml_node *node,
			struct faults *faults)
{
	struct yaml_node *child, *named;

	if (node->type != YAML_LIST || node->count < option->min || node->count > option->max)
		return fault_shape(option, node, faults);
	if (check_list(node, faults) < 0)
		return -EINVAL;
	if (config_list_open(&config->trees.sinks, node) < 0)
		return -ENOMEM;
	while ((child = yaml_tree_take_first(node))) {
		named = find_named(config->trees.sinks, NULL, name_of(child));
		if (named && named->place.file != child->place.file)
			yaml_tree_merge(named, child, "when");
		else
			yaml_tree_append(config->trees.sinks, child);
	}
	if (config->trees.sinks->count <= option->max)
		return 0;
	faults_add(faults, node->place,
		   "%s: %zu sinks with those of the files before this one: "
		   "there may be %d",
		   option->path, config->trees.sinks->count, CONFIG_SINKS_MAX);
	return -EINVAL;
}

static int derive_dead_letter(char **path, const char *state_dir, const char *name)
{
	if (*path && strcmp(*path, "off") == 0) {
		free(*path);
		*path = NULL;
		return 0;
	}
	if (*path || asprintf(path, "%s/dead-letter/%s.ndjson", state_dir, name ? name : "?") >= 0)
		return 0;
	*path = NULL;
	return -ENOMEM;
}

static int derive(struct config *config)
{
	int result = 0;

	for (size_t i = 0; i < config->sink_count && result == 0; i++)
		result = derive_dead_letter(&config->sinks[i].dead_letter.path,
					    config->agent.state_dir, config->sinks[i].name);
	return result;
}

int config_sinks_read(struct config *config, const struct yaml_node *list, struct faults *faults)
{
	int result = 0;

	config->sinks = calloc(list->count, sizeof(config->sinks[0]));
	if (!config->sinks)
		return -ENOMEM;
	for (const struct yaml_node *at = list->first; at && result == 0; at = at->next) {
		struct config_sink *sink = &config->sinks[config->sink_count++];

		sink->type = -1;
		sink->node = at;
		result = read_sink(sink, at, faults);
		if (result == 0 && sink->type == CONFIG_SINK_KAFKA)
			result = config_kafka_check(config, sink, at, faults);
	}
	if (result == 0)
		result = derive(config);
	return result == 0 ? config_outputs_check(config, faults) : result;
}

int config_sinks_default(struct config *config)
{
	struct config_sink *sink = calloc(1, sizeof(*sink));

	if (!sink)
		return -ENOMEM;
	config->sinks = sink;
	config->sink_count = 1;
	sink->type = CONFIG_SINK_FILE;
	sink->name = strdup("trail");
	if (!sink->name || asprintf(&sink->path, "%s/audit.ndjson", config->agent.state_dir) < 0) {
		sink->path = NULL;
		return -ENOMEM;
	}
	if (set_defaults(sink, 1U << CONFIG_SINK_FILE) < 0)
		return -ENOMEM;
	return derive(config);
}

void config_sinks_done(struct config *config)
{
	for (size_t i = 0; i < config->sink_count; i++) {
		for (const struct option *row = config_sink_options[0]; row;
		     row = config_option_next(row))
			config_value_done(&config->sinks[i], row);
		condition_free(config->sinks[i].when);
	}
	free(config->sinks);
	config->sinks = NULL;
	config->sink_count = 0;
}
