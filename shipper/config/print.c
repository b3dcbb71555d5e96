/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The effective configuration: as a YAML file with the origin of every value, and as a hash. Both
 * come from one writer, so the hash covers what a person sees. Never writes a secret. Knows no
 * option by name.
 */
#include "config/config.h"

#include "base/terminal.h"
#include "base/text.h"
#include "base/utf8.h"
#include "base/yaml.h"
#include "config/options.h"
#include "config/write.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HIDDEN "\"***\""
#define TEXT_LIMIT (16UL * 1024 * 1024)

struct writer {
	const struct config *config;
	struct buf *out;
	bool bare; /* for the hash: no comments, and one order whatever that of the files is */
	const struct config_sink *sink; /* whose options are written; NULL: those of the top */
};

#define SINK_DEPTH 2

static const char *indent_of(const struct writer *writer, const struct option *option)
{
	size_t depth = config_path_depth(option->path);

	if (option == config_sink_options[0])
		return "  - ";
	return config_indent(writer->sink ? depth + SINK_DEPTH : depth);
}

/* Where the value of option, or of an entry in it, comes from; NULL: a default. */
static const struct yaml_node *origin_of(const struct writer *writer, const struct option *option,
					 const char *key)
{
	const struct yaml_node *node;

	if (!writer->sink)
		return config_origin(writer->config, option->path, key);
	node = config_descend(writer->sink->node, option->path);
	return node && key ? yaml_tree_get(node, key) : node;
}

/* What other readers of YAML take for a number, a truth value or nothing is no plain word. */
static bool is_plain(const char *text, size_t length)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	static const char others[] = "0123456789_./-";
	static const char *const words[] = {"null", "true", "false", "yes", "no",
					    "on",   "off",  "y",     "n"};

	if (length == 0 || (!memchr(letters, text[0], sizeof(letters) - 1) && text[0] != '/'))
		return false;
	for (size_t i = 0; i < length; i++) {
		if (!memchr(letters, text[i], sizeof(letters) - 1) &&
		    !memchr(others, text[i], sizeof(others) - 1))
			return false;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (length == strlen(words[i]) && strncasecmp(text, words[i], length) == 0)
			return false;
	}
	return true;
}

/* Characters that YAML does not allow as they are, or that could steer a terminal or hide. */
static bool is_unsafe(uint32_t code)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{0, 0x1f},        {0x7f, 0x9f},     {0xad, 0xad},        {0x61c, 0x61c},
		{0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},    {0xd800, 0xf8ff},
		{0xfeff, 0xfeff}, {0xfff0, 0xffff}, {0xe0000, 0x10ffff},
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	}
	return false;
}

static int write_character(struct buf *out, const char *text, size_t length, bool doubled)
{
	uint32_t code = utf8_code_point(text, length);

	if (code == '"' || code == '\\')
		return buf_printf(out, "\\%c", (int)code);
	if (code == '$' && doubled)
		return buf_add_text(out, "$$");
	if (is_unsafe(code))
		return buf_printf(out, "\\U%08X", code);
	return buf_add(out, text, length);
}

/* A scalar; doubled: as a value, in which a dollar begins a variable. */
static int write_text(struct buf *out, const char *text, size_t length, bool doubled)
{
	int result;

	if (is_plain(text, length))
		return buf_add(out, text, length);
	result = buf_add_text(out, "\"");
	while (length > 0 && result == 0) {
		bool valid;
		size_t taken = utf8_next(text, length, &valid);

		result = write_character(out, text, taken, doubled);
		text += taken;
		length -= taken;
	}
	return result < 0 ? result : buf_add_text(out, "\"");
}

static int write_value(struct buf *out, const char *text)
{
	return write_text(out, text, strlen(text), true);
}

/* What variables made a value or the items of a list. */
static int write_variables(struct buf *out, const struct yaml_node *node)
{
	char safe[2048];
	int result = 0;

	if (node->variables) {
		(void)terminal_escape(safe, sizeof(safe), node->variables, strlen(node->variables));
		result = buf_printf(out, ", %s", safe);
	}
	for (const struct yaml_node *at = node->first; at && result == 0; at = at->next)
		result = write_variables(out, at);
	return result;
}

