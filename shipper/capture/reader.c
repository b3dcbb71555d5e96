/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wakeup protocol. Reader: flag = 1; full fence; compare positions; sleep. Producer: commit (a
 * full barrier); read the flag; wake. One of the two sees the other, so no record waits for the
 * timeout. The rings are in epoll only while sleeping: one stays readable as long as anything waits
 * in it.
 */
#include "capture/reader.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define SWEEP_MS 1
#define MAX_SWEEP_MS 8
#define CALM_SHARE 32      /* less of a ring than one in that many between two sweeps is not much */
#define BUSY_SHARE 16      /* more than one in that many is much */
#define MS_BYTES (1 << 20) /* more than that a storm does not write in a millisecond */
#define SLEEP_MS 500
#define EMPTY_SWEEPS 4 /* before going to sleep */

struct reader {
	struct ring *rings[REC_RING_SHIPPER];
	struct rec_reader *state;
	int busy_fd;  /* epoll: stop only */
	int sleep_fd; /* epoll: stop and rings */
	unsigned int empty;
	int sweep_ms;
	uint64_t swept_to[REC_RING_SHIPPER];
	struct reader_counters counters;
};

static int watch(int epoll_fd, int fd, uint32_t tag)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = tag};

	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

enum { TAG_STOP, TAG_RING, WATCHED = 1 + REC_RING_SHIPPER };

static int open_epolls(struct reader *reader, int stop_fd)
{
	int result;

	reader->busy_fd = epoll_create1(EPOLL_CLOEXEC);
	reader->sleep_fd = epoll_create1(EPOLL_CLOEXEC);
	if (reader->busy_fd < 0 || reader->sleep_fd < 0)
		return -errno;
	result = watch(reader->busy_fd, stop_fd, TAG_STOP);
	if (result == 0)
		result = watch(reader->sleep_fd, stop_fd, TAG_STOP);
	for (int i = 0; i < REC_RING_SHIPPER && result == 0; i++)
		result = watch(reader->sleep_fd, ring_fd(reader->rings[i]), TAG_RING);
	return result;
}

int reader_new(struct reader **ret_reader, struct ring *const rings[REC_RING_SHIPPER],
	       struct rec_reader *state, int stop_fd, struct err *err)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	int result;

	if (!reader)
		return err_set(err, -ENOMEM, "no memory for the reader");
	memcpy(reader->rings, rings, sizeof(reader->rings));
	reader->state = state;
	reader->busy_fd = reader->sleep_fd = -1;
	reader->sweep_ms = SWEEP_MS;
	for (int i = 0; i < REC_RING_SHIPPER; i++)
		reader->swept_to[i] = ring_position(rings[i]);
	result = open_epolls(reader, stop_fd);
	if (result < 0) {
		reader_free(reader);
		return err_set(err, result, "cannot wait for the rings: %s", strerror(-result));
	}
	*ret_reader = reader;
	return 0;
}

void reader_free(struct reader *reader)
{
	if (!reader)
		return;
	if (reader->busy_fd >= 0)
		(void)close(reader->busy_fd);
	if (reader->sleep_fd >= 0)
		(void)close(reader->sleep_fd);
	free(reader);
}

static void count(atomic_uint_fast64_t *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* 1 when told to stop; *ret_woken when a ring has something to say. */
static int wait_on(int epoll_fd, int timeout_ms, bool *ret_woken)
{
	struct epoll_event events[WATCHED];
	int n = epoll_wait(epoll_fd, events, WATCHED, timeout_ms);
	int stop = 0;

	*ret_woken = false;
	for (int i = 0; i < n; i++) {
		if (events[i].data.u32 == TAG_STOP)
			stop = 1;
		else
			*ret_woken = true;
	}
	return stop;
}

static bool are_drained(const struct reader *reader)
{
	for (int i = 0; i < REC_RING_SHIPPER; i++)
		if (!ring_is_drained(reader->rings[i]))
			return false;
	return true;
}

static int sleep_until_woken(struct reader *reader)
{
	bool woken;
	int stop;

	__atomic_store_n(&reader->state->asleep, 1, __ATOMIC_RELAXED);
	__sync_synchronize(); /* as a C11 fence, which the thread sanitizer refuses */
	if (!are_drained(reader)) {
		__atomic_store_n(&reader->state->asleep, 0, __ATOMIC_RELAXED);
		/* A record has come, or one is still being written, which is no reason to spin. */
		return wait_on(reader->busy_fd, SWEEP_MS, &woken);
	}
	count(&reader->counters.sleeps);
	stop = wait_on(reader->sleep_fd, SLEEP_MS, &woken);
	__atomic_store_n(&reader->state->asleep, 0, __ATOMIC_RELAXED);
	if (!woken && !stop && !are_drained(reader))
		count(&reader->counters.late);
	return stop;
}

/*
 * A sweep costs some ten microseconds here, in the journal and in each sink, whatever it brings: as
 * long as the rings hardly fill meanwhile it is put off, twice as long each time, but never until a
 * storm that begins now would have filled one. Where they fill steadily it stays as it is.
 */
static int next_sweep_ms(struct reader *reader)
{
	uint64_t most_ms = MAX_SWEEP_MS;
	bool calm = true, busy = false;

	for (int i = 0; i < REC_RING_SHIPPER; i++) {
		const struct ring *ring = reader->rings[i];
		uint64_t position = ring_position(ring), filled = position - reader->swept_to[i];

		if (most_ms > ring_size_bytes(ring) / MS_BYTES)
			most_ms = ring_size_bytes(ring) / MS_BYTES;
		calm &= filled < ring_size_bytes(ring) / CALM_SHARE;
		busy |= filled > ring_size_bytes(ring) / BUSY_SHARE;
		reader->swept_to[i] = position;
	}
	if (busy)
		reader->sweep_ms = SWEEP_MS;
	else if (calm && 2 * (uint64_t)reader->sweep_ms <= most_ms)
		reader->sweep_ms *= 2;
	return reader->sweep_ms;
}

int reader_wait(struct reader *reader, bool busy)
{
	bool woken;
	int stop;

	if (busy)
		reader->empty = 0;
	else if (reader->empty < EMPTY_SWEEPS)
		reader->empty++;
	if (reader->empty == EMPTY_SWEEPS) {
		reader->sweep_ms = SWEEP_MS;
		stop = sleep_until_woken(reader);
	} else {
		stop = wait_on(reader->busy_fd, next_sweep_ms(reader), &woken);
	}
	count(&reader->counters.sweeps);
	return stop;
}

const struct reader_counters *reader_counters(const struct reader *reader)
{
	return &reader->counters;
}
