/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the buffers of masking. Works on checked structs by their rows; must not know which of them
 * are arguments.
 */
#include "filter/rewrite.h"

#include "decode/fields.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct rewrite {
	uint8_t marks[REC_MAX_SIZE];
	char out[2 * REC_MAX_SIZE];
};

int rewrite_new(struct rewrite **ret_rewrite)
{
	*ret_rewrite = malloc(sizeof(**ret_rewrite));
	return *ret_rewrite ? 0 : -ENOMEM;
}

void rewrite_free(struct rewrite *rewrite)
{
	free(rewrite);
}

static char *base_of(const struct rewrite_target *target)
{
	return target->record ? (char *)target->record : (char *)target->enriched;
}

static uint32_t *size_of(const struct rewrite_target *target)
{
	return target->record ? &target->record->size : &target->enriched->size;
}

static struct rec_string *string_at(const struct rewrite_target *target, uint16_t offset)
{
	return (struct rec_string *)(void *)(base_of(target) + offset);
}

static bool begin(struct rewrite *rewrite, const char *bytes, size_t length, bool cut,
		  struct mask_work *ret_work)
{
	if (length == 0 || length > sizeof(rewrite->marks))
		return false;
	memset(rewrite->marks, 0, length);
	*ret_work = (struct mask_work){bytes, length, cut, rewrite->marks, false};
	return true;
}

bool rewrite_begin(struct rewrite *rewrite, const struct rewrite_target *target,
		   struct mask_work *ret_work)
{
	const struct rec_string *string = string_at(target, target->offset);

	return begin(rewrite, base_of(target) + string->offset, string->length,
		     string->length < string->full, ret_work);
}

bool rewrite_begin_args(struct rewrite *rewrite, const struct rules_args *args,
			struct mask_work *ret_work)
{
	return begin(rewrite, args->bytes, args->length, args->length < args->full, ret_work);
}

static bool is_string(const struct field *row)
{
	switch ((enum field_type)row->type) {
	case FIELD_STRING:
	case FIELD_PATH:
	case FIELD_BASENAME:
	case FIELD_DIRNAME:
	case FIELD_LIST:
	case FIELD_JOINED:
	case FIELD_MAP:
		return true;
	case FIELD_HIDDEN:
		return row->size == sizeof(struct rec_string);
	case FIELD_NUMBER:
	case FIELD_ID:
	case FIELD_HEX:
	case FIELD_BOOL:
	case FIELD_ENUM:
	case FIELD_COMM:
	case FIELD_TIME_BOOT:
	case FIELD_TIME_WALL:
	case FIELD_UUID:
	case FIELD_MODE:
	case FIELD_FILE_TYPE:
	case FIELD_DEVICE:
	case FIELD_MAJOR:
	case FIELD_MINOR:
	case FIELD_CAPS:
	case FIELD_SIGNAL:
	case FIELD_SIGNED:
	case FIELD_ERRNO:
	case FIELD_ERROR_TEXT:
	case FIELD_OPEN_FLAGS:
	case FIELD_RESOLVE:
	case FIELD_TYPES:
		break;
	}
	return false;
}

static const struct field *next_row(const struct rewrite_target *target, unsigned int *cursor)
{
	const struct field *row;

	if (target->record)
		return kind_next_field(kind_get(target->record->kind), cursor);
	row = &enriched_fields[(*cursor)++];
	return field_ends(row) ? NULL : row;
}

/* Strings that lie behind end have moved to where they are by by bytes. */
static void move_strings(const struct rewrite_target *target, uint32_t end, uint32_t by)
{
	const struct field *row;
	unsigned int cursor = 0;
	uint16_t done = 0; /* rows of one member stand together */

	while ((row = next_row(target, &cursor))) {
		struct rec_string *string = string_at(target, row->offset);

		if (!is_string(row) || row->offset == done)
			continue;
		done = row->offset;
		if (string->length && string->offset >= end)
			string->offset += by;
	}
}

static uint32_t full_length(size_t length, bool cut)
{
	return cut ? REC_FULL_UNKNOWN : (uint32_t)length;
}

void rewrite_end(struct rewrite *rewrite, const struct rewrite_target *target,
		 const struct mask_work *work)
{
	struct rec_string *string = string_at(target, target->offset);
	uint32_t *size = size_of(target), end = string->offset + string->length;
	size_t room = target->room - (*size - string->length), length;
	char *base = base_of(target);
	bool cut;

	length = mask_write(work, rewrite->out,
			    room < sizeof(rewrite->out) ? room : sizeof(rewrite->out), &cut);
	memmove(base + string->offset + length, base + end, *size - end);
	memcpy(base + string->offset, rewrite->out, length);
	*size += (uint32_t)length - string->length;
	move_strings(target, end, (uint32_t)length - string->length);
	string->length = (uint32_t)length;
	string->full = full_length(length, cut || work->cut);
}

void rewrite_end_args(struct rewrite *rewrite, struct rules_args *args,
		      const struct mask_work *work)
{
	bool cut;
	size_t length = mask_write(work, rewrite->out, args->room, &cut);

	memcpy(args->bytes, rewrite->out, length);
	args->length = (uint32_t)length;
	args->full = full_length(length, cut || work->cut);
	args->masked = true;
}
