/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The published schemas are what the tables say, and what was published stays. UPDATE=1 in the
 * environment writes the generated files anew; of the lists of published fields it only adds to.
 */
#include "tool/schema.h"

#include "base/cleanup.h"
#include "decode/lookup.h"
#include "render/ecs_plan.h"
#include "render/ocsf_plan.h"
#include "tool/schema_fields.h"
#include "tool/schema_type.h"
#include "unit/test_committed.h"

#include <dirent.h>

#define GOLDEN TEST_SOURCE_DIR "/tests/golden/data"
#define EXAMPLE_MAX 4500 /* bytes of a line that still is an example */

static void the_committed_schemas_are_current(void **state)
{
	static const struct {
		const char *name;
		int (*write)(struct buf *out, struct err *err);
	} files[] = {
		{"schemas/event.schema.json", schema_event},
		{"schemas/batch.schema.json", schema_batch},
		{"schemas/ocsf/ocsf.schema.json", schema_ocsf},
		{"docs/ocsf.md", schema_ocsf_page},
		{"schemas/config.schema.json", schema_config},
		{"schemas/elasticsearch/index-template.json", schema_index},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct err err = {0};
		struct buf out;

		buf_init(&out, SCHEMA_MAX_BYTES);
		if (files[i].write(&out, &err) < 0)
			fail_msg("%s: %s", files[i].name, err.text);
		is_current(files[i].name, &out);
		buf_done(&out);
	}
}

static bool holds(const char *line, const char *key, const char *value)
{
	char text[256];

	(void)snprintf(text, sizeof(text), "\"%s\":%s", key, value);
	return strstr(line, text) != NULL;
}

static bool is_of_kind(const char *line, const struct kind *kind)
{
	char action[64], outcome[64];

	(void)snprintf(action, sizeof(action), "\"%s\"", kind->action);
	(void)snprintf(outcome, sizeof(outcome), "\"%s\"", kind->outcome);
	return holds(line, "action", action) && holds(line, "outcome", outcome) &&
	       holds(line, "type", kind->type);
}

/* Of each kind the fullest line in which nothing is cut or replaced. */
static void take_example(char *examples[REC_KINDS], const char *line)
{
	size_t length = strcspn(line, "\n");

	if (length > EXAMPLE_MAX)
		return;
	for (unsigned int i = 0; i < REC_KINDS; i++) {
		const struct kind *kind = schema_kind(i);
		char *copy = strndup(line, length);

		assert_non_null(copy);
		if (!kind || !is_of_kind(copy, kind) || strstr(copy, "\"truncated\":") ||
		    strstr(copy, "\"raw\":") || (examples[i] && strlen(examples[i]) >= length)) {
			free(copy);
			continue;
		}
		free(examples[i]);
		examples[i] = copy;
	}
}

static int is_json(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0;
}

static void take_examples(char *examples[REC_KINDS])
{
	struct dirent **found;
	int count = scandir(GOLDEN, &found, is_json, alphasort);

	assert_true(count > 0);
	for (int i = 0; i < count; i++) {
		char path[PATH_MAX], *text;
		size_t size;

		(void)snprintf(path, sizeof(path), "%s/%s", GOLDEN, found[i]->d_name);
		assert_int_equal(io_read_file(AT_FDCWD, path, COMMITTED_MAX_BYTES, &text, &size),
				 0);
		for (char *line = text; *line; line += strcspn(line, "\n") + 1)
			take_example(examples, line);
		free(text);
		free(found[i]);
	}
	free(found);
}

static void the_page_of_events_is_current(void **state)
{
	char *examples[REC_KINDS] = {NULL};
	struct err err = {0};
	struct buf out;

	(void)state;
	take_examples(examples);
	for (unsigned int i = 0; i < REC_KINDS; i++)
		if (schema_kind(i) && !examples[i])
			fail_msg("no golden recording has an event of the kind %s, so the page has "
				 "no example of it",
				 schema_kind(i)->name);
	buf_init(&out, SCHEMA_MAX_BYTES);
	if (schema_page(&out, (const char *const *)examples, &err) < 0)
		fail_msg("%s", err.text);
	is_current("docs/events.md", &out);
	buf_done(&out);
	for (unsigned int i = 0; i < REC_KINDS; i++)
		free(examples[i]);
}

