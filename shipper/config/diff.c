/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a reload has to do. The rows say which part of the agent an option belongs to. Knows no
 * option by name but the name of a sink.
 */
#include "config/config.h"

#include "base/yaml.h"
#include "config/options.h"

#include <string.h>

static bool same_tree(const struct yaml_node *a, const struct yaml_node *b)
{
	return a && b ? yaml_tree_equal(a, b) : a == b;
}

static bool same_value(const struct config_sink *a, const struct config_sink *b,
		       const struct option *row)
{
	if (row->type == OPTION_CONDITION || row->type == OPTION_PRIORITIES)
		return same_tree(config_descend(a->node, row->path),
				 config_descend(b->node, row->path));
	return config_value_equal(a, b, row);
}

static bool same_sink(const struct config_sink *a, const struct config_sink *b)
{
	bool same = a->type == b->type;

	for (const struct option *row = config_sink_options[0]; row && same;
	     row = config_option_next(row))
		same = same_value(a, b, row);
	return same;
}

static void compare_sink(struct config_diff *diff, const struct config *before,
			 const struct config_sink *sink, size_t index)
{
	diff->sinks[index].change = CONFIG_SINK_ADDED;
	for (size_t i = 0; i < before->sink_count; i++) {
		const struct config_sink *old = &before->sinks[i];

		if (strcmp(old->name, sink->name) != 0)
			continue;
		diff->sinks[index].change =
			same_sink(old, sink) ? CONFIG_SINK_SAME : CONFIG_SINK_CHANGED;
		diff->sinks[index].before = i;
		diff->removed[i] = false;
	}
	if (diff->sinks[index].change != CONFIG_SINK_SAME)
		diff->parts |= CONFIG_PART_SINKS;
}

static void compare_sinks(struct config_diff *diff, const struct config *before,
			  const struct config *after)
{
	for (size_t i = 0; i < before->sink_count; i++)
		diff->removed[i] = true;
	for (size_t i = 0; i < after->sink_count; i++)
		compare_sink(diff, before, &after->sinks[i], i);
	for (size_t i = 0; i < before->sink_count; i++) {
		if (diff->removed[i])
			diff->parts |= CONFIG_PART_SINKS;
	}
}

static bool same_rules(const struct yaml_node *a, const struct yaml_node *b)
{
	size_t count_a = a ? a->count : 0, count_b = b ? b->count : 0;

	return count_a == count_b && (count_a == 0 || yaml_tree_equal(a, b));
}

void config_diff(struct config_diff *ret_diff, const struct config *before,
		 const struct config *after)
{
	*ret_diff = (struct config_diff){0};
	for (const struct option *option = config_options[0]; option;
	     option = config_option_next(option)) {
		if (!config_value_equal(before, after, option))
			ret_diff->parts |= option->part;
	}
	if (!same_rules(before->trees.rules, after->trees.rules))
		ret_diff->parts |= CONFIG_PART_RULES;
	compare_sinks(ret_diff, before, after);
}
