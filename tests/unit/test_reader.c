/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When the reader sleeps and what ends a sleep. The rings are our own: an eventfd that tells of
 * records, and a say in whether they have all been read.
 */
#include "capture/reader.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct ring {
	int fd;
	atomic_bool drained;
	unsigned int looks;
	uint64_t position, size;
	struct rec_reader *state;
	/* what happens while the reader compares the positions */
	void (*on_look)(struct ring *ring);
};

int ring_fd(const struct ring *ring)
{
	return ring->fd;
}

bool ring_is_drained(const struct ring *ring)
{
	struct ring *own = (struct ring *)(uintptr_t)ring;

	own->looks++;
	if (own->on_look)
		own->on_look(own);
	return own->drained;
}

uint64_t ring_position(const struct ring *ring)
{
	return ring->position;
}

uint64_t ring_size_bytes(const struct ring *ring)
{
	return ring->size;
}

static struct {
	struct ring ring, other;
	struct rec_reader state;
	struct reader *reader;
	int stop_fd;
} made;

static int make_reader(void **state)
{
	struct err err;

	(void)state;
	memset(&made, 0, sizeof(made));
	made.ring.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	made.ring.drained = true;
	made.ring.state = &made.state;
	made.ring.size = 16 << 20;
	made.other = made.ring;
	made.other.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	made.stop_fd = eventfd(0, EFD_CLOEXEC);
	return reader_new(&made.reader, (struct ring *[]){&made.ring, &made.other}, &made.state,
			  made.stop_fd, &err);
}

static int remove_reader(void **state)
{
	(void)state;
	reader_free(made.reader);
	(void)close(made.ring.fd);
	(void)close(made.other.fd);
	(void)close(made.stop_fd);
	return 0;
}

static void raise_fd(int fd)
{
	const uint64_t one = 1;

	assert_int_equal(write(fd, &one, sizeof(one)), sizeof(one));
}

static uint32_t asleep(void)
{
	return __atomic_load_n(&made.state.asleep, __ATOMIC_SEQ_CST);
}

/* Empty sweeps up to the one after which the reader would sleep. */
static void tire(void)
{
	for (int i = 0; i < 3; i++)
		assert_int_equal(reader_wait(made.reader, false), 0);
}

static void assert_counters(uint64_t sweeps, uint64_t sleeps, uint64_t late)
{
	const struct reader_counters *counters = reader_counters(made.reader);

	assert_int_equal(counters->sweeps, sweeps);
	assert_int_equal(counters->sleeps, sleeps);
	assert_int_equal(counters->late, late);
}

/* After a sleep that timed out the reader looks a second time. */
static void assert_was_woken(void)
{
	assert_int_equal(made.ring.looks, 1);
	assert_int_equal(made.other.looks, 1);
}

static void under_load_the_reader_never_sleeps_nor_looks_at_the_ring_s_descriptor(void **state)
{
	(void)state;
	raise_fd(made.ring.fd);
	for (int i = 0; i < 20; i++)
		assert_int_equal(reader_wait(made.reader, true), 0);
	assert_int_equal(asleep(), 0);
	assert_int_equal(made.ring.looks, 0);
	assert_counters(20, 0, 0);
}

/* The shortest of ten waits, of which each comes after that many bytes. */
static uint64_t shortest_wait_ns(uint64_t bytes)
{
	uint64_t shortest = UINT64_MAX;

	for (int i = 0; i < 10; i++) {
		uint64_t start = clock_mono_ns(), took;

		made.other.position += bytes;
		assert_int_equal(reader_wait(made.reader, true), 0);
		took = clock_mono_ns() - start;
		shortest = took < shortest ? took : shortest;
	}
	return shortest;
}

static void sweeps_are_put_off_while_the_rings_hardly_fill(void **state)
{
	uint64_t start = clock_mono_ns();

	(void)state;
	(void)shortest_wait_ns(1000);
	assert_true(clock_mono_ns() - start >= 60 * NS_PER_MS);
	assert_true(shortest_wait_ns((16 << 20) / 20) >= 7 * NS_PER_MS); /* steadily */
	assert_true(shortest_wait_ns((16 << 20) / 15) < 7 * NS_PER_MS);
}

static void sweeps_of_a_small_ring_are_not_put_off(void **state)
{
	(void)state;
	made.ring.size = 1 << 20;
	assert_true(shortest_wait_ns(1000) < 8 * NS_PER_MS);
}

static void a_few_empty_sweeps_come_before_the_sleep(void **state)
{
	(void)state;
	raise_fd(made.ring.fd); /* the sleep ends at once */
	tire();
	assert_counters(3, 0, 0);
	assert_int_equal(reader_wait(made.reader, false), 0);
	assert_counters(4, 1, 0);
	assert_was_woken();
	assert_int_equal(asleep(), 0);
}

static void see_flag_and_add_a_record(struct ring *ring)
{
	assert_int_equal(__atomic_load_n(&ring->state->asleep, __ATOMIC_SEQ_CST), 1);
	ring->drained = false;
}

static void either_ring_ends_the_sleep(void **state)
{
	(void)state;
	raise_fd(made.other.fd);
	tire();
	assert_int_equal(reader_wait(made.reader, false), 0);
	assert_counters(4, 1, 0);
	assert_was_woken();
}

static void a_record_in_either_ring_prevents_the_sleep(void **state)
{
	(void)state;
	made.other.on_look = see_flag_and_add_a_record;
	tire();
	assert_int_equal(reader_wait(made.reader, false), 0);
	assert_int_equal(made.other.looks, 1);
	assert_int_equal(asleep(), 0);
	assert_counters(4, 0, 0);
}

