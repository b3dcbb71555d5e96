/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the journal as a whole: opening, closing, and the writer's side. The writer alone makes and
 * seals segments; it publishes a frame by moving the segment's end, after the bytes are in the
 * file.
 */
#include "journal/reader.h"

#include "base/clock.h"
#include "base/crc32c.h"
#include "base/io.h"
#include "journal/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define SEGMENT_SIZE_MIN ((uint64_t)4096)

static int check_options(const struct journal_options *options, struct err *err)
{
	if (options->segment_size < SEGMENT_SIZE_MIN || options->segment_size > SEGMENT_SIZE_MAX)
		return err_set(err, -EINVAL,
			       "journal %s: a segment of %" PRIu64 " bytes: 4 KiB to 1 GiB",
			       options->dir, options->segment_size);
	if (options->max_size < 2 * options->segment_size)
		return err_set(err, -EINVAL,
			       "journal %s: a size of %" PRIu64
			       " bytes is below two segments (%" PRIu64 " bytes)",
			       options->dir, options->max_size, 2 * options->segment_size);
	return 0;
}

static int init(struct journal *journal, const struct journal_options *options)
{
	pthread_condattr_t attributes;

	journal->dirfd = journal->lock_fd = -1;
	journal->segment_size = options->segment_size;
	journal->max_size = options->max_size;
	journal->max_age_ms = options->max_age_ms;
	journal->keep_free = options->keep_free;
	journal->keep_free_percent = options->keep_free_percent;
	journal->when_full = options->when_full;
	journal->read_only = options->read_only;
	journal->durability = options->durability;
	journal->closed_unsynced = options->durability == JOURNAL_SYNC_NONE;
	journal->sync_every_ms = options->sync_every_ms ? options->sync_every_ms : 1;
	journal->probes = options->probes;
	journal->probes_count = options->probes_count;
	memcpy(journal->boot_id, options->boot_id, sizeof(journal->boot_id));
	(void)pthread_mutex_init(&journal->lock, NULL);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&journal->wake, &attributes);
	(void)pthread_cond_init(&journal->round_over, NULL);
	(void)pthread_condattr_destroy(&attributes);
	journal->dir = strdup(options->dir);
	return journal->dir ? numbers_init(&journal->numbers) : -ENOMEM;
}

static int open_directory(struct journal *journal, struct journal_recovery *recovery,
			  struct err *err)
{
	int result = journal->read_only ? 0 : io_make_dirs(journal->dir, 0700);

	if (result == 0) {
		journal->dirfd = open(journal->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		result = journal->dirfd < 0 ? -errno : 0;
	}
	if (result < 0)
		return err_set(err, result, "journal %s: %s", journal->dir, strerror(-result));
	if (journal->read_only)
		return 0;
	journal->lock_fd = lock_take(journal->dirfd, journal->dir, &recovery->unclean, err);
	return journal->lock_fd < 0 ? journal->lock_fd : 0;
}

static void free_journal(struct journal *journal, bool closed)
{
	while (journal->oldest) {
		struct segment *segment = journal->oldest;

		journal->oldest = segment->next;
		if (segment->fd >= 0)
			(void)close(segment->fd);
		free(segment);
	}
	while (journal->cursors) {
		struct cursor *cursor = journal->cursors;

		journal->cursors = cursor->next;
		cursor_close(&cursor->file);
		free(cursor);
	}
	lock_release(journal->lock_fd, closed);
	if (journal->dirfd >= 0)
		(void)close(journal->dirfd);
	numbers_done(&journal->numbers);
	(void)pthread_cond_destroy(&journal->round_over);
	(void)pthread_cond_destroy(&journal->wake);
	(void)pthread_mutex_destroy(&journal->lock);
	free(journal->dir);
	free(journal);
}

int journal_open(struct journal **ret_journal, const struct journal_options *options,
		 struct journal_recovery *ret_recovery, struct err *err)
{
	struct journal *journal;
	int result = options->read_only ? 0 : check_options(options, err);

