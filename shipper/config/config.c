/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the files of a configuration to the struct: keys by the table of options, file over file,
 * and what no single row can tell (derived defaults). Knows no option by name but those that others
 * derive from.
 */
#include "config/config.h"

#include "base/terminal.h"
#include "base/text.h"
#include "config/filters.h"
#include "config/options.h"
#include "config/rules.h"
#include "config/sinks.h"
#include "config/sources.h"
#include "config/variables.h"
#include "filter/rules.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What stands in path below prefix, NULL when path is not directly below it. */
static const char *below(const char *path, const char *prefix)
{
	size_t length = strlen(prefix);

	if (strncmp(path, prefix, length) != 0)
		return NULL;
	return strchr(path + length, '.') ? NULL : path + length;
}

static const struct option *find_option(const char *path)
{
	for (const struct option *option = config_options[0]; option;
	     option = config_option_next(option)) {
		if (strcmp(option->path, path) == 0)
			return option;
	}
	return NULL;
}

static bool is_section(const char *path)
{
	for (const struct option_section *at = config_sections; at->path; at++) {
		if (strcmp(at->path, path) == 0)
			return true;
	}
	return false;
}

/* The option that is called so, but stands elsewhere. */
static const char *find_elsewhere(const char *key)
{
	for (const struct option *option = config_options[0]; option;
	     option = config_option_next(option)) {
		const char *dot = strrchr(option->path, '.');

		if (dot && strcmp(dot + 1, key) == 0)
			return option->path;
	}
	return NULL;
}

static void list_known(char *out, size_t size, const char *prefix)
{
	size_t used = 0;

	out[0] = '\0';
	for (const struct option_section *at = config_sections; at->path && used < size; at++) {
		if (below(at->path, prefix))
			used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "",
						 below(at->path, prefix));
	}
	for (const struct option *at = config_options[0]; at && used < size;
	     at = config_option_next(at)) {
		if (below(at->path, prefix))
			used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "",
						 below(at->path, prefix));
	}
}

static void fault_unknown(const struct yaml_node *node, const char *prefix, struct faults *faults)
{
	struct text_nearest nearest = {.word = node->key.bytes};
	const char *elsewhere = find_elsewhere(node->key.bytes);
	char quoted[FAULTS_QUOTE_SIZE], known[512];

	for (const struct option_section *at = config_sections; at->path; at++) {
		if (below(at->path, prefix))
			text_nearest_offer(&nearest, below(at->path, prefix));
	}
	for (const struct option *at = config_options[0]; at; at = config_option_next(at)) {
		if (below(at->path, prefix))
			text_nearest_offer(&nearest, below(at->path, prefix));
	}
	(void)faults_quote(quoted, node->key.bytes, node->key.length);
	list_known(known, sizeof(known), prefix);
	if (nearest.best)
		faults_add(faults, node->key_place, "unknown key '%s' (did you mean '%s'?)", quoted,
			   nearest.best);
	else if (elsewhere)
		faults_add(faults, node->key_place, "unknown key '%s' here (did you mean %s?)",
			   quoted, elsewhere);
	else if (find_option(node->key.bytes))
		faults_add(
			faults, node->key_place,
			"unknown key '%s' (maps are nested: write each part as a key of its own)",
			quoted);
	else
		faults_add(faults, node->key_place, "unknown key '%s' (known here: %s)", quoted,
			   known);
}

static int read_section(struct config *config, struct yaml_node *map, const char *prefix,
			struct faults *faults);

/* A key never holds a dot: those of the paths separate sections. */
bool config_path_compose(char out[CONFIG_OPTION_PATH_SIZE], const char *prefix,
			 const struct yaml_node *node)
{
	int length;

	if (memchr(node->key.bytes, '\0', node->key.length) || strchr(node->key.bytes, '.'))
		return false;
	length = snprintf(out, CONFIG_OPTION_PATH_SIZE, "%s%s", prefix, node->key.bytes);
	return length > 0 && length < CONFIG_OPTION_PATH_SIZE;
}

static int read_key(struct config *config, struct yaml_node *node, const char *prefix,
		    struct faults *faults)
{
	char path[CONFIG_OPTION_PATH_SIZE], section[CONFIG_OPTION_PATH_SIZE + 1];
	bool composed = config_path_compose(path, prefix, node);
	const struct option *option = composed ? find_option(path) : NULL;

	if (option && option->type == OPTION_SINKS)
		return config_sinks_gather(config, option, node, faults);
	if (option && option->type == OPTION_RULES)
		return config_rules_gather(config, option, node, faults);
	if (option)
		return config_value_set(config, option, node, faults);
	if (composed && is_section(path)) {
		(void)snprintf(section, sizeof(section), "%s.", path);
		return read_section(config, node, section, faults);
	}
	fault_unknown(node, prefix, faults);
	return -EINVAL;
}

