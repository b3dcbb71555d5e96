/* SPDX-License-Identifier: BSD-2-Clause */
/* A journal opened for reading: nothing changes, an agent may write on; and where to begin. */
#include "unit/test_journal.h"

#include "base/clock.h"

#include <unistd.h>

static void open_for_reading(struct fixture *f, struct journal **ret_journal,
			     struct journal_recovery *ret_recovery)
{
	struct journal_options options = {.dir = f->journal_dir, .read_only = true};

	if (journal_open(ret_journal, &options, ret_recovery, &f->err) < 0)
		fail_msg("%s", f->err.text);
}

static struct journal_reader *start(struct fixture *f, struct journal *journal,
				    const struct journal_start *from)
{
	struct journal_reader *reader;

	assert_int_equal(journal_reader_open(&reader, journal, NULL, &f->err), 0);
	if (journal_reader_start(reader, from, &f->err) < 0)
		fail_msg("%s", f->err.text);
	return reader;
}

/* Reads all: sequences first to last. */
static void expect(struct fixture *f, struct journal_reader *reader, uint64_t first, uint64_t last)
{
	uint64_t next = first;

	assert_int_equal(journal_reader_waiting(reader), last + 1 - first);
	(void)read_some(f, reader, UINT64_MAX, &next, true);
	assert_int_equal(next, last + 1);
	assert_int_equal(journal_reader_waiting(reader), 0);
	assert_int_equal(journal_reader_missed(reader), 0);
	journal_reader_close(reader);
}

static void reading_disturbs_nobody_who_writes(void **state)
{
	const struct journal_start oldest = {.at = JOURNAL_FROM_OLDEST};
	struct fixture *f = *state;
	struct journal_recovery recovery;
	struct journal *journal;

	open_journal(f);
	for (int i = 0; i < 100; i++)
		append_ok(f, 20);
	open_for_reading(f, &journal, &recovery);
	assert_int_equal(recovery.events, 2000);
	append_ok(f, 20);
	/* As it was when it was opened. */
	expect(f, start(f, journal, &oldest), 1, 2000);
	assert_int_equal(append_items(journal, 1, &f->err), -EROFS);
	journal_close(journal);
	append_ok(f, 20);
	reopen_journal(f);
	assert_false(f->recovery.unclean);
	assert_false(f->recovery.stream_renewed);
	assert_int_equal(f->recovery.events, 2040);
}

static void reading_moves_no_cursor_and_opens_none(void **state)
{
	struct fixture *f = *state;
	const struct journal_start from = {.at = JOURNAL_FROM_CURSOR, .cursor = "trail"};
	const struct journal_start other = {.at = JOURNAL_FROM_CURSOR, .cursor = "../lock"};
	struct journal_recovery recovery;
	struct journal_reader *reader;
	struct journal *journal;
	uint64_t next = 1;

	open_journal(f);
	for (int i = 0; i < 10; i++)
		append_ok(f, 20);
	reader = open_reader(f, "trail");
	(void)read_some(f, reader, 60, &next, true);
	journal_reader_close(reader);
	for (int i = 0; i < 2; i++) {
		open_for_reading(f, &journal, &recovery);
		assert_int_equal(journal_reader_open(&reader, journal, "trail", &f->err), -EROFS);
		expect(f, start(f, journal, &from), 61, 200);
		assert_int_equal(journal_reader_open(&reader, journal, NULL, &f->err), 0);
		assert_int_equal(journal_reader_start(reader, &other, &f->err), -ENOENT);
		journal_reader_close(reader);
		journal_close(journal);
	}
	assert_int_equal(size_of(f, "cursor-other"), -1);
}

