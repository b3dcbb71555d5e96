/* SPDX-License-Identifier: BSD-2-Clause */
/* What the golden files do not show: edges of forms, and rules that hold for every kind. */
#include "unit/test_render_document.h"

#include "decode/lookup.h"
#include "render/ocsf.h"
#include "render/ocsf_plan.h"
#include "render/ocsf_table.h"

static int start(void **state)
{
	const struct render_options options = {.format = RENDER_OCSF, .detail = RENDER_FULL};

	return start_renderer(state, &options, &(struct render_identity){.host_name = "h"});
}

static void start_open(struct fixture *fixture)
{
	builder_start(&fixture->builder, REC_OPEN_FAILED, 1);
	fixture->builder.open->file_uid = fixture->builder.open->file_gid = REC_ID_UNSET;
}

static void every_kind_has_a_class_and_says_so_in_each_event(void **state)
{
	for (unsigned int i = 0; i < REC_KINDS; i++) {
		const struct kind *kind = kind_get(i);
		struct leaf leaves[OCSF_CONSTANTS_MAX];
		char type[16];

		(void)state;
		if (!kind || !kind->journalled)
			continue;
		if (!ocsf_kinds[i].class)
			fail_msg("%s has no row in shipper/render/ocsf_table.c", kind->name);
		assert_true(ocsf_constants(leaves, kind, false) >= 13);
		(void)snprintf(type, sizeof(type), "%u",
			       ocsf_kinds[i].class->uid * 100U + ocsf_kinds[i].activity);
		assert_string_equal(leaves[6].path, "type_uid");
		assert_string_equal(leaves[6].constant, type);
	}
}

/* A column whose field no kind has is a slip of the pen. */
static void every_column_has_a_field(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < REC_KINDS; i++)
		for (unsigned int t = 0; t < OCSF_TABLES_MAX && ocsf_kinds[i].tables[t]; t++)
			for (const struct ocsf_column *at = ocsf_kinds[i].tables[t]; at->from; at++)
				if (!lookup_field(at->from) &&
				    strncmp(at->from, "Linux.creator.", 14) != 0)
					fail_msg("%s: no event has %s", at->path, at->from);
}

static bool is_told(const struct plan *plan, const struct field *field)
{
	for (unsigned int i = 0; i < plan->member_count; i++)
		for (unsigned int r = 0; r < plan->members[i].row_count; r++)
			if (plan->members[i].rows[r].field == field)
				return true;
	return false;
}

static bool is_said_by_another(const struct kind *kind, const char *path)
{
	const struct ocsf_column *const *tables = ocsf_kinds[kind->kind].tables;

	for (unsigned int t = 0; t < OCSF_TABLES_MAX && tables[t]; t++)
		for (const struct ocsf_column *at = tables[t]; at->from; at++)
			if (!at->path && strcmp(at->from, path) == 0)
				return true;
	return false;
}

/* Parts of a path are the path's; tags are put together elsewhere. */
static bool needs_no_column(const struct field *field)
{
	return field->type == FIELD_HIDDEN || field->type == FIELD_BASENAME ||
	       field->type == FIELD_DIRNAME || strcmp(field->path, "tags") == 0;
}

static void every_row_of_every_kind_is_told(void **state)
{
	unsigned int rows = 0;

	(void)state;
	for (unsigned int i = 0; i < REC_KINDS; i++) {
		const struct kind *kind = kind_get(i);
		unsigned int cursor = 0;
		struct ocsf_plan plan;
		struct err err;
		struct row row;

		if (!kind || !kind->journalled)
			continue;
		assert_int_equal(ocsf_plan_make(&plan, kind, false, &err), 0);
		for (; row_next(kind, &cursor, &row); rows++)
			if (!needs_no_column(row.field) && !is_told(&plan.plan, row.field) &&
			    !is_said_by_another(kind, row.field->path))
				fail_msg("%s of %s is told nowhere", row.field->path, kind->name);
		ocsf_plan_done(&plan);
	}
	assert_true(rows > 500);
}

/* Of what ECS tells of an event nothing is missing: it has a column, or stands under unmapped. */
static void no_field_is_lost(void **state)
{
	struct fixture *fixture = *state;

	builder_start(&fixture->builder, REC_EXEC, 1);
	fixture->builder.task->creds.suid = 7;
	BUILDER_LIST(&fixture->builder, &fixture->builder.exec->args, "ls\0-l");
	fixture->builder.exec->args_count = 2;
	render(fixture);
	assert_text(fixture, "process.cmd_line", "ls -l");
	assert_number(fixture, "unmapped.process.args_count", "2");
	assert_text(fixture, "unmapped.process.saved_user.id", "7");
	assert_text(fixture, "unmapped.Linux.sequence.class", "task");
	assert_absent(fixture, "unmapped.process.command_line");
	assert_absent(fixture, "unmapped.@timestamp");
}

