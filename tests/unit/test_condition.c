/* SPDX-License-Identifier: BSD-2-Clause */
#include "entry_builder.h"
#include "filter/condition.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct entry_builder builder;
static const uint8_t stream[16];

static struct event end_event(void)
{
	struct event event;
	const char *why;

	assert_int_equal(entry_parse(builder.data, builder_end(&builder), stream, &event, &why), 0);
	return event;
}

/* /usr/bin/curl -s http://x by uid 1000 (alice), parent make, with CAP_NET_RAW. */
static struct event make_exec(void)
{
	builder_start(&builder, REC_EXEC, 7);
	builder.task->id.pid = 4711;
	builder.task->creds.uid = builder.task->creds.euid = 1000;
	builder.task->creds.cap_effective = 1u << 13;
	builder.exec->file_size = 8192;
	builder.exec->mode = 0100755;
	builder.exec->secure = 1;
	builder.exec->args_count = 3;
	builder_text(&builder, &builder.exec->executable, "/usr/bin/curl");
	BUILDER_LIST(&builder, &builder.exec->args, "curl\0-s\0http://x");
	memcpy(builder.task->comm, "curl", 4);
	builder_enrich(&builder);
	builder_text(&builder, &builder.enriched->user, "alice");
	builder_text(&builder, &builder.enriched->parent.executable, "/usr/bin/make");
	return end_event();
}

static struct event make_exit(uint64_t duration_ns)
{
	builder_start(&builder, REC_EXIT, 8);
	builder.task->id.pid = 4711;
	builder.exit->exit_code = 137;
	builder.exit->exit_signal = 9;
	builder_enrich(&builder);
	builder.enriched->duration_ns = duration_ns;
	return end_event();
}

static struct yaml_node *parse(const char *text)
{
	struct faults faults = {0};
	struct yaml_node *root;

	assert_int_equal(yaml_tree_parse(&root, text, strlen(text), &faults), 0);
	assert_int_equal(faults.count, 0);
	return root;
}

static struct condition *compile(const char *text)
{
	struct yaml_node *root = parse(text);
	struct faults faults = {0};
	struct condition *condition;
	int result = condition_compile(&condition, root, &faults);

	for (size_t i = 0; i < faults.count; i++)
		print_error("%s: %s\n", text, faults.items[i].text);
	assert_int_equal(result, 0);
	yaml_tree_free(root);
	return condition;
}

static bool holds(const char *text, const struct event *event)
{
	struct condition *condition = compile(text);
	bool result = condition_matches(condition, event);

	condition_free(condition);
	return result;
}

static void values_are_exact_or_globs(void **state)
{
	struct event event = make_exec();

	(void)state;
	assert_true(holds("{process.executable: /usr/bin/curl}", &event));
	assert_false(holds("{process.executable: /usr/bin/cur}", &event));
	assert_false(holds("{process.executable: /usr/bin/curly}", &event));
	assert_true(holds("{process.executable: '/usr/*/c??l'}", &event));
	assert_true(holds("{process.executable: '/usr/bin/*'}", &event));
	assert_true(holds("{process.executable: '*/curl'}", &event));
	assert_false(holds("{process.executable: '/usr/sbin/*'}", &event));
	assert_false(holds("{process.executable: '*/wget'}", &event));
	assert_false(holds("{process.executable: '/usr/bin/curl\\*'}", &event));
	assert_true(holds("{process.executable: [/bin/sh, '/usr/bin/*']}", &event));
	assert_true(holds("{process.name: curl, user.name: alice}", &event));
	assert_false(holds("{process.name: curl, user.name: bob}", &event));
	assert_true(holds("{process.parent.name: make}", &event));
	assert_true(holds("{process.thread.name: curl}", &event));
}

static void alternatives_are_a_list_of_maps(void **state)
{
	struct event event = make_exec();

	(void)state;
	assert_true(holds("[{process.name: wget}, {process.name: curl}]", &event));
	assert_false(holds("[{process.name: wget}, {process.name: curl, user.name: bob}]", &event));
}

static void numbers_and_booleans_compare_by_value(void **state)
{
	struct event event = make_exec();

	(void)state;
	assert_true(holds("{process.pid: 4711}", &event));
	assert_true(holds("{process.pid: '4711'}", &event));
	assert_true(holds("{process.pid: 0004711}", &event));
	assert_false(holds("{process.pid: 471}", &event));
	assert_true(holds("{user.id: [0, 1000]}", &event));
	assert_true(holds("{Linux.exec.secure: true, Linux.exec.memfd: false}", &event));
	assert_false(holds("{Linux.exec.secure: false}", &event));
	assert_true(holds("{file.mode: '0755', file.type: file}", &event));
}

