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

static bool slot_valid(const struct cursor_slot *slot)
{
	struct cursor_slot copy = *slot;

	copy.crc = 0;
	return slot->magic == CURSOR_MAGIC && slot->version == CURSOR_VERSION &&
	       crc32c(0, &copy, sizeof(copy)) == slot->crc;
}

static void take_position(const struct cursor_slot *slot, struct position *ret_position)
{
	*ret_position = (struct position){
		.segment = slot->segment,
		.offset = slot->offset,
		.index = slot->index,
		.sequence = slot->sequence,
		.entry = slot->entry,
	};
	memcpy(ret_position->stream, slot->stream, sizeof(slot->stream));
}

static int read_slots(struct cursor_file *file, struct position *ret_position)
{
	static const struct cursor_slot empty;
	bool found = false, damaged = false;

	for (unsigned int i = 0; i < 2; i++) {
		struct cursor_slot slot = empty;
		ssize_t n = io_pread_full(file->fd, &slot, sizeof(slot), i * CURSOR_SLOT_SIZE);

		if (n < 0 && n != -EIO)
			return (int)n;
		if (n == -EIO || !slot_valid(&slot)) {
			damaged |= n == -EIO || memcmp(&slot, &empty, sizeof(slot)) != 0;
			continue;
		}
		if (found && slot.generation < file->generation)
			continue;
		found = true;
		file->generation = slot.generation;
		take_position(&slot, ret_position);
	}
	if (found)
		return 1;
	return damaged ? -EBADMSG : 0;
}

int cursor_reopen(struct cursor_file *file, int dirfd, const char *name)
{
	char path[sizeof("cursor-") + CURSOR_NAME_SIZE];
	struct stat st;
	int result;

	if (file->fd >= 0)
		return 0;
	(void)snprintf(path, sizeof(path), "cursor-%s", name);
	file->fd =
		openat(dirfd, path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (file->fd < 0)
		return -errno;
	result = fstat(file->fd, &st) < 0 ? -errno : S_ISREG(st.st_mode) ? 0 : -EINVAL;
	if (result < 0)
		cursor_close(file);
	return result;
}

int cursor_open(struct cursor_file *file, int dirfd, const char *name,
		struct position *ret_position)
{
	int result;

	*ret_position = (struct position){0};
	*file = (struct cursor_file){.fd = -1};
	result = cursor_reopen(file, dirfd, name);
	if (result < 0)
		return result;
	/* Blocks of its own now, so that a full disk cannot stop the cursor that would free it. */
	(void)posix_fallocate(file->fd, 0, 2 * CURSOR_SLOT_SIZE);
	result = read_slots(file, ret_position);
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

int cursor_store(struct cursor_file *file, const struct position *position, bool sync)
{
	struct cursor_slot slot = {
		.magic = CURSOR_MAGIC,
		.version = CURSOR_VERSION,
		.entry = position->entry,
		.generation = file->generation + 1,
		.segment = position->segment,
		.offset = position->offset,
		.index = position->index,
		.sequence = position->sequence,
	};
	off_t offset = (off_t)(slot.generation % 2) * CURSOR_SLOT_SIZE;
	int result;

	memcpy(slot.stream, position->stream, sizeof(slot.stream));
	slot.crc = crc32c(0, &slot, sizeof(slot));
	result = io_pwrite_all(file->fd, &slot, sizeof(slot), offset);
	if (result == 0 && sync && fdatasync(file->fd) < 0)
		result = -errno;
	/* A slot that failed is written again, so that the other stays whole. */
	if (result == 0)
		file->generation = slot.generation;
	return result;
}
