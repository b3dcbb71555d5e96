/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the bounds: how much the journal may hold, for how long, and how much of the file system it
 * leaves alone. It only says what has to go; the sync thread deletes it once the cursors are on
 * disk.
 */
#include "journal/gaps.h"

#include "base/clock.h"

#include <sys/statvfs.h>

uint64_t journal_space_short(const struct journal *journal)
{
	uint64_t keep = journal->keep_free, capped, free_bytes;
	struct statvfs st;

	if (keep == 0 || fstatvfs(journal->dirfd, &st) < 0)
		return 0;
	capped = (uint64_t)st.f_blocks * st.f_frsize / 100 * journal->keep_free_percent;
	if (journal->keep_free_percent && capped < keep)
		keep = capped;
	free_bytes = (uint64_t)st.f_bavail * st.f_frsize;
	keep += journal->segment_size;
	return free_bytes < keep ? keep - free_bytes : 0;
}

/* How long ago its last event was appended. Of this run by a clock that nobody sets. */
static uint64_t age_ns(const struct segment *segment, uint64_t boot_ns, uint64_t real_ns)
{
	uint64_t ended_ns = segment->ended_real_ns;

	if (segment->ended_boot_ns)
		return boot_ns - segment->ended_boot_ns;
	if (ended_ns == 0)
		ended_ns = segment->next->created_real_ns;
	return ended_ns >= CLOCK_REAL_PLAUSIBLE_NS && ended_ns < real_ns ? real_ns - ended_ns : 0;
}

/* The writer is done with it. */
static bool may_go(const struct journal *journal, const struct segment *segment)
{
	return segment != journal->newest && atomic_load(&segment->sealed);
}

static void retain_by_age(struct journal *journal)
{
	uint64_t boot_ns = clock_boot_ns(), real_ns = clock_real_ns();

	for (const struct segment *segment = journal->oldest; may_go(journal, segment);
	     segment = segment->next)
		if (age_ns(segment, boot_ns, real_ns) <= journal->max_age_ms * NS_PER_MS ||
		    !gaps_give_up(journal, segment, JOURNAL_GAP_AGE))
			return;
}

/* Room for one more segment. What the file system has is known only once the files are gone. */
static void retain_by_size(struct journal *journal, enum journal_gap_reason reason)
{
	uint64_t bytes = journal->bytes;

	for (const struct segment *segment = journal->oldest; may_go(journal, segment);
	     segment = segment->next) {
		if (reason == JOURNAL_GAP_SIZE &&
		    bytes + journal->segment_size <= journal->max_size)
			return;
		bytes -= segment->size;
		if (!gaps_give_up(journal, segment, reason) || reason == JOURNAL_GAP_SPACE)
			return;
	}
}

void journal_retain(struct journal *journal)
{
	if (!journal->oldest || !journal->deleting)
		return;
	if (journal->max_age_ms)
		retain_by_age(journal);
	if (journal->room_wanted)
		retain_by_size(journal, journal->room_wanted);
	journal->room_wanted = 0;
}
