/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which members of a plan repeat together, and what they are made of. Must not know how anything is
 * written, or any member of a record.
 */
#include "render/parts.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Paths by what they tell of; a path that begins with none of these is of no part. */
enum topic {
	TOPIC_NONE,
	TOPIC_PROCESS,
	TOPIC_PARENT,
	TOPIC_SESSION,
	TOPIC_GROUP,
	TOPIC_ENTRY,
	TOPIC_PREVIOUS,
	TOPIC_USER,
	TOPIC_PLACE
};

static const struct {
	const char *prefix;
	enum topic topic;
} topics[] = {
	{"process.parent.", TOPIC_PARENT},
	{"process.session_leader.", TOPIC_SESSION},
	{"process.group_leader.", TOPIC_GROUP},
	{"process.entry_leader.", TOPIC_ENTRY},
	{"process.previous.", TOPIC_PREVIOUS},
	{"process.user.", TOPIC_USER},
	{"process.group.", TOPIC_USER},
	{"process.real_", TOPIC_USER},
	{"process.saved_", TOPIC_USER},
	{"process.thread.capabilities.", TOPIC_USER},
	{"process.", TOPIC_PROCESS},
	{"user.", TOPIC_USER},
	{"group.", TOPIC_USER},
	{"Linux.fs_", TOPIC_USER},
	{"Linux.audit.", TOPIC_USER},
	{"Linux.capabilities.", TOPIC_USER},
	{"Linux.names.", TOPIC_USER},
	{"Linux.ancestry", TOPIC_PARENT},
	{"Linux.namespaces.", TOPIC_PLACE},
	{"Linux.cgroup.", TOPIC_PLACE},
	{"Linux.systemd.", TOPIC_PLACE},
	{"Linux.container.", TOPIC_PLACE},
	{"container.", TOPIC_PLACE},
	{"orchestrator.", TOPIC_PLACE},
};

#define TOPICS (sizeof(topics) / sizeof(topics[0]))

/* What the row's source holds of every process, not of this event alone. */
static bool is_of_process(const struct row *row)
{
	const uint8_t of_event = FIELD_OF_END | FIELD_OF_FILE | FIELD_OF_SENDER;
	size_t task = sizeof(struct rec_header);

	if (row->field->type == FIELD_TIME_BOOT) /* shown by the entry's own offset */
		return false;
	if (row->source == ROW_ENRICHED)
		return !(row->field->flags & of_event);
	return row->source == ROW_RECORD && row->field->offset >= task &&
	       row->field->offset < task + sizeof(struct rec_task);
}

static enum topic topic_of_row(const struct row *row, bool of_process)
{
	for (size_t i = 0; is_of_process(row) && i < TOPICS; i++) {
		if (strncmp(row->field->path, topics[i].prefix, strlen(topics[i].prefix)) != 0)
			continue;
		if (of_process)
			return TOPIC_PROCESS;
		return topics[i].topic == TOPIC_PROCESS ? TOPIC_NONE : topics[i].topic;
	}
	return TOPIC_NONE;
}

/* That of all its rows. */
static enum topic topic_of(const struct plan_member *member, bool of_process)
{
	enum topic topic = TOPIC_NONE;

	for (unsigned int i = 0; i < member->row_count; i++) {
		enum topic of_row = topic_of_row(&member->rows[i], of_process);

		if (of_row == TOPIC_NONE || (i > 0 && of_row != topic))
			return TOPIC_NONE;
		topic = of_row;
	}
	return topic;
}

/* The innermost object that both are in. */
static unsigned int common_object(const struct plan *plan, unsigned int one, unsigned int other)
{
	while (one != other) {
		if (plan->objects[one].depth < plan->objects[other].depth)
			other = plan->objects[other].parent;
		else
			one = plan->objects[one].parent;
	}
	return one;
}

/* The object right below outer that inner is in, or outer itself. */
static unsigned int object_below(const struct plan *plan, unsigned int outer, unsigned int inner)
{
	unsigned int below = outer;

	for (; inner != outer && inner != PLAN_ROOT; inner = plan->objects[inner].parent)
		below = inner;
	return inner == outer ? below : PLAN_ROOT;
}

/* Whether a member outside stands with one of the part in an object that the part opens. */
static bool is_torn(const struct plan *plan, unsigned int object, unsigned int inside,
		    unsigned int outside)
{
	unsigned int opened = object_below(plan, object, plan->members[inside].object);

	return opened != object && outside < plan->member_count &&
	       common_object(plan, opened, plan->members[outside].object) == opened;
}

static bool add_span(struct part_span *spans, unsigned int *count, unsigned int max,
		     const struct row *row)
{
	struct part_span span = {row->source, row->field->offset, row->field->size};

	for (unsigned int i = 0; i < *count; i++) {
		if (spans[i].source != span.source)
			continue;
		if (spans[i].offset == span.offset && spans[i].size >= span.size)
			return true;
	}
	if (*count == max)
		return false;
	spans[(*count)++] = span;
	return true;
}

static bool is_string(const struct field *field)
{
	struct value value = {.field = field};

	switch (value_shape(&value)) {
	case SHAPE_TEXT:
		return field->type != FIELD_COMM;
	case SHAPE_LIST:
	case SHAPE_JOINED:
	case SHAPE_MAP:
		return true;
	case SHAPE_BARE:
	case SHAPE_WORD:
	case SHAPE_NAMES:
		break;
	}
	return false;
}

static bool add_row(struct part *part, const struct row *row)
{
	if (is_string(row->field))
		return add_span(part->strings, &part->string_count, PART_STRINGS, row);
	return add_span(part->spans, &part->span_count, PART_SPANS, row);
}

