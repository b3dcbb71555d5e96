/* SPDX-License-Identifier: BSD-2-Clause */
/* Appending, reading back, bounds, durability: a journal to which nothing bad happens. */
#include "unit/test_journal.h"

#include "unit/descriptors.h"

static void what_was_appended_is_read_back_over_many_segments(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;
	uint64_t appended = 0;

	open_journal(f);
	assert_true(f->recovery.stream_renewed);
	assert_false(f->recovery.unclean);
	reader = open_reader(f, "trail");
	for (uint32_t i = 0; i < 300; i++) {
		append_ok(f, 1 + i % 37);
		appended += 1 + i % 37;
	}
	assert_int_equal(status_of(f).events, appended);
	assert_int_equal(status_of(f).appends, 300);
	assert_true(status_of(f).segments > 10);
	assert_int_equal(journal_reader_waiting(reader), appended);
	expect_all(f, reader, 1, appended);
	journal_reader_close(reader);
}

static void a_batch_carries_stream_and_kernel_numbers(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;
	struct journal_batch batch;

	open_journal(f);
	reader = open_reader(f, "trail");
	append_ok(f, 3);
	assert_int_equal(journal_reader_next(reader, &batch, &f->err), 1);
	assert_memory_equal(batch.stream, journal_stream(f->journal), 16);
	assert_int_equal(batch.number_count, 1);
	assert_int_equal(batch.numbers[0].cpu, 1);
	assert_int_equal(batch.numbers[0].class, 1);
	assert_int_equal(batch.numbers[0].sequence, 1);
	assert_int_equal(journal_reader_next(reader, &batch, &f->err), 0);
	journal_reader_close(reader);
}

static void kernel_numbers_survive_reopening_and_end_with_the_boot(void **state)
{
	struct fixture *f = *state;
	const struct journal_number *numbers;
	uint32_t count;

	open_journal(f);
	for (int i = 0; i < 500; i++)
		append_ok(f, 10);
	reopen_journal(f);
	assert_int_equal(f->recovery.events, 5000);
	numbers = journal_numbers(f->journal, &count);
	assert_int_equal(count, 1);
	assert_int_equal(numbers[0].sequence, 4991);
	close_journal(f);
	f->options.boot_id[0]++;
	open_journal(f);
	(void)journal_numbers(f->journal, &count);
	assert_int_equal(count, 0);
}

static void a_stream_goes_on_only_with_the_probes_it_has_numbers_of(void **state)
{
	struct fixture *f = *state;
	const uint32_t others[] = {1, 2}, known[] = {3, 0};
	uint8_t stream[16];

	open_journal(f);
	append_ok(f, 3); /* their set of probes is 0 */
	memcpy(stream, journal_stream(f->journal), sizeof(stream));
	f->options.probes = known;
	f->options.probes_count = 2;
	reopen_journal(f);
	assert_false(f->recovery.stream_renewed);
	assert_memory_equal(journal_stream(f->journal), stream, sizeof(stream));
	f->options.probes = others;
	reopen_journal(f);
	assert_true(f->recovery.stream_renewed);
	assert_memory_not_equal(journal_stream(f->journal), stream, sizeof(stream));
}

static void two_readers_go_at_their_own_speed(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *fast, *slow;
	uint64_t fast_next = 1, slow_next = 1;

	open_journal(f);
	fast = open_reader(f, "fast");
	slow = open_reader(f, "slow");
	for (int round = 0; round < 100; round++) {
		append_ok(f, 20);
		assert_int_equal(read_some(f, fast, UINT64_MAX, &fast_next, true), 20);
		if (round % 10 == 0)
			assert_int_equal(read_some(f, slow, 20, &slow_next, true), 20);
	}
	assert_int_equal(journal_reader_waiting(fast), 0);
	assert_int_equal(journal_reader_waiting(slow), 2000 - 200);
	expect_all(f, slow, slow_next, 2000);
	journal_reader_close(slow);
	journal_reader_close(fast);
}

