/* SPDX-License-Identifier: BSD-2-Clause */
/* What exec tells: the binary, its arguments and variables. Every life is checked whole. */
#include "child.h"
#include "harness.h"
#include "want.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
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

#define LONG_COUNT 100
#define LONG_SIZE 1000
#define KEPT_EXEC 32768
#define KEPT_TABLE 1024

/* The arguments as told when only so many bytes are kept. */
static void want_cut_at(struct want *want, const struct life *life, size_t kept)
{
	char *line = malloc(kept + 1), cut[256];
	size_t shown = kept, joined;

	assert_non_null(line);
	memcpy(line, life->facts.args, kept);
	if ((unsigned char)line[kept - 1] == 0xc3) /* the first half of an e with an accent */
		shown--;
	joined = shown;
	want_list(want, "process.args", line, shown);
	for (size_t i = 0; i + 1 < shown; i++)
		if (line[i] == '\0')
			line[i] = ' ';
	line[shown] = '\0';
	if (line[shown - 1] == '\0') /* a line ends without what follows its last argument */
		joined--;
	want_string(want, "process.command_line", line);
	snprintf(cut, sizeof(cut),
		 "[{\"field\":\"process.args\",\"kept\":%zu,\"total\":%zu},"
		 "{\"field\":\"process.command_line\",\"kept\":%zu,\"total\":%zu}]",
		 shown, life->facts.args_size, joined, life->facts.args_size);
	want_json(want, "Linux.truncated", cut);
	free(line);
}

static void want_cut(struct want *want, const char *action, const struct life *life)
{
	assert_int_equal(life->facts.args_size, 100000);
	if (strcmp(action, "fork") != 0)
		want_cut_at(want, life, strcmp(action, "exec") == 0 ? KEPT_EXEC : KEPT_TABLE);
}

static void want_cut_empty(struct want *want, const char *action, const struct life *life)
{
	if (strcmp(action, "end") == 0)
		want_cut_at(want, life, KEPT_TABLE);
}

/* Half a character is cut off with the rest, and is no sign of bytes that are not UTF-8. */
static void want_whole_character(struct want *want, const char *action, const struct life *life)
{
	size_t kept = strcmp(action, "exec") == 0 ? KEPT_EXEC : KEPT_TABLE;

	if (strcmp(action, "fork") != 0)
		want_cut_at(want, life, kept);
}

static void cuts_100000_bytes_of_arguments_and_tells_so(void **state)
{
	static char text[LONG_COUNT][LONG_SIZE];
	char *argv[LONG_COUNT + 1] = {NULL};
	struct life life = {.program = {.path = HOLD, .argv = argv}, .adjust = want_cut};

	for (unsigned int i = 0; i < LONG_COUNT; i++) {
		memset(text[i], 'a' + (int)i % 26, LONG_SIZE - 1);
		argv[i] = text[i];
	}
	check_life(*state, &life);
}

#define MANY 2000

static void want_last_variable(struct want *want, const char *action, const struct life *life)
{
	(void)life;
	if (strcmp(action, "exec") == 0)
		want_json(want, "process.env_vars", "[\"AUDITSHIP_TEST=last of many\"]");
}

static void want_variables_cut(struct want *want, const char *action, const struct life *life)
{
	(void)life;
	if (strcmp(action, "exec") == 0)
		want_json(want, "Linux.truncated", "[{\"field\":\"process.env_vars\",\"kept\":0}]");
}

/* The wanted variable behind so many others. */
static void check_variable_behind(struct harness *harness, unsigned int others,
				  void (*adjust)(struct want *, const char *, const struct life *))
{
	static char text[MANY][64];
	static char *envp[MANY + 2];
	struct life life = {.program = {.path = HOLD, .envp = envp}, .adjust = adjust};

	for (unsigned int i = 0; i < others; i++) {
		snprintf(text[i], sizeof(text[i]), "VARIABLE_%u=%040u", i, i);
		envp[i] = text[i];
	}
	envp[others] = "AUDITSHIP_TEST=last of many";
	envp[others + 1] = NULL;
	check_life(harness, &life);
}

static void finds_a_variable_behind_1000_others(void **state)
{
	check_variable_behind(*state, 1000, want_last_variable);
}

/* The probe looks at the first 1,024; a program can hide a variable, but not that it may have. */
static void tells_that_it_did_not_look_behind_2000_others(void **state)
{
	check_variable_behind(*state, MANY, want_variables_cut);
}