static void every_kind_can_be_told_from_the_others(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < REC_KINDS; i++) {
		const struct kind *a = schema_kind(i);

		for (unsigned int j = 0; a && j < i; j++) {
			const struct kind *b = schema_kind(j);

			if (b && strcmp(a->action, b->action) == 0 &&
			    strcmp(a->outcome, b->outcome) == 0 && strcmp(a->type, b->type) == 0)
				fail_msg("%s and %s have the same action, outcome and type",
					 a->name, b->name);
		}
	}
}

/* What an index or a typed consumer needs: a path is of one type, whatever the kind. */
static void a_path_has_one_type_in_all_kinds(void **state)
{
	struct leaf *leaves = calloc(LEAF_MAX, sizeof(*leaves));
	struct schema_field *fields;
	struct err err;
	int count = schema_fields_collect(&fields, &err);

	(void)state;
	assert_non_null(leaves);
	assert_true(count > 100);
	for (unsigned int kind = 0; kind < REC_KINDS; kind++) {
		int found = schema_kind(kind) ? ecs_leaves(leaves, schema_kind(kind),
							   (struct ecs_form){0}, &err)
					      : 0;

		for (int i = 0; i < found; i++)
			for (int j = 0; j < count; j++)
				if (strcmp(fields[j].leaf.path, leaves[i].path) == 0)
					assert_string_equal(schema_type_of(&fields[j].leaf)->word,
							    schema_type_of(&leaves[i])->word);
	}
	free(fields);
	free(leaves);
}

static void an_attribute_has_one_type_in_all_kinds(void **state)
{
	const struct leaf *first[LEAF_MAX * 2];
	struct ocsf_plan *plans = calloc(REC_KINDS, sizeof(*plans));
	struct leaf(*leaves)[LEAF_MAX] = calloc(REC_KINDS, sizeof(*leaves));
	unsigned int known = 0;
	struct err err;

	(void)state;
	assert_true(plans && leaves);
	for (unsigned int kind = 0; kind < REC_KINDS; kind++) {
		int count = 0;

		if (schema_kind(kind)) {
			assert_int_equal(
				ocsf_plan_make(&plans[kind], schema_kind(kind), false, &err), 0);
			count = ocsf_leaves(leaves[kind], schema_kind(kind), &plans[kind]);
		}
		for (int i = 0; i < count; i++) {
			const struct leaf *leaf = &leaves[kind][i];
			unsigned int at = 0;

			while (at < known && strcmp(first[at]->path, leaf->path) != 0)
				at++;
			assert_true(at < sizeof(first) / sizeof(first[0]));
			if (at == known)
				first[known++] = leaf;
			else if (strcmp(schema_type_of(first[at])->json,
					schema_type_of(leaf)->json) != 0)
				fail_msg("%s is of two types", leaf->path);
		}
	}
	assert_true(known > 200);
	for (unsigned int kind = 0; kind < REC_KINDS; kind++)
		ocsf_plan_done(&plans[kind]);
	free(plans);
	free(leaves);
}

/* Of the compact form of a kind that is not about processes. */
static void the_compact_form_leaves_out_what_is_only_of_the_full_one(void **state)
{
	struct schema_field *fields;
	struct err err;
	int count = schema_fields_collect(&fields, &err), left_out = 0;
	uint32_t open = 1U << REC_OPEN_READ;

	(void)state;
	assert_false(ecs_is_compact(kind_get(REC_EXEC)));
	assert_true(ecs_is_compact(kind_get(REC_OPEN_READ)));
	for (int i = 0; i < count; i++) {
		const struct schema_field *at = &fields[i];

		assert_int_equal(at->compact & 1U << REC_EXEC, at->kinds & 1U << REC_EXEC);
		if (at->kinds & open)
			left_out += !(at->compact & open);
		if (strcmp(at->leaf.path, "process.entity_id") == 0 ||
		    strcmp(at->leaf.path, "process.executable") == 0 ||
		    strcmp(at->leaf.path, "process.parent.entity_id") == 0)
			assert_true(at->compact & open);
		if (strcmp(at->leaf.path, "process.args") == 0)
			assert_false(at->compact & open);
	}
	assert_true(left_out > 30);
	free(fields);
}

/* published.fields */

struct published {
	char *path, *type, *kinds;
};

static char *take_word(char **line, const char *end)
{
	char *word = strsep(line, end);

	return word ? word : (char *)"";
}

static struct published parse_line(char *line)
{
	struct published published;

