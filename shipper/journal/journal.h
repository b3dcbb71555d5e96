/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The append-only log of this host's enriched records: the only bridge between threads. One writer
 * (the collect thread), one reader and one durable cursor per sink, one sync thread of its own.
 * It knows entries only by their first member, the size; see docs/journal-format.md.
 */
#ifndef AUDITSHIP_JOURNAL_H
#define AUDITSHIP_JOURNAL_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct journal;
struct journal_reader;

enum journal_durability { JOURNAL_SYNC_NONE, JOURNAL_SYNC_INTERVAL, JOURNAL_SYNC_BATCH };

struct journal_options {
	const char *dir;
	uint64_t segment_size; /* bytes; 16 MiB unless a test wants less */
	uint64_t max_size;     /* bytes of all segments together; at least two segments */
	enum journal_durability durability;
	unsigned int sync_every_ms;
	uint8_t boot_id[16];
	/* The kernel's numbers begin anew, so the caller cannot prove that nothing is missing
	 * between the last event that is there and the next one: a new stream begins. */
	bool renew_stream;
};

/* The last kernel number journalled of one ring, CPU and class. */
struct journal_number {
	uint16_t cpu;
	uint8_t ring;
	uint8_t class;
	uint32_t pad;
	uint64_t sequence;
};

/* A run of entries that belong together: one frame. */
struct journal_batch {
	const void *entries; /* back to back, each of a size that is a multiple of 8 */
	size_t size;
	uint64_t first_sequence;
	uint32_t count;
	uint8_t stream[16]; /* set by the reader */
	const struct journal_number *numbers;
	uint32_t number_count;
};

/* What opening found and mended. */
struct journal_recovery {
	uint64_t events;      /* whole events that were there */
	uint64_t torn_bytes;  /* cut off the tail */
	uint32_t quarantined; /* damaged segments set aside */
	bool stream_renewed;
	bool unclean; /* the last writer did not close */
};

/*
 * Opens or makes the journal in options->dir, holding a lock on it. -EBUSY when another process has
 * it. A damaged segment is renamed to NAME.bad and counted, never a reason to fail. The stream is
 * renewed when the boot id differs or the tail was torn.
 */
int journal_open(struct journal **ret_journal, const struct journal_options *options,
		 struct journal_recovery *ret_recovery, struct err *err);

/* Syncs, stores all cursors, stops the sync thread. Readers must have been closed. NULL is fine. */
void journal_close(struct journal *journal);

const uint8_t *journal_stream(const struct journal *journal);

/* The sequence the next appended event must have. Writer only. */
uint64_t journal_next_sequence(const struct journal *journal);

/* The last kernel number journalled of each ring, CPU and class since boot. Writer only. */
const struct journal_number *journal_numbers(const struct journal *journal, uint32_t *ret_count);

/*
 * Writer only. Appends one frame and wakes the readers. -ENOSPC when max_size is reached (drop
 * policy: the writer stops and the caller keeps its data) or the disk is full; on any error the
 * journal holds exactly what it held before, and the same batch can be appended again.
 */
int journal_append(struct journal *journal, const struct journal_batch *batch, struct err *err);

/*
 * A reader with the durable cursor of that name; a new name starts at the oldest event. The reader
 * belongs to the thread that uses it. Open all readers before the first append: from then on what
 * every reader opened since journal_open has behind it may be deleted. A closed reader goes on
 * holding what it has not acknowledged until the journal is closed or it is let go. -EBUSY: that
 * name is open.
 */
int journal_reader_open(struct journal_reader **ret_reader, struct journal *journal,
			const char *name, struct err *err);

/*
 * With name NULL the reader has no cursor: it starts behind the newest event, may be opened and
 * closed at any time by any thread, and holds nothing back. What was deleted before it came to read
 * it is counted here; in what journal_reader_next gives, the numbers of the events then jump.
 */
uint64_t journal_reader_missed(const struct journal_reader *reader);

void journal_reader_close(struct journal_reader *reader);

/*
 * The closed reader of that name holds nothing any more. When it is opened again all the same, it
 * goes on where it was, or at the oldest event that is still there. Any thread.
 */
void journal_let_go(struct journal *journal, const char *name);

/* Becomes readable when something was appended; reading journal_reader_next until 0 clears it. */
int journal_reader_fd(const struct journal_reader *reader);

/*
 * The next whole frame: 1 with *ret_batch (valid until the next call), 0 when there is none now, or
 * a negative errno. A damaged frame is skipped up to the next segment and counted.
 */
int journal_reader_next(struct journal_reader *reader, struct journal_batch *ret_batch,
			struct err *err);

/* Goes back to the first event that is not acknowledged. */
void journal_reader_rewind(struct journal_reader *reader);

/* Moves the cursor past that event: it and all before it are delivered. */
void journal_reader_ack(struct journal_reader *reader, const uint8_t stream[16], uint64_t sequence);

/*
 * Writer only, before the first append and any reader: hands out the newest frames of this boot,
 * the oldest of them first, about max_bytes in all. A batch is borrowed during the call. 0 or a
 * negative errno; damage ends a segment and is no error.
 */
typedef void (*journal_recall_handler)(void *data, const struct journal_batch *batch);
int journal_recall(const struct journal *journal, uint64_t max_bytes,
		   journal_recall_handler handler, void *data, struct err *err);

struct journal_status {
	uint64_t events; /* appended since open */
	uint64_t bytes;  /* on disk, all segments */
	uint64_t max_size;
	uint32_t segments;
	uint64_t appends;
	uint64_t append_failures;
	uint64_t syncs;
	int sync_error;          /* last negative errno of syncing or storing a cursor, 0: none */
	uint64_t damaged_frames; /* met by readers, who skipped what follows in that segment */
	uint64_t skipped_events; /* that readers did not get: damaged or missing segments */
	uint64_t cursor_resets;  /* damaged cursors; the reader repeats events */
};
void journal_status(struct journal *journal, struct journal_status *ret_status);

/* Events that the reader found when it was opened, and all appended since; any thread. */
uint64_t journal_reader_offered(const struct journal_reader *reader);

/* Events not yet acknowledged by this reader; any thread. */
uint64_t journal_reader_waiting(const struct journal_reader *reader);

/* The room they take in the journal, a frame counted whole; 0 for a reader without cursor. Any
 * thread, takes the lock. */
uint64_t journal_reader_waiting_bytes(const struct journal_reader *reader);

#endif