static void ranges_know_units(void **state)
{
	struct event event = make_exec();

	(void)state;
	assert_true(holds("{file.size: {min: 8KiB, max: 8192}}", &event));
	assert_false(holds("{file.size: {min: 8193}}", &event));
	assert_false(holds("{file.size: {max: 8kB}}", &event));
	event = make_exit(100 * 1000000);
	assert_true(holds("{event.duration: {min: 100ms}}", &event));
	assert_true(holds("{event.duration: {min: 100000us, max: 100000000}}", &event));
	assert_false(holds("{event.duration: {min: 101ms}}", &event));
	assert_false(holds("{event.duration: {max: 99ms}}", &event));
	event = make_exit(ENRICHED_UNSET);
	assert_false(holds("{event.duration: {min: 0}}", &event));
}

static void not_negates_what_the_event_has(void **state)
{
	struct event event = make_exec();

	(void)state;
	assert_true(holds("{process.name: {not: wget}}", &event));
	assert_false(holds("{process.name: {not: curl}}", &event));
	assert_false(holds("{process.name: {not: [wget, 'c*']}}", &event));
	assert_true(holds("{process.name: {is: 'c*', not: cron}}", &event));
	assert_false(holds("{process.name: {is: 'c*', not: curl}}", &event));
	assert_true(holds("{user.id: {not: 0}}", &event));
	assert_false(holds("{process.exit_code: {not: 0}}", &event));
}

static void absent_fields_match_nothing_but_their_absence(void **state)
{
	struct event event = make_exec();

	(void)state;
	assert_true(holds("{process.working_directory: {exists: false}}", &event));
	assert_false(holds("{process.working_directory: {exists: true}}", &event));
	assert_true(holds("{process.executable: {exists: true}}", &event));
	assert_false(holds("{process.executable: {exists: false}}", &event));
	assert_true(holds("{process.exit_code: {exists: false}}", &event));
	assert_false(holds("{process.working_directory: '*'}", &event));
	assert_false(holds("{Linux.exit.signal: {max: 64}}", &event));
}

static void lists_match_when_any_element_does(void **state)
{
	struct event event = make_exec();

	(void)state;
	assert_true(holds("{process.args: -s}", &event));
	assert_true(holds("{process.args: 'http*'}", &event));
	assert_false(holds("{process.args: s}", &event));
	assert_false(holds("{process.args: {not: -s}}", &event));
	assert_true(holds("{process.args: {not: -v}}", &event));
	assert_true(holds("{process.command_line: 'curl -s http://x'}", &event));
	assert_true(holds("{process.command_line: 'curl -s*'}", &event));
	assert_true(holds("{process.command_line: '* http://?'}", &event));
	assert_true(holds("{process.thread.capabilities.effective: CAP_NET_RAW}", &event));
	assert_false(holds("{process.thread.capabilities.effective: CAP_SYS_ADMIN}", &event));
}

static void words_of_the_kind_are_fields(void **state)
{
	struct event event = make_exec();

	(void)state;
	assert_true(holds("{event.action: exec, event.type: start}", &event));
	assert_true(holds("{event.action: [fork, 'ex*']}", &event));
	assert_false(holds("{event.action: end}", &event));
	assert_false(holds("{event.category: {not: process}}", &event));
	event = make_exit(1);
	assert_true(holds("{event.action: end, Linux.exit.signal_name: SIGKILL}", &event));
	assert_true(holds("{event.dataset: auditship.process}", &event));
}

/* No field has an address yet; text that is one will do. */
static void networks_are_for_text(void **state)
{
	struct event event;

	(void)state;
	builder_start(&builder, REC_EXEC, 1);
	builder_text(&builder, &builder.exec->filename, "10.1.2.3");
	event = end_event();
	assert_true(holds("{Linux.exec.filename: {cidr: 10.0.0.0/8}}", &event));
	assert_true(holds("{Linux.exec.filename: {cidr: ['fe80::/10', 10.1.0.0/16]}}", &event));
	assert_false(holds("{Linux.exec.filename: {cidr: 11.0.0.0/8}}", &event));
}

static void bytes_that_are_no_text_can_be_looked_for(void **state)
{
	struct event event;

	(void)state;
	builder_start(&builder, REC_EXEC, 1);
	builder_text(&builder, &builder.exec->executable, "/tmp/\xff\xfe x");
	event = end_event();
	assert_true(holds("{process.executable: '/tmp/??[ ]x'}", &event));
}

