/* SPDX-License-Identifier: BSD-2-Clause */
/* The default mode: writes, creations and refusals are told, all else is not; nor the agent. */
#include "attempt.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NOBODY 65534

static const char *make_file(struct harness *harness, mode_t mode)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/file", harness_dir(harness));
	write_file(path, "text", 4, mode);
	return path;
}

static long open_read(const struct attempt *attempt)
{
	return raw_openat(AT_FDCWD, attempt->argument, O_RDONLY, 0);
}

static long open_write(const struct attempt *attempt)
{
	return raw_openat(AT_FDCWD, attempt->argument, O_WRONLY, 0);
}

static long open_create(const struct attempt *attempt)
{
	return raw_openat(AT_FDCWD, attempt->argument, O_WRONLY | O_CREAT, 0600);
}

static void want_mode_600(struct want *want, const struct attempt *attempt)
{
	(void)attempt;
	want_string(want, "Linux.open.mode", "0600");
}

static int become_nobody(const struct attempt *attempt)
{
	(void)attempt;
	return setgroups(0, NULL) == 0 && setgid(NOBODY) == 0 && setuid(NOBODY) == 0 ? 0 : -errno;
}

static void is_silent_on_reads_and_missing_files(void **state)
{
	struct attempt attempt = {.call = open_read, .argument = make_file(*state, 0644)};
	struct attempt missing = {.call = open_read, .argument = "/nowhere", .error = ENOENT};

	check_silence(*state, &attempt);
	check_silence(*state, &missing);
}

static void tells_writes_and_creations(void **state)
{
	const char *path = make_file(*state, 0644);
	struct attempt writing = {.call = open_write,
				  .argument = path,
				  .type = "[\"access\",\"change\"]",
				  .path = path,
				  .given = path,
				  .flags = "[\"O_WRONLY\"]",
				  .flags_raw = O_WRONLY};
	struct attempt creating = {.call = open_create,
				   .argument = path,
				   .action = "creation",
				   .type = "[\"creation\"]",
				   .path = path,
				   .given = path,
				   .flags = "[\"O_WRONLY\",\"O_CREAT\"]",
				   .flags_raw = O_WRONLY | O_CREAT,
				   .adjust = want_mode_600};

	check_open(*state, &writing);
	assert_int_equal(unlink(path), 0);
	check_open(*state, &creating);
}

static void tells_refusals_of_reads_too(void **state)
{
	const char *path = make_file(*state, 0600);
	struct attempt attempt = {.prepare = become_nobody,
				  .call = open_read,
				  .argument = path,
				  .error = EACCES,
				  .path = path,
				  .given = path};

	check_open(*state, &attempt);
}

/* A reload reads the configuration. */
static void is_silent_on_the_agent_itself(void **state)
{
	struct harness *harness =
		harness_new(&(struct harness_options){.events = "[process, open]", .opens = "all"});
	pid_t agent;

	(void)state;
	assert_non_null(harness);
	agent = harness_agent(harness);
	assert_int_equal(kill(agent, SIGHUP), 0);
	while (!strstr(harness_log(harness), "reloaded"))
		harness_pump(harness, 100);
	harness_settle(harness);
	assert_true(harness_count(harness, 0, "open") > 0);
	assert_int_equal(harness_count(harness, agent, "open"), 0);
	assert_int_equal(harness_count(harness, agent, "creation"), 0);
	harness_free(harness);
}

static int set_up(void **state)
{
	*state = harness_new(&(struct harness_options){.events = "[process, open]"});
	return *state ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KERNEL_TEST(is_silent_on_reads_and_missing_files),
		KERNEL_TEST(tells_writes_and_creations),
		KERNEL_TEST(tells_refusals_of_reads_too),
		cmocka_unit_test(is_silent_on_the_agent_itself),
	};
	int cannot_run = harness_cannot_run();

	return cannot_run ? cannot_run : cmocka_run_group_tests(tests, set_up, harness_teardown);
}
