/* SPDX-License-Identifier: BSD-2-Clause */
/* How a process ended and what it used, against what wait4 and getrusage told the test. */
#include "child.h"
#include "harness.h"
#include "want.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORK PROGRAMS_DIR "/work"

static void check_status(struct harness *harness, char *status)
{
	char *argv[] = {"hold", status, NULL};
	struct life life = {.program = {.path = HOLD, .argv = argv}, .exit_code = atoi(status)};

	check_life(harness, &life);
}

static void tells_the_status_as_given(void **state)
{
	check_status(*state, "0");
	check_status(*state, "1");
	check_status(*state, "255");
}

static void tells_the_end_of_a_process_that_never_executed(void **state)
{
	struct life life = {.program = {.status = 3}, .exit_code = 3};

	check_life(*state, &life);
}

static void want_signal_name(struct want *want, const char *action, const struct life *life)
{
	if (strcmp(action, "end") == 0)
		want_string(want, "Linux.exit.signal_name", life->data);
}

static void check_signal(struct harness *harness, int signal, const char *name)
{
	struct life life = {.program = {.path = HOLD},
			    .kill_signal = signal,
			    .adjust = want_signal_name,
			    .data = name};

	check_life(harness, &life);
}

static void tells_the_signal_that_killed_it(void **state)
{
	check_signal(*state, SIGKILL, "SIGKILL");
	check_signal(*state, SIGTERM, "SIGTERM");
	check_signal(*state, SIGRTMIN + 1, "SIGRTMIN+1");
}

static int allow_core(void *directory)
{
	const struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

	return chdir(directory) == 0 && setrlimit(RLIMIT_CORE, &limit) == 0 ? 0 : -errno;
}

static void want_core(struct want *want, const char *action, const struct life *life)
{
	uint64_t written = (uint64_t)life->child.usage.ru_oublock * 512;

	if (strcmp(action, "exec") == 0)
		want_string(want, "process.working_directory", life->program.data);
	if (strcmp(action, "end") != 0)
		return;
	want_string(want, "Linux.exit.signal_name", "SIGSEGV");
	want_bool(want, "Linux.exit.core_dumped", true);
	want_written(want, written);
}

static void tells_that_a_core_was_dumped(void **state)
{
	struct life life = {.program = {.path = HOLD,
					.prepare = allow_core,
					.data = (char *)harness_dir(*state)},
			    .kill_signal = SIGSEGV,
			    .adjust = want_core};
	char *pattern = facts_file("/proc/sys/kernel/core_pattern", NULL);
	bool elsewhere = *pattern == '/';

	free(pattern);
	if (elsewhere) {
		print_message("not tested: core_pattern writes outside the test's directory\n");
		assert_null(getenv("CI"));
		skip();
	}
	check_life(*state, &life);
	assert_true(WCOREDUMP(life.child.status));
}

static char *const cpu_argv[] = {"work", "cpu", "200", NULL};

static void tells_cpu_time_as_wait4_does(void **state)
{
	struct life life = {.program = {.path = WORK, .argv = cpu_argv}};

	check_life(*state, &life);
	assert_in_range(life.child.usage.ru_utime.tv_usec, 200000, 900000);
}

static char *const memory_argv[] = {"work", "memory", "48", NULL};

static void tells_the_largest_resident_set_as_wait4_does(void **state)
{
	struct life life = {.program = {.path = WORK, .argv = memory_argv}};

	check_life(*state, &life);
	assert_in_range(life.child.usage.ru_maxrss, 48 * 1024, 256 * 1024);
}

static void tells_block_io_as_wait4_does(void **state)
{
	char path[PATH_MAX];
	char *argv[] = {"work", "disk", path, "768", NULL};
	struct life life = {.program = {.path = WORK, .argv = argv}};
	struct statfs fs;

	snprintf(path, sizeof(path), "%s/data", harness_dir(*state));
	assert_int_equal(statfs(harness_dir(*state), &fs), 0);
	check_life(*state, &life);
	if (fs.f_type == TMPFS_MAGIC || fs.f_type == OVERLAYFS_SUPER_MAGIC)
		return;
	assert_in_range(life.child.usage.ru_oublock, 768 * 2, 768 * 4);
	assert_in_range(life.child.usage.ru_inblock, 768 * 2, 768 * 4);
}

/* What `work child` printed. */
struct waited {
	uint64_t user_us, system_us, max_rss_kib, read_blocks, written_blocks;
	uint64_t own_max_rss_kib;
	int output[2];
	bool known;
};

