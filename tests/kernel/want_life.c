/* SPDX-License-Identifier: BSD-2-Clause */
/* Fork, exec and exit as whole events, and the whole life of a child. */
#include "want_parts.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

struct want *want_fork(struct harness *harness, const struct event *event,
		       const struct facts *parent, const struct child *child)
{
	struct want *want = want_new();
	struct facts copy = *parent;
	/* in the parent's own pid namespace */
	uint64_t ticks = (event_time(event, "process.start") - wall_offset_ns()) / TICK_NS;

	/* the start is bounded here by the test's clocks, later events by /proc */
	copy.pid = copy.ns_pid = (uint32_t)child->pid;
	copy.start_ticks = ticks;
	want_envelope(want, harness, event);
	want_kind(want, "process", "fork", "[\"start\"]");
	want_moment(want, child->before_fork_ns, child->after_fork_ns);
	want_process(want, &copy);
	want_time(want, "process.start", child->before_fork_ns, child->after_fork_ns);
	want_json(want, "process.entity_id", "\"\"");
	want_program(want, "process", parent);
	want_parent(want, parent);
	want_creator(want, parent);
	want_number(want, "Linux.creator.thread_id", parent->pid);
	want_string(want, "Linux.clone.exit_signal", "SIGCHLD");
	return want;
}

struct want *want_exec(struct harness *harness, const struct event *event,
		       const struct facts *facts, const char *path)
{
	struct want *want = want_new();
	char binary[64];
	struct stat stat_buf;
	struct facts test;

	facts_read(&test, getpid());
	/* the very file that runs, also when path names something else by now */
	snprintf(binary, sizeof(binary), "/proc/%u/exe", facts->pid);
	assert_int_equal(stat(binary, &stat_buf), 0);
	want_envelope(want, harness, event);
	want_kind(want, "process", "exec", "[\"start\"]");
	want_process(want, facts);
	want_program(want, "process", facts);
	want_test_family(want);
	want_previous(want, &test);
	facts_done(&test);
	want_file(want, path, &stat_buf);
	want_string(want, "process.working_directory", facts->cwd);
	want_string(want, "Linux.exec.filename", path);
	want_number(want, "Linux.exec.thread_id", facts->pid);
	return want;
}

static uint64_t time_ns(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * 1000000000u + (uint64_t)time->tv_usec * 1000;
}

static void want_about(struct want *want, const char *path, uint64_t ns)
{
	const uint64_t slack = 20000000ull * harness_slowdown();

	want_id_range(want, path, ns > slack ? ns - slack : 0, ns + slack);
}

void want_written(struct want *want, uint64_t bytes)
{
	want_id_range(want, "Linux.io.written_bytes", bytes > 65536 ? bytes - 65536 : 0, bytes);
}

/* A child without children of its own that were waited for: wait4 adds those in. */
static void want_usage(struct want *want, const struct rusage *usage)
{
	want_about(want, "Linux.cpu.user_ns", time_ns(&usage->ru_utime));
	want_about(want, "Linux.cpu.system_ns", time_ns(&usage->ru_stime));
	want_id(want, "Linux.cpu.children_user_ns", 0);
	want_id(want, "Linux.cpu.children_system_ns", 0);
	want_id(want, "Linux.memory.max_rss_bytes", (uint64_t)usage->ru_maxrss * 1024);
	want_id(want, "Linux.io.read_bytes", (uint64_t)usage->ru_inblock * 512);
	want_written(want, (uint64_t)usage->ru_oublock * 512);
}

struct want *want_exit(struct harness *harness, const struct event *event,
		       const struct facts *facts, const struct child *child)
{
	struct want *want = want_new();
	uint64_t end_ns = event_number(event, "Linux.time.boot_ns");

	want_envelope(want, harness, event);
	want_kind(want, "process", "end", "[\"end\"]");
	want_moment(want, child->before_end_ns, child->after_end_ns);
	want_process(want, facts);
	want_program(want, "process", facts);
	want_test_family(want);
	want_string(want, "process.end", event_string(event, "@timestamp"));
	want_string(want, "event.end", event_string(event, "@timestamp"));
	want_string(want, "event.start", event_string(event, "process.start"));
	want_range(want, "event.duration", end_ns - child->after_fork_ns,
		   end_ns - child->before_fork_ns);
	want_number(want, "process.exit_code", (uint64_t)WEXITSTATUS(child->status));
	if (WIFSIGNALED(child->status)) {
		want_number(want, "process.exit_code", 128 + (uint64_t)WTERMSIG(child->status));
		want_number(want, "Linux.exit.signal", (uint64_t)WTERMSIG(child->status));
	}
	want_bool(want, "Linux.exit.core_dumped",
		  WIFSIGNALED(child->status) && WCOREDUMP(child->status));
	want_usage(want, &child->usage);
	return want;
}

static void check_fork(struct harness *harness, struct life *life, const struct facts *test)
{
	const struct event *event = harness_wait(harness, life->child.pid, "fork");
	struct want *want = want_fork(harness, event, test, &life->child);

	want_string(want, "process.entity_id", life->facts.entity_id);
	life->event = event;
	if (life->adjust)
		life->adjust(want, "fork", life);
	want_check(want, harness, event);
}

static uint64_t check_exec(struct harness *harness, struct life *life)
{
	const char *path = life->executable ? life->executable : life->program.path;
	const struct event *event = harness_wait(harness, life->child.pid, "exec");
	struct want *want = want_exec(harness, event, &life->facts, path);

	if (life->program.path)
		want_string(want, "Linux.exec.filename", life->program.path);
	want_moment(want, life->child.before_fork_ns, life->child.after_exec_ns);
	life->event = event;
	if (life->adjust)
		life->adjust(want, "exec", life);
	want_check(want, harness, event);
	return event_number(event, "Linux.time.boot_ns");
}

static void check_exit(struct harness *harness, struct life *life, uint64_t exec_ns)
{
	const struct event *event = harness_wait(harness, life->child.pid, "end");
	struct want *want = want_exit(harness, event, &life->facts, &life->child);

	if (life->executable) {
		want_string(want, "process.executable", life->executable);
		want_string(want, "process.name", base_name(life->executable));
	}
	if (exec_ns)
		want_id(want, "Linux.exit.since_exec_ns",
			event_number(event, "Linux.time.boot_ns") - exec_ns);
	life->event = event;
	if (life->adjust)
		life->adjust(want, "end", life);
	want_check(want, harness, event);
}

void check_life(struct harness *harness, struct life *life)
{
	bool executes = life->program.path || life->program.by_fd;
	struct facts test;
	uint64_t exec_ns = 0;

	facts_read(&test, getpid());
	child_start(&life->child, &life->program);
	if (executes) { /* exec closes what child_start waits for long before it is done */
		harness_wait(harness, life->child.pid, "exec");
		life->child.after_exec_ns = boot_ns();
	}
	facts_read(&life->facts, life->child.pid);
	check_fork(harness, life, &test);
	if (executes)
		exec_ns = check_exec(harness, life);
	if (life->kill_signal)
		child_kill(&life->child, life->kill_signal);
	else
		child_end(&life->child);
	assert_int_equal(life->child.status & ~0x80, /* without the core flag */
			 life->kill_signal ? life->kill_signal : life->exit_code << 8);
	check_exit(harness, life, exec_ns);
	harness_settle(harness);
	assert_int_equal(harness_count(harness, life->child.pid, "fork"), 1);
	assert_int_equal(harness_count(harness, life->child.pid, "exec"), executes);
	assert_int_equal(harness_count(harness, life->child.pid, "end"), 1);
	facts_done(&test);
	facts_done(&life->facts);
}
