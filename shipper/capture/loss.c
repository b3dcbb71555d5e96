/* SPDX-License-Identifier: BSD-2-Clause */
/* Arithmetic on two sets of counters; reads no ring and knows no record beyond its header. */
#include "capture/loss.h"

#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One ring, CPU and class. */
struct slot {
	uint64_t last;                   /* last number that arrived or was told as lost */
	uint64_t last_ns;                /* when a record of it arrived last */
	uint64_t lost;                   /* told */
	uint64_t told[REC_LOSS_REASONS]; /* of what the probe counted; never more than it did */
	uint64_t known; /* numbers up to this one are not ours: the reader before accounted for them
			 */
	uint64_t committed;      /* last, as it was then */
	uint64_t sweep_sequence; /* the probe's counters before the sweep */
	uint64_t sweep_lost;
};

struct loss {
	const struct rec_counts *counts;
	uint32_t cpus, slots;
	struct rec_progress *progress; /* NULL: nobody goes on after us */
	loss_handler handler;
	void *data;
	uint64_t start_ns;
	uint16_t generation;
	struct loss_account account;
	struct loss_counted past; /* what the probes of former sets had counted */
	struct slot slot[];
};

int loss_new(struct loss **ret_loss, const struct rec_counts *counts, uint32_t cpus,
	     loss_handler handler, void *data)
{
	uint32_t slots = REC_RING_SHIPPER * REC_CLASSES * cpus;
	struct loss *loss = calloc(1, sizeof(*loss) + slots * sizeof(loss->slot[0]));

	if (!loss)
		return -ENOMEM;
	loss->counts = counts;
	loss->cpus = cpus;
	loss->slots = slots;
	loss->handler = handler;
	loss->data = data;
	loss->start_ns = clock_boot_ns();
	*ret_loss = loss;
	return 0;
}

void loss_free(struct loss *loss)
{
	free(loss);
}

/* The probes write these while we read; in the order in which they are read here. */
static uint64_t read_count(const __u64 *count)
{
	return __atomic_load_n(count, __ATOMIC_ACQUIRE);
}

static uint64_t count_lost(const struct rec_counts *counts)
{
	uint64_t lost = 0;

	for (int i = 0; i < REC_LOSS_REASONS; i++)
		lost += read_count(&counts->lost[i]);
	return lost;
}

/* The reason that has most left to explain. */
static unsigned int explain(const struct slot *slot, const struct rec_counts *counts)
{
	unsigned int reason = REC_LOSS_RING_FULL;
	uint64_t most = 0;

	for (unsigned int i = 0; i < REC_LOSS_REASONS; i++) {
		uint64_t left = read_count(&counts->lost[i]) - slot->told[i];

		if (left > most) {
			most = left;
			reason = i;
		}
	}
	return reason;
}

/* Takes count losses off what the probe counted: of reason, and of the others when it has fewer.
 * ret_parts, one per reason, is added to. */
static void account(struct loss *loss, uint32_t index, unsigned int reason, uint64_t count,
		    uint64_t *ret_parts)
{
	const struct rec_counts *counts = &loss->counts[index];
	struct slot *slot = &loss->slot[index];

	for (unsigned int i = 0; i < REC_LOSS_REASONS && count > 0; i++) {
		unsigned int at = (reason + i) % REC_LOSS_REASONS;
		uint64_t left = read_count(&counts->lost[at]) - slot->told[at];
		uint64_t part = left < count ? left : count;

		slot->told[at] += part;
		ret_parts[at] += part;
		count -= part;
	}
}

/* The reader before has told of these. */
static void pass_over(struct loss *loss, uint32_t index, uint64_t last)
{
	struct slot *slot = &loss->slot[index];
	uint64_t told_before[REC_LOSS_REASONS] = {0};
	uint64_t count = last - slot->last;

	account(loss, index, explain(slot, &loss->counts[index]), count, told_before);
	slot->lost += count;
	slot->last = last;
}

static void tell_new(struct loss *loss, uint32_t index, uint64_t last, uint64_t before_ns)
{
	struct slot *slot = &loss->slot[index];
	uint64_t count = last - slot->last;
	struct rec_lost lost = {
		.cpu = index % loss->cpus,
		.generation = loss->generation,
		.ring = (uint8_t)(index / loss->cpus / REC_CLASSES),
		.class = (uint8_t)(index / loss->cpus % REC_CLASSES),
		.first = slot->last + 1,
		.last = last,
		.count = count,
		.window_start_ns = slot->last_ns ? slot->last_ns : loss->start_ns,
		.window_end_ns = before_ns,
	};

	lost.reason = (uint8_t)explain(slot, &loss->counts[index]);
	lost.total = slot->lost + count;
	if (!loss->handler(loss->data, &lost))
		return;
	account(loss, index, lost.reason, count, loss->account.lost_reason);
	slot->lost += count;
	slot->last = last;
	loss->account.seen += count;
	loss->account.lost += count;
	loss->account.lost_ring[lost.ring] += count;
}

