/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes an event by its kind's plan. What is the same for every event (host, agent, the kind's own
 * words) is made once. Absent is absent: no null, no empty string, no empty object. Must not know
 * any kind or any member of a record.
 */
#include "render/ecs.h"

#include "base/uuid.h"
#include "decode/lookup.h"
#include "decode/names.h"
#include "render/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RAW(json, text) json_raw(json, text, sizeof(text) - 1)

/* The members of one object grow at most sixfold when escaped, and stand in it at most twice. */
#define MAX_RUN_BYTES (4 * 1024 * 1024)
#define MAX_FRAGMENT_BYTES (64 * 1024)

#define TAGS "tags" /* of the agent, and in a row those of rules */

/* Members that are no rows. */
enum special {
	SPECIAL_NONE,
	SPECIAL_ECS,
	SPECIAL_EVENT, /* event.kind and the other words of the kind */
	SPECIAL_EVENT_ID,
	SPECIAL_AGENT,
	SPECIAL_HOST,
	SPECIAL_SCHEMA,
	SPECIAL_RAW,
	SPECIAL_RAW_LEFT_OUT,
	SPECIAL_TRUNCATED,
	SPECIAL_TAGS
};

static const struct {
	const char *path;
	enum special special;
	enum plan_place place;
} specials[] = {
	{"ecs", SPECIAL_ECS, PLAN_FIRST},
	{"event.kind", SPECIAL_EVENT, PLAN_FIRST},
	{"event.id", SPECIAL_EVENT_ID, PLAN_FIRST},
	{"agent", SPECIAL_AGENT, PLAN_FIRST},
	{"host", SPECIAL_HOST, PLAN_FIRST},
	{"Linux.schema", SPECIAL_SCHEMA, PLAN_FIRST},
	{"Linux.raw", SPECIAL_RAW, PLAN_LAST},
	{"Linux.raw_left_out", SPECIAL_RAW_LEFT_OUT, PLAN_LAST},
	{"Linux.truncated", SPECIAL_TRUNCATED, PLAN_LAST},
	{TAGS, SPECIAL_TAGS, PLAN_LAST},
};

#define WHOLE UINT32_MAX /* index of a string that is not in a list */

/* A string that was not UTF-8. */
struct raw {
	const char *path;
	const char *bytes;
	size_t length;
	uint32_t index; /* in its list, or WHOLE */
};

struct cut {
	const char *path;
	uint32_t kept, full;
};

struct ecs {
	struct json *json;
	struct plan plans[REC_KINDS];     /* without members: the kind is never rendered */
	struct buf kind_words[REC_KINDS]; /* the value of event.kind and the members behind it */
	struct buf host, agent, tags;     /* agent lacks its end, tags its closing bracket */
	struct lookup rule_tags[REC_KINDS];
	uint8_t stream[16];
	char stream_text[UUID_TEXT_SIZE];
	/* of the event at hand */
	const struct plan *plan;
	unsigned int object; /* the one that is open */
	bool non_utf8;
	unsigned int raw_count, raw_left_out, cut_count;
	struct raw raws[ECS_RAW_MAX];
	struct cut cuts[PLAN_MAX_NODES];
};

/* Facts that never change */

static void add_fact(struct json *json, const struct json_key *key, const char *text)
{
	bool replaced; /* whoever named the host so sees what came of it */

	if (!text || !*text)
		return;
	json_member(json, key);
	json_text(json, text, strlen(text), &replaced);
}

static void add_os(struct json *json, const struct render_identity *identity)
{
	json_open(json, JSON_KEY("os"));
	add_fact(json, JSON_KEY("type"), "linux");
	add_fact(json, JSON_KEY("family"), identity->os_family);
	add_fact(json, JSON_KEY("platform"), identity->os_platform);
	add_fact(json, JSON_KEY("name"), identity->os_name);
	add_fact(json, JSON_KEY("version"), identity->os_version);
	add_fact(json, JSON_KEY("kernel"), identity->os_kernel);
	json_close(json);
}