static void times_are_milliseconds_and_exact_in_text(void **state)
{
	struct fixture *fixture = *state;

	builder_start(&fixture->builder, REC_EXIT, 1);
	builder_enrich(&fixture->builder);
	fixture->builder.enriched->duration_ns = 1999999;
	render(fixture);
	assert_number(fixture, "time", "1772368496789");
	assert_text(fixture, "time_dt", "2026-03-01T12:34:56.789012345Z");
	assert_number(fixture, "process.terminated_time", "1772368496789");
	assert_number(fixture, "duration", "1");
	assert_number(fixture, "unmapped.event.duration", "1999999");
}

static void a_file_that_nobody_knows_has_what_ocsf_insists_on(void **state)
{
	struct fixture *fixture = *state;

	start_open(fixture);
	render(fixture);
	assert_text(fixture, "file.name", "Unknown");
	assert_number(fixture, "file.type_id", "0");
	assert_text(fixture, "file.type", "Unknown");
	assert_absent(fixture, "file.path");
	assert_absent(fixture, "file.owner");
}

static void the_root_directory_is_its_own_name(void **state)
{
	struct fixture *fixture = *state;

	start_open(fixture);
	builder_text(&fixture->builder, &fixture->builder.open->path, "/");
	render(fixture);
	assert_text(fixture, "file.name", "/");
	assert_text(fixture, "file.path", "/");
}

static void types_of_files_have_the_numbers_of_ocsf(void **state)
{
	static const struct {
		uint32_t mode;
		const char *id, *name;
	} types[] = {
		{0100644, "1", "Regular File"},     {0040755, "2", "Folder"},
		{0020666, "3", "Character Device"}, {0060660, "4", "Block Device"},
		{0140777, "5", "Local Socket"},     {0010644, "6", "Named Pipe"},
		{0120777, "7", "Symbolic Link"},    {0170000, "0", "Unknown"},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		char attributes[16];

		start_open(fixture);
		fixture->builder.open->mode = types[i].mode;
		render(fixture);
		assert_number(fixture, "file.type_id", types[i].id);
		assert_text(fixture, "file.type", types[i].name);
		(void)snprintf(attributes, sizeof(attributes), "%u", types[i].mode);
		assert_number(fixture, "file.attributes", attributes);
	}
}

static void a_number_that_json_cannot_carry_is_left_out(void **state)
{
	struct fixture *fixture = *state;

	start_open(fixture);
	fixture->builder.open->flags = FIELD_NUMBER_MAX;
	render(fixture);
	assert_number(fixture, "access_mask", "9007199254740991");
	start_open(fixture);
	fixture->builder.open->flags = FIELD_NUMBER_MAX + 1;
	render(fixture);
	assert_absent(fixture, "access_mask");
	assert_text(fixture, "unmapped.Linux.open.flags_raw", "9007199254740992");
}

/* The list at path has an item whose member says so. */
static bool has_item(const struct fixture *fixture, const char *path, const char *member,
		     const char *text)
{
	const char *const keys[] = {member, NULL};
	yajl_val list = get(fixture, path);

	for (size_t i = 0; list && YAJL_IS_ARRAY(list) && i < list->u.array.len; i++) {
		yajl_val value =
			yajl_tree_get(list->u.array.values[i], (const char **)keys, yajl_t_string);

		if (value && strcmp(value->u.string, text) == 0)
			return true;
	}
	return false;
}

static void variables_are_names_and_values(void **state)
{
	struct fixture *fixture = *state;

	builder_start(&fixture->builder, REC_EXEC, 1);
	BUILDER_LIST(&fixture->builder, &fixture->builder.exec->env,
		     "A=b=c\0EMPTY=\0ODD\0BAD=\xff");
	render(fixture);
	assert_true(has_item(fixture, "process.environment_variables", "name", "A"));
	assert_true(has_item(fixture, "process.environment_variables", "value", "b=c"));
	assert_true(has_item(fixture, "process.environment_variables", "name", "EMPTY"));
	assert_true(has_item(fixture, "process.environment_variables", "value", ""));
	assert_true(has_item(fixture, "process.environment_variables", "name", "ODD"));
	assert_true(
		has_item(fixture, "unmapped.Linux.raw", "field", "process.environment_variables"));
	assert_true(has_item(fixture, "unmapped.Linux.raw", "base64", "QkFEPf8="));
	assert_absent(fixture, "unmapped.process.env_vars");
}

