/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the newest part of the journal before anything is appended, for who has to know again what
 * it knew before a restart. Holds nothing back and moves no cursor.
 */
#include "journal/state.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static bool is_of_this_boot(const struct journal *journal, const struct segment *segment)
{
	return memcmp(segment->boot_id, journal->boot_id, sizeof(segment->boot_id)) == 0;
}

static uint64_t bytes_of(const struct segment *segment)
{
	uint64_t end = atomic_load(&segment->end);

	return end > segment->header_size ? end - segment->header_size : 0;
}

/* The oldest segment to read, and the bytes of it that would be too much. */
static const struct segment *find_start(const struct journal *journal, uint64_t max_bytes,
					uint64_t *ret_skip)
{
	uint64_t bytes = 0;
	const struct segment *first = NULL;

	for (const struct segment *at = journal->oldest; at; at = at->next) {
		if (!is_of_this_boot(journal, at)) {
			first = NULL;
			bytes = 0;
			continue;
		}
		if (!first)
			first = at;
		bytes += bytes_of(at);
		while (first != at && bytes - bytes_of(first) >= max_bytes) {
			bytes -= bytes_of(first);
			first = first->next;
		}
	}
	*ret_skip = bytes > max_bytes ? bytes - max_bytes : 0;
	return first;
}

struct recall {
	const struct journal *journal;
	journal_recall_handler handler;
	void *data;
	struct buf frame;
};

static void hand_out(const struct recall *recall, const struct segment *segment)
{
	const struct frame_header *header = frame_of(&recall->frame);
	struct journal_batch batch = {
		.entries = frame_entries(header),
		.size = frame_entries_size(header),
		.first_sequence = header->first_sequence,
		.count = header->count,
		.numbers = frame_numbers(header),
		.number_count = header->number_count,
	};

	memcpy(batch.stream, segment->stream, sizeof(batch.stream));
	recall->handler(recall->data, &batch);
}

/* Up to where it is damaged: readers count that, this one does not. */
static int read_segment(struct recall *recall, const struct segment *segment, uint64_t skip)
{
	_cleanup_close_ int fd = -1;
	char name[SEGMENT_NAME_SIZE];
	uint64_t offset = segment->header_size, from = offset + skip;
	int result;

	segment_name(name, segment->number);
	fd = openat(recall->journal->dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while ((result = segment_read_frame(segment, fd, offset, atomic_load(&segment->end),
					    &recall->frame)) > 0) {
		const struct frame_header *header = frame_of(&recall->frame);

		if (header->type == FRAME_ENTRIES && offset >= from)
			hand_out(recall, segment);
		offset += header->size;
	}
	return result == -EBADMSG ? 0 : result;
}

int journal_recall(const struct journal *journal, uint64_t max_bytes,
		   journal_recall_handler handler, void *data, struct err *err)
{
	uint64_t skip;
	const struct segment *segment = find_start(journal, max_bytes, &skip);
	struct recall recall = {.journal = journal, .handler = handler, .data = data};
	int result = 0;

	buf_init(&recall.frame, FRAME_SIZE_MAX);
	for (; segment && result == 0; segment = segment->next) {
		result = read_segment(&recall, segment, skip);
		skip = 0;
	}
	buf_done(&recall.frame);
	return result < 0 ? err_set(err, result, "journal %s: what it holds cannot be read: %s",
				    journal->dir, strerror(-result))
			  : 0;
}
