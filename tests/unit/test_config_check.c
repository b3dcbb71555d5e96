/* SPDX-License-Identifier: BSD-2-Clause */
/* What `auditship check` says. */
#include "unit/test_config_text.h"

#include "tool/check.h"

/* Runs tool_check with standard output and error caught in told, "OUT|ERR". */
static int check(const char *path)
{
	int saved[2] = {dup(STDOUT_FILENO), dup(STDERR_FILENO)}, pipes[2][2];
	size_t used = 0;
	int result;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(pipe(pipes[i]), 0);
		assert_true(dup2(pipes[i][1], STDOUT_FILENO + i) >= 0);
	}
	result = tool_check(&(struct check_options){.path = path});
	for (int i = 0; i < 2; i++) {
		ssize_t length;

		assert_true(dup2(saved[i], STDOUT_FILENO + i) >= 0);
		(void)close(saved[i]);
		(void)close(pipes[i][1]);
		length = read(pipes[i][0], told + used, 60000);
		assert_true(length >= 0);
		used += (size_t)length;
		if (i == 0)
			told[used++] = '|';
		(void)close(pipes[i][0]);
	}
	told[used] = '\0';
	return result;
}

static void check_says_in_one_line_what_a_good_file_holds(void **state)
{
	char wanted[256];

	(void)state;
	write_file("capture: {events: [exec]}\nsinks: [{name: a, type: stdout}]\n", 59);
	assert_int_equal(check(file), 0);
	(void)snprintf(wanted, sizeof(wanted), "%s: good: 1 event kind, 1 sink (a: stdout)\n|",
		       file);
	assert_string_equal(told, wanted);
	assert_int_equal(check(NULL), 0);
	assert_string_equal(told, "defaults: good: 8 event kinds, 1 sink (trail: file)\n|");
}

static void check_tells_faults_on_standard_error_and_by_its_exit_code(void **state)
{
	char wanted[512];

	(void)state;
	write_file("logg: {}\nx: 1\n", 14);
	assert_int_equal(check(file), CHECK_EXIT_CONFIG);
	(void)snprintf(
		wanted, sizeof(wanted),
		"|%s:1:1: unknown key 'logg' (did you mean 'log'?)\n"
		"%s:2:1: unknown key 'x' (known here: agent, control, monitor, log, capture, "
		"enrich, journal, rules, sinks)\n",
		file, file);
	assert_string_equal(told, wanted);
	assert_int_equal(check(dir), 1);
	assert_non_null(strstr(told, "|auditship: error: '"));
	assert_int_equal(check("/nowhere/\033[2J"), 1);
	assert_non_null(strstr(told, "'/nowhere/\\x1b[2J'"));
}

static void check_warns_of_what_is_unwise(void **state)
{
	static const char text[] =
		"rules: [{name: r, when: {process.thread.name: [cron]}, do: drop}]\n"
		"control: {group: no-such-group-here}\n";

	(void)state;
	write_file(text, sizeof(text) - 1);
	assert_int_equal(check(file), 0);
	assert_non_null(strstr(told, ": good: 8 event kinds, 1 rule, 1 sink (trail: file)\n|"));
	assert_non_null(strstr(told, "c.yaml:1:9: rule 'r' drops events by process.thread.name"));
	assert_non_null(strstr(told, "this host knows no group 'no-such-group-here'"));
}

static void check_warns_of_filters_that_leave_out_too_much(void **state)
{
	static const char text[] = "capture:\n"
				   "  exclude: {path: [/proc, /], user: [root], pid: [7]}\n"
				   "  include: {user: [root, web]}\n";

	(void)state;
	write_file(text, sizeof(text) - 1);
	assert_int_equal(check(file), 0);
	assert_non_null(strstr(
		told, "c.yaml:2:27: capture.exclude.path: '/' leaves out every open of a file\n"));
	assert_non_null(strstr(told, "c.yaml:2:38: capture.exclude.user: 'root' leaves out all"));
	assert_non_null(strstr(told, "c.yaml:3:20: capture.include.user: 'root' is excluded, too"));
	assert_null(strstr(told, "'/proc'"));
	assert_null(strstr(told, "'7'"));
	assert_null(strstr(told, "'web'"));
}

static void check_refuses_sinks_that_would_not_start(void **state)
{
	static const char text[] =
		"sinks:\n"
		"  - {name: a, type: file, path: /etc}\n"
		"  - {name: b, type: file, path: /tmp/b, owner: no-such-user-here}\n"
		"  - {name: c, type: file, path: /tmp/c, group: no-such-group-here}\n"
		"  - {name: d, type: syslog, target: 'tls://h', tls: {ca: /nowhere/ca.pem}}\n";

	(void)state;
	write_file(text, sizeof(text) - 1);
	assert_int_equal(check(file), 1);
	assert_non_null(strstr(told, "|auditship: error: sink a: path: '/etc' is a directory, a "));
	assert_non_null(strstr(told, "error: sink b: owner: there is no user 'no-such-user-here'"));
	assert_non_null(strstr(told, "error: sink c: group: there is no group 'no-such-group-he"));
	assert_non_null(strstr(
		told, "warning: sink d: tls.ca: cannot read '/nowhere/ca.pem': No such file"));
	assert_null(strstr(told, "good"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_says_in_one_line_what_a_good_file_holds),
		cmocka_unit_test(check_tells_faults_on_standard_error_and_by_its_exit_code),
		cmocka_unit_test(check_warns_of_what_is_unwise),
		cmocka_unit_test(check_warns_of_filters_that_leave_out_too_much),
		cmocka_unit_test(check_refuses_sinks_that_would_not_start),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
