/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit/test_render_line.h"

#include <errno.h>

static int start_plain(void **state)
{
	(void)state;
	return start_renderer(&(struct render_options){.format = RENDER_TABLE});
}

static int start_colored(void **state)
{
	(void)state;
	return start_renderer(&(struct render_options){.format = RENDER_TABLE, .color = true});
}

static void start_event(enum rec_kind kind)
{
	builder_start(&builder, kind, 1);
	if (!builder.task)
		return;
	builder.task->id.pid = 4242;
	builder.task->parent.pid = 2231;
	builder.task->creds.euid = 1000;
	memcpy(builder.task->comm, "curl", 5);
}

static void the_header_names_the_columns(void **state)
{
	(void)state;
	assert_int_equal(renderer_header(renderer, &out), 0);
	assert_int_equal(buf_add(&out, "", 1), 0);
	assert_string_equal(out.data,
			    "TIME         EVENT       COMM            PID     PPID    USER       "
			    "FILENAME/EXIT CODE\n");
}

static void exec_shows_the_command_line(void **state)
{
	(void)state;
	start_event(REC_EXEC);
	builder_text(&builder, &builder.exec->executable, "/usr/bin/curl");
	BUILDER_LIST(&builder, &builder.exec->args, "curl\0-o\0/tmp/x y");
	builder_enrich(&builder);
	builder_text(&builder, &builder.enriched->user, "alice");
	assert_string_equal(line(),
			    "12:34:56.789 exec        curl            4242    2231    alice      "
			    "curl -o /tmp/x y\n");
}

static void exec_without_arguments_shows_the_executable(void **state)
{
	(void)state;
	start_event(REC_EXEC);
	builder_text(&builder, &builder.exec->executable, "/usr/bin/curl");
	assert_string_equal(line(),
			    "12:34:56.789 exec        curl            4242    2231    1000       "
			    "/usr/bin/curl\n");
}

static void fork_shows_whose_child_it_is(void **state)
{
	(void)state;
	start_event(REC_FORK);
	builder.fork->creator.pid = 2230;
	builder.fork->creator_tid = 2232;
	builder_enrich(&builder);
	BUILDER_LIST(&builder, &builder.enriched->process.args, "-bash");
	assert_string_equal(line(),
			    "12:34:56.789 fork        curl            4242    2231    1000       "
			    "-> child of 2230\n");
}

static void assert_exit(uint32_t code, uint32_t signal, uint64_t duration_ns, const char *expected)
{
	const char *shown;

	start_event(REC_EXIT);
	builder.exit->exit_code = code;
	builder.exit->exit_signal = signal;
	builder.exit->core_dumped = signal == 11;
	builder_enrich(&builder);
	builder.enriched->duration_ns = duration_ns;
	BUILDER_LIST(&builder, &builder.enriched->process.args, "curl");
	shown = strchr(line(), '[');
	assert_non_null(shown);
	assert_string_equal(shown, expected);
}

static void exit_shows_status_or_signal_and_the_time_it_took(void **state)
{
	(void)state;
	assert_exit(0, 0, 12345678, "[0] (12ms)\n");
	assert_exit(7, 0, UINT64_C(999999999), "[7] (999ms)\n");
	assert_exit(137, 9, UINT64_C(1250000000), "[SIGKILL] (1.2s)\n");
	assert_exit(139, 11, UINT64_C(125000000000), "[SIGSEGV] (2m05s) core dumped\n");
	assert_exit(0, 0, UINT64_C(7384000000000), "[0] (2h03m)\n");
	assert_exit(0, 0, ENRICHED_UNSET, "[0]\n");
}

static void lost_events_are_loud(void **state)
{
	(void)state;
	start_event(REC_LOST);
	builder.lost->count = 1734;
	assert_string_equal(line(), "12:34:56.789 events_lost -               -       -       -   "
				    "       *** 1734 events lost *** reason: ring_buffer_full\n");
}

