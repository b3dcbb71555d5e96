/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Renders events bare, one behind the other, and the head when the document is taken. Must not know
 * what an event looks like.
 */
#include "render/batch.h"

#include "base/uuid.h"
#include "render/ecs.h"
#include "render/facts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_MAX_BYTES (256 * 1024)

static const char *const schema_names[] = {"batch", NULL};

const struct leaf batch_schema_leaves[] = {
	{
		.path = "name",
		.type = FIELD_ENUM,
		.flags = FIELD_REQUIRED,
		.names = schema_names,
		.doc = "Always batch.",
	},
	{
		.path = "version",
		.type = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.pattern = "^0\\.[0-9]+\\.[0-9]+$",
		.doc = "Version of the schema of batches that this one follows; each event names "
		       "that of its own.",
	},
	{},
};

const struct leaf batch_leaves[] = {
	{
		.path = "first_sequence",
		.type = FIELD_NUMBER,
		.max = UINT64_MAX,
		.doc = "event.sequence of the first event.",
	},
	{
		.path = "last_sequence",
		.type = FIELD_NUMBER,
		.max = UINT64_MAX,
		.doc = "event.sequence of the last event. What lies between and is not here was "
		       "not for this sink.",
	},
	{
		.path = "count",
		.type = FIELD_NUMBER,
		.max = UINT32_MAX,
		.doc = "How many events there are.",
	},
	{},
};

struct batch {
	struct batch_options options;
	struct ecs *ecs;
	struct json *json;
	struct facts facts;
	struct buf events; /* each followed by a comma */
	struct buf head;
	size_t head_bytes; /* the most that a head takes */
	unsigned int count;
	uint64_t first, last;
	uint8_t stream[16];
	/* As they were before the last event. */
	size_t events_before;
	uint64_t last_before;
};

/* Up to the bracket that opens the events. */
static int make_head(struct batch *batch)
{
	char stream[UUID_TEXT_SIZE];
	struct json *json = batch->json;
	int result;

	buf_clear(&batch->head);
	uuid_format(stream, batch->stream);
	json_begin(json, &batch->head);
	json_open(json, JSON_KEY("schema"));
	json_member(json, JSON_KEY("name"));
	json_word(json, schema_names[0], strlen(schema_names[0]));
	json_member(json, JSON_KEY("version"));
	JSON_RAW(json, "\"" BATCH_SCHEMA_VERSION "\"");
	json_close(json);
	json_member(json, JSON_KEY("agent"));
	json_raw(json, batch->facts.agent.data, batch->facts.agent.length);
	json_raw(json, stream, UUID_TEXT_SIZE - 1);
	JSON_RAW(json, "\"}");
	json_member(json, JSON_KEY("host"));
	json_raw(json, batch->facts.host.data, batch->facts.host.length);
	if (batch->facts.labels.length > 0) {
		json_member(json, JSON_KEY("labels"));
		json_raw(json, batch->facts.labels.data, batch->facts.labels.length);
	}
	json_member(json, JSON_KEY("first_sequence"));
	json_number(json, batch->first);
	json_member(json, JSON_KEY("last_sequence"));
	json_number(json, batch->last);
	json_member(json, JSON_KEY("count"));
	json_number(json, batch->count);
	json_member(json, JSON_KEY("events"));
	JSON_RAW(json, "[");
	result = json_end(json);
	if (result == 0)
		batch->head.length -= strlen("}\n");
	return result;
}

/* With the largest numbers there can be. */
static int measure_head(struct batch *batch)
{
	int result;

	batch->first = batch->last = UINT64_MAX;
	batch->count = UINT32_MAX;
	result = make_head(batch);
	batch->head_bytes = batch->head.length + strlen("]}\n");
	batch->count = 0;
	return result;
}

int batch_new(struct batch **ret_batch, const struct batch_options *options,
	      const struct render_identity *identity, struct err *err)
{
	struct ecs_form form = {.compact = options->detail == RENDER_COMPACT,
				.bare = true,
				.leave_out = options->leave_out};
	struct batch *batch = calloc(1, sizeof(*batch));
	int result = batch ? json_new(&batch->json, HEAD_MAX_BYTES) : -ENOMEM;

	if (result < 0) {
		batch_free(batch);
		return err_set(err, result, "no memory for batches");
	}
	batch->options = *options;
	buf_init(&batch->events, options->bytes_max);
	buf_init(&batch->head, HEAD_MAX_BYTES);
	result = facts_init(&batch->facts, batch->json, identity, &options->leave_out);
	if (result == 0)
		result = measure_head(batch);
	if (result < 0)
		(void)err_set(err, result,
			      "what is known of the host, the labels and the tags is too long");
	else if (batch->head_bytes >= options->bytes_max || options->count_max == 0)
		result = err_set(err, -EINVAL, "a batch must have room for an event");
	else
		result = ecs_new(&batch->ecs, identity, form, err);
	if (result < 0) {
		batch_free(batch);
		return result;
	}
	batch_limit(batch, options->bytes_max);
	*ret_batch = batch;
	return 0;
}

void batch_free(struct batch *batch)
{
	if (!batch)
		return;
	ecs_free(batch->ecs);
	json_free(batch->json);
	facts_done(&batch->facts);
	buf_done(&batch->events);
	buf_done(&batch->head);
	free(batch);
}

void batch_undo(struct batch *batch)
{
	batch->count--;
	batch->events.length = batch->events_before;
	batch->last = batch->last_before;
}

void batch_clear(struct batch *batch)
{
	batch->count = 0;
	buf_clear(&batch->events);
}

void batch_limit(struct batch *batch, size_t bytes_max)
{
	batch->options.bytes_max = bytes_max;
	batch->events.limit = bytes_max > batch->head_bytes ? bytes_max - batch->head_bytes : 0;
}

unsigned int batch_count(const struct batch *batch)
{
	return batch->count;
}

int batch_add(struct batch *batch, const struct event *event)
{
	bool same = memcmp(batch->stream, event->stream, sizeof(batch->stream)) == 0;
	size_t before = batch->events.length;
	int result;

	if (batch->count > 0 && (!same || batch->count >= batch->options.count_max))
		return -EAGAIN;
	result = ecs_event(batch->ecs, event, &batch->events);
	if (result < 0)
		return result == -EMSGSIZE && batch->count > 0 ? -EAGAIN : result;
	batch->events.data[batch->events.length - 1] = ','; /* the line feed */
	memcpy(batch->stream, event->stream, sizeof(batch->stream));
	batch->events_before = before;
	batch->last_before = batch->last;
	batch->last = event->entry->sequence;
	if (batch->count++ == 0)
		batch->first = batch->last;
	return 0;
}

int batch_take(struct batch *batch, struct buf *out)
{
	size_t before = out->length;
	int result;

	if (batch->count == 0)
		return 0;
	result = make_head(batch);
	if (result == 0)
		result = buf_add(out, batch->head.data, batch->head.length);
	if (result == 0) /* without the last comma */
		result = buf_add(out, batch->events.data, batch->events.length - 1);
	if (result == 0)
		result = buf_add(out, "]}\n", strlen("]}\n"));
	if (result < 0) {
		out->length = before;
		return result;
	}
	batch_clear(batch);
	return 0;
}
