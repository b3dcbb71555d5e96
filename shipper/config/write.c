/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of options as a file to start from and as a page to read: both are committed, and a
 * test fails when they are not what the table says. Knows no option by name.
 */
#include "config/write.h"
#include "config/config.h"
#include "config/options.h"

#include <stdio.h>
#include <string.h>

#define COLUMNS 98
#define DOC_SIZE 2048

/* Writes text as comment lines, broken between words. */
static int write_comment(struct buf *out, const char *indent, const char *text)
{
	int result = 0;

	while (*text && result == 0) {
		size_t room = COLUMNS - strlen(indent) - 2, length = strlen(text);

		if (length > room) {
			length = room;
			while (length > 0 && text[length] != ' ')
				length--;
		}
		result = buf_printf(out, "%s# %.*s\n", indent, (int)length, text);
		text += length;
		text += strspn(text, " ");
	}
	return result;
}

static const char *value_of(const struct option *option)
{
	return option->fallback ? option->fallback : option->example;
}

static int write_option_comment(struct buf *out, const char *indent, const struct option *option)
{
	char expected[CONFIG_EXPECTATION_SIZE], text[DOC_SIZE];

	(void)config_value_expectation(expected, option);
	(void)snprintf(text, sizeof(text), "%s Value: %s.%s%s%s", option->doc, expected,
		       option->derived ? " Default: " : "", option->derived ? option->derived : "",
		       option->derived ? "." : "");
	return write_comment(out, indent, text);
}

size_t config_path_depth(const char *path)
{
	size_t depth = 0;

	for (; *path; path++)
		depth += *path == '.';
	return depth;
}

const char *config_indent(size_t depth)
{
	static const char spaces[CONFIG_INDENT_MAX + 1] =
		"                                                                ";
	size_t wanted = 2 * depth < CONFIG_INDENT_MAX ? 2 * depth : CONFIG_INDENT_MAX;

	return spaces + CONFIG_INDENT_MAX - wanted;
}

const char *config_path_leaf(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot ? dot + 1 : path;
}

static bool is_in(const char *path, const char *section)
{
	size_t length = strlen(section);

	return path && strncmp(path, section, length) == 0 && path[length] == '.';
}

int config_write_sections(struct buf *out, const struct config_layout *layout,
			  const struct option *option, const char *before)
{
	int result = 0;

	for (const struct option_section *at = layout->sections; at->path && result == 0; at++) {
		size_t depth = layout->depth + config_path_depth(at->path);
		char indent[2 * CONFIG_INDENT_MAX];

		if (!is_in(option->path, at->path) || is_in(before, at->path))
			continue;
		(void)snprintf(indent, sizeof(indent), "%s%s", layout->lead, config_indent(depth));
		if (layout->documented && *indent == '\0')
			result = buf_add_text(out, "\n");
		if (layout->documented && result == 0)
			result = write_comment(out, indent, at->doc);
		if (result == 0)
			result = buf_printf(out, "%s%s:\n", indent, config_path_leaf(at->path));
	}
	return result;
}

static int write_option(struct buf *out, const struct option *option)
{
	const char *indent = config_indent(config_path_depth(option->path));
	int result = *indent ? 0 : buf_add_text(out, "\n");

	if (result == 0)
		result = write_option_comment(out, indent, option);
	if (result < 0)
		return result;
	return buf_printf(out, "%s#%s: %s\n", indent, config_path_leaf(option->path),
			  value_of(option));
}

/* The value shown for a sink of that type; the first type is the default sink's. */
static const char *sink_value(const struct option *row, const struct option_word *type)
{
	if (row->words == config_sink_types)
		return type->name;
	if ((row->flags & OPTION_PUBLIC) && type != config_sink_types)
		return type->name;
	return value_of(row);
}

/* NAME in an example is the sink's: no two of them write one file. */
static int write_sink_value(struct buf *out, const struct option *row,
			    const struct option_word *type)
{
	const char *value = sink_value(row, type), *mark = strstr(value, "NAME");

	if (!mark)
		return buf_printf(out, "%s\n", value);
	return buf_printf(out, "%.*s%s%s\n", (int)(mark - value), value,
			  type == config_sink_types ? "trail" : type->name, mark + strlen("NAME"));
}

