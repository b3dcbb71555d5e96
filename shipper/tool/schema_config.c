/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON Schema of the configuration, for editors: types, bounds, words, defaults and documentation
 * of the table of options. YAML has more than one way to write a value, and a variable may stand in
 * any: the schema lets pass what 'auditship check' then judges. Knows no option by name.
 */
#include "tool/schema.h"

#include "config/options.h"
#include "decode/lookup.h"
#include "tool/schema_fields.h"
#include "tool/schema_out.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOC_SIZE 2048
#define TEXT_SIZE 1024
#define SIZE_EXPRESSION "^[0-9]+ ?(B|[KMGT]iB|[kKMGT]B)?$"
#define DURATION_EXPRESSION "^([0-9]+ ?(ms|s|m|h|d)|0)$"

/* What a rule is; docs/rules.md has it in prose. */
static const char rule_definition[] =
	"{\"type\": \"object\", \"additionalProperties\": false, \"required\": [\"do\"], "
	"\"properties\": {"
	"\"name\": {\"type\": \"string\", \"pattern\": \"^[a-z0-9_-]{1,64}$\", \"description\": "
	"\"Names the rule and its counters.\"}, "
	"\"when\": {\"$ref\": \"#/$defs/condition\"}, "
	"\"do\": {\"description\": \"keep, drop, or a map of tag, mask and limit.\", \"anyOf\": ["
	"{\"enum\": [\"keep\", \"drop\"]}, {\"$ref\": \"#/$defs/variable\"}, "
	"{\"type\": \"object\", \"additionalProperties\": false, \"minProperties\": 1, "
	"\"properties\": {"
	"\"tag\": {\"$ref\": \"#/$defs/texts\", \"description\": \"Tags behind those of the "
	"agent.\"}, "
	"\"mask\": {\"$ref\": \"#/$defs/texts\", \"description\": \"Patterns of secrets in "
	"arguments.\"}, "
	"\"limit\": {\"type\": \"object\", \"additionalProperties\": false, \"required\": "
	"[\"events\", \"per\"], \"properties\": {"
	"\"events\": {\"anyOf\": [{\"type\": \"integer\", \"minimum\": 1}, {\"$ref\": "
	"\"#/$defs/variable\"}], \"description\": \"So many at most.\"}, "
	"\"per\": {\"$ref\": \"#/$defs/duration\", \"description\": \"In each interval of this "
	"length.\"}, "
	"\"by\": {\"type\": \"string\", \"description\": \"Field whose values count for "
	"themselves.\"}}}}}]}}}";

static const char test_definition[] =
	"{\"anyOf\": [{\"$ref\": \"#/$defs/scalar\"}, {\"$ref\": \"#/$defs/scalars\"}, {\"type\": "
	"\"object\", \"additionalProperties\": false, \"minProperties\": 1, \"properties\": {"
	"\"is\": {\"anyOf\": [{\"$ref\": \"#/$defs/scalar\"}, {\"$ref\": \"#/$defs/scalars\"}]}, "
	"\"not\": {\"anyOf\": [{\"$ref\": \"#/$defs/scalar\"}, {\"$ref\": \"#/$defs/scalars\"}]}, "
	"\"cidr\": {\"anyOf\": [{\"$ref\": \"#/$defs/scalar\"}, {\"$ref\": "
	"\"#/$defs/scalars\"}]}, "
	"\"min\": {\"$ref\": \"#/$defs/scalar\"}, \"max\": {\"$ref\": \"#/$defs/scalar\"}, "
	"\"exists\": {\"type\": [\"boolean\", \"string\"]}}}]}";

static void open_value(struct schema_out *out, const char *key, const struct option *option)
{
	char expected[CONFIG_EXPECTATION_SIZE], doc[DOC_SIZE];

	(void)config_value_expectation(expected, option);
	(void)snprintf(doc, sizeof(doc), "%s Value: %s.%s%s%s%s%s", option->doc, expected,
		       option->fallback ? " Default: " : "",
		       option->fallback ? option->fallback : "",
		       option->derived ? " Default: " : "", option->derived ? option->derived : "",
		       option->fallback || option->derived ? "." : "");
	schema_open(out, key, '{');
	schema_text(out, "description", doc);
}