static void reopening_continues_stream_sequence_and_cursors(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;
	uint8_t stream[16];
	uint64_t next = 1;

	open_journal(f);
	memcpy(stream, journal_stream(f->journal), sizeof(stream));
	reader = open_reader(f, "trail");
	for (int i = 0; i < 40; i++)
		append_ok(f, 25);
	(void)read_some(f, reader, 500, &next, true);
	journal_reader_close(reader);
	reopen_journal(f);
	assert_false(f->recovery.stream_renewed);
	assert_false(f->recovery.unclean);
	assert_int_equal(f->recovery.torn_bytes, 0);
	assert_int_equal(f->recovery.quarantined, 0);
	/* What the cursor had wholly behind it is gone. */
	assert_in_range(f->recovery.events, 500, 1000);
	assert_memory_equal(journal_stream(f->journal), stream, sizeof(stream));
	assert_int_equal(journal_next_sequence(f->journal), 1001);
	reader = open_reader(f, "trail");
	assert_int_equal(journal_reader_waiting(reader), 500);
	append_ok(f, 5);
	expect_all(f, reader, 501, 1005);
	journal_reader_close(reader);
}

static void a_new_boot_renews_the_stream(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;
	struct journal_batch batch;
	uint8_t stream[16];

	open_journal(f);
	memcpy(stream, journal_stream(f->journal), sizeof(stream));
	append_ok(f, 7);
	close_journal(f);
	f->options.boot_id[15]++;
	open_journal(f);
	assert_true(f->recovery.stream_renewed);
	assert_int_equal(f->recovery.events, 7);
	assert_memory_not_equal(journal_stream(f->journal), stream, sizeof(stream));
	assert_int_equal(journal_next_sequence(f->journal), 1);
	reader = open_reader(f, "trail");
	append_ok(f, 2);
	assert_int_equal(journal_reader_waiting(reader), 9);
	assert_int_equal(journal_reader_next(reader, &batch, &f->err), 1);
	assert_memory_equal(batch.stream, stream, sizeof(stream));
	assert_int_equal(batch.count, 7);
	assert_int_equal(journal_reader_next(reader, &batch, &f->err), 1);
	assert_memory_equal(batch.stream, journal_stream(f->journal), sizeof(stream));
	assert_int_equal(batch.first_sequence, 1);
	/* Of the old stream there is no event 9: nothing moves. */
	journal_reader_ack(reader, stream, 9);
	assert_int_equal(journal_reader_waiting(reader), 9);
	ack_batch(reader, &batch);
	assert_int_equal(journal_reader_waiting(reader), 0);
	journal_reader_close(reader);
	assert_int_equal(size_of(f, "00000001.seg") % 4096 != 0, 1);
	assert_int_equal(size_of(f, "00000002.seg"), 64 * KIB);
}

static void a_partly_acknowledged_batch_comes_again_from_there(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;
	struct journal_batch batch;

	open_journal(f);
	reader = open_reader(f, "trail");
	append_ok(f, 10);
	append_ok(f, 10);
	assert_int_equal(journal_reader_next(reader, &batch, &f->err), 1);
	assert_int_equal(journal_reader_next(reader, &batch, &f->err), 1);
	journal_reader_ack(reader, batch.stream, 4);
	assert_int_equal(journal_reader_waiting(reader), 16);
	journal_reader_ack(reader, batch.stream, 3);
	journal_reader_ack(reader, batch.stream, 21);
	assert_int_equal(journal_reader_waiting(reader), 16);
	for (int pass = 0; pass < 2; pass++) {
		assert_int_equal(journal_reader_next(reader, &batch, &f->err), pass);
		if (pass == 0)
			journal_reader_rewind(reader);
	}
	assert_int_equal(batch.first_sequence, 5);
	assert_int_equal(batch.count, 6);
	assert_true(batch_right(&batch));
	journal_reader_ack(reader, batch.stream, 4);
	assert_int_equal(journal_reader_waiting(reader), 16);
	journal_reader_ack(reader, batch.stream, 6);
	journal_reader_close(reader);
	reopen_journal(f);
	reader = open_reader(f, "trail");
	assert_int_equal(journal_reader_waiting(reader), 14);
	expect_all(f, reader, 7, 20);
	journal_reader_close(reader);
}

static void an_acknowledgement_covers_all_before_it_over_segments(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;
	uint64_t next = 1;

	open_journal(f);
	reader = open_reader(f, "trail");
	for (int i = 0; i < 200; i++)
		append_ok(f, 20);
	assert_int_equal(read_some(f, reader, UINT64_MAX, &next, false), 4000);
	journal_reader_ack(reader, journal_stream(f->journal), 2990);
	assert_int_equal(journal_reader_waiting(reader), 1010);
	journal_reader_rewind(reader);
	expect_all(f, reader, 2991, 4000);
	journal_reader_rewind(reader);
	append_ok(f, 1);
	expect_all(f, reader, 4001, 4001);
	journal_reader_close(reader);
}

