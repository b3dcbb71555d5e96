/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of paths in tests/fixtures, and what no table can hold. */
#include "enrich/container_path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE 4096
#define LEAST_ROWS 60

static const char *const runtimes[CONTAINER_RUNTIMES] = {"unknown",        "docker",   "containerd",
							 "cri-o",          "podman",   "lxc",
							 "systemd-nspawn", "buildkit", "garden"};
static const char *const orchestrators[CONTAINER_ORCHESTRATORS] = {"-", "kubernetes", "ecs"};

#define HASH_1 "3f2b8c1d9e7a6054f3c2b1a0d9e8f7c6b5a4938271605f4e3d2c1b0a99887766"
#define HASH_2 "0011223344556677889900aabbccddeeff0123456789abcdef0123456789abcd"

static const struct {
	char letter;
	const char *text;
} stand_ins[] = {
	{'1', HASH_1},
	{'2', HASH_2},
	{'X', "3F2B8C1D9E7A6054F3C2B1A0D9E8F7C6B5A4938271605F4E3D2C1B0A99887766"},
	{'u', "5f1c2d3e-4a5b-6c7d-8e9f-0a1b2c3d4e5f"},
	{'U', "5f1c2d3e_4a5b_6c7d_8e9f_0a1b2c3d4e5f"},
	{'s', "0123456789abcdef0123456789abcdef"},
	{'t', "fedcba9876543210fedcba9876543210"},
};

static void expand(char out[LINE_SIZE], const char *line)
{
	size_t used = 0;

	for (; *line; line++) {
		const char *text = NULL;

		for (size_t i = 0; *line == '%' && i < sizeof(stand_ins) / sizeof(stand_ins[0]);
		     i++)
			if (stand_ins[i].letter == line[1])
				text = stand_ins[i].text;
		if (text)
			line++;
		used += (size_t)snprintf(out + used, LINE_SIZE - used, "%.*s",
					 text ? (int)strlen(text) : 1, text ? text : line);
		assert_true(used < LINE_SIZE);
	}
}

static const char *part(const char *path, const struct container_part *part, char out[LINE_SIZE])
{
	assert_in_range(part->offset + part->length, 0, strlen(path));
	(void)snprintf(out, LINE_SIZE, "%.*s", (int)part->length, path + part->offset);
	return part->length ? out : "-";
}

static const char *text_or_none(const char *text)
{
	return *text ? text : "-";
}

/* The line as it would have to be to be right. */
static void describe(const char *path, char out[LINE_SIZE])
{
	char unit[LINE_SIZE], user_unit[LINE_SIZE], slice[LINE_SIZE], owner[16] = "-";
	struct container_path found;

	container_path_parse(path, strlen(path), &found);
	if (found.owner != CONTAINER_NO_OWNER)
		(void)snprintf(owner, sizeof(owner), "%u", found.owner);
	(void)snprintf(out, LINE_SIZE, "%s\t%s\t%s\t%u\t%s\t%s\t%s\t%s\t%s\t%s", path,
		       found.depth ? runtimes[found.runtime] : "-", text_or_none(found.id),
		       found.depth, orchestrators[found.orchestrator], text_or_none(found.pod_uid),
		       part(path, &found.unit, unit), part(path, &found.user_unit, user_unit),
		       part(path, &found.slice, slice), owner);
}

static void every_path_of_the_table_says_what_stands_beside_it(void **state)
{
	FILE *file = fopen(TEST_SOURCE_DIR "/tests/fixtures/cgroup_paths.tsv", "re");
	char line[LINE_SIZE], wanted[LINE_SIZE], got[LINE_SIZE], path[LINE_SIZE];
	unsigned int rows = 0;

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		if (line[0] == '#')
			continue;
		line[strcspn(line, "\n")] = '\0';
		expand(wanted, line);
		(void)snprintf(path, sizeof(path), "%.*s", (int)strcspn(wanted, "\t"), wanted);
		describe(path, got);
		assert_string_equal(got, wanted);
		rows++;
	}
	(void)fclose(file);
	assert_in_range(rows, LEAST_ROWS, 1000);
}

static void the_outermost_container_is_kept_beside_the_innermost(void **state)
{
	static const char path[] = "/docker/" HASH_1 "/docker/" HASH_2 "/lxc/inner/x";
	struct container_path found;

	(void)state;
	container_path_parse(path, strlen(path), &found);
	assert_int_equal(found.depth, 3);
	assert_string_equal(found.id, "inner");
	assert_string_equal(found.outer_id, HASH_1);
	container_path_parse("/docker/" HASH_1, strlen("/docker/" HASH_1), &found);
	assert_string_equal(found.outer_id, "");
}

static void bytes_behind_the_length_are_not_read(void **state)
{
	static const char path[] = "/docker/" HASH_1;
	struct container_path found;

	(void)state;
	for (size_t length = 0; length < strlen(path); length++) {
		char *copy = malloc(length + 1);

		assert_non_null(copy);
		memcpy(copy, path, length);
		copy = realloc(copy, length ? length : 1);
		assert_non_null(copy);
		container_path_parse(copy, length, &found);
		assert_int_equal(found.depth, 0);
		free(copy);
	}
	container_path_parse(path, strlen(path), &found);
	assert_int_equal(found.depth, 1);
}

static void a_very_deep_and_a_very_long_path_are_harmless(void **state)
{
	char *path = malloc(70000);
	struct container_path found;

	(void)state;
	assert_non_null(path);
	for (size_t i = 0; i < 70000; i++)
		path[i] = i % 2 ? 'a' : '/';
	container_path_parse(path, 65535, &found);
	assert_int_equal(found.depth, 0);
	container_path_parse(path, 70000, &found);
	assert_int_equal(found.depth, 0);
	free(path);
}

/* Words of the patterns put together at random: whatever comes out lies in its bounds. */
static void rubbish_made_of_the_right_words_is_harmless(void **state)
{
	static const char *const words[] = {"/",      "docker",   "-",      HASH_1,
					    ".scope", "kubepods", "pod",    "lxc.payload.",
					    ":",      "ecs",      ".slice", "user-",
					    "user@",  "1",        "\\x",    "machine.slice",
					    "crio-",  "_",        "\xff",   "machine-"};
	char path[LINE_SIZE];
	uint32_t seed = 1;

	(void)state;
	for (unsigned int round = 0; round < 20000; round++) {
		struct container_path found;
		size_t used = 1;

		path[0] = '/';
		path[1] = '\0';
		for (unsigned int i = 0; i < 12; i++) {
			seed = seed * 1664525 + 1013904223;
			used += (size_t)snprintf(
				path + used, sizeof(path) - used, "%s",
				words[(seed >> 16) % (sizeof(words) / sizeof(words[0]))]);
		}
		container_path_parse(path, used, &found);
		assert_true(strnlen(found.id, sizeof(found.id)) < sizeof(found.id));
		assert_true(found.runtime < CONTAINER_RUNTIMES);
		assert_in_range(found.unit.offset + found.unit.length, 0, used);
		assert_in_range(found.slice.offset + found.slice.length, 0, used);
		assert_null(strchr(found.id, '/'));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_path_of_the_table_says_what_stands_beside_it),
		cmocka_unit_test(the_outermost_container_is_kept_beside_the_innermost),
		cmocka_unit_test(bytes_behind_the_length_are_not_read),
		cmocka_unit_test(a_very_deep_and_a_very_long_path_are_harmless),
		cmocka_unit_test(rubbish_made_of_the_right_words_is_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