/* Ends the line. node NULL: a default. */
static int write_origin(const struct writer *writer, const struct yaml_node *node)
{
	char safe[8192];
	const char *file;
	int result;

	if (writer->bare)
		return buf_add_text(writer->out, "\n");
	if (!node)
		return buf_add_text(writer->out, " # default\n");
	file = writer->config->files.items[node->place.file];
	(void)terminal_escape(safe, sizeof(safe), file, strlen(file));
	result = buf_printf(writer->out, " # %s:%u", safe, node->place.line);
	if (result == 0)
		result = write_variables(writer->out, node);
	return result < 0 ? result : buf_add_text(writer->out, "\n");
}

static int write_list(struct buf *out, const struct config_list *list)
{
	int result = buf_add_text(out, "[");

	for (size_t i = 0; i < list->count && result == 0; i++) {
		if (i > 0)
			result = buf_add_text(out, ", ");
		if (result == 0)
			result = write_value(out, list->items[i]);
	}
	return result < 0 ? result : buf_add_text(out, "]");
}

static const char *word_of(const struct option *option, int value)
{
	for (const struct option_word *word = option->words; word->name; word++) {
		if (word->value == value)
			return word->name;
	}
	return "unknown";
}

static int write_amount(struct buf *out, const struct option *option, uint64_t value)
{
	char amount[TEXT_AMOUNT_SIZE];

	if (value == 0 && option->flags & OPTION_MAY_BE_OFF)
		return buf_add_text(out, "off");
	if (option->type == OPTION_NUMBER)
		text_format_number(amount, value);
	else if (option->type == OPTION_SIZE)
		text_format_size(amount, value);
	else
		text_format_duration(amount, value);
	return buf_add_text(out, amount);
}

static int write_scalar(struct buf *out, const struct option *option, const void *value)
{
	switch (option->type) {
	case OPTION_TEXT:
	case OPTION_PATH:
		return write_value(out, *(char *const *)value ? *(char *const *)value : "off");
	case OPTION_SIZE:
	case OPTION_DURATION:
	case OPTION_NUMBER:
		return write_amount(out, option, *(const uint64_t *)value);
	case OPTION_ENUM:
		return buf_add_text(out, word_of(option, *(const int *)value));
	case OPTION_LIST:
		return write_list(out, value);
	case OPTION_MAP:
	case OPTION_SINKS:
	case OPTION_RULES:
	case OPTION_CONDITION:
	case OPTION_PRIORITIES:
		break;
	}
	return 0;
}

/* An option that holds nothing and may: what that means, as a comment. */
static int write_absent(const struct writer *writer, const struct option *option)
{
	if (writer->bare)
		return 0;
	return buf_printf(writer->out, "%s# %s: %s # default\n", indent_of(writer, option),
			  config_path_leaf(option->path), option->derived);
}

static int write_map(const struct writer *writer, const struct option *option,
		     const struct config_map *map)
{
	const char *indent = indent_of(writer, option);
	int result = buf_printf(writer->out, "%s%s:", indent, config_path_leaf(option->path));

	if (result == 0 && map->count == 0) {
		result = buf_add_text(writer->out, " {}");
		return result < 0 ? result : write_origin(writer, origin_of(writer, option, NULL));
	}
	if (result == 0)
		result = buf_add_text(writer->out, "\n");
	for (size_t i = 0; i < map->count && result == 0; i++) {
		const struct config_pair *pair = &map->items[i];
		const struct yaml_node *node = origin_of(writer, option, pair->key);

		result = buf_printf(writer->out, "%s  ", indent);
		if (result == 0)
			result = write_text(writer->out, pair->key, strlen(pair->key), false);
		if (result == 0)
			result = buf_add_text(writer->out, ": ");
		if (result == 0 && config_value_is_secret(option, node))
			result = buf_add_text(writer->out, HIDDEN);
		else if (result == 0)
			result = write_value(writer->out, pair->value);
		if (result == 0)
			result = write_origin(writer, node);
	}
	return result;
}

