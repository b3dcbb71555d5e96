/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events of any kind that repeat in part, as the probes and the shipper might make them: rows at
 * random of what is awkward to write. For the tests of renderers.
 */
#ifndef AUDITSHIP_TEST_RANDOM_EVENT_H
#define AUDITSHIP_TEST_RANDOM_EVENT_H

#include "entry_builder.h"

#include "decode/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FACES 5 /* that the bulk of an event can have */

static const uint8_t stream[16] = {1};
static uint64_t seed = UINT64_C(0x9e3779b97f4a7c15);

static inline uint64_t next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static const struct {
	const char *bytes;
	size_t length;
	uint32_t full; /* 0: all of it */
} texts[] = {
	{"/usr/bin/make", 13, 0},
	{"alice", 5, 0},
	{"a\0b=c\0=\0", 8, 0},
	{"", 0, 0},
	{"", 0, 9},
	{"gr\xc3\xb6\xc3", 5, 100},
	{"\xff\xfe\0x", 4, 0},
	{"say \"no\"\\\n\x1b", 11, 0},
	{"/", 1, REC_FULL_UNKNOWN},
	{"/home/alice/\xe2\x82\xac/x", 17, 0},
};

#define TEXTS (sizeof(texts) / sizeof(texts[0]))

static const uint64_t numbers[] = {0, 1, 1000, 4026531836u, UINT64_MAX, UINT64_C(1) << 40};

#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

static inline void fill_number(uint8_t *member, const struct field *field, uint64_t choice)
{
	uint64_t number = numbers[choice % NUMBERS];

	if (field->size > sizeof(number)) {
		memset(member, 0, field->size);
		memcpy(member, &choice, sizeof(choice) / 2);
	} else if (field->size == 1) {
		*member = choice % 2;
	} else {
		if (field->type == FIELD_NUMBER && field->size == sizeof(number))
			number %= FIELD_NUMBER_MAX;
		memcpy(member, &number, field->size);
	}
}

static inline void fill(struct entry_builder *builder, const struct row *row, uint64_t choice)
{
	uint8_t *base = row->source == ROW_RECORD ? (uint8_t *)builder->header
						  : (uint8_t *)builder->enriched;
	uint8_t *member = base + row->field->offset;
	size_t text = choice / NUMBERS % TEXTS;

	if (row->field->type == FIELD_HIDDEN)
		return;
	if (row->field->size == sizeof(struct rec_string))
		builder_bytes(builder, (struct rec_string *)(void *)member, texts[text].bytes,
			      texts[text].length, texts[text].full);
	else
		fill_number(member, row->field, choice);
}

/* One of a few faces, and some rows at random. */
static inline void fill_rows(struct entry_builder *builder, const struct kind *kind,
			     enum row_source source, uint64_t face)
{
	unsigned int cursor = 0, one_in = 4u << next() % 8;
	struct row row;

	while (row_next(kind, &cursor, &row)) {
		uint64_t choice = (row.field->offset + 1) * (face + 3) * UINT64_C(0x9e3779b97f4a);

		if (row.source != source ||
		    (source == ROW_RECORD && row.field->offset < sizeof(struct rec_header)))
			continue;
		fill(builder, &row, next() % one_in == 0 ? next() : choice >> 16);
	}
}

static inline void make_event(struct entry_builder *builder, const struct kind *kind,
			      struct event *ret_event)
{
	uint64_t face = next() % FACES;
	const char *why = NULL;

	builder_start(builder, (enum rec_kind)kind->kind, next() % 100);
	fill_rows(builder, kind, ROW_RECORD, face);
	builder_enrich(builder);
	fill_rows(builder, kind, ROW_ENRICHED, face);
	if (entry_parse(builder->data, builder_end(builder), stream, ret_event, &why) < 0)
		fail_msg("%s: %s", kind->name, why);
}

#endif
