/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes an event by its kind's plan; what is the same for every event of a kind is made once. Must
 * not know any kind or any member of a record.
 */
#include "render/ecs.h"

#include "base/uuid.h"
#include "decode/lookup.h"
#include "render/document.h"
#include "render/ecs_plan.h"
#include "render/facts.h"
#include "render/parts.h"
#include "render/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A text grows at most sixfold when escaped, and a path stands in a line in up to ten forms. */
#define MAX_LINE_BYTES (16 * 1024 * 1024)
#define MAX_FRAGMENT_BYTES (64 * 1024)

struct ecs {
	struct json *json;
	struct plan plans[REC_KINDS];     /* without members: the kind is never rendered */
	struct buf kind_words[REC_KINDS]; /* the value of event.kind and the members behind it */
	struct facts facts;
	struct lookup rule_tags[REC_KINDS];
	uint8_t stream[16];
	char stream_text[UUID_TEXT_SIZE];
	struct document document; /* of the event at hand */
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

	if (result == 0)
		result = parts_find(&ecs->plans[kind->kind], ecs_is_compact(kind));
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
	int result = ecs ? json_new(&ecs->json, MAX_LINE_BYTES) : -ENOMEM;

	if (result == 0)
		result = document_init(&ecs->document, ecs->json);
	if (result < 0) {
		ecs_free(ecs);
		return err_set(err, result, "no memory for a renderer");
	}
	uuid_format(ecs->stream_text, ecs->stream);
	result = facts_init(&ecs->facts, ecs->json, identity, &form.leave_out);
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
	document_done(&ecs->document);
	for (unsigned int i = 0; i < REC_KINDS; i++) {
		plan_done(&ecs->plans[i]);
		buf_done(&ecs->kind_words[i]);
	}
	facts_done(&ecs->facts);
	free(ecs);
}

static void write_tags(struct ecs *ecs, const struct plan_member *member, const struct event *event)
{
	struct value value;
	bool found = lookup_value(&ecs->rule_tags[event->kind->kind], event, &value);

	document_tags(&ecs->document, member, &ecs->facts.tags, found ? &value : NULL);
}

static void write_labels(struct ecs *ecs, const struct plan_member *member)
{
	const struct buf *labels = &ecs->facts.labels;

	if (labels->length == 0)
		return;
	document_start(&ecs->document, member);
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

/* Those that every event has. */
static void write_constant(struct ecs *ecs, const struct plan_member *member,
			   const struct event *event)
{
	const struct buf *words = &ecs->kind_words[event->kind->kind];

	document_start(&ecs->document, member);
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

static void write_member(void *owner, const struct plan_member *member, const struct event *event)
{
	struct ecs *ecs = owner;

	switch ((enum special)member->special) {
	case SPECIAL_NONE:
		document_rows(&ecs->document, member, event);
		break;
	case SPECIAL_RAW:
		document_raws(&ecs->document, member);
		break;
	case SPECIAL_RAW_LEFT_OUT:
		document_left_out(&ecs->document, member);
		break;
	case SPECIAL_TRUNCATED:
		document_cuts(&ecs->document, member);
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
	document_begin(&ecs->document, plan, out);
	document_members(&ecs->document, event, write_member, ecs);
	return document_end(&ecs->document);
}