static bool is_optional(const struct plan_member *member)
{
	for (unsigned int i = 0; i < member->row_count; i++) {
		const struct field *field = member->rows[i].field;

		if (!is_string(field) && !(field->flags & FIELD_SKIP_ZERO))
			return false;
	}
	return member->special == 0;
}

static int by_place(const void *one, const void *other)
{
	const struct part_span *a = one, *b = other;

	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

/* Neighbours become one: fewer pieces to copy. */
static void join_spans(struct part *part)
{
	unsigned int count = 0;

	qsort(part->spans, part->span_count, sizeof(part->spans[0]), by_place);
	for (unsigned int i = 0; i < part->span_count; i++) {
		struct part_span *last = count ? &part->spans[count - 1] : NULL;

		if (last && last->source == part->spans[i].source &&
		    last->offset + last->size == part->spans[i].offset)
			last->size = (uint16_t)(last->size + part->spans[i].size);
		else
			part->spans[count++] = part->spans[i];
	}
	part->span_count = count;
}

/* False: these members are no part. */
static bool make_part(struct part *part, const struct plan *plan, unsigned int first,
		      unsigned int end)
{
	unsigned int object = plan->members[first].object, rows = 0;

	*part = (struct part){.first = first, .count = end - first, .optional = true};
	for (unsigned int i = first; i < end; i++) {
		part->optional &= is_optional(&plan->members[i]);
		object = common_object(plan, object, plan->members[i].object);
		for (unsigned int r = 0; r < plan->members[i].row_count; r++, rows++)
			if (!add_row(part, &plan->members[i].rows[r]))
				return false;
	}
	part->object = object;
	join_spans(part);
	return (rows > 1 || part->string_count > 0) && first > 0 &&
	       !is_torn(plan, object, first, first - 1) && !is_torn(plan, object, end - 1, end);
}

int parts_find(struct plan *plan, bool of_process)
{
	unsigned int first = 0, end;

	plan->parts = calloc(plan->member_count, sizeof(*plan->parts));
	if (!plan->parts)
		return -ENOMEM;
	for (; first < plan->member_count; first = end) {
		enum topic topic = topic_of(&plan->members[first], of_process);

		end = first + 1;
		while (end < plan->member_count &&
		       topic_of(&plan->members[end], of_process) == topic)
			end++;
		if (topic != TOPIC_NONE &&
		    make_part(&plan->parts[plan->part_count], plan, first, end))
			plan->part_count++;
	}
	return 0;
}

/* Most pieces are a few numbers. */
static inline void copy_span(char *out, const char *from, size_t size)
{
	switch (size) {
	case 4:
		memcpy(out, from, 4);
		break;
	case 8:
		memcpy(out, from, 8);
		break;
	case 24:
		memcpy(out, from, 24);
		break;
	default:
		memcpy(out, from, size);
		break;
	}
}

struct bases {
	const char *of[ROW_ENRICHED + 1];
};

static inline struct bases bases_of(const struct event *event)
{
	return (struct bases){{
		[ROW_ENTRY] = (const char *)event->entry,
		[ROW_RECORD] = (const char *)event->record,
		[ROW_ENRICHED] = (const char *)event->enriched,
	}};
}

static bool is_zero(const char *bytes, size_t size)
{
	uint64_t eight;

	for (; size >= sizeof(eight); size -= sizeof(eight), bytes += sizeof(eight)) {
		memcpy(&eight, bytes, sizeof(eight));
		if (eight)
			return false;
	}
	while (size > 0 && bytes[size - 1] == 0)
		size--;
	return size == 0;
}

bool part_is_nothing(const struct part *part, const struct event *event)
{
	const struct bases bases = bases_of(event);

	if (!part->optional)
		return false;
	for (unsigned int i = 0; i < part->string_count; i++) {
		const char *base = bases.of[part->strings[i].source];
		struct rec_string string;

		memcpy(&string, base + part->strings[i].offset, sizeof(string));
		if (string.length | string.full)
			return false;
	}
	for (unsigned int i = 0; i < part->span_count; i++) {
		const struct part_span *span = &part->spans[i];

		if (!is_zero(bases.of[span->source] + span->offset, span->size))
			return false;
	}
	return true;
}

/* Of a string, what stands in a key before its bytes: length and full, in one piece. */
#define KEY_LENGTHS (2 * sizeof(uint32_t))
static_assert(offsetof(struct rec_string, full) == offsetof(struct rec_string, length) + 4, "");

size_t part_key(const struct part *part, const struct event *event, char *key, size_t size)
{
	const struct bases bases = bases_of(event);
	size_t length = 0;

	for (unsigned int i = 0; i < part->span_count; i++) {
		const struct part_span *span = &part->spans[i];

		if (span->size > size - length)
			return 0;
		copy_span(key + length, bases.of[span->source] + span->offset, span->size);
		length += span->size;
	}
	for (unsigned int i = 0; i < part->string_count; i++) {
		const char *base = bases.of[part->strings[i].source];
		const struct rec_string *string =
			(const struct rec_string *)(base + part->strings[i].offset);

		if (size - length < KEY_LENGTHS || string->length > size - length - KEY_LENGTHS)
			return 0;
		memcpy(key + length, &string->length, KEY_LENGTHS);
		length += KEY_LENGTHS;
		if (string->length)
			memcpy(key + length, base + string->offset, string->length);
		length += string->length;
	}
	if (size - length < PART_KEY_SLACK)
		return 0;
	memset(key + length, 0, PART_KEY_SLACK);
	return length;
}