static void tell(struct loss *loss, uint32_t index, uint64_t last, uint64_t before_ns)
{
	struct slot *slot = &loss->slot[index];

	if (slot->last < slot->known)
		pass_over(loss, index, last < slot->known ? last : slot->known);
	if (slot->last < last)
		tell_new(loss, index, last, before_ns);
}

/* The slot of a record, or NULL when there is none. */
static struct slot *slot_of(struct loss *loss, const struct rec_header *header, uint32_t *ret_index)
{
	uint32_t group = (uint32_t)header->ring * REC_CLASSES + header->class;

	*ret_index = group * loss->cpus + header->cpu;
	if (header->cpu >= loss->cpus || header->class >= REC_CLASSES || *ret_index >= loss->slots)
		return NULL;
	return &loss->slot[*ret_index];
}

bool loss_saw(struct loss *loss, const struct rec_header *header)
{
	uint32_t index;
	struct slot *slot = slot_of(loss, header, &index);

	if (!slot)
		return true;
	if (header->sequence <= slot->last)
		return false; /* no probe counts back, but a ring may be read again */
	if (header->sequence > slot->last + 1)
		tell(loss, index, header->sequence - 1, header->time_ns);
	slot->last_ns = header->time_ns;
	if (header->sequence <= slot->known) {
		slot->last = header->sequence;
		return false;
	}
	loss->account.seen += header->sequence - slot->last;
	loss->account.arrived++;
	slot->last = header->sequence;
	return true;
}

bool loss_believes(const struct loss *loss, const struct rec_header *header)
{
	uint32_t index;
	const struct slot *slot = slot_of((struct loss *)(uintptr_t)loss, header, &index);

	return slot && header->sequence > slot->last &&
	       header->sequence <= read_count(&loss->counts[index].sequence);
}

/*
 * Losses first: one that is counted between the two reads is then missing here, and we wait. The
 * other way round it could stand for an earlier number that is in the ring.
 */
void loss_begin_sweep(struct loss *loss)
{
	for (uint32_t i = 0; i < loss->slots; i++) {
		loss->slot[i].sweep_lost = count_lost(&loss->counts[i]);
		loss->slot[i].sweep_sequence = read_count(&loss->counts[i].sequence);
	}
}

static uint64_t count_told(const struct slot *slot)
{
	uint64_t told = 0;

	for (int i = 0; i < REC_LOSS_REASONS; i++)
		told += slot->told[i];
	return told;
}

/*
 * A number that was taken but whose record is still being written, or stands in the ring behind one
 * that is, is outstanding and not counted as lost, so the two differ and we wait for a later sweep.
 */
void loss_end_sweep(struct loss *loss)
{
	uint64_t now = 0;

	for (uint32_t i = 0; i < loss->slots; i++) {
		struct slot *slot = &loss->slot[i];

		if (slot->sweep_sequence <= slot->last)
			continue;
		if (slot->sweep_sequence - slot->last != slot->sweep_lost - count_told(slot))
			continue;
		if (!now)
			now = clock_boot_ns();
		tell(loss, i, slot->sweep_sequence, now);
	}
}

bool loss_give_up(struct loss *loss)
{
	uint64_t now = clock_boot_ns();
	bool all = true;

	for (uint32_t i = 0; i < loss->slots; i++) {
		uint64_t sequence = read_count(&loss->counts[i].sequence);

		if (sequence > loss->slot[i].last)
			tell(loss, i, sequence, now);
		all = all && loss->slot[i].last >= sequence;
	}
	return all;
}

const struct loss_account *loss_account(const struct loss *loss)
{
	return &loss->account;
}

void loss_counted(const struct loss *loss, struct loss_counted *ret_counted)
{
	*ret_counted = loss->past;
	for (uint32_t i = 0; i < loss->slots; i++) {
		const struct rec_counts *counts = &loss->counts[i];

		ret_counted->numbered += read_count(&counts->sequence);
		ret_counted->wakeups += read_count(&counts->wakeups);
		ret_counted->read_failures += read_count(&counts->read_failures);
		ret_counted->map_failures += read_count(&counts->map_failures);
		for (int kind = 0; kind < REC_KINDS; kind++)
			ret_counted->lost_kind[kind] += read_count(&counts->lost_kind[kind]);
	}
}

