/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit/test_render_line.h"

#include "render/csv.h"

#include <errno.h>

static const char *const exit_columns[] = {"PID", "PPID", "USER", "COMMAND", "DURATION_MS"};
static const struct render_identity identity = {.host_name = "web,01"};

static int start(void **state)
{
	(void)state;
	buf_init(&out, OUT_MAX);
	return 0;
}

static void columns(const char *const *names, size_t count)
{
	const struct render_options options = {
		.format = RENDER_CSV, .columns = names, .column_count = count};
	struct err err;

	renderer_free(renderer);
	renderer = NULL;
	if (renderer_new(&renderer, &options, &identity, &err) < 0)
		fail_msg("%s", err.text);
}

#define COLUMNS(...)                                \
	columns((const char *const[]){__VA_ARGS__}, \
		sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void start_event(enum rec_kind kind)
{
	builder_start(&builder, kind, 1);
	if (!builder.task)
		return;
	builder.task->id.pid = 1234;
	builder.task->parent.pid = 1000;
	builder.task->creds.euid = 1001;
	memcpy(builder.task->comm, "ls", 3);
}

/* The cell of a command line of that one argument. */
static const char *cell(const char *argument)
{
	static char text[2 * REC_ARGS_LIMIT + 16];
	const char *got;

	COLUMNS("COMMAND_LINE");
	start_event(REC_EXEC);
	builder_bytes(&builder, &builder.exec->args, argument, strlen(argument) + 1, 0);
	got = line();
	(void)snprintf(text, sizeof(text), "%.*s", (int)strlen(got) - 1, got);
	return text;
}

static void the_header_names_the_columns_as_they_were_asked_for(void **state)
{
	(void)state;
	COLUMNS("PID", "process.args", "host.name");
	assert_int_equal(renderer_header(renderer, &out), 0);
	assert_int_equal(buf_add(&out, "", 1), 0);
	assert_string_equal(out.data, "PID,process.args,host.name\n");
}

static void an_exit_has_exact_milliseconds(void **state)
{
	(void)state;
	columns(exit_columns, 5);
	start_event(REC_EXIT);
	builder_enrich(&builder);
	builder.enriched->duration_ns = UINT64_C(86400012345678);
	builder_text(&builder, &builder.enriched->user, "alice");
	assert_string_equal(line(), "1234,1000,alice,ls,86400012.345\n");
}

static void a_user_without_a_name_is_its_number(void **state)
{
	(void)state;
	columns(exit_columns, 5);
	start_event(REC_EXIT);
	assert_string_equal(line(), "1234,1000,1001,ls,\n");
}

static void separators_and_quotes_are_quoted(void **state)
{
	(void)state;
	assert_string_equal(cell("plain text"), "plain text");
	assert_string_equal(cell("a,b"), "\"a,b\"");
	assert_string_equal(cell("a;b"), "\"a;b\"");
	assert_string_equal(cell("say \"hi\""), "\"say \"\"hi\"\"\"");
	assert_string_equal(cell("\""), "\"\"\"\"");
}

static void what_looks_like_a_formula_is_made_harmless(void **state)
{
	(void)state;
	assert_string_equal(cell("=1+1"), "'=1+1");
	assert_string_equal(cell("+1"), "'+1");
	assert_string_equal(cell("-1"), "'-1");
	assert_string_equal(cell("@SUM(A1)"), "'@SUM(A1)");
	assert_string_equal(cell("=cmd|' /C calc'!A0,x"), "\"'=cmd|' /C calc'!A0,x\"");
	assert_string_equal(cell("\t=1"), "'\\t=1");
	assert_string_equal(cell("\r=1"), "'\\x0d=1");
	assert_string_equal(cell("\n=1"), "'\\n=1");
	assert_string_equal(cell("\xef\xbc\x9d"
				 "1"),
			    "'\xef\xbc\x9d"
			    "1");
	assert_string_equal(cell("a=1"), "a=1");
}

static void control_characters_cannot_end_a_row(void **state)
{
	(void)state;
	assert_string_equal(cell("a\nb\r\x1b[0m\xff"), "a\\nb\\x0d\\x1b[0m\\xff");
}

static void any_path_of_the_schema_is_a_column(void **state)
{
	(void)state;
	COLUMNS("event.action", "event.category", "process.executable", "process.args", "host.name",
		"file.mode", "process.thread.capabilities.effective", "event.id");
	start_event(REC_EXEC);
	builder.exec->mode = 0100755;
	builder.task->creds.cap_effective = 3;
	builder_text(&builder, &builder.exec->executable, "/usr/bin/ls");
	BUILDER_LIST(&builder, &builder.exec->args, "ls\0-l");
	assert_string_equal(line(), "exec,process,/usr/bin/ls,ls -l,\"web,01\",0755,CAP_CHOWN "
				    "CAP_DAC_OVERRIDE,01000000-0000-0000-0000-000000000000:1\n");
}

static void the_default_suits_every_kind(void **state)
{
	(void)state;
	columns(NULL, 0);
	for (unsigned int kind = 0; kind < REC_KINDS; kind++) {
		if (!kind_get(kind) || !kind_get(kind)->journalled)
			continue;
		start_event((enum rec_kind)kind);
		assert_non_null(strstr(line(), kind_get(kind)->name));
	}
}

static void an_event_of_which_no_column_tells_makes_no_row(void **state)
{
	(void)state;
	columns(exit_columns, 5);
	start_event(REC_LOST);
	builder.lost->count = 3;
	assert_string_equal(line(), "");
	COLUMNS("PID", "LOST");
	start_event(REC_LOST);
	builder.lost->count = 3;
	assert_string_equal(line(), ",3\n");
}

static void a_text_that_was_cut_ends_with_an_ellipsis(void **state)
{
	(void)state;
	COLUMNS("COMMAND_LINE");
	start_event(REC_EXEC);
	builder_bytes(&builder, &builder.exec->args, "ls", 2, 100);
	assert_string_equal(line(), "ls\xe2\x80\xa6\n");
}

static void the_longest_text_there_can_be_is_whole(void **state)
{
	static char argument[REC_ARGS_LIMIT];

	(void)state;
	memset(argument, '"', sizeof(argument) - 1);
	assert_int_equal(strlen(cell(argument)), 2 * (sizeof(argument) - 1) + 2);
}

static void a_column_that_is_not_there_is_told_with_the_nearest(void **state)
{
	const struct render_options options = {.format = RENDER_CSV, .column_count = 1};
	struct render_options wrong = options;
	struct err err;

	(void)state;
	wrong.columns = (const char *const[]){"DURATION_M"};
	assert_int_equal(renderer_new(&renderer, &wrong, &identity, &err), -EINVAL);
	assert_non_null(strstr(err.text, "'DURATION_MS'"));
	wrong.columns = (const char *const[]){"proces.pid"};
	assert_int_equal(renderer_new(&renderer, &wrong, &identity, &err), -EINVAL);
	assert_non_null(strstr(err.text, "'process.pid'"));
	wrong.columns = (const char *const[]){""};
	assert_int_equal(renderer_new(&renderer, &wrong, &identity, &err), -EINVAL);
	wrong.columns = (const char *const[]){"nothing of this kind at all"};
	assert_int_equal(renderer_new(&renderer, &wrong, &identity, &err), -EINVAL);
	renderer = NULL;
}

static void every_short_name_is_a_column(void **state)
{
	const char *name, *meaning;

	(void)state;
	for (unsigned int i = 0; (name = csv_column_name(i, &meaning)); i++) {
		columns(&name, 1);
		assert_true(strlen(meaning) > 3);
	}
}

static void no_more_columns_than_there_is_room_for(void **state)
{
	const char *many[CSV_MAX_COLUMNS + 1];
	const struct render_options options = {
		.format = RENDER_CSV, .columns = many, .column_count = CSV_MAX_COLUMNS + 1};
	struct err err;

	(void)state;
	for (size_t i = 0; i < CSV_MAX_COLUMNS + 1; i++)
		many[i] = "PID";
	assert_int_equal(renderer_new(&renderer, &options, &identity, &err), -EINVAL);
	renderer = NULL;
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_header_names_the_columns_as_they_were_asked_for),
		TEST(an_exit_has_exact_milliseconds),
		TEST(a_user_without_a_name_is_its_number),
		TEST(separators_and_quotes_are_quoted),
		TEST(what_looks_like_a_formula_is_made_harmless),
		TEST(control_characters_cannot_end_a_row),
		TEST(any_path_of_the_schema_is_a_column),
		TEST(the_default_suits_every_kind),
		TEST(an_event_of_which_no_column_tells_makes_no_row),
		TEST(a_text_that_was_cut_ends_with_an_ellipsis),
		TEST(the_longest_text_there_can_be_is_whole),
		TEST(a_column_that_is_not_there_is_told_with_the_nearest),
		TEST(every_short_name_is_a_column),
		TEST(no_more_columns_than_there_is_room_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
