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

static void move_file(const struct fixture *f, const char *from, const char *to)
{
	char old[NAME_SIZE], new[NAME_SIZE];

	(void)snprintf(old, sizeof(old), "%s/%s", f->dir, from);
	(void)snprintf(new, sizeof(new), "%s/%s", f->dir, to);
	assert_int_equal(rename(old, new), 0);
}

/* Numbers of the segments under that suffix, in no order; returns how many there are. */
static size_t list_segments(const struct fixture *f, const char *suffix, uint64_t numbers[64])
{
	_cleanup_closedir_ DIR *dir = opendir(f->journal_dir);
	struct dirent *item;
	uint64_t number;
	size_t count = 0;

	assert_non_null(dir);
	while ((item = readdir(dir)) && count < 64)
		if (segment_name_parse(item->d_name, &number) != SEGMENT_FILE_FOREIGN &&
		    strcmp(item->d_name + strlen("00000001.seg"), suffix) == 0)
			numbers[count++] = number;
	return count;
}

/* A journal whose first segments have gone and whose sink has not taken the last ones. */
static size_t make_older(struct fixture *f, uint64_t numbers[64])
{
	struct journal_reader *far;
	uint64_t next = 1;
	size_t count;

	open_journal(f);
	far = open_reader(f, "far");
	for (int i = 0; i < 150; i++)
		append_ok(f, 20);
	while (next <= 1200) {
		(void)read_some(f, far, 20, &next, true);
		wait_for_round(f);
	}
	journal_reader_close(far);
	close_journal(f);
	count = list_segments(f, "", numbers);
	assert_true(count > 2);
	assert_int_equal(size_of(f, "00000002.seg"), -1);
	move_file(f, "journal", "older");
	return count;
}

/* Under their first names, in a directory of their own, they are what make_older left. */
static void expect_older_whole(struct fixture *f)
{
	uint64_t numbers[64];
	size_t count = list_segments(f, ".older", numbers);

	close_journal(f);
	for (size_t i = 0; i < count; i++) {
		char name[NAME_SIZE], to[NAME_SIZE];

		(void)snprintf(to, sizeof(to), "%s/again", f->dir);
		(void)mkdir(to, 0700);
		(void)snprintf(name, sizeof(name), "journal/%08" PRIu64 ".seg.older", numbers[i]);
		(void)snprintf(to, sizeof(to), "again/%08" PRIu64 ".seg", numbers[i]);
		move_file(f, name, to);
	}
	(void)snprintf(f->journal_dir, sizeof(f->journal_dir), "%s/again", f->dir);
	f->options.read_only = true;
	open_journal(f);
	assert_int_equal(f->recovery.quarantined, 0);
	assert_int_equal(f->recovery.last_sequence, 3000);
	assert_true(f->recovery.events >= 3000 - 1200);
}

static void an_older_journal_in_the_new_place_is_set_aside(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *near, *far;
	uint64_t older[64], set_aside[64], ours[64], highest = 0, next = 1;
	size_t count = make_older(f, older);

	for (size_t i = 0; i < count; i++)
		highest = older[i] > highest ? older[i] : highest;
	open_journal(f);
	near = open_reader(f, "near");
	far = open_reader(f, "far");
	append_ok(f, 20);
	expect_all(f, far, 1, 20);
	(void)read_some(f, near, UINT64_MAX, &next, true);
	wait_for_round(f);
	move_file(f, "journal", "away");
	move_file(f, "older", "journal");
	wait_for_round(f);
	for (int i = 0; i < 60; i++) {
		append_ok(f, 20);
		(void)read_some(f, near, UINT64_MAX, &next, true);
		wait_for_round(f);
	}
	assert_int_equal(status_of(f).set_aside, count);
	/* All that it held is there still, and nothing of it is taken for ours. */
	assert_int_equal(list_segments(f, ".older", set_aside), count);
	assert_true(size_of(f, "cursor-far.older") > 0);
	count = list_segments(f, "", ours);
	assert_true(count > 1);
	for (size_t i = 0; i < count; i++)
		assert_true(ours[i] > highest);
	journal_reader_close(near);
	journal_reader_close(far);
	reopen_journal(f);
	assert_int_equal(f->recovery.quarantined, 0);
	far = open_reader(f, "far");
	expect_all(f, far, 21, 1220);
	assert_int_equal(take_gaps(f, "far"), 0);
	journal_reader_close(far);
	expect_older_whole(f);
}

static void an_older_cursor_alone_is_not_taken_for_ours(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *far;
	uint64_t older[64];
	size_t count = make_older(f, older);

	open_journal(f);
	far = open_reader(f, "far");
	append_ok(f, 20);
	expect_all(f, far, 1, 20);
	move_file(f, "journal", "away");
	move_file(f, "older", "journal");
	for (size_t i = 0; i < count; i++) {
		char name[SEGMENT_NAME_SIZE];

		segment_name(name, older[i]);
		assert_int_equal(unlink(path_of(f, name)), 0);
	}
	wait_for_round(f);
	append_ok(f, 20);
	expect_all(f, far, 21, 40);
	append_ok(f, 20);
	assert_int_equal(status_of(f).set_aside, 0);
	journal_reader_close(far);
	reopen_journal(f);
	far = open_reader(f, "far");
	assert_int_equal(status_of(f).cursor_resets, 0);
	expect_all(f, far, 41, 60);
	journal_reader_close(far);
}

static void its_own_segments_that_come_back_go_on_waiting(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *far;
	uint64_t next = 1, numbers[64];

	open_journal(f);
	far = open_reader(f, "far");
	for (int i = 0; i < 60; i++)
		append_ok(f, 20);
	(void)read_some(f, far, 20, &next, true);
	wait_for_round(f);
	move_file(f, "journal", "away");
	wait_for_round(f);
	append_ok(f, 20);
	remove_tree(AT_FDCWD, f->journal_dir);
	move_file(f, "away", "journal");
	wait_for_round(f);
	append_ok(f, 20);
	assert_int_equal(status_of(f).set_aside, 0);
	assert_int_equal(list_segments(f, ".older", numbers), 0);
	(void)read_some(f, far, 1180, &next, true);
	assert_int_equal(next, 1201);
	next += 20;
	(void)read_some(f, far, UINT64_MAX, &next, true);
	assert_int_equal(next, 1241);
	assert_int_equal(take_gaps(f, "far"), 20);
	journal_reader_close(far);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_directory_that_was_removed_is_made_again),
		TEST(a_segment_that_was_removed_takes_no_more_events),
		TEST(a_directory_of_somebody_else_is_not_written),
		TEST(an_older_journal_in_the_new_place_is_set_aside),
		TEST(an_older_cursor_alone_is_not_taken_for_ours),
		TEST(its_own_segments_that_come_back_go_on_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
