/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads members as the field tables describe them. The bounds of every reference were checked when
 * the entry was parsed. Must not know JSON, columns or kinds.
 */
#include "decode/value.h"

#include "base/clock.h"
#include "base/digits.h"
#include "base/utf8.h"
#include "base/uuid.h"
#include "decode/names.h"

#include <string.h>
#include <sys/stat.h>

#define MINOR_BITS 20 /* of a device number in a record */

/* What the shipper itself says of an event. */
static const struct field entry_fields[] = {
	{
		.path = "event.sequence",
		.doc = "Counts the events of one stream (agent.ephemeral_id), from 1, no gaps.",
		.offset = offsetof(struct entry, sequence),
		.size = sizeof(((struct entry *)0)->sequence),
		.type = FIELD_NUMBER,
		.flags = FIELD_REQUIRED,
	},
	{
		.path = "event.created",
		.doc = "When the shipper took the event up, UTC.",
		.offset = offsetof(struct entry, created_ns),
		.size = sizeof(((struct entry *)0)->created_ns),
		.type = FIELD_TIME_WALL,
		.flags = FIELD_REQUIRED,
	},
	{0},
};

/* False: table ends before the row at *skip, which is then less by the rows that it has. */
static bool row_at(const struct field *table, unsigned int *skip, const struct field **ret_field)
{
	for (*ret_field = table; *ret_field && !field_ends(*ret_field); (*ret_field)++)
		if ((*skip)-- == 0)
			return true;
	return false;
}

static bool next_row(const struct kind *kind, unsigned int *cursor, struct row *ret_row)
{
	const struct {
		const struct field *table;
		enum row_source source;
	} tables[] = {
		{entry_fields, ROW_ENTRY},
		{header_fields, ROW_RECORD},
		{kind->has_task ? task_fields : NULL, ROW_RECORD},
		{kind->fields, ROW_RECORD},
		{enriched_fields, ROW_ENRICHED},
	};
	unsigned int skip = (*cursor)++;

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		ret_row->source = tables[i].source;
		if (row_at(tables[i].table, &skip, &ret_row->field))
			return true;
	}
	return false;
}

bool row_next(const struct kind *kind, unsigned int *cursor, struct row *ret_row)
{
	while (next_row(kind, cursor, ret_row))
		if (ret_row->source != ROW_ENRICHED || kind_has_enriched(kind, ret_row->field))
			return true;
	return false;
}

static const uint8_t *row_base(const struct row *row, const struct event *event)
{
	switch (row->source) {
	case ROW_ENTRY:
		return (const uint8_t *)event->entry;
	case ROW_ENRICHED:
		return (const uint8_t *)event->enriched;
	case ROW_RECORD:
		break;
	}
	return (const uint8_t *)event->record;
}

static bool every_byte_is(const uint8_t *bytes, size_t size, uint8_t byte)
{
	uint64_t filled, eight;
	uint32_t four;

	memset(&filled, byte, sizeof(filled));
	for (; size >= sizeof(eight); size -= sizeof(eight), bytes += sizeof(eight)) {
		memcpy(&eight, bytes, sizeof(eight));
		if (eight != filled)
			return false;
	}
	if (size == sizeof(four)) {
		memcpy(&four, bytes, sizeof(four));
		return four == (uint32_t)filled;
	}
	while (size > 0 && bytes[size - 1] == byte)
		size--;
	return size == 0;
}

static bool is_skipped(const struct field *field, const uint8_t *member)
{
	if (field->flags & FIELD_SKIP_ZERO)
		return every_byte_is(member, field->size, 0) ||
		       ((field->flags & FIELD_SKIP_UNSET) &&
			every_byte_is(member, field->size, 0xff));
	return (field->flags & FIELD_SKIP_UNSET) && every_byte_is(member, field->size, 0xff);
}

static void trim_cut(struct value *value)
{
	if (value->cut)
		value->length = (uint32_t)utf8_trim_cut(value->text, value->length);
}

/* With its length known it was cut by the renderer only, in front as others are. */
bool value_end_is_lost(const struct value *value)
{
	return (value->field->flags & FIELD_CUT_AT_END) && value->full == REC_FULL_UNKNOWN;
}

