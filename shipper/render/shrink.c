/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns a copy of one event, in whose references to text it writes lengths below a cap, and looks
 * for the highest cap with which the line fits. Must not know what a line looks like.
 */
#include "render/shrink.h"

#include "decode/value.h"

#include <errno.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define TEXTS_MAX 64
#define FLOOR 32u     /* bytes of a value below which nothing is shortened */
#define PRECISION 32u /* the cap found is at most so far from the best one */

/* A text of the copy, and what its reference says in the original. */
struct text {
	struct rec_string *reference;
	struct rec_string whole;
	const char *bytes; /* of the whole */
	bool is_path;      /* what is left of it is its end */
	bool is_long;      /* of those to be shortened first */
};

struct shrink {
	alignas(ENTRY_ALIGN) uint8_t data[ENTRY_MAX_SIZE];
	struct event event;
	struct text texts[TEXTS_MAX];
	struct event_cut cuts[TEXTS_MAX];
	unsigned int text_count;
};

struct shrink *shrink_new(void)
{
	return calloc(1, sizeof(struct shrink));
}

void shrink_free(struct shrink *shrink)
{
	free(shrink);
}

static bool is_text(const struct field *field)
{
	enum value_shape shape;

	if (field->type == FIELD_HIDDEN || field->type == FIELD_COMM)
		return false;
	shape = value_shape(&(struct value){.field = field});
	if (shape != SHAPE_TEXT && shape != SHAPE_LIST && shape != SHAPE_JOINED)
		return false;
	/* What rules have said of the event is said of it whole. */
	return strcmp(field->path, "tags") != 0 && strcmp(field->path, "Linux.masked") != 0;
}

static bool is_path(const struct field *field)
{
	return field->type == FIELD_PATH || field->type == FIELD_BASENAME ||
	       field->type == FIELD_DIRNAME;
}

static struct text *find_text(struct shrink *shrink, const void *reference)
{
	for (unsigned int i = 0; i < shrink->text_count; i++)
		if (shrink->texts[i].reference == reference)
			return &shrink->texts[i];
	return NULL;
}

/* Several rows may show one text. */
static void note_text(struct shrink *shrink, const struct row *row)
{
	uint8_t *base = row->source == ROW_ENRICHED
				? shrink->data + ((const uint8_t *)shrink->event.enriched -
						  (const uint8_t *)shrink->event.entry)
				: shrink->data + sizeof(struct entry);
	struct rec_string *reference = (void *)(base + row->field->offset);
	struct text *text = find_text(shrink, reference);

	if (!text && (reference->length <= FLOOR || shrink->text_count == TEXTS_MAX))
		return;
	if (!text) {
		text = &shrink->texts[shrink->text_count++];
		*text = (struct text){
			.reference = reference,
			.whole = *reference,
			.bytes = (const char *)base + reference->offset,
		};
	}
	text->is_path |= is_path(row->field);
	text->is_long |= row->field->type != FIELD_STRING;
}

static void take_copy(struct shrink *shrink, const struct event *event)
{
	ptrdiff_t record = (const uint8_t *)event->record - (const uint8_t *)event->entry;
	ptrdiff_t enriched = (const uint8_t *)event->enriched - (const uint8_t *)event->entry;
	unsigned int cursor = 0;
	struct row row;

	memcpy(shrink->data, event->entry, event->entry->size);
	shrink->event = *event;
	shrink->event.entry = (const void *)shrink->data;
	shrink->event.record = (const void *)(shrink->data + record);
	shrink->event.enriched = (const void *)(shrink->data + enriched);
	shrink->text_count = 0;
	while (row_next(event->kind, &cursor, &row))
		if (row.source != ROW_ENTRY && is_text(row.field))
			note_text(shrink, &row);
}

/* The end of a path, which holds its name; whole names if there are any. */
static void keep_end(struct text *text, uint32_t cap)
{
	const char *end = text->bytes + text->whole.length;
	const char *at = end - cap;
	const char *slash = memchr(at, '/', cap - 1);

	if (slash)
		at = slash + 1;
	while (at < end && ((unsigned char)*at & 0xc0) == 0x80) /* inside a character */
		at++;
	text->reference->offset = text->whole.offset + (uint32_t)(at - text->bytes);
	text->reference->length = (uint32_t)(end - at);
}

static void shorten(struct shrink *shrink, struct text *text, uint32_t cap)
{
	*text->reference = text->whole;
	if (text->whole.length <= cap)
		return;
	if (text->is_path)
		keep_end(text, cap);
	else
		text->reference->length = cap;
	shrink->cuts[shrink->event.cut_count++] = (struct event_cut){
		.member = text->reference,
		.bytes = text->bytes,
		.size = text->whole.length,
	};
}

/* Renders with no long text above the one cap, and no other above the second. */
static int try_caps(struct shrink *shrink, uint32_t cap_long, uint32_t cap_other,
		    shrink_render *render, void *data, struct buf *out)
{
	shrink->event.cuts = shrink->cuts;
	shrink->event.cut_count = 0;
	for (unsigned int i = 0; i < shrink->text_count; i++)
		shorten(shrink, &shrink->texts[i], shrink->texts[i].is_long ? cap_long : cap_other);
	return render(data, &shrink->event, out);
}

/* One search for a cap: of the long texts, or with those at the floor of the others. */
struct search {
	struct shrink *shrink;
	shrink_render *render;
	void *data;
	struct buf *out;
	size_t start, max;
	bool others;
};

/* 1: the line fits and stands in out. 0: it does not. */
static int try_cap(const struct search *search, uint32_t cap)
{
	struct buf *out = search->out;
	int result = try_caps(search->shrink, search->others ? FLOOR : cap,
			      search->others ? cap : UINT32_MAX, search->render, search->data, out);

	if (result == 0 && out->length - search->start - 1 <= search->max)
		return 1;
	out->length = search->start;
	return result == -EMSGSIZE ? 0 : result;
}

static uint32_t longest(const struct search *search)
{
	const struct shrink *shrink = search->shrink;
	uint32_t length = FLOOR;

	for (unsigned int i = 0; i < shrink->text_count; i++)
		if (shrink->texts[i].is_long != search->others &&
		    shrink->texts[i].whole.length > length)
			length = shrink->texts[i].whole.length;
	return length;
}

/* 1: found, and the line stands in out. */
static int find_cap(const struct search *search)
{
	uint32_t fits = FLOOR, too_high = longest(search) + 1;
	int result = try_cap(search, fits);

	if (result <= 0)
		return result;
	while (too_high - fits > PRECISION) {
		uint32_t cap = fits + (too_high - fits) / 2;

		search->out->length = search->start;
		result = try_cap(search, cap);
		if (result < 0)
			return result;
		if (result)
			fits = cap;
		else
			too_high = cap;
	}
	search->out->length = search->start;
	return try_cap(search, fits);
}

int shrink_event(struct shrink *shrink, const struct event *event, size_t max,
		 shrink_render *render, void *data, struct buf *out)
{
	struct search search = {.shrink = shrink,
				.render = render,
				.data = data,
				.out = out,
				.start = out->length,
				.max = max};
	int result;

	take_copy(shrink, event);
	result = find_cap(&search);
	search.others = true;
	if (result == 0)
		result = find_cap(&search);
	return result == 0 ? -EMSGSIZE : result < 0 ? result : 0;
}
