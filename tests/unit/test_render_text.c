/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit/test_render_line.h"

#include "render/text.h"

static int start_plain(void **state)
{
	(void)state;
	return start_renderer(&(struct render_options){.format = RENDER_TEXT});
}

static int start_colored(void **state)
{
	(void)state;
	return start_renderer(&(struct render_options){.format = RENDER_TEXT, .color = true});
}

static void start_event(enum rec_kind kind)
{
	builder_start(&builder, kind, 1);
	if (!builder.task)
		return;
	builder.task->id.pid = 1234;
	builder.task->parent.pid = 1000;
	memcpy(builder.task->comm, "ls", 3);
}

#define TIME "[2026-03-01 12:34:56.789012]"

static void an_exec_has_path_and_arguments(void **state)
{
	(void)state;
	start_event(REC_EXEC);
	builder_text(&builder, &builder.exec->executable, "/usr/bin/ls");
	BUILDER_LIST(&builder, &builder.exec->args, "ls\0-l\0/tmp");
	assert_string_equal(line(),
			    TIME " Process ls (PID:1234, PPID:1000) exec /usr/bin/ls -l /tmp\n");
}

static void an_exec_without_arguments_ends_with_the_path(void **state)
{
	(void)state;
	start_event(REC_EXEC);
	builder_text(&builder, &builder.exec->executable, "/usr/bin/ls");
	BUILDER_LIST(&builder, &builder.exec->args, "ls");
	assert_string_equal(line(), TIME " Process ls (PID:1234, PPID:1000) exec /usr/bin/ls\n");
	start_event(REC_EXEC);
	assert_string_equal(line(), TIME " Process ls (PID:1234, PPID:1000) exec\n");
}

static void an_exit_tells_its_code_and_duration(void **state)
{
	(void)state;
	start_event(REC_EXIT);
	builder.exit->exit_code = 1;
	builder_enrich(&builder);
	builder.enriched->duration_ns = 12 * 1000000;
	builder_text(&builder, &builder.enriched->process.executable, "/usr/bin/ls");
	assert_string_equal(line(),
			    TIME " Process ls (PID:1234, PPID:1000) exited EXIT_CODE=1 (12ms)\n");
}

static void an_exit_of_unknown_duration_has_none(void **state)
{
	(void)state;
	start_event(REC_EXIT);
	assert_string_equal(line(), TIME " Process ls (PID:1234, PPID:1000) exited EXIT_CODE=0\n");
}

static void a_killed_process_tells_the_signal(void **state)
{
	(void)state;
	start_event(REC_EXIT);
	builder.exit->exit_code = 137;
	builder.exit->exit_signal = 9;
	builder.exit->core_dumped = 1;
	builder_enrich(&builder);
	builder.enriched->duration_ns = 12 * 1000000;
	assert_string_equal(line(), TIME " Process ls (PID:1234, PPID:1000) exited SIGNAL=SIGKILL "
					 "(12ms) core dumped\n");
}

static void a_fork_is_told_of_its_creator(void **state)
{
	(void)state;
	start_event(REC_FORK);
	builder.fork->creator.pid = 999;
	builder.fork->creator_tid = 1001;
	assert_string_equal(line(), TIME " Process ls (PID:999) forked 1234\n");
}

static void a_fork_by_an_unknown_thread_is_still_a_fork(void **state)
{
	(void)state;
	start_event(REC_FORK);
	builder_enrich(&builder);
	builder_text(&builder, &builder.enriched->process.executable, "/usr/bin/ls");
	assert_string_equal(line(), TIME " Process ls forked 1234\n");
}

static void lost_events_are_a_clear_line(void **state)
{
	(void)state;
	start_event(REC_LOST);
	builder.lost->count = 17;
	assert_string_equal(line(), TIME " *** 17 events lost, reason: ring_buffer_full ***\n");
}

static void hostile_names_cannot_forge_a_line_or_steer_the_terminal(void **state)
{
	(void)state;
	start_event(REC_EXEC);
	memcpy(builder.task->comm, "a\nb\x1b[2J", 8);
	builder_text(&builder, &builder.exec->executable, "/tmp/x\n[2026]\r\x07");
	BUILDER_LIST(&builder, &builder.exec->args, "x\0\xff\xfe\0\xe2\x80\xae");
	assert_string_equal(line(), TIME " Process a\\nb\\x1b[2J (PID:1234, PPID:1000) exec "
					 "/tmp/x\\n[2026]\\x0d\\x07 \\xff\\xfe \\u{202e}\n");
}

static void a_long_argument_ends_with_an_ellipsis(void **state)
{
	static char long_list[2 + TEXT_COLUMNS * 2];
	const char *text;

	(void)state;
	memset(long_list, 'x', sizeof(long_list));
	long_list[1] = '\0';
	start_event(REC_EXEC);
	builder_text(&builder, &builder.exec->executable, "/bin/x");
	builder_bytes(&builder, &builder.exec->args, long_list, sizeof(long_list), 0);
	text = line();
	assert_non_null(strstr(text, "xxx\xe2\x80\xa6\n"));
	assert_true(strlen(text) < TEXT_COLUMNS + 200);
}

static void colours_are_for_terminals(void **state)
{
	(void)state;
	start_event(REC_EXIT);
	builder.exit->exit_signal = 9;
	assert_memory_equal(line(), "\x1b[31m", 5);
	start_event(REC_EXEC);
	assert_memory_equal(line(), "[2026", 5);
}

static void every_kind_has_a_line(void **state)
{
	(void)state;
	for (unsigned int kind = 0; kind < REC_KINDS; kind++) {
		const char *text;

		if (!kind_get(kind) || !kind_get(kind)->journalled)
			continue;
		start_event((enum rec_kind)kind);
		text = line();
		assert_memory_equal(text, TIME " ", sizeof(TIME));
		assert_true(strlen(text) > sizeof(TIME) + 5);
		assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	}
}

#define PLAIN(test) cmocka_unit_test_setup_teardown(test, start_plain, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLAIN(an_exec_has_path_and_arguments),
		PLAIN(an_exec_without_arguments_ends_with_the_path),
		PLAIN(an_exit_tells_its_code_and_duration),
		PLAIN(an_exit_of_unknown_duration_has_none),
		PLAIN(a_killed_process_tells_the_signal),
		PLAIN(a_fork_is_told_of_its_creator),
		PLAIN(a_fork_by_an_unknown_thread_is_still_a_fork),
		PLAIN(lost_events_are_a_clear_line),
		PLAIN(hostile_names_cannot_forge_a_line_or_steer_the_terminal),
		PLAIN(a_long_argument_ends_with_an_ellipsis),
		cmocka_unit_test_setup_teardown(colours_are_for_terminals, start_colored, stop),
		PLAIN(every_kind_has_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
