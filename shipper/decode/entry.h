/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One event as the journal keeps it:
 *
 *   struct entry | record (struct and tail) | pad to 8 | struct enriched and tail | pad to 8
 */
#ifndef AUDITSHIP_ENTRY_H
#define AUDITSHIP_ENTRY_H

#include "decode/enriched.h"
#include "record.h"

#include <stddef.h>
#include <stdint.h>

#define ENTRY_ALIGN 8
/* Largest entry there can be: a full record and the names and paths that enrichment adds. */
#define ENTRY_MAX_SIZE (REC_MAX_SIZE + 64 * 1024)

struct entry {
	uint32_t size;          /* of the whole entry, a multiple of ENTRY_ALIGN */
	uint32_t record_size;   /* of the record, without the pad behind it */
	uint64_t sequence;      /* event.sequence: counts the events of one stream, from 1 */
	uint64_t created_ns;    /* CLOCK_REALTIME at which the shipper took the record up */
	int64_t wall_offset_ns; /* CLOCK_REALTIME - CLOCK_BOOTTIME at that time */
};

/* A text of which somebody has left out a part, after the event was parsed (render/shrink.h). */
struct event_cut {
	const void *member; /* its rec_string */
	const char *bytes;  /* as they were before */
	uint32_t size;
};

/* One event taken apart. Borrows everything; valid as long as the entry's memory. */
struct event {
	const struct entry *entry;
	const struct rec_header *record;
	const struct enriched *enriched;
	const struct kind *kind;
	const uint8_t *stream; /* 16 bytes: the stream the sequence counts in */
	const struct event_cut *cuts;
	unsigned int cut_count;
};

/* Where the enrichment stands in an entry whose record has that size. */
size_t entry_enriched_at(uint32_t record_size);

/*
 * Completes an entry behind which its record stands: pads that, puts the enrichment behind it,
 * which may be there already, pads that too, and sets both sizes. Where ENTRY_MAX_SIZE bytes are,
 * there is room for every record that was checked and what enrichment makes of it.
 */
void entry_finish(struct entry *entry, const struct enriched *enriched);

/*
 * Takes apart the entry at data, of which size bytes may be read, and checks every bound in it by
 * the field tables. 0, or -EBADMSG with *ret_why (a constant) saying what is wrong.
 */
int entry_parse(const void *data, size_t size, const uint8_t stream[16], struct event *ret_event,
		const char **ret_why);

#endif