static void every_fault_is_told_with_its_place(void **state)
{
	static const struct {
		const char *text;
		unsigned int line, column;
		const char *words;
	} bad[] = {
		{"{process.executible: /x}", 1, 2, "did you mean 'process.executable'"},
		{"{process.pid: x}", 1, 15, "'x': expected a number"},
		{"{process.pid: '1*'}", 1, 15, "expected a number"},
		{"{process.pid: -1}", 1, 15, "expected a number"},
		{"{process.name: {mim: 1}}", 1, 17, "unknown operator 'mim'"},
		{"{process.name: {min: 1}}", 1, 22, "'min' is for numbers"},
		{"{process.name: {exists: yes}}", 1, 25, "expected true or false"},
		{"{process.pid: {cidr: 10.0.0.0/8}}", 1, 22, "for addresses"},
		{"{process.name: {cidr: 10.0.0.0/99}}", 1, 23, "expected a network"},
		{"{event.duration: {min: 5 parsec}}", 1, 24, "expected a duration"},
		{"{process.name: '[a'}", 1, 16, "not closed"},
		{"{process.name: []}", 1, 16, "an empty list"},
		{"{process.name: {}}", 1, 16, "expected an operator"},
		{"{process.name: [[a]]}", 1, 17, "expected a value"},
		{"{event.action: exit}", 1, 16, "capture.events calls exit it is 'end'"},
		{"{event.category: [proces]}", 1, 19, "did you mean 'process'"},
		{"{event.outcome: {not: zzzzzzzz}}", 1, 23, "'zzzzzzzz': no event has it"},
		{"{host.name: web}", 1, 2, "the same in every event"},
		{"{}", 1, 1, "expected a map"},
		{"[]", 1, 1, "expected a map"},
		{"text", 1, 1, "expected a map"},
		{"{process.name: ~}", 1, 16, "expected a value"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct yaml_node *root = parse(bad[i].text);
		struct faults faults = {0};
		struct condition *condition;

		assert_int_equal(condition_compile(&condition, root, &faults), -EINVAL);
		assert_int_equal(faults.count, 1);
		if (!strstr(faults.items[0].text, bad[i].words))
			print_error("%s: %s\n", bad[i].text, faults.items[0].text);
		assert_non_null(strstr(faults.items[0].text, bad[i].words));
		assert_int_equal(faults.items[0].place.line, bad[i].line);
		assert_int_equal(faults.items[0].place.column, bad[i].column);
		faults_done(&faults);
		yaml_tree_free(root);
	}
}

static void all_faults_are_told_at_once(void **state)
{
	struct yaml_node *root =
		parse("- {process.pid: x, nothing: 1}\n- {process.name: {is: '['}}");
	struct faults faults = {0};
	struct condition *condition;

	(void)state;
	assert_int_equal(condition_compile(&condition, root, &faults), -EINVAL);
	assert_int_equal(faults.count, 3);
	assert_int_equal(faults.items[2].place.line, 2);
	faults_done(&faults);
	yaml_tree_free(root);
}

static void conditions_can_be_built_from_code(void **state)
{
	const struct condition_term terms[] = {
		{0, "process.name", CONDITION_IS, "wget"},
		{0, "process.name", CONDITION_IS, "cu*"},
		{0, "user.id", CONDITION_MIN, "500"},
		{1, "process.exit_code", CONDITION_NOT, "0"},
	};
	const struct condition_term bad = {0, "process.pid", CONDITION_MAX, "many"};
	struct event event = make_exec();
	struct condition *condition;
	struct err err;

	(void)state;
	assert_int_equal(condition_build(&condition, terms, 4, &err), 0);
	assert_true(condition_matches(condition, &event));
	event = make_exit(1);
	assert_true(condition_matches(condition, &event));
	condition_free(condition);
	assert_int_equal(condition_build(&condition, terms, 2, &err), 0);
	assert_false(condition_matches(condition, &event));
	condition_free(condition);
	assert_int_equal(condition_build(&condition, NULL, 0, &err), 0);
	assert_true(condition_matches(condition, &event));
	condition_free(condition);
	assert_int_equal(condition_build(&condition, &bad, 1, &err), -EINVAL);
	assert_non_null(strstr(err.text, "process.pid: expected a number"));
}

static void many_values_are_told_apart(void **state)
{
	static char text[64 * 1024];
	size_t used = (size_t)snprintf(text, sizeof(text), "{process.executable: [");
	struct condition *condition;
	char path[32];

	(void)state;
	for (int i = 0; i < 2000; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "/bin/p%d, ", i);
	(void)snprintf(text + used, sizeof(text) - used, "/last]}");
	condition = compile(text);
	for (int i = 0; i < 4000; i += 7) {
		struct event event;

		(void)snprintf(path, sizeof(path), "/bin/p%d", i);
		builder_start(&builder, REC_EXEC, 1);
		builder_text(&builder, &builder.exec->executable, path);
		event = end_event();
		assert_int_equal(condition_matches(condition, &event), i < 2000);
	}
	condition_free(condition);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_exact_or_globs),
		cmocka_unit_test(alternatives_are_a_list_of_maps),
		cmocka_unit_test(numbers_and_booleans_compare_by_value),
		cmocka_unit_test(ranges_know_units),
		cmocka_unit_test(not_negates_what_the_event_has),
		cmocka_unit_test(absent_fields_match_nothing_but_their_absence),
		cmocka_unit_test(lists_match_when_any_element_does),
		cmocka_unit_test(words_of_the_kind_are_fields),
		cmocka_unit_test(networks_are_for_text),
		cmocka_unit_test(bytes_that_are_no_text_can_be_looked_for),
		cmocka_unit_test(every_fault_is_told_with_its_place),
		cmocka_unit_test(all_faults_are_told_at_once),
		cmocka_unit_test(conditions_can_be_built_from_code),
		cmocka_unit_test(many_values_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
