/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looks at values that are well-formed: a filter that is too wide is no fault, and yet leaves a
 * trail of nothing. Knows the lists by name.
 */
#include "config/filters.h"

#include "base/terminal.h"
#include "base/yaml.h"
#include "config/options.h"

#include <stdio.h>
#include <string.h>

/* An item that leaves out nearly everything. */
static const struct {
	const char *option, *item, *what;
	size_t offset;
} wide[] = {
#define WIDE(key, text, words)                                                             \
	{                                                                                  \
		"capture.exclude." #key, text, words, offsetof(struct config_filters, key) \
	}
	WIDE(path, "/", "leaves out every open of a file"),
	WIDE(user, "0", "leaves out all that root does, and every service that runs as root"),
	WIDE(user, "root", "leaves out all that root does, and every service that runs as root"),
	WIDE(cgroup, "/", "leaves out every process"),
	WIDE(pid, "1", "leaves out the init process, not its children"),
	WIDE(executable, "/bin/sh", "leaves out what every script does itself"),
	WIDE(executable, "/bin/bash", "leaves out what every script does itself"),
	WIDE(executable, "/usr/bin/bash", "leaves out what every script does itself"),
#undef WIDE
};

/* The place of an item: of the last file that gives the list. */
static const struct yaml_node *find_item(const struct config *config, const char *option,
					 const char *item)
{
	const struct yaml_node *node = config_origin(config, option, NULL);

	for (node = node ? node->first : NULL; node; node = node->next) {
		if (node->type == YAML_SCALAR && yaml_tree_text_is(&node->text, item))
			return node;
	}
	return NULL;
}

static int warn(struct config *config, const char *option, const char *item, const char *what)
{
	const struct yaml_node *node = find_item(config, option, item);
	char text[1024], place[600] = "", file[512];

	if (node) {
		const char *name = config->files.items[node->place.file];

		(void)terminal_escape(file, sizeof(file), name, strlen(name));
		(void)snprintf(place, sizeof(place), "%s:%u:%u: ", file, node->place.line,
			       node->place.column);
	}
	(void)snprintf(text, sizeof(text), "%s%s: '%s' %s", place, option, item, what);
	return config_list_add(&config->warnings, text);
}

static bool has_item(const struct config_list *list, const char *item)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->items[i], item) == 0)
			return true;
	}
	return false;
}

/* What is in both lists never comes through. */
static int check_both(struct config *config, const char *option, const struct config_list *exclude,
		      const struct config_list *include)
{
	int result = 0;

	for (size_t i = 0; i < include->count && result == 0; i++) {
		if (has_item(exclude, include->items[i]))
			result = warn(config, option, include->items[i],
				      "is excluded, too, which wins: nothing of it is recorded");
	}
	return result;
}

int config_filters_check(struct config *config)
{
	const struct config_filters *exclude = &config->capture.exclude;
	const struct config_filters *include = &config->capture.include;
	int result = 0;

	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]) && result == 0; i++) {
		const void *list = (const char *)exclude + wide[i].offset;

		if (has_item(list, wide[i].item))
			result = warn(config, wide[i].option, wide[i].item, wide[i].what);
	}
	if (result == 0)
		result = check_both(config, "capture.include.executable", &exclude->executable,
				    &include->executable);
	if (result == 0)
		result = check_both(config, "capture.include.user", &exclude->user, &include->user);
	if (result == 0)
		result = check_both(config, "capture.include.cgroup", &exclude->cgroup,
				    &include->cgroup);
	if (result == 0)
		result = check_both(config, "capture.include.path", &exclude->path, &include->path);
	return result;
}
