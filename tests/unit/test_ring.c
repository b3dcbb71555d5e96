/* SPDX-License-Identifier: BSD-2-Clause */
/* The ring reader against a producer made here: a file in memory laid out as the kernel does. */
#include "capture/ring.h"

#include "base/cleanup.h"
#include "record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>

#define SMALL 4096
#define LARGE (256 * 1024)

static struct {
	int fd;
	size_t page, size;
	char *memory, *data;
	_Atomic unsigned long *consumer, *producer;
	struct ring *ring;
} made;

/* A ring of size bytes in which both positions are start. */
static void make_ring(size_t size, unsigned long start)
{
	struct err err = {0};

	made.page = (size_t)sysconf(_SC_PAGESIZE);
	made.size = size;
	made.fd = memfd_create("ring", MFD_CLOEXEC);
	assert_true(made.fd >= 0);
	assert_int_equal(ftruncate(made.fd, (off_t)(2 * made.page + size)), 0);
	made.memory =
		mmap(NULL, 2 * made.page + size, PROT_READ | PROT_WRITE, MAP_SHARED, made.fd, 0);
	assert_ptr_not_equal(made.memory, MAP_FAILED);
	made.consumer = (void *)made.memory;
	made.producer = (void *)(made.memory + made.page);
	made.data = made.memory + 2 * made.page;
	atomic_store(made.consumer, start);
	atomic_store(made.producer, start);
	assert_int_equal(ring_open(&made.ring, made.fd, size, &err), 0);
}

static int remove_ring(void **state)
{
	(void)state;
	ring_close(made.ring);
	if (made.memory)
		(void)munmap(made.memory, 2 * made.page + made.size);
	(void)close(made.fd);
	memset(&made, 0, sizeof(made));
	return 0;
}

static _Atomic uint32_t *header_at(uint64_t position)
{
	return (void *)(made.data + (position & (made.size - 1)));
}

/* As bpf_ringbuf_reserve: the busy header is there before the position moves. */
static uint64_t reserve(uint32_t size)
{
	uint64_t position = atomic_load_explicit(made.producer, memory_order_relaxed);

	atomic_store_explicit(header_at(position), size | BPF_RINGBUF_BUSY_BIT,
			      memory_order_relaxed);
	atomic_store_explicit(made.producer,
			      position + BPF_RINGBUF_HDR_SZ + (((uint64_t)size + 7) & ~7ULL),
			      memory_order_release);
	return position;
}

/* The byte that belongs at a place of a record. */
static char pattern(uint64_t seed, size_t at)
{
	return (char)(seed * 31 + at * 7 + (at >> 8));
}

static void fill(uint64_t position, uint32_t size, uint64_t seed)
{
	for (size_t i = 0; i < size; i++)
		made.data[(position + BPF_RINGBUF_HDR_SZ + i) & (made.size - 1)] = pattern(seed, i);
}

static void commit(uint64_t position, uint32_t size, uint32_t bits)
{
	atomic_store_explicit(header_at(position), size | bits, memory_order_release);
}

static void put(uint32_t size, uint64_t seed)
{
	uint64_t position = reserve(size);

	fill(position, size, seed);
	commit(position, size, 0);
}

static void put_discarded(uint32_t size)
{
	commit(reserve(size), size, BPF_RINGBUF_DISCARD_BIT);
}

static int take(const void **ret_record, size_t *ret_size)
{
	return ring_next(made.ring, ring_end(made.ring), ret_record, ret_size);
}

static void assert_pattern(const void *record, size_t size, uint64_t seed)
{
	const char *bytes = record;

	for (size_t i = 0; i < size; i++)
		if (bytes[i] != pattern(seed, i))
			fail_msg("byte %zu of %zu is wrong", i, size);
}

static void assert_next(uint32_t size, uint64_t seed)
{
	const void *record;
	size_t got;

	assert_int_equal(take(&record, &got), 1);
	assert_int_equal(got, size);
	assert_pattern(record, size, seed);
}

static void assert_nothing(void)
{
	const void *record;
	size_t size;

	assert_int_equal(take(&record, &size), 0);
}

static void a_new_ring_has_nothing(void **state)
{
	(void)state;
	make_ring(SMALL, 0);
	assert_nothing();
	assert_true(ring_is_drained(made.ring));
	assert_int_equal(ring_used_bytes(made.ring), 0);
	assert_int_equal(ring_size_bytes(made.ring), SMALL);
	assert_int_equal(ring_fd(made.ring), made.fd);
}

