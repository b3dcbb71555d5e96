/* SPDX-License-Identifier: BSD-2-Clause */
/* The journal's bounds, and that what they take away is told exactly: by sink, range and count. */
#include "unit/test_journal.h"

#include "base/clock.h"
#include "base/crc32c.h"

#define SEGMENT_COUNT 8

static void setup_bounds(struct fixture *f)
{
	f->options.when_full = JOURNAL_DROP_OLDEST;
	f->options.max_size = SEGMENT_COUNT * f->options.segment_size;
}

struct told {
	uint64_t events, gaps, first, last;
	enum journal_gap_reason reason;
};

/* Takes all gaps; those of one sink have to follow one another. */
static struct told take_gaps(struct fixture *f, const char *sink)
{
	struct told told = {0};
	struct journal_gap gap;

	while (journal_take_gap(f->journal, &gap)) {
		if (strcmp(gap.sink, sink) != 0)
			continue;
		assert_int_equal(gap.last_sequence, gap.first_sequence + gap.count - 1);
		if (told.gaps++ == 0)
			told.first = gap.first_sequence;
		else
			assert_int_equal(gap.first_sequence, told.last + 1);
		told.last = gap.last_sequence;
		told.events += gap.count;
		told.reason = gap.reason;
	}
	journal_gaps_told(f->journal);
	return told;
}

static void when_full_the_oldest_goes_and_is_told_by_range(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *slow, *fast;
	struct journal_batch batch;
	struct told told;
	uint64_t next = 1, last;

	setup_bounds(f);
	open_journal(f);
	slow = open_reader(f, "slow");
	fast = open_reader(f, "fast");
	for (int i = 0; i < 600; i++) {
		append_ok(f, 20);
		(void)read_some(f, fast, UINT64_MAX, &next, true);
		assert_true(status_of(f).bytes <= f->options.max_size);
	}
	last = journal_next_sequence(f->journal) - 1;
	assert_int_equal(next, last + 1);
	told = take_gaps(f, "slow");
	assert_int_equal(told.first, 1);
	assert_true(told.events > 0);
	assert_int_equal(told.events, told.last);
	assert_int_equal(told.reason, JOURNAL_GAP_SIZE);
	assert_int_equal(journal_reader_expired(slow), told.events);
	assert_int_equal(journal_reader_expired(fast), 0);
	assert_int_equal(journal_reader_waiting(slow), last - told.events);
	assert_int_equal(journal_reader_next(slow, &batch, &f->err), 1);
	assert_int_equal(batch.first_sequence, told.last + 1);
	ack_batch(slow, &batch);
	expect_all(f, slow, batch.first_sequence + batch.count, last);
	assert_int_equal(take_gaps(f, "slow").events, 0);
	assert_int_equal(journal_reader_offered(slow), last);
	assert_int_equal(status_of(f).skipped_events, 0);
	journal_reader_close(slow);
	journal_reader_close(fast);
}

static void nothing_is_given_up_before_the_bound(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;

	setup_bounds(f);
	open_journal(f);
	reader = open_reader(f, "trail");
	while (status_of(f).segments < SEGMENT_COUNT)
		append_ok(f, 20);
	assert_int_equal(journal_reader_expired(reader), 0);
	expect_all(f, reader, 1, journal_next_sequence(f->journal) - 1);
	journal_reader_close(reader);
}

/* Fills until another segment of what reader needs has been given up. */
static void fill_until_given_up(struct fixture *f, const struct journal_reader *reader)
{
	uint64_t before = journal_reader_expired(reader);

	while (journal_reader_expired(reader) == before)
		append_ok(f, 20);
}

static void what_a_sink_has_in_hand_is_not_told_when_it_arrives(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;
	struct journal_batch batch, next;
	struct told told;

	setup_bounds(f);
	open_journal(f);
	reader = open_reader(f, "trail");
	append_ok(f, 20);
	assert_int_equal(journal_reader_next(reader, &batch, &f->err), 1);
	fill_until_given_up(f, reader);
	/* Nothing from behind the gap as long as something from before it is in hand. */
	assert_int_equal(journal_reader_next(reader, &next, &f->err), 0);
	assert_int_equal(journal_reader_waiting(reader),
			 journal_next_sequence(f->journal) - 1 - journal_reader_expired(reader));
	ack_batch(reader, &batch);
	told = take_gaps(f, "trail");
	assert_int_equal(told.first, 21);
	assert_int_equal(told.events, journal_reader_expired(reader));
	assert_int_equal(journal_reader_next(reader, &next, &f->err), 1);
	assert_int_equal(next.first_sequence, told.last + 1);
	ack_batch(reader, &next);
	expect_all(f, reader, next.first_sequence + next.count,
		   journal_next_sequence(f->journal) - 1);
	assert_int_equal(take_gaps(f, "trail").events, 0);
	journal_reader_close(reader);
}