/* The default sink: its first key opens the item of the list. */
static int write_default_sink(struct buf *out)
{
	const struct config_layout layout = {config_sink_sections, "", 2, true};
	const struct option_word *type = config_sink_types;
	const char *before = NULL;
	int result = 0;

	for (const struct option *row = config_sink_options[0]; row && result == 0;
	     row = config_option_next(row)) {
		const char *indent = config_indent(2 + config_path_depth(row->path));

		if (!(row->sink_types & 1U << type->value))
			continue;
		result = config_write_sections(out, &layout, row, before);
		if (result == 0)
			result = write_option_comment(out, before ? indent : "  ", row);
		if (result == 0)
			result = buf_printf(out, "%s%s%s: ", before ? indent : "  - ",
					    row->flags & OPTION_REQUIRED ? "" : "#",
					    config_path_leaf(row->path));
		if (result == 0)
			result = write_sink_value(out, row, type);
		before = row->path;
	}
	return result;
}

/* Another type, commented out, with the documentation of what is its own. */
static int write_other_sink(struct buf *out, const struct option_word *type)
{
	const struct config_layout layout = {config_sink_sections, "  #", 1, true};
	int result = buf_printf(out, "  # A sink of type %s:\n", type->name);
	const char *before = NULL;

	for (const struct option *row = config_sink_options[0]; row && result == 0;
	     row = config_option_next(row)) {
		char indent[CONFIG_INDENT_MAX + 8];

		if (!(row->sink_types & 1U << type->value))
			continue;
		(void)snprintf(indent, sizeof(indent), "  #%s",
			       before ? config_indent(1 + config_path_depth(row->path)) : "- ");
		result = config_write_sections(out, &layout, row, before);
		if (result == 0 && !(row->sink_types & 1U << config_sink_types->value))
			result = write_option_comment(out, indent, row);
		if (result == 0)
			result = buf_printf(out, "%s%s: ", indent, config_path_leaf(row->path));
		if (result == 0)
			result = write_sink_value(out, row, type);
		before = row->path;
	}
	return result;
}

static int write_sinks(struct buf *out, const struct option *option)
{
	int result = buf_add_text(out, "\n");

	if (result == 0)
		result = write_option_comment(out, "", option);
	if (result == 0)
		result = buf_printf(out, "%s:\n", option->path);
	if (result == 0)
		result = write_default_sink(out);
	for (const struct option_word *at = config_sink_types + 1; at->name && result == 0; at++)
		result = write_other_sink(out, at);
	return result;
}

static const char example_intro[] =
	"# auditship: every option with its default. Generated from the table of options.\n"
	"# Take the # away from what you change: all else follows the defaults, those of a new\n"
	"# version too. 'auditship check -c FILE' tells what is wrong with a file.\n"
	"# Relative paths are relative to the directory that auditship is started in.\n"
	"# conf.d/*.yaml beside a file is read after it. In values, ${NAME}, ${NAME:-DEFAULT} and\n"
	"# ${file:PATH} are variables, and $$ is a dollar.\n";

int config_write_example(struct buf *out)
{
	const struct config_layout layout = {config_sections, "", 0, true};
	const char *before = NULL;
	int result = buf_add_text(out, example_intro);

	for (const struct option *option = config_options[0]; option && result == 0;
	     option = config_option_next(option)) {
		if (option->type == OPTION_SINKS) {
			result = write_sinks(out, option);
			continue;
		}
		result = config_write_sections(out, &layout, option, before);
		if (result == 0)
			result = write_option(out, option);
		before = option->path;
	}
	return result;
}

static int write_row(struct buf *out, const struct option *option)
{
	char expected[CONFIG_EXPECTATION_SIZE];
	const char *fallback = option->fallback;

	(void)config_value_expectation(expected, option);
	if (fallback)
		return buf_printf(out, "| `%s` | %s | `%s` | %s |\n", option->path, expected,
				  fallback, option->doc);
	return buf_printf(out, "| `%s` | %s | %s | %s |\n", option->path, expected,
			  option->derived ? option->derived : "must be given", option->doc);
}

