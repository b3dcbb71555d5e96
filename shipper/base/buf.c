/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_init(struct buf *buf, size_t limit)
{
	*buf = (struct buf){.limit = limit};
}

void buf_done(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf){0};
}

static int make_room(struct buf *buf, size_t size)
{
	size_t wanted = buf->size ? buf->size : 256;
	char *grown;

	if (size <= buf->size - buf->length)
		return 0;
	if (buf->length > buf->limit ||
	    size > buf->limit - buf->length) /* it may have been lowered */
		return -EMSGSIZE;
	while (wanted - buf->length < size)
		wanted *= 2;
	if (wanted > buf->limit)
		wanted = buf->limit;
	grown = realloc(buf->data, wanted);
	if (!grown)
		return -ENOMEM;
	buf->data = grown;
	buf->size = wanted;
	return 0;
}

int buf_add(struct buf *buf, const void *data, size_t size)
{
	int result = make_room(buf, size);

	if (result < 0)
		return result;
	if (size)
		memcpy(buf->data + buf->length, data, size);
	buf->length += size;
	return 0;
}

int buf_add_text(struct buf *buf, const char *text)
{
	return buf_add(buf, text, strlen(text));
}

void *buf_reserve(struct buf *buf, size_t size)
{
	return make_room(buf, size) < 0 ? NULL : buf->data + buf->length;
}

int buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args;
	char *room;
	int length;

	va_start(args, format);
	length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (length < 0)
		return -EINVAL;
	room = buf_reserve(buf, (size_t)length + 1);
	if (!room)
		return -EMSGSIZE;
	va_start(args, format);
	(void)vsnprintf(room, (size_t)length + 1, format, args);
	va_end(args);
	buf->length += (size_t)length;
	return 0;
}