/* What follows the last slash: whole if there is one, of a path whose end is there. */
static void keep_basename(struct value *value)
{
	const char *slash = memrchr(value->text, '/', value->length);
	uint32_t skip = slash ? (uint32_t)(slash + 1 - value->text) : 0;

	value->text += skip;
	value->length -= skip;
	value->cut = false;
}

/* What comes before it: of a cut path, cut as well. */
static void keep_dirname(struct value *value)
{
	const char *slash = memrchr(value->text, '/', value->length);
	uint32_t before = value->length;

	if (!slash)
		value->length = 0;
	else if (slash == value->text)
		value->length = 1;
	else
		value->length = (uint32_t)(slash - value->text);
	if (value->full != REC_FULL_UNKNOWN)
		value->full -= before - value->length;
}

/* Part ends are no text: a joined list of nothing but one empty part has nothing to show. */
static void keep_joined(struct value *value)
{
	trim_cut(value);
	if (value->length && value->text[value->length - 1] == '\0')
		value->length--;
}

static void keep_comm(struct value *value)
{
	value->text = (const char *)value->member;
	value->length = (uint32_t)strnlen(value->text, value->field->size);
	/* The kernel keeps 15 bytes and does not ask what they mean. */
	if (value->length >= REC_COMM_SIZE - 1)
		value->length = (uint32_t)utf8_trim_cut(value->text, value->length);
}

static void keep_string(struct value *value, const uint8_t *base)
{
	struct rec_string string;

	memcpy(&string, value->member, sizeof(string));
	value->text = (const char *)base + string.offset;
	value->length = string.length;
	value->full = string.full;
	value->cut = string.length < string.full;
}

/* Narrows a rec_string to what the row's type shows of it. */
static void keep_shown(struct value *value)
{
	if (value->length == 0)
		return;
	if (value->field->type == FIELD_BASENAME)
		keep_basename(value);
	else if (value->field->type == FIELD_DIRNAME)
		keep_dirname(value);
	else if (value->field->type == FIELD_JOINED)
		keep_joined(value);
	else if (value->field->type != FIELD_PATH) /* cut in front, between names */
		trim_cut(value);
}

static bool is_derived(const struct field *field)
{
	return field->type == FIELD_BASENAME || field->type == FIELD_DIRNAME;
}

/* A rec_string of which there never was anything: most are. */
static bool is_nothing(const uint8_t *member)
{
	struct rec_string string;

	memcpy(&string, member, sizeof(string));
	return string.length == 0 && string.full == 0;
}

/* Apart, so that value_get, which most members leave at once, has no frame to set up. */
static __attribute__((noinline)) enum value_state get_text(struct value *value, const uint8_t *base)
{
	if (value->field->type == FIELD_COMM) {
		keep_comm(value);
		return value->length ? VALUE_PRESENT : VALUE_ABSENT;
	}
	if (is_nothing(value->member))
		return VALUE_ABSENT;
	keep_string(value, base);
	if (is_derived(value->field) && value_end_is_lost(value))
		return VALUE_ABSENT;
	keep_shown(value);
	if (value->length)
		return VALUE_PRESENT;
	return value->cut && !is_derived(value->field) ? VALUE_LOST : VALUE_ABSENT;
}

static bool is_text(enum value_shape shape)
{
	return shape == SHAPE_TEXT || shape == SHAPE_LIST || shape == SHAPE_JOINED ||
	       shape == SHAPE_MAP;
}

static __attribute__((noinline)) const struct event_cut *find_cut(const struct event *event,
								  const void *member)
{
	for (unsigned int i = 0; i < event->cut_count; i++)
		if (event->cuts[i].member == member)
			return &event->cuts[i];
	return NULL;
}

enum value_state value_get(struct value *ret_value, const struct row *row,
			   const struct event *event)
{
	const uint8_t *base = row_base(row, event);
	const uint8_t *member = base + row->field->offset;

	if (is_skipped(row->field, member))
		return VALUE_ABSENT;
	ret_value->field = row->field;
	ret_value->member = member;
	ret_value->wall_offset_ns = event->entry->wall_offset_ns;
	ret_value->cut = false;
	ret_value->before = event->cut_count ? find_cut(event, member) : NULL;
	if (is_text(value_shape(ret_value)))
		return get_text(ret_value, base);
	return VALUE_PRESENT;
}

