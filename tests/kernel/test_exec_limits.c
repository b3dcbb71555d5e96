/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What exec tells of arguments and variables at the limits of what is kept, with the default of
 * capture.args_max and with the most there can be. Every life is checked whole.
 */
#include "child.h"
#include "harness.h"
#include "want.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONG_COUNT 100
#define LONG_SIZE 1000
#define KEPT_TABLE 1024

/* capture.args_max of the agent that runs. */
static size_t kept_exec;

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
		want_cut_at(want, life, strcmp(action, "exec") == 0 ? kept_exec : KEPT_TABLE);
}

static void want_cut_empty(struct want *want, const char *action, const struct life *life)
{
	if (strcmp(action, "end") == 0)
		want_cut_at(want, life, KEPT_TABLE);
}

/* Half a character is cut off with the rest, and is no sign of bytes that are not UTF-8. */
static void want_whole_character(struct want *want, const char *action, const struct life *life)
{
	size_t kept = strcmp(action, "exec") == 0 ? kept_exec : KEPT_TABLE;

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

#define MANY 8000
#define NAMED "AUDITSHIP_TEST="

static void want_last_variable(struct want *want, const char *action, const struct life *life)
{
	(void)life;
	if (strcmp(action, "exec") == 0)
		want_json(want, "process.env_vars", "[\"" NAMED "last of many\"]");
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
	envp[others] = NAMED "last of many";
	envp[others + 1] = NULL;
	check_life(harness, &life);
}

static void finds_a_variable_behind_4000_others(void **state)
{
	check_variable_behind(*state, 4000, want_last_variable);
}

/* The probe looks at the first 256 KiB; a program can hide a variable, but not that it may have. */
static void tells_that_it_did_not_look_behind_8000_others(void **state)
{
	check_variable_behind(*state, MANY, want_variables_cut);
}

/* It looks at windows of 2,048 bytes: the name at every place around the edge of one. */
static void finds_a_variable_wherever_a_window_ends(void **state)
{
	static char before[2048 + 16];
	char *envp[] = {before, NAMED "last of many", "PATH=/bin", NULL};
	struct life life = {.program = {.path = HOLD, .envp = envp}, .adjust = want_last_variable};

	for (size_t length = 2048 - 20; length < sizeof(before); length += 5) {
		memset(before, 'b', length - 1);
		before[length - 1] = '\0';
		check_life(*state, &life);
		harness_forget(*state);
	}
}

/* What is no variable: empty strings, and names within values and behind their ends. */
static void want_two_variables(struct want *want, const char *action, const struct life *life)
{
	static const char variables[] = NAMED "\0" NAMED NAMED;

	(void)life;
	if (strcmp(action, "exec") == 0)
		want_list(want, "process.env_vars", variables, sizeof(variables));
}

static void takes_only_the_start_of_a_variable_for_its_name(void **state)
{
	static char *envp[3000];
	struct life life = {.program = {.path = HOLD, .envp = envp}, .adjust = want_two_variables};
	size_t count = 0;

	envp[count++] = "A=" NAMED "no";
	envp[count++] = "=" NAMED "no";
	envp[count++] = "AUDITSH";
	envp[count++] = "LD_PRELO";
	while (count < 2500)
		envp[count++] = "";
	envp[count++] = NAMED;
	envp[count++] = "AUDITSHIP_TESTS=no";
	envp[count++] = NAMED NAMED;
	envp[count++] = "x" NAMED "no";
	envp[count] = NULL;
	check_life(*state, &life);
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
	want_cut_at(want, life, kept_exec);
	assert_non_null(told);
	kept = strlen(told->u.array.values[0]->u.string);
	assert_in_range(kept, 4096, strlen(variable) - 1);
	want_list(want, path, variable, kept);
	snprintf(env_cut, sizeof(env_cut), "{\"field\":\"%s\",\"kept\":%zu}]", path, kept);
	snprintf(cut, sizeof(cut),
		 "[{\"field\":\"process.args\",\"kept\":%zu,\"total\":%zu},"
		 "{\"field\":\"process.command_line\",\"kept\":%zu,\"total\":%zu},%s",
		 kept_exec, life->facts.args_size, kept_exec, life->facts.args_size, env_cut);
	want_json(want, "Linux.truncated", cut);
}

static void holds_the_largest_of_everything_at_once(void **state)
{
	static char variable[100000] = "AUDITSHIP_TEST=", argument[100000];
	char *argv[] = {"hold", "0", argument, argument, NULL};
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

/* With capture.args_max: 128KiB. The end shows what the process table kept, as always. */

#define LONGEST ((size_t)128 * 1024) /* of one argument, its NUL included: MAX_ARG_STRLEN */

static void want_cut_at_the_end(struct want *want, const char *action, const struct life *life)
{
	if (strcmp(action, "end") == 0)
		want_cut_at(want, life, KEPT_TABLE);
}

static void want_cut_at_both(struct want *want, const char *action, const struct life *life)
{
	if (strcmp(action, "fork") != 0)
		want_cut_at(want, life, strcmp(action, "exec") == 0 ? kept_exec : KEPT_TABLE);
}

/* Arguments of total bytes, each another one. */
static void check_total(struct harness *harness, size_t total,
			void (*adjust)(struct want *, const char *, const struct life *))
{
	static char text[2 * LONGEST], *argv[2 * LONGEST / LONG_SIZE + 4];
	struct life life = {.program = {.path = HOLD, .argv = argv}, .adjust = adjust};
	size_t at = 0, count = 2;

	argv[0] = "hold";
	argv[1] = "0";
	total -= sizeof("hold") + sizeof("0");
	for (; at < total; count++) {
		size_t length = total - at < LONG_SIZE ? total - at : LONG_SIZE;

		memset(text + at, 'a' + (int)count % 26, length);
		text[at + length - 1] = '\0';
		argv[count] = text + at;
		at += length;
	}
	argv[count] = NULL;
	check_life(harness, &life);
	assert_int_equal(life.facts.args_size, total + sizeof("hold") + sizeof("0"));
}

static void keeps_100_kib_of_arguments_whole(void **state)
{
	check_total(*state, 100 * 1024, want_cut_at_the_end);
}

static void keeps_128_kib_of_arguments_whole(void **state)
{
	check_total(*state, LONGEST, want_cut_at_the_end);
}

static void cuts_one_byte_above_128_kib(void **state)
{
	check_total(*state, LONGEST + 1, want_cut_at_both);
}

static void cuts_200_kib_at_128_and_tells_both(void **state)
{
	check_total(*state, 200 * 1024, want_cut_at_both);
}

static void keeps_the_longest_argument_the_kernel_takes(void **state)
{
	static char longest[LONGEST];
	char *argv[] = {longest, NULL};
	struct life life = {.program = {.path = HOLD, .argv = argv}, .adjust = want_cut_at_the_end};

	memset(longest, 'x', sizeof(longest) - 1);
	check_life(*state, &life);
}

/* Escaped, each byte takes six in JSON, and stands in two members. */
static void keeps_128_kib_of_control_characters(void **state)
{
	static char longest[LONGEST];
	char *argv[] = {longest, NULL};
	struct life life = {.program = {.path = HOLD, .argv = argv}, .adjust = want_cut_at_the_end};

	memset(longest, '\1', sizeof(longest) - 1);
	check_life(*state, &life);
}

static int set_up_default(void **state)
{
	kept_exec = 32 * 1024;
	return harness_setup(state);
}

static int set_up_longest(void **state)
{
	static const struct harness_options options = {.args_max = "128KiB"};

	kept_exec = LONGEST;
	*state = harness_new(&options);
	return *state ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest by_default[] = {
		KERNEL_TEST(cuts_100000_bytes_of_arguments_and_tells_so),
		KERNEL_TEST(cuts_between_characters),
		KERNEL_TEST(counts_30000_empty_arguments),
		KERNEL_TEST(finds_a_variable_behind_4000_others),
		KERNEL_TEST(tells_that_it_did_not_look_behind_8000_others),
		KERNEL_TEST(finds_a_variable_wherever_a_window_ends),
		KERNEL_TEST(takes_only_the_start_of_a_variable_for_its_name),
		KERNEL_TEST(tells_a_variable_of_20000_bytes_whole),
		KERNEL_TEST(holds_the_largest_of_everything_at_once),
	};
	const struct CMUnitTest longest[] = {
		KERNEL_TEST(keeps_100_kib_of_arguments_whole),
		KERNEL_TEST(keeps_128_kib_of_arguments_whole),
		KERNEL_TEST(cuts_one_byte_above_128_kib),
		KERNEL_TEST(cuts_200_kib_at_128_and_tells_both),
		KERNEL_TEST(keeps_the_longest_argument_the_kernel_takes),
		KERNEL_TEST(keeps_128_kib_of_control_characters),
		KERNEL_TEST(holds_the_largest_of_everything_at_once),
	};
	int cannot_run = harness_cannot_run();
	int failed;

	if (cannot_run)
		return cannot_run;
	failed = cmocka_run_group_tests(by_default, set_up_default, harness_teardown);
	return failed + cmocka_run_group_tests(longest, set_up_longest, harness_teardown);
}