static bool readable(const struct journal_reader *reader)
{
	struct pollfd fd = {.fd = journal_reader_fd(reader), .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}

static void an_append_wakes_a_reader_that_had_come_to_the_end(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;
	uint64_t next = 1;

	open_journal(f);
	reader = open_reader(f, "trail");
	assert_int_equal(read_some(f, reader, UINT64_MAX, &next, true), 0);
	assert_false(readable(reader));
	append_ok(f, 1);
	assert_true(readable(reader));
	assert_int_equal(read_some(f, reader, UINT64_MAX, &next, true), 1);
	assert_false(readable(reader));
	append_ok(f, 1);
	assert_true(readable(reader));
	journal_reader_close(reader);
}

static void segments_behind_every_cursor_go(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *fast, *slow;
	uint64_t fast_next = 1, slow_next = 1;

	f->options.max_size = 4 * 64 * KIB;
	open_journal(f);
	fast = open_reader(f, "fast");
	slow = open_reader(f, "slow");
	for (int i = 0; i < 400; i++) {
		append_ok(f, 20);
		(void)read_some(f, fast, UINT64_MAX, &fast_next, true);
		(void)read_some(f, slow, UINT64_MAX, &slow_next, true);
	}
	assert_int_equal(slow_next, 8001);
	assert_true(status_of(f).segments <= 4);
	assert_true(status_of(f).bytes <= f->options.max_size);
	assert_int_equal(size_of(f, "00000001.seg"), -1);
	journal_reader_close(slow);
	journal_reader_close(fast);
}

static uint64_t fill(struct fixture *f)
{
	uint64_t events = 0;
	int result;

	while ((result = append_items(f->journal, 10, &f->err)) == 0)
		events += 10;
	assert_int_equal(result, -ENOSPC);
	return events;
}

static void a_full_journal_stops_the_writer_and_goes_on_after_acknowledgements(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;
	uint64_t next = 1, events;

	f->options.max_size = 4 * 64 * KIB;
	open_journal(f);
	reader = open_reader(f, "trail");
	events = fill(f);
	assert_non_null(strstr(f->err.text, "sinks have not taken"));
	assert_non_null(strstr(f->err.text, f->journal_dir));
	assert_int_equal(append_items(f->journal, 10, &f->err), -ENOSPC);
	assert_int_equal(journal_next_sequence(f->journal), events + 1);
	assert_int_equal(status_of(f).append_failures, 2);
	assert_true(status_of(f).bytes <= f->options.max_size);
	/* Reading alone frees nothing. */
	(void)read_some(f, reader, UINT64_MAX, &next, false);
	assert_int_equal(append_items(f->journal, 10, &f->err), -ENOSPC);
	journal_reader_ack(reader, journal_stream(f->journal), events / 2);
	events += fill(f);
	journal_reader_rewind(reader);
	next = journal_next_sequence(f->journal) - journal_reader_waiting(reader);
	expect_all(f, reader, next, events);
	assert_true(fill(f) > 0);
	journal_reader_close(reader);
}

static void without_any_reader_nothing_is_deleted(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;
	uint64_t events;

	f->options.max_size = 3 * 64 * KIB;
	open_journal(f);
	events = fill(f);
	reader = open_reader(f, "late");
	expect_all(f, reader, 1, events);
	journal_reader_close(reader);
}

static void a_closed_reader_holds_what_it_has_not_taken(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *failing, *good;
	uint64_t events, next = 1;

	f->options.max_size = 4 * 64 * KIB;
	open_journal(f);
	failing = open_reader(f, "failing");
	good = open_reader(f, "good");
	events = fill(f);
	journal_reader_close(failing);
	(void)read_some(f, good, UINT64_MAX, &next, true);
	assert_int_equal(append_items(f->journal, 10, &f->err), -ENOSPC);
	journal_reader_close(good);
	reopen_journal(f);
	failing = open_reader(f, "failing");
	expect_all(f, failing, 1, events);
	journal_reader_close(failing);
}

static void a_reader_that_was_let_go_holds_nothing_and_may_come_back(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *gone, *good;
	struct journal_batch batch;
	uint64_t next = 1;

	f->options.max_size = 4 * 64 * KIB;
	open_journal(f);
	gone = open_reader(f, "gone");
	good = open_reader(f, "good");
	(void)fill(f);
	(void)read_some(f, good, UINT64_MAX, &next, true);
	journal_let_go(f->journal, "gone"); /* open: no effect */
	assert_int_equal(append_items(f->journal, 10, &f->err), -ENOSPC);
	journal_reader_close(gone);
	assert_int_equal(append_items(f->journal, 10, &f->err), -ENOSPC);
	journal_let_go(f->journal, "gone");
	for (int i = 0; i < 5; i++) {
		assert_true(fill(f) > 0);
		(void)read_some(f, good, UINT64_MAX, &next, true);
	}
	gone = open_reader(f, "gone");
	assert_int_equal(journal_reader_next(gone, &batch, &f->err), 1);
	assert_true(batch.first_sequence > 1 && batch_right(&batch));
	next = batch.first_sequence + batch.count;
	ack_batch(gone, &batch);
	expect_all(f, gone, next, journal_next_sequence(f->journal) - 1);
	assert_int_equal(status_of(f).skipped_events, 0);
	journal_reader_close(gone);
	journal_reader_close(good);
}

/* Sinks get other names with every reload. */
static void cursors_of_the_past_keep_no_descriptor(void **state)
{
	struct fixture *f = *state;
	size_t before, after;

	open_journal(f);
	before = count_descriptors();
	for (unsigned int i = 0; i < 100; i++) {
		struct journal_reader *reader;
		char name[16];

		(void)snprintf(name, sizeof(name), "sink-%u", i % 50); /* each comes back once */
		append_ok(f, 2);
		reader = open_reader(f, name);
		expect_all(f, reader, i < 50 ? 1 : 2 * (i - 50 + 1) + 1, 2 * (i + 1));
		journal_reader_close(reader);
	}
	after = count_descriptors();
	assert_in_range(after, before, before + 4);
	assert_int_equal(status_of(f).skipped_events, 0);
}

static void a_cursor_that_nobody_opens_holds_nothing(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;
	uint64_t events;

	f->options.max_size = 4 * 64 * KIB;
	open_journal(f);
	journal_reader_close(open_reader(f, "gone"));
	append_ok(f, 1);
	reopen_journal(f);
	reader = open_reader(f, "trail");
	events = 1 + fill(f);
	expect_all(f, reader, 1, events);
	assert_true(fill(f) > 0);
	journal_reader_close(reader);
	/* When it does come back, it starts at the oldest there is. */
	reopen_journal(f);
	reader = open_reader(f, "gone");
	assert_true(journal_reader_waiting(reader) > 0);
	journal_reader_close(reader);
}

static void with_batch_durability_an_append_returns_synced(void **state)
{
	struct fixture *f = *state;

	f->options.durability = JOURNAL_SYNC_BATCH;
	open_journal(f);
	for (uint64_t i = 1; i <= 10; i++) {
		append_ok(f, 1);
		assert_true(status_of(f).syncs >= i);
	}
	assert_int_equal(status_of(f).sync_error, 0);
}

static void closing_a_reader_syncs_what_interval_durability_has_waiting(void **state)
{
	struct fixture *f = *state;

	f->options.durability = JOURNAL_SYNC_INTERVAL;
	f->options.sync_every_ms = 3600 * 1000;
	open_journal(f);
	append_ok(f, 1);
	assert_int_equal(status_of(f).syncs, 0);
	journal_reader_close(open_reader(f, "trail"));
	assert_true(status_of(f).syncs > 0);
}

static void a_malformed_batch_is_refused_and_changes_nothing(void **state)
{
	struct fixture *f = *state;
	uint64_t entries[] = {16, 0, 24, 0};
	struct journal_batch batch = {
		.entries = entries, .size = 32, .first_sequence = 1, .count = 2};

	open_journal(f);
	assert_int_equal(journal_append(f->journal, &batch, &f->err), -EINVAL);
	entries[2] = 12;
	assert_int_equal(journal_append(f->journal, &batch, &f->err), -EINVAL);
	entries[2] = 0;
	assert_int_equal(journal_append(f->journal, &batch, &f->err), -EINVAL);
	entries[2] = 16;
	batch.count = 1;
	assert_int_equal(journal_append(f->journal, &batch, &f->err), -EINVAL);
	batch.count = 3;
	assert_int_equal(journal_append(f->journal, &batch, &f->err), -EINVAL);
	batch.count = 2;
	batch.first_sequence = 2;
	assert_int_equal(journal_append(f->journal, &batch, &f->err), -EINVAL);
	batch.first_sequence = 1;
	assert_int_equal(journal_append(f->journal, &batch, &f->err), 0);
	assert_int_equal(status_of(f).append_failures, 6);
	assert_int_equal(journal_next_sequence(f->journal), 3);
}

static void a_batch_that_no_segment_can_hold_is_refused(void **state)
{
	struct fixture *f = *state;

	open_journal(f);
	assert_int_equal(append_items(f->journal, 1000, &f->err), -EMSGSIZE);
	append_ok(f, 10);
	assert_int_equal(journal_next_sequence(f->journal), 11);
}

static void options_that_cannot_work_are_refused(void **state)
{
	struct fixture *f = *state;

	f->options.max_size = 2 * 64 * KIB - 1;
	assert_int_equal(journal_open(&f->journal, &f->options, &f->recovery, &f->err), -EINVAL);
	assert_non_null(strstr(f->err.text, "below two segments"));
	f->options.segment_size = 100;
	assert_int_equal(journal_open(&f->journal, &f->options, &f->recovery, &f->err), -EINVAL);
	f->options.segment_size = 64 * KIB;
	f->options.max_size = 1024 * KIB;
	f->options.dir = "/dev/null/journal";
	assert_int_equal(journal_open(&f->journal, &f->options, &f->recovery, &f->err), -ENOTDIR);
	assert_non_null(strstr(f->err.text, "/dev/null/journal"));
}

static void a_second_opener_is_told_who_has_it(void **state)
{
	struct fixture *f = *state;
	struct journal *second = NULL;
	char pid[32];

	open_journal(f);
	(void)snprintf(pid, sizeof(pid), "process %d", (int)getpid());
	assert_int_equal(journal_open(&second, &f->options, &f->recovery, &f->err), -EBUSY);
	assert_null(second);
	assert_non_null(strstr(f->err.text, pid));
	assert_non_null(strstr(f->err.text, f->journal_dir));
	append_ok(f, 1);
	reopen_journal(f);
	assert_false(f->recovery.unclean);
}

static void a_cursor_is_opened_once_and_only_by_a_proper_name(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader, *second = NULL;

	open_journal(f);
	reader = open_reader(f, "trail");
	assert_int_equal(journal_reader_open(&second, f->journal, "trail", &f->err), -EBUSY);
	assert_int_equal(journal_reader_open(&second, f->journal, "../x", &f->err), -EINVAL);
	assert_int_equal(journal_reader_open(&second, f->journal, "", &f->err), -EINVAL);
	journal_reader_close(reader);
	journal_reader_close(open_reader(f, "trail"));
	journal_reader_close(NULL);
	journal_close(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_appended_is_read_back_over_many_segments),
		TEST(a_batch_carries_stream_and_kernel_numbers),
		TEST(kernel_numbers_survive_reopening_and_end_with_the_boot),
		TEST(a_stream_goes_on_only_with_the_probes_it_has_numbers_of),
		TEST(two_readers_go_at_their_own_speed),
		TEST(reopening_continues_stream_sequence_and_cursors),
		TEST(a_new_boot_renews_the_stream),
		TEST(a_partly_acknowledged_batch_comes_again_from_there),
		TEST(an_acknowledgement_covers_all_before_it_over_segments),
		TEST(an_append_wakes_a_reader_that_had_come_to_the_end),
		TEST(segments_behind_every_cursor_go),
		TEST(a_full_journal_stops_the_writer_and_goes_on_after_acknowledgements),
		TEST(without_any_reader_nothing_is_deleted),
		TEST(a_closed_reader_holds_what_it_has_not_taken),
		TEST(a_reader_that_was_let_go_holds_nothing_and_may_come_back),
		TEST(cursors_of_the_past_keep_no_descriptor),
		TEST(a_cursor_that_nobody_opens_holds_nothing),
		TEST(with_batch_durability_an_append_returns_synced),
		TEST(closing_a_reader_syncs_what_interval_durability_has_waiting),
		TEST(a_malformed_batch_is_refused_and_changes_nothing),
		TEST(a_batch_that_no_segment_can_hold_is_refused),
		TEST(options_that_cannot_work_are_refused),
		TEST(a_second_opener_is_told_who_has_it),
		TEST(a_cursor_is_opened_once_and_only_by_a_proper_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