/* One of the value's own form and a variable. */
static void write_any(struct schema_out *out, const char *form, const char *second)
{
	schema_open(out, "anyOf", '[');
	schema_literal(out, NULL, form);
	if (second)
		schema_literal(out, NULL, second);
	schema_literal(out, NULL, "{\"$ref\": \"#/$defs/variable\"}");
	schema_close(out, ']');
}

static const char *text_form(char out[TEXT_SIZE], const struct option *option, uint64_t longest)
{
	bool pattern = option->pattern != NULL;

	(void)snprintf(out, TEXT_SIZE,
		       "{\"type\": [\"string\", \"number\", \"boolean\"], \"minLength\": 1, "
		       "\"maxLength\": %" PRIu64 "%s%s%s}",
		       longest, pattern ? ", \"pattern\": \"" : "",
		       pattern ? option->pattern->expression : "", pattern ? "\"" : "");
	return out;
}

/* What YAML and JSON read as a truth value is one, quoted or not. */
static const char *words_form(char out[TEXT_SIZE], const struct option_word *words)
{
	size_t used = (size_t)snprintf(out, TEXT_SIZE, "{\"enum\": [");
	const char *before = "\"";

	for (; words->name && used < TEXT_SIZE; words++) {
		bool is_truth = !strcmp(words->name, "true") || !strcmp(words->name, "false");

		used += (size_t)snprintf(out + used, TEXT_SIZE - used, "%s%s\"%s%s", before,
					 words->name, is_truth ? ", " : "",
					 is_truth ? words->name : "");
		before = ", \"";
	}
	if (used < TEXT_SIZE)
		(void)snprintf(out + used, TEXT_SIZE - used, "]}");
	return out;
}

static void write_list(struct schema_out *out, const struct option *option)
{
	char form[TEXT_SIZE];

	schema_literal(out, "type", "\"array\"");
	schema_number(out, "minItems", option->min);
	schema_number(out, "maxItems", option->max);
	schema_literal(out, "uniqueItems", "true");
	schema_open(out, "items", '{');
	write_any(out,
		  option->words ? words_form(form, option->words) : text_form(form, option, 255),
		  NULL);
	schema_close(out, '}');
}

static void write_map(struct schema_out *out, const struct option *option)
{
	schema_literal(out, "type", "\"object\"");
	schema_number(out, "maxProperties", option->max);
	schema_open(out, "propertyNames", '{');
	schema_text(out, "pattern", option->pattern->expression);
	schema_close(out, '}');
	schema_literal(out, "additionalProperties", "{\"$ref\": \"#/$defs/scalar\"}");
}

static void write_items(struct schema_out *out, const struct option *option, const char *ref)
{
	schema_literal(out, "type", "\"array\"");
	schema_number(out, "minItems", option->min);
	schema_number(out, "maxItems", option->max);
	schema_literal(out, "items", ref);
}

/* A number, or a size, which is one with or without a unit; or off. */
static void write_number(struct schema_out *out, const struct option *option)
{
	char form[TEXT_SIZE];

	(void)snprintf(
		form, sizeof(form),
		"{\"type\": \"integer\", \"minimum\": %" PRIu64 ", \"maximum\": %" PRIu64 "}%s%s",
		option->min, option->max,
		option->type == OPTION_SIZE
			? ", {\"type\": \"string\", \"pattern\": \"" SIZE_EXPRESSION "\"}"
			: "",
		option->flags & OPTION_MAY_BE_OFF ? ", {\"enum\": [\"off\", false, 0]}" : "");
	write_any(out, form, NULL);
}

static void write_priorities(struct schema_out *out, const struct option *option)
{
	char form[TEXT_SIZE];

	schema_literal(out, "type", "\"array\"");
	schema_number(out, "maxItems", option->max);
	schema_open(out, "items", '{');
	schema_literal(out, "type", "\"object\"");
	schema_literal(out, "required", "[\"when\"]");
	schema_literal(out, "additionalProperties", "false");
	schema_open(out, "properties", '{');
	schema_literal(out, "when", "{\"$ref\": \"#/$defs/condition\"}");
	schema_literal(out, "facility", words_form(form, config_facilities));
	schema_literal(out, "severity", words_form(form, config_severities));
	schema_close(out, '}');
	schema_close(out, '}');
}

