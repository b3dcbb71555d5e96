/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules of several files in one list, and what the rules and conditions of a configuration may not
 * hold. What a rule means is the filter's business.
 */
#include "config/rules.h"

#include "filter/condition.h"
#include "filter/rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WARNINGS_SIZE (32 * 1024)

int config_list_open(struct yaml_node **into, const struct yaml_node *from)
{
	if (*into)
		return 0;
	*into = calloc(1, sizeof(**into));
	if (!*into)
		return -ENOMEM;
	(*into)->type = YAML_LIST;
	(*into)->place = from->place;
	return 0;
}

/* What a rule compares with is shown to whoever asks why it decided so. */
static int refuse_secret(const struct option *option, const struct yaml_node *node,
			 struct faults *faults)
{
	const struct yaml_node *secret = yaml_tree_secret(node);

	if (!secret)
		return 0;
	faults_add(faults, secret->place,
		   "%s: cannot be taken from a file: what rules and conditions compare with is "
		   "shown",
		   option->path);
	return -EINVAL;
}

int config_rules_gather(struct config *config, const struct option *option, struct yaml_node *node,
			struct faults *faults)
{
	size_t before = config->trees.rules ? config->trees.rules->count : 0;
	char expected[CONFIG_EXPECTATION_SIZE];
	struct yaml_node *child;

	if (node->type == YAML_REFUSED)
		return -EINVAL;
	if (node->type != YAML_LIST || node->count > option->max - before) {
		faults_add(faults, node->place, "%s: %s: give %s", option->path,
			   node->type == YAML_LIST ? "too many" : "this is no list",
			   config_value_expectation(expected, option));
		return -EINVAL;
	}
	if (refuse_secret(option, node, faults) < 0)
		return -EINVAL;
	if (config_list_open(&config->trees.rules, node) < 0)
		return -ENOMEM;
	while ((child = yaml_tree_take_first(node)))
		yaml_tree_append(config->trees.rules, child);
	return 0;
}

static int keep_warnings(struct config *config, struct faults *warnings, struct buf *lines)
{
	int result = faults_write(warnings, "", lines);
	char *line, *rest;

	if (result < 0 || buf_add(lines, "", 1) < 0)
		return -ENOMEM;
	for (line = strtok_r(lines->data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (config_list_add(&config->warnings, line) < 0)
			return -ENOMEM;
	}
	return 0;
}

int config_rules_read(struct config *config, struct faults *faults)
{
	struct faults warnings = {.files = faults->files};
	struct buf lines;
	int result = rules_compile(&config->rules, config->trees.rules, faults);

	if (result < 0)
		return result == -EINVAL ? 0 : result; /* told: go on and find more */
	rules_warnings(config->rules, &warnings);
	buf_init(&lines, WARNINGS_SIZE);
	result = keep_warnings(config, &warnings, &lines);
	buf_done(&lines);
	faults_done(&warnings);
	return result;
}

int config_condition_set(struct config_sink *sink, const struct option *option,
			 const struct yaml_node *node, struct faults *faults)
{
	struct condition *condition = NULL;
	int result = node->type == YAML_REFUSED ? -EINVAL : refuse_secret(option, node, faults);

	if (result == 0)
		result = condition_compile(&condition, node, faults);
	if (result < 0)
		return result;
	condition_free(sink->when);
	sink->when = condition;
	return 0;
}
