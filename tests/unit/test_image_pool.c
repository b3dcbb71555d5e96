/* SPDX-License-Identifier: BSD-2-Clause */
/* Images in chunks: every length around every border comes back as it was, and room comes back. */
#include "enrich/image_pool.h"

#include "record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

static char bytes[IMAGE_EXECUTABLE_MAX + IMAGE_ARGS_MAX + 512];
static char out[sizeof(bytes)];

static int fill_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 131 + i / 256);
	return 0;
}

static struct image image_of(uint32_t executable_length, uint32_t args_length)
{
	return (struct image){.executable = bytes,
			      .executable_length = executable_length,
			      .executable_full = executable_length,
			      .args = bytes + executable_length,
			      .args_length = args_length,
			      .args_full = args_length,
			      .args_count = 3};
}

static void assert_kept(struct image_pool *pool, uint32_t executable_length, uint32_t args_length)
{
	struct image image = image_of(executable_length, args_length), kept;
	uint32_t before = image_pool_room(pool), id = image_pool_add(pool, &image);

	assert_true(id > 0);
	assert_int_equal(before - image_pool_room(pool), image_pool_needs(&image));
	image_pool_describe(pool, id, &kept);
	assert_int_equal(kept.executable_length, executable_length);
	assert_int_equal(kept.executable_full, executable_length);
	assert_int_equal(kept.args_length, args_length);
	assert_int_equal(kept.args_full, args_length);
	assert_int_equal(kept.args_count, 3);
	assert_int_equal(image_pool_copy(pool, id, IMAGE_EXECUTABLE, out, sizeof(out)),
			 executable_length);
	assert_memory_equal(out, bytes, executable_length);
	assert_int_equal(image_pool_copy(pool, id, IMAGE_ARGS, out, sizeof(out)), args_length);
	assert_memory_equal(out, bytes + executable_length, args_length);
	assert_int_equal(image_pool_copy(pool, id, IMAGE_BOTH, out, sizeof(out)),
			 executable_length + args_length);
	assert_memory_equal(out, bytes, executable_length + args_length);
	image_pool_unref(pool, id);
	assert_int_equal(image_pool_room(pool), before);
}

static void every_length_comes_back(void **state)
{
	struct image_pool pool;

	(void)state;
	assert_int_equal(image_pool_init(&pool, 16384), 0);
	for (uint32_t executable = 0; executable <= 800; executable += executable < 200 ? 40 : 1)
		for (uint32_t args = 0; args <= 530; args += args < 240 || args > 260 ? 53 : 1)
			assert_kept(&pool, executable, args);
	assert_kept(&pool, IMAGE_EXECUTABLE_MAX, IMAGE_ARGS_MAX);
	assert_kept(&pool, IMAGE_EXECUTABLE_MAX, 0);
	assert_int_equal(pool.images, 0);
	image_pool_done(&pool);
}

static void too_long_is_cut_and_told(void **state)
{
	struct image image = image_of(IMAGE_EXECUTABLE_MAX + 1, IMAGE_ARGS_MAX + 1), kept;
	struct image_pool pool;
	uint32_t id;

	(void)state;
	assert_int_equal(image_pool_init(&pool, 16384), 0);
	image.executable_full = REC_FULL_UNKNOWN;
	image.args_full = 5; /* less than was given cannot be */
	id = image_pool_add(&pool, &image);
	assert_true(id > 0);
	image_pool_describe(&pool, id, &kept);
	assert_int_equal(kept.executable_length, IMAGE_EXECUTABLE_MAX);
	assert_int_equal(kept.executable_full, REC_FULL_UNKNOWN);
	assert_int_equal(kept.args_length, IMAGE_ARGS_MAX);
	assert_int_equal(kept.args_full, IMAGE_ARGS_MAX + 1);
	assert_null(kept.executable);
	assert_null(kept.args);
	image_pool_done(&pool);
}

static void a_small_buffer_gets_what_fits(void **state)
{
	struct image image = image_of(300, 300);
	struct image_pool pool;
	uint32_t id;

	(void)state;
	assert_int_equal(image_pool_init(&pool, 16384), 0);
	id = image_pool_add(&pool, &image);
	for (size_t size = 0; size <= 600; size++) {
		memset(out, 0x55, sizeof(out));
		assert_int_equal(image_pool_copy(&pool, id, IMAGE_BOTH, out, size), size);
		assert_memory_equal(out, bytes, size);
		assert_int_equal(out[size], 0x55);
	}
	assert_int_equal(image_pool_copy(&pool, id, IMAGE_ARGS, out, 7), 7);
	assert_memory_equal(out, bytes + 300, 7);
	image_pool_done(&pool);
}

