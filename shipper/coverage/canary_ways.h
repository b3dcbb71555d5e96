/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ways to open a file that pass the usual entry of system calls by. Each opens path for writing and
 * closes it, in a process that has nothing else to do. 0, or an errno: it could not be done.
 */
#ifndef AUDITSHIP_CANARY_WAYS_H
#define AUDITSHIP_CANARY_WAYS_H

/* By a request in a ring, without a system call that names the file: io_uring(7). */
int canary_open_by_io_uring(const char *path);

/* By the entry of 32-bit programs, which 64-bit ones have too; ENOSYS where there is none. */
int canary_open_by_32bit(const char *path);

#endif
