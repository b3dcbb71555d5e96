/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the sync thread: in rounds, at every interval or when asked, it syncs segments, then stores
 * the cursors as they were before that (so that no cursor is ever ahead of what is on disk), then
 * deletes what every durable cursor has behind it, which needs no syncing. What that needs is done
 * first, for who waits for room. Nobody else writes cursors or deletes segments.
 */
#include "journal/gaps.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/confine.h"
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* So many intervals after the last whole round the next one is not interrupted. */
#define OVERDUE_ROUNDS 10

static void note_error(struct journal *journal, int error)
{
	journal->round_error = error;
	atomic_store(&journal->sync_error, error);
}

struct round {
	uint64_t number;
	bool sync;
	struct cursor *cursors;
	uint64_t held_from; /* segments below this one go in this round */
	uint64_t reach;     /* segments up to here are synced before that; 0: none has to be */
};

/* Those that no cursor needs any more, and what has to be on disk before they go. */
static void plan_round(const struct journal *journal, struct round *round)
{
	round->held_from = journal->deleting ? journal_held_from(journal) : 0;
	if (journal->newest && round->held_from > journal->newest->number)
		round->held_from = journal->newest->number;
	for (struct cursor *cursor = round->cursors; cursor; cursor = cursor->next)
		if (!cursor->let_go && cursor->pending.position.segment < round->held_from)
			round->held_from = cursor->pending.position.segment;
	for (struct cursor *cursor = round->cursors; cursor; cursor = cursor->next)
		if (cursor->durable.position.segment < round->held_from &&
		    cursor->pending.position.segment > round->reach)
			round->reach = cursor->pending.position.segment;
}

/* What has to go, and where the cursors are. */
static void begin_round(struct journal *journal, struct round *round)
{
	journal->round_error = 0;
	(void)pthread_mutex_lock(&journal->lock);
	journal_retain(journal);
	round->cursors = journal->cursors;
	for (struct cursor *cursor = round->cursors; cursor; cursor = cursor->next) {
		gaps_place(cursor, &cursor->pending);
		if (!cursor->placed)
			cursor->pending.position = cursor->durable.position;
		cursor->idle = !cursor->open;
	}
	plan_round(journal, round);
	(void)pthread_mutex_unlock(&journal->lock);
}

/* The names of segments. Where directories cannot be synced, EINVAL, nothing waits for that. */
static bool sync_directory(struct journal *journal)
{
	bool changed;
	int result;

	(void)pthread_mutex_lock(&journal->lock);
	changed = journal->directory_changed;
	journal->directory_changed = false;
	(void)pthread_mutex_unlock(&journal->lock);
	if (!changed || fsync(journal->dirfd) == 0 || errno == EINVAL)
		return true;
	result = -errno;
	note_error(journal, result);
	(void)pthread_mutex_lock(&journal->lock);
	journal->directory_changed = true;
	(void)pthread_mutex_unlock(&journal->lock);
	return false;
}

struct sync_task {
	struct segment *segment;
	uint64_t end;
	bool sealed;
	bool dirty;
};

/* The first segment from .. to that needs syncing or whose descriptor is done with. */
static bool next_task(struct journal *journal, uint64_t from, uint64_t to,
		      struct sync_task *ret_task)
{
	struct sync_task task = {0};
	struct segment *segment;

	(void)pthread_mutex_lock(&journal->lock);
	for (segment = journal->oldest; segment && segment->number <= to; segment = segment->next) {
		if (segment->number < from || segment->fd < 0)
			continue;
		task.segment = segment;
		task.sealed = atomic_load(&segment->sealed);
		task.end = atomic_load(&segment->end);
		task.dirty = segment->synced != task.end;
		if (task.sealed || task.dirty)
			break;
	}
	(void)pthread_mutex_unlock(&journal->lock);
	*ret_task = task;
	return segment && segment->number <= to;
}

static void finish_task(struct journal *journal, const struct sync_task *task, bool synced)
{
	int fd = task->segment->fd;

	(void)pthread_mutex_lock(&journal->lock);
	if (synced)
		task->segment->synced = task->end;
	if (task->sealed)
		task->segment->fd = -1;
	(void)pthread_mutex_unlock(&journal->lock);
	if (task->sealed)
		(void)close(fd);
}

/*
 * The kernel tells once that it could not write, and takes the pages for clean from then on. They
 * are still in memory: written once more they are dirty again, and the next sync means something.
 */
static int write_again(const struct segment *segment, uint64_t end)
{
	char chunk[16384];
	uint64_t at = segment->synced;

	while (at < end) {
		size_t size = end - at < sizeof(chunk) ? end - at : sizeof(chunk);
		ssize_t n = io_pread_full(segment->fd, chunk, size, (off_t)at);
		int result = n < 0 ? (int)n : n == 0 ? -EIO : 0;

		if (result == 0)
			result = io_pwrite_all(segment->fd, chunk, (size_t)n, (off_t)at);
		if (result < 0)
			return result;
		at += (uint64_t)n;
	}
	return 0;
}

