/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes an event by its kind's plan; what is the same for every event of a kind is made once.
 * Absent is absent: no null, no empty string, no empty object. Must not know any kind or any member
 * of a record.
 */
#include "render/ecs.h"

#include "base/uuid.h"
#include "decode/lookup.h"
#include "render/ecs_plan.h"
#include "render/facts.h"
#include "render/plan.h"
#include "render/remarks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The members of one object grow at most sixfold when escaped, and stand in it at most twice. */
#define MAX_RUN_BYTES (4 * 1024 * 1024)
#define MAX_FRAGMENT_BYTES (64 * 1024)

struct ecs {
	struct json *json;
	struct plan plans[REC_KINDS];     /* without members: the kind is never rendered */
	struct buf kind_words[REC_KINDS]; /* the value of event.kind and the members behind it */
	struct facts facts;
	struct lookup rule_tags[REC_KINDS];
	uint8_t stream[16];
	char stream_text[UUID_TEXT_SIZE];
	/* of the event at hand */
	const struct plan *plan;
	unsigned int object; /* the one that is open */
	bool non_utf8;
	struct remarks remarks;
};

static int make_kind_words(struct buf *out, const struct kind *kind)
{
	return buf_printf(out,
			  "\"event\",\"category\":%s,\"type\":%s,\"action\":\"%s\","
			  "\"outcome\":\"%s\",\"module\":\"auditship\",\"dataset\":\"%s\","
			  "\"provider\":\"ebpf\"",
			  kind->category, kind->type, kind->action, kind->outcome, kind->dataset);
}

static int make_kind(struct ecs *ecs, const struct kind *kind, struct ecs_form form,
		     struct err *err)
{
	int result = ecs_plan_make(&ecs->plans[kind->kind], kind, form, err);

	lookup_init(&ecs->rule_tags[kind->kind], kind, ECS_TAGS);
	buf_init(&ecs->kind_words[kind->kind], MAX_FRAGMENT_BYTES);
	if (result == 0)
		result = make_kind_words(&ecs->kind_words[kind->kind], kind);
	return result;
}

static int make_kinds(struct ecs *ecs, struct ecs_form form, struct err *err)
{
	for (unsigned int i = 0; i < REC_KINDS; i++) {
		const struct kind *kind = kind_get(i);
		int result = kind && kind->journalled ? make_kind(ecs, kind, form, err) : 0;

		if (result < 0)
			return err_wrap(err, result, "event kind %u", i);
	}
	return 0;
}

int ecs_new(struct ecs **ret_ecs, const struct render_identity *identity, struct ecs_form form,
	    struct err *err)
{
	struct ecs *ecs = calloc(1, sizeof(*ecs));
	int result = ecs ? json_new(&ecs->json, MAX_RUN_BYTES) : -ENOMEM;

	if (result < 0) {
		ecs_free(ecs);
		return err_set(err, result, "no memory for a renderer");
	}
	uuid_format(ecs->stream_text, ecs->stream);
	result = facts_init(&ecs->facts, ecs->json, identity);
	if (result < 0)
		err_set(err, result,
			"what is known of the host, the labels and the tags is too long");
	if (result == 0)
		result = make_kinds(ecs, form, err);
	if (result < 0) {
		ecs_free(ecs);
		return result;
	}
	*ret_ecs = ecs;
	return 0;
}

void ecs_free(struct ecs *ecs)
{
	if (!ecs)
		return;
	json_free(ecs->json);
	for (unsigned int i = 0; i < REC_KINDS; i++) {
		plan_done(&ecs->plans[i]);
		buf_done(&ecs->kind_words[i]);
	}
	facts_done(&ecs->facts);
	free(ecs);
}

static void open_object(struct ecs *ecs, const struct plan_object *object)
{
	if (object->in_list)
		json_open_in_list(ecs->json, &object->key);
	else
		json_open(ecs->json, &object->key);
}

static void close_object(struct ecs *ecs, const struct plan_object *object)
{
	json_close(ecs->json);
	if (object->in_list)
		json_close_list(ecs->json);
}

/* Closes and opens objects until the given one is open. */
static void enter(struct ecs *ecs, unsigned int object)
{
	const struct plan_object *objects = ecs->plan->objects;
	unsigned int to_open[PLAN_MAX_DEPTH];
	unsigned int count = 0, at = object;

	while (at != ecs->object) {
		if (objects[at].depth > objects[ecs->object].depth) {
			to_open[count++] = at;
			at = objects[at].parent;
		} else {
			close_object(ecs, &objects[ecs->object]);
			ecs->object = objects[ecs->object].parent;
		}
	}
	while (count > 0)
		open_object(ecs, &objects[to_open[--count]]);
	ecs->object = object;
}