static int make_host(struct ecs *ecs, const struct render_identity *identity)
{
	struct json *json = ecs->json;
	int result;

	json_begin(json, &ecs->host);
	add_fact(json, JSON_KEY("name"), identity->host_name);
	add_fact(json, JSON_KEY("hostname"), identity->host_hostname);
	add_fact(json, JSON_KEY("id"), identity->host_id);
	add_fact(json, JSON_KEY("architecture"), identity->host_architecture);
	if (identity->pid_ns) {
		json_member(json, JSON_KEY("pid_ns_ino"));
		RAW(json, "\"");
		json_number(json, identity->pid_ns);
		RAW(json, "\"");
	}
	if (identity->boot_id && *identity->boot_id) {
		json_open(json, JSON_KEY("boot"));
		add_fact(json, JSON_KEY("id"), identity->boot_id);
		json_close(json);
	}
	add_os(json, identity);
	result = json_end(json);
	if (result == 0)
		ecs->host.length -= strlen("\n");
	return result;
}

/* Without its end: agent.ephemeral_id is the stream of the event. */
static int make_agent(struct ecs *ecs, const struct render_identity *identity)
{
	struct json *json = ecs->json;
	int result;

	json_begin(json, &ecs->agent);
	add_fact(json, JSON_KEY("type"), "auditship");
	add_fact(json, JSON_KEY("version"), identity->agent_version);
	add_fact(json, JSON_KEY("id"), identity->agent_id);
	add_fact(json, JSON_KEY("name"), identity->agent_name);
	add_fact(json, JSON_KEY("ephemeral_id"), "-");
	result = json_end(json);
	if (result == 0)
		ecs->agent.length -= strlen("-\"}\n");
	return result;
}

/* Without its end: an event may have a tag of its own. */
static int make_tags(struct ecs *ecs, const struct render_identity *identity)
{
	struct json *json = ecs->json;
	bool replaced;
	int result;

	json_begin(json, &ecs->tags);
	json_member(json, JSON_KEY("tags"));
	json_list_open(json);
	for (unsigned int i = 0; i < identity->tag_count; i++) {
		json_list_item(json);
		json_text(json, identity->tags[i], strlen(identity->tags[i]), &replaced);
	}
	json_list_close(json);
	result = json_end(json);
	if (result < 0)
		return result;
	/* {"tags":["a"]} and line feed -> ["a" */
	ecs->tags.length -= strlen("{\"tags\":") + strlen("]}\n");
	memmove(ecs->tags.data, ecs->tags.data + strlen("{\"tags\":"), ecs->tags.length);
	return 0;
}

static int make_kind_words(struct buf *out, const struct kind *kind)
{
	return buf_printf(out,
			  "\"event\",\"category\":%s,\"type\":%s,\"action\":\"%s\","
			  "\"outcome\":\"%s\",\"module\":\"auditship\",\"dataset\":\"%s\","
			  "\"provider\":\"ebpf\"",
			  kind->category, kind->type, kind->action, kind->outcome, kind->dataset);
}

static int add_rows(struct plan_builder *builder, const struct kind *kind, struct err *err)
{
	unsigned int cursor = 0;
	struct row row;

	while (row_next(kind, &cursor, &row)) {
		int result;

		if (row.field->type == FIELD_HIDDEN || strcmp(row.field->path, TAGS) == 0)
			continue;
		result = plan_add_row(builder, &row, err);
		if (result < 0)
			return result;
	}
	return 0;
}

static int add_specials(struct plan_builder *builder, struct err *err)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < sizeof(specials) / sizeof(specials[0]); i++)
		result = plan_add_special(builder, specials[i].path, specials[i].special,
					  specials[i].place, err);
	return result;
}

static int make_kind(struct ecs *ecs, const struct kind *kind, struct err *err)
{
	struct plan_builder *builder;
	int result = plan_builder_new(&builder);

	lookup_init(&ecs->rule_tags[kind->kind], kind, TAGS);
	if (result < 0)
		return err_set(err, result, "no memory for the field plan of \"%s\"", kind->name);
	result = add_specials(builder, err);
	if (result == 0)
		result = add_rows(builder, kind, err);
	if (result == 0)
		result = plan_build(&ecs->plans[kind->kind], builder);
	plan_builder_free(builder);
	buf_init(&ecs->kind_words[kind->kind], MAX_FRAGMENT_BYTES);
	if (result == 0)
		result = make_kind_words(&ecs->kind_words[kind->kind], kind);
	return result;
}

static int make_kinds(struct ecs *ecs, struct err *err)
{
	for (unsigned int i = 0; i < REC_KINDS; i++) {
		const struct kind *kind = kind_get(i);
		int result = kind && kind->journalled ? make_kind(ecs, kind, err) : 0;

		if (result < 0)
			return err_wrap(err, result, "event kind %u", i);
	}
	return 0;
}