static void nothing_from_outside_steers_the_terminal(void **state)
{
	const char *shown;

	(void)state;
	start_event(REC_EXEC);
	memcpy(builder.task->comm, "\x1b[2J\n", 6);
	BUILDER_LIST(&builder, &builder.exec->args,
		     "\x1b]0;x\x07\0\r\n00:00:00 forged\0\xff\xc2\x9b");
	builder_enrich(&builder);
	builder_text(&builder, &builder.enriched->user, "a\tb\x7f");
	shown = line();
	for (const char *at = shown; *at; at++)
		assert_true(((unsigned char)*at >= 0x20 && (unsigned char)*at < 0x7f) ||
			    (*at == '\n' && at[1] == '\0'));
	assert_non_null(strstr(shown, "\\x1b[2J\\n"));
	assert_non_null(strstr(shown, "forged"));
}

static size_t columns_of(const char *text)
{
	size_t count = 0;

	for (; *text && *text != '\n'; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

static void long_texts_are_cut_at_a_whole_character(void **state)
{
	static char args[8192];
	const char *shown;

	(void)state;
	for (size_t i = 0; i < sizeof(args); i += 2)
		memcpy(args + i, "\xc3\xa4", 2);
	start_event(REC_EXEC);
	builder_bytes(&builder, &builder.exec->args, args, sizeof(args), 0);
	shown = strstr(line(), "\xc3\xa4");
	assert_non_null(shown);
	assert_int_equal(columns_of(shown), 200);
	assert_string_equal(shown + 2 * 199, "\xe2\x80\xa6\n");
	start_event(REC_EXEC);
	builder_bytes(&builder, &builder.exec->args, args, 400, 0);
	assert_int_equal(columns_of(strstr(line(), "\xc3\xa4")), 200);
	assert_null(strstr(out.data, "\xe2\x80\xa6"));
}

static void a_text_that_was_cut_before_says_so(void **state)
{
	(void)state;
	start_event(REC_EXEC);
	builder_bytes(&builder, &builder.exec->args, "echo\0a", 6, 100000);
	assert_non_null(strstr(line(), " echo a\xe2\x80\xa6\n"));
}

static void colours_only_for_a_terminal(void **state)
{
	(void)state;
	start_event(REC_EXIT);
	builder.exit->exit_code = 1;
	assert_non_null(strstr(line(), "\x1b[31m"));
	assert_non_null(strstr(out.data, "\x1b[0m\n"));
	start_event(REC_LOST);
	builder.lost->count = 1;
	assert_non_null(strstr(line(), "\x1b[1;37;41m"));
}

static void a_full_buffer_stays_as_it_was(void **state)
{
	const char *why = NULL;
	struct event event;
	struct buf small;

	(void)state;
	start_event(REC_EXIT);
	assert_int_equal(entry_parse(builder.data, builder_end(&builder), stream, &event, &why), 0);
	buf_init(&small, 20);
	assert_int_equal(buf_add(&small, "old\n", 4), 0);
	assert_int_equal(renderer_event(renderer, &event, &small), -EMSGSIZE);
	assert_int_equal(renderer_header(renderer, &small), -EMSGSIZE);
	assert_int_equal(small.length, 4);
	buf_done(&small);
}

int main(void)
{
#define TABLE_TEST(name) cmocka_unit_test_setup_teardown(name, start_plain, stop)
	const struct CMUnitTest tests[] = {
		TABLE_TEST(the_header_names_the_columns),
		TABLE_TEST(exec_shows_the_command_line),
		TABLE_TEST(exec_without_arguments_shows_the_executable),
		TABLE_TEST(fork_shows_whose_child_it_is),
		TABLE_TEST(exit_shows_status_or_signal_and_the_time_it_took),
		TABLE_TEST(lost_events_are_loud),
		TABLE_TEST(nothing_from_outside_steers_the_terminal),
		TABLE_TEST(long_texts_are_cut_at_a_whole_character),
		TABLE_TEST(a_text_that_was_cut_before_says_so),
		cmocka_unit_test_setup_teardown(colours_only_for_a_terminal, start_colored, stop),
		TABLE_TEST(a_full_buffer_stays_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