static void want_both_variables(struct want *want, const char *action, const struct life *life)
{
	if (strcmp(action, "exec") == 0)
		want_list(want, "process.env_vars", life->data, 20000 + sizeof("LD_PRELOAD=here"));
}

static void tells_a_variable_of_20000_bytes_whole(void **state)
{
	static char text[20000 + sizeof("LD_PRELOAD=here")] = "AUDITSHIP_TEST=";
	char *envp[] = {text, text + 20000, NULL};
	struct life life = {.program = {.path = HOLD, .envp = envp},
			    .adjust = want_both_variables,
			    .data = text};

	memset(text + strlen(text), 'v', 19999 - strlen(text));
	strcpy(text + 20000, "LD_PRELOAD=here");
	check_life(*state, &life);
}

/* As many bytes of the variable as the event says, and that there were more. */
static void want_what_fits(struct want *want, const char *action, const struct life *life)
{
	const char *variable = life->program.envp[0];
	const char *path = "process.env_vars";
	yajl_val told = event_get(life->event, path);
	char cut[512], env_cut[128];
	size_t kept;

	if (strcmp(action, "fork") == 0)
		return;
	if (strcmp(action, "end") == 0) {
		want_cut_at(want, life, KEPT_TABLE);
		return;
	}
	want_cut_at(want, life, KEPT_EXEC);
	assert_non_null(told);
	kept = strlen(told->u.array.values[0]->u.string);
	assert_in_range(kept, 4096, strlen(variable) - 1);
	want_list(want, path, variable, kept);
	snprintf(env_cut, sizeof(env_cut), "{\"field\":\"%s\",\"kept\":%zu}]", path, kept);
	snprintf(cut, sizeof(cut),
		 "[{\"field\":\"process.args\",\"kept\":%d,\"total\":%zu},"
		 "{\"field\":\"process.command_line\",\"kept\":%d,\"total\":%zu},%s",
		 KEPT_EXEC, life->facts.args_size, KEPT_EXEC, life->facts.args_size, env_cut);
	want_json(want, "Linux.truncated", cut);
}

static void holds_the_largest_of_everything_at_once(void **state)
{
	static char variable[100000] = "AUDITSHIP_TEST=", argument[100000];
	char *argv[] = {"hold", "0", argument, NULL};
	char *envp[] = {variable, "LD_PRELOAD=behind it", NULL};
	struct life life = {.program = {.path = HOLD, .argv = argv, .envp = envp},
			    .adjust = want_what_fits};

	memset(variable + strlen(variable), 'v', sizeof(variable) - strlen(variable) - 1);
	memset(argument, 'a', sizeof(argument) - 1);
	check_life(*state, &life);
}

static void counts_30000_empty_arguments(void **state)
{
	static char *argv[30001];
	struct life life = {.program = {.path = HOLD, .argv = argv}, .adjust = want_cut_empty};

	for (unsigned int i = 0; i < 30000; i++)
		argv[i] = "";
	check_life(*state, &life);
}

static void cuts_between_characters(void **state)
{
	char text[40001], *argv[] = {"hold", "0", text, NULL};
	struct life life = {.program = {.path = HOLD, .argv = argv},
			    .adjust = want_whole_character};

	/* 7 bytes before it: 32768 - 7 is no multiple of 2 */
	for (unsigned int i = 0; i < 20000; i++)
		memcpy(text + 2 * i, "\xc3\xa9", 2);
	text[40000] = '\0';
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
		KERNEL_TEST(cuts_100000_bytes_of_arguments_and_tells_so),
		KERNEL_TEST(cuts_between_characters),
		KERNEL_TEST(counts_30000_empty_arguments),
		KERNEL_TEST(finds_a_variable_behind_1000_others),
		KERNEL_TEST(tells_that_it_did_not_look_behind_2000_others),
		KERNEL_TEST(tells_a_variable_of_20000_bytes_whole),
		KERNEL_TEST(holds_the_largest_of_everything_at_once),
		KERNEL_TEST(tells_script_and_interpreter),
		KERNEL_TEST(tells_a_binary_that_was_deleted_before_it_ran),
		KERNEL_TEST(tells_a_binary_that_lives_in_memory),
		KERNEL_TEST(keeps_a_path_of_other_scripts_as_it_is),
	};
	int cannot_run = harness_cannot_run();

	return cannot_run ? cannot_run
			  : cmocka_run_group_tests(tests, harness_setup, harness_teardown);
}
