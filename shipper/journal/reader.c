/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the readers as such: opened and closed, the loop that gives one its next frame, and what
 * anybody may ask of it. Where it begins, where it reads and what it has in hand stand in files of
 * their own (reader.h).
 */
#include "journal/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

int journal_reader_open(struct journal_reader **ret_reader, struct journal *journal,
			const char *name, struct err *err)
{
	struct journal_reader *reader;
	int result;

	if (name && journal->read_only)
		return err_set(err, -EROFS, "journal %s: was opened for reading", journal->dir);
	if (name && !cursor_name_valid(name))
		return err_set(err, -EINVAL, "journal %s: not a name for a cursor", journal->dir);
	reader = calloc(1, sizeof(*reader));
	if (!reader)
		return err_set(err, -ENOMEM, "journal %s: out of memory", journal->dir);
	reader->journal = journal;
	reader->fd = -1;
	buf_init(&reader->frame, FRAME_SIZE_MAX);
	reader->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	result = reader->wake_fd < 0 ? -errno : 0;
	if (result == 0 && name)
		result = journal_take_cursor(journal, name, &reader->cursor);
	if (result < 0) {
		if (reader->wake_fd >= 0)
			(void)close(reader->wake_fd);
		free(reader);
		return err_set(err, result, "journal %s: cursor-%s: %s", journal->dir,
			       name ? name : "", strerror(-result));
	}
	if (name)
		reader_start_at_cursor(reader);
	else
		reader_start_at_end(reader);
	reader->opened_index = reader->acked.index;
	(void)pthread_mutex_lock(&journal->lock);
	reader->next = journal->readers;
	journal->readers = reader;
	(void)pthread_mutex_unlock(&journal->lock);
	*ret_reader = reader;
	return 0;
}

void journal_reader_close(struct journal_reader *reader)
{
	struct journal *journal;
	struct journal_reader **link;

	if (!reader)
		return;
	journal = reader->journal;
	(void)pthread_mutex_lock(&journal->lock);
	for (link = &journal->readers; *link != reader;)
		link = &(*link)->next;
	*link = reader->next;
	(void)pthread_mutex_unlock(&journal->lock);
	reader_stand_nowhere(reader);
	if (reader->cursor) {
		reader_lose_hand(reader);
		journal_give_cursor_back(journal, reader->cursor);
		journal_sync_round(journal);
	}
	(void)close(reader->wake_fd);
	buf_done(&reader->frame);
	free(reader->items);
	free(reader);
}

int journal_reader_fd(const struct journal_reader *reader)
{
	return reader->wake_fd;
}

int journal_reader_next(struct journal_reader *reader, struct journal_batch *ret_batch,
			struct err *err)
{
	while (reader_find(reader)) {
		int result = reader_read(reader);

		if (result > 0)
			result = reader_hand_out(reader, ret_batch);
		if (result > 0)
			return reader_pass_frame(reader), 1;
		if (result == -EAGAIN)
			return 0;
		if (result < 0)
			return err_set(err, result, "journal %s: reader %s: segment %08llu: %s",
				       reader->journal->dir,
				       reader->cursor ? reader->cursor->name : "without a cursor",
				       (unsigned long long)reader->segment->number,
				       strerror(-result));
	}
	return 0;
}

uint64_t journal_reader_offered(const struct journal_reader *reader)
{
	return atomic_load(&reader->journal->next_index) - reader->opened_index;
}

/* What was given up and is not in hand is told already: it waits no more. */
static uint64_t count_given_up(const struct journal_reader *reader, uint64_t acked)
{
	const struct cursor *cursor = reader->cursor;
	uint64_t floor = cursor ? atomic_load(&cursor->floor) : 0;

	if (cursor && cursor->hand.end_index > acked)
		acked = cursor->hand.end_index;
	return floor > acked ? floor - acked : 0;
}

uint64_t journal_reader_waiting(const struct journal_reader *reader)
{
	struct journal *journal = reader->journal;
	uint64_t acked, all, waiting;

	(void)pthread_mutex_lock(&journal->lock);
	acked = atomic_load(&reader->acked_index);
	all = atomic_load(&journal->next_index);
	waiting = all > acked ? all - acked - count_given_up(reader, acked) : 0;
	(void)pthread_mutex_unlock(&journal->lock);
	return waiting;
}

/* Of a segment, behind position. */
static uint64_t bytes_behind(const struct segment *segment, const struct position *position)
{
	uint64_t end = atomic_load(&segment->end), from = segment->header_size;

	if (segment->number < position->segment)
		return 0;
	if (segment->number == position->segment && position->offset > from)
		from = position->offset;
	return end > from ? end - from : 0;
}

uint64_t journal_reader_waiting_bytes(const struct journal_reader *reader)
{
	struct journal *journal = reader->journal;
	uint64_t bytes = 0;

	if (!reader->cursor || journal_reader_waiting(reader) == 0)
		return 0;
	(void)pthread_mutex_lock(&journal->lock);
	for (const struct segment *segment = journal->oldest; segment; segment = segment->next)
		bytes += bytes_behind(segment, &reader->cursor->wanted.position);
	(void)pthread_mutex_unlock(&journal->lock);
	return bytes;
}

uint64_t journal_reader_expired(const struct journal_reader *reader)
{
	return reader->cursor ? atomic_load(&reader->cursor->expired) - reader->expired_before : 0;
}

uint64_t journal_reader_unreadable(const struct journal_reader *reader)
{
	return reader->cursor ? atomic_load(&reader->cursor->unreadable) - reader->unreadable_before
			      : 0;
}

uint64_t journal_reader_missed(const struct journal_reader *reader)
{
	return atomic_load(&reader->missed);
}
