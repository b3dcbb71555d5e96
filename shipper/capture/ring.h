/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Our own reader of a BPF ring buffer map (kernel/bpf/ringbuf.c): records are looked at in place
 * and the consumer position moves once per batch, when the caller says so. Owned by the collect
 * thread.
 *
 *   page 0: consumer position (ours)   page 1: producer position   then: data
 *
 * The kernel offers the data twice in a row for records that wrap; it is mapped once here and a
 * record that wraps is copied together.
 */
#ifndef AUDITSHIP_RING_H
#define AUDITSHIP_RING_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring;

/* map_fd is borrowed; size_bytes is the map's max_entries. */
int ring_open(struct ring **ret_ring, int map_fd, uint64_t size_bytes, struct err *err);
void ring_close(struct ring *ring);

int ring_fd(const struct ring *ring);

/* Position behind the last byte that a producer has reserved. */
uint64_t ring_end(const struct ring *ring);

/*
 * The next committed record before end. 1 with *ret_record (valid until the next call; a discarded
 * one is passed over), 0 when end is reached or the next one is still being written.
 */
int ring_next(struct ring *ring, uint64_t end, const void **ret_record, size_t *ret_size);

/* The same, but it stays the next one until ring_pop. */
int ring_peek(struct ring *ring, uint64_t end, const void **ret_record, size_t *ret_size);
void ring_pop(struct ring *ring);

/* Position of the next record, or of its end when it was read. */
uint64_t ring_position(const struct ring *ring);

/* Gives everything up to the last record read back to the producers. */
void ring_release(struct ring *ring);

/* True when producers have reserved nothing beyond what was read. */
bool ring_is_drained(const struct ring *ring);

/* Bytes that wait or are not yet released, and all there are. */
uint64_t ring_used_bytes(const struct ring *ring);
uint64_t ring_size_bytes(const struct ring *ring);

/* The most that has waited since ring_open. Any thread. */
uint64_t ring_high_water_bytes(const struct ring *ring);

#endif
