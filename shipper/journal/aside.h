/* SPDX-License-Identifier: BSD-2-Clause */
/* Files in the journal's directory that are not of this journal, or cannot be used: kept under
 * another name. */
#ifndef AUDITSHIP_JOURNAL_ASIDE_H
#define AUDITSHIP_JOURNAL_ASIDE_H

#include "journal/state.h"

#define ASIDE_NAME_SIZE (sizeof("cursor-.older.99") + CURSOR_NAME_SIZE)

/* name becomes name.suffix, or name.suffix.N where that is taken; out is what it is now. */
int aside_rename(int dirfd, const char *name, const char *suffix, char out[ASIDE_NAME_SIZE]);

/*
 * Writer, before the journal goes on in dirfd: segments in it that the journal does not have become
 * NAME.older, and so do the cursors unless all segments there are its own. next_number is then
 * above every number there.
 * A negative errno: some may still have their names, and the journal must not go on there.
 */
int aside_older(struct journal *journal, int dirfd);

#endif