static void damage_is_counted_and_stays_as_it_is(void **state)
{
	const struct journal_start oldest = {.at = JOURNAL_FROM_OLDEST};
	struct fixture *f = *state;
	struct journal_recovery recovery;
	struct journal_reader *reader;
	struct journal *journal;
	struct journal_batch batch;
	uint64_t got = 0;

	open_journal(f);
	for (int i = 0; i < 200; i++)
		append_ok(f, 20);
	close_journal(f);
	flip_byte(f, "00000002.seg", 10);
	flip_byte(f, "00000003.seg", 40);
	flip_byte(f, "00000004.seg", 20000);
	assert_int_equal(close(open(path_of(f, "00000099.seg.tmp"), O_CREAT | O_CLOEXEC, 0600)), 0);
	for (int i = 0; i < 2; i++) {
		open_for_reading(f, &journal, &recovery);
		assert_int_equal(recovery.quarantined, 2);
		assert_true(size_of(f, "00000002.seg") > 0);
		assert_int_equal(size_of(f, "00000099.seg.tmp"), 0);
		reader = start(f, journal, &oldest);
		for (got = 0; journal_reader_next(reader, &batch, &f->err) == 1; got += batch.count)
			ack_batch(reader, &batch);
		assert_int_equal(got + journal_reader_missed(reader), 4000);
		journal_reader_close(reader);
		journal_close(journal);
	}
	assert_in_range(got, 1000, 3000);
}

static void it_begins_at_any_event(void **state)
{
	struct fixture *f = *state;
	struct journal_start from = {.at = JOURNAL_FROM_EVENT};
	struct journal_recovery recovery;
	struct journal_reader *reader;
	struct journal *journal;

	open_journal(f);
	for (int i = 0; i < 100; i++)
		append_ok(f, 20);
	memcpy(from.stream, journal_stream(f->journal), 16);
	close_journal(f);
	open_for_reading(f, &journal, &recovery);
	for (from.sequence = 1; from.sequence <= 2000; from.sequence += 37)
		expect(f, start(f, journal, &from), from.sequence, 2000);
	from.sequence = 2000;
	expect(f, start(f, journal, &from), 2000, 2000);
	assert_int_equal(journal_reader_open(&reader, journal, NULL, &f->err), 0);
	from.sequence = 2001;
	assert_int_equal(journal_reader_start(reader, &from, &f->err), -ENOENT);
	journal_reader_close(reader);
	journal_close(journal);
}

static void a_number_alone_means_the_last_stream_that_has_it(void **state)
{
	const struct journal_start from = {.at = JOURNAL_FROM_EVENT, .sequence = 15};
	struct fixture *f = *state;
	struct journal_recovery recovery;
	struct journal *journal;

	f->options.renew_stream = true;
	for (int i = 3; i > 0; i--) {
		open_journal(f);
		append_ok(f, 10);
		append_ok(f, 10);
		close_journal(f);
	}
	open_for_reading(f, &journal, &recovery);
	expect(f, start(f, journal, &from), 15, 20);
	journal_close(journal);
}

static void it_begins_at_a_time(void **state)
{
	struct fixture *f = *state;
	struct journal_start from = {.at = JOURNAL_FROM_TIME};
	struct journal_recovery recovery;
	struct journal *journal;

	open_journal(f);
	append_ok(f, 20);
	from.real_ns = clock_real_ns();
	while (clock_real_ns() <= from.real_ns)
		;
	append_ok(f, 20);
	close_journal(f);
	open_for_reading(f, &journal, &recovery);
	expect(f, start(f, journal, &from), 21, 40);
	from.real_ns = 0;
	expect(f, start(f, journal, &from), 1, 40);
	/* Later than all there is: nothing. */
	from.real_ns = clock_real_ns() + NS_PER_S;
	expect(f, start(f, journal, &from), 41, 40);
	journal_close(journal);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reading_disturbs_nobody_who_writes),
		TEST(reading_moves_no_cursor_and_opens_none),
		TEST(damage_is_counted_and_stays_as_it_is),
		TEST(it_begins_at_any_event),
		TEST(a_number_alone_means_the_last_stream_that_has_it),
		TEST(it_begins_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
