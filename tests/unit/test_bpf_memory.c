/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bpf/memory.h on the host, over a simulated memory with a page that cannot be read: what the
 * kernel tests cannot provoke. Compared with a plain search for the variables.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Constants to the verifier, variables here. */
#define AUDITSHIP_SETTINGS_H
#include "record.h"
#include "shared.h"

static __u32 cfg_args_max = REC_ARGS_DEFAULT;
static __u32 cfg_env_count;
static struct rec_env_prefix cfg_env[REC_ENV_NAMES];

/* The probes are built by another compiler, with warnings of its own. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wint-to-pointer-cast"
#pragma GCC diagnostic ignored "-Wpedantic"
#include "memory.h"
#pragma GCC diagnostic pop

#define PAGES 160
#define BASE UINT64_C(0x7ffd12345000)

static char memory[PAGES * PAGE_SIZE];
static uint64_t missing; /* address of the page that cannot be read, 0: all can */
static struct scratch space;
static struct mm_struct mm;

static bool can_read(uint64_t from, size_t size)
{
	assert_in_range(from, BASE, BASE + sizeof(memory));
	assert_in_range(from + size, from, BASE + sizeof(memory));
	return !missing || from + size <= missing || from >= missing + PAGE_SIZE || size == 0;
}

void *bpf_map_lookup_elem(void *map, const void *key)
{
	(void)map;
	(void)key;
	return &space;
}

long bpf_probe_read_user(void *to, unsigned int size, const void *from)
{
	if (!can_read((uintptr_t)from, size)) {
		memset(to, 0, size);
		return -14;
	}
	memcpy(to, memory + ((uintptr_t)from - BASE), size);
	return 0;
}

long bpf_probe_read_user_str(void *to, unsigned int size, const void *from)
{
	const char *text = memory + ((uintptr_t)from - BASE);
	size_t length = strnlen(text, size - 1) + 1;

	if (!can_read((uintptr_t)from, length))
		return -14;
	memcpy(to, text, length - 1);
	((char *)to)[length - 1] = '\0';
	return (long)length;
}

static void want_names(const char *const *names, size_t count)
{
	cfg_env_count = (__u32)count;
	for (size_t i = 0; i < count; i++) {
		char text[8] = {0}, mask[8] = {0};
		size_t length = strlen(names[i]);

		for (size_t j = 0; j < sizeof(text) && j <= length; j++) {
			text[j] = j < length ? names[i][j] : '=';
			mask[j] = (char)0xff;
		}
		memcpy(&cfg_env[i].bytes, text, sizeof(text));
		memcpy(&cfg_env[i].mask, mask, sizeof(mask));
	}
}

static bool is_wanted(const char *variable, size_t size)
{
	for (size_t i = 0; i < cfg_env_count; i++) {
		const char *mask = (const char *)&cfg_env[i].mask;
		const char *bytes = (const char *)&cfg_env[i].bytes;
		size_t same = 0;

		while (same < 8 && mask[same] && same < size && variable[same] == bytes[same])
			same++;
		if (same == 8 || !mask[same])
			return true;
	}
	return false;
}

/* Of a variable that runs into the missing page: the pieces before it. */
static size_t pieces_before_page(char *out, uint64_t at, size_t size)
{
	size_t kept = 0;

	while (kept + ENV_PIECE <= size && can_read(at + kept, ENV_PIECE))
		kept += ENV_PIECE - 1;
	memcpy(out, memory + (at - BASE), kept);
	return kept;
}

/* What has to come of the environment: all wanted variables up to the page that is missing. */
static size_t expected(char *out, bool *ret_cut)
{
	uint64_t at = mm.env_start;
	size_t length = 0;

	while (at < mm.env_end) {
		const char *variable = memory + (at - BASE);
		size_t size = strlen(variable) + 1;

		if (!can_read(at, size)) {
			if (is_wanted(variable, size))
				length += pieces_before_page(out + length, at, size);
			break;
		}
		if (is_wanted(variable, size)) {
			memcpy(out + length, variable, size);
			length += size;
		}
		at += size;
	}
	*ret_cut = at < mm.env_end;
	return length;
}

static void scan(struct rec_string *ret_env)
{
	memset(ret_env, 0, sizeof(*ret_env));
	space.used = 1000;
	space.read_failures = 0;
	append_env(&space, 0, &mm, ret_env);
}

static void check_scan(void)
{
	static char want[sizeof(memory)];
	bool cut;
	size_t length = expected(want, &cut);
	struct rec_string env;

	scan(&env);
	assert_int_equal(env.offset, 1000);
	assert_int_equal(env.length, length);
	assert_memory_equal(space.bytes + env.offset, want, length);
	assert_int_equal(env.full, cut ? REC_FULL_UNKNOWN : length);
	assert_int_equal(space.read_failures > 0, cut);
	assert_int_equal(space.used, 1000 + length);
}