static void start_member(struct ecs *ecs, const struct plan_member *member)
{
	enter(ecs, member->object);
	json_member(ecs->json, &member->key);
}

static void note_raw(struct ecs *ecs, const struct remark_raw *raw)
{
	ecs->non_utf8 = true;
	remarks_add_raw(&ecs->remarks, raw);
}

static void write_text(struct ecs *ecs, const char *path, const struct value *value)
{
	bool replaced = false;

	json_text(ecs->json, value->text, value->length, &replaced);
	if (replaced)
		note_raw(ecs,
			 &(struct remark_raw){path, value->text, value->length, REMARKS_WHOLE});
}

static void write_list(struct ecs *ecs, const char *path, const struct value *value)
{
	const char *part;
	size_t at = 0, length;

	json_list_open(ecs->json);
	for (uint32_t i = 0; value_next_part(value, &at, &part, &length); i++) {
		bool replaced = false;

		json_list_item(ecs->json);
		json_text(ecs->json, part, length, &replaced);
		if (replaced)
			note_raw(ecs, &(struct remark_raw){path, part, length, i});
	}
	json_list_close(ecs->json);
}

static void write_names(struct ecs *ecs, const struct plan_member *member,
			const struct value *value)
{
	char name[VALUE_WORD_SIZE];
	size_t cursor = 0, length = value_next_name(value, &cursor, name);

	if (length == 0)
		return;
	start_member(ecs, member);
	json_list_open(ecs->json);
	for (; length > 0; length = value_next_name(value, &cursor, name)) {
		json_list_item(ecs->json);
		json_word(ecs->json, name, length);
	}
	json_list_close(ecs->json);
}

static void write_word(struct ecs *ecs, const struct plan_member *member, const struct value *value)
{
	char word[VALUE_WORD_SIZE];
	size_t length = value_word(value, word);

	if (length == 0)
		return;
	start_member(ecs, member);
	if (value_shape(value) == SHAPE_BARE)
		json_raw(ecs->json, word, length);
	else
		json_word(ecs->json, word, length);
}

static void write_value(struct ecs *ecs, const struct plan_member *member,
			const struct value *value)
{
	if (value->cut)
		remarks_add_cut(&ecs->remarks, member->path, value);
	switch (value_shape(value)) {
	case SHAPE_BARE:
	case SHAPE_WORD:
		write_word(ecs, member, value);
		break;
	case SHAPE_TEXT:
		start_member(ecs, member);
		write_text(ecs, member->path, value);
		break;
	case SHAPE_LIST:
		start_member(ecs, member);
		write_list(ecs, member->path, value);
		break;
	case SHAPE_JOINED: /* the list it is made of keeps the bytes */
		start_member(ecs, member);
		json_joined(ecs->json, value->text, value->length, &ecs->non_utf8);
		break;
	case SHAPE_NAMES:
		write_names(ecs, member, value);
		break;
	}
}

/* The first row that has something to say. */
static void write_rows(struct ecs *ecs, const struct plan_member *member, const struct event *event)
{
	struct value value, lost = {0};
	bool is_lost = false;

	for (unsigned int i = 0; i < member->row_count; i++) {
		enum value_state state = value_get(&value, &member->rows[i], event);

		if (state == VALUE_PRESENT) {
			write_value(ecs, member, &value);
			return;
		}
		if (state == VALUE_LOST && !is_lost) {
			lost = value;
			is_lost = true;
		}
	}
	if (is_lost)
		remarks_add_cut(&ecs->remarks, member->path, &lost);
}

static void write_rule_tags(struct ecs *ecs, const struct value *value, bool *any)
{
	const char *part;
	size_t at = 0, length;

	while (value_next_part(value, &at, &part, &length)) {
		bool replaced; /* whoever wrote the rule so sees what came of it */

		if (*any)
			JSON_RAW(ecs->json, ",");
		*any = true;
		json_text(ecs->json, part, length, &replaced);
	}
}

static void write_tags(struct ecs *ecs, const struct plan_member *member, const struct event *event)
{
	bool any = ecs->facts.tags.length > strlen("[");
	struct value value;
	bool has_rule_tags = lookup_value(&ecs->rule_tags[event->kind->kind], event, &value);

	if (!any && !ecs->non_utf8 && !has_rule_tags)
		return;
	start_member(ecs, member);
	json_raw(ecs->json, ecs->facts.tags.data, ecs->facts.tags.length);
	if (has_rule_tags)
		write_rule_tags(ecs, &value, &any);
	if (any && ecs->non_utf8)
		JSON_RAW(ecs->json, ",");
	if (ecs->non_utf8)
		JSON_RAW(ecs->json, "\"non-utf8\"");
	JSON_RAW(ecs->json, "]");
}