static int make_fragments(struct ecs *ecs, const struct render_identity *identity)
{
	int result;

	buf_init(&ecs->host, MAX_FRAGMENT_BYTES);
	buf_init(&ecs->agent, MAX_FRAGMENT_BYTES);
	buf_init(&ecs->tags, MAX_FRAGMENT_BYTES);
	result = make_host(ecs, identity);
	if (result == 0)
		result = make_agent(ecs, identity);
	if (result == 0)
		result = make_tags(ecs, identity);
	uuid_format(ecs->stream_text, ecs->stream);
	return result;
}

int ecs_new(struct ecs **ret_ecs, const struct render_identity *identity, struct err *err)
{
	struct ecs *ecs = calloc(1, sizeof(*ecs));
	int result = ecs ? json_new(&ecs->json, MAX_RUN_BYTES) : -ENOMEM;

	if (result < 0) {
		ecs_free(ecs);
		return err_set(err, result, "no memory for a renderer");
	}
	result = make_fragments(ecs, identity);
	if (result < 0)
		err_set(err, result, "what is known of the host and the tags is too long");
	if (result == 0)
		result = make_kinds(ecs, err);
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
	buf_done(&ecs->host);
	buf_done(&ecs->agent);
	buf_done(&ecs->tags);
	free(ecs);
}

/* One event */

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
			json_close(ecs->json);
			ecs->object = objects[ecs->object].parent;
		}
	}
	while (count > 0)
		json_open(ecs->json, &objects[to_open[--count]].key);
	ecs->object = object;
}

static void start_member(struct ecs *ecs, const struct plan_member *member)
{
	enter(ecs, member->object);
	json_member(ecs->json, &member->key);
}

static void note_raw(struct ecs *ecs, const char *path, uint32_t index, const char *bytes,
		     size_t length)
{
	if (ecs->raw_count == ECS_RAW_MAX)
		ecs->raw_left_out++;
	else
		ecs->raws[ecs->raw_count++] = (struct raw){path, bytes, length, index};
}

static void note_cut(struct ecs *ecs, const char *path, const struct value *value)
{
	ecs->cuts[ecs->cut_count++] = (struct cut){path, value->length, value->full};
}

static void write_text(struct ecs *ecs, const char *path, const struct value *value)
{
	bool replaced = false;

	json_text(ecs->json, value->text, value->length, &replaced);
	if (!replaced)
		return;
	ecs->non_utf8 = true;
	note_raw(ecs, path, WHOLE, value->text, value->length);
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
		if (!replaced)
			continue;
		ecs->non_utf8 = true;
		note_raw(ecs, path, i, part, length);
	}
	json_list_close(ecs->json);
}

static void write_caps(struct json *json, uint64_t bits)
{
	json_list_open(json);
	for (unsigned int bit = 0; bit < 64; bit++) {
		char name[NAME_SIZE];

		if (!(bits >> bit & 1))
			continue;
		name_capability(name, bit);
		json_list_item(json);
		json_word(json, name, strlen(name));
	}
	json_list_close(json);
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
		note_cut(ecs, member->path, value);
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
	case SHAPE_CAPS:
		if (value_number(value) == 0)
			break;
		start_member(ecs, member);
		write_caps(ecs->json, value_number(value));
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
		note_cut(ecs, member->path, &lost);
}

static void write_raw(struct json *json, const struct raw *raw)
{
	size_t length = raw->length < ECS_RAW_BYTES_MAX ? raw->length : ECS_RAW_BYTES_MAX;

	json_list_item(json);
	RAW(json, "{\"field\":");
	json_word(json, raw->path, strlen(raw->path));
	if (raw->index != WHOLE) {
		RAW(json, ",\"index\":");
		json_number(json, raw->index);
	}
	RAW(json, ",\"base64\":");
	json_base64(json, raw->bytes, length);
	if (length < raw->length) {
		RAW(json, ",\"total\":");
		json_number(json, raw->length);
	}
	RAW(json, "}");
}

static void write_raws(struct ecs *ecs, const struct plan_member *member)
{
	if (ecs->raw_count == 0)
		return;
	start_member(ecs, member);
	json_list_open(ecs->json);
	for (unsigned int i = 0; i < ecs->raw_count; i++)
		write_raw(ecs->json, &ecs->raws[i]);
	json_list_close(ecs->json);
}

