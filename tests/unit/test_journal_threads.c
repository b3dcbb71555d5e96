/* SPDX-License-Identifier: BSD-2-Clause */
/* One writer, several readers and the sync thread at once; meant for the thread sanitizer too. */
#include "unit/test_journal.h"

#include <pthread.h>

#define FRAMES 1500
#define EVENTS ((uint64_t)FRAMES * 8)

struct consumer {
	pthread_t thread;
	struct journal *journal;
	const char *name;
	unsigned int rewind_every; /* batches; 0: never */
	bool right;
	uint64_t next;
};

static bool consume(struct consumer *consumer, struct journal_reader *reader)
{
	struct journal_batch batch;
	struct err err;
	unsigned int batches = 0;
	int result;

	while ((result = journal_reader_next(reader, &batch, &err)) == 1) {
		if (batch.first_sequence > consumer->next || !batch_right(&batch))
			return false;
		if (consumer->rewind_every && ++batches % consumer->rewind_every == 0) {
			/* Acknowledged up to the middle: that half must come again. */
			uint64_t middle = batch.first_sequence + batch.count / 2;

			journal_reader_ack(reader, batch.stream, middle);
			journal_reader_rewind(reader);
			if (consumer->next <= middle)
				consumer->next = middle + 1;
			continue;
		}
		consumer->next = batch.first_sequence + batch.count;
		ack_batch(reader, &batch);
	}
	return result == 0;
}

static void *consumer_main(void *data)
{
	struct consumer *consumer = data;
	struct journal_reader *reader;
	struct err err;

	consumer->next = 1;
	if (journal_reader_open(&reader, consumer->journal, consumer->name, &err) < 0)
		return NULL;
	do {
		struct pollfd fd = {.fd = journal_reader_fd(reader), .events = POLLIN};

		consumer->right = consume(consumer, reader);
		if (!consumer->right || consumer->next > EVENTS)
			break;
		/* A wake-up that is lost shows as a time-out. */
		consumer->right = poll(&fd, 1, 60000) == 1;
	} while (consumer->right);
	journal_reader_close(reader);
	return NULL;
}

static void append_all(struct fixture *f)
{
	struct pollfd nothing = {.fd = -1};

	while (journal_next_sequence(f->journal) <= EVENTS) {
		int result = append_items(f->journal, 8, &f->err);

		assert_true(result == 0 || result == -ENOSPC);
		/* Full: the consumers are to go on first. */
		if (result == -ENOSPC)
			(void)poll(&nothing, 1, 1);
		(void)status_of(f);
	}
}

static void a_writer_and_readers_at_once(struct fixture *f)
{
	struct consumer consumers[] = {
		{.name = "one"},
		{.name = "two", .rewind_every = 7},
		{.name = "three", .rewind_every = 50},
	};

	f->options.max_size = 6 * 64 * KIB;
	f->options.sync_every_ms = 2;
	open_journal(f);
	/* Known before the first append, so that each holds what it has not taken. */
	for (size_t i = 0; i < 3; i++)
		journal_reader_close(open_reader(f, consumers[i].name));
	for (size_t i = 0; i < 3; i++) {
		consumers[i].journal = f->journal;
		assert_int_equal(
			pthread_create(&consumers[i].thread, NULL, consumer_main, &consumers[i]),
			0);
	}
	append_all(f);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(pthread_join(consumers[i].thread, NULL), 0);
	for (size_t i = 0; i < 3; i++) {
		assert_true(consumers[i].right);
		assert_int_equal(consumers[i].next, EVENTS + 1);
	}
	assert_int_equal(status_of(f).skipped_events, 0);
	assert_int_equal(status_of(f).damaged_frames, 0);
	assert_int_equal(status_of(f).cursor_resets, 0);
	assert_int_equal(status_of(f).sync_error, 0);
	reopen_journal(f);
	for (size_t i = 0; i < 3; i++) {
		struct journal_reader *reader = open_reader(f, consumers[i].name);

		assert_int_equal(journal_reader_waiting(reader), 0);
		journal_reader_close(reader);
	}
}

static void readers_keep_up_without_syncing(void **state)
{
	a_writer_and_readers_at_once(*state);
}

static void readers_keep_up_while_intervals_are_synced(void **state)
{
	struct fixture *f = *state;

	f->options.durability = JOURNAL_SYNC_INTERVAL;
	a_writer_and_readers_at_once(f);
}

static void readers_keep_up_while_each_batch_is_synced(void **state)
{
	struct fixture *f = *state;

	f->options.durability = JOURNAL_SYNC_BATCH;
	a_writer_and_readers_at_once(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(readers_keep_up_without_syncing),
		TEST(readers_keep_up_while_intervals_are_synced),
		TEST(readers_keep_up_while_each_batch_is_synced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