static void write_labels(struct ecs *ecs, const struct plan_member *member)
{
	const struct buf *labels = &ecs->facts.labels;

	if (labels->length == 0)
		return;
	start_member(ecs, member);
	json_raw(ecs->json, labels->data, labels->length);
}

static void write_event_id(struct json *json, const struct ecs *ecs, uint64_t sequence)
{
	JSON_RAW(json, "\"");
	json_raw(json, ecs->stream_text, UUID_TEXT_SIZE - 1);
	JSON_RAW(json, ":");
	json_number(json, sequence);
	JSON_RAW(json, "\"");
}

static void write_raws(struct ecs *ecs, const struct plan_member *member)
{
	if (ecs->remarks.raw_count == 0)
		return;
	start_member(ecs, member);
	remarks_write_raws(&ecs->remarks, ecs->json);
}

static void write_left_out(struct ecs *ecs, const struct plan_member *member)
{
	if (ecs->remarks.raw_left_out == 0)
		return;
	start_member(ecs, member);
	json_number(ecs->json, ecs->remarks.raw_left_out);
}

static void write_cuts(struct ecs *ecs, const struct plan_member *member)
{
	if (ecs->remarks.cut_count == 0)
		return;
	start_member(ecs, member);
	remarks_write_cuts(&ecs->remarks, ecs->json);
}

/* Those that every event has. */
static void write_constant(struct ecs *ecs, const struct plan_member *member,
			   const struct event *event)
{
	const struct buf *words = &ecs->kind_words[event->kind->kind];

	start_member(ecs, member);
	switch ((enum special)member->special) {
	case SPECIAL_ECS:
		JSON_RAW(ecs->json, "{\"version\":\"" ECS_VERSION "\"}");
		break;
	case SPECIAL_SCHEMA:
		JSON_RAW(ecs->json, "{\"version\":\"" ECS_SCHEMA_VERSION "\"}");
		break;
	case SPECIAL_EVENT:
		json_raw(ecs->json, words->data, words->length);
		break;
	case SPECIAL_EVENT_ID:
		write_event_id(ecs->json, ecs, event->entry->sequence);
		break;
	case SPECIAL_AGENT:
		json_raw(ecs->json, ecs->facts.agent.data, ecs->facts.agent.length);
		json_raw(ecs->json, ecs->stream_text, UUID_TEXT_SIZE - 1);
		JSON_RAW(ecs->json, "\"}");
		break;
	case SPECIAL_HOST:
		json_raw(ecs->json, ecs->facts.host.data, ecs->facts.host.length);
		break;
	case SPECIAL_NONE:
	case SPECIAL_RAW:
	case SPECIAL_RAW_LEFT_OUT:
	case SPECIAL_TRUNCATED:
	case SPECIAL_LABELS:
	case SPECIAL_TAGS:
		break;
	}
}

static void write_member(struct ecs *ecs, const struct plan_member *member,
			 const struct event *event)
{
	switch ((enum special)member->special) {
	case SPECIAL_NONE:
		write_rows(ecs, member, event);
		break;
	case SPECIAL_RAW:
		write_raws(ecs, member);
		break;
	case SPECIAL_RAW_LEFT_OUT:
		write_left_out(ecs, member);
		break;
	case SPECIAL_TRUNCATED:
		write_cuts(ecs, member);
		break;
	case SPECIAL_LABELS:
		write_labels(ecs, member);
		break;
	case SPECIAL_TAGS:
		write_tags(ecs, member, event);
		break;
	case SPECIAL_ECS:
	case SPECIAL_EVENT:
	case SPECIAL_EVENT_ID:
	case SPECIAL_AGENT:
	case SPECIAL_HOST:
	case SPECIAL_SCHEMA:
		write_constant(ecs, member, event);
		break;
	}
}

static void take_stream(struct ecs *ecs, const uint8_t *stream)
{
	if (memcmp(ecs->stream, stream, sizeof(ecs->stream)) == 0)
		return;
	memcpy(ecs->stream, stream, sizeof(ecs->stream));
	uuid_format(ecs->stream_text, stream);
}

int ecs_event(struct ecs *ecs, const struct event *event, struct buf *out)
{
	const struct plan *plan = &ecs->plans[event->kind->kind];

	if (plan->member_count == 0)
		return -EINVAL;
	take_stream(ecs, event->stream);
	ecs->plan = plan;
	ecs->object = PLAN_ROOT;
	ecs->non_utf8 = false;
	remarks_clear(&ecs->remarks);
	json_begin(ecs->json, out);
	for (unsigned int i = 0; i < plan->member_count; i++)
		write_member(ecs, &plan->members[i], event);
	enter(ecs, PLAN_ROOT);
	return json_end(ecs->json);
}
