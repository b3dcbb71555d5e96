/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events as the journal has them, for another process of ours on the same host:
 *
 *   struct raw_frame | entry | struct raw_frame | entry | ...
 *
 * In the byte order of the host. Whoever reads it trusts nothing: entry_parse checks every bound.
 */
#ifndef AUDITSHIP_RAW_H
#define AUDITSHIP_RAW_H

#include "base/buf.h"
#include "decode/entry.h"

struct raw_frame {
	uint32_t length; /* of the bytes behind this member: the stream and the entry */
	uint8_t stream[16];
};

#define RAW_LENGTH_MIN (sizeof(((struct raw_frame *)0)->stream) + sizeof(struct entry))
#define RAW_LENGTH_MAX (sizeof(((struct raw_frame *)0)->stream) + ENTRY_MAX_SIZE)

/* 0, -EMSGSIZE or -ENOMEM; out is then as before. */
int raw_event(const struct event *event, struct buf *out);

/*
 * Takes the first frame off size bytes at data: 1 with the bytes it took in *ret_used and the event
 * in *ret_event, which borrows from entry_memory (ENTRY_MAX_SIZE bytes, aligned to ENTRY_ALIGN) and
 * data; 0 when there is not a whole frame yet; -EBADMSG with *ret_why (a constant) when what is
 * there is none.
 */
int raw_parse(const void *data, size_t size, void *entry_memory, size_t *ret_used,
	      struct event *ret_event, const char **ret_why);

#endif
