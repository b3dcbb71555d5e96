/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the journal's files share. Who may touch what:
 *   writer: only the thread that opened the journal and appends
 *   lock:   under journal->lock
 *   sync:   only the sync thread, once it runs
 */
#ifndef AUDITSHIP_JOURNAL_STATE_H
#define AUDITSHIP_JOURNAL_STATE_H

#include "journal/cursor.h"
#include "journal/segment.h"

#include <pthread.h>

/* Events that a reader was given and has not acknowledged; none when first_index is end_index. */
struct in_hand {
	uint64_t first_index, end_index;
	uint64_t sequence; /* of the first */
	uint8_t stream[16];
	bool mixed; /* they are of more than one stream */
};

/* Lives from the first open of its name until the journal is closed, and holds its segments unless
 * it was let go. */
struct cursor {
	char name[CURSOR_NAME_SIZE];
	struct cursor_file file; /* sync */
	/* lock; of the last acknowledgement, unless its segment was given up: then of what comes
	 * behind it; and the gaps that wait to be told */
	struct cursor_place wanted;
	uint64_t taken[CURSOR_GAPS]; /* lock; events of each gap that are being told */
	struct in_hand hand;         /* lock; of the reader that has it open */
	_Atomic uint64_t floor;      /* changes under the lock; what is before was given up */
	enum journal_gap_reason floor_reason; /* lock */
	_Atomic uint64_t expired, unreadable; /* events of gaps since the journal was opened */
	struct cursor_place pending;          /* sync; wanted as the round began */
	struct cursor_place durable;          /* sync */
	bool placed;         /* lock; wanted is right; until then it holds everything */
	bool open;           /* lock */
	bool idle;           /* sync; nobody had it open as the round began */
	bool let_go;         /* lock; holds nothing until it is opened again */
	struct cursor *next; /* never changes */
};

struct journal {
	char *dir;
	int dirfd;
	int lock_fd;
	uint64_t segment_size, max_size, max_age_ms, keep_free;
	unsigned int keep_free_percent;
	enum journal_when_full when_full;
	bool read_only;
	enum journal_durability durability;
	unsigned int sync_every_ms;
	uint8_t boot_id[16];
	const uint32_t *probes; /* of the options; while it is opened */
	size_t probes_count;

	uint8_t stream[16];
	uint64_t next_sequence;    /* writer */
	uint64_t next_number;      /* writer */
	uint64_t first_new_number; /* of this run; never changes after open */
	struct numbers numbers;    /* writer */
	struct segment *active;    /* writer; NULL: the next append makes one */
	_Atomic uint64_t next_index;

	pthread_mutex_t lock;
	pthread_cond_t wake;             /* the sync thread */
	pthread_cond_t round_over;       /* who waits for it */
	struct segment *oldest, *newest; /* lock */
	uint64_t bytes;                  /* lock */
	uint32_t segment_count;          /* lock */
	struct journal_reader *readers;  /* lock */
	struct cursor *cursors;          /* lock for the head */
	bool name_unsynced;              /* writer; for JOURNAL_SYNC_BATCH */
	bool directory_changed;          /* lock */
	uint64_t lost_before; /* lock; segments in another place, and so the cursors; 0: none */
	atomic_bool astray;   /* directory or newest segment has gone */
	bool deleting;        /* lock; something was appended */
	enum journal_gap_reason room_wanted;          /* lock; 0: none is */
	uint64_t given_up;                            /* lock; segments before this number */
	bool stopping;                                /* lock */
	uint64_t round_wanted, room_made, round_done; /* lock; numbers of rounds */
	uint64_t whole_wanted;                        /* lock; the last one waited for to its end */
	uint64_t whole_ns;    /* sync; CLOCK_MONOTONIC: the last one came to its end */
	bool closed_unsynced; /* sync, once it runs; see sync_closed */
	pthread_t sync_thread;
	bool sync_running;

	_Atomic uint64_t untold; /* gaps */
	_Atomic uint64_t events, appends, append_failures, syncs;
	_Atomic uint64_t damaged_frames, skipped_events, cursor_resets, set_aside;
	atomic_int sync_error; /* 0 again once a round goes well */
	int round_error;       /* sync */
};

/* recover.c: reads the directory, fills in segments, stream, next numbers. */
int journal_recover(struct journal *journal, bool renew, struct journal_recovery *ret_recovery,
		    struct err *err);

/* sync.c */
int journal_sync_start(struct journal *journal);
/* After a last round that syncs everything; true: it went well. */
bool journal_sync_stop(struct journal *journal);
/* Asks for a round and waits for its end: all that was appended before is on disk. */
void journal_sync_round(struct journal *journal);
/* Waits only until what nobody needs any more has gone. */
void journal_make_room(struct journal *journal);

/* cursors.c: the cursor of that name, made where there is none, for one reader: -EBUSY while
 * another has it. It is in the list, and so holds its segments, before its place is looked at. */
int journal_take_cursor(struct journal *journal, const char *name, struct cursor **ret_cursor);
void journal_give_cursor_back(struct journal *journal, struct cursor *cursor);

/* Number of the oldest segment that some cursor still needs; 0: all. Under the lock. */
uint64_t journal_held_from(const struct journal *journal);

/* astray.c. The sync thread looks and renews, the writer finds back when astray is set. */
void journal_look_around(struct journal *journal);
void journal_leave_old_place(struct journal *journal);
int journal_find_back(struct journal *journal, struct err *err);

/* retain.c: under the lock, decides what has to go. */
void journal_retain(struct journal *journal);
/* Bytes that the file system lacks for one more segment beside keep_free. */
uint64_t journal_space_short(const struct journal *journal);

/* journal.c: writer; the next append makes a segment. */
void journal_seal(struct journal *journal);

/* journal.c: under the lock. */
void journal_list_segment(struct journal *journal, struct segment *segment);

#endif
