/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Absent is absent: no null, no empty string, no empty object. Must not know any format, any kind
 * or any member of a record.
 */
#include "render/document.h"

#include "render/parts.h"

#include <errno.h>
#include <string.h>

#define MAX_PART_BYTES (16 * 1024 * 1024)

int document_init(struct document *document, struct json *json)
{
	document->json = json;
	buf_init(&document->part, MAX_PART_BYTES);
	document->parts = part_cache_new();
	return document->parts ? 0 : -ENOMEM;
}

void document_done(struct document *document)
{
	part_cache_free(document->parts);
	buf_done(&document->part);
}

static void open_object(struct document *document, const struct plan_object *object)
{
	if (object->in_list)
		json_open_in_list(document->json, &object->key);
	else
		json_open(document->json, &object->key);
}

static void close_object(struct document *document, const struct plan_object *object)
{
	json_close(document->json);
	if (object->in_list)
		json_close_list(document->json);
}

/* Closes and opens objects until the given one is open. */
static void move_to(struct document *document, unsigned int object)
{
	const struct plan_object *objects = document->plan->objects;
	unsigned int to_open[PLAN_MAX_DEPTH];
	unsigned int count = 0, at = object;

	while (at != document->object) {
		if (objects[at].depth > objects[document->object].depth) {
			to_open[count++] = at;
			at = objects[at].parent;
		} else {
			close_object(document, &objects[document->object]);
			document->object = objects[document->object].parent;
		}
	}
	while (count > 0)
		open_object(document, &objects[to_open[--count]]);
	document->object = object;
}

static inline void enter(struct document *document, unsigned int object)
{
	if (object != document->object)
		move_to(document, object);
}

void document_begin(struct document *document, const struct plan *plan, struct buf *out)
{
	document->plan = plan;
	document->object = PLAN_ROOT;
	document->non_utf8 = false;
	remarks_clear(&document->remarks);
	json_begin(document->json, out);
}

int document_end(struct document *document)
{
	enter(document, PLAN_ROOT);
	return json_end(document->json);
}

void document_start(struct document *document, const struct plan_member *member)
{
	enter(document, member->object);
	json_member(document->json, &member->key);
}

static void note_raw(struct document *document, const struct remark_raw *raw)
{
	document->non_utf8 = true;
	remarks_add_raw(&document->remarks, raw);
}

static void write_text(struct document *document, const char *path, const struct value *value)
{
	bool replaced = false;

	json_text(document->json, value->text, value->length, &replaced);
	if (replaced)
		note_raw(document,
			 &(struct remark_raw){path, value->text, value->length, REMARKS_WHOLE});
}

static void write_list(struct document *document, const char *path, const struct value *value)
{
	const char *part;
	size_t at = 0, length;

	json_list_open(document->json);
	for (uint32_t i = 0; value_next_part(value, &at, &part, &length); i++) {
		bool replaced = false;

		json_list_item(document->json);
		json_text(document->json, part, length, &replaced);
		if (replaced)
			note_raw(document, &(struct remark_raw){path, part, length, i});
	}
	json_list_close(document->json);
}

/* Raw bytes are told of the part as a whole: name, '=' and value. */
static void write_map(struct document *document, const char *path, const struct value *value)
{
	const char *part;
	size_t at = 0, length;

	JSON_RAW(document->json, "{");
	for (uint32_t i = 0; value_next_part(value, &at, &part, &length); i++) {
		const char *sign = memchr(part, '=', length);
		size_t name = sign ? (size_t)(sign - part) : length;
		size_t skip = sign ? name + 1 : length;
		bool replaced = false;

		if (i > 0)
			JSON_RAW(document->json, ",");
		json_text(document->json, part, name, &replaced);
		JSON_RAW(document->json, ":");
		json_text(document->json, part + skip, length - skip, &replaced);
		if (replaced)
			note_raw(document, &(struct remark_raw){path, part, length, i});
	}
	JSON_RAW(document->json, "}");
}

static void write_names(struct document *document, const struct plan_member *member,
			const struct value *value)
{
	char name[VALUE_WORD_SIZE];
	size_t cursor = 0, length = value_next_name(value, &cursor, name);

	if (length == 0)
		return;
	document_start(document, member);
	json_list_open(document->json);
	for (; length > 0; length = value_next_name(value, &cursor, name)) {
		json_list_item(document->json);
		json_word(document->json, name, length);
	}
	json_list_close(document->json);
}

static void write_word(struct document *document, const struct plan_member *member,
		       const struct value *value, enum value_shape shape)
{
	char word[1 + VALUE_WORD_SIZE + JSON_KEY_SLACK];
	size_t length = value_word(value, word + 1);

	if (length == 0)
		return;
	document_start(document, member);
	if (shape == SHAPE_BARE) {
		json_short(document->json, word + 1, length);
		return;
	}
	word[0] = word[1 + length] = '"';
	json_short(document->json, word, length + 2);
}

static void write_value(struct document *document, const struct plan_member *member,
			const struct value *value)
{
	enum value_shape shape = value_shape(value);

	if (value->cut)
		remarks_add_cut(&document->remarks, member->path, value);
	switch (shape) {
	case SHAPE_BARE:
	case SHAPE_WORD:
		write_word(document, member, value, shape);
		break;
	case SHAPE_TEXT:
		document_start(document, member);
		write_text(document, member->path, value);
		break;
	case SHAPE_LIST:
		document_start(document, member);
		write_list(document, member->path, value);
		break;
	case SHAPE_JOINED: /* the list it is made of keeps the bytes */
		document_start(document, member);
		json_joined(document->json, value->text, value->length, &document->non_utf8);
		break;
	case SHAPE_NAMES:
		write_names(document, member, value);
		break;
	case SHAPE_MAP:
		document_start(document, member);
		write_map(document, member->path, value);
		break;
	}
}

