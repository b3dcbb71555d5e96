/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long it takes from an event to the file and to the screen when little happens: one event
 * every 50 ms for 3 s, with FULL=1 in the environment for 60 s.
 */
#include "harness.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define EVERY_NS 50000000u
#define LIMIT_NS 100000000u
#define MAX_EVENTS 1200

static int setup(void **state)
{
	*state = harness_new(&(struct harness_options){.screen = true});
	return *state ? 0 : -1;
}

static uint64_t delay_ns(const struct event *event)
{
	return event->seen_ns - event_number(event, "Linux.time.boot_ns");
}

typedef const struct event *get_event(struct harness *harness, size_t index);

/* The longest delay of the children's ends; fails when one is missing. */
static uint64_t longest_delay(struct harness *harness, const pid_t *pids, unsigned int count,
			      get_event *get)
{
	const struct event *event;
	unsigned int found = 0;
	uint64_t longest = 0;

	for (size_t i = 0; (event = get(harness, i)); i++)
		for (unsigned int j = 0; j < count; j++) {
			if (event->pid != pids[j] || strcmp(event->action, "end") != 0)
				continue;
			found++;
			if (delay_ns(event) > longest)
				longest = delay_ns(event);
		}
	assert_int_equal(found, count);
	return longest;
}

static void wait_for_screen(struct harness *harness, pid_t last)
{
	const uint64_t deadline = boot_ns() + 10000000000ull;
	const struct event *event;
	size_t checked = 0;

	while (boot_ns() < deadline) {
		for (; (event = harness_screen_event(harness, checked)); checked++)
			if (event->pid == last && strcmp(event->action, "end") == 0)
				return;
		harness_pump(harness, 10);
	}
	fail_msg("the last event did not reach the screen");
}

static void brings_a_lone_event_to_file_and_screen_within_100_ms(void **state)
{
	static pid_t pids[MAX_EVENTS];
	unsigned int count = getenv("FULL") ? MAX_EVENTS : 60;
	uint64_t next = boot_ns(), file, screen;

	for (unsigned int i = 0; i < count; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(0);
		assert_int_equal(waitpid(pids[i], NULL, 0), pids[i]);
		for (next += EVERY_NS; boot_ns() < next;)
			harness_pump(*state, (int)((next - boot_ns()) / 1000000) + 1);
	}
	harness_wait(*state, pids[count - 1], "end");
	wait_for_screen(*state, pids[count - 1]);
	file = longest_delay(*state, pids, count, harness_event);
	screen = longest_delay(*state, pids, count, harness_screen_event);
	print_message("longest delay of %u events: file %" PRIu64 " us, screen %" PRIu64 " us\n",
		      count, file / 1000, screen / 1000);
	assert_in_range(file, 0, LIMIT_NS);
	assert_in_range(screen, 0, LIMIT_NS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KERNEL_TEST(brings_a_lone_event_to_file_and_screen_within_100_ms),
	};
	int cannot_run = harness_cannot_run();

	return cannot_run ? cannot_run : cmocka_run_group_tests(tests, setup, harness_teardown);
}