static void write_form(struct schema_out *out, const struct option *option)
{
	char form[TEXT_SIZE];

	switch (option->type) {
	case OPTION_TEXT:
	case OPTION_PATH:
		write_any(out, text_form(form, option, option->max), NULL);
		break;
	case OPTION_SIZE:
	case OPTION_NUMBER:
		write_number(out, option);
		break;
	case OPTION_DURATION:
		if (option->flags & OPTION_MAY_BE_OFF)
			write_any(out, "{\"$ref\": \"#/$defs/duration\"}",
				  "{\"enum\": [\"off\", false]}");
		else
			schema_literal(out, "$ref", "\"#/$defs/duration\"");
		break;
	case OPTION_ENUM:
		write_any(out, words_form(form, option->words), NULL);
		break;
	case OPTION_LIST:
		write_list(out, option);
		break;
	case OPTION_MAP:
		write_map(out, option);
		break;
	case OPTION_SINKS:
		write_items(out, option, "{\"$ref\": \"#/$defs/sink\"}");
		break;
	case OPTION_RULES:
		write_items(out, option, "{\"$ref\": \"#/$defs/rule\"}");
		break;
	case OPTION_CONDITION:
		schema_literal(out, "$ref", "\"#/$defs/condition\"");
		break;
	case OPTION_PRIORITIES:
		write_priorities(out, option);
		break;
	}
}

static void write_option(struct schema_out *out, const char *key, const struct option *option)
{
	open_value(out, key, option);
	write_form(out, option);
	schema_close(out, '}');
}

/* The rows of one table that belong together: all of the top, or those of a type of sink. */
struct table {
	const struct option *rows;
	const struct option_section *sections;
	unsigned int types; /* 0: the main table */
};

static const char *doc_of_section(const struct table *table, const char *path, size_t length)
{
	for (const struct option_section *at = table->sections; at->path; at++)
		if (strlen(at->path) == length && strncmp(at->path, path, length) == 0)
			return at->doc;
	return "";
}

static bool is_below(const struct table *table, const struct option *option, const char *path,
		     size_t length)
{
	return (option->sink_types & table->types) == table->types &&
	       strncmp(option->path, path, length) == 0;
}

/* Whether an earlier option is in the same section as this one is with `length` bytes of path. */
static bool is_open_already(const struct table *table, const struct option *option, size_t length)
{
	for (const struct option *at = table->rows; at != option; at = config_option_next(at))
		if (is_below(table, at, option->path, length))
			return true;
	return false;
}

/* The options whose paths begin with the first `prefix` bytes of path. As deep as sections are. */
static void write_section(struct schema_out *out, const struct table *table, const char *path,
			  size_t prefix)
{
	/* null: all that stands in it is commented out */
	schema_literal(out, "type", prefix > 0 ? "[\"object\", \"null\"]" : "\"object\"");
	schema_literal(out, "additionalProperties", "false");
	schema_open(out, "properties", '{');
	for (const struct option *at = table->rows; at; at = config_option_next(at)) {
		bool below = is_below(table, at, path, prefix);
		size_t length = below ? strcspn(at->path + prefix, ".") : 0;
		char key[TEXT_SIZE];

		if (length == 0)
			continue;
		(void)snprintf(key, sizeof(key), "%.*s", (int)length, at->path + prefix);
		if (at->path[prefix + length] == '\0') {
			write_option(out, key, at);
		} else if (!is_open_already(table, at, prefix + length + 1)) {
			schema_open(out, key, '{');
			schema_text(out, "description",
				    doc_of_section(table, at->path, prefix + length));
			write_section(out, table, at->path, prefix + length + 1);
			schema_close(out, '}');
		}
	}
	schema_close(out, '}');
}

/* A sink of one type: which keys it may have and which it must. */
static void write_sink_type(struct schema_out *out, const struct option_word *type)
{
	const struct table table = {config_sink_options[0], config_sink_sections,
				    1U << type->value};
	char name[TEXT_SIZE];

	(void)snprintf(name, sizeof(name), "sink.%s", type->name);
	schema_open(out, name, '{');
	schema_open(out, "required", '[');
	for (const struct option *row = config_sink_options[0]; row; row = config_option_next(row))
		if ((row->sink_types & 1U << type->value) && (row->flags & OPTION_REQUIRED))
			schema_text(out, NULL, row->path);
	schema_close(out, ']');
	write_section(out, &table, "", 0);
	schema_close(out, '}');
}

