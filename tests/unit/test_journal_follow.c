/* SPDX-License-Identifier: BSD-2-Clause */
/* Readers without a cursor: a live view of what is appended. */
#include "test_journal.h"

#include <pthread.h>
#include <stdatomic.h>

static void it_starts_behind_what_is_there(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;
	uint64_t next;

	open_journal(f);
	append_ok(f, 10);
	reader = open_reader(f, NULL);
	next = journal_next_sequence(f->journal);
	assert_int_equal(journal_reader_waiting(reader), 0);
	assert_int_equal(read_some(f, reader, UINT64_MAX, &next, false), 0);
	append_ok(f, 3);
	assert_int_equal(journal_reader_waiting(reader), 3);
	assert_int_equal(read_some(f, reader, UINT64_MAX, &next, true), 3);
	assert_int_equal(journal_reader_waiting(reader), 0);
	assert_int_equal(journal_reader_missed(reader), 0);
	journal_reader_close(reader);
}

static void it_starts_at_the_first_event_of_an_empty_journal(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;
	uint64_t next = 1;

	open_journal(f);
	reader = open_reader(f, NULL);
	assert_int_equal(read_some(f, reader, UINT64_MAX, &next, false), 0);
	append_ok(f, 4);
	assert_int_equal(read_some(f, reader, UINT64_MAX, &next, true), 4);
	assert_int_equal(journal_reader_missed(reader), 0);
	journal_reader_close(reader);
}

static void it_starts_behind_what_another_run_left(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;
	uint64_t next;

	open_journal(f);
	append_ok(f, 10);
	reopen_journal(f);
	reader = open_reader(f, NULL);
	next = journal_next_sequence(f->journal);
	append_ok(f, 2);
	assert_int_equal(read_some(f, reader, UINT64_MAX, &next, true), 2);
	assert_int_equal(journal_reader_missed(reader), 0);
	journal_reader_close(reader);
}

static void an_append_wakes_it(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;
	struct pollfd fd = {.events = POLLIN};
	uint64_t next = 1;

	open_journal(f);
	reader = open_reader(f, NULL);
	fd.fd = journal_reader_fd(reader);
	assert_int_equal(read_some(f, reader, UINT64_MAX, &next, false), 0);
	assert_int_equal(poll(&fd, 1, 0), 0);
	append_ok(f, 1);
	assert_int_equal(poll(&fd, 1, 10000), 1);
	journal_reader_close(reader);
}

static void it_leaves_no_file_and_several_may_be_open(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *first, *second;
	uint64_t next = 1, next_too = 1;

	open_journal(f);
	first = open_reader(f, NULL);
	second = open_reader(f, NULL);
	append_ok(f, 5);
	assert_int_equal(read_some(f, first, UINT64_MAX, &next, true), 5);
	assert_int_equal(read_some(f, second, UINT64_MAX, &next_too, true), 5);
	journal_reader_close(first);
	journal_reader_close(second);
	assert_int_equal(size_of(f, "cursor-"), -1);
	assert_int_equal(size_of(f, "cursor-(null)"), -1);
}

/* Appends until sequence, acknowledging with the sink, so that old segments may go. */
static void pass(struct fixture *f, struct journal_reader *sink, uint64_t events, uint64_t *next)
{
	for (uint64_t done = 0; done < events; done += 100) {
		append_ok(f, 100);
		assert_int_equal(read_some(f, sink, UINT64_MAX, next, true), 100);
	}
}

static void it_holds_nothing_back_and_is_told_what_it_missed(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *sink, *view;
	struct journal_status status;
	struct journal_batch batch;
	uint64_t next = 1, got = 0, last = 0;

	f->options.max_size = 3 * f->options.segment_size;
	open_journal(f);
	sink = open_reader(f, "sink");
	view = open_reader(f, NULL);
	/* Far more than the journal holds: appending would fail if the view held anything. */
	pass(f, sink, 10000, &next);
	while (journal_reader_next(view, &batch, &f->err) > 0) {
		assert_true(batch_right(&batch));
		assert_true(batch.first_sequence > last);
		got += batch.count;
		last = batch.first_sequence + batch.count - 1;
		ack_batch(view, &batch);
	}
	assert_int_equal(last, 10000);
	assert_true(got < 10000);
	assert_int_equal(got + journal_reader_missed(view), 10000);
	assert_int_equal(journal_reader_waiting(view), 0);
	journal_status(f->journal, &status);
	assert_int_equal(status.skipped_events, 0);
	journal_reader_close(view);
	journal_reader_close(sink);
}