/* Recursion ends with the depth of the sections' table. prefix is "" or ends with a dot. */
static int read_section(struct config *config, struct yaml_node *map, const char *prefix,
			struct faults *faults)
{
	char known[512];

	if (map->type == YAML_NOTHING || map->type == YAML_REFUSED)
		return 0;
	if (map->type != YAML_MAP) {
		list_known(known, sizeof(known), prefix);
		faults_add(faults, map->place, "expected a map of options here (%s), found a %s",
			   known, map->type == YAML_LIST ? "list" : "single value");
		return -EINVAL;
	}
	for (struct yaml_node *node = map->first; node; node = node->next) {
		if (read_key(config, node, prefix, faults) == -ENOMEM)
			return -ENOMEM;
	}
	return 0;
}

static int set_defaults(struct config *config)
{
	int result = 0;

	for (const struct option *option = config_options[0]; option && result == 0;
	     option = config_option_next(option))
		result = config_value_set_default(config, option);
	return result;
}

/* A path that is not given is that name below directory. */
static int derive_path(char **path, const char *directory, const char *name)
{
	if (*path || asprintf(path, "%s/%s", directory, name) >= 0)
		return 0;
	*path = NULL;
	return -ENOMEM;
}

/* "off" means that there is none. */
static void derive_off(char **text)
{
	if (strcmp(*text, "off") != 0)
		return;
	free(*text);
	*text = NULL;
}

static int derive(struct config *config)
{
	int result = derive_path(&config->journal.dir, config->agent.state_dir, "journal");

	if (result == 0)
		result = derive_path(&config->control.socket, config->runtime_dir, "control.sock");
	if (result == 0 && !config->enrich.host_root) {
		config->enrich.host_root = strdup(config->agent.host_root);
		result = config->enrich.host_root ? 0 : -ENOMEM;
	}
	if (result < 0)
		return result;
	derive_off(&config->control.socket);
	derive_off(&config->monitor.listen);
	return config->sinks ? 0 : config_sinks_default(config);
}

/* The sections of that path in a tree, and at its end the option; NULL when it is not there. */
const struct yaml_node *config_descend(const struct yaml_node *node, const char *path)
{
	while (node && node->type == YAML_MAP) {
		char part[CONFIG_OPTION_PATH_SIZE];
		size_t length = strcspn(path, ".");

		(void)snprintf(part, sizeof(part), "%.*s", (int)length, path);
		node = yaml_tree_get(node, part);
		if (path[length] == '\0')
			return node;
		path += length + 1;
	}
	return NULL;
}

const struct yaml_node *config_origin(const struct config *config, const char *path,
				      const char *key)
{
	for (size_t i = config->trees.count; i-- > 0;) {
		const struct yaml_node *node = config_descend(config->trees.items[i], path);

		if (node && key)
			node = yaml_tree_get(node, key);
		if (node)
			return node;
	}
	return NULL;
}

bool config_is_default(const struct config *config, const char *path)
{
	const struct option *row = find_option(path);
	struct config defaults = {0};
	bool equal;

	assert(row);
	equal = config_value_set_default(&defaults, row) == 0 &&
		config_value_equal(config, &defaults, row);
	config_value_done(&defaults, row);
	return equal;
}

static int warn_readable(void *data, struct place place, const char *path)
{
	struct config *config = data;
	char file[512], quoted[FAULTS_QUOTE_SIZE], text[1024];

	(void)terminal_escape(file, sizeof(file), config->files.items[place.file],
			      strlen(config->files.items[place.file]));
	(void)snprintf(
		text, sizeof(text),
		"%s:%u:%u: every user of this host can read '%s': if it is a secret, mend it "
		"with chmod o-r",
		file, place.line, place.column, faults_quote(quoted, path, strlen(path)));
	return config_list_add(&config->warnings, text);
}

/* One for each file, NULL where it is empty or no YAML at all. */
static int parse(struct config *config, const struct config_sources *sources, struct faults *faults)
{
	const struct config_readable readable = {warn_readable, config};
	int result = 0;

	config->trees.items = calloc(sources->count + 1, sizeof(struct yaml_node *));
	if (!config->trees.items)
		return -ENOMEM;
	config->trees.count = sources->count;
	for (size_t i = 0; i < sources->count && result == 0; i++) {
		struct yaml_node **root = &config->trees.items[i];

		faults->file = (unsigned int)i;
		result = yaml_tree_parse(root, sources->texts[i], sources->sizes[i], faults);
		if (result == 0 && *root)
			result = config_variables_put(*root, sources->paths[i], &readable, faults);
	}
	return result;
}

