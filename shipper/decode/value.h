/* SPDX-License-Identifier: BSD-2-Clause */
/* One row of the field tables applied to one event. Knows member types, no kind and no output. */
#ifndef AUDITSHIP_VALUE_H
#define AUDITSHIP_VALUE_H

#include "decode/entry.h"
#include "decode/fields.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The struct that a row's offset counts in. */
enum row_source { ROW_ENTRY, ROW_RECORD, ROW_ENRICHED };

struct row {
	const struct field *field;
	enum row_source source;
};

/*
 * Visits every row that a kind's events can show, entry first, record next, enrichment last: where
 * two rows have the same path, the first whose value is present counts. *cursor starts at 0. False
 * at the end.
 */
bool row_next(const struct kind *kind, unsigned int *cursor, struct row *ret_row);

enum value_state {
	VALUE_ABSENT,
	VALUE_LOST, /* there was one, but not one byte of it was kept */
	VALUE_PRESENT
};

/* Borrows from the event. */
struct value {
	const struct field *field;
	const uint8_t *member;
	int64_t wall_offset_ns;
	/* The rest is for shapes of text only. */
	const char *text;
	uint32_t length;
	uint32_t full; /* REC_FULL_UNKNOWN: nobody knows */
	bool cut;      /* the field itself, not only what it is derived from, is not whole */
	const struct event_cut *before; /* what it was cut from after it was recorded, or NULL */
};

enum value_state value_get(struct value *ret_value, const struct row *row,
			   const struct event *event);

/* Of a path: whether its last part may go on, or others follow that nobody kept. */
bool value_end_is_lost(const struct value *value);

enum value_shape {
	SHAPE_BARE,   /* a number or a boolean */
	SHAPE_WORD,   /* ASCII that needs no escape */
	SHAPE_TEXT,   /* any bytes */
	SHAPE_LIST,   /* any bytes, each part ended by NUL, the last perhaps not */
	SHAPE_JOINED, /* the same, shown as one string */
	SHAPE_NAMES,  /* a list of words */
	SHAPE_MAP,    /* as SHAPE_LIST, each part "name=value" */
};

enum value_shape value_shape(const struct value *value);

#define VALUE_WORD_SIZE 64

/* Text of SHAPE_BARE and SHAPE_WORD, terminated; returns its length, 0 when it has no meaning. */
size_t value_word(const struct value *value, char out[VALUE_WORD_SIZE]);

/* An unsigned member of 1, 2, 4 or 8 bytes. */
uint64_t value_number(const struct value *value);

/* A time of either clock, in nanoseconds of CLOCK_REALTIME. */
uint64_t value_wall_ns(const struct value *value);

/* The part at *at of a list, of which *at is moved to the next. False when there is none. */
bool value_next_part(const struct value *value, size_t *at, const char **ret_part,
		     size_t *ret_length);

/* The next word of SHAPE_NAMES; *cursor starts at 0. Returns its length, 0 behind the last. */
size_t value_next_name(const struct value *value, size_t *cursor, char out[VALUE_WORD_SIZE]);

#endif