static bool is_absent(const struct option *option, const void *value)
{
	if (option->flags & OPTION_MAY_BE_OFF)
		return false;
	if (option->type == OPTION_TEXT || option->type == OPTION_PATH)
		return !*(char *const *)value;
	return option->type == OPTION_NUMBER && option->derived && *(const uint64_t *)value == 0;
}

static int write_option(const struct writer *writer, const struct option *option)
{
	const void *where = writer->sink ? (const void *)writer->sink : writer->config;
	const void *value = (const char *)where + option->offset;
	const struct yaml_node *node = origin_of(writer, option, NULL);
	int result;

	if (option->type == OPTION_MAP)
		return write_map(writer, option, value);
	if (is_absent(option, value))
		return write_absent(writer, option);
	result = buf_printf(writer->out, "%s%s: ", indent_of(writer, option),
			    config_path_leaf(option->path));
	if (result == 0 && config_value_is_secret(option, node))
		result = buf_add_text(writer->out,
				      option->type == OPTION_LIST ? "[" HIDDEN "]" : HIDDEN);
	else if (result == 0)
		result = write_scalar(writer->out, option, value);
	return result < 0 ? result : write_origin(writer, node);
}

static int compare_keys(const void *left, const void *right)
{
	const struct yaml_node *a = *(const struct yaml_node *const *)left;
	const struct yaml_node *b = *(const struct yaml_node *const *)right;

	return strcmp(a->key.bytes, b->key.bytes);
}

static int write_tree(const struct writer *writer, const struct yaml_node *node);

static int write_entry(const struct writer *writer, const struct yaml_node *node)
{
	int result = write_text(writer->out, node->key.bytes, node->key.length, false);

	if (result == 0)
		result = buf_add_text(writer->out, ": ");
	return result < 0 ? result : write_tree(writer, node);
}

/* In flow style on one line; for the hash maps have the order of their keys. */
static int write_children(const struct writer *writer, const struct yaml_node *node)
{
	const struct yaml_node **children = calloc(node->count + 1, sizeof(*children));
	size_t count = 0;
	int result = 0;

	if (!children)
		return -ENOMEM;
	for (const struct yaml_node *at = node->first; at; at = at->next)
		children[count++] = at;
	if (writer->bare && node->type == YAML_MAP)
		qsort(children, count, sizeof(*children), compare_keys);
	for (size_t i = 0; i < count && result == 0; i++) {
		if (i > 0)
			result = buf_add_text(writer->out, ", ");
		if (result == 0)
			result = node->type == YAML_MAP ? write_entry(writer, children[i])
							: write_tree(writer, children[i]);
	}
	free(children);
	return result;
}

/* As deep as YAML_MAX_DEPTH. */
static int write_tree(const struct writer *writer, const struct yaml_node *node)
{
	bool map = node->type == YAML_MAP;
	int result;

	if (node->type == YAML_SCALAR)
		return write_text(writer->out, node->text.bytes, node->text.length, true);
	if (node->type != YAML_MAP && node->type != YAML_LIST)
		return buf_add_text(writer->out, "~");
	result = buf_add_text(writer->out, map ? "{" : "[");
	if (result == 0)
		result = write_children(writer, node);
	return result < 0 ? result : buf_add_text(writer->out, map ? "}" : "]");
}

/* Each key of a rule on a line of its own. */
static int write_rule(const struct writer *writer, const struct yaml_node *rule)
{
	const char *dash = "- ";
	int result = 0;

	if (writer->bare) {
		result = buf_add_text(writer->out, "  - ");
		if (result == 0)
			result = write_tree(writer, rule);
		return result < 0 ? result : buf_add_text(writer->out, "\n");
	}
	for (const struct yaml_node *at = rule->first; at && result == 0; at = at->next) {
		result = buf_printf(writer->out, "  %s", dash);
		if (result == 0)
			result = write_entry(writer, at);
		if (result == 0)
			result = write_origin(writer, at);
		dash = "  ";
	}
	return result;
}

