/* SPDX-License-Identifier: BSD-2-Clause */
/* Execs that fail leave the process as it was, and an event. */
#include "attempt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static char *const argv[] = {"name", NULL};
static char *const envp[] = {NULL};

static long run(const struct attempt *attempt)
{
	return syscall(SYS_execve, attempt->argument, argv, envp) < 0 ? -errno : 0;
}

static void tells_a_program_that_is_not_there(void **state)
{
	struct attempt attempt = {.call = run,
				  .argument = "/nowhere/program",
				  .syscall = "execve",
				  .error = ENOENT,
				  .path = "/nowhere/program",
				  .given = "/nowhere/program"};

	check_exec_failed(*state, &attempt);
}

static void tells_a_file_that_may_not_be_executed(void **state)
{
	char path[PATH_MAX];
	struct attempt attempt = {.call = run,
				  .argument = path,
				  .syscall = "execve",
				  .error = EACCES,
				  .path = path,
				  .given = path};

	snprintf(path, sizeof(path), "%s/plain", harness_dir(*state));
	write_file(path, "text", 4, 0644);
	check_exec_failed(*state, &attempt);
}

static void tells_a_file_that_is_no_program(void **state)
{
	char path[PATH_MAX];
	struct attempt attempt = {.call = run,
				  .argument = path,
				  .syscall = "execve",
				  .error = ENOEXEC,
				  .path = path,
				  .given = path};

	snprintf(path, sizeof(path), "%s/text", harness_dir(*state));
	write_file(path, "text", 4, 0755);
	check_exec_failed(*state, &attempt);
}

static int enter(const struct attempt *attempt)
{
	(void)attempt;
	return chdir("/var") == 0 ? 0 : -errno;
}

static void joins_a_relative_path_to_the_working_directory(void **state)
{
	struct attempt attempt = {.prepare = enter,
				  .call = run,
				  .argument = "./missing",
				  .syscall = "execve",
				  .error = ENOENT,
				  .path = "/var/./missing",
				  .given = "./missing",
				  .directory = "/var"};

	check_exec_failed(*state, &attempt);
}

static long run_at(const struct attempt *attempt)
{
	return syscall(SYS_execveat, attempt->descriptor, attempt->argument, argv, envp, 0) < 0
		       ? -errno
		       : 0;
}

static void joins_it_to_the_directory_of_a_descriptor(void **state)
{
	char path[PATH_MAX];
	struct attempt attempt = {
		.call = run_at,
		.argument = "missing",
		.descriptor = open(harness_dir(*state), O_PATH | O_DIRECTORY | O_CLOEXEC),
		.syscall = "execveat",
		.error = ENOENT,
		.path = path,
		.given = "missing",
		.directory = harness_dir(*state)};

	assert_true(attempt.descriptor >= 0);
	snprintf(path, sizeof(path), "%s/missing", harness_dir(*state));
	check_exec_failed(*state, &attempt);
	close(attempt.descriptor);
}

static void want_unreadable(struct want *want, const struct attempt *attempt)
{
	(void)attempt;
	want_json(want, "Linux.truncated", "[{\"field\":\"Linux.exec.filename\",\"kept\":0}]");
}

static void says_that_a_name_could_not_be_read(void **state)
{
	struct attempt attempt = {.call = run,
				  .argument = (const char *)8,
				  .syscall = "execve",
				  .error = EFAULT,
				  .adjust = want_unreadable};

	check_exec_failed(*state, &attempt);
}

static void leaves_execs_that_succeed_to_their_own_event(void **state)
{
	const struct event *event;
	struct program program = {.path = HOLD};
	struct child child;

	child_start(&child, &program);
	child_end(&child);
	harness_settle(*state);
	assert_int_equal(harness_count(*state, child.pid, "exec"), 1);
	event = harness_wait(*state, child.pid, "exec");
	assert_string_equal(event_string(event, "event.outcome"), "success");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KERNEL_TEST(tells_a_program_that_is_not_there),
		KERNEL_TEST(tells_a_file_that_may_not_be_executed),
		KERNEL_TEST(tells_a_file_that_is_no_program),
		KERNEL_TEST(joins_a_relative_path_to_the_working_directory),
		KERNEL_TEST(joins_it_to_the_directory_of_a_descriptor),
		KERNEL_TEST(says_that_a_name_could_not_be_read),
		KERNEL_TEST(leaves_execs_that_succeed_to_their_own_event),
	};
	int cannot_run = harness_cannot_run();

	return cannot_run ? cannot_run
			  : cmocka_run_group_tests(tests, attempt_setup, harness_teardown);
}
