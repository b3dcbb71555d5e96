/* SPDX-License-Identifier: BSD-2-Clause */
/* Recordings that are made by hand, for what is hard to provoke on a live system. */
#ifndef AUDITSHIP_RECORDINGS_H
#define AUDITSHIP_RECORDINGS_H

#include "entry_builder.h"

#include "base/buf.h"

struct recording {
	const char *name; /* of its file, without .rec */
	/* Appends the entries. */
	void (*make)(struct entry_builder *builder, struct buf *out);
};

extern const struct recording recordings[];
extern const unsigned int recording_count;

#endif
