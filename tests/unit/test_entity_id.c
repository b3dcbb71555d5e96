/* SPDX-License-Identifier: BSD-2-Clause */
/* entity_id against vectors that were computed elsewhere, and that computing one keeps no memory.
 */
#include "enrich/entity_id.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "base/uuid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <yajl/yajl_tree.h>

static unsigned long allocations, live_blocks;

static void *counting_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	allocations++;
	live_blocks++;
	return malloc(size);
}

static void *counting_realloc(void *old, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	allocations++;
	live_blocks += !old;
	return realloc(old, size);
}

static void counting_free(void *pointer, const char *file, int line)
{
	(void)file;
	(void)line;
	live_blocks -= pointer != NULL;
	free(pointer);
}

static void assert_vector(const char *boot_id, uint64_t pid_ns, uint64_t ticks, int64_t pid,
			  const char *expected)
{
	struct entity_ids *ids;
	struct err err;
	uint8_t boot[16], id[16];
	char text[UUID_TEXT_SIZE];

	assert_int_equal(uuid_parse(boot, boot_id), 0);
	assert_int_equal(entity_ids_new(&ids, boot, &err), 0);
	entity_id(ids, pid_ns, ticks, pid, id);
	uuid_format(text, id);
	assert_string_equal(text, expected);
	entity_ids_free(ids);
}

static void one_known_process_has_its_known_id(void **state)
{
	(void)state;
	assert_vector("88a1f0ed-5ae5-41ee-af6b-41921c311872", 4026531836, 420500, 4242,
		      "4da03548-d027-8f0b-a5da-112060e84696");
}

static const char *text_member(yajl_val object, const char *name)
{
	const char *path[] = {name, NULL};
	yajl_val value = yajl_tree_get(object, path, yajl_t_string);

	assert_non_null(value);
	return YAJL_GET_STRING(value);
}

static long long number_member(yajl_val object, const char *name)
{
	const char *path[] = {name, NULL};
	yajl_val value = yajl_tree_get(object, path, yajl_t_number);

	assert_non_null(value);
	return YAJL_GET_INTEGER(value);
}

static void published_vectors_hold(void **state)
{
	const char *path = TEST_SOURCE_DIR "/../shared/schema/cpid_vectors.json";
	const char *vectors_path[] = {"vectors", NULL};
	_cleanup_free_ char *text = NULL;
	char error[256];
	size_t length;
	yajl_val tree, vectors;
	int result = io_read_file(AT_FDCWD, path, 1 << 20, &text, &length);

	(void)state;
	if (result == -ENOENT) {
		print_message("skipped: the vector file is not beside the source tree\n");
		skip();
	}
	assert_int_equal(result, 0);
	tree = yajl_tree_parse(text, error, sizeof(error));
	assert_non_null(tree);
	vectors = yajl_tree_get(tree, vectors_path, yajl_t_array);
	assert_non_null(vectors);
	assert_true(YAJL_GET_ARRAY(vectors)->len > 0);
	for (size_t i = 0; i < YAJL_GET_ARRAY(vectors)->len; i++) {
		yajl_val vector = YAJL_GET_ARRAY(vectors)->values[i];

		assert_vector(text_member(vector, "boot_id"),
			      (uint64_t)number_member(vector, "pid_ns"),
			      (uint64_t)number_member(vector, "start_ticks"),
			      number_member(vector, "ns_tgid"), text_member(vector, "cpid"));
	}
	yajl_tree_free(tree);
}

static void ids_of_one_context_do_not_depend_on_those_before(void **state)
{
	static const uint8_t boot[16] = {1, 2, 3};
	struct entity_ids *ids;
	struct err err;
	uint8_t first[16], other[16], again[16];

	(void)state;
	assert_int_equal(entity_ids_new(&ids, boot, &err), 0);
	entity_id(ids, 7, 8, 9, first);
	entity_id(ids, 7, 8, 10, other);
	entity_id(ids, 7, 8, 9, again);
	assert_memory_equal(first, again, 16);
	assert_memory_not_equal(first, other, 16);
	assert_int_equal(first[6] >> 4, 8);
	assert_int_equal(first[8] >> 6, 2);
	entity_ids_free(ids);
	entity_ids_free(NULL);
}

/* Three of each four differ from another one in one part only. */
static void id_of(struct entity_ids *ids, unsigned int i, uint8_t ret_id[16])
{
	entity_id(ids, 7 + i % 2, 8 + i / 2 % 2, i / 4, ret_id);
}

static void ids_asked_for_before_are_what_another_context_computes(void **state)
{
	enum { COUNT = 4000 };
	static const uint8_t boot[16] = {4};
	static uint8_t told[COUNT][16];
	struct entity_ids *ids, *others;
	struct err err;
	uint8_t id[16];

	(void)state;
	assert_int_equal(entity_ids_new(&ids, boot, &err), 0);
	for (unsigned int i = 0; i < COUNT; i++)
		id_of(ids, i, told[i]);
	assert_int_equal(entity_ids_new(&others, boot, &err), 0);
	for (unsigned int i = COUNT; i-- > 0;) {
		id_of(others, i, id);
		assert_memory_equal(id, told[i], 16);
		id_of(others, i, id); /* at once, and as long as it is kept */
		assert_memory_equal(id, told[i], 16);
		id_of(ids, i, id);
		assert_memory_equal(id, told[i], 16);
	}
	entity_ids_free(ids);
	entity_ids_free(others);
}

static void computing_an_id_keeps_no_memory(void **state)
{
	static const uint8_t boot[16] = {1};
	struct entity_ids *ids;
	struct err err;
	unsigned long allocations_before, live_before;
	uint8_t id[16];

	(void)state;
	assert_int_equal(entity_ids_new(&ids, boot, &err), 0);
	assert_true(allocations > 0); /* the counting works */
	allocations_before = allocations;
	live_before = live_blocks;
	for (int i = 0; i < 1000; i++)
		entity_id(ids, 1, (uint64_t)i, i, id);
	assert_int_equal(live_blocks, live_before);
	/* OpenSSL 3.0 takes and gives back its own state, one block, at every start of a digest. */
	assert_true(allocations - allocations_before <= 1000);
	entity_ids_free(ids);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_known_process_has_its_known_id),
		cmocka_unit_test(published_vectors_hold),
		cmocka_unit_test(ids_of_one_context_do_not_depend_on_those_before),
		cmocka_unit_test(ids_asked_for_before_are_what_another_context_computes),
		cmocka_unit_test(computing_an_id_keeps_no_memory),
	};

	if (!CRYPTO_set_mem_functions(counting_malloc, counting_realloc, counting_free))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