static void records_of_every_size_arrive_whole_at_every_place(void **state)
{
	uint64_t seed = 0;

	(void)state;
	make_ring(SMALL, 0);
	for (int round = 0; round < 4; round++) {
		for (uint32_t size = 0; size < 1500; size++) {
			put(size, ++seed);
			assert_next(size, seed);
			assert_nothing();
			ring_release(made.ring);
		}
	}
}

static void the_largest_record_arrives_whole_across_the_end(void **state)
{
	(void)state;
	make_ring(LARGE, 0);
	for (uint64_t seed = 1; seed < 20; seed++) {
		put(REC_MAX_SIZE, seed);
		assert_next(REC_MAX_SIZE, seed);
		ring_release(made.ring);
	}
}

static void reading_goes_on_where_the_consumer_stopped(void **state)
{
	(void)state;
	make_ring(SMALL, (1UL << 40) + SMALL - 16);
	put(100, 1);
	put(200, 2);
	assert_next(100, 1);
	assert_next(200, 2);
	ring_release(made.ring);
	assert_int_equal(atomic_load(made.consumer), atomic_load(made.producer));
}

static void a_record_that_is_being_written_holds_back_the_later_ones(void **state)
{
	uint64_t position;

	(void)state;
	make_ring(SMALL, 0);
	put(10, 1);
	position = reserve(50);
	put(20, 3);
	assert_next(10, 1);
	assert_nothing();
	assert_false(ring_is_drained(made.ring));
	fill(position, 50, 2);
	commit(position, 50, 0);
	assert_next(50, 2);
	assert_next(20, 3);
	assert_nothing();
	assert_true(ring_is_drained(made.ring));
}

static void discarded_records_are_passed_over(void **state)
{
	(void)state;
	make_ring(SMALL, 0);
	put_discarded(8);
	put_discarded(1000);
	put(10, 1);
	put_discarded(8);
	assert_next(10, 1);
	assert_nothing();
	assert_true(ring_is_drained(made.ring));
	ring_release(made.ring);
	assert_int_equal(ring_used_bytes(made.ring), 0);
}

static void nothing_beyond_the_given_end_is_read(void **state)
{
	const void *record;
	uint64_t end;
	size_t size;

	(void)state;
	make_ring(SMALL, 0);
	put(10, 1);
	end = ring_end(made.ring);
	put(20, 2);
	assert_int_equal(ring_next(made.ring, end, &record, &size), 1);
	assert_int_equal(size, 10);
	assert_int_equal(ring_next(made.ring, end, &record, &size), 0);
	assert_false(ring_is_drained(made.ring));
	assert_next(20, 2);
}

static void room_is_given_back_at_a_release_only(void **state)
{
	(void)state;
	make_ring(SMALL, 0);
	put(100, 1);
	put(100, 2);
	assert_next(100, 1);
	assert_int_equal(atomic_load(made.consumer), 0);
	assert_int_equal(ring_used_bytes(made.ring), 224);
	ring_release(made.ring);
	assert_int_equal(atomic_load(made.consumer), 112);
	assert_int_equal(ring_used_bytes(made.ring), 112);
	assert_next(100, 2);
	assert_int_equal(atomic_load(made.consumer), 112);
	ring_release(made.ring);
	assert_int_equal(atomic_load(made.consumer), 224);
}

static void a_record_larger_than_ours_can_be_is_cut_and_the_next_one_is_whole(void **state)
{
	const void *record;
	size_t size;

	(void)state;
	make_ring(LARGE, LARGE - 1000);
	put(REC_MAX_SIZE + 1, 1);
	put(30, 2);
	assert_int_equal(take(&record, &size), 1);
	assert_int_equal(size, REC_MAX_SIZE);
	assert_pattern(record, size, 1);
	assert_next(30, 2);
	assert_nothing();
}

/* Header word, in a ring whose producer stands 64 bytes further. */
static void assert_skipped(uint32_t word, size_t ring_size)
{
	make_ring(ring_size, ring_size - 32);
	atomic_store(header_at(ring_size - 32), word);
	atomic_fetch_add(made.producer, 64);
	assert_nothing();
	assert_true(ring_is_drained(made.ring));
	ring_release(made.ring);
	assert_int_equal(atomic_load(made.consumer), atomic_load(made.producer));
	put(40, 9);
	assert_next(40, 9);
	(void)remove_ring(NULL);
}

