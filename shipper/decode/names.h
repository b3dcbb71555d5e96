/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers of the kernel's interface and the words people know them by. */
#ifndef AUDITSHIP_NAMES_H
#define AUDITSHIP_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAME_SIZE 32 /* of the longest name, with its terminator */

/*
 * "SIGKILL"; real-time signals as the C library counts them, "SIGRTMIN+1"; "32" for a number that
 * has no name. Numbers are those of x86_64 and arm64 (asm-generic/signal.h).
 */
void name_signal(char out[NAME_SIZE], uint32_t signal);

/* "CAP_SYS_ADMIN"; "63" for a bit that has no name (linux/capability.h of Linux 6.12). */
void name_capability(char out[NAME_SIZE], unsigned int bit);

/*
 * The names of the bits that are set, one per call; *cursor starts at 0. False behind the last.
 * Bits without a name come last: capabilities as numbers, flags together, in hexadecimal.
 */
bool name_next_capability(char out[NAME_SIZE], uint64_t bits, size_t *cursor);
/* Of open(2): the access mode first ("O_RDONLY"), which has no bit of its own. */
bool name_next_open_flag(char out[NAME_SIZE], uint64_t flags, size_t *cursor);
/* Of openat2(2): "RESOLVE_BENEATH" */
bool name_next_resolve_flag(char out[NAME_SIZE], uint64_t flags, size_t *cursor);

/* "ENOENT"; "512" for a number that has no name. */
void name_errno(char out[NAME_SIZE], uint32_t number);
/* "No such file or directory"; NULL for a number that means nothing. Always in English. */
const char *name_error_text(uint32_t number);

/* The type bits of a mode: "file", "dir", "symlink", ...; NULL when they mean nothing. */
const char *name_file_type(uint32_t mode);

#endif
