/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events that repeat in part, in every kind and form: what is taken from the cache is what would
 * have been rendered. An event with cuts is rendered without the cache, so one that names a cut of
 * nothing is the measure.
 */
#include "unit/test_random_event.h"

#include "render/ecs_plan.h"
#include "render/ocsf_plan.h"
#include "render/parts.h"
#include "render/render.h"

#define ROUNDS 400 /* of all kinds */

static void compare(struct renderer *renderer, struct event *event, struct buf *out)
{
	const struct event_cut nothing = {0};
	size_t length;

	buf_clear(out);
	assert_int_equal(renderer_event(renderer, event, out), 0);
	length = out->length;
	event->cuts = &nothing;
	event->cut_count = 1;
	assert_int_equal(renderer_event(renderer, event, out), 0);
	event->cuts = NULL;
	event->cut_count = 0;
	if (out->length != 2 * length || memcmp(out->data, out->data + length, length) != 0)
		fail_msg("with cache:\n%.*swithout:\n%.*s", (int)length, out->data,
			 (int)(out->length - length), out->data + length);
}

static void lines_are_the_same_with_cache_and_without(void **state)
{
	const struct render_identity identity = {.host_name = "h"};
	struct entry_builder *builder = malloc(sizeof(*builder));
	struct renderer *renderers[4];
	struct event event;
	struct buf out;
	struct err err;

	(void)state;
	assert_non_null(builder);
	buf_init(&out, 64 * 1024 * 1024);
	for (unsigned int i = 0; i < 4; i++) {
		struct render_options options = {
			.format = i / 2 ? RENDER_OCSF : RENDER_ECS,
			.detail = i % 2 ? RENDER_FULL : RENDER_COMPACT,
		};

		assert_int_equal(renderer_new(&renderers[i], &options, &identity, &err), 0);
	}
	for (unsigned int round = 0; round < ROUNDS; round++) {
		for (unsigned int i = 0; i < REC_KINDS; i++) {
			if (!kind_get(i) || !kind_get(i)->journalled)
				continue;
			make_event(builder, kind_get(i), &event);
			for (unsigned int form = 0; form < 4; form++)
				compare(renderers[form], &event, &out);
		}
	}
	for (unsigned int i = 0; i < 4; i++)
		renderer_free(renderers[i]);
	buf_done(&out);
	free(builder);
}

/* Parts are in order, and none is within another. */
static unsigned int check_parts(const struct plan *plan)
{
	unsigned int at = 1, members = 0;

	for (unsigned int i = 0; i < plan->part_count; i++) {
		assert_true(plan->parts[i].first >= at);
		at = plan->parts[i].first + plan->parts[i].count;
		assert_true(at <= plan->member_count);
		members += plan->parts[i].count;
	}
	return members;
}

static void most_of_an_exec_and_of_an_open_repeats(void **state)
{
	const enum rec_kind kinds[] = {REC_EXEC, REC_OPEN_READ};

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		const struct kind *kind = kind_get(kinds[i]);
		struct ocsf_plan ocsf;
		struct plan ecs;
		struct err err;

		assert_int_equal(ecs_plan_make(&ecs, kind, (struct ecs_form){0}, &err), 0);
		assert_int_equal(parts_find(&ecs, i == 1), 0);
		assert_true(check_parts(&ecs) * 2 > ecs.member_count);
		plan_done(&ecs);
		assert_int_equal(ocsf_plan_make(&ocsf, kind, false, &err), 0);
		assert_int_equal(parts_find(&ocsf.plan, i == 1), 0);
		assert_true(check_parts(&ocsf.plan) * 2 > ocsf.plan.member_count);
		ocsf_plan_done(&ocsf);
	}
}

static void a_key_without_room_is_none(void **state)
{
	const struct kind *kind = kind_get(REC_EXEC);
	struct entry_builder *builder = malloc(sizeof(*builder));
	struct event event;
	struct plan plan;
	struct err err;
	char key[4096];

	(void)state;
	make_event(builder, kind, &event);
	assert_int_equal(ecs_plan_make(&plan, kind, (struct ecs_form){0}, &err), 0);
	assert_int_equal(parts_find(&plan, false), 0);
	for (unsigned int i = 0; i < plan.part_count; i++) {
		size_t whole = part_key(&plan.parts[i], &event, key, sizeof(key));

		assert_true(whole > 0);
		for (size_t size = 0; size < whole + PART_KEY_SLACK; size++)
			assert_int_equal(part_key(&plan.parts[i], &event, key, size), 0);
		assert_int_equal(part_key(&plan.parts[i], &event, key, whole + PART_KEY_SLACK),
				 whole);
	}
	plan_done(&plan);
	free(builder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_the_same_with_cache_and_without),
		cmocka_unit_test(most_of_an_exec_and_of_an_open_repeats),
		cmocka_unit_test(a_key_without_room_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
