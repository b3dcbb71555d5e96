/* SPDX-License-Identifier: BSD-2-Clause */
/* Positions only grow; an offset into the data is a position modulo the size, a power of two. */
#include "capture/ring.h"

#include "base/counter.h"
#include "record.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct ring {
	int fd;
	uint64_t size;
	size_t page;
	uint64_t position; /* read up to here */
	uint64_t after;    /* the record that ring_peek has shown */
	_Atomic unsigned long *consumer;
	const _Atomic unsigned long *producer;
	const char *data;
	_Atomic uint64_t high_water; /* bytes */
	char bounce[REC_MAX_SIZE];
};

static int map_pages(struct ring *ring, struct err *err)
{
	void *own = mmap(NULL, ring->page, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, 0);
	void *theirs;

	if (own == MAP_FAILED)
		return err_set(err, -errno, "cannot map the ring's consumer page: %s",
			       strerror(errno));
	ring->consumer = own;
	theirs = mmap(NULL, ring->page + ring->size, PROT_READ, MAP_SHARED, ring->fd,
		      (off_t)ring->page);
	if (theirs == MAP_FAILED)
		return err_set(err, -errno, "cannot map the ring's data: %s", strerror(errno));
	ring->producer = theirs;
	ring->data = (const char *)theirs + ring->page;
	ring->position = atomic_load_explicit(ring->consumer, memory_order_relaxed);
	return 0;
}

int ring_open(struct ring **ret_ring, int map_fd, uint64_t size_bytes, struct err *err)
{
	struct ring *ring = calloc(1, sizeof(*ring));
	int result;

	if (!ring)
		return err_set(err, -ENOMEM, "no memory for a ring reader");
	ring->fd = map_fd;
	ring->size = size_bytes;
	ring->page = (size_t)sysconf(_SC_PAGESIZE);
	result = map_pages(ring, err);
	if (result < 0) {
		ring_close(ring);
		return result;
	}
	*ret_ring = ring;
	return 0;
}

void ring_close(struct ring *ring)
{
	if (!ring)
		return;
	if (ring->consumer)
		(void)munmap((void *)ring->consumer, ring->page);
	if (ring->producer)
		(void)munmap((void *)(uintptr_t)ring->producer, ring->page + ring->size);
	free(ring);
}

int ring_fd(const struct ring *ring)
{
	return ring->fd;
}

uint64_t ring_end(const struct ring *ring)
{
	return atomic_load_explicit(ring->producer, memory_order_acquire);
}

static const char *record_at(struct ring *ring, uint64_t position, size_t size)
{
	uint64_t offset = position & (ring->size - 1);
	size_t first = ring->size - offset;

	if (size <= first)
		return ring->data + offset;
	memcpy(ring->bounce, ring->data + offset, first);
	memcpy(ring->bounce + first, ring->data, size - first);
	return ring->bounce;
}

/* A sample starts with a __u32: its length, and two bits that say busy and discarded. */
int ring_peek(struct ring *ring, uint64_t end, const void **ret_record, size_t *ret_size)
{
	while (ring->position < end) {
		const _Atomic uint32_t *header =
			(const void *)(ring->data + (ring->position & (ring->size - 1)));
		uint32_t word = atomic_load_explicit(header, memory_order_acquire);
		uint32_t size = word & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
		uint64_t start = ring->position + BPF_RINGBUF_HDR_SZ;

		if (word & BPF_RINGBUF_BUSY_BIT)
			return 0;
		ring->after = start + (((uint64_t)size + 7) & ~7ULL);
		if (ring->after > end || size > ring->size) {
			/* Not of the kernel's making, so what follows has no known start either. */
			ring->position = end;
			return 0;
		}
		if (word & BPF_RINGBUF_DISCARD_BIT) {
			ring->position = ring->after;
			continue;
		}
		/* Ours never are larger; what another writer put there is skipped by its header. */
		if (size > sizeof(ring->bounce))
			size = sizeof(ring->bounce);
		*ret_record = record_at(ring, start, size);
		*ret_size = size;
		return 1;
	}
	return 0;
}

void ring_pop(struct ring *ring)
{
	ring->position = ring->after;
}

int ring_next(struct ring *ring, uint64_t end, const void **ret_record, size_t *ret_size)
{
	int found = ring_peek(ring, end, ret_record, ret_size);

	if (found)
		ring_pop(ring);
	return found;
}

uint64_t ring_position(const struct ring *ring)
{
	return ring->position;
}

/* Just before there is more room again it is as full as it gets. */
void ring_release(struct ring *ring)
{
	uint64_t used = ring_used_bytes(ring);

	if (used > counter_get(&ring->high_water))
		counter_set(&ring->high_water, used);
	atomic_store_explicit(ring->consumer, ring->position, memory_order_release);
}

bool ring_is_drained(const struct ring *ring)
{
	return ring_end(ring) == ring->position;
}

uint64_t ring_used_bytes(const struct ring *ring)
{
	return ring_end(ring) - atomic_load_explicit(ring->consumer, memory_order_relaxed);
}

uint64_t ring_high_water_bytes(const struct ring *ring)
{
	return counter_get(&ring->high_water);
}

uint64_t ring_size_bytes(const struct ring *ring)
{
	return ring->size;
}
