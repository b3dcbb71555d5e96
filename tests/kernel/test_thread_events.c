/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads as events of their own: who made them, when they began, how they ended. */
#include "child.h"
#include "harness.h"
#include "want.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the child tells, in memory that both have. */
struct thread_story {
	pid_t tid;
	uint64_t before_start_ns, after_start_ns, before_end_ns;
};

static void *live(void *data)
{
	struct thread_story *story = data;

	prctl(PR_SET_NAME, "worker");
	story->after_start_ns = boot_ns();
	story->tid = (pid_t)syscall(SYS_gettid);
	story->before_end_ns = boot_ns();
	syscall(SYS_exit, 7);
	return NULL;
}

static int have_a_thread(void *data)
{
	struct thread_story *story = data;
	pthread_t thread;
	int error;

	story->before_start_ns = boot_ns();
	error = pthread_create(&thread, NULL, live, story);
	if (error == 0)
		error = pthread_join(thread, NULL);
	return -error;
}

static struct thread_story *new_story(void)
{
	struct thread_story *story = mmap(NULL, sizeof(*story), PROT_READ | PROT_WRITE,
					  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(story != MAP_FAILED);
	return story;
}

/* The thread's own id and name; all else is the process's. */
static struct want *want_thread(struct harness *harness, const struct event *event,
				const struct facts *facts, const struct thread_story *story)
{
	struct want *want = want_new();

	want_envelope(want, harness, event);
	want_string(want, "Linux.sequence.ring", "bulk");
	want_kind(want, "process", event->action, "[\"info\"]");
	want_child(want, facts);
	want_number(want, "process.thread.id", (uint64_t)story->tid);
	return want;
}

static void check_start(struct harness *harness, const struct facts *facts,
			const struct thread_story *story)
{
	const struct event *event = harness_wait(harness, (pid_t)facts->pid, "thread_start");
	struct want *want = want_thread(harness, event, facts, story);

	want_moment(want, story->before_start_ns, story->after_start_ns);
	want_number(want, "Linux.thread.creator_id", facts->pid);
	want_check(want, harness, event);
}

/* A join can return before the hook is called: the end of the process is a bound. */
static void check_end(struct harness *harness, const struct facts *facts,
		      const struct thread_story *story, const struct child *child)
{
	const struct event *event = harness_wait(harness, (pid_t)facts->pid, "thread_end");
	struct want *want = want_thread(harness, event, facts, story);

	want_moment(want, story->before_end_ns, child->after_end_ns);
	want_string(want, "process.thread.name", "worker");
	want_time(want, "Linux.thread.start", story->before_start_ns, story->after_start_ns);
	want_number(want, "Linux.exit.status", 7);
	want_bool(want, "Linux.thread.is_leader", false);
	want_check(want, harness, event);
}

static void tells_the_life_of_a_thread(void **state)
{
	struct thread_story *story = new_story();
	struct program program = {.prepare = have_a_thread, .data = story};
	struct child child;
	struct facts facts;

	child_start(&child, &program);
	facts_read(&facts, child.pid);
	child_end(&child);
	check_start(*state, &facts, story);
	check_end(*state, &facts, story, &child);
	facts_done(&facts);
	munmap(story, sizeof(*story));
}

/* The leader is a thread too: it ends, and then its process, as the last one. */
static void check_leader(struct harness *harness, struct child *child, const struct facts *facts)
{
	const struct event *event = harness_wait(harness, child->pid, "thread_end");
	struct want *want = want_new();
	int signal = WTERMSIG(child->status);

	want_envelope(want, harness, event);
	want_string(want, "Linux.sequence.ring", "bulk");
	want_kind(want, "process", "thread_end", "[\"info\"]");
	want_child(want, facts);
	want_moment(want, child->before_end_ns, child->after_end_ns);
	want_time(want, "Linux.thread.start", child->before_fork_ns, child->after_fork_ns);
	want_bool(want, "Linux.thread.is_leader", true);
	want_number(want, "Linux.exit.status", (uint64_t)WEXITSTATUS(child->status));
	if (signal) {
		want_number(want, "Linux.exit.status", 128 + (uint64_t)signal);
		want_number(want, "Linux.exit.signal", (uint64_t)signal);
		want_string(want, "Linux.exit.signal_name", "SIGKILL");
	}
	want_check(want, harness, event);
	assert_true(event_number(harness_wait(harness, child->pid, "end"), "event.sequence") >
		    event_number(event, "event.sequence"));
}

static void tells_the_end_of_the_leader_before_that_of_its_process(void **state)
{
	struct program program = {.status = 3};
	struct child child;
	struct facts facts;

	child_start(&child, &program);
	facts_read(&facts, child.pid);
	child_end(&child);
	check_leader(*state, &child, &facts);
	facts_done(&facts);
}

static void tells_the_signal_that_ended_it(void **state)
{
	struct program program = {.status = 3};
	struct child child;
	struct facts facts;

	child_start(&child, &program);
	facts_read(&facts, child.pid);
	child_kill(&child, SIGKILL);
	check_leader(*state, &child, &facts);
	facts_done(&facts);
}

static void is_silent_unless_asked(void **state)
{
	struct thread_story *story = new_story();
	struct program program = {.prepare = have_a_thread, .data = story};
	struct harness *harness = harness_new(&(struct harness_options){0});
	struct child child;

	(void)state;
	assert_non_null(harness);
	child_start(&child, &program);
	child_end(&child);
	harness_settle(harness);
	assert_int_equal(harness_count(harness, 0, "thread_start"), 0);
	assert_int_equal(harness_count(harness, 0, "thread_end"), 0);
	assert_int_equal(harness_count(harness, child.pid, "end"), 1);
	harness_free(harness);
	munmap(story, sizeof(*story));
}

static int set_up(void **state)
{
	*state = harness_new(&(struct harness_options){.events = "[process, thread]"});
	return *state ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KERNEL_TEST(tells_the_life_of_a_thread),
		KERNEL_TEST(tells_the_end_of_the_leader_before_that_of_its_process),
		KERNEL_TEST(tells_the_signal_that_ended_it),
		cmocka_unit_test(is_silent_unless_asked),
	};
	int cannot_run = harness_cannot_run();

	return cannot_run ? cannot_run : cmocka_run_group_tests(tests, set_up, harness_teardown);
}