	*ret_recovery = (struct journal_recovery){0};
	if (result < 0)
		return result;
	journal = calloc(1, sizeof(*journal));
	if (!journal)
		return err_set(err, -ENOMEM, "journal %s: out of memory", options->dir);
	result = init(journal, options);
	if (result < 0)
		(void)err_set(err, result, "journal %s: out of memory", options->dir);
	if (result == 0)
		result = open_directory(journal, ret_recovery, err);
	if (result == 0)
		result = journal_recover(journal, options->renew_stream, ret_recovery, err);
	if (result == 0 && !journal->read_only) {
		result = journal_sync_start(journal);
		if (result < 0)
			(void)err_set(err, result, "journal %s: no thread: %s", journal->dir,
				      strerror(-result));
	}
	if (result < 0) {
		free_journal(journal, false);
		return result;
	}
	*ret_journal = journal;
	return 0;
}

void journal_close(struct journal *journal)
{
	bool synced;

	if (!journal)
		return;
	assert(!journal->readers);
	synced = journal_sync_stop(journal);
	free_journal(journal, synced);
}

const uint8_t *journal_stream(const struct journal *journal)
{
	return journal->stream;
}

uint64_t journal_next_sequence(const struct journal *journal)
{
	return journal->next_sequence;
}

const struct journal_number *journal_numbers(const struct journal *journal, uint32_t *ret_count)
{
	*ret_count = journal->numbers.count;
	return journal->numbers.items;
}

void journal_list_segment(struct journal *journal, struct segment *segment)
{
	if (journal->newest)
		journal->newest->next = segment;
	else
		journal->oldest = segment;
	journal->newest = segment;
	journal->bytes += segment->size;
	journal->segment_count++;
}

/* True when the sync thread has freed, or may have freed, a segment. */
static bool reclaim(struct journal *journal)
{
	bool possible;

	(void)pthread_mutex_lock(&journal->lock);
	possible = journal->oldest != journal->newest &&
		   journal->oldest->number < journal_held_from(journal);
	(void)pthread_mutex_unlock(&journal->lock);
	if (possible)
		journal_make_room(journal);
	return possible;
}

/* True when the oldest segment has gone, whoever needed it. */
static bool give_up_oldest(struct journal *journal, enum journal_gap_reason reason)
{
	uint64_t oldest;
	bool possible, gone;

	if (journal->when_full != JOURNAL_DROP_OLDEST)
		return false;
	(void)pthread_mutex_lock(&journal->lock);
	possible = journal->oldest != journal->newest;
	oldest = possible ? journal->oldest->number : 0;
	journal->room_wanted = possible ? reason : 0;
	(void)pthread_mutex_unlock(&journal->lock);
	if (!possible)
		return false;
	journal_make_room(journal);
	(void)pthread_mutex_lock(&journal->lock);
	gone = journal->oldest->number > oldest;
	(void)pthread_mutex_unlock(&journal->lock);
	return gone;
}

/* Is there no room for one more segment, and why? Two may always be there. */
static enum journal_gap_reason find_bound(struct journal *journal)
{
	bool full, more;

	(void)pthread_mutex_lock(&journal->lock);
	full = journal->bytes + journal->segment_size > journal->max_size;
	more = journal->segment_count > 1;
	(void)pthread_mutex_unlock(&journal->lock);
	if (full)
		return JOURNAL_GAP_SIZE;
	return more && journal_space_short(journal) > 0 ? JOURNAL_GAP_SPACE : 0;
}

/* To whom a quota is used up the disk is full. */
static int full_or(int result)
{
	return result == -EDQUOT ? -ENOSPC : result;
}

static int try_new_segment(struct journal *journal, struct segment *segment,
			   enum journal_gap_reason *ret_bound, struct err *err)
{
	char name[SEGMENT_NAME_SIZE];
	int result;

