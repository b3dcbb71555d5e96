/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * From a number to a record in the ring. record_begin takes the number before anything can fail;
 * record_submit is the only way into a ring and the only place that counts what did not get in.
 */
#ifndef AUDITSHIP_EMIT_H
#define AUDITSHIP_EMIT_H

#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

#include "generation.h"
#include "maps.h"
#include "record.h"
#include "settings.h"
#include "shared.h"

/* Bulk is what can come in such numbers that it must not crowd out the rest. kind is a constant. */
static __always_inline __u32 ring_of(__u32 kind)
{
	switch (kind) {
	case REC_THREAD_START:
	case REC_THREAD_EXIT:
	case REC_OPEN_READ:
	case REC_OPEN_WRITE:
	case REC_FILE_CREATE:
	case REC_OPEN_FAILED:
		return REC_RING_BULK;
	default:
		return REC_RING_VITAL;
	}
}

/* No slot, rather than another's, for a CPU the shipper was not told of: it reads the possible
 * ones. Nor for softirqs: nothing of ours runs there yet. */
static __always_inline __u32 scratch_slot(__u32 class)
{
	__u32 cpu = bpf_get_smp_processor_id();

	if (class == REC_CLASS_ITERATOR)
		return cfg_cpus;
	if (class == REC_CLASS_PREEMPTED && cpu < cfg_cpus)
		return cfg_cpus + 1 + cpu;
	return class == REC_CLASS_TASK && cpu < cfg_cpus ? cpu : (__u32)-1;
}

static __always_inline struct rec_counts *counts_of(__u32 ring, __u32 class)
{
	__u32 cpu = bpf_get_smp_processor_id();
	__u32 index = (ring * REC_CLASSES + class) * cfg_cpus + cpu;

	return cpu < cfg_cpus ? bpf_map_lookup_elem(&counts, &index) : NULL;
}

static __always_inline void count_event(__u32 kind)
{
	__u64 *count = bpf_map_lookup_elem(&event_count, &kind);

	if (count) /* of all classes, and one can preempt another */
		__sync_fetch_and_add(count, 1);
}

static __always_inline void count_lost(struct rec_counts *own, __u32 kind, __u32 reason)
{
	if (reason < REC_LOSS_REASONS)
		own->lost[reason]++;
	if (kind < REC_KINDS)
		own->lost_kind[kind]++;
}

/* A note that an event of that kind leaves for a later one found no room in its map. */
static __always_inline void count_map_failure(__u32 kind, __u32 class)
{
	struct rec_counts *own = counts_of(ring_of(kind), class);

	if (own)
		own->map_failures++;
}

static __always_inline void fill_header(struct rec_header *header, __u16 kind, __u8 class)
{
	header->kind = kind;
	header->abi = REC_ABI;
	header->class = class;
	header->cpu = bpf_get_smp_processor_id();
	header->ring = ring_of(kind);
	header->generation = cfg_generation;
	header->time_ns = bpf_ktime_get_boot_ns();
}

/* The scratch of this CPU with a cleared struct of struct_size bytes and a filled header, or NULL.
 */
static __always_inline struct scratch *record_begin(__u16 kind, __u8 class, __u32 struct_size)
{
	struct rec_counts *own = counts_of(ring_of(kind), class);
	__u32 slot = scratch_slot(class);
	struct scratch *space;
	struct rec_header *header;

	if (!own)
		return NULL;
	own->sequence++;
	count_event(kind);
	if (agent_is_absent()) {
		count_lost(own, kind, REC_LOSS_NO_AGENT);
		return NULL;
	}
	space = bpf_map_lookup_elem(&scratch, &slot);
	if (!space) {
		count_lost(own, kind, REC_LOSS_NO_SCRATCH);
		return NULL;
	}
	__builtin_memset(space->bytes, 0, struct_size);
	space->used = struct_size;
	space->read_failures = 0;
	header = (struct rec_header *)space->bytes;
	fill_header(header, kind, class);
	header->sequence = own->sequence;
	return space;
}

/*
 * Wakes the reader if it sleeps. The commit of the record before was a full barrier, so either the
 * reader saw the record's position before it slept or we see its flag. It waits for both rings; the
 * other one serves when a burst has filled this one.
 */
static __always_inline void wake_reader(struct rec_counts *own, __u32 ring)
{
	struct rec_reader *state;
	__u32 zero = 0;
	void *nothing;

	state = bpf_map_lookup_elem(&reader, &zero);
	if (!state || !*(volatile __u32 *)&state->asleep)
		return;
	nothing = ring == REC_RING_BULK ? bpf_ringbuf_reserve(&bulk, 8, 0)
					: bpf_ringbuf_reserve(&vital, 8, 0);
	if (!nothing)
		nothing = ring == REC_RING_BULK ? bpf_ringbuf_reserve(&vital, 8, 0)
						: bpf_ringbuf_reserve(&bulk, 8, 0);
	if (!nothing)
		return;
	state->asleep = 0;
	own->wakeups++;
	bpf_ringbuf_discard(nothing, BPF_RB_FORCE_WAKEUP);
}

/* The kernel says -EAGAIN for everything; what can never fit is known by its size. */
static __always_inline __u32 why_refused(void *ring, __u64 size)
{
	if (size + BPF_RINGBUF_HDR_SZ > bpf_ringbuf_query(ring, BPF_RB_RING_SIZE))
		return REC_LOSS_TOO_LARGE;
	return REC_LOSS_RING_FULL;
}

static __always_inline void output(struct rec_counts *own, void *ring, struct scratch *space,
				   __u32 kind)
{
	__u64 size = space->used;

	if (size > REC_HEAD_SIZE + cfg_args_max)
		size = REC_HEAD_SIZE + cfg_args_max; /* never: the parts add up to less */
	((struct rec_header *)space->bytes)->size = size;
	if (bpf_ringbuf_output(ring, space->bytes, size, BPF_RB_NO_WAKEUP) < 0)
		count_lost(own, kind, why_refused(ring, size));
}

static __always_inline void record_submit(struct scratch *space, __u16 kind, __u8 class)
{
	struct rec_counts *own = counts_of(ring_of(kind), class);

	if (!own)
		return;
	own->read_failures += space->read_failures;
	if (ring_of(kind) == REC_RING_BULK)
		output(own, &bulk, space, kind);
	else
		output(own, &vital, space, kind);
	wake_reader(own, ring_of(kind));
}

#endif
