/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The order of two rings made here: by examples, and against threads that act as probes on two
 * CPUs. The rings are files in memory laid out as the kernel does (test_ring.c).
 */
#include "capture/merge.h"

#include "base/clock.h"
#include "record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <linux/bpf.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIZE (256 * 1024)
#define NOW UINT64_C(1000000000000)
#define BUSY BPF_RINGBUF_BUSY_BIT

struct made_ring {
	int fd;
	char *memory, *data;
	_Atomic unsigned long *consumer, *producer;
	pthread_mutex_t lock; /* the kernel's, of a reservation */
	/* What orders one writer before the next at the same place goes by way of the reader's own
	 * mapping, which the thread sanitizer takes for other memory; this it sees. */
	atomic_ulong written;
	struct ring *ring;
};

static struct {
	struct made_ring rings[REC_RING_SHIPPER];
	struct merge merge;
	uint64_t now_ns;
} made;

static size_t page(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static void make_ring(struct made_ring *ring)
{
	struct err err;

	ring->fd = memfd_create("ring", MFD_CLOEXEC);
	assert_true(ring->fd >= 0);
	assert_int_equal(ftruncate(ring->fd, (off_t)(2 * page() + SIZE)), 0);
	ring->memory =
		mmap(NULL, 2 * page() + SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, 0);
	assert_ptr_not_equal(ring->memory, MAP_FAILED);
	ring->consumer = (void *)ring->memory;
	ring->producer = (void *)(ring->memory + page());
	ring->data = ring->memory + 2 * page();
	assert_int_equal(pthread_mutex_init(&ring->lock, NULL), 0);
	assert_int_equal(ring_open(&ring->ring, ring->fd, SIZE, &err), 0);
}

static int make_rings(void **state)
{
	(void)state;
	memset(&made, 0, sizeof(made));
	made.now_ns = NOW;
	for (int i = 0; i < REC_RING_SHIPPER; i++)
		make_ring(&made.rings[i]);
	merge_init(&made.merge, made.rings[REC_RING_VITAL].ring, made.rings[REC_RING_BULK].ring);
	return 0;
}

static int remove_rings(void **state)
{
	(void)state;
	for (int i = 0; i < REC_RING_SHIPPER; i++) {
		ring_close(made.rings[i].ring);
		(void)munmap(made.rings[i].memory, 2 * page() + SIZE);
		(void)close(made.rings[i].fd);
		(void)pthread_mutex_destroy(&made.rings[i].lock);
	}
	return 0;
}

/* Room for size bytes behind its header, a multiple of 8; NULL: the ring is full. */
static _Atomic uint32_t *reserve(struct made_ring *ring, uint32_t size)
{
	unsigned long at = atomic_load(ring->producer);
	_Atomic uint32_t *header = (void *)(ring->data + (at & (SIZE - 1)));

	if (at + size + BPF_RINGBUF_HDR_SZ - atomic_load(ring->consumer) > SIZE)
		return NULL;
	atomic_store(header, size | BUSY);
	atomic_store(ring->producer, at + BPF_RINGBUF_HDR_SZ + size);
	return header;
}

/* A record with a time and a number; bits: BUSY or nothing. It never wraps. */
static _Atomic uint32_t *put_sized(enum rec_ring ring, uint64_t time_ns, uint64_t number,
				   uint32_t size, uint32_t bits)
{
	struct rec_header record = {
		.ring = (uint8_t)ring, .time_ns = time_ns, .sequence = number, .size = size};
	_Atomic uint32_t *header = reserve(&made.rings[ring], size);

	assert_non_null(header);
	memcpy((char *)(uintptr_t)header + BPF_RINGBUF_HDR_SZ, &record, sizeof(record));
	atomic_store(header, size | bits);
	return header;
}

static _Atomic uint32_t *put(enum rec_ring ring, uint64_t time_ns, uint64_t number, uint32_t bits)
{
	return put_sized(ring, time_ns, number, sizeof(struct rec_header), bits);
}

static void finish(_Atomic uint32_t *header)
{
	atomic_fetch_and(header, ~BUSY);
}

static void begin(void)
{
	merge_begin(&made.merge, made.now_ns);
}

static uint64_t next(void)
{
	const void *data;
	struct rec_header header;
	size_t size;

	if (!merge_next(&made.merge, &data, &size))
		return 0;
	assert_true(size >= sizeof(header));
	memcpy(&header, data, sizeof(header));
	return header.sequence;
}

/* The numbers of one turn, 0 for its end. */
static void assert_turn(const uint64_t *numbers)
{
	begin();
	for (; *numbers; numbers++)
		assert_int_equal(next(), *numbers);
	assert_int_equal(next(), 0);
	merge_release(&made.merge);
}

#define TURN(...) assert_turn((const uint64_t[]){__VA_ARGS__ __VA_OPT__(, ) 0})

static bool is_released(enum rec_ring ring)
{
	return atomic_load(made.rings[ring].consumer) == atomic_load(made.rings[ring].producer);
}

static void two_rings_are_read_by_time(void **state)
{
	(void)state;
	put(REC_RING_BULK, 20, 2, 0);
	put(REC_RING_BULK, 40, 4, 0);
	put(REC_RING_BULK, 50, 6, 0);
	put(REC_RING_VITAL, 10, 1, 0);
	put(REC_RING_VITAL, 30, 3, 0);
	put(REC_RING_VITAL, 50, 5, 0); /* of two at one time the vital one */
	put(REC_RING_VITAL, 60, 7, 0);
	TURN(1, 2, 3, 4, 5, 6, 7);
	TURN();
	assert_int_equal(made.merge.overtakes, 0);
}

static void each_ring_keeps_its_order_whatever_the_times(void **state)
{
	(void)state;
	put(REC_RING_VITAL, 30, 1, 0);
	put(REC_RING_VITAL, 10, 2, 0);
	put(REC_RING_BULK, 35, 3, 0);
	put(REC_RING_BULK, 5, 4, 0);
	TURN(1, 2, 3, 4);
}

static void what_begins_after_the_turn_waits_for_the_next_one(void **state)
{
	(void)state;
	put(REC_RING_VITAL, NOW - 1, 1, 0);
	put(REC_RING_VITAL, NOW + 5, 3, 0);
	put(REC_RING_BULK, NOW, 2, 0);
	put(REC_RING_BULK, NOW + 3, 4, 0);
	put(REC_RING_BULK, NOW + 4, 5, 0);
	TURN(1, 2);
	assert_false(merge_has_more(&made.merge));
	assert_false(is_released(REC_RING_VITAL));
	assert_false(is_released(REC_RING_BULK));
	made.now_ns += 10;
	TURN(4, 5, 3);
	assert_true(is_released(REC_RING_VITAL));
	assert_true(is_released(REC_RING_BULK));
}

static void nothing_that_came_after_the_begin_is_in_the_turn(void **state)
{
	(void)state;
	put(REC_RING_VITAL, 10, 1, 0);
	begin();
	put(REC_RING_VITAL, 11, 2, 0);
	put(REC_RING_BULK, 12, 3, 0);
	assert_int_equal(next(), 1);
	assert_int_equal(next(), 0);
	TURN(2, 3);
}

static void a_time_that_no_probe_can_have_does_not_block(void **state)
{
	(void)state;
	put(REC_RING_BULK, UINT64_MAX, 1, 0);
	put(REC_RING_VITAL, NOW + UINT64_C(3000000000), 2, 0);
	put(REC_RING_VITAL, 5, 3, 0);
	begin();
	assert_true(next() > 0);
	assert_true(next() > 0);
	assert_int_equal(next(), 3);
}

static void a_record_too_short_for_a_time_goes_at_once(void **state)
{
	const void *data;
	size_t size;

	(void)state;
	put(REC_RING_VITAL, 5, 1, 0);
	atomic_store(reserve(&made.rings[REC_RING_BULK], 8), 8);
	begin();
	assert_int_equal(merge_next(&made.merge, &data, &size), 1);
	assert_int_equal(size, 8);
	assert_int_equal(next(), 1);
}

/* Nobody knows what stands behind it: an exec, and the other ring has an open of that process. */
static void a_record_that_is_being_written_holds_up_both_rings_for_a_moment(void **state)
{
	(void)state;
	for (enum rec_ring ring = REC_RING_VITAL; ring < REC_RING_SHIPPER; ring++) {
		enum rec_ring other = REC_RING_SHIPPER - 1 - ring;
		_Atomic uint32_t *header = put(ring, 20, 2, BUSY);

		put(ring, 30, 3, 0);
		put(other, 10, 1, 0);
		put(other, 40, 4, 0);
		TURN();
		assert_false(merge_has_more(&made.merge));
		made.now_ns += MERGE_PATIENCE_NS - 1;
		TURN();
		finish(header);
		TURN(1, 2, 3, 4);
		assert_int_equal(made.merge.overtakes, 0);
		made.now_ns += NOW;
	}
}

static void no_record_is_waited_for_longer_than_that(void **state)
{
	_Atomic uint32_t *header = put(REC_RING_VITAL, 20, 2, BUSY), *second;

	(void)state;
	put(REC_RING_BULK, 30, 3, 0);
	put(REC_RING_BULK, 40, 4, 0);
	TURN();
	made.now_ns += MERGE_PATIENCE_NS;
	TURN(3, 4);
	assert_int_equal(made.merge.overtakes, 1);
	put(REC_RING_BULK, 50, 5, 0);
	TURN(5); /* still the same one */
	assert_int_equal(made.merge.overtakes, 2);
	finish(header);
	second = put(REC_RING_VITAL, 60, 6, BUSY);
	put(REC_RING_BULK, 70, 7, 0);
	TURN(2); /* another one: patience begins anew */
	finish(second);
	TURN(6, 7);
	assert_int_equal(made.merge.overtakes, 2);
}

static void fill(enum rec_ring ring, uint64_t time_ns, uint64_t first, unsigned int count,
		 uint32_t size)
{
	for (unsigned int i = 0; i < count; i++)
		put_sized(ring, time_ns, first + i, size, 0);
}

static void a_ring_that_fills_does_not_wait_for_a_record_of_the_other(void **state)
{
	(void)state;
	put(REC_RING_VITAL, 20, 9, BUSY);
	fill(REC_RING_BULK, 30, 1, 5, SIZE / 16);
	TURN(1, 2, 3, 4, 5);
	assert_int_equal(made.merge.overtakes, 1);
}

static void vital_goes_first_when_its_ring_fills(void **state)
{
	(void)state;
	fill(REC_RING_BULK, 10, 1, 8, 4096);
	fill(REC_RING_VITAL, 20, 101, 5, SIZE / 16);
	TURN(101, 102, 103, 104, 105);
	assert_true(merge_has_more(&made.merge));
	assert_true(is_released(REC_RING_VITAL));
	assert_int_equal(made.merge.overtakes, 1);
	TURN(1, 2, 3, 4, 5, 6, 7, 8);
	assert_false(merge_has_more(&made.merge));
	assert_true(is_released(REC_RING_BULK));
}

static void vital_that_fills_while_bulk_waits_for_nobody_overtakes_nobody(void **state)
{
	(void)state;
	fill(REC_RING_VITAL, 20, 1, 5, SIZE / 16);
	TURN(1, 2, 3, 4, 5);
	assert_false(merge_has_more(&made.merge));
	assert_int_equal(made.merge.overtakes, 0);
}

/* A full ring of bulk, all of it older than the vital records that come while it is read. */
static void vital_that_fills_during_a_turn_waits_for_little_of_bulk(void **state)
{
	uint64_t read = 0;

	(void)state;
	fill(REC_RING_BULK, 10, 1, SIZE / 4096 - 1, 4096 - BPF_RINGBUF_HDR_SZ);
	begin();
	assert_int_equal(next(), 1);
	fill(REC_RING_VITAL, 20, 101, 5, SIZE / 16);
	while (next())
		read += 4096;
	assert_true(read <= MERGE_LOOK_BYTES);
	assert_true(merge_has_more(&made.merge));
	merge_release(&made.merge);
	TURN(101, 102, 103, 104, 105);
	assert_true(merge_has_more(&made.merge));
}

/* Then there is nothing to be had by beginning again at once. */
static void vital_that_fills_behind_a_record_being_written_does_not_spin(void **state)
{
	(void)state;
	put(REC_RING_BULK, 5, 1, 0);
	put(REC_RING_VITAL, 10, 2, BUSY);
	fill(REC_RING_VITAL, 20, 101, 5, SIZE / 16);
	TURN();
	assert_false(merge_has_more(&made.merge));
}

/*
 * Each thread is a process on a CPU of its own: it takes a time stamp, gets a place in the ring,
 * writes, and only then does the next thing, which may be in the other ring.
 */
#define THREADS 3
#define RECORDS 30000

struct step {
	struct rec_header header;
	uint64_t thread, number, pad; /* with the ring's own header a power of two: none wraps */
};

static void write_step(enum rec_ring kind, const struct step *step)
{
	struct made_ring *ring = &made.rings[kind];
	_Atomic uint32_t *header;

	/* a ring that fills would go first */
	while (atomic_load(ring->producer) - atomic_load(ring->consumer) > SIZE / 8)
		(void)sched_yield();
	do {
		(void)pthread_mutex_lock(&ring->lock);
		header = reserve(ring, sizeof(*step));
		(void)pthread_mutex_unlock(&ring->lock);
		(void)atomic_load(&ring->written);
		if (!header)
			(void)sched_yield();
	} while (!header);
	memcpy((char *)(uintptr_t)header + BPF_RINGBUF_HDR_SZ, step, sizeof(*step));
	atomic_fetch_add(&ring->written, 1);
	atomic_store(header, (uint32_t)sizeof(*step));
}

static void *act(void *data)
{
	uint64_t thread = (uint64_t)(uintptr_t)data;

	for (uint64_t i = 1; i <= RECORDS; i++) {
		struct step step = {.thread = thread, .number = i};

		step.header.time_ns = clock_boot_ns();
		write_step((i * 7 + thread) % 5 == 0 ? REC_RING_VITAL : REC_RING_BULK, &step);
	}
	return NULL;
}

/* One turn; false when the order of some thread's steps was not kept. */
static bool take_turn(uint64_t seen[THREADS])
{
	const void *data;
	struct step step;
	bool kept = true;
	size_t size;

	merge_begin(&made.merge, clock_boot_ns());
	while (merge_next(&made.merge, &data, &size)) {
		assert_int_equal(size, sizeof(step));
		memcpy(&step, data, sizeof(step));
		kept = kept && step.number == seen[step.thread] + 1;
		seen[step.thread]++;
	}
	merge_release(&made.merge);
	return kept;
}

static void what_ended_before_something_else_began_comes_before_it(void **state)
{
	pthread_t threads[THREADS];
	uint64_t seen[THREADS] = {0}, total = 0, overtakes = 0, broken = 0;

	(void)state;
	for (uintptr_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, act, (void *)i), 0);
	while (total < (uint64_t)THREADS * RECORDS) {
		broken += !take_turn(seen);
		total = seen[0] + seen[1] + seen[2];
	}
	for (unsigned int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	overtakes = made.merge.overtakes;
	for (unsigned int i = 0; i < THREADS; i++)
		assert_int_equal(seen[i], RECORDS);
	if (overtakes == 0)
		assert_int_equal(broken, 0);
	else
		print_message("%llu turns in which one ring went ahead\n",
			      (unsigned long long)overtakes);
}

int main(void)
{
#define MERGE_TEST(name) cmocka_unit_test_setup_teardown(name, make_rings, remove_rings)
	const struct CMUnitTest tests[] = {
		MERGE_TEST(two_rings_are_read_by_time),
		MERGE_TEST(each_ring_keeps_its_order_whatever_the_times),
		MERGE_TEST(what_begins_after_the_turn_waits_for_the_next_one),
		MERGE_TEST(nothing_that_came_after_the_begin_is_in_the_turn),
		MERGE_TEST(a_time_that_no_probe_can_have_does_not_block),
		MERGE_TEST(a_record_too_short_for_a_time_goes_at_once),
		MERGE_TEST(a_record_that_is_being_written_holds_up_both_rings_for_a_moment),
		MERGE_TEST(no_record_is_waited_for_longer_than_that),
		MERGE_TEST(a_ring_that_fills_does_not_wait_for_a_record_of_the_other),
		MERGE_TEST(vital_goes_first_when_its_ring_fills),
		MERGE_TEST(vital_that_fills_while_bulk_waits_for_nobody_overtakes_nobody),
		MERGE_TEST(vital_that_fills_during_a_turn_waits_for_little_of_bulk),
		MERGE_TEST(vital_that_fills_behind_a_record_being_written_does_not_spin),
		MERGE_TEST(what_ended_before_something_else_began_comes_before_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
