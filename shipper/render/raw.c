/* SPDX-License-Identifier: BSD-2-Clause */
/* Both ends of the raw form. Knows framing, and no kind or member of a record. */
#include "render/raw.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define STREAM_SIZE sizeof(((struct raw_frame *)0)->stream)

int raw_event(const struct event *event, struct buf *out)
{
	struct raw_frame frame = {.length = (uint32_t)STREAM_SIZE + event->entry->size};
	size_t before = out->length;
	int result;

	memcpy(frame.stream, event->stream, sizeof(frame.stream));
	result = buf_add(out, &frame, sizeof(frame));
	if (result == 0)
		result = buf_add(out, event->entry, event->entry->size);
	if (result < 0)
		out->length = before;
	return result;
}

int raw_parse(const void *data, size_t size, void *entry_memory, size_t *ret_used,
	      struct event *ret_event, const char **ret_why)
{
	const uint8_t *bytes = data;
	size_t entry_size;
	uint32_t length;

	if (size < sizeof(length))
		return 0;
	memcpy(&length, bytes, sizeof(length));
	*ret_why = "a frame of a size that cannot be";
	if (length < RAW_LENGTH_MIN || length > RAW_LENGTH_MAX)
		return -EBADMSG;
	if (size - sizeof(length) < length)
		return 0;
	entry_size = length - STREAM_SIZE;
	memcpy(entry_memory, bytes + sizeof(struct raw_frame), entry_size);
	if (entry_parse(entry_memory, entry_size, bytes + offsetof(struct raw_frame, stream),
			ret_event, ret_why) < 0)
		return -EBADMSG;
	*ret_why = "an entry that does not fill its frame";
	if (ret_event->entry->size != entry_size)
		return -EBADMSG;
	*ret_used = sizeof(length) + length;
	return 1;
}
