/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A byte buffer with a ceiling. It grows by doubling up to limit and keeps its memory when cleared.
 * A failed add changes nothing and returns -EMSGSIZE (ceiling) or -ENOMEM.
 */
#ifndef AUDITSHIP_BUF_H
#define AUDITSHIP_BUF_H

#include <stddef.h>

struct buf {
	char *data; /* not terminated */
	size_t length;
	size_t size;  /* allocated */
	size_t limit; /* never more than this */
};

void buf_init(struct buf *buf, size_t limit);
void buf_done(struct buf *buf);

int buf_add(struct buf *buf, const void *data, size_t size);
int buf_add_text(struct buf *buf, const char *text);
int buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Makes room for size more bytes and returns where they go, NULL when there is none; the caller
 * adds what it wrote to length. */
void *buf_reserve(struct buf *buf, size_t size);

static inline void buf_clear(struct buf *buf)
{
	buf->length = 0;
}

#endif
