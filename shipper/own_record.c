/* SPDX-License-Identifier: BSD-2-Clause */
/* Knows the framing of a record, not what any kind of it means. */
#include "own_record.h"

#include "decode/fields.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void own_record_init(struct own_record *record, enum rec_kind kind)
{
	memset(record, 0, sizeof(*record));
	record->header = (struct rec_header){
		.size = kind_get(kind)->record_size,
		.kind = (__u16)kind,
		.abi = REC_ABI,
	};
}

static void add(struct own_record *record, struct rec_string *string, const char *bytes,
		size_t length)
{
	size_t room = sizeof(record->bytes) - record->header.size;
	size_t kept = length < room ? length : room;

	if (length > 0)
		memcpy(record->bytes + record->header.size, bytes, kept);
	*string = (struct rec_string){
		.offset = record->header.size,
		.length = (__u32)kept,
		.full = (__u32)length,
	};
	record->header.size += (__u32)kept;
}

void own_record_text(struct own_record *record, struct rec_string *string, const char *text)
{
	add(record, string, text, strlen(text));
}

void own_record_list(struct own_record *record, struct rec_string *string, const struct buf *parts)
{
	add(record, string, parts->data, parts->length);
}

void own_record_part(struct buf *parts, const char *format, ...)
{
	char text[512];
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (length < 0)
		return;
	if ((size_t)length >= sizeof(text))
		length = (int)sizeof(text) - 1;
	(void)buf_add(parts, text, (size_t)length + 1);
}
