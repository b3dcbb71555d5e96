/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Figures of one thread that others read as they were at one moment (a sequence lock). The writer
 * never waits and makes no system call; a reader that meets a write tries again.
 */
#ifndef AUDITSHIP_PUBLISHED_H
#define AUDITSHIP_PUBLISHED_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define PUBLISHED_WORDS_MAX 192

/* All zero is a good start. */
struct published {
	_Atomic uint64_t version; /* odd: a write is under way */
	_Atomic uint64_t words[PUBLISHED_WORDS_MAX];
};

/* Of one thread only. figures: count words, of a struct that holds nothing but uint64_t. */
void published_write(struct published *published, const void *figures, size_t count);

/* Any thread. All zero when nothing was written yet. */
void published_read(struct published *published, void *ret_figures, size_t count);

#endif