/* What is left of the one at index is not a byte; a row behind it may say more. */
static bool find_behind(struct document *document, const struct plan_member *member,
			const struct event *event, unsigned int index, struct value *ret_value)
{
	struct value lost = *ret_value;

	while (++index < member->row_count)
		if (value_get(ret_value, &member->rows[index], event) == VALUE_PRESENT)
			return true;
	remarks_add_cut(&document->remarks, member->path, &lost);
	return false;
}

bool document_find(struct document *document, const struct plan_member *member,
		   const struct event *event, struct value *ret_value)
{
	for (unsigned int i = 0; i < member->row_count; i++) {
		enum value_state state = value_get(ret_value, &member->rows[i], event);

		if (state == VALUE_PRESENT)
			return true;
		if (state == VALUE_LOST)
			return find_behind(document, member, event, i, ret_value);
	}
	return false;
}

void document_rows(struct document *document, const struct plan_member *member,
		   const struct event *event)
{
	struct value value;

	if (document_find(document, member, event, &value))
		write_value(document, member, &value);
}

void document_raws(struct document *document, const struct plan_member *member)
{
	if (document->remarks.raw_count == 0)
		return;
	document_start(document, member);
	remarks_write_raws(&document->remarks, document->json);
}

void document_left_out(struct document *document, const struct plan_member *member)
{
	if (document->remarks.raw_left_out == 0)
		return;
	document_start(document, member);
	json_number(document->json, document->remarks.raw_left_out);
}

void document_cuts(struct document *document, const struct plan_member *member)
{
	if (document->remarks.cut_count == 0)
		return;
	document_start(document, member);
	remarks_write_cuts(&document->remarks, document->json);
}

static void write_rule_tags(struct document *document, const struct value *value, bool *any)
{
	const char *part;
	size_t at = 0, length;

	while (value_next_part(value, &at, &part, &length)) {
		bool replaced; /* whoever wrote the rule so sees what came of it */

		if (*any)
			JSON_RAW(document->json, ",");
		*any = true;
		json_text(document->json, part, length, &replaced);
	}
}

void document_tags(struct document *document, const struct plan_member *member,
		   const struct buf *agent_tags, const struct value *rule_tags)
{
	bool any = agent_tags->length > strlen("[");

	if (!any && !document->non_utf8 && !rule_tags)
		return;
	document_start(document, member);
	json_raw(document->json, agent_tags->data, agent_tags->length);
	if (rule_tags)
		write_rule_tags(document, rule_tags, &any);
	if (any && document->non_utf8)
		JSON_RAW(document->json, ",");
	if (document->non_utf8)
		JSON_RAW(document->json, "\"non-utf8\"");
	JSON_RAW(document->json, "]");
}

static unsigned int remark_count(const struct document *document)
{
	const struct remarks *remarks = &document->remarks;

	return remarks->raw_count + remarks->raw_left_out + remarks->cut_count;
}

struct writing {
	struct document *document;
	const struct event *event;
	document_write *write;
	void *owner;
};

/* Leaves the text in document->part. False: there is something to remark, which the text is not. */
static bool render_part(const struct writing *writing, const struct part *part)
{
	struct document *document = writing->document;
	unsigned int object = document->object, remarks = remark_count(document);
	bool non_utf8 = document->non_utf8, plain;
	size_t mark = json_set_aside(document->json), length;
	const char *text;
	int result;

	document->object = part->object;
	document->non_utf8 = false;
	for (unsigned int i = part->first; i < part->first + part->count; i++)
		writing->write(writing->owner, &document->plan->members[i], writing->event);
	enter(document, part->object);
	plain = !document->non_utf8 && remark_count(document) == remarks;
	document->object = object;
	document->non_utf8 |= non_utf8;
	text = json_take(document->json, mark, &length);
	buf_clear(&document->part);
	result = buf_add(&document->part, text, length);
	if (result < 0)
		json_fail(document->json, result);
	return plain && !json_failed(document->json); /* of what had no room a part is missing */
}

static void put_part(struct document *document, const struct part *part, const char *text,
		     size_t length)
{
	if (length == 0)
		return;
	enter(document, part->object);
	json_members(document->json, text, length);
}

static void write_part(const struct writing *writing, const struct part *part)
{
	struct document *document = writing->document;
	struct part_key key = {.owner = part, .bytes = document->key};
	const char *text;
	size_t length;

	if (part_is_nothing(part, writing->event))
		return;
	key.length = part_key(part, writing->event, document->key, sizeof(document->key));
	text = key.length ? part_cache_get(document->parts, &key, &length) : NULL;
	if (text) {
		put_part(document, part, text, length);
		return;
	}
	if (render_part(writing, part) && key.length)
		part_cache_put(document->parts, &key, document->part.data, document->part.length);
	put_part(document, part, document->part.data, document->part.length);
}

/* Texts that were cut after the event was recorded have remarks that their bytes do not tell. */
void document_members(struct document *document, const struct event *event, document_write *write,
		      void *owner)
{
	const struct writing writing = {document, event, write, owner};
	const struct plan *plan = document->plan;
	const struct part *part = plan->parts, *end = part + plan->part_count;

	if (!document->parts || event->cut_count > 0)
		part = end;
	for (unsigned int i = 0; i < plan->member_count;) {
		if (part < end && i == part->first) {
			write_part(&writing, part);
			i += part++->count;
		} else if (plan->members[i].special == 0) {
			document_rows(document, &plan->members[i++], event);
		} else {
			write(owner, &plan->members[i++], event);
		}
	}
}
