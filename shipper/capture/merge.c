/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why the order holds. A time stamp is taken before its record gets its place in a ring, so
 * whatever stands before a record in its ring began before that record got there. Let A end before
 * B begins. All that stands before A is then older than B, and A is in its ring before B has a time
 * stamp. A turn reads the ends after now_ns and leaves out what is younger, so a turn that has B
 * has A, and of two records at the front the older one goes first. Knows of a record its time only.
 */
#include "capture/merge.h"

#include "base/clock.h"
#include "record.h"

#include <string.h>

#define UNBELIEVABLE_NS NS_PER_S /* that far in the future no probe has been */

void merge_init(struct merge *merge, struct ring *vital, struct ring *bulk)
{
	*merge = (struct merge){.vital.ring = vital, .bulk.ring = bulk};
}

static bool is_filling(const struct ring *ring)
{
	return ring_used_bytes(ring) > ring_size_bytes(ring) / MERGE_FULL_SHARE;
}

static void begin_side(struct merge_side *side)
{
	side->end = ring_end(side->ring);
	side->record = NULL;
	side->over = side->blocked = false;
}

void merge_begin(struct merge *merge, uint64_t now_ns)
{
	merge->now_ns = now_ns;
	begin_side(&merge->bulk);
	begin_side(&merge->vital);
	merge->bulk_bytes = 0;
	merge->vital_first = is_filling(merge->vital.ring);
	merge->more = merge->overtook = false;
}

/* 0: at once, since it will be rejected. */
static uint64_t time_of(const struct merge *merge, const struct merge_side *side)
{
	struct rec_header header = {0};

	if (side->size >= sizeof(header))
		memcpy(&header, side->record, sizeof(header));
	return header.time_ns > merge->now_ns + UNBELIEVABLE_NS ? 0 : header.time_ns;
}

static void look(const struct merge *merge, struct merge_side *side)
{
	uint64_t position;

	if (side->record || side->over)
		return;
	if (ring_peek(side->ring, side->end, &side->record, &side->size)) {
		side->time_ns = time_of(merge, side);
		side->over = side->time_ns > merge->now_ns;
		if (side->over)
			side->record = NULL;
		return;
	}
	side->over = true;
	position = ring_position(side->ring);
	side->blocked = position < side->end;
	if (side->blocked && (side->blocked_at != position || side->blocked_since_ns == 0)) {
		side->blocked_at = position;
		side->blocked_since_ns = merge->now_ns;
	}
}

/* Whether the other ring may go on although nobody knows what stands behind the record that is
 * being written. */
static bool may_pass(const struct merge *merge, const struct merge_side *blocked,
		     const struct merge_side *other)
{
	return merge->now_ns - blocked->blocked_since_ns >= MERGE_PATIENCE_NS ||
	       is_filling(other->ring);
}

static void note_overtaking(struct merge *merge)
{
	if (!merge->overtook)
		merge->overtakes++;
	merge->overtook = true;
}

static struct merge_side *choose(struct merge *merge)
{
	struct merge_side *vital = &merge->vital, *bulk = &merge->bulk, *one, *other;

	look(merge, vital);
	look(merge, bulk);
	if (vital->record && bulk->record)
		return vital->time_ns <= bulk->time_ns ? vital : bulk;
	one = vital->record ? vital : bulk;
	other = vital->record ? bulk : vital;
	if (!one->record || !other->blocked)
		return one->record ? one : NULL;
	if (!may_pass(merge, other, one))
		return NULL;
	note_overtaking(merge);
	return one;
}

/* All of it, whatever waits in bulk. */
static struct merge_side *choose_vital(struct merge *merge)
{
	bool bulk_waits = ring_position(merge->bulk.ring) < merge->bulk.end;

	look(merge, &merge->vital);
	if (!merge->vital.record) {
		merge->more = bulk_waits && !merge->vital.blocked;
		return NULL;
	}
	if (bulk_waits)
		note_overtaking(merge);
	return &merge->vital;
}

/* The ring of the vital ones is looked at now and then: to read it takes it from the producers. */
static bool vital_has_to_go_first(struct merge *merge)
{
	if (merge->bulk_bytes < MERGE_LOOK_BYTES)
		return false;
	merge->bulk_bytes = 0;
	merge->more = is_filling(merge->vital.ring);
	return merge->more;
}

int merge_next(struct merge *merge, const void **ret_record, size_t *ret_size)
{
	struct merge_side *side;

	if (merge->vital_first)
		side = choose_vital(merge);
	else if (vital_has_to_go_first(merge))
		side = NULL;
	else
		side = choose(merge);
	if (!side)
		return 0;
	if (side == &merge->bulk)
		merge->bulk_bytes += side->size;
	ring_pop(side->ring);
	*ret_record = side->record;
	*ret_size = side->size;
	side->record = NULL;
	return 1;
}

bool merge_has_more(const struct merge *merge)
{
	return merge->more;
}

void merge_release(struct merge *merge)
{
	ring_release(merge->vital.ring);
	ring_release(merge->bulk.ring);
}