/* Later files over earlier ones, over the defaults. */
static int read_trees(struct config *config, struct faults *faults)
{
	int result = set_defaults(config);

	for (size_t i = 0; i < config->trees.count && result == 0; i++) {
		if (config->trees.items[i])
			result = read_section(config, config->trees.items[i], "", faults);
	}
	if (result == 0 && config->trees.sinks)
		result = config_sinks_read(config, config->trees.sinks, faults);
	if (result == 0)
		result = config_rules_read(config, faults);
	return result;
}

static int keep_paths(struct config *config, const struct config_sources *sources)
{
	for (size_t i = 0; i < sources->count; i++) {
		if (config_list_add(&config->files, sources->paths[i]) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int warn_passed_over(struct config *config, const char *path)
{
	char text[1024], file[512];

	if (!path)
		return 0;
	(void)terminal_escape(file, sizeof(file), path, strlen(path));
	(void)snprintf(text, sizeof(text), "%s: not read: only *.yaml is", file);
	return config_list_add(&config->warnings, text);
}

static int load(struct config *config, const struct config_sources *sources, struct faults *faults)
{
	int result = keep_paths(config, sources);

	if (result == 0)
		result = warn_passed_over(config, sources->passed_over);
	if (result == 0)
		result = parse(config, sources, faults);
	if (result == 0)
		result = read_trees(config, faults);
	if (result < 0 || faults->count > 0)
		return result;
	result = derive(config);
	if (result == 0)
		result = config_filters_check(config);
	return result < 0 ? result : config_hash(config);
}

static int load_sources(struct config *config, const struct config_sources *sources,
			struct buf *faults, struct err *err)
{
	struct faults found = {.files = (const char *const *)sources->paths};
	int result = load(config, sources, &found);

	if (result == -ENOMEM) {
		(void)err_set(err, result, "no memory for the configuration");
	} else if (found.count > 0) {
		result = err_set(err, -EINVAL, "'%s'%s %zu fault%s", sources->paths[0],
				 sources->count > 1 ? " and its drop-ins have" : " has",
				 found.count, found.count == 1 ? "" : "s");
		/* A caller with too small a buffer gets the first lines: that many fit. */
		if (faults)
			(void)faults_write(&found, sources->paths[0], faults);
	}
	if (result < 0)
		config_done(config);
	faults_done(&found);
	return result;
}

static int load_from(struct config *config, const char *path, bool optional, struct buf *faults,
		     struct err *err)
{
	struct config_sources sources;
	int result = config_sources_read(&sources, path, optional, err);

	*config = (struct config){0};
	if (result == 0)
		result = load_sources(config, &sources, faults, err);
	config_sources_done(&sources);
	return result;
}

int config_load(struct config *config, const char *path, struct buf *faults, struct err *err)
{
	return load_from(config, path ? path : CONFIG_FILE, !path, faults, err);
}

int config_load_optional(struct config *config, const char *path, struct buf *faults,
			 struct err *err)
{
	return load_from(config, path, true, faults, err);
}

int config_new(struct config **ret_config, const char *path, struct buf *faults, struct err *err)
{
	struct config *config = malloc(sizeof(*config));
	int result;

	*ret_config = NULL;
	if (!config)
		return err_set(err, -ENOMEM, "no memory for the configuration");
	result = config_load(config, path, faults, err);
	if (result < 0)
		free(config);
	else
		*ret_config = config;
	return result;
}

void config_free(struct config *config)
{
	if (!config)
		return;
	config_done(config);
	free(config);
}

static void trees_done(struct config_trees *trees)
{
	for (size_t i = 0; i < trees->count; i++)
		yaml_tree_free(trees->items[i]);
	free(trees->items);
	yaml_tree_free(trees->sinks);
	yaml_tree_free(trees->rules);
}

void config_done(struct config *config)
{
	for (const struct option *option = config_options[0]; option;
	     option = config_option_next(option))
		config_value_done(config, option);
	config_sinks_done(config);
	rules_free(config->rules);
	config_list_done(&config->files);
	config_list_done(&config->warnings);
	trees_done(&config->trees);
	*config = (struct config){0};
}

uint32_t config_event_kinds(const struct config *config)
{
	uint32_t kinds = 0;

	for (size_t i = 0; i < config->capture.events.count; i++)
		kinds |= config_event_bits(config->capture.events.items[i]);
	return kinds;
}