static void work_starts_the_count_of_empty_sweeps_again(void **state)
{
	(void)state;
	raise_fd(made.ring.fd);
	for (int i = 0; i < 5; i++) {
		tire();
		assert_int_equal(reader_wait(made.reader, true), 0);
	}
	assert_counters(20, 0, 0);
}

static void a_record_that_comes_before_the_sleep_is_seen_because_the_flag_is_up_first(void **state)
{
	(void)state;
	made.ring.on_look = see_flag_and_add_a_record;
	tire();
	assert_int_equal(reader_wait(made.reader, false), 0);
	assert_int_equal(made.ring.looks, 1);
	assert_int_equal(asleep(), 0);
	assert_counters(4, 0, 0);
}

static void a_stop_is_noticed_in_every_state(void **state)
{
	(void)state;
	raise_fd(made.stop_fd);
	assert_int_equal(reader_wait(made.reader, true), 1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(reader_wait(made.reader, false), 1);
	assert_int_equal(reader_wait(made.reader, false), 1);
	assert_counters(5, 1, 0);
	assert_int_equal(asleep(), 0);
}

/* The ring's first record is being written and its producer does not go on. */
static void a_record_that_is_never_finished_does_not_keep_the_reader_from_stopping(void **state)
{
	(void)state;
	made.ring.drained = false;
	tire();
	assert_int_equal(reader_wait(made.reader, false), 0);
	raise_fd(made.stop_fd);
	assert_int_equal(reader_wait(made.reader, false), 1);
	assert_counters(5, 0, 0);
}

static void wait_for_sleep(void)
{
	while (!asleep())
		(void)sched_yield();
}

/* As a probe does it: the record, then the flag, then the wake. */
static void *add_a_record(void *data)
{
	wait_for_sleep();
	made.ring.drained = false;
	__atomic_store_n(&made.state.asleep, 0, __ATOMIC_SEQ_CST);
	raise_fd(made.ring.fd);
	return data;
}

static void *ask_to_stop(void *data)
{
	wait_for_sleep();
	raise_fd(made.stop_fd);
	return data;
}

static int sleep_beside(void *(*other)(void *))
{
	pthread_t thread;
	int result;

	tire();
	assert_int_equal(pthread_create(&thread, NULL, other, NULL), 0);
	result = reader_wait(made.reader, false);
	assert_int_equal(pthread_join(thread, NULL), 0);
	return result;
}

static void a_producer_ends_the_sleep(void **state)
{
	(void)state;
	assert_int_equal(sleep_beside(add_a_record), 0);
	assert_counters(4, 1, 0);
	assert_int_equal(asleep(), 0);
}

static void a_stop_ends_the_sleep(void **state)
{
	(void)state;
	assert_int_equal(sleep_beside(ask_to_stop), 1);
	assert_counters(4, 1, 0);
	assert_int_equal(asleep(), 0);
}

/* Sees all read before the sleep, and a record after it. */
static void lose_the_wakeup(struct ring *ring)
{
	ring->drained = ring->looks == 1;
}

static void a_wakeup_that_got_lost_is_counted_and_the_sleep_ends_by_itself(void **state)
{
	(void)state;
	made.ring.on_look = lose_the_wakeup;
	tire();
	assert_int_equal(reader_wait(made.reader, false), 0);
	assert_counters(4, 1, 1);
	assert_int_equal(asleep(), 0);
}

static void a_quiet_sleep_is_not_late(void **state)
{
	(void)state;
	tire();
	assert_int_equal(reader_wait(made.reader, false), 0);
	assert_counters(4, 1, 0);
}

static void what_cannot_be_waited_for_is_an_error(void **state)
{
	struct reader *reader = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(reader_new(&reader, (struct ring *[]){&made.ring, &made.other},
				    &made.state, -1, &err),
			 -EBADF);
	assert_non_null(strstr(err.text, "cannot wait for the rings"));
	assert_null(reader);
	reader_free(NULL);
}

int main(void)
{
#define READER_TEST(name) cmocka_unit_test_setup_teardown(name, make_reader, remove_reader)
	const struct CMUnitTest tests[] = {
		READER_TEST(under_load_the_reader_never_sleeps_nor_looks_at_the_ring_s_descriptor),
		READER_TEST(sweeps_are_put_off_while_the_rings_hardly_fill),
		READER_TEST(sweeps_of_a_small_ring_are_not_put_off),
		READER_TEST(a_few_empty_sweeps_come_before_the_sleep),
		READER_TEST(either_ring_ends_the_sleep),
		READER_TEST(a_record_in_either_ring_prevents_the_sleep),
		READER_TEST(work_starts_the_count_of_empty_sweeps_again),
		READER_TEST(
			a_record_that_comes_before_the_sleep_is_seen_because_the_flag_is_up_first),
		READER_TEST(a_stop_is_noticed_in_every_state),
		READER_TEST(a_record_that_is_never_finished_does_not_keep_the_reader_from_stopping),
		READER_TEST(a_producer_ends_the_sleep),
		READER_TEST(a_stop_ends_the_sleep),
		READER_TEST(a_wakeup_that_got_lost_is_counted_and_the_sleep_ends_by_itself),
		READER_TEST(a_quiet_sleep_is_not_late),
		READER_TEST(what_cannot_be_waited_for_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
