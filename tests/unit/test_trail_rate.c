/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A trail that is rotated at every MiB while lines come as fast as it takes them, with the keeper
 * packing behind it: no line lost, split or doubled. 100 MB, 1 GB with FULL=1; it tells the rate.
 */
#include "unit/test_trail.h"

#include "base/clock.h"

#define WIDTH 900

static void rotated_at_every_mebibyte_no_line_is_lost_split_or_doubled(void **state)
{
	uint64_t bytes = getenv("FULL") ? 1000 * 1000 * 1000 : 100 * 1000 * 1000;
	uint64_t last = bytes / WIDTH / BATCH_MAX * BATCH_MAX, started_ns, taken_ns;
	struct trail *trail = *state;

	trail->options.rotate_bytes = 1024 * 1024;
	trail->options.keep.packing = TRAIL_ZSTD;
	trail->options.sync = FILE_SYNC_INTERVAL;
	trail->options.sync_every_ms = 500;
	assert_int_equal(trail_open(trail), 0);
	started_ns = clock_mono_ns();
	for (uint64_t next = 1; next <= last; next += BATCH_MAX)
		if (trail_submit(trail, next, BATCH_MAX, WIDTH) < 0)
			fail_msg("%s", trail->err.text);
	assert_int_equal(trail_flush(trail), 0);
	taken_ns = clock_mono_ns() - started_ns;
	assert_int_equal(*trail->acked, last);
	print_message("%" PRIu64 " MB/s, %u files\n", bytes * 1000 / taken_ns,
		      trail_count(trail, false));
	assert_true(trail_wait_packed(trail));
	assert_true(trail_count(trail, false) >= bytes / (1024 * 1024) - 1);
	trail_expect(trail, 1, last);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			rotated_at_every_mebibyte_no_line_is_lost_split_or_doubled, trail_set_up,
			trail_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
