/* SPDX-License-Identifier: BSD-2-Clause */
/* An event that was let in, in every form there is: each is what it claims to be. */
#ifndef AUDITSHIP_FUZZ_RENDER_ALL_H
#define AUDITSHIP_FUZZ_RENDER_ALL_H

#include "fuzz.h"
#include "render/batch.h"
#include "render/raw.h"
#include "render/render.h"
#include "render/shrink.h"

#include <errno.h>
#include <stdalign.h>

#define FUZZ_LINE_MAX (16 * 1024 * 1024)

struct render_all {
	struct renderer *renderers[7];
	struct shrink *shrink;
	struct batch *batch;
	struct buf out, shrunk;
};

static const struct render_options render_all_forms[7] = {
	{.format = RENDER_ECS, .detail = RENDER_COMPACT},
	{.format = RENDER_ECS, .detail = RENDER_FULL},
	{.format = RENDER_OCSF, .detail = RENDER_COMPACT},
	{.format = RENDER_OCSF, .detail = RENDER_FULL},
	{.format = RENDER_TABLE},
	{.format = RENDER_TEXT},
	{.format = RENDER_CSV},
};

static inline int render_all_ecs(void *data, const struct event *event, struct buf *out)
{
	return renderer_event(data, event, out);
}

/* Made once, and never freed: it is the process's. */
static inline struct render_all *render_all_get(void)
{
	static const struct render_identity identity = {
		.host_name = "h",
		.boot_id = "b",
		.labels = {{"role", "web"}},
		.label_count = 1,
	};
	static const struct batch_options batches = {.bytes_max = 256 * 1024, .count_max = 4};
	static struct render_all all;
	struct err err;

	if (all.shrink)
		return &all;
	for (size_t i = 0; i < 7; i++)
		CHECK(renderer_new(&all.renderers[i], &render_all_forms[i], &identity, &err) == 0);
	CHECK(batch_new(&all.batch, &batches, &identity, &err) == 0);
	buf_init(&all.out, FUZZ_LINE_MAX);
	buf_init(&all.shrunk, FUZZ_LINE_MAX);
	all.shrink = shrink_new();
	CHECK(all.shrink);
	return &all;
}

/* For a person: lines without anything that a terminal obeys. */
static inline void render_all_check_text(const struct buf *out)
{
	CHECK(out->length == 0 || out->data[out->length - 1] == '\n');
	CHECK(utf8_is_valid(out->data, out->length));
	for (size_t i = 0; i < out->length; i++)
		CHECK((unsigned char)out->data[i] >= ' ' || out->data[i] == '\n');
}

static inline void render_all_shrink(struct render_all *all, const struct event *event, size_t max)
{
	int result;

	buf_clear(&all->shrunk);
	result = shrink_event(all->shrink, event, max, render_all_ecs, all->renderers[0],
			      &all->shrunk);
	CHECK(result == 0 || (result == -EMSGSIZE && all->shrunk.length == 0));
	if (result < 0)
		return;
	CHECK(all->shrunk.length - 1 <= max);
	fuzz_check_json_line(all->shrunk.data, all->shrunk.length);
}

static inline void render_all_batch(struct render_all *all, const struct event *event)
{
	int result = batch_add(all->batch, event);

	if (result == -EAGAIN) {
		buf_clear(&all->out);
		CHECK(batch_take(all->batch, &all->out) == 0);
		fuzz_check_json_line(all->out.data, all->out.length);
		result = batch_add(all->batch, event);
	}
	CHECK(result == 0 || result == -EMSGSIZE);
	/* what is in it borrows from nobody, but an input is to mean the same every time */
	buf_clear(&all->out);
	CHECK(batch_take(all->batch, &all->out) == 0);
	if (all->out.length)
		fuzz_check_json_line(all->out.data, all->out.length);
}

/* Another process of ours gets the same event. */
static inline void render_all_raw(struct render_all *all, const struct event *event)
{
	static alignas(ENTRY_ALIGN) uint8_t memory[ENTRY_MAX_SIZE];
	struct event again;
	const char *why = "";
	size_t used;

	buf_clear(&all->out);
	CHECK(raw_event(event, &all->out) == 0);
	if (raw_parse(all->out.data, all->out.length, memory, &used, &again, &why) != 1)
		fuzz_fail(why, 0, "a frame of ours is refused");
	CHECK(used == all->out.length && again.entry->size == event->entry->size);
	CHECK(memcmp(again.entry, event->entry, event->entry->size) == 0);
	CHECK(memcmp(again.stream, event->stream, 16) == 0);
}

/* As the fullest line there is. */
static inline void render_all_once(const struct event *event)
{
	struct render_all *all = render_all_get();

	buf_clear(&all->out);
	CHECK(renderer_event(all->renderers[1], event, &all->out) == 0);
	fuzz_check_json_line(all->out.data, all->out.length);
}

static inline void render_all(const struct event *event)
{
	struct render_all *all = render_all_get();

	for (size_t i = 0; i < 7; i++) {
		buf_clear(&all->out);
		CHECK(renderer_event(all->renderers[i], event, &all->out) == 0);
		if (render_all_forms[i].format > RENDER_OCSF) {
			render_all_check_text(&all->out);
			continue;
		}
		fuzz_check_json_line(all->out.data, all->out.length);
		if (i == 0)
			render_all_shrink(all, event, all->out.length * 3 / 4);
	}
	render_all_batch(all, event);
	render_all_raw(all, event);
}

#endif