	*ret_bound = find_bound(journal);
	if (*ret_bound == JOURNAL_GAP_SIZE)
		return err_set(err, -ENOSPC,
			       "journal %s: is full (%" PRIu64 " bytes): sinks have not taken what "
			       "is there",
			       journal->dir, journal->max_size);
	if (*ret_bound == JOURNAL_GAP_SPACE)
		return err_set(err, -ENOSPC,
			       "journal %s: its file system lacks %" PRIu64
			       " bytes of what journal.keep_free leaves free",
			       journal->dir, journal_space_short(journal));
	/* Somebody may have brought files back: a number is never used twice. */
	do
		result = segment_create(segment, journal->dirfd, journal->segment_size,
					&journal->numbers);
	while (result == -EEXIST && (segment->number = ++journal->next_number));
	if (result == 0)
		return 0;
	*ret_bound = JOURNAL_GAP_SPACE;
	segment_name(name, segment->number);
	return err_set(err, full_or(result), "journal %s: segment %s of %" PRIu64 " bytes: %s",
		       journal->dir, name, journal->segment_size, strerror(-result));
}

static int make_segment(struct journal *journal, struct segment **ret_segment, struct err *err)
{
	struct segment *segment = calloc(1, sizeof(*segment));
	enum journal_gap_reason bound;
	int result;

	if (!segment)
		return err_set(err, -ENOMEM, "journal %s: out of memory", journal->dir);
	segment->number = journal->next_number;
	segment->first_sequence = journal->next_sequence;
	segment->first_index = atomic_load(&journal->next_index);
	memcpy(segment->stream, journal->stream, sizeof(segment->stream));
	memcpy(segment->boot_id, journal->boot_id, sizeof(segment->boot_id));
	result = try_new_segment(journal, segment, &bound, err);
	if (result == -ENOSPC && reclaim(journal))
		result = try_new_segment(journal, segment, &bound, err);
	while (result == -ENOSPC && give_up_oldest(journal, bound))
		result = try_new_segment(journal, segment, &bound, err);
	if (result < 0) {
		free(segment);
		return result;
	}
	journal->next_number++;
	*ret_segment = segment;
	return 0;
}

/*
 * Gives back the room behind the last frame; a reader that has come to the end may go on. With the
 * next one (may be NULL) at once: the sync thread gives up and deletes whatever is not the newest.
 */
static void seal_and_list(struct journal *journal, struct segment *next)
{
	struct segment *segment = journal->active;
	uint64_t end = segment ? atomic_load(&segment->end) : 0;
	bool cut = segment && ftruncate(segment->fd, (off_t)end) == 0;

	(void)pthread_mutex_lock(&journal->lock);
	if (cut) {
		journal->bytes -= segment->size - end;
		segment->size = end;
	}
	if (segment)
		segment->ended_boot_ns = clock_boot_ns();
	if (next) {
		journal_list_segment(journal, next);
		journal->directory_changed = true;
	}
	if (segment)
		atomic_store(&segment->sealed, true);
	(void)pthread_mutex_unlock(&journal->lock);
	journal->active = next;
}

void journal_seal(struct journal *journal)
{
	seal_and_list(journal, NULL);
}

static int start_segment(struct journal *journal, struct err *err)
{
	struct segment *segment = NULL;
	int result = make_segment(journal, &segment, err);

	if (result < 0)
		return result;
	seal_and_list(journal, segment);
	journal->name_unsynced = true;
	return 0;
}

static int check_batch(const struct journal *journal, const struct journal_batch *batch,
		       uint64_t *ret_size, struct err *err)
{
	uint64_t size = sizeof(struct frame_header) +
			(uint64_t)batch->number_count * sizeof(*batch->numbers) + batch->size;
	uint64_t room = journal->segment_size - sizeof(struct segment_header);

	if (batch->count == 0 || batch->first_sequence != journal->next_sequence ||
	    !segment_entries_tile(batch->entries, batch->size, batch->count) ||
	    !numbers_fit(&journal->numbers, batch->number_count))
		return err_set(err, -EINVAL, "journal %s: a batch that is not well formed",
			       journal->dir);
	/* A new segment's header will hold what the vector holds by then. */
	room -= room < (uint64_t)journal->numbers.count * sizeof(*batch->numbers)
			? room
			: (uint64_t)journal->numbers.count * sizeof(*batch->numbers);
	if (size > room || size > FRAME_SIZE_MAX)
		return err_set(err, -EMSGSIZE,
			       "journal %s: a batch of %" PRIu64
			       " bytes does not fit into a segment",
			       journal->dir, size);
	*ret_size = size;
	return 0;
}

static int write_vector(int fd, struct iovec *parts, int count, uint64_t offset)
{
	while (count > 0) {
		ssize_t n = pwritev(fd, parts, count, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		offset += (uint64_t)n;
		for (; count > 0 && (size_t)n >= parts->iov_len; parts++, count--)
			n -= (ssize_t)parts->iov_len;
		if (count > 0) {
			parts->iov_base = (char *)parts->iov_base + n;
			parts->iov_len -= (size_t)n;
		}
	}
	return 0;
}

static int write_frame(struct journal *journal, const struct journal_batch *batch, uint64_t size)
{
	struct segment *segment = journal->active;
	size_t numbers_size = batch->number_count * sizeof(*batch->numbers);
	struct frame_header header = {
		.magic = FRAME_MAGIC,
		.size = (uint32_t)size,
		.type = FRAME_ENTRIES,
		.count = batch->count,
		.number_count = batch->number_count,
		.first_sequence = batch->first_sequence,
		.first_index = atomic_load(&journal->next_index),
		.time_ns = clock_real_ns(),
	};
	struct iovec parts[] = {
		{&header, sizeof(header)},
		{(void *)(uintptr_t)batch->numbers, numbers_size},
		{(void *)(uintptr_t)batch->entries, batch->size},
	};

	header.crc = crc32c(segment->seed, &header, sizeof(header));
	header.crc = crc32c(header.crc, batch->numbers, numbers_size);
	header.crc = crc32c(header.crc, batch->entries, batch->size);
	return write_vector(segment->fd, parts, 3, atomic_load(&segment->end));
}

static int sync_frame(struct journal *journal)
{
	if ((journal->name_unsynced && fsync(journal->dirfd) < 0) ||
	    fdatasync(journal->active->fd) < 0) {
		atomic_store(&journal->sync_error, -errno);
		return -errno;
	}
	journal->name_unsynced = false;
	atomic_store(&journal->sync_error, 0);
	atomic_fetch_add(&journal->syncs, 1);
	return 0;
}

/*
 * What was half written is cut off; the segment is then full, and the next append makes another.
 * But not one more at each try while the disk is full: one without frames is gone on with.
 */
static void cut_back(struct journal *journal, bool disk_full)
{
	struct segment *segment = journal->active;
	uint64_t end = atomic_load(&segment->end);
	bool cut;

	(void)pthread_mutex_lock(&journal->lock);
	cut = ftruncate(segment->fd, (off_t)end) == 0;
	if (!cut || !disk_full || end > segment->header_size ||
	    ftruncate(segment->fd, (off_t)segment->size) < 0) {
		journal->bytes -= segment->size - end;
		segment->size = end;
	}
	(void)pthread_mutex_unlock(&journal->lock);
}

/* What a full disk has no room for goes where the oldest segment was. */
static int write_with_room(struct journal *journal, const struct journal_batch *batch,
			   uint64_t size)
{
	int result = write_frame(journal, batch, size);

	if (full_or(result) == -ENOSPC && reclaim(journal))
		result = write_frame(journal, batch, size);
	if (full_or(result) == -ENOSPC && give_up_oldest(journal, JOURNAL_GAP_SPACE))
		result = write_frame(journal, batch, size);
	return result;
}

static void publish(struct journal *journal, const struct journal_batch *batch, uint64_t size)
{
	static const uint64_t one = 1;

	numbers_set(&journal->numbers, batch->numbers, batch->number_count);
	journal->next_sequence += batch->count;
	atomic_fetch_add(&journal->events, batch->count);
	atomic_fetch_add(&journal->appends, 1);
	(void)pthread_mutex_lock(&journal->lock);
	/* Together, for a reader that is opened just now and starts at the end. */
	atomic_fetch_add(&journal->next_index, batch->count);
	atomic_fetch_add(&journal->active->end, size);
	if (journal->durability == JOURNAL_SYNC_BATCH)
		journal->active->synced = atomic_load(&journal->active->end);
	for (struct journal_reader *reader = journal->readers; reader; reader = reader->next)
		if (atomic_exchange(&reader->asleep, false))
			(void)!write(reader->wake_fd, &one, sizeof(one));
	(void)pthread_mutex_unlock(&journal->lock);
}

static int append(struct journal *journal, const struct journal_batch *batch, struct err *err)
{
	uint64_t size = 0;
	bool disk_full;
	int result = check_batch(journal, batch, &size, err);

	if (result == 0 && atomic_load(&journal->astray))
		result = journal_find_back(journal, err);
	if (result < 0)
		return result;
	if (!journal->active || journal->active->size - atomic_load(&journal->active->end) < size) {
		result = start_segment(journal, err);
		if (result < 0)
			return result;
	}
	result = write_with_room(journal, batch, size);
	disk_full = full_or(result) == -ENOSPC;
	if (result == 0 && journal->durability == JOURNAL_SYNC_BATCH)
		result = sync_frame(journal);
	if (result < 0) {
		cut_back(journal, disk_full);
		return err_set(err, full_or(result), "journal %s: cannot append: %s", journal->dir,
			       strerror(-result));
	}
	publish(journal, batch, size);
	return 0;
}

int journal_append(struct journal *journal, const struct journal_batch *batch, struct err *err)
{
	int result;

	if (journal->read_only)
		return err_set(err, -EROFS, "journal %s: was opened for reading", journal->dir);
	if (!journal->deleting) {
		(void)pthread_mutex_lock(&journal->lock);
		journal->deleting = true;
		(void)pthread_mutex_unlock(&journal->lock);
	}
	result = append(journal, batch, err);
	if (result < 0)
		atomic_fetch_add(&journal->append_failures, 1);
	return result;
}

uint64_t journal_set_aside(const struct journal *journal)
{
	return atomic_load(&journal->set_aside);
}

void journal_status(struct journal *journal, struct journal_status *ret_status)
{
	*ret_status = (struct journal_status){
		.events = atomic_load(&journal->events),
		.max_size = journal->max_size,
		.appends = atomic_load(&journal->appends),
		.append_failures = atomic_load(&journal->append_failures),
		.syncs = atomic_load(&journal->syncs),
		.sync_error = atomic_load(&journal->sync_error),
		.damaged_frames = atomic_load(&journal->damaged_frames),
		.skipped_events = atomic_load(&journal->skipped_events),
		.cursor_resets = atomic_load(&journal->cursor_resets),
		.set_aside = journal_set_aside(journal),
	};
	(void)pthread_mutex_lock(&journal->lock);
	ret_status->bytes = journal->bytes;
	ret_status->segments = journal->segment_count;
	(void)pthread_mutex_unlock(&journal->lock);
}
