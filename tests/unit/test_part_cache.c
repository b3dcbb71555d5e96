/* SPDX-License-Identifier: BSD-2-Clause */
#include "render/part_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const int owners[2];

struct made_key {
	char bytes[64];
	struct part_key key;
};

static struct part_key *key_of(struct made_key *made, unsigned int number)
{
	memset(made, 0, sizeof(*made));
	(void)snprintf(made->bytes, sizeof(made->bytes), "key of number %u", number);
	made->key = (struct part_key){&owners[0], made->bytes, strlen(made->bytes)};
	return &made->key;
}

static void assert_text(struct part_cache *cache, const struct part_key *key, const char *text)
{
	size_t length = 0;
	const char *found = part_cache_get(cache, key, &length);

	if (!text) {
		assert_null(found);
		return;
	}
	assert_non_null(found);
	assert_int_equal(length, strlen(text));
	assert_memory_equal(found, text, length);
}

static void a_text_is_found_by_its_key_and_owner(void **state)
{
	struct part_cache *cache = part_cache_new();
	struct made_key made;
	struct part_key other;

	(void)state;
	assert_non_null(cache);
	assert_text(cache, key_of(&made, 1), NULL);
	part_cache_put(cache, &made.key, "one", 3);
	assert_text(cache, key_of(&made, 1), "one");
	other = made.key;
	other.owner = &owners[1];
	assert_text(cache, &other, NULL);
	part_cache_put(cache, &other, "", 0);
	assert_text(cache, &other, "");
	assert_text(cache, &made.key, "one");
	assert_text(cache, key_of(&made, 2), NULL);
	part_cache_free(cache);
}

/* Equal but for its length: the zeros behind a key are not of it. */
static void a_key_that_goes_on_with_zeros_is_another(void **state)
{
	struct part_cache *cache = part_cache_new();
	struct made_key made;

	(void)state;
	(void)key_of(&made, 1);
	assert_text(cache, &made.key, NULL);
	part_cache_put(cache, &made.key, "short", 5);
	made.key.length++;
	assert_text(cache, &made.key, NULL);
	part_cache_free(cache);
}

static void what_is_used_stays_and_what_is_not_makes_room(void **state)
{
	const unsigned int many = 8 * PART_CACHE_SETS * PART_CACHE_WAYS;
	struct part_cache *cache = part_cache_new();
	struct made_key made;
	unsigned int kept = 0;

	(void)state;
	for (unsigned int i = 0; i < many; i++) {
		size_t length;

		assert_text(cache, key_of(&made, i), NULL);
		part_cache_put(cache, &made.key, "text", 4);
		if (i == 0)
			continue;
		assert_non_null(part_cache_get(cache, key_of(&made, 0), &length));
	}
	for (unsigned int i = 0; i < many; i++) {
		size_t length;

		kept += part_cache_get(cache, key_of(&made, i), &length) != NULL;
	}
	assert_in_range(kept, PART_CACHE_SETS, PART_CACHE_SETS * PART_CACHE_WAYS);
	part_cache_free(cache);
}

static void what_is_too_long_is_not_kept(void **state)
{
	static const char text[PART_CACHE_BYTES] = "x";
	struct part_cache *cache = part_cache_new();
	struct made_key made;
	size_t length;

	(void)state;
	assert_text(cache, key_of(&made, 1), NULL);
	part_cache_put(cache, &made.key, text, sizeof(text) - made.key.length + 1);
	assert_text(cache, &made.key, NULL);
	part_cache_put(cache, &made.key, text, sizeof(text) - made.key.length);
	assert_non_null(part_cache_get(cache, &made.key, &length));
	assert_int_equal(length, sizeof(text) - made.key.length);
	part_cache_free(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_is_found_by_its_key_and_owner),
		cmocka_unit_test(a_key_that_goes_on_with_zeros_is_another),
		cmocka_unit_test(what_is_used_stays_and_what_is_not_makes_room),
		cmocka_unit_test(what_is_too_long_is_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
