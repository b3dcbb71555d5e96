/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the cursor files. A write that is cut short damages one slot at most; the other still holds
 * the place before it, so a crash costs repeats and never a loss.
 */
#include "journal/cursor.h"

#include "base/crc32c.h"
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool cursor_name_valid(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	return length > 0 && length < CURSOR_NAME_SIZE && name[length] == '\0';
}

/* The bytes of a slot, those that this version does not know included. */
union slot_bytes {
	struct cursor_slot slot;
	char bytes[CURSOR_SLOT_SIZE];
};

static uint32_t slot_sum(const union slot_bytes *bytes)
{
	union slot_bytes copy = *bytes;

	copy.slot.crc = 0;
	return crc32c(0, &copy, sizeof(copy));
}

static bool slot_valid(const union slot_bytes *bytes)
{
	const struct cursor_slot *slot = &bytes->slot;

	return slot->magic == CURSOR_MAGIC &&
	       JOURNAL_MAJOR(slot->version) == JOURNAL_MAJOR(JOURNAL_VERSION) &&
	       slot_sum(bytes) == slot->crc && slot->gap_count <= CURSOR_GAPS + 1;
}

static void take_place(const struct cursor_slot *slot, struct cursor_place *ret_place)
{
	struct position *position = &ret_place->position;

	*position = (struct position){
		.segment = slot->segment,
		.offset = slot->offset,
		.index = slot->index,
		.sequence = slot->sequence,
		.entry = slot->entry,
	};
	memcpy(position->stream, slot->stream, sizeof(slot->stream));
	ret_place->gap_count = slot->gap_count;
	memcpy(ret_place->gaps, slot->gaps, slot->gap_count * sizeof(*slot->gaps));
}

bool cursor_place_equal(const struct cursor_place *a, const struct cursor_place *b)
{
	return position_equal(&a->position, &b->position) && a->gap_count == b->gap_count &&
	       memcmp(a->gaps, b->gaps, a->gap_count * sizeof(*a->gaps)) == 0;
}

static int read_slots(struct cursor_file *file, struct cursor_place *ret_place)
{
	static const union slot_bytes empty;
	bool found = false, damaged = false;

	for (unsigned int i = 0; i < 2; i++) {
		union slot_bytes bytes = empty;
		ssize_t n = io_pread_full(file->fd, &bytes, sizeof(bytes), i * CURSOR_SLOT_SIZE);

		if (n < 0 && n != -EIO)
			return (int)n;
		if (n == -EIO || !slot_valid(&bytes)) {
			damaged |= n == -EIO || memcmp(&bytes, &empty, sizeof(bytes)) != 0;
			continue;
		}
		if (found && bytes.slot.generation < file->generation)
			continue;
		found = true;
		file->generation = bytes.slot.generation;
		take_place(&bytes.slot, ret_place);
	}
	if (found)
		return 1;
	return damaged ? -EBADMSG : 0;
}

static int open_file(struct cursor_file *file, int dirfd, const char *name, int flags)
{
	char path[sizeof("cursor-") + CURSOR_NAME_SIZE];
	struct stat st;
	int result;

	(void)snprintf(path, sizeof(path), "cursor-%s", name);
	file->fd = openat(dirfd, path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (file->fd < 0)
		return -errno;
	result = fstat(file->fd, &st) < 0 ? -errno : S_ISREG(st.st_mode) ? 0 : -EINVAL;
	if (result < 0)
		cursor_close(file);
	return result;
}

int cursor_reopen(struct cursor_file *file, int dirfd, const char *name)
{
	return file->fd >= 0 ? 0 : open_file(file, dirfd, name, O_RDWR | O_CREAT);
}

int cursor_peek(int dirfd, const char *name, struct cursor_place *ret_place)
{
	struct cursor_file file = {.fd = -1};
	int result = open_file(&file, dirfd, name, O_RDONLY);

	*ret_place = (struct cursor_place){0};
	if (result == 0)
		result = read_slots(&file, ret_place);
	cursor_close(&file);
	return result;
}

int cursor_open(struct cursor_file *file, int dirfd, const char *name,
		struct cursor_place *ret_place)
{
	int result;

	*ret_place = (struct cursor_place){0};
	*file = (struct cursor_file){.fd = -1};
	result = cursor_reopen(file, dirfd, name);
	if (result < 0)
		return result;
	/* Blocks of its own now, so that a full disk cannot stop the cursor that would free it. */
	(void)posix_fallocate(file->fd, 0, 2 * CURSOR_SLOT_SIZE);
	result = read_slots(file, ret_place);
	if (result < 0 && result != -EBADMSG)
		cursor_close(file);
	return result;
}

void cursor_close(struct cursor_file *file)
{
	if (file->fd >= 0)
		(void)close(file->fd);
	file->fd = -1;
}

int cursor_store(struct cursor_file *file, const struct cursor_place *place, bool sync)
{
	const struct position *position = &place->position;
	union slot_bytes bytes = {
		.slot =
			{
				.magic = CURSOR_MAGIC,
				.version = JOURNAL_VERSION,
				.entry = position->entry,
				.generation = file->generation + 1,
				.segment = position->segment,
				.offset = position->offset,
				.index = position->index,
				.sequence = position->sequence,
				.gap_count = place->gap_count,
			},
	};
	off_t offset = (off_t)(bytes.slot.generation % 2) * CURSOR_SLOT_SIZE;
	int result;

	memcpy(bytes.slot.stream, position->stream, sizeof(position->stream));
	memcpy(bytes.slot.gaps, place->gaps, place->gap_count * sizeof(*place->gaps));
	bytes.slot.crc = slot_sum(&bytes);
	result = io_pwrite_all(file->fd, &bytes, sizeof(bytes), offset);
	if (result == 0 && sync && fdatasync(file->fd) < 0)
		result = -errno;
	/* A slot that failed is written again, so that the other stays whole. */
	if (result == 0)
		file->generation = bytes.slot.generation;
	return result;
}