static void a_deleted_segment_it_stands_in_is_read_to_its_end(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *sink, *view;
	struct journal_batch batch;
	uint64_t next = 1, got;

	f->options.max_size = 3 * f->options.segment_size;
	open_journal(f);
	sink = open_reader(f, "sink");
	view = open_reader(f, NULL);
	append_ok(f, 100);
	assert_int_equal(read_some(f, sink, UINT64_MAX, &next, true), 100);
	append_ok(f, 100);
	assert_int_equal(read_some(f, sink, UINT64_MAX, &next, true), 100);
	assert_int_equal(journal_reader_next(view, &batch, &f->err), 1);
	got = batch.count;
	pass(f, sink, 10000, &next);
	assert_int_equal(journal_reader_next(view, &batch, &f->err), 1);
	assert_int_equal(batch.first_sequence, 101);
	assert_true(batch_right(&batch));
	got += batch.count;
	journal_reader_rewind(view); /* to what is no more: goes on with what there is */
	while (journal_reader_next(view, &batch, &f->err) > 0)
		assert_true(batch_right(&batch));
	assert_int_equal(got, 200);
	assert_int_equal(batch.first_sequence + batch.count, 10201);
	journal_reader_close(view);
	journal_reader_close(sink);
}

struct follower {
	struct fixture *f;
	atomic_bool *over;
	bool wrong;
};

/* Opens, reads a while, closes, again and again. */
static void *follow(void *data)
{
	struct follower *follower = data;
	struct journal_batch batch;
	struct err err;

	while (!atomic_load(follower->over)) {
		struct journal_reader *reader = NULL;
		uint64_t first = 0, last = 0, got = 0;

		if (journal_reader_open(&reader, follower->f->journal, NULL, &err) < 0)
			return follower->wrong = true, NULL;
		while (got < 1000 && !atomic_load(follower->over)) {
			struct pollfd fd = {journal_reader_fd(reader), POLLIN, 0};
			int result = journal_reader_next(reader, &batch, &err);

			if (result == 0)
				(void)poll(&fd, 1, 20);
			if (result <= 0)
				continue;
			first = first ? first : batch.first_sequence;
			follower->wrong |= !batch_right(&batch) || batch.first_sequence <= last;
			last = batch.first_sequence + batch.count - 1;
			got += batch.count;
			ack_batch(reader, &batch);
		}
		follower->wrong |= got && got + journal_reader_missed(reader) < last - first + 1;
		journal_reader_close(reader);
	}
	return NULL;
}

static void followers_come_and_go_while_the_writer_writes_and_segments_go(void **state)
{
	struct fixture *f = *state;
	atomic_bool over = false;
	struct follower followers[3];
	struct journal_reader *sink;
	pthread_t threads[3];
	uint64_t next = 1;

	f->options.max_size = 3 * f->options.segment_size;
	f->options.sync_every_ms = 1;
	open_journal(f);
	sink = open_reader(f, "sink");
	for (int i = 0; i < 3; i++) {
		followers[i] = (struct follower){f, &over, false};
		assert_int_equal(pthread_create(&threads[i], NULL, follow, &followers[i]), 0);
	}
	pass(f, sink, 50000, &next);
	atomic_store(&over, true);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_false(followers[i].wrong);
	}
	journal_reader_close(sink);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_starts_behind_what_is_there),
		TEST(it_starts_at_the_first_event_of_an_empty_journal),
		TEST(it_starts_behind_what_another_run_left),
		TEST(an_append_wakes_it),
		TEST(it_leaves_no_file_and_several_may_be_open),
		TEST(it_holds_nothing_back_and_is_told_what_it_missed),
		TEST(a_deleted_segment_it_stands_in_is_read_to_its_end),
		TEST(followers_come_and_go_while_the_writer_writes_and_segments_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
