/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One segment file. A struct segment stays where it is until its file is deleted, and for as long
 * as a reader stands in it, so a reader may keep a pointer to the one it stands in; end and sealed
 * are what crosses threads without the lock.
 */
#ifndef AUDITSHIP_JOURNAL_SEGMENT_H
#define AUDITSHIP_JOURNAL_SEGMENT_H

#include "base/buf.h"
#include "journal/frame.h"
#include "journal/numbers.h"

#include <stdatomic.h>

struct segment {
	uint64_t number;
	uint8_t stream[16];
	uint8_t boot_id[16];
	uint64_t first_sequence;
	uint64_t first_index;
	uint64_t header_size;
	uint32_t seed;        /* CRC32C of stream and number: where every frame's sum starts */
	_Atomic uint64_t end; /* readers may read up to here */
	atomic_bool sealed;   /* end is final; set under the lock, with the next one in the list */
	int fd;               /* for writing and syncing, -1 when that is over */
	uint64_t size;        /* of the file */
	uint64_t synced;      /* bytes known to be on disk */
	uint64_t created_real_ns, ended_real_ns, ended_boot_ns; /* 0: not known */
	unsigned int users;   /* readers that stand in it; under the lock */
	bool sync_failed;     /* what is in it since synced has to be written again; sync */
	bool deleted;         /* the last of them frees it; under the lock */
	struct segment *next; /* newer */
};

enum segment_file {
	SEGMENT_FILE_FOREIGN,
	SEGMENT_FILE_WHOLE,      /* NNNNNNNN.seg */
	SEGMENT_FILE_ASIDE,      /* NNNNNNNN.seg.bad, .newer and what else follows ".seg" */
	SEGMENT_FILE_UNFINISHED, /* NNNNNNNN.seg.tmp */
};

#define SEGMENT_NAME_SIZE 32

void segment_name(char out[SEGMENT_NAME_SIZE], uint64_t number);
enum segment_file segment_name_parse(const char *name, uint64_t *ret_number);

/*
 * Makes segment->number's file of size bytes with its header; stream, boot_id, first_sequence and
 * first_index are the caller's. On an error nothing is left behind; -EEXIST: there is a file of
 * that number.
 */
int segment_create(struct segment *segment, int dirfd, uint64_t size,
		   const struct numbers *numbers);

/*
 * Reads and checks the header. -EBADMSG when the file is not this segment, -EPROTONOSUPPORT when a
 * newer major version of the format wrote it. Leaves fd at -1 and end at the file's size. numbers
 * may be NULL.
 */
int segment_load(struct segment *segment, int dirfd, uint64_t number, struct numbers *numbers);

/*
 * Reads the frame at offset into frame: 1. 0 where frames end in zeros or by end; -EBADMSG when
 * what is there is not a whole frame of this segment.
 */
int segment_read_frame(const struct segment *segment, int fd, uint64_t offset, uint64_t end,
		       struct buf *frame);

struct segment_scan {
	uint64_t end; /* of the last whole frame */
	uint64_t events;
	uint64_t last_time_ns; /* of the last frame of events, 0: there is none */
	uint64_t torn_bytes;   /* that are not zero (or lie between such) behind end */
};

/* Reads all frames; each one's numbers go into numbers (may be NULL). */
int segment_scan(const struct segment *segment, int dirfd, struct numbers *numbers,
		 struct segment_scan *ret_scan);

/* Do entries of sizes that are multiples of 8 fill exactly size bytes, count of them? */
bool segment_entries_tile(const char *entries, uint64_t size, uint32_t count);

static inline const struct frame_header *frame_of(const struct buf *frame)
{
	return (const struct frame_header *)(const void *)frame->data;
}

static inline const struct journal_number *frame_numbers(const struct frame_header *header)
{
	return (const struct journal_number *)(header + 1);
}

static inline const char *frame_entries(const struct frame_header *header)
{
	return (const char *)(frame_numbers(header) + header->number_count);
}

static inline uint64_t frame_entries_size(const struct frame_header *header)
{
	return header->size - sizeof(*header) -
	       (uint64_t)header->number_count * sizeof(struct journal_number);
}

#endif