static int write_rules(const struct writer *writer, const struct option *option)
{
	const struct yaml_node *rules = writer->config->trees.rules;
	int result = buf_printf(writer->out, "%s:", option->path);

	if (result == 0 && (!rules || rules->count == 0)) {
		result = buf_add_text(writer->out, " []");
		return result < 0 ? result : write_origin(writer, rules);
	}
	if (result == 0)
		result = buf_add_text(writer->out, "\n");
	for (const struct yaml_node *at = rules ? rules->first : NULL; at && result == 0;
	     at = at->next)
		result = write_rule(writer, at);
	return result;
}

static bool is_tree(const struct option *row)
{
	return row->type == OPTION_CONDITION || row->type == OPTION_PRIORITIES;
}

/* A condition that the sink has not is left out. */
static int write_condition(const struct writer *writer, const struct option *row)
{
	const struct yaml_node *node = origin_of(writer, row, NULL);
	int result;

	if (!node)
		return 0;
	result = buf_printf(writer->out, "%s%s: ", indent_of(writer, row), row->path);
	if (result == 0)
		result = config_value_is_secret(row, node) ? buf_add_text(writer->out, HIDDEN)
							   : write_tree(writer, node);
	return result < 0 ? result : write_origin(writer, node);
}

static int write_sink(const struct writer *all, const struct config_sink *sink)
{
	const struct config_layout layout = {config_sink_sections, "", SINK_DEPTH, false};
	struct writer writer = *all;
	const char *before = NULL;
	int result = 0;

	writer.sink = sink;
	for (const struct option *row = config_sink_options[0]; row && result == 0;
	     row = config_option_next(row)) {
		if (!(row->sink_types & 1U << sink->type))
			continue;
		result = config_write_sections(writer.out, &layout, row, before);
		if (result == 0)
			result = is_tree(row) ? write_condition(&writer, row)
					      : write_option(&writer, row);
		before = row->path;
	}
	return result;
}

static int compare_sinks(const void *left, const void *right)
{
	const struct config_sink *a = *(const struct config_sink *const *)left;
	const struct config_sink *b = *(const struct config_sink *const *)right;

	return strcmp(a->name, b->name);
}

/* Where a sink stands in the list means nothing. */
static int write_sinks(const struct writer *writer, const struct option *option)
{
	const struct config_sink *sinks[CONFIG_SINKS_MAX];
	size_t count = writer->config->sink_count;
	int result = buf_printf(writer->out, "%s:\n", option->path);

	for (size_t i = 0; i < count; i++)
		sinks[i] = &writer->config->sinks[i];
	if (writer->bare)
		qsort(sinks, count, sizeof(sinks[0]), compare_sinks);
	for (size_t i = 0; i < count && result == 0; i++)
		result = write_sink(writer, sinks[i]);
	return result;
}

static int write_all(const struct writer *writer)
{
	const struct config_layout layout = {config_sections, "", 0, false};
	const char *before = NULL;
	int result = 0;

	for (const struct option *at = config_options[0]; at && result == 0;
	     at = config_option_next(at)) {
		result = config_write_sections(writer->out, &layout, at, before);
		if (result < 0)
			break;
		if (at->type == OPTION_SINKS)
			result = write_sinks(writer, at);
		else if (at->type == OPTION_RULES)
			result = write_rules(writer, at);
		else
			result = write_option(writer, at);
		before = at->path;
	}
	return result;
}

int config_write_effective(const struct config *config, struct buf *out)
{
	const struct writer writer = {.config = config, .out = out};
	int result = buf_printf(out, "# The effective configuration. Its hash: %s\n", config->hash);

	return result < 0 ? result : write_all(&writer);
}

int config_hash(struct config *config)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int length = 0;
	struct buf text;
	const struct writer writer = {.config = config, .out = &text, .bare = true};
	int result;

	buf_init(&text, TEXT_LIMIT);
	result = write_all(&writer);
	if (result == 0 &&
	    EVP_Digest(text.data, text.length, digest, &length, EVP_sha256(), NULL) != 1)
		result = -ENOMEM;
	for (unsigned int i = 0; result == 0 && i < length; i++)
		(void)snprintf(config->hash + 2 * (size_t)i, 3, "%02x", digest[i]);
	buf_done(&text);
	return result < 0 ? -ENOMEM : 0;
}
