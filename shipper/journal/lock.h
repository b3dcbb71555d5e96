/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One process per journal. The lock file also tells who holds it ("PID open") and whether the last
 * holder came to its end ("PID closed").
 */
#ifndef AUDITSHIP_JOURNAL_LOCK_H
#define AUDITSHIP_JOURNAL_LOCK_H

#include "base/err.h"

#include <stdbool.h>

/* The locked descriptor, or -EBUSY naming the holder, or another negative errno. */
int lock_take(int dirfd, const char *dir, bool *ret_unclean, struct err *err);

/* closed: all is on disk, and the next opener may know. */
void lock_release(int fd, bool closed);

#endif
