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

#define JOURNAL_NAME_SIZE 65 /* of a cursor, its NUL included */

enum journal_durability { JOURNAL_SYNC_NONE, JOURNAL_SYNC_INTERVAL, JOURNAL_SYNC_BATCH };

/* What happens when a bound is reached and sinks have not taken what is there. */
enum journal_when_full {
	JOURNAL_DROP_OLDEST, /* the oldest segment goes, and a gap names what it held for each sink
			      */
	JOURNAL_STOP,        /* journal_append fails until there is room */
};

/* Why a reader never gets some events. As on disk. */
enum journal_gap_reason {
	JOURNAL_GAP_SIZE = 1, /* max_size was reached */
	JOURNAL_GAP_AGE = 2,
	JOURNAL_GAP_SPACE = 3,   /* the file system is full, or would have less than keep_free */
	JOURNAL_GAP_DAMAGED = 4, /* what is there cannot be read */
	JOURNAL_GAP_MISSING = 5, /* segments are not there that the journal has not deleted */
	JOURNAL_GAP_REASONS
};

/* Events that a reader never got: which, how many and why. */
struct journal_gap {
	char sink[JOURNAL_NAME_SIZE];
	uint8_t stream[16];      /* of the first; zero: not known */
	uint64_t first_sequence; /* 0: not known */
	uint64_t last_sequence;  /* 0: not known, the gap reaches into another stream */
	uint64_t count;
	enum journal_gap_reason reason;
};

struct journal_options {
	const char *dir;
	uint64_t segment_size; /* bytes; 16 MiB unless a test wants less */
	uint64_t max_size;     /* bytes of all segments together; at least two segments */
	uint64_t max_age_ms;   /* an event is kept so long for a sink; 0: without end */
	/* Bytes to leave free on the file system, and, unless it is 0, at most so many per cent of
	 * it. It takes away what waits for sinks, never the room for two segments. */
	uint64_t keep_free;
	unsigned int keep_free_percent;
	enum journal_when_full when_full;
	enum journal_durability durability;
	unsigned int sync_every_ms;
	uint8_t boot_id[16];
	/* The kernel's numbers begin anew, so the caller cannot prove that nothing is missing
	 * between the last event that is there and the next one: a new stream begins. */
	bool renew_stream;
	/* Else: those sets of probes go on counting; a new stream begins unless the last numbers in
	 * the journal are of one of them. None: not asked. Borrowed during journal_open. */
	const uint32_t *probes;
	size_t probes_count;
	/* Only to read what is there now, also while an agent writes on: takes no lock and changes
	 * nothing. journal_append fails, and so does a reader with a name. */
	bool read_only;
};

/* The last kernel number journalled of one ring, CPU and class. */
struct journal_number {
	uint16_t cpu;
	uint8_t ring;
	uint8_t class;
	uint32_t probes; /* the set of probes that counted it, so that it is no other's number */
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
	uint64_t torn_bytes;  /* behind the last whole frame of the tail; they stay there */
	uint32_t quarantined; /* damaged segments set aside */
	uint32_t newer;       /* segments of a newer version of the format, set aside too */
	char aside[8][48];    /* names of the first of both, as they are now; "": no more */
	bool stream_renewed;
	bool unclean; /* the last writer did not close */

	/* The last whole event that was there. */
	uint64_t last_sequence; /* 0: there was none */
	uint64_t last_time_ns;  /* of its append, ns since 1970 */
	uint8_t last_stream[16];
	uint8_t last_boot_id[16];
};

/*
 * Opens or makes the journal in options->dir, holding a lock on it. -EBUSY when another process has
 * it. A damaged segment is renamed to NAME.bad, one of a newer major version of the format to
 * NAME.newer, and both are counted, never a reason to fail. The stream is renewed when the boot id
 * differs or the tail was torn.
 */
int journal_open(struct journal **ret_journal, const struct journal_options *options,
		 struct journal_recovery *ret_recovery, struct err *err);

/* Syncs, stores all cursors, stops the sync thread. Readers must have been closed. NULL is fine. */
void journal_close(struct journal *journal);

/* Of what is appended; for tests. */
const uint8_t *journal_stream(const struct journal *journal);

/* The sequence the next appended event must have. Writer only. */
uint64_t journal_next_sequence(const struct journal *journal);

/* The last kernel number journalled of each ring, CPU and class since boot. Writer only. */
const struct journal_number *journal_numbers(const struct journal *journal, uint32_t *ret_count);

/*
 * Writer only. Appends one frame and wakes the readers. -ENOSPC when max_size is reached and
 * nothing may be dropped, or the disk is full or a quota used up; on any error the
 * journal holds exactly what it held before, and the same batch can be appended again.
 */
int journal_append(struct journal *journal, const struct journal_batch *batch, struct err *err);

/*
 * Segments of an older journal that was there when this one had to go on in another place, because
 * its directory was replaced or mounted over: kept as *.older, never read. Any thread.
 */
uint64_t journal_set_aside(const struct journal *journal);

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

/* Where a reader without a cursor begins. */
struct journal_start {
	enum { JOURNAL_FROM_OLDEST, JOURNAL_FROM_TIME, JOURNAL_FROM_EVENT, JOURNAL_FROM_CURSOR } at;
	uint64_t real_ns;   /* the first frame that was appended then or later */
	uint8_t stream[16]; /* of the first event; zero: of the last stream that has it */
	uint64_t sequence;
	const char *cursor; /* name of one whose place is to be taken; it stays where it is */
};

/*
 * Before the first journal_reader_next of a reader without a cursor. -ENOENT: there is no such
 * event, or no such cursor; -EBADMSG: the cursor is damaged.
 */
int journal_reader_start(struct journal_reader *reader, const struct journal_start *start,
			 struct err *err);

/*
 * Events that a reader with a cursor never gets since it was opened: those that were given up for a
 * bound, and those that cannot be read. Any thread.
 */
uint64_t journal_reader_expired(const struct journal_reader *reader);
uint64_t journal_reader_unreadable(const struct journal_reader *reader);

/*
 * Writer only. The next gap of which the stream does not tell yet, whichever cursor it is of: true.
 * Once the journal has the event that tells of those taken, journal_gaps_told. What was not told
 * when the journal is closed, or the agent killed, comes again; what was told just before a crash
 * may come again.
 */
bool journal_take_gap(struct journal *journal, struct journal_gap *ret_gap);
void journal_gaps_told(struct journal *journal);

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
	uint64_t set_aside;      /* as journal_set_aside */
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