static int sync_one(struct journal *journal, const struct sync_task *task)
{
	struct segment *segment = task->segment;
	int result = segment->sync_failed ? write_again(segment, task->end) : 0;

	if (result == 0 && fdatasync(segment->fd) < 0)
		result = -errno;
	atomic_fetch_add(&journal->syncs, 1);
	segment->sync_failed = result < 0;
	if (result < 0)
		note_error(journal, result);
	return result;
}

static struct segment *next_closed(struct journal *journal, const struct segment *after)
{
	struct segment *segment;

	(void)pthread_mutex_lock(&journal->lock);
	segment = after ? after->next : journal->oldest;
	while (segment && (segment->fd >= 0 || segment->synced == atomic_load(&segment->end)))
		segment = segment->next;
	(void)pthread_mutex_unlock(&journal->lock);
	return segment;
}

/*
 * Those whose descriptor was done with before they were synced: with JOURNAL_SYNC_NONE, at the end,
 * and what a run left that was killed. What has gone needs nothing.
 */
static bool sync_closed(struct journal *journal)
{
	char name[SEGMENT_NAME_SIZE];

	for (struct segment *segment = NULL; (segment = next_closed(journal, segment));) {
		_cleanup_close_ int fd = -1;

		segment_name(name, segment->number);
		fd = openat(journal->dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0 || fdatasync(fd) < 0) {
			note_error(journal, -errno);
			return false;
		}
		(void)pthread_mutex_lock(&journal->lock);
		segment->synced = atomic_load(&segment->end);
		(void)pthread_mutex_unlock(&journal->lock);
	}
	journal->closed_unsynced = false;
	return true;
}

/* 1, or 0 after the last one from held_from .. to, or a negative errno: it is not on disk. */
static int sync_next(struct journal *journal, const struct round *round, uint64_t to)
{
	struct sync_task task;

	if (!next_task(journal, round->held_from, to, &task))
		return 0;
	if (round->sync && task.dirty && sync_one(journal, &task) < 0)
		return journal->round_error;
	finish_task(journal, &task, round->sync);
	/* Only what was there when the round began: a busy writer would keep us here. */
	return task.sealed;
}

static void store_cursor(struct journal *journal, struct cursor *cursor, bool sync)
{
	int result;

	if (cursor_place_equal(&cursor->pending, &cursor->durable))
		return;
	/* Even when nothing is synced: a segment goes only behind a cursor that is on disk. */
	if (cursor->pending.position.segment != cursor->durable.position.segment)
		sync = true;
	result = cursor_reopen(&cursor->file, journal->dirfd, cursor->name);
	if (result == 0)
		result = cursor_store(&cursor->file, &cursor->pending, sync);
	if (result < 0)
		note_error(journal, result);
	else
		cursor->durable = cursor->pending;
}

uint64_t journal_held_from(const struct journal *journal)
{
	uint64_t held = journal->cursors ? UINT64_MAX : journal->given_up;

	for (const struct cursor *cursor = journal->cursors; cursor; cursor = cursor->next) {
		uint64_t needs = cursor->placed ? cursor->wanted.position.segment : 0;

		if (!cursor->let_go && needs < held)
			held = needs;
	}
	return held;
}

static struct segment *take_deletable(struct journal *journal)
{
	struct segment *segment = NULL;
	uint64_t held;

	(void)pthread_mutex_lock(&journal->lock);
	held = journal_held_from(journal);
	for (struct cursor *cursor = journal->cursors; cursor; cursor = cursor->next)
		if (!cursor->let_go && cursor->durable.position.segment < held)
			held = cursor->durable.position.segment;
	if (journal->deleting && journal->oldest != journal->newest &&
	    journal->oldest->number < held && atomic_load(&journal->oldest->sealed)) {
		segment = journal->oldest;
		journal->oldest = segment->next;
		journal->bytes -= segment->size;
		journal->segment_count--;
	}
	(void)pthread_mutex_unlock(&journal->lock);
	return segment;
}

/* A reader may still stand in it: then the last of them frees it. */
static void drop_segment(struct journal *journal, struct segment *segment)
{
	bool used;

	(void)pthread_mutex_lock(&journal->lock);
	used = segment->users > 0;
	segment->deleted = true;
	(void)pthread_mutex_unlock(&journal->lock);
	if (!used)
		free(segment);
}

/* Names come and go with reloads; a descriptor is there for those in use only. */
static void rest_cursor(struct cursor *cursor)
{
	if (cursor->idle && cursor_place_equal(&cursor->pending, &cursor->durable))
		cursor_close(&cursor->file);
}

static void delete_segments(struct journal *journal)
{
	struct segment *segment;
	char name[SEGMENT_NAME_SIZE];

	while ((segment = take_deletable(journal))) {
		segment_name(name, segment->number);
		if (unlinkat(journal->dirfd, name, 0) < 0 && errno != ENOENT)
			note_error(journal, -errno);
		if (segment->fd >= 0)
			(void)close(segment->fd);
		drop_segment(journal, segment);
	}
}