	published.path = take_word(&line, "\t");
	published.type = take_word(&line, "\t");
	published.kinds = take_word(&line, "\t");
	return published;
}

/* Whether the words of `all` have this one; "exec!" also counts as "exec". */
static bool has_word(const char *all, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = all; length > 0 && (at = strstr(at, word)); at += length) {
		bool starts = at == all || at[-1] == ' ';

		if (starts && (at[length] == '\0' || at[length] == ' ' || at[length] == '!'))
			return true;
	}
	return false;
}

static void breaks(const char *path, const char *what, const char *which)
{
	fail_msg("schemas/published.fields: %s %s%s. That breaks whoever reads events: the policy "
		 "(docs/schema.md) wants a new major version, and before that a deprecation of two "
		 "minor versions and twelve months. Once that holds, change the line by hand",
		 path, what, which);
}

static void check_published(struct published *old, struct buf *now)
{
	char *copy = strndup(now->data, now->length), *rest = copy, *line;
	bool found = false;

	assert_non_null(copy);
	while ((line = strsep(&rest, "\n")) && !found) {
		struct published new = parse_line(line);
		char *kinds = old->kinds, *kind;

		if (strcmp(new.path, old->path) != 0)
			continue;
		found = true;
		if (strcmp(new.type, old->type) != 0)
			breaks(old->path, "has another type now: ", new.type);
		while ((kind = strsep(&kinds, " ")))
			if (!has_word(new.kinds, kind))
				breaks(old->path,
				       "is no longer in (or with ! no longer always in) events of ",
				       kind);
	}
	if (!found)
		breaks(old->path, "is renamed or removed", "");
	free(copy);
}

static void check_published_list(const char *name, int (*write)(struct buf *out, struct err *err))
{
	char *committed, *rest, *line;
	struct err err = {0};
	unsigned int lines = 0;
	struct buf now;
	size_t size;

	buf_init(&now, SCHEMA_MAX_BYTES);
	assert_int_equal(write(&now, &err), 0);
	read_committed(name, &committed, &size);
	rest = committed;
	while ((line = strsep(&rest, "\n")))
		if (*line && *line != '#') {
			struct published old = parse_line(line);

			check_published(&old, &now);
			lines++;
		}
	free(committed);
	is_current(name, &now);
	assert_true(lines > 100 || is_update());
	buf_done(&now);
}

static void what_was_published_stays(void **state)
{
	(void)state;
	check_published_list("schemas/published.fields", schema_fields);
}

static void what_was_published_in_ocsf_stays(void **state)
{
	(void)state;
	check_published_list("schemas/ocsf/published.fields", schema_ocsf_fields);
}

static void a_schema_that_does_not_exist_is_a_mistake_of_the_command_line(void **state)
{
	char *none[] = {(char *)"schema", NULL};
	char *wrong[] = {(char *)"schema", (char *)"evnet", NULL};
	char *many[] = {(char *)"schema", (char *)"event", (char *)"batch", NULL};
	struct err err = {0};

	(void)state;
	assert_int_equal(tool_schema(1, none, &err), 64);
	assert_int_equal(tool_schema(3, many, &err), 64);
	assert_int_equal(tool_schema(2, wrong, &err), 64);
	assert_non_null(strstr(err.text, "'evnet'"));
}

static void the_versions_name_every_schema(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1024);
	tool_schema_versions(&out);
	assert_int_equal(buf_add(&out, "", 1), 0);
	assert_string_equal(out.data,
			    "schemas: event " SCHEMA_EVENT_VERSION " batch " SCHEMA_BATCH_VERSION
			    " ocsf " SCHEMA_OCSF_VERSION " config " SCHEMA_CONFIG_VERSION
			    "; ECS " ECS_VERSION ", OCSF " OCSF_VERSION "\n");
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_published_stays),
		cmocka_unit_test(what_was_published_in_ocsf_stays),
		cmocka_unit_test(the_committed_schemas_are_current),
		cmocka_unit_test(the_page_of_events_is_current),
		cmocka_unit_test(every_kind_can_be_told_from_the_others),
		cmocka_unit_test(a_path_has_one_type_in_all_kinds),
		cmocka_unit_test(an_attribute_has_one_type_in_all_kinds),
		cmocka_unit_test(a_schema_that_does_not_exist_is_a_mistake_of_the_command_line),
		cmocka_unit_test(the_versions_name_every_schema),
		cmocka_unit_test(the_compact_form_leaves_out_what_is_only_of_the_full_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
