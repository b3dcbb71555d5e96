/* SPDX-License-Identifier: BSD-2-Clause */
/* What the journal tells again after a restart: its newest part, of this boot, in order. */
#include "test_journal.h"

struct told {
	uint64_t first, next, events; /* sequences within one stream */
	uint32_t streams;
	uint8_t stream[16];
	bool right;
};

static void take(void *data, const struct journal_batch *batch)
{
	struct told *told = data;

	if (told->events == 0 || memcmp(told->stream, batch->stream, 16) != 0) {
		told->first = told->next = batch->first_sequence;
		told->streams++;
		memcpy(told->stream, batch->stream, 16);
	}
	told->right = (told->events == 0 || told->right) && batch_right(batch) &&
		      batch->first_sequence == told->next;
	told->next = batch->first_sequence + batch->count;
	told->events += batch->count;
}

static struct told recall(struct fixture *f, uint64_t max_bytes)
{
	struct told told = {0};

	if (journal_recall(f->journal, max_bytes, take, &told, &f->err) != 0)
		fail_msg("%s", f->err.text);
	assert_true(told.events == 0 || told.right);
	return told;
}

static void an_empty_journal_tells_nothing(void **state)
{
	struct fixture *f = *state;

	open_journal(f);
	assert_int_equal(recall(f, UINT64_MAX).events, 0);
}

static void all_is_told_in_order_over_several_segments(void **state)
{
	struct fixture *f = *state;
	struct told told;

	open_journal(f);
	for (int i = 0; i < 60; i++)
		append_ok(f, 50);
	reopen_journal(f);
	assert_true(status_of(f).segments > 3);
	told = recall(f, UINT64_MAX);
	assert_int_equal(told.events, 3000);
	assert_int_equal(told.first, 1);
	assert_int_equal(told.next, 3001);
}

static void only_about_so_many_bytes_are_read(void **state)
{
	struct fixture *f = *state;
	struct told told;

	open_journal(f);
	for (int i = 0; i < 60; i++)
		append_ok(f, 50);
	reopen_journal(f);
	told = recall(f, 100 * KIB);
	/* entries are 132 bytes on average */
	assert_in_range(told.events, 600, 900);
	assert_int_equal(told.next, 3001);
	told = recall(f, 1);
	assert_in_range(told.events, 0, 50);
	assert_int_equal(recall(f, 0).events, 0);
}

static void what_is_of_another_boot_is_left_out(void **state)
{
	struct fixture *f = *state;

	open_journal(f);
	append_ok(f, 10);
	close_journal(f);
	f->options.boot_id[0] = 9;
	open_journal(f);
	assert_int_equal(recall(f, UINT64_MAX).events, 0);
	append_ok(f, 7);
	reopen_journal(f);
	assert_int_equal(recall(f, UINT64_MAX).events, 7);
}

static void several_streams_of_one_boot_are_told(void **state)
{
	struct fixture *f = *state;
	struct told told;

	f->options.renew_stream = true;
	open_journal(f);
	append_ok(f, 5);
	reopen_journal(f);
	append_ok(f, 6);
	reopen_journal(f);
	told = recall(f, UINT64_MAX);
	assert_int_equal(told.events, 11);
	assert_int_equal(told.streams, 2);
	assert_int_equal(told.next, 7);
}

static void damage_ends_a_segment_and_is_no_error(void **state)
{
	struct fixture *f = *state;
	struct told told;
	char name[SEGMENT_NAME_SIZE];

	open_journal(f);
	append_ok(f, 10);
	append_ok(f, 10);
	append_ok(f, 10);
	reopen_journal(f);
	segment_name(name, 1);
	flip_byte(f, name, 88 + 16 + 48 + 16 + 10 * 16 + 2000); /* in the second frame */
	told = recall(f, UINT64_MAX);
	assert_int_equal(told.events, 10);
	assert_int_equal(status_of(f).damaged_frames, 0);
}

static void no_reader_is_held_up_and_none_moved(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;

	open_journal(f);
	append_ok(f, 10);
	reopen_journal(f);
	(void)recall(f, UINT64_MAX);
	reader = open_reader(f, "a");
	expect_all(f, reader, 1, 10);
	journal_reader_close(reader);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_empty_journal_tells_nothing),
		TEST(all_is_told_in_order_over_several_segments),
		TEST(only_about_so_many_bytes_are_read),
		TEST(what_is_of_another_boot_is_left_out),
		TEST(several_streams_of_one_boot_are_told),
		TEST(damage_ends_a_segment_and_is_no_error),
		TEST(no_reader_is_held_up_and_none_moved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
