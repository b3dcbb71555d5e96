/* SPDX-License-Identifier: BSD-2-Clause */
/* Who hangs, and who only waits or fails. */
#include "progress.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>

#define NOW_NS (1000 * NS_PER_S)

static void a_collect_thread_that_turns_goes_on(void **state)
{
	struct progress progress = {0};
	struct collect_status collect = {.turns = 1};
	struct status_facts facts = {.now_ns = NOW_NS};
	struct err err;

	(void)state;
	assert_int_equal(progress_judge(&progress, &facts, &err), 0); /* nobody has looked yet */
	for (uint64_t now_ns = NOW_NS - 60 * NS_PER_S; now_ns <= NOW_NS; now_ns += NS_PER_S) {
		collect.turns++;
		progress_note(&progress, &collect, now_ns);
	}
	assert_int_equal(progress_judge(&progress, &facts, &err), 0);
	for (int i = 0; i < 10; i++) /* to look does not make it go on */
		progress_note(&progress, &collect, NOW_NS + NS_PER_S);
	facts.now_ns = NOW_NS + PROGRESS_COLLECT_NS;
	assert_int_equal(progress_judge(&progress, &facts, &err), 0);
	facts.now_ns++;
	assert_int_equal(progress_judge(&progress, &facts, &err), -ETIMEDOUT);
	assert_string_equal(err.text, "the collect thread hangs for 10 s");
	collect.turns++;
	progress_note(&progress, &collect, facts.now_ns);
	assert_int_equal(progress_judge(&progress, &facts, &err), 0);
}

static void a_sink_whose_call_does_not_return_hangs(void **state)
{
	struct progress progress = {.turns = 1, .moved_ns = NOW_NS};
	struct status_sink sinks[2] = {{.name = "a"}, {.name = "siem"}};
	struct status_facts facts = {.now_ns = NOW_NS, .sinks = sinks, .sink_count = 2};
	struct err err;

	(void)state;
	sinks[0].deliver.failing = true; /* for hours, and that is no reason */
	sinks[0].deliver.failing_since_ns = 1;
	sinks[1].deliver.in_sink_since_ns = NOW_NS - PROGRESS_SINK_NS;
	assert_int_equal(progress_judge(&progress, &facts, &err), 0);
	sinks[1].deliver.in_sink_since_ns -= NS_PER_S;
	assert_int_equal(progress_judge(&progress, &facts, &err), -ETIMEDOUT);
	assert_string_equal(err.text, "the thread of the sink siem hangs for 61 s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_collect_thread_that_turns_goes_on),
		cmocka_unit_test(a_sink_whose_call_does_not_return_hangs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