/* Those that stand in segments up to that one. */
static void store_cursors(struct journal *journal, const struct round *round, uint64_t to)
{
	for (struct cursor *cursor = round->cursors; cursor; cursor = cursor->next) {
		if (cursor->pending.position.segment > to)
			continue;
		store_cursor(journal, cursor, round->sync);
		rest_cursor(cursor);
	}
}

/* False: nothing may go, since what the cursors count on is not on disk. */
static bool make_room(struct journal *journal, const struct round *round)
{
	int result;

	if (round->sync && !sync_directory(journal))
		return false;
	if (round->sync && journal->closed_unsynced && !sync_closed(journal))
		return false;
	do
		result = sync_next(journal, round, round->reach);
	while (result > 0);
	if (result < 0)
		return false;
	store_cursors(journal, round, round->reach);
	delete_segments(journal);
	return true;
}

static void tell_done(struct journal *journal, uint64_t *done, uint64_t number)
{
	(void)pthread_mutex_lock(&journal->lock);
	*done = number;
	(void)pthread_cond_broadcast(&journal->round_over);
	(void)pthread_mutex_unlock(&journal->lock);
}

/* Room is wanted before the rest is on disk, which nobody waits for and which is not long overdue.
 */
static bool is_interrupted(struct journal *journal, const struct round *round)
{
	uint64_t most_ns = OVERDUE_ROUNDS * journal->sync_every_ms * NS_PER_MS;
	bool wanted;

	if (clock_mono_ns() - journal->whole_ns > most_ns)
		return false;
	(void)pthread_mutex_lock(&journal->lock);
	wanted = journal->round_wanted > round->number && !journal->stopping &&
		 journal->whole_wanted <= journal->round_done;
	(void)pthread_mutex_unlock(&journal->lock);
	return wanted;
}

/* False: the next round makes room before it goes on with the rest. */
static bool sync_rest(struct journal *journal, const struct round *round)
{
	int result;

	while ((result = sync_next(journal, round, UINT64_MAX)) > 0)
		if (is_interrupted(journal, round))
			return false;
	if (result == 0)
		store_cursors(journal, round, UINT64_MAX);
	journal->whole_ns = clock_mono_ns();
	return true;
}

static void do_round(struct journal *journal, uint64_t number, bool sync)
{
	struct round round = {.number = number, .sync = sync};
	bool possible;

	journal_look_around(journal);
	journal_leave_old_place(journal);
	begin_round(journal, &round);
	possible = make_room(journal, &round);
	tell_done(journal, &journal->room_made, number);
	if (possible && !sync_rest(journal, &round))
		return;
	if (journal->round_error == 0)
		atomic_store(&journal->sync_error, 0);
	tell_done(journal, &journal->round_done, number);
}

static void wait_for_work(struct journal *journal)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += journal->sync_every_ms / 1000;
	until.tv_nsec += (long)(journal->sync_every_ms % 1000 * NS_PER_MS);
	if (until.tv_nsec >= (long)NS_PER_S) {
		until.tv_nsec -= (long)NS_PER_S;
		until.tv_sec++;
	}
	while (!journal->stopping && journal->round_wanted == journal->round_done)
		if (pthread_cond_timedwait(&journal->wake, &journal->lock, &until) == ETIMEDOUT)
			break;
}

static void *sync_main(void *data)
{
	struct journal *journal = data;
	bool stopping = false;

	confine_thread();
	while (!stopping) {
		uint64_t round;

		(void)pthread_mutex_lock(&journal->lock);
		wait_for_work(journal);
		round = journal->round_wanted;
		stopping = journal->stopping;
		(void)pthread_mutex_unlock(&journal->lock);
		do_round(journal, round, stopping || journal->durability != JOURNAL_SYNC_NONE);
	}
	return NULL;
}

static void wait_for_round(struct journal *journal, const uint64_t *done)
{
	uint64_t round;

	if (!journal->sync_running)
		return;
	(void)pthread_mutex_lock(&journal->lock);
	round = ++journal->round_wanted;
	if (done == &journal->round_done)
		journal->whole_wanted = round;
	(void)pthread_cond_signal(&journal->wake);
	while (*done < round)
		(void)pthread_cond_wait(&journal->round_over, &journal->lock);
	(void)pthread_mutex_unlock(&journal->lock);
}

void journal_make_room(struct journal *journal)
{
	wait_for_round(journal, &journal->room_made);
}

void journal_sync_round(struct journal *journal)
{
	wait_for_round(journal, &journal->round_done);
}

int journal_sync_start(struct journal *journal)
{
	sigset_t all, before;
	int result;

	/* Signals are for the threads that wait for them. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	result = pthread_create(&journal->sync_thread, NULL, sync_main, journal);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	journal->sync_running = result == 0;
	return -result;
}

bool journal_sync_stop(struct journal *journal)
{
	if (!journal->sync_running)
		return false;
	(void)pthread_mutex_lock(&journal->lock);
	journal->stopping = true;
	(void)pthread_cond_signal(&journal->wake);
	(void)pthread_mutex_unlock(&journal->lock);
	(void)pthread_join(journal->sync_thread, NULL);
	journal->sync_running = false;
	return journal->round_error == 0;
}
