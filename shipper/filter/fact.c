/* SPDX-License-Identifier: BSD-2-Clause */
/* Row types to numbers and text. Must not know what is asked of them. */
#include "filter/fact.h"

#include "base/clock.h"

#include <errno.h>
#include <string.h>

static enum fact_class class_of(enum field_type type)
{
	switch (type) {
	case FIELD_NUMBER:
	case FIELD_ID:
	case FIELD_MAJOR:
	case FIELD_MINOR:
		return FACT_NUMBER;
	case FIELD_BOOL:
		return FACT_BOOL;
	case FIELD_HIDDEN:
	case FIELD_HEX:
	case FIELD_ENUM:
	case FIELD_STRING:
	case FIELD_PATH:
	case FIELD_BASENAME:
	case FIELD_DIRNAME:
	case FIELD_LIST:
	case FIELD_JOINED:
	case FIELD_COMM:
	case FIELD_TIME_BOOT:
	case FIELD_TIME_WALL:
	case FIELD_UUID:
	case FIELD_MODE:
	case FIELD_FILE_TYPE:
	case FIELD_DEVICE:
	case FIELD_CAPS:
	case FIELD_SIGNAL:
	case FIELD_SIGNED:
	case FIELD_ERRNO:
	case FIELD_ERROR_TEXT:
	case FIELD_OPEN_FLAGS:
	case FIELD_RESOLVE:
	case FIELD_MAP:
	case FIELD_TYPES:
		break;
	}
	return FACT_TEXT;
}

static bool ends_with(const char *path, const char *end)
{
	size_t length = strlen(path), size = strlen(end);

	return length >= size && strcmp(path + length - size, end) == 0;
}

static enum fact_unit unit_of(const char *path)
{
	if (strcmp(path, "event.duration") == 0 || ends_with(path, "_ns"))
		return FACT_NANOSECONDS;
	if (strcmp(path, "file.size") == 0 || ends_with(path, "_bytes"))
		return FACT_BYTES;
	return FACT_PLAIN;
}

int fact_field(struct fact_field *ret_field, const char *path)
{
	const struct field *field = lookup_field(path);

	*ret_field = (struct fact_field){.class = FACT_TEXT};
	if (lookup_is_constant(path))
		return 0;
	if (!field)
		return -ENOENT;
	ret_field->class = class_of(field->type);
	ret_field->list = field->type == FIELD_LIST || field->type == FIELD_CAPS ||
			  field->type == FIELD_OPEN_FLAGS || field->type == FIELD_RESOLVE ||
			  field->type == FIELD_MAP;
	if (ret_field->class == FACT_NUMBER)
		ret_field->unit = unit_of(path);
	return 0;
}

/* As in JSON, which has nanoseconds; or with a unit. */
static int parse_ns(const char *text, uint64_t *ret_ns)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} small[] = {{"ns", 1}, {"us", 1000}};
	char digits[24];
	size_t length = strspn(text, "0123456789");
	uint64_t ms;

	if (text_parse_number(text, ret_ns) == 0)
		return 0;
	for (size_t i = 0; i < 2 && length < sizeof(digits); i++) {
		if (strcmp(text + length, small[i].name) != 0)
			continue;
		memcpy(digits, text, length);
		digits[length] = '\0';
		if (text_parse_number(digits, ret_ns) < 0 ||
		    __builtin_mul_overflow(*ret_ns, small[i].ns, ret_ns))
			return -EINVAL;
		return 0;
	}
	if (text_parse_duration(text, &ms) < 0 || __builtin_mul_overflow(ms, NS_PER_MS, ret_ns))
		return -EINVAL;
	return 0;
}

static int parse_bool(const char *text, uint64_t *ret_number)
{
	*ret_number = strcmp(text, "true") == 0;
	return *ret_number || strcmp(text, "false") == 0 ? 0 : -EINVAL;
}