static void a_full_pool_refuses_and_changes_nothing(void **state)
{
	struct image small = image_of(20, 20), large = image_of(4000, 1000);
	struct image_pool pool;
	uint32_t ids[8];

	(void)state;
	assert_int_equal(image_pool_init(&pool, 8 * IMAGE_CHUNK_BYTES), 0);
	assert_int_equal(image_pool_room(&pool), 8);
	assert_int_equal(image_pool_add(&pool, &large), 0);
	assert_int_equal(image_pool_room(&pool), 8);
	for (int i = 0; i < 8; i++) {
		ids[i] = image_pool_add(&pool, &small);
		assert_true(ids[i] > 0);
	}
	assert_int_equal(image_pool_add(&pool, &small), 0);
	assert_int_equal(pool.images, 8);
	image_pool_unref(&pool, ids[3]);
	assert_int_equal(image_pool_add(&pool, &small), ids[3]);
	image_pool_done(&pool);
}

static void an_image_lives_as_long_as_one_refers_to_it(void **state)
{
	struct image image = image_of(600, 100);
	struct image_pool pool;
	uint32_t id;

	(void)state;
	assert_int_equal(image_pool_init(&pool, 16384), 0);
	id = image_pool_add(&pool, &image);
	image_pool_ref(&pool, id);
	image_pool_unref(&pool, id);
	assert_int_equal(pool.images, 1);
	assert_int_equal(image_pool_copy(&pool, id, IMAGE_BOTH, out, sizeof(out)), 700);
	assert_memory_equal(out, bytes, 700);
	image_pool_unref(&pool, id);
	assert_int_equal(pool.images, 0);
	assert_int_equal(image_pool_room(&pool), 64);
	image_pool_unref(&pool, 0);
	image_pool_done(&pool);
	image_pool_done(&pool);
}

static void assert_image(const struct image_pool *pool, uint32_t id, const struct image *wanted)
{
	uint32_t length = wanted->executable_length + wanted->args_length;
	struct image kept;

	image_pool_describe(pool, id, &kept);
	assert_int_equal(kept.executable_length, wanted->executable_length);
	assert_int_equal(kept.args_length, wanted->args_length);
	assert_int_equal(kept.args_full, wanted->args_full);
	assert_int_equal(kept.args_count, wanted->args_count);
	assert_int_equal(kept.args_masked, wanted->args_masked);
	assert_int_equal(image_pool_copy(pool, id, IMAGE_BOTH, out, sizeof(out)), length);
	assert_memory_equal(out, bytes, length);
}

static void an_image_becomes_another_for_all_who_share_it(void **state)
{
	struct image before = image_of(300, 700), after = image_of(300, 900);
	struct image_pool pool;
	uint32_t id;

	(void)state;
	assert_int_equal(image_pool_init(&pool, 7 * IMAGE_CHUNK_BYTES), 0);
	id = image_pool_add(&pool, &before);
	image_pool_ref(&pool, id);
	assert_true(image_pool_visit(&pool, id, true));
	after.args_masked = true;
	image_pool_replace(&pool, id, &after);
	assert_false(image_pool_visit(&pool, id, true));
	assert_true(image_pool_visit(&pool, id, false));
	assert_image(&pool, id, &after);
	image_pool_replace(&pool, id, &before);
	assert_int_equal(image_pool_room(&pool), 7 - image_pool_needs(&before));
	assert_int_equal(pool.images, 1);
	image_pool_unref(&pool, id);
	assert_image(&pool, id, &before);
	image_pool_unref(&pool, id);
	assert_int_equal(image_pool_room(&pool), 7);
	image_pool_done(&pool);
}

static void without_room_for_other_arguments_there_are_none(void **state)
{
	struct image small = image_of(100, 100), large = image_of(100, 1000), gone = small;
	struct image_pool pool;
	uint32_t id;

	(void)state;
	assert_int_equal(image_pool_init(&pool, 3 * IMAGE_CHUNK_BYTES), 0);
	id = image_pool_add(&pool, &small);
	image_pool_replace(&pool, id, &large);
	gone.args_length = 0;
	gone.args_full = REC_FULL_UNKNOWN;
	assert_image(&pool, id, &gone);
	assert_int_equal(image_pool_room(&pool), 2);
	image_pool_done(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length_comes_back),
		cmocka_unit_test(too_long_is_cut_and_told),
		cmocka_unit_test(a_small_buffer_gets_what_fits),
		cmocka_unit_test(a_full_pool_refuses_and_changes_nothing),
		cmocka_unit_test(an_image_lives_as_long_as_one_refers_to_it),
		cmocka_unit_test(an_image_becomes_another_for_all_who_share_it),
		cmocka_unit_test(without_room_for_other_arguments_there_are_none),
	};

	return cmocka_run_group_tests(tests, fill_bytes, NULL);
}