static void a_size_that_reaches_beyond_the_producer_is_not_believed(void **state)
{
	static const uint32_t sizes[] = {57, 64, SMALL, REC_MAX_SIZE, REC_MAX_SIZE + 1, 0x3fffffff};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		assert_skipped(sizes[i], SMALL);
		assert_skipped(sizes[i], LARGE);
		assert_skipped(sizes[i] | BPF_RINGBUF_DISCARD_BIT, SMALL);
	}
}

static void what_cannot_be_mapped_is_an_error(void **state)
{
	_cleanup_close_ int fd = eventfd(0, EFD_CLOEXEC);
	struct ring *ring = NULL;
	struct err err = {0};

	(void)state;
	made.fd = -1;
	assert_int_equal(ring_open(&ring, fd, SMALL, &err), -ENODEV);
	assert_non_null(strstr(err.text, "cannot map the ring"));
	assert_int_equal(ring_open(&ring, -1, SMALL, &err), -EBADF);
	assert_null(ring);
	ring_close(NULL);
}

#define STREAM 60000

static uint32_t stream_size(uint32_t number)
{
	return sizeof(number) + number * 2654435761u % 700;
}

static bool stream_is_discarded(uint32_t number)
{
	return number % 7 == 3;
}

/* Never overtakes the consumer, as the kernel does not. */
static void *produce(void *data)
{
	(void)data;
	for (uint32_t number = 0; number < STREAM; number++) {
		uint32_t size = stream_size(number);
		uint64_t position;

		while (atomic_load_explicit(made.producer, memory_order_relaxed) -
			       atomic_load_explicit(made.consumer, memory_order_acquire) + size +
			       16 >
		       made.size)
			(void)sched_yield();
		position = reserve(size);
		fill(position, size, number);
		commit(position, size, stream_is_discarded(number) ? BPF_RINGBUF_DISCARD_BIT : 0);
	}
	return NULL;
}

static void a_producer_at_work_is_read_in_order_and_without_a_gap(void **state)
{
	uint32_t number = 0;
	pthread_t thread;

	(void)state;
	make_ring(SMALL, 0);
	assert_int_equal(pthread_create(&thread, NULL, produce, NULL), 0);
	while (number < STREAM) {
		const void *record;
		size_t size;

		if (stream_is_discarded(number)) {
			number++;
			continue;
		}
		if (!take(&record, &size)) {
			ring_release(made.ring);
			continue;
		}
		assert_int_equal(size, stream_size(number));
		assert_pattern(record, size, number);
		number++;
		if (number % 3 == 0)
			ring_release(made.ring);
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_nothing();
	assert_true(ring_is_drained(made.ring));
}

static void the_high_water_mark_is_what_waited_before_room_was_given_back(void **state)
{
	(void)state;
	make_ring(SMALL, 0);
	assert_int_equal(ring_high_water_bytes(made.ring), 0);
	put(56, 1);
	put(56, 2);
	assert_next(56, 1);
	assert_next(56, 2);
	ring_release(made.ring);
	assert_int_equal(ring_high_water_bytes(made.ring), 128);
	put(56, 3);
	assert_next(56, 3);
	ring_release(made.ring);
	assert_int_equal(ring_high_water_bytes(made.ring), 128);
	assert_int_equal(ring_used_bytes(made.ring), 0);
}

int main(void)
{
#define RING_TEST(name) cmocka_unit_test_teardown(name, remove_ring)
	const struct CMUnitTest tests[] = {
		RING_TEST(a_new_ring_has_nothing),
		RING_TEST(the_high_water_mark_is_what_waited_before_room_was_given_back),
		RING_TEST(records_of_every_size_arrive_whole_at_every_place),
		RING_TEST(the_largest_record_arrives_whole_across_the_end),
		RING_TEST(reading_goes_on_where_the_consumer_stopped),
		RING_TEST(a_record_that_is_being_written_holds_back_the_later_ones),
		RING_TEST(discarded_records_are_passed_over),
		RING_TEST(nothing_beyond_the_given_end_is_read),
		RING_TEST(room_is_given_back_at_a_release_only),
		RING_TEST(a_record_larger_than_ours_can_be_is_cut_and_the_next_one_is_whole),
		RING_TEST(a_size_that_reaches_beyond_the_producer_is_not_believed),
		RING_TEST(what_cannot_be_mapped_is_an_error),
		RING_TEST(a_producer_at_work_is_read_in_order_and_without_a_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
