/* SPDX-License-Identifier: BSD-2-Clause */
/* The durable place of one reader: a file of two checksummed slots that are written in turn. */
#ifndef AUDITSHIP_JOURNAL_CURSOR_H
#define AUDITSHIP_JOURNAL_CURSOR_H

#include "journal/frame.h"

#define CURSOR_NAME_SIZE JOURNAL_NAME_SIZE

/* The first event that is not acknowledged. Members as in struct cursor_slot. */
struct position {
	uint64_t segment;
	uint64_t offset;
	uint64_t index;
	uint64_t sequence;
	uint32_t entry;
	uint8_t stream[16];
};

static inline bool position_equal(const struct position *a, const struct position *b)
{
	return a->segment == b->segment && a->offset == b->offset && a->entry == b->entry;
}

/* What a slot holds. */
struct cursor_place {
	struct position position;
	uint32_t gap_count;
	struct cursor_gap gaps[CURSOR_GAPS + 1];
};

bool cursor_place_equal(const struct cursor_place *a, const struct cursor_place *b);

struct cursor_file {
	int fd;
	uint64_t generation; /* of the slot written last */
};

bool cursor_name_valid(const char *name);

/*
 * Opens or makes cursor-NAME. 1 with a place; 0 when there is none yet (the place is then all zero:
 * the oldest event); -EBADMSG when both slots are damaged or of a newer major version, and then too
 * the file is open and the place all zero. Other negative errno: nothing is open.
 */
int cursor_open(struct cursor_file *file, int dirfd, const char *name,
		struct cursor_place *ret_place);
/* The place in cursor-NAME, which stays as it is: as cursor_open, and -ENOENT when there is no
 * file.
 */
int cursor_peek(int dirfd, const char *name, struct cursor_place *ret_place);
/* After cursor_close, with the generation it had; does nothing while it is open. */
int cursor_reopen(struct cursor_file *file, int dirfd, const char *name);
void cursor_close(struct cursor_file *file);

/* Writes the slot whose turn it is; sync makes it durable before returning. */
int cursor_store(struct cursor_file *file, const struct cursor_place *place, bool sync);

#endif