uint64_t value_number(const struct value *value)
{
	uint64_t u64;
	uint32_t u32;
	uint16_t u16;

	switch (value->field->size) {
	case sizeof(u64):
		memcpy(&u64, value->member, sizeof(u64));
		return u64;
	case sizeof(u32):
		memcpy(&u32, value->member, sizeof(u32));
		return u32;
	case sizeof(u16):
		memcpy(&u16, value->member, sizeof(u16));
		return u16;
	default:
		return *value->member;
	}
}

uint64_t value_wall_ns(const struct value *value)
{
	uint64_t number = value_number(value);

	if (value->field->type == FIELD_TIME_BOOT)
		number += (uint64_t)value->wall_offset_ns;
	return number;
}

static size_t put_text(char out[VALUE_WORD_SIZE], const char *text)
{
	size_t length = 0;

	for (; length < VALUE_WORD_SIZE - 1 && text[length]; length++)
		out[length] = text[length];
	out[length] = '\0';
	return length;
}

static size_t put_number(char out[VALUE_WORD_SIZE], uint64_t number)
{
	size_t length = digits_put(out, number);

	out[length] = '\0';
	return length;
}

static size_t show_number(char out[VALUE_WORD_SIZE], const struct value *value)
{
	return put_number(out, value_number(value));
}

static size_t show_hex(char out[VALUE_WORD_SIZE], const struct value *value)
{
	static const char digits[] = "0123456789abcdef";
	uint64_t number = value_number(value);

	for (unsigned int i = 0; i < 16; i++)
		out[i] = digits[number >> (60 - 4 * i) & 15];
	out[16] = '\0';
	return 16;
}

static size_t show_bool(char out[VALUE_WORD_SIZE], const struct value *value)
{
	return put_text(out, value_number(value) ? "true" : "false");
}

static size_t show_enum(char out[VALUE_WORD_SIZE], const struct value *value)
{
	const char *const *names = value->field->names;
	uint64_t number = value_number(value), i = 0;

	while (names && names[i] && i < number)
		i++;
	return names && names[i] ? put_text(out, names[i]) : put_number(out, number);
}

static size_t show_time(char out[VALUE_WORD_SIZE], const struct value *value)
{
	clock_format_utc(out, value_wall_ns(value));
	return CLOCK_UTC_SIZE - 1;
}

static size_t show_uuid(char out[VALUE_WORD_SIZE], const struct value *value)
{
	uuid_format(out, value->member);
	return UUID_TEXT_SIZE - 1;
}

static size_t show_mode(char out[VALUE_WORD_SIZE], const struct value *value)
{
	uint64_t mode = value_number(value);

	for (unsigned int i = 0; i < 4; i++)
		out[i] = (char)('0' + (mode >> (9 - 3 * i) & 7));
	out[4] = '\0';
	return 4;
}

static size_t show_file_type(char out[VALUE_WORD_SIZE], const struct value *value)
{
	const char *type = name_file_type((uint32_t)value_number(value));

	return type ? put_text(out, type) : 0;
}

static size_t show_major(char out[VALUE_WORD_SIZE], const struct value *value)
{
	return put_number(out, value_number(value) >> MINOR_BITS);
}

static size_t show_minor(char out[VALUE_WORD_SIZE], const struct value *value)
{
	return put_number(out, value_number(value) & ((1u << MINOR_BITS) - 1));
}

static size_t show_device(char out[VALUE_WORD_SIZE], const struct value *value)
{
	size_t length = show_major(out, value);

	out[length++] = ':';
	return length + show_minor(out + length, value);
}

static size_t show_signal(char out[VALUE_WORD_SIZE], const struct value *value)
{
	uint64_t number = value_number(value);
	char name[NAME_SIZE];

	if (number == 0)
		return 0;
	name_signal(name, (uint32_t)number);
	return put_text(out, name);
}

static size_t show_signed(char out[VALUE_WORD_SIZE], const struct value *value)
{
	int64_t number = (int64_t)value_number(value);
	char digits[VALUE_WORD_SIZE];

	if (number >= 0)
		return put_number(out, (uint64_t)number);
	(void)put_number(digits, -(uint64_t)number);
	out[0] = '-';
	memcpy(out + 1, digits, sizeof(digits) - 1);
	return strlen(out);
}

