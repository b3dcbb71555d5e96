/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns what happens to a directory that somebody left behind: segments are checked, the damaged set
 * aside, the end found, and it is decided whether the stream goes on. Runs before any other thread.
 */
#include "journal/aside.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "base/uuid.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct listing {
	uint64_t *numbers; /* of NNNNNNNN.seg, to be sorted */
	size_t count, capacity;
	uint64_t highest; /* that was ever seen, set aside ones too */
	uint64_t needed;  /* every cursor file has the segments before this number behind it */
};

static int add_number(struct listing *listing, uint64_t number)
{
	if (listing->count == listing->capacity) {
		size_t capacity = listing->capacity ? 2 * listing->capacity : 64;
		uint64_t *grown = realloc(listing->numbers, capacity * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		listing->numbers = grown;
		listing->capacity = capacity;
	}
	listing->numbers[listing->count++] = number;
	return 0;
}

static void note_cursor(struct listing *listing, const struct journal *journal, const char *name)
{
	struct cursor_place place = {0};

	if (!cursor_name_valid(name))
		return;
	if (cursor_peek(journal->dirfd, name, &place) < 0)
		place.position.segment = 0;
	if (place.position.segment < listing->needed)
		listing->needed = place.position.segment;
}

static int take_name(struct listing *listing, const struct journal *journal, const char *name)
{
	uint64_t number;
	enum segment_file what = segment_name_parse(name, &number);

	if (strncmp(name, "cursor-", strlen("cursor-")) == 0)
		return note_cursor(listing, journal, name + strlen("cursor-")), 0;
	if (what == SEGMENT_FILE_FOREIGN)
		return 0;
	if (what == SEGMENT_FILE_UNFINISHED && !journal->read_only)
		return unlinkat(journal->dirfd, name, 0), 0;
	if (what == SEGMENT_FILE_UNFINISHED)
		return 0;
	if (number > listing->highest)
		listing->highest = number;
	return what == SEGMENT_FILE_WHOLE ? add_number(listing, number) : 0;
}

static int compare_numbers(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

static int list_directory(struct listing *listing, const struct journal *journal)
{
	_cleanup_closedir_ DIR *dir = io_open_names(journal->dirfd);
	struct dirent *item;
	int result = 0;

	if (!dir)
		return -errno;
	while (result == 0 && (errno = 0, item = readdir(dir)))
		result = take_name(listing, journal, item->d_name);
	if (result == 0 && errno != 0)
		result = -errno;
	if (listing->needed == UINT64_MAX) /* there is no cursor */
		listing->needed = 0;
	if (listing->count)
		qsort(listing->numbers, listing->count, sizeof(*listing->numbers), compare_numbers);
	return result;
}

static void note_aside(struct journal_recovery *recovery, const char *name)
{
	size_t i = recovery->quarantined + recovery->newer;

	if (i < sizeof(recovery->aside) / sizeof(*recovery->aside))
		(void)snprintf(recovery->aside[i], sizeof(recovery->aside[i]), "%.*s",
			       (int)sizeof(recovery->aside[i]) - 1, name);
}

/* Whoever looks into it later finds it; its number stays taken by the new name. */
static void set_aside(const struct journal *journal, uint64_t number, const char *suffix,
		      struct journal_recovery *recovery)
{
	char name[SEGMENT_NAME_SIZE], aside[ASIDE_NAME_SIZE];
	bool renamed;

	segment_name(name, number);
	renamed = !journal->read_only && aside_rename(journal->dirfd, name, suffix, aside) == 0;
	note_aside(recovery, renamed ? aside : name);
}

/* Somebody who writes may delete what we have just seen. */
static bool is_gone(const struct journal *journal, uint64_t number)
{
	char name[SEGMENT_NAME_SIZE];

	segment_name(name, number);
	return faccessat(journal->dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
}

/* What all sinks have was on its way out, and so not synced, when the power was lost. The highest
 * number stays taken. */
static bool drop_passed(const struct journal *journal, uint64_t number,
			const struct listing *listing)
{
	char name[SEGMENT_NAME_SIZE];

	if (number >= listing->needed || number == listing->highest)
		return false;
	segment_name(name, number);
	return journal->read_only || unlinkat(journal->dirfd, name, 0) == 0;
}

static int load_one(struct journal *journal, uint64_t number, const struct listing *listing,
		    struct journal_recovery *recovery)
{
	struct segment *segment = calloc(1, sizeof(*segment));
	int result;

	if (!segment)
		return -ENOMEM;
	result = segment_load(segment, journal->dirfd, number, NULL);
	if (result < 0 && journal->read_only && is_gone(journal, number))
		return free(segment), 0;
	if (result == 0) {
		journal_list_segment(journal, segment);
		return 0;
	}
	free(segment);
	if (result != -EBADMSG && result != -EPROTONOSUPPORT)
		return result;
	if (result == -EBADMSG && drop_passed(journal, number, listing))
		return 0;
	set_aside(journal, number, result == -EBADMSG ? "bad" : "newer", recovery);
	if (result == -EBADMSG)
		recovery->quarantined++;
	else
		recovery->newer++;
	return 0;
}

/* A segment's own events are told by its successor, where that is still there. */
static int count_events(const struct journal *journal, uint64_t *ret_events)
{
	for (struct segment *segment = journal->oldest; segment && segment != journal->newest;
	     segment = segment->next) {
		struct segment *next = segment->next;
		struct segment_scan scan = {0};
		int result;

		if (next->number == segment->number + 1 &&
		    next->first_index >= segment->first_index) {
			*ret_events += next->first_index - segment->first_index;
			continue;
		}
		result = segment_scan(segment, journal->dirfd, NULL, &scan);
		if (result < 0)
			return result;
		*ret_events += scan.events;
	}
	return 0;
}

static int renew_stream(struct journal *journal, struct journal_recovery *recovery)
{
	recovery->stream_renewed = true;
	journal->next_sequence = 1;
	return uuid_random(journal->stream);
}

/* The room behind the last frame of a segment that will not be written again is given back. */
static void trim(struct journal *journal, struct segment *segment)
{
	char name[SEGMENT_NAME_SIZE];
	_cleanup_close_ int fd = -1;
	uint64_t end = atomic_load(&segment->end);

	segment_name(name, segment->number);
	fd = openat(journal->dirfd, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || ftruncate(fd, (off_t)end) < 0)
		return;
	journal->bytes -= segment->size - end;
	segment->size = end;
}

static int resume_segment(struct journal *journal, struct segment *segment)
{
	char name[SEGMENT_NAME_SIZE];

	segment_name(name, segment->number);
	segment->fd = openat(journal->dirfd, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (segment->fd < 0)
		return -errno;
	/* What the last run did not sync is synced with the next frame. */
	segment->synced = 0;
	/* It goes on: the time of its last frame so far is not that of its end. */
	segment->ended_real_ns = 0;
	atomic_store(&segment->sealed, false);
	journal->active = segment;
	return 0;
}

static void note_last(struct journal_recovery *recovery, const struct segment *segment,
		      const struct segment_scan *scan)
{
	recovery->last_sequence = segment->first_sequence + scan->events - 1;
	recovery->last_time_ns = scan->last_time_ns;
	memcpy(recovery->last_stream, segment->stream, sizeof(recovery->last_stream));
	memcpy(recovery->last_boot_id, segment->boot_id, sizeof(recovery->last_boot_id));
}

/* The newest may have been made for a frame that was never written: then the one before it. */
static int find_last(const struct journal *journal, const struct segment_scan *newest,
		     struct journal_recovery *recovery)
{
	const struct segment *before = journal->oldest;
	struct segment_scan scan = {0};
	int result;

	if (newest->events > 0 || before == journal->newest)
		return note_last(recovery, journal->newest, newest), 0;
	while (before->next != journal->newest)
		before = before->next;
	result = segment_scan(before, journal->dirfd, NULL, &scan);
	if (result == 0)
		note_last(recovery, before, &scan);
	return result;
}

/* The vector is of other probes than those that go on. */
static bool probes_have_changed(const struct journal *journal)
{
	for (size_t i = 0; i < journal->probes_count; i++) {
		if (numbers_are_of(&journal->numbers, journal->probes[i]))
			return false;
	}
	return journal->probes_count > 0;
}

/*
 * A torn tail stays in its file as it is: the segment ends before it for good. So opening twice
 * finds it twice, and no sequence that may have been seen outside is ever given again.
 */
static int continue_from(struct journal *journal, struct segment *segment, bool renew,
			 struct journal_recovery *recovery)
{
	struct segment_scan scan = {0};
	bool same_boot = memcmp(segment->boot_id, journal->boot_id, 16) == 0;
	int result;

	if (same_boot)
		result = segment_load(segment, journal->dirfd, segment->number, &journal->numbers);
	else
		result = 0;
	if (result == 0)
		result = segment_scan(segment, journal->dirfd, same_boot ? &journal->numbers : NULL,
				      &scan);
	if (result < 0)
		return result;
	atomic_store(&segment->end, scan.end);
	segment->synced = scan.end;
	segment->ended_real_ns = scan.last_time_ns;
	result = find_last(journal, &scan, recovery);
	if (result < 0)
		return result;
	recovery->events += scan.events;
	recovery->torn_bytes = scan.torn_bytes;
	atomic_store(&journal->next_index, segment->first_index + scan.events);
	if (journal->read_only)
		return 0;
	renew = renew || probes_have_changed(journal);
	if (same_boot && scan.torn_bytes == 0 && !renew) {
		memcpy(journal->stream, segment->stream, sizeof(journal->stream));
		journal->next_sequence = segment->first_sequence + scan.events;
		return resume_segment(journal, segment);
	}
	if (scan.torn_bytes == 0)
		trim(journal, segment);
	return renew_stream(journal, recovery);
}

/*
 * What the last run had no time to sync is in memory still, if the boot is the same: its segments
 * are left to the sync thread, with their names. Events of them may go out and be acknowledged, and
 * then a power loss would take them.
 */
static void leave_unsynced(struct journal *journal)
{
	for (struct segment *segment = journal->oldest; segment; segment = segment->next)
		if (memcmp(segment->boot_id, journal->boot_id, sizeof(segment->boot_id)) == 0)
			segment->synced = 0;
	journal->closed_unsynced = true;
	journal->name_unsynced = journal->directory_changed = true;
}

int journal_recover(struct journal *journal, bool renew, struct journal_recovery *ret_recovery,
		    struct err *err)
{
	struct listing listing = {.needed = UINT64_MAX};
	int result = list_directory(&listing, journal);

	for (size_t i = 0; result == 0 && i < listing.count; i++)
		result = load_one(journal, listing.numbers[i], &listing, ret_recovery);
	free(listing.numbers);
	if (result == 0)
		result = count_events(journal, &ret_recovery->events);
	journal->next_number = journal->first_new_number = listing.highest + 1;
	if (result == 0 && journal->newest)
		result = continue_from(journal, journal->newest,
				       renew || journal->newest->number != listing.highest,
				       ret_recovery);
	else if (result == 0)
		result = renew_stream(journal, ret_recovery);
	if (result == 0 && ret_recovery->unclean)
		leave_unsynced(journal);
	if (result < 0)
		return err_set(err, result, "journal %s: cannot be recovered: %s", journal->dir,
			       strerror(-result));
	return 0;
}
