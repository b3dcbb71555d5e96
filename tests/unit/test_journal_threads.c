/* SPDX-License-Identifier: BSD-2-Clause */
/* One writer, several readers and the sync thread at once; meant for the thread sanitizer too. */
#include "unit/test_journal.h"

#include <pthread.h>

#define FRAMES 1500
#define EVENTS ((uint64_t)FRAMES * 8)

/* The visitor loses the processor wherever it lets go of a lock: others then do what they can.
 * Wrapped by the linker, see tests/CMakeLists.txt. */
static _Thread_local bool dawdles;

int __real_pthread_mutex_unlock(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_unlock(pthread_mutex_t *mutex);

int __wrap_pthread_mutex_unlock(pthread_mutex_t *mutex)
{
	int result = __real_pthread_mutex_unlock(mutex);

	if (dawdles)
		(void)poll(NULL, 0, 1);
	return result;
}

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

/* A reader that is too slow for a small journal, and forgets now and then what it has in hand. */
struct laggard {
	pthread_t thread;
	struct journal_reader *reader;
	atomic_bool ended; /* no more is appended */
	bool right;
	unsigned char had[EVENTS + 1];
};

static bool take_slowly(struct laggard *laggard, unsigned int *seed)
{
	struct journal_batch batch;
	struct err err;
	unsigned int in_hand = 0;

	while (journal_reader_next(laggard->reader, &batch, &err) == 1) {
		if (!batch_right(&batch))
			return false;
		(void)poll(NULL, 0, rand_r(seed) % 3 == 0);
		if (rand_r(seed) % 8 == 0) {
			journal_reader_rewind(laggard->reader);
			in_hand = 0;
		} else if (++in_hand % 3 == 0) {
			for (uint32_t i = 0; i < batch.count; i++)
				laggard->had[batch.first_sequence + i]++;
			ack_batch(laggard->reader, &batch);
		}
	}
	return true;
}

static void *laggard_main(void *data)
{
	struct laggard *laggard = data;
	unsigned int seed = 7;

	do
		laggard->right = take_slowly(laggard, &seed);
	while (laggard->right && !atomic_load(&laggard->ended));
	return NULL;
}

/* Of each three batches only the last is marked: an acknowledgement is of all before it. */
static void what_is_given_up_under_a_reader_is_told_and_only_that(void **state)
{
	struct fixture *f = *state;
	struct laggard *laggard = calloc(1, sizeof(*laggard));
	struct journal_gap gap;
	uint64_t told = 0;

	assert_non_null(laggard);
	f->options.when_full = JOURNAL_DROP_OLDEST;
	f->options.max_size = 4 * f->options.segment_size;
	f->options.sync_every_ms = 2;
	open_journal(f);
	laggard->reader = open_reader(f, "slow");
	assert_int_equal(pthread_create(&laggard->thread, NULL, laggard_main, laggard), 0);
	for (int i = 0; i < FRAMES; i++) {
		append_ok(f, 8);
		while (journal_take_gap(f->journal, &gap)) {
			for (uint64_t k = gap.first_sequence; k <= gap.last_sequence; k++)
				laggard->had[k] |= 128;
			told += gap.count;
		}
		journal_gaps_told(f->journal);
	}
	atomic_store(&laggard->ended, true);
	assert_int_equal(pthread_join(laggard->thread, NULL), 0);
	assert_true(laggard->right);
	while (journal_take_gap(f->journal, &gap)) {
		for (uint64_t k = gap.first_sequence; k <= gap.last_sequence; k++)
			laggard->had[k] |= 128;
		told += gap.count;
	}
	/* Nothing that was acknowledged was told, and the figures add up. */
	for (uint64_t k = 1; k <= EVENTS; k++)
		if (laggard->had[k] & 128)
			assert_int_equal(laggard->had[k], 128);
	assert_true(told > 0);
	assert_int_equal(told, journal_reader_expired(laggard->reader));
	assert_int_equal(journal_reader_offered(laggard->reader), EVENTS);
	journal_reader_close(laggard->reader);
	free(laggard);
}

/* One that comes and goes, as a sink that is reloaded does, and each time takes a little. */
struct visitor {
	pthread_t thread;
	struct journal *journal;
	atomic_bool ended; /* it comes no more */
	bool right;
	uint64_t taken;
};

static bool visit(struct visitor *visitor, unsigned int batches)
{
	struct journal_reader *reader;
	struct journal_batch batch;
	struct err err;
	bool right = true;

	if (journal_reader_open(&reader, visitor->journal, "visitor", &err) < 0)
		return false;
	while (right && batches-- && journal_reader_next(reader, &batch, &err) == 1) {
		right = batch_right(&batch);
		visitor->taken += batch.count;
		ack_batch(reader, &batch);
	}
	journal_reader_close(reader);
	return right;
}

static void *visitor_main(void *data)
{
	struct visitor *visitor = data;

	visitor->right = dawdles = true;
	for (unsigned int i = 0; visitor->right && i < 40; i++)
		visitor->right = visit(visitor, i % 4);
	atomic_store(&visitor->ended, true);
	return NULL;
}

static void a_reader_comes_back_while_segments_are_given_up(void **state)
{
	struct fixture *f = *state;
	struct visitor visitor = {0};
	struct journal_gap gap;

	f->options.when_full = JOURNAL_DROP_OLDEST;
	f->options.max_size = 4 * f->options.segment_size;
	f->options.sync_every_ms = 1;
	open_journal(f);
	journal_reader_close(open_reader(f, "visitor"));
	append_ok(f, 8);
	visitor.journal = f->journal;
	assert_int_equal(pthread_create(&visitor.thread, NULL, visitor_main, &visitor), 0);
	for (unsigned int appends = 1; !atomic_load(&visitor.ended); appends++) {
		append_ok(f, 8);
		while (journal_take_gap(f->journal, &gap))
			;
		journal_gaps_told(f->journal);
		/* Or the visitor finds nothing but segments that are given up already. */
		if (appends % 16 == 0)
			(void)poll(NULL, 0, 1);
	}
	assert_int_equal(pthread_join(visitor.thread, NULL), 0);
	assert_true(visitor.right);
	assert_true(visitor.taken > 0);
	assert_int_equal(status_of(f).cursor_resets, 0);
	assert_int_equal(status_of(f).skipped_events, 0);
	assert_int_equal(status_of(f).damaged_frames, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(readers_keep_up_without_syncing),
		TEST(readers_keep_up_while_intervals_are_synced),
		TEST(readers_keep_up_while_each_batch_is_synced),
		TEST(what_is_given_up_under_a_reader_is_told_and_only_that),
		TEST(a_reader_comes_back_while_segments_are_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