static int to_pipe(void *data)
{
	const struct waited *waited = data;

	return dup2(waited->output[1], 1) == 1 ? 0 : -errno;
}

static void read_waited(struct waited *waited)
{
	char text[256] = "";

	assert_true(read(waited->output[0], text, sizeof(text) - 1) > 0);
	assert_int_equal(
		sscanf(text, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64,
		       &waited->user_us, &waited->system_us, &waited->max_rss_kib,
		       &waited->read_blocks, &waited->written_blocks, &waited->own_max_rss_kib),
		6);
	waited->known = true;
}

static void want_about_ms(struct want *want, const char *path, uint64_t microseconds)
{
	const uint64_t slack = 20000000ull * harness_slowdown();
	uint64_t ns = microseconds * 1000;

	want_id_range(want, path, ns > slack ? ns - slack : 0, ns + slack);
}

static uint64_t us(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * 1000000u + (uint64_t)time->tv_usec;
}

/* wait4 told the test of the process and of those it waited for, together. */
static void want_waited(struct want *want, const char *action, const struct life *life)
{
	const struct waited *waited = life->data;
	const struct rusage *both = &life->child.usage;

	if (strcmp(action, "end") != 0)
		return;
	assert_true(waited->known);
	want_about_ms(want, "Linux.cpu.user_ns", us(&both->ru_utime) - waited->user_us);
	want_about_ms(want, "Linux.cpu.system_ns", us(&both->ru_stime) - waited->system_us);
	want_about_ms(want, "Linux.cpu.children_user_ns", waited->user_us);
	want_about_ms(want, "Linux.cpu.children_system_ns", waited->system_us);
	/* the line was printed before its last page was touched */
	want_id_range(want, "Linux.memory.max_rss_bytes", waited->own_max_rss_kib * 1024,
		      (waited->own_max_rss_kib + 64) * 1024);
	want_id(want, "Linux.memory.children_max_rss_bytes", waited->max_rss_kib * 1024);
	want_id(want, "Linux.io.read_bytes",
		((uint64_t)both->ru_inblock - waited->read_blocks) * 512);
	want_written(want, ((uint64_t)both->ru_oublock - waited->written_blocks) * 512);
	if (waited->read_blocks)
		want_id(want, "Linux.io.children_read_bytes", waited->read_blocks * 512);
	if (waited->written_blocks)
		want_id(want, "Linux.io.children_written_bytes", waited->written_blocks * 512);
}

/* The line is there before the first event of the life is looked at: exec waits for it. */
static void read_then_expect(struct want *want, const char *action, const struct life *life)
{
	struct waited *waited = (struct waited *)life->data;

	if (strcmp(action, "exec") == 0)
		read_waited(waited);
	want_waited(want, action, life);
}

static void check_waited(struct harness *harness, char *const *argv, struct waited *waited)
{
	struct life life = {
		.program = {.path = WORK, .argv = argv, .prepare = to_pipe, .data = waited},
		.adjust = read_then_expect,
		.data = waited};

	assert_int_equal(pipe2(waited->output, O_CLOEXEC), 0);
	check_life(harness, &life);
	close(waited->output[0]);
	close(waited->output[1]);
}

static void tells_what_children_used_apart_from_its_own(void **state)
{
	char path[PATH_MAX];
	char *cpu[] = {"work", "child", "cpu", "100", NULL};
	char *memory[] = {"work", "child", "memory", "32", NULL};
	char *disk[] = {"work", "child", "disk", path, "128", NULL};
	struct waited waited = {0};

	check_waited(*state, cpu, &waited);
	assert_true(waited.user_us >= 100000);
	waited = (struct waited){0};
	check_waited(*state, memory, &waited);
	assert_true(waited.max_rss_kib >= 32 * 1024);
	waited = (struct waited){0};
	snprintf(path, sizeof(path), "%s/child-data", harness_dir(*state));
	check_waited(*state, disk, &waited);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KERNEL_TEST(tells_the_status_as_given),
		KERNEL_TEST(tells_the_end_of_a_process_that_never_executed),
		KERNEL_TEST(tells_the_signal_that_killed_it),
		KERNEL_TEST(tells_that_a_core_was_dumped),
		KERNEL_TEST(tells_cpu_time_as_wait4_does),
		KERNEL_TEST(tells_the_largest_resident_set_as_wait4_does),
		KERNEL_TEST(tells_block_io_as_wait4_does),
		KERNEL_TEST(tells_what_children_used_apart_from_its_own),
	};
	int cannot_run = harness_cannot_run();

	return cannot_run ? cannot_run
			  : cmocka_run_group_tests(tests, harness_setup, harness_teardown);
}
