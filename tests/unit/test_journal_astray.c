/* SPDX-License-Identifier: BSD-2-Clause */
/* The directory, or the segment that is written, is taken away under the journal's feet. */
#include "unit/test_journal.h"

#include "journal/state.h"

#include <unistd.h>

static void wait_for_round(struct fixture *f)
{
	journal_sync_round(f->journal);
}

static uint64_t take_gaps(struct fixture *f, const char *sink)
{
	struct journal_gap gap;
	uint64_t events = 0;

	while (journal_take_gap(f->journal, &gap)) {
		if (strcmp(gap.sink, sink) != 0)
			continue;
		assert_int_equal(gap.reason, JOURNAL_GAP_MISSING);
		events += gap.count;
	}
	journal_gaps_told(f->journal);
	return events;
}

static void a_directory_that_was_removed_is_made_again(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *near, *far;
	uint64_t next = 1, got, told, last;
	struct journal_batch batch;

	open_journal(f);
	near = open_reader(f, "near");
	far = open_reader(f, "far");
	for (int i = 0; i < 100; i++) {
		append_ok(f, 20);
		(void)read_some(f, near, UINT64_MAX, &next, true);
	}
	remove_tree(AT_FDCWD, f->journal_dir);
	append_ok(f, 20); /* nobody has noticed yet */
	wait_for_round(f);
	append_ok(f, 20);
	wait_for_round(f);
	assert_true(size_of(f, "lock") > 0);
	assert_true(size_of(f, "cursor-near") > 0);
	last = journal_next_sequence(f->journal) - 1;
	assert_int_equal(last, 2040);
	/* Who was close behind misses nothing. */
	expect_all(f, near, next, last);
	for (got = 0; journal_reader_next(far, &batch, &f->err) == 1; got += batch.count) {
		assert_true(batch_right(&batch));
		ack_batch(far, &batch);
	}
	told = take_gaps(f, "far");
	assert_int_equal(got + told, last);
	assert_int_equal(journal_reader_unreadable(far), told);
	assert_int_equal(take_gaps(f, "near"), 0);
	journal_reader_close(near);
	journal_reader_close(far);
	/* The new place is a journal like any other. */
	reopen_journal(f);
	assert_false(f->recovery.unclean);
	near = open_reader(f, "near");
	assert_int_equal(journal_reader_waiting(near), 0);
	append_ok(f, 5);
	expect_all(f, near, journal_next_sequence(f->journal) - 5,
		   journal_next_sequence(f->journal) - 1);
	journal_reader_close(near);
}

static void a_segment_that_was_removed_takes_no_more_events(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;

	open_journal(f);
	reader = open_reader(f, "trail");
	append_ok(f, 20);
	expect_all(f, reader, 1, 20);
	append_ok(f, 20);
	assert_int_equal(unlink(path_of(f, "00000001.seg")), 0);
	wait_for_round(f);
	append_ok(f, 20);
	assert_true(size_of(f, "00000002.seg") > 0);
	expect_all(f, reader, 21, 60);
	assert_int_equal(take_gaps(f, "trail"), 0);
	journal_reader_close(reader);
}

static void a_directory_of_somebody_else_is_not_written(void **state)
{
	struct fixture *f = *state;
	struct journal *other;
	struct journal_recovery recovery;
	char away[NAME_SIZE];

	open_journal(f);
	append_ok(f, 20);
	(void)snprintf(away, sizeof(away), "%s/away", f->dir);
	assert_int_equal(rename(f->journal_dir, away), 0);
	assert_int_equal(journal_open(&other, &f->options, &recovery, &f->err), 0);
	wait_for_round(f);
	assert_int_equal(append_items(f->journal, 20, &f->err), -EBUSY);
	journal_close(other);
	append_ok(f, 20);
	assert_int_equal(journal_next_sequence(f->journal), 41);
	assert_true(size_of(f, "00000002.seg") > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_directory_that_was_removed_is_made_again),
		TEST(a_segment_that_was_removed_takes_no_more_events),
		TEST(a_directory_of_somebody_else_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
