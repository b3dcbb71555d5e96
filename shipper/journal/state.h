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

/* Lives from the first open of its name until the journal is closed, and holds its segments unless
 * it was let go. */
struct cursor {
	char name[CURSOR_NAME_SIZE];
	struct cursor_file file; /* sync */
	struct position wanted;  /* lock; of the last acknowledgement */
	struct position pending; /* sync; wanted as the round began */
	struct position durable; /* sync */
	bool placed;             /* lock; wanted is right; until then it holds everything */
	bool open;               /* lock */
	bool idle;               /* sync; nobody had it open as the round began */
	bool let_go;             /* lock; holds nothing until it is opened again */
	struct cursor *next;     /* never changes */
};

/* A frame that was handed out and is not wholly acknowledged. */
struct handed_out {
	uint64_t segment;
	uint64_t offset;
	uint64_t first_sequence;
	uint64_t first_index;
	uint32_t count;
	uint8_t stream[16];
};

struct journal_reader {
	struct journal *journal;
	struct cursor *cursor; /* NULL: holds nothing back, and may miss what is deleted */
	int wake_fd;
	atomic_bool asleep; /* found nothing: the next append wakes it */

	/* Where it reads. */
	struct segment *segment; /* NULL: the first one numbered at least wanted_segment */
	uint64_t wanted_segment;
	int fd;
	uint64_t offset;
	uint32_t entry; /* to leave out of the frame at offset */
	uint64_t index; /* of the next event it expects */
	bool damaged;   /* something was skipped since the last good frame */
	struct buf frame;

	/* What it was given and has not acknowledged: a ring. */
	struct handed_out *items;
	uint32_t item_first, item_count, item_capacity;
	struct position acked;
	uint64_t opened_index; /* acked_index as it was when the reader was opened */
	_Atomic uint64_t acked_index;
	_Atomic uint64_t missed; /* without a cursor: events deleted or damaged before it came */

	struct journal_reader *next; /* lock */
};

struct journal {
	char *dir;
	int dirfd;
	int lock_fd;
	uint64_t segment_size, max_size;
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
	pthread_cond_t wake;               /* the sync thread */
	pthread_cond_t round_over;         /* who waits for it */
	struct segment *oldest, *newest;   /* lock */
	uint64_t bytes;                    /* lock */
	uint32_t segment_count;            /* lock */
	struct journal_reader *readers;    /* lock */
	struct cursor *cursors;            /* lock for the head */
	bool name_unsynced;                /* writer; for JOURNAL_SYNC_BATCH */
	bool directory_changed;            /* lock */
	bool deleting;                     /* lock; something was appended */
	bool stopping;                     /* lock */
	uint64_t round_wanted, round_done; /* lock */
	pthread_t sync_thread;
	bool sync_running;

	_Atomic uint64_t events, appends, append_failures, syncs;
	_Atomic uint64_t damaged_frames, skipped_events, cursor_resets;
	atomic_int sync_error;
};

/* recover.c: reads the directory, fills in segments, stream, next numbers. */
int journal_recover(struct journal *journal, bool renew, struct journal_recovery *ret_recovery,
		    struct err *err);

/* sync.c */
int journal_sync_start(struct journal *journal);
void journal_sync_stop(struct journal *journal);  /* after a last round that syncs everything */
void journal_sync_round(struct journal *journal); /* asks for a round and waits for its end */

/* Number of the oldest segment that some cursor still needs; 0: all. Under the lock. */
uint64_t journal_held_from(const struct journal *journal);

/* journal.c: under the lock. */
void journal_list_segment(struct journal *journal, struct segment *segment);

#endif