static void bytes_that_are_not_utf8_are_kept_once(void **state)
{
	struct fixture *fixture = *state;
	yajl_val raws;

	builder_start(&fixture->builder, REC_EXEC, 1);
	builder_text(&fixture->builder, &fixture->builder.exec->executable, "/tmp/\xff");
	render(fixture);
	assert_text(fixture, "process.file.path", "/tmp/\xef\xbf\xbd");
	raws = get(fixture, "unmapped.Linux.raw");
	assert_true(raws && YAJL_IS_ARRAY(raws));
	assert_int_equal(raws->u.array.len, 1);
	assert_true(has_item(fixture, "unmapped.Linux.raw", "field", "process.path"));
	assert_absent(fixture, "metadata.is_truncated");
}

static void what_was_cut_is_told(void **state)
{
	struct fixture *fixture = *state;
	yajl_val truncated;

	builder_start(&fixture->builder, REC_EXEC, 1);
	builder_bytes(&fixture->builder, &fixture->builder.exec->cwd, "deep/down", 9,
		      REC_FULL_UNKNOWN);
	render(fixture);
	assert_true(has_item(fixture, "unmapped.Linux.truncated", "field",
			     "process.working_directory"));
	truncated = get(fixture, "metadata.is_truncated");
	assert_true(truncated && YAJL_IS_TRUE(truncated));
}

static void the_name_of_a_path_that_is_cut_at_its_end_is_unknown(void **state)
{
	static const uint32_t wholes[] = {7, REC_FULL_UNKNOWN};
	struct fixture *fixture = *state;
	struct entry_builder *builder = &fixture->builder;

	for (size_t i = 0; i < 2; i++) {
		builder_start(builder, REC_EXEC_FAILED, 1);
		builder_enrich(builder);
		builder_bytes(builder, &builder->enriched->file_path, "/tmp/ab", 7, wholes[i]);
		render(fixture);
		assert_text(fixture, "process.path", "/tmp/ab");
		assert_text(fixture, "process.file.path", "/tmp/ab");
		assert_number(fixture, "process.file.type_id", "0");
		if (i == 0) {
			assert_text(fixture, "process.name", "ab");
			assert_text(fixture, "process.file.name", "ab");
			assert_text(fixture, "process.file.parent_folder", "/tmp");
		} else {
			assert_absent(fixture, "process.name");
			assert_text(fixture, "process.file.name", "Unknown");
			assert_absent(fixture, "process.file.parent_folder");
		}
	}
}

static void the_host_has_a_name_whatever_is_known(void **state)
{
	struct fixture *fixture = *state;

	start_open(fixture);
	render(fixture);
	assert_text(fixture, "device.hostname", "h");
	assert_text(fixture, "device.os.name", "Linux");
	renderer_free(fixture->renderer);
	assert_int_equal(renderer_new(&fixture->renderer,
				      &(struct render_options){.format = RENDER_OCSF},
				      &(struct render_identity){0}, &(struct err){0}),
			 0);
	start_open(fixture);
	render(fixture);
	assert_text(fixture, "device.hostname", "Unknown");
}

int main(void)
{
#define OCSF_TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		OCSF_TEST(every_kind_has_a_class_and_says_so_in_each_event),
		OCSF_TEST(every_column_has_a_field),
		OCSF_TEST(every_row_of_every_kind_is_told),
		OCSF_TEST(no_field_is_lost),
		OCSF_TEST(times_are_milliseconds_and_exact_in_text),
		OCSF_TEST(a_file_that_nobody_knows_has_what_ocsf_insists_on),
		OCSF_TEST(the_root_directory_is_its_own_name),
		OCSF_TEST(types_of_files_have_the_numbers_of_ocsf),
		OCSF_TEST(a_number_that_json_cannot_carry_is_left_out),
		OCSF_TEST(variables_are_names_and_values),
		OCSF_TEST(bytes_that_are_not_utf8_are_kept_once),
		OCSF_TEST(what_was_cut_is_told),
		OCSF_TEST(the_name_of_a_path_that_is_cut_at_its_end_is_unknown),
		OCSF_TEST(the_host_has_a_name_whatever_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