/* An entry without a type adds to a sink of an earlier file. */
static void write_sinks(struct schema_out *out)
{
	char item[TEXT_SIZE];

	schema_open(out, "sink", '{');
	schema_literal(out, "type", "\"object\"");
	schema_literal(out, "required", "[\"name\"]");
	schema_open(out, "properties", '{');
	schema_open(out, "type", '{');
	write_any(out, words_form(item, config_sink_types), NULL);
	schema_close(out, '}');
	schema_close(out, '}');
	schema_open(out, "allOf", '[');
	for (const struct option_word *at = config_sink_types; at->name; at++) {
		(void)snprintf(item, sizeof(item),
			       "{\"if\": {\"required\": [\"type\"], \"properties\": {\"type\": "
			       "{\"const\": \"%s\"}}}, \"then\": {\"$ref\": \"#/$defs/sink.%s\"}}",
			       at->name, at->name);
		schema_literal(out, NULL, item);
	}
	schema_close(out, ']');
	schema_close(out, '}');
	for (const struct option_word *at = config_sink_types; at->name; at++)
		write_sink_type(out, at);
}

/* Every field that a condition may ask for. */
static int write_fields(struct schema_out *out, struct err *err)
{
	struct schema_field *fields;
	int count = schema_fields_collect(&fields, err);

	for (int i = 0; i < count; i++) {
		const struct leaf *leaf = &fields[i].leaf;

		if (!lookup_is_constant(leaf->path) && !lookup_field(leaf->path))
			continue;
		schema_open(out, leaf->path, '{');
		schema_text(out, "description", leaf->doc);
		schema_literal(out, "$ref", "\"#/$defs/test\"");
		schema_close(out, '}');
	}
	if (count >= 0)
		free(fields);
	return count < 0 ? count : 0;
}

static int write_definitions(struct schema_out *out, struct err *err)
{
	int result;

	schema_open(out, "$defs", '{');
	schema_literal(out, "variable",
		       "{\"type\": \"string\", \"pattern\": \"[$]\", \"description\": \"Holds "
		       "${NAME}, ${NAME:-DEFAULT} or ${file:PATH}; $$ is a dollar.\"}");
	schema_literal(out, "scalar", "{\"type\": [\"string\", \"number\", \"boolean\"]}");
	schema_literal(out, "scalars",
		       "{\"type\": \"array\", \"minItems\": 1, \"items\": {\"$ref\": "
		       "\"#/$defs/scalar\"}}");
	schema_literal(out, "texts",
		       "{\"anyOf\": [{\"$ref\": \"#/$defs/scalar\"}, {\"$ref\": "
		       "\"#/$defs/scalars\"}]}");
	schema_literal(out, "duration",
		       "{\"anyOf\": [{\"type\": \"string\", \"pattern\": \"" DURATION_EXPRESSION
		       "\"}, {\"const\": 0}, {\"$ref\": \"#/$defs/variable\"}]}");
	write_sinks(out);
	schema_literal(out, "rule", rule_definition);
	schema_literal(out, "condition",
		       "{\"description\": \"A map: all of it holds; a list of maps: any of them "
		       "does.\", \"anyOf\": [{\"$ref\": \"#/$defs/conjunction\"}, {\"type\": "
		       "\"array\", \"minItems\": 1, \"items\": {\"$ref\": "
		       "\"#/$defs/conjunction\"}}]}");
	schema_open(out, "conjunction", '{');
	schema_literal(out, "type", "\"object\"");
	schema_number(out, "minProperties", 1);
	schema_literal(out, "additionalProperties", "false");
	schema_open(out, "properties", '{');
	result = write_fields(out, err);
	schema_close(out, '}');
	schema_close(out, '}');
	schema_literal(out, "test", test_definition);
	schema_close(out, '}');
	return result;
}

int schema_config(struct buf *buf, struct err *err)
{
	const struct table table = {config_options[0], config_sections, 0};
	struct schema_out out = {.buf = buf};
	int result;

	schema_open(&out, NULL, '{');
	schema_text(&out, "$schema", "https://json-schema.org/draft/2020-12/schema");
	schema_text(&out, "$id", "urn:auditship:schema:config:" SCHEMA_CONFIG_VERSION);
	schema_text(&out, "title", "auditship configuration");
	schema_text(&out, "description",
		    "For editors. 'auditship check -c FILE' is stricter: it knows what values mean "
		    "together.");
	write_section(&out, &table, "", 0);
	result = write_definitions(&out, err);
	schema_close(&out, '}');
	if (result < 0)
		return result;
	return out.error < 0 ? err_set(err, out.error, "the schema is too large") : 0;
}
