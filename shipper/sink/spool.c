/* SPDX-License-Identifier: BSD-2-Clause */
/* Two rings: bytes, and where frames end in them. Must not know what a frame or a socket is. */
#include "sink/spool.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_FIRST (64UL * 1024)
#define ROOM_FIRST 64

void spool_init(struct spool *spool, size_t limit)
{
	*spool = (struct spool){.limit = limit};
}

void spool_done(struct spool *spool)
{
	free(spool->data);
	free(spool->frames);
	*spool = (struct spool){0};
}

static struct spool_frame *frame_at(const struct spool *spool, uint64_t number)
{
	return &spool->frames[number % spool->room];
}

/* Bytes from..to as at most two parts. */
static int parts_of(const struct spool *spool, uint64_t from, uint64_t to,
		    struct iovec ret_parts[2])
{
	size_t at = from % (spool->size ? spool->size : 1), length = (size_t)(to - from);
	size_t before_wrap = spool->size - at;

	if (length == 0)
		return 0;
	ret_parts[0] =
		(struct iovec){spool->data + at, length < before_wrap ? length : before_wrap};
	if (length <= before_wrap)
		return 1;
	ret_parts[1] = (struct iovec){spool->data, length - before_wrap};
	return 2;
}

static void copy_in(struct spool *spool, uint64_t to, const char *data, size_t length)
{
	struct iovec parts[2];
	int count = parts_of(spool, to, to + length, parts);

	for (int i = 0; i < count; i++) {
		memcpy(parts[i].iov_base, data, parts[i].iov_len);
		data += parts[i].iov_len;
	}
}

static int grow_data(struct spool *spool, size_t wanted)
{
	struct spool grown = *spool;
	struct iovec parts[2];
	uint64_t to = spool->first;
	int count;

	if (wanted > spool->limit)
		return -ENOSPC;
	grown.size = spool->size ? spool->size : SIZE_FIRST;
	while (grown.size < wanted)
		grown.size *= 2;
	if (grown.size > spool->limit)
		grown.size = spool->limit;
	grown.data = malloc(grown.size);
	if (!grown.data)
		return -ENOMEM;
	count = parts_of(spool, spool->first, spool->end, parts);
	for (int i = 0; i < count; to += parts[i++].iov_len)
		copy_in(&grown, to, parts[i].iov_base, parts[i].iov_len);
	free(spool->data);
	*spool = grown;
	return 0;
}

static int grow_frames(struct spool *spool)
{
	size_t room = spool->room ? 2 * spool->room : ROOM_FIRST;
	struct spool_frame *frames = calloc(room, sizeof(*frames));

	if (!frames)
		return -ENOMEM;
	for (uint64_t i = spool->frame_first; i < spool->frame_end; i++)
		frames[i % room] = *frame_at(spool, i);
	free(spool->frames);
	spool->frames = frames;
	spool->room = room;
	return 0;
}

int spool_add(struct spool *spool, const struct iovec *parts, int count)
{
	size_t used = (size_t)(spool->end - spool->first), length = 0;
	int result = 0;

	for (int i = 0; i < count; i++)
		length += parts[i].iov_len;
	if (used + length > spool->size)
		result = grow_data(spool, used + length);
	if (result == 0 && spool->frame_end - spool->frame_first == spool->room)
		result = grow_frames(spool);
	if (result < 0)
		return result;
	for (int i = 0; i < count; i++) {
		copy_in(spool, spool->end, parts[i].iov_base, parts[i].iov_len);
		spool->end += parts[i].iov_len;
	}
	*frame_at(spool, spool->frame_end++) = (struct spool_frame){.end = spool->end};
	return 0;
}

int spool_unsent(const struct spool *spool, struct iovec ret_parts[2])
{
	return parts_of(spool, spool->sent, spool->end, ret_parts);
}

int spool_next(const struct spool *spool, struct iovec ret_parts[2])
{
	if (spool->frame_sent == spool->frame_end)
		return 0;
	return parts_of(spool, spool->sent, frame_at(spool, spool->frame_sent)->end, ret_parts);
}

void spool_sent(struct spool *spool, size_t bytes)
{
	spool->sent += bytes;
	assert(spool->sent <= spool->end);
	while (spool->frame_sent < spool->frame_end &&
	       frame_at(spool, spool->frame_sent)->end <= spool->sent)
		spool->frame_sent++;
}

void spool_arrived(struct spool *spool, uint64_t bytes, uint64_t now_ns)
{
	uint64_t to = spool->origin + bytes;

	assert(to <= spool->sent);
	while (spool->frame_arrived < spool->frame_sent &&
	       frame_at(spool, spool->frame_arrived)->end <= to) {
		struct spool_frame *frame = frame_at(spool, spool->frame_arrived++);

		frame->arrived_ns = now_ns;
		spool->arrived = frame->end;
	}
}

/* The bytes never went out, so those of the connection begin that much later. */
void spool_skip(struct spool *spool)
{
	struct spool_frame *frame = frame_at(spool, spool->frame_sent);

	assert(spool->frame_sent < spool->frame_end && spool->arrived == spool->sent);
	spool->origin += frame->end - spool->sent;
	spool->sent = frame->end;
	spool->arrived = frame->end;
	frame->arrived_ns = 1; /* long ago */
	spool->frame_sent++;
	spool->frame_arrived++;
}

void spool_trim(struct spool *spool, size_t keep_bytes, uint64_t after_ns)
{
	while (spool->frame_first < spool->frame_arrived) {
		const struct spool_frame *frame = frame_at(spool, spool->frame_first);

		if (frame->arrived_ns > after_ns && spool->arrived - spool->first <= keep_bytes)
			break;
		spool->first = frame->end;
		spool->frame_first++;
	}
}

/* What was being sent again and has not arrived again is kept as well. */
void spool_restart(struct spool *spool)
{
	uint64_t kept = spool->frame_arrived > spool->frame_origin ? spool->frame_arrived
								   : spool->frame_origin;

	spool->end = kept > spool->frame_first ? frame_at(spool, kept - 1)->end : spool->first;
	spool->frame_end = kept;
	spool->frame_origin = kept;
	spool->origin = spool->first;
	spool->sent = spool->first;
	spool->arrived = spool->first;
	spool->frame_sent = spool->frame_first;
	spool->frame_arrived = spool->frame_first;
}

uint64_t spool_settled(const struct spool *spool)
{
	return spool->frame_arrived > spool->frame_origin
		       ? spool->frame_arrived - spool->frame_origin
		       : 0;
}