static void what_a_sink_loses_from_its_hand_is_told_then(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;
	struct journal_batch batch;
	struct told told;
	uint64_t behind;

	setup_bounds(f);
	open_journal(f);
	reader = open_reader(f, "trail");
	append_ok(f, 20);
	assert_int_equal(journal_reader_next(reader, &batch, &f->err), 1);
	journal_reader_ack(reader, batch.stream, 5);
	fill_until_given_up(f, reader);
	told = take_gaps(f, "trail");
	assert_int_equal(told.first, 21);
	behind = told.last + 1;
	journal_reader_rewind(reader);
	told = take_gaps(f, "trail");
	assert_int_equal(told.first, 6);
	assert_int_equal(told.last, 20);
	assert_int_equal(journal_reader_next(reader, &batch, &f->err), 1);
	assert_int_equal(batch.first_sequence, behind);
	assert_int_equal(journal_reader_expired(reader), behind - 6);
	journal_reader_close(reader);
}

static void what_was_not_told_comes_again_after_a_restart(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;
	struct journal_batch batch;
	struct journal_gap gap;
	struct told told;
	uint64_t expired, next;

	setup_bounds(f);
	open_journal(f);
	reader = open_reader(f, "trail");
	append_ok(f, 20);
	assert_int_equal(journal_reader_next(reader, &batch, &f->err), 1);
	fill_until_given_up(f, reader);
	expired = journal_reader_expired(reader);
	assert_true(journal_take_gap(f->journal, &gap)); /* taken, but never in the stream */
	journal_reader_close(reader);
	reopen_journal(f);
	reader = open_reader(f, "trail");
	assert_int_equal(journal_reader_expired(reader), 0);
	assert_true(journal_take_gap(f->journal, &gap));
	assert_int_equal(gap.first_sequence, 21);
	assert_int_equal(gap.count, expired);
	next = gap.last_sequence + 1;
	/* And what was in hand when the agent ended. */
	told = take_gaps(f, "trail");
	assert_int_equal(told.first, 1);
	assert_int_equal(told.last, 20);
	expect_all(f, reader, next, journal_next_sequence(f->journal) - 1);
	journal_reader_close(reader);
	reopen_journal(f);
	reader = open_reader(f, "trail");
	assert_false(journal_take_gap(f->journal, &gap));
	journal_reader_close(reader);
}

static void a_gap_that_grows_while_it_is_told_is_told_on(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;
	struct journal_gap first, second;

	setup_bounds(f);
	open_journal(f);
	reader = open_reader(f, "trail");
	fill_until_given_up(f, reader);
	assert_true(journal_take_gap(f->journal, &first));
	fill_until_given_up(f, reader);
	assert_false(journal_take_gap(f->journal, &second));
	journal_gaps_told(f->journal);
	assert_true(journal_take_gap(f->journal, &second));
	assert_int_equal(second.first_sequence, first.last_sequence + 1);
	assert_int_equal(first.count + second.count, journal_reader_expired(reader));
	journal_gaps_told(f->journal);
	assert_false(journal_take_gap(f->journal, &first));
	journal_reader_close(reader);
}

/* Each opening makes a stream of its own. */
static void more_ranges_than_a_cursor_can_hold_are_counted_all_the_same(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;
	struct journal_gap gap;
	uint64_t events = 0, ranges = 0, expired;

	setup_bounds(f);
	f->options.renew_stream = true;
	for (int i = 0; i < 30; i++) {
		open_journal(f);
		reader = open_reader(f, "trail");
		for (int k = 0; k < 60; k++)
			append_ok(f, 20);
		journal_reader_close(reader);
		close_journal(f);
	}
	open_journal(f);
	reader = open_reader(f, "trail");
	expired = 30 * 60 * 20 - journal_reader_waiting(reader);
	while (journal_take_gap(f->journal, &gap)) {
		events += gap.count;
		ranges++;
	}
	assert_int_equal(events, expired);
	assert_int_equal(ranges, 16);
	assert_int_equal(gap.last_sequence, 0);
	journal_reader_close(reader);
}

static void a_sink_that_is_not_there_is_not_waited_for(void **state)
{
	struct fixture *f = *state;
	struct journal_gap gap;

	setup_bounds(f);
	open_journal(f);
	for (int i = 0; i < 600; i++)
		append_ok(f, 20);
	assert_true(status_of(f).bytes <= f->options.max_size);
	assert_false(journal_take_gap(f->journal, &gap));
}