void loss_carry_over(struct loss *loss, const struct loss *old)
{
	struct loss_counted counted;

	loss->account = old->account;
	loss_counted(old, &counted);
	loss->past.numbered += counted.numbered;
	loss->past.wakeups += counted.wakeups;
	loss->past.read_failures += counted.read_failures;
	loss->past.map_failures += counted.map_failures;
	for (int kind = 0; kind < REC_KINDS; kind++)
		loss->past.lost_kind[kind] += counted.lost_kind[kind];
}

/* What is behind known counts as if it had never been: sums are right modulo 2^64. */
static void know(struct loss *loss, struct slot *slot, uint64_t sequence)
{
	loss->past.numbered -= sequence - slot->known;
	slot->known = sequence;
}

/* Memory that others may have written to: never more than the probes have counted. */
static void read_progress(struct loss *loss, uint32_t index)
{
	const struct rec_progress *progress = &loss->progress[index];
	const struct rec_progress_state *state = &progress->state[read_count(&progress->half) & 1];
	const struct rec_counts *counts = &loss->counts[index];
	uint64_t numbered = read_count(&counts->sequence);
	struct slot *slot = &loss->slot[index];

	slot->last = state->last < numbered ? state->last : numbered;
	slot->last_ns = state->last_ns;
	slot->lost = state->lost < slot->last ? state->lost : slot->last;
	for (int i = 0; i < REC_LOSS_REASONS; i++) {
		uint64_t lost = read_count(&counts->lost[i]);

		slot->told[i] = state->told[i] < lost ? state->told[i] : lost;
	}
	slot->committed = slot->last;
	know(loss, slot, slot->last);
	if (progress->journalled > slot->last && progress->journalled <= numbered)
		know(loss, slot, progress->journalled);
	loss->past.wakeups -= read_count(&counts->wakeups);
	loss->past.read_failures -= read_count(&counts->read_failures);
	loss->past.map_failures -= read_count(&counts->map_failures);
}

void loss_resume(struct loss *loss, struct rec_progress *progress, uint64_t generation)
{
	loss->progress = progress;
	loss->generation = (uint16_t)generation;
	for (uint32_t i = 0; i < loss->slots; i++)
		read_progress(loss, i);
}

void loss_note_journalled(struct rec_progress *progress, uint32_t cpus,
			  const struct rec_header *header)
{
	uint32_t group = (uint32_t)header->ring * REC_CLASSES + header->class;

	if (header->cpu >= cpus || header->class >= REC_CLASSES || header->ring >= REC_RING_SHIPPER)
		return;
	progress += group * cpus + header->cpu;
	if (header->sequence > progress->journalled)
		__atomic_store_n(&progress->journalled, header->sequence, __ATOMIC_RELEASE);
}

/* kill -9 may come between any two stores. */
static void write_progress(struct loss *loss, uint32_t index)
{
	struct rec_progress *progress = &loss->progress[index];
	struct slot *slot = &loss->slot[index];
	uint64_t other = (progress->half & 1) ^ 1;
	struct rec_progress_state *state = &progress->state[other];

	state->last = slot->last;
	state->last_ns = slot->last_ns;
	state->lost = slot->lost;
	memcpy(state->told, slot->told, sizeof(slot->told));
	__atomic_store_n(&progress->half, other, __ATOMIC_RELEASE);
	slot->committed = slot->last;
}

void loss_commit(struct loss *loss)
{
	for (uint32_t i = 0; loss->progress && i < loss->slots; i++) {
		if (loss->slot[i].committed != loss->slot[i].last)
			write_progress(loss, i);
	}
}

uint32_t loss_slots(const struct loss *loss)
{
	return loss->slots;
}

uint64_t loss_last_seen(const struct loss *loss, uint32_t slot, uint8_t *ret_ring,
			uint8_t *ret_class, uint16_t *ret_cpu)
{
	*ret_ring = (uint8_t)(slot / loss->cpus / REC_CLASSES);
	*ret_class = (uint8_t)(slot / loss->cpus % REC_CLASSES);
	*ret_cpu = (uint16_t)(slot % loss->cpus);
	return loss->slot[slot].last;
}