static size_t show_errno(char out[VALUE_WORD_SIZE], const struct value *value)
{
	char name[NAME_SIZE];

	name_errno(name, (uint32_t)value_number(value));
	return put_text(out, name);
}

static size_t show_error_text(char out[VALUE_WORD_SIZE], const struct value *value)
{
	const char *text = name_error_text((uint32_t)value_number(value));

	return text ? put_text(out, text) : 0;
}

/* show is there for SHAPE_BARE and SHAPE_WORD. */
static const struct {
	enum value_shape shape;
	size_t (*show)(char out[VALUE_WORD_SIZE], const struct value *value);
} types[] = {
	[FIELD_HIDDEN] = {SHAPE_WORD, NULL},
	[FIELD_NUMBER] = {SHAPE_BARE, show_number},
	[FIELD_ID] = {SHAPE_WORD, show_number},
	[FIELD_HEX] = {SHAPE_WORD, show_hex},
	[FIELD_BOOL] = {SHAPE_BARE, show_bool},
	[FIELD_ENUM] = {SHAPE_WORD, show_enum},
	[FIELD_STRING] = {SHAPE_TEXT, NULL},
	[FIELD_PATH] = {SHAPE_TEXT, NULL},
	[FIELD_BASENAME] = {SHAPE_TEXT, NULL},
	[FIELD_DIRNAME] = {SHAPE_TEXT, NULL},
	[FIELD_LIST] = {SHAPE_LIST, NULL},
	[FIELD_JOINED] = {SHAPE_JOINED, NULL},
	[FIELD_COMM] = {SHAPE_TEXT, NULL},
	[FIELD_TIME_BOOT] = {SHAPE_WORD, show_time},
	[FIELD_TIME_WALL] = {SHAPE_WORD, show_time},
	[FIELD_UUID] = {SHAPE_WORD, show_uuid},
	[FIELD_MODE] = {SHAPE_WORD, show_mode},
	[FIELD_FILE_TYPE] = {SHAPE_WORD, show_file_type},
	[FIELD_DEVICE] = {SHAPE_WORD, show_device},
	[FIELD_MAJOR] = {SHAPE_BARE, show_major},
	[FIELD_MINOR] = {SHAPE_BARE, show_minor},
	[FIELD_CAPS] = {SHAPE_NAMES, NULL},
	[FIELD_SIGNAL] = {SHAPE_WORD, show_signal},
	[FIELD_SIGNED] = {SHAPE_BARE, show_signed},
	[FIELD_ERRNO] = {SHAPE_WORD, show_errno},
	[FIELD_ERROR_TEXT] = {SHAPE_WORD, show_error_text},
	[FIELD_OPEN_FLAGS] = {SHAPE_NAMES, NULL},
	[FIELD_RESOLVE] = {SHAPE_NAMES, NULL},
	[FIELD_MAP] = {SHAPE_MAP, NULL},
};
_Static_assert(FIELD_TYPES == 29, "a new field type gets a line above");

enum value_shape value_shape(const struct value *value)
{
	return types[value->field->type].shape;
}

size_t value_word(const struct value *value, char out[VALUE_WORD_SIZE])
{
	return types[value->field->type].show ? types[value->field->type].show(out, value) : 0;
}

size_t value_next_name(const struct value *value, size_t *cursor, char out[VALUE_WORD_SIZE])
{
	uint64_t bits = value_number(value);
	char name[NAME_SIZE];
	bool found = false;

	if (value->field->type == FIELD_OPEN_FLAGS)
		found = name_next_open_flag(name, bits, cursor);
	else if (value->field->type == FIELD_RESOLVE)
		found = name_next_resolve_flag(name, bits, cursor);
	else
		found = name_next_capability(name, bits, cursor);
	return found ? put_text(out, name) : 0;
}

bool value_next_part(const struct value *value, size_t *at, const char **ret_part,
		     size_t *ret_length)
{
	const char *part = value->text + *at;
	const char *nul;

	if (*at >= value->length)
		return false;
	nul = memchr(part, '\0', value->length - *at);
	*ret_part = part;
	*ret_length = nul ? (size_t)(nul - part) : value->length - *at;
	*at += *ret_length + 1;
	return true;
}
