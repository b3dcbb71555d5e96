/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bytes on disk, little-endian, naturally aligned; docs/journal-format.md explains them.
 *
 *   segment:  segment_header | journal_number[] | frame | frame | ... | zeros
 *   frame:    frame_header | journal_number[] | entries
 *   cursor:   cursor_slot, padded with zeros to CURSOR_SLOT_SIZE | the other slot
 */
#ifndef AUDITSHIP_JOURNAL_FRAME_H
#define AUDITSHIP_JOURNAL_FRAME_H

#include "journal/journal.h"

#include <assert.h>

#define SEGMENT_MAGIC "ASJSEG\r\n" /* 8 bytes, no terminator */
/* Major in the low 16 bits, minor in the high ones. A newer minor only adds what a reader may step
 * over; a newer major is not read. */
#define JOURNAL_VERSION 1u
#define JOURNAL_MAJOR(version) ((version)&0xffffu)
#define FRAME_MAGIC 0x464a5341u /* "ASJF" */
#define FRAME_ENTRIES 1
#define CURSOR_MAGIC 0x434a5341u /* "ASJC" */
#define CURSOR_SLOT_SIZE 4096
#define CURSOR_GAPS 16 /* that wait to be told in the stream; one more is in hand */

#define SEGMENT_SIZE_MAX ((uint64_t)1024 * 1024 * 1024)
#define SEGMENT_FILE_MAX (2 * SEGMENT_SIZE_MAX) /* no writer makes such a file */
#define FRAME_SIZE_MAX ((uint64_t)64 * 1024 * 1024)
#define NUMBERS_MAX 16384 /* (ring, CPU, class) that a header may name */
#define NUMBERS_PER_BATCH_MAX 8192
#define HEADER_SIZE_MAX ((uint64_t)1024 * 1024)
#define FIRST_MAX ((uint64_t)1 << 62) /* sequence or index that a segment begins with */

struct segment_header {
	char magic[8];
	uint32_t version;
	uint32_t header_size; /* numbers included: where the first frame lies */
	uint64_t number;      /* as in the file's name */
	uint8_t stream[16];
	uint8_t boot_id[16];
	uint64_t first_sequence;
	uint64_t first_index; /* events journalled before this segment, over all streams */
	uint64_t created_ns;  /* CLOCK_REALTIME */
	uint32_t number_count;
	uint32_t crc; /* CRC32C of header_size bytes, this member being 0 */
};
static_assert(sizeof(struct segment_header) == 88, "on disk");

struct frame_header {
	uint32_t magic;
	uint32_t crc;  /* CRC32C of stream, segment number, then size bytes, this member being 0 */
	uint32_t size; /* of the whole frame, a multiple of 8 */
	uint16_t type; /* FRAME_ENTRIES; readers step over what they do not know */
	uint16_t reserved;
	uint32_t count; /* of events */
	uint32_t number_count;
	uint64_t first_sequence;
	uint64_t first_index;
	uint64_t time_ns; /* CLOCK_REALTIME of the append */
};
static_assert(sizeof(struct frame_header) == 48, "on disk");
static_assert(sizeof(struct journal_number) == 16, "on disk");

/* Events that the reader never got and of which the stream does not tell yet. */
struct cursor_gap {
	uint8_t stream[16]; /* of the first; zero: not known */
	uint64_t first_sequence;
	uint64_t last_sequence; /* 0: not known, the gap reaches into another stream */
	uint64_t count;
	uint32_t reason; /* enum journal_gap_reason */
	uint32_t reserved;
};
static_assert(sizeof(struct cursor_gap) == 48, "on disk");

/* The slot to write next is generation % 2; the valid slot with the higher generation rules. */
struct cursor_slot {
	uint32_t magic;
	uint32_t crc; /* CRC32C of all CURSOR_SLOT_SIZE bytes, this member being 0 */
	uint32_t version;
	uint32_t entry; /* events of the frame at offset that are acknowledged */
	uint64_t generation;
	uint64_t segment; /* first segment that holds something unacknowledged; 0: the oldest */
	uint64_t offset;  /* of a frame in it; 0: its first frame */
	uint64_t index;   /* of the first unacknowledged event, over all streams */
	uint64_t sequence;
	uint8_t stream[16]; /* of the segment; zero when offset is 0 */
	uint32_t gap_count; /* at most CURSOR_GAPS + 1 */
	uint32_t reserved;
	struct cursor_gap gaps[CURSOR_GAPS + 1];
};
static_assert(sizeof(struct cursor_slot) == 80 + 48 * (CURSOR_GAPS + 1), "on disk");
static_assert(sizeof(struct cursor_slot) <= CURSOR_SLOT_SIZE, "on disk");

#endif
