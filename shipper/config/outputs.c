/* SPDX-License-Identifier: BSD-2-Clause */
/* Compares what the sinks of a configuration write to. Knows of a path only what its text says. */
#include "config/outputs.h"

#include "config/options.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WHOLE_PATH_SIZE (2 * PATH_MAX)

/* path from the root on, without empty parts and single dots; false when it does not fit. */
static bool make_whole(char out[WHOLE_PATH_SIZE], const char *path)
{
	char cwd[PATH_MAX] = "";
	size_t used = 0;
	int length;

	if (path[0] != '/' && !getcwd(cwd, sizeof(cwd)))
		return false;
	length = snprintf(out, WHOLE_PATH_SIZE, "%s", strcmp(cwd, "/") == 0 ? "" : cwd);
	while (length >= 0 && used + (size_t)length < WHOLE_PATH_SIZE) {
		size_t part;

		used += (size_t)length;
		path += strspn(path, "/");
		part = strcspn(path, "/");
		if (part == 0)
			return true;
		length = 0;
		if (part != 1 || *path != '.')
			length = snprintf(out + used, WHOLE_PATH_SIZE - used, "/%.*s", (int)part,
					  path);
		path += part;
	}
	return false;
}

/* A file that a sink writes, and nobody else may: its trail, or its dead letters. */
struct own_file {
	const struct config_sink *sink;
	const char *option;
	const struct yaml_node *node; /* NULL: its path was not given */
	char *path;                   /* from the root on where it fits, and then without dots */
};

struct own_files {
	struct own_file *items;
	size_t count;
};

static const char *name_or_not(const struct config_sink *sink)
{
	return sink->name ? sink->name : "?";
}

/* Told where a path was given: two defaults are two paths, since names are. */
static void fault_shared(const struct own_file *file, const struct own_file *earlier,
			 struct faults *faults)
{
	const struct own_file *given = file->node ? file : earlier;
	const struct own_file *other = file->node ? earlier : file;
	char quoted[FAULTS_QUOTE_SIZE];

	if (given->node)
		faults_add(faults, given->node->place,
			   "sink '%s': %s: '%s' is the %s of sink '%s' already: each needs a file "
			   "of its own",
			   name_or_not(given->sink), given->option,
			   yaml_tree_quote(quoted, given->node), other->option,
			   name_or_not(other->sink));
}

/* What can be told without a look at the disk: "./a" and "a" are one file, "b//a" and "b/a". */
static int add_file(struct own_files *files, const struct config_sink *sink, const char *option,
		    const char *path, struct faults *faults)
{
	struct own_file *file = &files->items[files->count];
	const struct yaml_node *node = config_descend(sink->node, option);
	char whole[WHOLE_PATH_SIZE];

	if (!path)
		return 0;
	*file = (struct own_file){
		.sink = sink,
		.option = option,
		.node = node && node->type == YAML_SCALAR ? node : NULL,
		.path = strdup(make_whole(whole, path) ? whole : path),
	};
	if (!file->path)
		return -ENOMEM;
	for (size_t i = 0; i < files->count; i++) {
		if (strcmp(files->items[i].path, file->path) == 0)
			fault_shared(file, &files->items[i], faults);
	}
	files->count++;
	return 0;
}

static int check_files(const struct config *config, struct faults *faults)
{
	struct own_files files = {
		.items = calloc(config->sink_count, 2 * sizeof(struct own_file)),
	};
	int result = files.items ? 0 : -ENOMEM;

	for (size_t i = 0; i < config->sink_count && result == 0; i++) {
		const struct config_sink *sink = &config->sinks[i];

		result = add_file(&files, sink, "path", sink->path, faults);
		if (result == 0)
			result = add_file(&files, sink, "dead_letter.path", sink->dead_letter.path,
					  faults);
	}
	while (files.count > 0)
		free(files.items[--files.count].path);
	free(files.items);
	return result;
}

static void check_standard_output(const struct config *config, struct faults *faults)
{
	const struct config_sink *earlier = NULL;

	for (size_t i = 0; i < config->sink_count; i++) {
		const struct config_sink *sink = &config->sinks[i];

		if (sink->type != CONFIG_SINK_STDOUT)
			continue;
		if (earlier)
			faults_add(faults, sink->node->place,
				   "sink '%s' writes to standard output already",
				   name_or_not(earlier));
		earlier = sink;
	}
}

int config_outputs_check(const struct config *config, struct faults *faults)
{
	int result = check_files(config, faults);

	if (result == 0)
		check_standard_output(config, faults);
	return result;
}