static void write_cut(struct json *json, const struct cut *cut)
{
	json_list_item(json);
	RAW(json, "{\"field\":");
	json_word(json, cut->path, strlen(cut->path));
	RAW(json, ",\"kept\":");
	json_number(json, cut->kept);
	if (cut->full != REC_FULL_UNKNOWN) {
		RAW(json, ",\"total\":");
		json_number(json, cut->full);
	}
	RAW(json, "}");
}

static void write_cuts(struct ecs *ecs, const struct plan_member *member)
{
	if (ecs->cut_count == 0)
		return;
	start_member(ecs, member);
	json_list_open(ecs->json);
	for (unsigned int i = 0; i < ecs->cut_count; i++)
		write_cut(ecs->json, &ecs->cuts[i]);
	json_list_close(ecs->json);
}

static void write_rule_tags(struct ecs *ecs, const struct value *value, bool *any)
{
	const char *part;
	size_t at = 0, length;

	while (value_next_part(value, &at, &part, &length)) {
		bool replaced; /* whoever wrote the rule so sees what came of it */

		if (*any)
			RAW(ecs->json, ",");
		*any = true;
		json_text(ecs->json, part, length, &replaced);
	}
}

static void write_tags(struct ecs *ecs, const struct plan_member *member, const struct event *event)
{
	bool any = ecs->tags.length > strlen("[");
	struct value value;
	bool has_rule_tags = lookup_value(&ecs->rule_tags[event->kind->kind], event, &value);

	if (!any && !ecs->non_utf8 && !has_rule_tags)
		return;
	start_member(ecs, member);
	json_raw(ecs->json, ecs->tags.data, ecs->tags.length);
	if (has_rule_tags)
		write_rule_tags(ecs, &value, &any);
	if (any && ecs->non_utf8)
		RAW(ecs->json, ",");
	if (ecs->non_utf8)
		RAW(ecs->json, "\"non-utf8\"");
	RAW(ecs->json, "]");
}

static void write_event_id(struct json *json, const struct ecs *ecs, uint64_t sequence)
{
	RAW(json, "\"");
	json_raw(json, ecs->stream_text, UUID_TEXT_SIZE - 1);
	RAW(json, ":");
	json_number(json, sequence);
	RAW(json, "\"");
}

static void write_left_out(struct ecs *ecs, const struct plan_member *member)
{
	if (ecs->raw_left_out == 0)
		return;
	start_member(ecs, member);
	json_number(ecs->json, ecs->raw_left_out);
}

/* Those that every event has. */
static void write_constant(struct ecs *ecs, const struct plan_member *member,
			   const struct event *event)
{
	const struct buf *words = &ecs->kind_words[event->kind->kind];

	start_member(ecs, member);
	switch ((enum special)member->special) {
	case SPECIAL_ECS:
		RAW(ecs->json, "{\"version\":\"" ECS_VERSION "\"}");
		break;
	case SPECIAL_SCHEMA:
		RAW(ecs->json, "{\"version\":\"" ECS_SCHEMA_VERSION "\"}");
		break;
	case SPECIAL_EVENT:
		json_raw(ecs->json, words->data, words->length);
		break;
	case SPECIAL_EVENT_ID:
		write_event_id(ecs->json, ecs, event->entry->sequence);
		break;
	case SPECIAL_AGENT:
		json_raw(ecs->json, ecs->agent.data, ecs->agent.length);
		json_raw(ecs->json, ecs->stream_text, UUID_TEXT_SIZE - 1);
		RAW(ecs->json, "\"}");
		break;
	case SPECIAL_HOST:
		json_raw(ecs->json, ecs->host.data, ecs->host.length);
		break;
	case SPECIAL_NONE:
	case SPECIAL_RAW:
	case SPECIAL_RAW_LEFT_OUT:
	case SPECIAL_TRUNCATED:
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
	ecs->raw_count = ecs->raw_left_out = ecs->cut_count = 0;
	json_begin(ecs->json, out);
	for (unsigned int i = 0; i < plan->member_count; i++)
		write_member(ecs, &plan->members[i], event);
	enter(ecs, PLAN_ROOT);
	return json_end(ecs->json);
}