static void what_is_too_old_goes_also_without_an_append(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;
	struct told told;
	uint64_t deadline_ns = clock_mono_ns() + 20 * NS_PER_S;

	setup_bounds(f);
	f->options.max_age_ms = 300;
	f->options.sync_every_ms = 10;
	open_journal(f);
	reader = open_reader(f, "trail");
	for (int i = 0; i < 100; i++)
		append_ok(f, 20);
	while (status_of(f).segments > 1 && clock_mono_ns() < deadline_ns)
		(void)poll(NULL, 0, 10);
	assert_int_equal(status_of(f).segments, 1);
	told = take_gaps(f, "trail");
	assert_int_equal(told.first, 1);
	assert_int_equal(told.reason, JOURNAL_GAP_AGE);
	expect_all(f, reader, told.last + 1, 2000);
	journal_reader_close(reader);
}

/* Of the segment of that number, if there is one. */
static void set_created(struct fixture *f, uint64_t number, uint64_t created_ns)
{
	_Alignas(8) char bytes[4096];
	char name[SEGMENT_NAME_SIZE];
	struct segment_header *header = (struct segment_header *)(void *)bytes;
	int fd;

	segment_name(name, number);
	fd = open(path_of(f, name), O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	assert_int_equal(pread(fd, bytes, sizeof(bytes), 0), sizeof(bytes));
	header->created_ns = created_ns;
	header->crc = 0;
	header->crc = crc32c(0, bytes, header->header_size);
	assert_int_equal(pwrite(fd, bytes, sizeof(bytes), 0), sizeof(bytes));
	(void)close(fd);
}

/* Segments of a run before, by the clock on the wall; one that was never set makes nothing old. */
static void age_of_an_earlier_run(struct fixture *f, uint64_t created_ns, bool goes)
{
	struct journal_reader *reader;
	struct told told;

	setup_bounds(f);
	open_journal(f);
	reader = open_reader(f, "trail");
	for (int i = 0; i < 100; i++)
		append_ok(f, 20);
	journal_reader_close(reader);
	close_journal(f);
	for (uint64_t i = 1; i < 10; i++)
		set_created(f, i, created_ns);
	f->options.max_age_ms = 3600 * 1000;
	open_journal(f);
	reader = open_reader(f, "trail");
	append_ok(f, 20);
	journal_reader_close(reader); /* waits for a round of the sync thread */
	told = take_gaps(f, "trail");
	assert_int_equal(told.events > 0, goes);
}

static void what_an_earlier_run_left_is_old_by_the_wall_clock(void **state)
{
	age_of_an_earlier_run(*state, clock_real_ns() - 7200 * NS_PER_S, true);
}

static void a_clock_that_was_never_set_makes_nothing_old(void **state)
{
	age_of_an_earlier_run(*state, 1000 * NS_PER_S, false);
}

static void a_clock_set_back_makes_nothing_old(void **state)
{
	age_of_an_earlier_run(*state, clock_real_ns() + 7200 * NS_PER_S, false);
}

static struct fixture *round_in_cut; /* of whose journal a round is asked for in the next cut */

int __real_ftruncate(int fd, off_t size);
int __wrap_ftruncate(int fd, off_t size);
int __wrap_ftruncate(int fd, off_t size)
{
	struct fixture *f = round_in_cut;

	round_in_cut = NULL;
	if (f)
		journal_reader_close(open_reader(f, "visitor")); /* waits for a round */
	return __real_ftruncate(fd, size);
}

/* Of the first frame of the first segment. */
static void set_frame_time(struct fixture *f, uint64_t time_ns)
{
	_Alignas(8) char bytes[64 * KIB];
	struct frame_header *header = (struct frame_header *)(void *)bytes;
	_cleanup_close_ int fd = open(path_of(f, "00000001.seg"), O_RDWR | O_CLOEXEC);
	_cleanup_close_ int dirfd = open(f->journal_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct segment segment = {0};

	assert_int_equal(segment_load(&segment, dirfd, 1, NULL), 0);
	assert_true(pread(fd, bytes, sizeof(bytes), (off_t)segment.header_size) > 0);
	header->time_ns = time_ns;
	header->crc = 0;
	header->crc = crc32c(segment.seed, bytes, header->size);
	assert_int_equal(pwrite(fd, bytes, header->size, (off_t)segment.header_size), header->size);
}

/* The time of its last frame is old, but it was written until just now. */
static void a_segment_that_was_gone_on_with_is_not_given_up_while_it_is_sealed(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;

	setup_bounds(f);
	open_journal(f);
	append_ok(f, 20);
	close_journal(f);
	set_frame_time(f, clock_real_ns() - 7200 * NS_PER_S);
	f->options.max_age_ms = 3600 * 1000;
	open_journal(f);
	assert_false(f->recovery.stream_renewed);
	reader = open_reader(f, "trail");
	append_ok(f, 20);
	round_in_cut = f;
	while (status_of(f).segments < 2)
		append_ok(f, 20);
	assert_null(round_in_cut);
	assert_int_equal(journal_reader_expired(reader), 0);
	expect_all(f, reader, 1, journal_next_sequence(f->journal) - 1);
	journal_reader_close(reader);
}

/* More than any file system has: only the floor that is kept for the work itself is left. */
static void keep_free_takes_what_waits_but_never_the_last_two(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;
	struct told told;

	setup_bounds(f);
	f->options.keep_free = UINT64_MAX / 4;
	open_journal(f);
	reader = open_reader(f, "trail");
	for (int i = 0; i < 300; i++) {
		append_ok(f, 20);
		assert_true(status_of(f).segments <= 2);
	}
	told = take_gaps(f, "trail");
	assert_int_equal(told.reason, JOURNAL_GAP_SPACE);
	assert_int_equal(told.events, journal_reader_expired(reader));
	expect_all(f, reader, told.last + 1, 6000);
	journal_reader_close(reader);
}

static void where_nothing_may_be_dropped_keep_free_stops_the_writer(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;

	setup_bounds(f);
	f->options.keep_free = UINT64_MAX / 4;
	f->options.when_full = JOURNAL_STOP;
	open_journal(f);
	reader = open_reader(f, "trail");
	while (append_items(f->journal, 20, &f->err) == 0)
		assert_true(status_of(f).segments <= 2);
	assert_non_null(strstr(f->err.text, "keep_free"));
	assert_int_equal(journal_reader_expired(reader), 0);
	expect_all(f, reader, 1, journal_next_sequence(f->journal) - 1);
	append_ok(f, 20);
	journal_reader_close(reader);
}

static void damage_is_told_as_a_gap(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;
	struct journal_gap damaged, missing;
	uint64_t got = 0;
	struct journal_batch batch;

	open_journal(f);
	for (int i = 0; i < 200; i++)
		append_ok(f, 20);
	close_journal(f);
	flip_byte(f, "00000002.seg", 20000);
	assert_int_equal(unlink(path_of(f, "00000004.seg")), 0);
	open_journal(f);
	reader = open_reader(f, "trail");
	while (journal_reader_next(reader, &batch, &f->err) == 1) {
		got += batch.count;
		ack_batch(reader, &batch);
	}
	assert_true(journal_take_gap(f->journal, &damaged));
	assert_true(journal_take_gap(f->journal, &missing));
	assert_int_equal(damaged.reason, JOURNAL_GAP_DAMAGED);
	assert_int_equal(missing.reason, JOURNAL_GAP_MISSING);
	assert_int_equal(damaged.last_sequence, damaged.first_sequence + damaged.count - 1);
	assert_int_equal(missing.last_sequence, missing.first_sequence + missing.count - 1);
	assert_int_equal(got + damaged.count + missing.count, 4000);
	assert_int_equal(journal_reader_unreadable(reader), damaged.count + missing.count);
	assert_int_equal(journal_reader_expired(reader), 0);
	journal_reader_close(reader);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(when_full_the_oldest_goes_and_is_told_by_range),
		TEST(nothing_is_given_up_before_the_bound),
		TEST(what_a_sink_has_in_hand_is_not_told_when_it_arrives),
		TEST(what_a_sink_loses_from_its_hand_is_told_then),
		TEST(what_was_not_told_comes_again_after_a_restart),
		TEST(a_gap_that_grows_while_it_is_told_is_told_on),
		TEST(more_ranges_than_a_cursor_can_hold_are_counted_all_the_same),
		TEST(a_sink_that_is_not_there_is_not_waited_for),
		TEST(what_is_too_old_goes_also_without_an_append),
		TEST(what_an_earlier_run_left_is_old_by_the_wall_clock),
		TEST(a_clock_that_was_never_set_makes_nothing_old),
		TEST(a_clock_set_back_makes_nothing_old),
		TEST(a_segment_that_was_gone_on_with_is_not_given_up_while_it_is_sealed),
		TEST(keep_free_takes_what_waits_but_never_the_last_two),
		TEST(where_nothing_may_be_dropped_keep_free_stops_the_writer),
		TEST(damage_is_told_as_a_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