/* Starts an environment at that offset; what lies before and behind it is no zero. */
static void begin(size_t offset)
{
	memset(memory, 'm', sizeof(memory));
	mm.env_start = mm.env_end = BASE + offset;
	missing = 0;
}

static void add(const char *name, size_t size)
{
	char *to = memory + (mm.env_end - BASE);
	size_t length = strlen(name);

	/* so that whoever takes the middle of it for a start finds a name */
	for (size_t i = 0; i < size; i++)
		to[i] = "A="[i % 2];
	memcpy(to, name, length < size ? length : size - 1);
	to[size - 1] = '\0';
	mm.env_end += size;
}

static void random_environments_give_what_a_plain_search_gives(void **state)
{
	static const char *const wanted[] = {"A", "HOME", "SEVENCH", "LD_PRELOAD"};
	static const char *const names[] = {
		"A=",          "AB=",      "HOME=",    "HOMES=",    "",
		"LD_PRELOAD=", "LD_PREL=", "SEVENCH=", "SEVENCHA=", "="};
	static const size_t sizes[] = {1, 2, 3, 7, 8, 9, 16, 1023, 1024, 1025, 2047, 2048, 2049};

	(void)state;
	want_names(wanted, 4);
	srand(11);
	for (unsigned int round = 0; round < 3000; round++) {
		begin((size_t)rand() % PAGE_SIZE);
		for (int i = rand() % 60; i > 0; i--) {
			size_t size =
				rand() % 8 ? 1 + (size_t)rand() % 60 : sizes[(size_t)rand() % 13];

			add(names[(size_t)rand() % 10], size);
		}
		if (rand() % 2)
			missing = BASE + (size_t)(rand() % 8) * PAGE_SIZE;
		check_scan();
	}
}

static void a_page_that_is_missing_cuts_right_there(void **state)
{
	static const char *const wanted[] = {"A"};

	(void)state;
	want_names(wanted, 1);
	for (size_t before = 1; before < 40; before++) {
		begin(PAGE_SIZE - 100);
		add("B=", 100 - before);
		add("A=", 8);
		add("A=", 8);
		add("B=", 3000);
		missing = BASE + PAGE_SIZE;
		check_scan();
	}
	begin(PAGE_SIZE);
	add("A=", 10);
	missing = BASE + PAGE_SIZE;
	check_scan();
}

static void a_record_that_is_full_tells_the_rest_as_cut(void **state)
{
	static const char *const wanted[] = {"A"};
	struct rec_string env;

	(void)state;
	want_names(wanted, 1);
	begin(0);
	add("A=", 40000);
	add("A=", 40000);
	scan(&env);
	assert_in_range(env.length, REC_HEAD_SIZE - 1000 - 2 * ENV_PIECE, REC_HEAD_SIZE - 1001);
	assert_memory_equal(space.bytes + 1000, memory, env.length);
	assert_int_equal(env.full, REC_FULL_UNKNOWN);
	assert_int_equal(space.read_failures, 0);
}

static void an_environment_without_end_is_cut(void **state)
{
	static const char *const wanted[] = {"A"};
	struct rec_string env;

	(void)state;
	want_names(wanted, 1);
	begin(0);
	add("A=", 10);
	memset(memory + 10, '\0', sizeof(memory) - 10); /* empty strings cost a step each */
	mm.env_end = BASE + sizeof(memory);
	scan(&env);
	assert_int_equal(env.length, 10);
	assert_int_equal(env.full, REC_FULL_UNKNOWN);
}

static void arguments_are_kept_up_to_the_page_that_is_missing(void **state)
{
	(void)state;
	for (size_t offset = 0; offset < 3 * PAGE_SIZE; offset += 1000) {
		struct rec_string args;
		size_t whole = 5 * PAGE_SIZE;

		begin(0);
		for (size_t i = 0; i < sizeof(memory); i++)
			memory[i] = (char)(i * 7 / 5);
		mm.arg_start = BASE + offset;
		mm.arg_end = mm.arg_start + 50000;
		missing = BASE + whole;
		space.used = 700;
		space.read_failures = 0;
		append_args(&space, 0, &mm, &args);
		assert_int_equal(args.length, whole - offset);
		assert_int_equal(args.full, 50000);
		assert_memory_equal(space.bytes + 700, memory + offset, args.length);
		assert_int_equal(space.used, 700 + args.length);
		assert_int_equal(space.read_failures, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_environments_give_what_a_plain_search_gives),
		cmocka_unit_test(a_page_that_is_missing_cuts_right_there),
		cmocka_unit_test(a_record_that_is_full_tells_the_rest_as_cut),
		cmocka_unit_test(an_environment_without_end_is_cut),
		cmocka_unit_test(arguments_are_kept_up_to_the_page_that_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
