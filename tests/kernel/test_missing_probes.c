/* SPDX-License-Identifier: BSD-2-Clause */
/* Hooks that this kernel seems to refuse: what we can do without goes missing and is told. */
#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define EVENTS "[process, thread, open]"

static int end(void **state)
{
	harness_free(*state);
	*state = NULL;
	(void)unsetenv("AUDITSHIP_TEST_REFUSE_LOAD");
	(void)unsetenv("AUDITSHIP_TEST_REFUSE_ATTACH");
	return 0;
}

static struct harness *start(void **state)
{
	*state = harness_new(&(struct harness_options){.events = EVENTS, .binary = REFUSED_BINARY});
	assert_non_null(*state);
	return *state;
}

static yajl_val ask_status(const struct harness *harness)
{
	static char answer[1 << 20];
	char command[512], error[256];
	yajl_val root;
	FILE *pipe;
	size_t size;

	snprintf(command, sizeof(command), "%s status --json -c %s/auditship.yaml",
		 AUDITSHIP_BINARY, harness_dir(harness));
	pipe = popen(command, "re");
	assert_non_null(pipe);
	size = fread(answer, 1, sizeof(answer) - 1, pipe);
	answer[size] = '\0';
	assert_int_equal(WEXITSTATUS(pclose(pipe)), 2); /* something needs attention */
	root = yajl_tree_parse(answer, error, sizeof(error));
	assert_non_null(root);
	return root;
}

static yajl_val member(yajl_val object, const char *name)
{
	return yajl_tree_get(object, (const char *[]){name, NULL}, yajl_t_any);
}

static void check_probe(yajl_val probe, const char *missing, const char *why)
{
	const char *name = member(probe, "name")->u.string;
	bool is_missing = strcmp(name, missing) == 0;

	if (YAJL_IS_TRUE(member(probe, "optional"))) /* as this kernel has it */
		return;
	assert_int_equal(YAJL_IS_TRUE(member(probe, "attached")), !is_missing);
	if (!is_missing)
		return;
	assert_true(YAJL_IS_FALSE(member(probe, "required")));
	if (!strstr(member(probe, "reason")->u.string, why))
		fail_msg("the reason is %s", member(probe, "reason")->u.string);
}

/* All hooks of EVENTS but one are attached, and status says why that one is not. */
static void check_missing(struct harness *harness, const char *missing, const char *why)
{
	yajl_val root = ask_status(harness), probes = member(root, "probes"), attention;
	char words[64];

	assert_int_equal(probes->u.array.len, 11);
	for (size_t i = 0; i < probes->u.array.len; i++)
		check_probe(probes->u.array.values[i], missing, why);
	attention = member(root, "attention");
	snprintf(words, sizeof(words), "probe %s: not attached: ", missing);
	assert_int_equal(attention->u.array.len, 1);
	assert_non_null(strstr(attention->u.array.values[0]->u.string, words));
	yajl_tree_free(root);
	snprintf(words, sizeof(words), "the probe '%s' is missing: ", missing);
	assert_non_null(strstr(harness_log(harness), words));
}

static void check_runs(struct harness *harness)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(3);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(event_number(harness_wait(harness, pid, "end"), "process.exit_code"), 3);
	harness_stop(harness, SIGTERM);
}

static void a_hook_that_cannot_be_attached_is_left_out_and_told(void **state)
{
	setenv("AUDITSHIP_TEST_REFUSE_ATTACH", "on_thread_start", 1);
	start(state);
	check_missing(*state, "thread_start", "Operation not supported");
	check_runs(*state);
}

static void a_program_that_the_verifier_refuses_is_left_out_and_told(void **state)
{
	setenv("AUDITSHIP_TEST_REFUSE_LOAD", "on_thread_exit", 1);
	start(state);
	check_missing(*state, "thread_exit", "R9 !read_ok");
	check_runs(*state);
}

static unsigned int count_words(const char *text, const char *words)
{
	unsigned int count = 0;

	while ((text = strstr(text, words))) {
		text += strlen(words);
		count++;
	}
	return count;
}

/* Rings of another size: the kernel is asked anew, and refuses again. */
static void another_set_of_probes_goes_without_it_too(void **state)
{
	char path[256];
	FILE *file;

	setenv("AUDITSHIP_TEST_REFUSE_LOAD", "on_thread_exit", 1);
	start(state);
	snprintf(path, sizeof(path), "%s/conf.d", harness_dir(*state));
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/conf.d/rings.yaml", harness_dir(*state));
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs("capture: {rings: {vital: 1MiB, bulk: 1MiB}}\n", file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(kill(harness_agent(*state), SIGHUP), 0);
	(void)harness_wait(*state, 0, "config_change");
	harness_pump(*state, 0);
	assert_int_equal(count_words(harness_log(*state), "the probe 'thread_exit' is missing"), 2);
	check_missing(*state, "thread_exit", "R9 !read_ok");
	check_runs(*state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_hook_that_cannot_be_attached_is_left_out_and_told, end),
		cmocka_unit_test_teardown(a_program_that_the_verifier_refuses_is_left_out_and_told,
					  end),
		cmocka_unit_test_teardown(another_set_of_probes_goes_without_it_too, end),
	};
	int cannot_run = harness_cannot_run();

	return cannot_run ? cannot_run : cmocka_run_group_tests(tests, NULL, NULL);
}
