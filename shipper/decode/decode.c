/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bounds. After record_check no later stage asks again whether a reference is inside its record.
 * Driven by the field tables; knows no kind by name.
 */
#include "decode/decode.h"

#include "decode/fields.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct bounds {
	size_t struct_size, size; /* without and with the tail */
};

/* What is asked of the members of a struct: of most nothing. */
struct demand {
	const struct field *row;
	uint16_t offset;
	uint8_t check;
};

#define DEMANDS_MAX 128
struct demands {
	unsigned int count;
	struct demand of[DEMANDS_MAX];
};

static struct demands header_demands, enriched_demands, kind_demands[REC_KINDS];
static pthread_once_t demands_found = PTHREAD_ONCE_INIT;

/* A string is empty, as most are, or lies whole in the tail, and never keeps more than there was.
 */
static inline const char *check_string(const struct rec_string *string, const struct bounds *bounds)
{
	if (string->length == 0)
		return NULL;
	if (string->length > string->full)
		return "a string keeps more than there was";
	if (string->offset < bounds->struct_size || string->offset > bounds->size)
		return "a string starts outside the tail";
	if (string->length > bounds->size - string->offset)
		return "a string ends outside the record";
	return NULL;
}

static bool has_name(const struct field *row, unsigned int number)
{
	for (unsigned int i = 0; i <= number; i++)
		if (!row->names[i])
			return false;
	return true;
}

static const char *check_name(const struct field *row, const uint8_t *member)
{
	return has_name(row, *member) ? NULL : "a number stands for nothing";
}

/*
 * What JSON cannot carry was not written by our probes. Of the enrichment this is not asked: the
 * shipper made it.
 */
static const char *check_number(const struct field *row, const uint8_t *member)
{
	uint64_t number;

	memcpy(&number, member, sizeof(number));
	if ((row->flags & FIELD_SKIP_UNSET) && number == UINT64_MAX)
		return NULL;
	if (row->type == FIELD_SIGNED)
		number += FIELD_NUMBER_MAX;
	if (number > (row->type == FIELD_SIGNED ? 2 * FIELD_NUMBER_MAX : FIELD_NUMBER_MAX))
		return "a number is beyond what JSON can carry";
	return NULL;
}

static const char *check_demands(const void *base, const struct demands *demands,
				 const struct bounds *bounds)
{
	const char *why = NULL;

	for (unsigned int i = 0; !why && i < demands->count; i++) {
		const struct demand *demand = &demands->of[i];
		const uint8_t *member = (const uint8_t *)base + demand->offset;

		if (demand->check == FIELD_CHECK_STRING)
			why = check_string((const void *)member, bounds);
		else if (demand->check == FIELD_CHECK_NAME)
			why = check_name(demand->row, member);
		else
			why = check_number(demand->row, member);
	}
	return why;
}

/* Several rows may show one string, which is checked once. */
static bool has_string(const struct demands *demands, uint16_t offset)
{
	for (unsigned int i = 0; i < demands->count; i++)
		if (demands->of[i].check == FIELD_CHECK_STRING && demands->of[i].offset == offset)
			return true;
	return false;
}

static bool is_demand(const struct demands *demands, const struct field *row, bool numbers)
{
	if (row->check == FIELD_CHECK_STRING)
		return !has_string(demands, row->offset);
	return row->check == FIELD_CHECK_NAME || (row->check == FIELD_CHECK_NUMBER && numbers);
}

static void find_demands(struct demands *demands, const struct field *rows, bool numbers)
{
	for (const struct field *row = rows; row->check != FIELD_CHECK_END; row++) {
		if (!is_demand(demands, row, numbers))
			continue;
		if (demands->count == DEMANDS_MAX)
			abort(); /* with any record: our own table has outgrown it */
		demands->of[demands->count++] =
			(struct demand){.row = row, .offset = row->offset, .check = row->check};
	}
}

static void find_all_demands(void)
{
	find_demands(&header_demands, header_fields, true);
	find_demands(&enriched_demands, enriched_fields, false);
	for (unsigned int i = 0; i < REC_KINDS; i++)
		if (kind_get(i))
			find_demands(&kind_demands[i], kind_get(i)->fields, true);
}

const char *decode_check_enriched(const void *enriched, size_t struct_size, size_t size)
{
	(void)pthread_once(&demands_found, find_all_demands);
	return check_demands(enriched, &enriched_demands,
			     &(struct bounds){.struct_size = struct_size, .size = size});
}

static const char *check_header(const struct rec_header *header, size_t size)
{
	const struct kind *kind;

	if (size < sizeof(*header))
		return "shorter than a header";
	if (header->size != size)
		return "its size is not what the ring says";
	if (size > REC_MAX_SIZE)
		return "larger than a record can be";
	if (header->abi != REC_ABI)
		return "of another version of the wire format";
	kind = kind_get(header->kind);
	if (!kind)
		return "of an unknown kind";
	if (size < kind->record_size)
		return "shorter than its kind";
	if (header->ring >= REC_RINGS || header->class >= REC_CLASSES)
		return "of an unknown ring or class";
	return NULL;
}

int record_check(const void *record, size_t size, const char **ret_why)
{
	const struct rec_header *header = record;
	const struct kind *kind;
	struct bounds bounds;

	*ret_why = check_header(header, size);
	if (*ret_why)
		return -EBADMSG;
	kind = kind_get(header->kind);
	bounds = (struct bounds){kind->record_size, size};
	(void)pthread_once(&demands_found, find_all_demands);
	*ret_why = check_demands(record, &header_demands, &bounds);
	if (!*ret_why)
		*ret_why = check_demands(record, &kind_demands[header->kind], &bounds);
	return *ret_why ? -EBADMSG : 0;
}

static void reverse(char *first, char *end)
{
	while (first < --end) {
		char c = *first;

		*first++ = *end;
		*end = c;
	}
}

/*
 * "ls\0bin\0usr\0" -> all bytes reversed: "\0rsu\0nib\0sl" -> each part reversed behind a slash:
 * "/usr/bin/ls". Bytes that are no path (no NUL at the end) become an empty string.
 */
static void resolve_path(char *bytes, struct rec_string *string)
{
	char *end = bytes + string->length;

	if (string->length == 0)
		return;
	if (end[-1] != '\0') {
		string->length = 0;
		string->full = REC_FULL_UNKNOWN;
		return;
	}
	reverse(bytes, end);
	for (char *at = bytes; at < end;) {
		char *next = memchr(at + 1, '\0', (size_t)(end - at - 1));

		*at = '/';
		reverse(at + 1, next ? next : end);
		at = next ? next : end;
	}
	if (string->full != string->length) { /* the way to the root is unknown: not absolute */
		string->offset++;
		string->length--;
	}
}

void record_resolve_paths(struct rec_header *record)
{
	const struct kind *kind = kind_get(record->kind);
	uint16_t done = 0; /* rows of one member stand together */

	for (const struct field *row = kind->fields; !field_ends(row); row++) {
		struct rec_string *string = (struct rec_string *)((char *)record + row->offset);

		if (row->type != FIELD_PATH || row->offset == done)
			continue;
		resolve_path((char *)record + string->offset, string);
		done = row->offset;
	}
}

const char *record_string(const struct rec_header *record, const struct rec_string *string)
{
	return (const char *)record + string->offset;
}