static int write_table_head(struct buf *out, const char *title)
{
	return buf_printf(out,
			  "\n## %s\n\n| option | value | default | meaning |\n|---|---|---|---|\n",
			  title);
}

static int write_sink_reference(struct buf *out, const struct option_word *type)
{
	char title[128];
	int result;

	(void)snprintf(title, sizeof(title), "A sink of type %s", type->name);
	result = write_table_head(out, title);
	for (const struct option *row = config_sink_options[0]; row && result == 0;
	     row = config_option_next(row)) {
		if (row->sink_types & 1U << type->value)
			result = write_row(out, row);
	}
	return result;
}

static const char reference_intro[] =
	"# Options\n\n"
	"Generated from the table of options in shipper/config/options.c. After a change there,\n"
	"`UPDATE=1 build/dev/tests/test_config` writes this page and the example file again.\n\n"
	"Every option may be left out. A file with all of them:\n"
	"[config/auditship.yaml](../config/auditship.yaml); to start from:\n"
	"[config/examples/](../config/examples/).\n\n"
	"- The file is YAML, so JSON is fine too: one document in UTF-8, without anchors, aliases\n"
	"  and tags. An unknown key, or a key given twice, is an error.\n"
	"- Relative paths are relative to the directory that auditship is started in, not to the\n"
	"  file.\n"
	"- Sizes: bytes, or KiB, MiB, GiB, TiB (powers of 1024), KB, MB, GB, TB (of 1000).\n"
	"- Durations: ms, s, m, h, d.\n"
	"- `auditship check -c FILE` tells all faults of a file, each with line and column;\n"
	"  `--print` shows what holds and where each value comes from.\n\n"
	"## Which files\n\n"
	"- Without `-c`: `" CONFIG_FILE "` when it exists, else the defaults.\n"
	"- After a file, the drop-ins beside it: `conf.d/*.yaml` in the byte order of their "
	"names,\n"
	"  at most 256, at most 1 MiB in all. Names that begin with `.` or `#`, other endings and\n"
	"  what is no regular file are passed over, so a link to `/dev/null` switches one off.\n"
	"- A later file wins: maps merge key by key; a value or a list of values replaces the\n"
	"  earlier one. Rules are appended. Sinks are appended too, but one with the name of an\n"
	"  earlier file's sink merges with it, key by key (`when` is one value: replaced). The\n"
	"  default sink is there only while no file names a sink.\n"
	"- A file, a directory `conf.d` or a file named by `${file:}` is refused when everybody "
	"may\n"
	"  write it, or when it belongs to neither root nor the user that auditship runs as. A\n"
	"  symbolic link is followed when it belongs to one of the two.\n\n"
	"## Variables\n\n"
	"In values, quoted or not, never in keys:\n\n"
	"| written | becomes |\n|---|---|\n"
	"| `${NAME}` | the variable of the environment; an error when it is not set |\n"
	"| `${NAME:-TEXT}` | the same, or TEXT when it is not set or empty |\n"
	"| `${file:PATH}` | what the file holds, without a line feed at its end, at most 64 KiB; "
	"PATH "
	"is relative to the directory of the file that names it |\n"
	"| `$$` | a dollar; one alone is an error |\n\n"
	"They are put in after the YAML was read, so what they hold stays one value, and is not\n"
	"searched for variables again. What came from a file is shown nowhere: not by `--print`, "
	"not\n"
	"in a fault; so it cannot be a sink's name or stand in a rule. `check` warns of such a "
	"file\n"
	"that every user can read.\n";

int config_write_reference(struct buf *out)
{
	int result = buf_add_text(out, reference_intro);

	if (result == 0)
		result = write_table_head(out, "All options");
	for (const struct option *option = config_options[0]; option && result == 0;
	     option = config_option_next(option))
		result = write_row(out, option);
	for (const struct option_word *at = config_sink_types; at->name && result == 0; at++)
		result = write_sink_reference(out, at);
	return result;
}
