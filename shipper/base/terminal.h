/* SPDX-License-Identifier: BSD-2-Clause */
/* Text for a person's screen: what a hostile name holds must not steer the terminal. */
#ifndef AUDITSHIP_TERMINAL_H
#define AUDITSHIP_TERMINAL_H

#include <stddef.h>

/*
 * Writes length bytes of text to out with C0, DEL, C1 and bidirectional control characters and
 * bytes that are not UTF-8 shown as \xNN or \u{NNNN}, and a backslash doubled; always terminated,
 * cut at a whole character where size ends. Returns the bytes written without the terminator. A
 * line feed is shown as \n, a tab as \t.
 */
size_t terminal_escape(char *out, size_t size, const char *text, size_t length);

#endif