int fact_parse(const struct fact_field *field, const char *text, uint64_t *ret_number,
	       struct err *err)
{
	if (field->class == FACT_BOOL) {
		if (parse_bool(text, ret_number) == 0)
			return 0;
		return err_set(err, -EINVAL, "expected true or false");
	}
	switch (field->unit) {
	case FACT_NANOSECONDS:
		if (parse_ns(text, ret_number) == 0)
			return 0;
		return err_set(err, -EINVAL,
			       "expected a duration such as 100ms, or a number of nanoseconds");
	case FACT_BYTES:
		if (text_parse_size(text, ret_number) == 0)
			return 0;
		return err_set(err, -EINVAL, "expected a size such as 4KiB");
	case FACT_PLAIN:
		break;
	}
	if (text_parse_number(text, ret_number) == 0)
		return 0;
	return err_set(err, -EINVAL, "expected a number from 0 on");
}

static void set_word(struct fact *fact, size_t length)
{
	fact->is_number = false;
	fact->text = (struct glob_text){fact->word, length, 0};
}

/* MAJOR and MINOR are parts of a member: their word has the number. */
static bool next_word(struct fact *fact, const struct value *value)
{
	size_t length;

	if (value->field->type == FIELD_NUMBER || value->field->type == FIELD_ID ||
	    value->field->type == FIELD_BOOL) {
		fact->is_number = true;
		fact->number = value_number(value);
		if (value->field->type == FIELD_BOOL)
			fact->number = fact->number != 0;
		return true;
	}
	length = value_word(value, fact->word);
	if (length == 0)
		return false;
	set_word(fact, length);
	fact->is_number = class_of(value->field->type) == FACT_NUMBER;
	return !fact->is_number || text_parse_number(fact->word, &fact->number) == 0;
}

static bool next_part(struct fact *fact, const struct value *value, size_t *cursor)
{
	fact->is_number = false;
	fact->text.nul = 0;
	return value_next_part(value, cursor, &fact->text.bytes, &fact->text.length);
}

static bool next_name(struct fact *fact, const struct value *value, size_t *cursor)
{
	size_t length = value_next_name(value, cursor, fact->word);

	if (length > 0)
		set_word(fact, length);
	return length > 0;
}

bool fact_next(struct fact *fact, const struct value *value, size_t *cursor)
{
	switch (value_shape(value)) {
	case SHAPE_LIST:
	case SHAPE_MAP:
		return next_part(fact, value, cursor);
	case SHAPE_NAMES:
		return next_name(fact, value, cursor);
	case SHAPE_TEXT:
	case SHAPE_JOINED:
		fact->is_number = false;
		fact->text = (struct glob_text){value->text, value->length, 0};
		if (value_shape(value) == SHAPE_JOINED)
			fact->text.nul = ' ';
		return (*cursor)++ == 0;
	case SHAPE_BARE:
	case SHAPE_WORD:
		break;
	}
	return (*cursor)++ == 0 && next_word(fact, value);
}

bool fact_as_key(struct fact *fact, const struct lookup *rows, const struct event *event,
		 const char *path)
{
	struct lookup_word word;
	struct value value;
	size_t cursor = 0;

	if (lookup_constant(event->kind, path, 0, &word)) {
		fact->text = (struct glob_text){word.text, word.length, 0};
		return true;
	}
	if (!lookup_value(rows, event, &value) || !fact_next(fact, &value, &cursor))
		return false;
	if (fact->is_number)
		fact->text = (struct glob_text){fact->word, value_word(&value, fact->word), 0};
	return true;
}

bool fact_of_document(struct fact *fact, const struct fact_field *field,
		      const struct json_read *document, const char *path, size_t index)
{
	const char *text = json_read_item(document, path, index);

	if (!text)
		return false;
	fact->is_number = field->class != FACT_TEXT;
	fact->text = (struct glob_text){text, strlen(text), 0};
	if (field->class == FACT_BOOL)
		return parse_bool(text, &fact->number) == 0;
	return field->class == FACT_TEXT || text_parse_number(text, &fact->number) == 0;
}
