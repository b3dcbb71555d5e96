/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers of the kernel's interface and the words people know them by. */
#ifndef AUDITSHIP_NAMES_H
#define AUDITSHIP_NAMES_H

#include <stdint.h>

#define NAME_SIZE 32 /* of the longest name, with its terminator */

/*
 * "SIGKILL"; real-time signals as the C library counts them, "SIGRTMIN+1"; "32" for a number that
 * has no name. Numbers are those of x86_64 and arm64 (asm-generic/signal.h).
 */
void name_signal(char out[NAME_SIZE], uint32_t signal);

/* "CAP_SYS_ADMIN"; "63" for a bit that has no name (linux/capability.h of Linux 6.12). */
void name_capability(char out[NAME_SIZE], unsigned int bit);

/* The type bits of a mode: "file", "dir", "symlink", ...; NULL when they mean nothing. */
const char *name_file_type(uint32_t mode);

#endif
