/* SPDX-License-Identifier: BSD-2-Clause */
/* Owns the memory of one batch. Knows no journal and no renderer. */
#include "sink/pending.h"

#include "base/clock.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 64u
#define FIRST_BYTES 8192 /* many a batch has one event */

static int grow(struct pending *batch)
{
	uint32_t capacity = batch->capacity ? 2 * batch->capacity : FIRST_CAPACITY;
	struct sink_message *messages =
		realloc(batch->messages, capacity * sizeof(*batch->messages));
	uint32_t *filtered;

	if (!messages)
		return -ENOMEM;
	batch->messages = messages;
	filtered = realloc(batch->filtered, (capacity + 1) * sizeof(*batch->filtered));
	if (!filtered)
		return -ENOMEM;
	if (batch->capacity == 0)
		filtered[0] = 0;
	batch->filtered = filtered;
	batch->capacity = capacity;
	return 0;
}

struct pending *pending_new(size_t bytes, size_t bytes_max)
{
	struct pending *batch = calloc(1, sizeof(*batch));

	if (!batch)
		return NULL;
	buf_init(&batch->text, bytes_max);
	buf_init(&batch->keys, bytes_max);
	if (grow(batch) < 0 ||
	    (bytes && !buf_reserve(&batch->text, bytes < FIRST_BYTES ? bytes : FIRST_BYTES))) {
		pending_free(batch);
		return NULL;
	}
	return batch;
}

void pending_free(struct pending *batch)
{
	if (!batch)
		return;
	buf_done(&batch->text);
	buf_done(&batch->keys);
	free(batch->messages);
	free(batch->filtered);
	free(batch->rejected);
	free(batch);
}

void pending_clear(struct pending *batch)
{
	buf_clear(&batch->text);
	buf_clear(&batch->keys);
	batch->count = batch->settled = batch->events = 0;
	batch->first = batch->last = 0;
	batch->begun_ns = batch->oldest_ns = 0;
	batch->header = batch->sealed = false;
	free(batch->rejected);
	batch->rejected = NULL;
	batch->rejected_count = batch->rejected_capacity = batch->rejected_told = 0;
	batch->filtered[0] = 0;
	batch->view = (struct sink_batch){0};
}

uint32_t *pending_filtered(const struct pending *batch)
{
	return &batch->filtered[batch->count];
}

struct rejected *pending_reject(struct pending *batch)
{
	uint32_t capacity = batch->rejected_capacity ? 2 * batch->rejected_capacity : 4;
	struct rejected *grown = batch->rejected;

	if (batch->rejected_count == batch->rejected_capacity) {
		grown = realloc(grown, capacity * sizeof(*grown));
		if (!grown)
			return NULL;
		batch->rejected = grown;
		batch->rejected_capacity = capacity;
	}
	return &grown[batch->rejected_count++];
}

bool pending_follows(const struct pending *batch, const uint8_t stream[16], uint64_t sequence)
{
	return batch->events == 0 || (sequence == batch->last + 1 &&
				      memcmp(batch->stream, stream, sizeof(batch->stream)) == 0);
}

void pending_extend(struct pending *batch, const uint8_t stream[16], uint64_t first, uint64_t last)
{
	assert(pending_follows(batch, stream, first) && last >= first);
	if (batch->events == 0) {
		batch->first = first;
		batch->begun_ns = clock_mono_ns();
		memcpy(batch->stream, stream, sizeof(batch->stream));
	}
	batch->last = last;
	batch->events += (uint32_t)(last - first + 1);
}

struct sink_message *pending_next(struct pending *batch)
{
	if (batch->count == batch->capacity && grow(batch) < 0)
		return NULL;
	return &batch->messages[batch->count];
}

int pending_add(struct pending *batch)
{
	const struct sink_message *message = &batch->messages[batch->count];

	if (message->key_size && buf_add(&batch->keys, message->key, message->key_size) < 0) {
		batch->text.length -= message->size + 1;
		return -ENOMEM;
	}
	batch->count++;
	*pending_filtered(batch) = 0;
	return 0;
}

/* Only now: while lines are added, text and keys may move. */
void pending_seal(struct pending *batch)
{
	const char *data = batch->text.data, *key = batch->keys.data;

	for (uint32_t i = 0; i < batch->count; i++) {
		struct sink_message *message = &batch->messages[i];

		message->data = data;
		message->key = NULL;
		data += message->size + 1;
		if (message->key_size) {
			message->key = key;
			key += message->key_size;
		}
	}
	batch->sealed = true;
	memcpy(batch->view.stream, batch->stream, sizeof(batch->stream));
	pending_rebase(batch);
}

void pending_rebase(struct pending *batch)
{
	size_t gone = 0;

	assert(batch->sealed);
	if (batch->settled < batch->count)
		gone = (size_t)(batch->messages[batch->settled].data - batch->text.data);
	else if (batch->count)
		gone = batch->text.length;
	batch->view.data = gone ? batch->text.data + gone : batch->text.data;
	batch->view.size = batch->text.length - gone;
	batch->view.messages = batch->messages + batch->settled;
	batch->view.count = batch->count - batch->settled;
	batch->view.taken = 0;
}

void pending_drop_text(struct pending *batch, struct buf *ret_text)
{
	size_t limit = batch->text.limit;

	if (ret_text->data)
		buf_done(&batch->text);
	else
		*ret_text = batch->text;
	buf_init(&batch->text, limit);
	buf_clear(ret_text);
	batch->view.data = NULL;
}

uint32_t pending_taken(const struct pending *batch)
{
	return batch->count - batch->view.count + batch->view.taken;
}

size_t pending_cost(const struct pending *batch, uint32_t overhead)
{
	return batch->text.length + batch->keys.length +
	       batch->count * (sizeof(*batch->messages) + sizeof(*batch->filtered) + overhead);
}
