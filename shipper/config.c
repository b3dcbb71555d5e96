/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the configuration file: the file itself, its keys by the table of options, and what no
 * single row can tell (derived defaults). Knows no option by name but those that others derive
 * from.
 */
#include "config.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"
#include "config_options.h"
#include "config_sinks.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#define OPTION_PATH_SIZE 128

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
	for (const struct option *option = config_options; option->path; option++) {
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
	for (const struct option *option = config_options; option->path; option++) {
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
	for (const struct option *at = config_options; at->path && used < size; at++) {
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
	for (const struct option *at = config_options; at->path; at++) {
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

static int read_section(struct config *config, const struct yaml_node *map, const char *prefix,
			struct faults *faults);

/* A key never holds a dot: those of the paths separate sections. */
static bool compose(char out[OPTION_PATH_SIZE], const char *prefix, const struct yaml_node *node)
{
	int length;

	if (memchr(node->key.bytes, '\0', node->key.length) || strchr(node->key.bytes, '.'))
		return false;
	length = snprintf(out, OPTION_PATH_SIZE, "%s%s", prefix, node->key.bytes);
	return length > 0 && length < OPTION_PATH_SIZE;
}

static int read_key(struct config *config, const struct yaml_node *node, const char *prefix,
		    struct faults *faults)
{
	char path[OPTION_PATH_SIZE], section[OPTION_PATH_SIZE + 1];
	bool composed = compose(path, prefix, node);
	const struct option *option = composed ? find_option(path) : NULL;

	if (option && option->type == OPTION_SINKS)
		return config_sinks_read(config, option, node, faults);
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
static int read_section(struct config *config, const struct yaml_node *map, const char *prefix,
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
	for (const struct yaml_node *node = map->first; node; node = node->next) {
		if (read_key(config, node, prefix, faults) == -ENOMEM)
			return -ENOMEM;
	}
	return 0;
}

static int set_defaults(struct config *config)
{
	int result = 0;

	for (const struct option *option = config_options; option->path && result == 0; option++)
		result = config_value_set_default(config, option);
	return result;
}

static int derive(struct config *config)
{
	if (!config->journal.dir &&
	    asprintf(&config->journal.dir, "%s/journal", config->agent.state_dir) < 0) {
		config->journal.dir = NULL;
		return -ENOMEM;
	}
	return config->sinks ? 0 : config_sinks_default(config);
}

static int read_text(struct config *config, const char *text, size_t size, struct faults *faults)
{
	struct yaml_node *root = NULL;
	int result = yaml_tree_parse(&root, text, size, faults);

	if (result == 0 && root)
		result = read_section(config, root, "", faults);
	yaml_tree_free(root);
	return result;
}

static int check_file(int fd, const char *path, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set(err, -EIO, "'%s': %s", path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return err_set(err, -EISDIR, "'%s' is a directory, not a configuration file", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, -ENOTSUP, "'%s' is not a regular file", path);
	if (st.st_mode & S_IWOTH)
		return err_set(
			err, -EPERM,
			"'%s' can be written by everybody, so anybody could switch the audit "
			"off: mend it with: chmod o-w '%s'",
			path, path);
	return 0;
}

/* Follows links (configuration is often linked to where it is managed); never blocks on a FIFO. */
static int read_file(const char *path, char **ret_text, size_t *ret_size, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	_cleanup_free_ char *text = malloc(YAML_MAX_SIZE + 1);
	ssize_t size;
	int result;

	if (fd < 0)
		return err_set(err, errno == EINVAL ? -EIO : -errno, "cannot open '%s': %s", path,
			       strerror(errno));
	if (!text)
		return err_set(err, -ENOMEM, "no memory to read '%s'", path);
	result = check_file(fd, path, err);
	if (result < 0)
		return result;
	size = io_pread_full(fd, text, YAML_MAX_SIZE + 1, 0);
	if (size < 0)
		return err_set(err, -EIO, "cannot read '%s': %s", path, strerror((int)-size));
	if (size > YAML_MAX_SIZE)
		return err_set(err, -EFBIG, "'%s' is larger than 1 MiB", path);
	*ret_text = text;
	*ret_size = (size_t)size;
	text = NULL;
	return 0;
}

/* Everything but the file: text NULL leaves the defaults. 0, -EINVAL (told in faults), -ENOMEM. */
static int load(struct config *config, const char *text, size_t size, struct faults *faults)
{
	int result = set_defaults(config);

	if (result == 0 && text)
		result = read_text(config, text, size, faults);
	if (result == 0 && faults->count == 0)
		result = derive(config);
	return result;
}

int config_load(struct config *config, const char *path, struct buf *faults, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	struct faults found = {0};
	size_t size = 0;
	int result;

	*config = (struct config){0};
	if (path) {
		result = read_file(path, &text, &size, err);
		if (result < 0)
			return result;
	}
	result = load(config, text, size, &found);
	if (result == -ENOMEM) {
		(void)err_set(err, result, "no memory for the configuration");
	} else if (found.count > 0) {
		result = err_set(err, -EINVAL, "'%s' has %zu fault%s", path, found.count,
				 found.count == 1 ? "" : "s");
		/* A caller with too small a buffer gets the first lines: that many fit. */
		(void)faults_write(&found, path, faults);
	}
	if (result < 0)
		config_done(config);
	faults_done(&found);
	return result;
}

void config_done(struct config *config)
{
	for (const struct option *option = config_options; option->path; option++)
		config_value_done(config, option);
	config_sinks_done(config);
	*config = (struct config){0};
}

uint32_t config_event_kinds(const struct config *config)
{
	uint32_t kinds = 0;

	for (size_t i = 0; i < config->capture.events.count; i++)
		kinds |= config_event_bits(config->capture.events.items[i]);
	return kinds;
}
