/* SPDX-License-Identifier: BSD-2-Clause */
/* What exec tells: the binary, its arguments and variables. Every life is checked whole. */
#include "child.h"
#include "harness.h"
#include "want.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int enter(void *directory)
{
	return chdir(directory) == 0 ? 0 : -1;
}

static void want_configured_variables(struct want *want, const char *action,
				      const struct life *life)
{
	static const char variables[] = "LD_PRELOAD=/nonexistent/a.so\0AUDITSHIP_TEST=one two";

	if (strcmp(action, "exec") != 0)
		return;
	want_list(want, "process.env_vars", variables, sizeof(variables));
	want_string(want, "process.working_directory", life->data);
}

static void tells_a_plain_program_and_the_configured_variables_only(void **state)
{
	char *argv[] = {"hold", "0", "plain", NULL};
	char *envp[] = {"PATH=/bin",
			"LD_PRELOAD=/nonexistent/a.so",
			"AUDITSHIP_TESTS=no",
			"AUDITSHIP_TEST=one two",
			"SECRET=AUDITSHIP_TEST=3",
			"AUDITSHIP_TES=no",
			NULL};
	struct life life = {.program = {.path = HOLD,
					.argv = argv,
					.envp = envp,
					.prepare = enter,
					.data = (char *)harness_dir(*state)},
			    .adjust = want_configured_variables,
			    .data = harness_dir(*state)};

	check_life(*state, &life);
}

static void tells_no_variables_where_there_are_none(void **state)
{
	struct life life = {.program = {.path = HOLD}};

	check_life(*state, &life);
}

/* Valid in one argument, invalid in two, and cut off inside a sequence at the end of a third. */
#define BROKEN_ARGV                                                                      \
	{                                                                                \
		"hold", "0", "caf\xe9", "", "caf\xc3\xa9", "\xff\xfe|\xed\xa0\x80", NULL \
	}
#define REPLACED            \
	"hold\0"            \
	"0\0"               \
	"caf\xef\xbf\xbd\0" \
	"\0"                \
	"caf\xc3\xa9\0"     \
	"\xef\xbf\xbd\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"

static void want_replaced(struct want *want, const char *action, const struct life *life)
{
	static const char replaced[] = REPLACED;
	char line[sizeof(replaced)];

	(void)life;
	if (strcmp(action, "fork") == 0)
		return;
	memcpy(line, replaced, sizeof(replaced));
	for (size_t i = 0; i + 1 < sizeof(line); i++)
		if (line[i] == '\0')
			line[i] = ' ';
	want_list(want, "process.args", replaced, sizeof(replaced));
	want_string(want, "process.command_line", line);
	want_json(want, "tags", "[\"non-utf8\"]");
	want_json(want, "Linux.raw",
		  "[{\"field\":\"process.args\",\"index\":2,\"base64\":\"Y2Fm6Q==\"},"
		  "{\"field\":\"process.args\",\"index\":5,\"base64\":\"//587aCA\"}]");
}

static void replaces_bytes_that_are_not_utf8_and_keeps_them_beside(void **state)
{
	char *argv[] = BROKEN_ARGV;
	struct life life = {.program = {.path = HOLD, .argv = argv}, .adjust = want_replaced};

	check_life(*state, &life);
}

static void keeps_newlines_quotes_controls_and_empty_arguments(void **state)
{
	char *argv[] = {"hold", "0", "", "a\nb", "\"quoted\" 'and' \\", "\x1b[31m\x7f\t", "", NULL};
	struct life life = {.program = {.path = HOLD, .argv = argv}};

	check_life(*state, &life);
}

static void want_script(struct want *want, const char *action, const struct life *life)
{
	(void)life;
	if (strcmp(action, "exec") == 0)
		want_string(want, "Linux.exec.interpreter", HOLD);
}

static void tells_script_and_interpreter(void **state)
{
	static const char text[] = "#!" HOLD " 6\nnothing\n";
	char path[PATH_MAX];
	char *argv[] = {"lost", "argument of the script", NULL};
	struct life life = {.program = {.path = path, .argv = argv},
			    .executable = HOLD,
			    .exit_code = 6,
			    .adjust = want_script};

	snprintf(path, sizeof(path), "%s/script.sh", harness_dir(*state));
	write_file(path, text, strlen(text), 0755);
	check_life(*state, &life);
}

static void want_by_descriptor(struct want *want, const char *action, const struct life *life)
{
	char name[32];

	if (strcmp(action, "exec") != 0)
		return;
	snprintf(name, sizeof(name), "/dev/fd/%d", life->program.fd);
	want_string(want, "Linux.exec.filename", name);
	want_bool(want, "Linux.exec.deleted", true);
	want_bool(want, "Linux.exec.memfd", life->data != NULL);
}

static void tells_a_binary_that_was_deleted_before_it_ran(void **state)
{
	char path[PATH_MAX];
	struct life life = {
		.program = {.by_fd = true}, .executable = path, .adjust = want_by_descriptor};

	snprintf(path, sizeof(path), "%s/deleted", harness_dir(*state));
	copy_file(HOLD, path, 0755);
	life.program.fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(life.program.fd >= 0);
	assert_int_equal(unlink(path), 0);
	check_life(*state, &life);
	close(life.program.fd);
}

static void tells_a_binary_that_lives_in_memory(void **state)
{
	char copy[64];
	struct life life = {.program = {.by_fd = true},
			    .executable = "/memfd:secret tool",
			    .adjust = want_by_descriptor,
			    .data = "memfd"};
	int fd = memfd_create("secret tool", MFD_CLOEXEC);

	assert_true(fd >= 0);
	snprintf(copy, sizeof(copy), "/proc/self/fd/%d", fd);
	copy_file(HOLD, copy, 0755);
	/* writable descriptors make an exec fail with ETXTBSY */
	life.program.fd = open(copy, O_RDONLY | O_CLOEXEC);
	assert_true(life.program.fd >= 0);
	close(fd);
	check_life(*state, &life);
	close(life.program.fd);
}

static void keeps_a_path_of_other_scripts_as_it_is(void **state)
{
	char path[PATH_MAX];
	struct life life = {.program = {.path = path}};

	snprintf(path, sizeof(path), "%s/\xd0\xb8\xd0\xbc\xd1\x8f \xe2\x82\xac",
		 harness_dir(*state));
	copy_file(HOLD, path, 0755);
	check_life(*state, &life);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KERNEL_TEST(tells_a_plain_program_and_the_configured_variables_only),
		KERNEL_TEST(tells_no_variables_where_there_are_none),
		KERNEL_TEST(replaces_bytes_that_are_not_utf8_and_keeps_them_beside),
		KERNEL_TEST(keeps_newlines_quotes_controls_and_empty_arguments),
		KERNEL_TEST(tells_script_and_interpreter),
		KERNEL_TEST(tells_a_binary_that_was_deleted_before_it_ran),
		KERNEL_TEST(tells_a_binary_that_lives_in_memory),
		KERNEL_TEST(keeps_a_path_of_other_scripts_as_it_is),
	};
	int cannot_run = harness_cannot_run();

	return cannot_run ? cannot_run
			  : cmocka_run_group_tests(tests, harness_setup, harness_teardown);
}
