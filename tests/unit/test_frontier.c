/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages that settle in any order, told in the order in which they were taken. */
#include "sink/frontier.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void take(struct frontier *frontier, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		uint64_t number, expected = frontier->taken;

		assert_int_equal(frontier_take(frontier, &number), 0);
		assert_int_equal(number, expected);
	}
}

static void assert_poll(struct frontier *frontier, uint64_t settled, int refused)
{
	struct sink_progress progress;

	frontier_poll(frontier, &progress);
	assert_int_equal(progress.settled, settled);
	assert_int_equal(progress.refused, refused);
}

static void a_gap_holds_back_what_settled_behind_it(void **state)
{
	struct frontier frontier;

	(void)state;
	frontier_init(&frontier);
	assert_poll(&frontier, 0, 0);
	take(&frontier, 5);
	frontier_settle(&frontier, 3, FRONTIER_ARRIVED);
	frontier_settle(&frontier, 1, FRONTIER_ARRIVED);
	assert_poll(&frontier, 0, 0);
	frontier_settle(&frontier, 0, FRONTIER_ARRIVED);
	assert_poll(&frontier, 2, 0);
	frontier_settle(&frontier, 2, FRONTIER_ARRIVED);
	assert_poll(&frontier, 4, 0);
	assert_int_equal(frontier_under_way(&frontier), 1);
	frontier_done(&frontier);
}

static void each_refusal_is_told_alone_and_in_its_turn(void **state)
{
	struct frontier frontier;

	(void)state;
	frontier_init(&frontier);
	take(&frontier, 4);
	frontier_settle(&frontier, 2, -EMSGSIZE);
	frontier_settle(&frontier, 1, -EBADMSG);
	frontier_settle(&frontier, 3, FRONTIER_ARRIVED);
	assert_poll(&frontier, 0, 0);
	frontier_settle(&frontier, 0, FRONTIER_ARRIVED);
	assert_poll(&frontier, 2, -EBADMSG);
	assert_poll(&frontier, 3, -EMSGSIZE);
	assert_poll(&frontier, 4, 0);
	frontier_done(&frontier);
}

static void what_is_said_late_or_twice_changes_nothing(void **state)
{
	struct frontier frontier;

	(void)state;
	frontier_init(&frontier);
	take(&frontier, 2);
	frontier_settle(&frontier, 0, FRONTIER_ARRIVED);
	frontier_settle(&frontier, 0, -EIO);
	assert_poll(&frontier, 1, 0);
	frontier_settle(&frontier, 0, -EIO);
	frontier_settle(&frontier, 2, FRONTIER_ARRIVED); /* never taken */
	assert_poll(&frontier, 1, 0);
	frontier_clear(&frontier);
	take(&frontier, 1);
	assert_poll(&frontier, 0, 0);
	frontier_done(&frontier);
}

static void the_ring_grows_and_comes_round(void **state)
{
	struct frontier frontier;
	uint64_t settled = 0;

	(void)state;
	frontier_init(&frontier);
	for (int round = 0; round < 20; round++) {
		take(&frontier, 1000);
		for (uint64_t i = frontier.taken; i > settled + 500; i--)
			frontier_settle(&frontier, i - 1, FRONTIER_ARRIVED);
		assert_poll(&frontier, settled, 0);
		for (uint64_t i = settled; i < settled + 500; i++)
			frontier_settle(&frontier, i, FRONTIER_ARRIVED);
		settled = frontier.taken;
		assert_poll(&frontier, settled, 0);
		take(&frontier, (uint64_t)round * 300);
		for (; settled < frontier.taken; settled++)
			frontier_settle(&frontier, settled, FRONTIER_ARRIVED);
		assert_poll(&frontier, settled, 0);
	}
	frontier_done(&frontier);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_gap_holds_back_what_settled_behind_it),
		cmocka_unit_test(each_refusal_is_told_alone_and_in_its_turn),
		cmocka_unit_test(what_is_said_late_or_twice_changes_nothing),
		cmocka_unit_test(the_ring_grows_and_comes_round),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
