/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the list of the journal's cursors: found or made by their names, and whether a reader has
 * one open. Each is in the list from the first time it is opened until the journal is closed.
 */
#include "journal/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct cursor *find_cursor(struct journal *journal, const char *name)
{
	struct cursor *cursor = journal->cursors;

	while (cursor && strcmp(cursor->name, name) != 0)
		cursor = cursor->next;
	return cursor;
}

/* The file has room for one more than the list: the last two become one. */
static void make_room_for_gap(struct cursor *cursor)
{
	struct cursor_place *place = &cursor->wanted;

	if (place->gap_count <= CURSOR_GAPS)
		return;
	place->gap_count = CURSOR_GAPS;
	place->gaps[CURSOR_GAPS - 1].count += place->gaps[CURSOR_GAPS].count;
	place->gaps[CURSOR_GAPS - 1].last_sequence = 0;
}

static int make_cursor(struct journal *journal, const char *name, struct cursor **ret_cursor)
{
	struct cursor *cursor = calloc(1, sizeof(*cursor));
	int result;

	if (!cursor)
		return -ENOMEM;
	(void)strncpy(cursor->name, name, sizeof(cursor->name) - 1);
	result = cursor_open(&cursor->file, journal->dirfd, name, &cursor->wanted);
	if (result == -EBADMSG)
		atomic_fetch_add(&journal->cursor_resets, 1);
	else if (result < 0)
		return free(cursor), result;
	journal->directory_changed = true; /* a cursor that is not found again repeats everything */
	cursor->durable = cursor->pending = cursor->wanted;
	make_room_for_gap(cursor);
	atomic_fetch_add(&journal->untold, cursor->wanted.gap_count);
	*ret_cursor = cursor;
	return 0;
}

/* What was deleted while it was let go is not missed: then it starts at the oldest event. */
static void come_back(const struct journal *journal, struct cursor *cursor)
{
	if (cursor->let_go &&
	    (!journal->oldest || journal->oldest->number > cursor->wanted.position.segment)) {
		cursor->wanted.position = (struct position){0};
		cursor->placed = false;
	}
	cursor->let_go = false;
	cursor->open = true;
}

int journal_take_cursor(struct journal *journal, const char *name, struct cursor **ret_cursor)
{
	struct cursor *cursor;
	bool busy = false;
	int result = 0;

	(void)pthread_mutex_lock(&journal->lock);
	cursor = find_cursor(journal, name);
	if (cursor)
		busy = cursor->open;
	else
		result = make_cursor(journal, name, &cursor);
	if (result == 0 && !busy && !find_cursor(journal, name)) {
		cursor->next = journal->cursors;
		journal->cursors = cursor;
	}
	if (result == 0 && !busy)
		come_back(journal, cursor);
	(void)pthread_mutex_unlock(&journal->lock);
	*ret_cursor = cursor;
	return busy ? -EBUSY : result;
}

void journal_give_cursor_back(struct journal *journal, struct cursor *cursor)
{
	(void)pthread_mutex_lock(&journal->lock);
	cursor->open = false;
	(void)pthread_mutex_unlock(&journal->lock);
}

void journal_let_go(struct journal *journal, const char *name)
{
	struct cursor *cursor;

	(void)pthread_mutex_lock(&journal->lock);
	cursor = find_cursor(journal, name);
	if (cursor && !cursor->open)
		cursor->let_go = true;
	(void)pthread_mutex_unlock(&journal->lock);
}
