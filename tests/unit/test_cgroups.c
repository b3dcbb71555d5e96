/* SPDX-License-Identifier: BSD-2-Clause */
/* Paths by hierarchy and number: what stays, what goes, and in which order. */
#include "enrich/cgroups.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define MAX 8
#define START_NS 1000000000ULL

static struct cgroups *cgroups;

static int make(void **state)
{
	struct err err;

	(void)state;
	return cgroups_new(&cgroups, MAX, &err);
}

static int end(void **state)
{
	(void)state;
	cgroups_free(cgroups);
	return 0;
}

static const struct cgroup *insert(uint32_t hierarchy, uint64_t id, const char *path)
{
	const struct cgroup_told told = {
		.id = id,
		.hierarchy = hierarchy,
		.path = path,
		.length = (uint32_t)strlen(path),
		.full = (uint32_t)strlen(path),
	};

	return cgroups_insert(cgroups, &told);
}

static bool has(uint32_t hierarchy, uint64_t id, const char *path)
{
	const struct cgroup *cgroup = cgroups_find(cgroups, hierarchy, id);

	return cgroup && cgroup->path_length == strlen(path) &&
	       memcmp(cgroup->path, path, cgroup->path_length) == 0;
}

static struct cache_counters count(void)
{
	struct cache_counters counters;

	cgroups_counters(cgroups, &counters);
	return counters;
}

static void numbers_are_told_apart_by_hierarchy(void **state)
{
	(void)state;
	insert(0, 7, "/a");
	insert(8, 7, "/b");
	assert_true(has(0, 7, "/a"));
	assert_true(has(8, 7, "/b"));
	assert_null(cgroups_find(cgroups, 4, 7));
	assert_int_equal(count().hits, 2);
	assert_int_equal(count().misses, 1);
}

static void the_newest_path_counts(void **state)
{
	(void)state;
	insert(0, 7, "/a");
	insert(0, 7, "/renamed");
	assert_true(has(0, 7, "/renamed"));
	assert_int_equal(count().size, 1);
}

static void a_removed_one_stays_for_the_events_that_wait(void **state)
{
	(void)state;
	insert(0, 7, "/a");
	insert(0, 8, "/b");
	cgroups_remove(cgroups, 0, 7, START_NS);
	assert_true(has(0, 7, "/a"));
	cgroups_remove(cgroups, 0, 9, START_NS + CGROUPS_KEEP_NS - 1);
	assert_true(has(0, 7, "/a"));
	cgroups_remove(cgroups, 0, 9, START_NS + CGROUPS_KEEP_NS);
	assert_null(cgroups_find(cgroups, 0, 7));
	assert_true(has(0, 8, "/b"));
	assert_int_equal(count().evictions, 0);
	assert_int_equal(count().size, 1);
}

static void one_that_is_made_again_lives(void **state)
{
	(void)state;
	insert(0, 7, "/a");
	cgroups_remove(cgroups, 0, 7, START_NS);
	cgroups_remove(cgroups, 0, 7, START_NS + 1);
	insert(0, 7, "/a");
	cgroups_remove(cgroups, 0, 9, START_NS + 2 * CGROUPS_KEEP_NS);
	assert_true(has(0, 7, "/a"));
}

static void the_removed_go_before_the_living(void **state)
{
	(void)state;
	for (uint64_t id = 1; id <= MAX; id++)
		insert(0, id, "/x");
	cgroups_remove(cgroups, 0, 5, START_NS);
	cgroups_remove(cgroups, 0, 3, START_NS);
	insert(0, 100, "/new");
	assert_null(cgroups_find(cgroups, 0, 5));
	assert_true(has(0, 3, "/x"));
	insert(0, 101, "/new");
	assert_null(cgroups_find(cgroups, 0, 3));
	assert_true(has(0, 1, "/x")); /* used now: 2 is the oldest */
	insert(0, 102, "/new");
	assert_null(cgroups_find(cgroups, 0, 2));
	assert_true(has(0, 1, "/x"));
	assert_int_equal(count().evictions, 3);
	assert_int_equal(count().size, MAX);
}

static void a_flood_stays_within_the_ceiling(void **state)
{
	(void)state;
	for (uint64_t id = 1; id <= 10000; id++) {
		char path[32];

		(void)snprintf(path, sizeof(path), "/short/%d", (int)id);
		insert(0, id, path);
		assert_true(has(0, id, path));
		cgroups_remove(cgroups, 0, id, START_NS + id * 1000);
		assert_in_range(count().size, 1, MAX);
	}
	assert_int_equal(count().evictions, 10000 - MAX);
	assert_int_equal(count().max, MAX);
	cgroups_remove(cgroups, 0, 1, START_NS + 2 * CGROUPS_KEEP_NS);
	assert_int_equal(count().size, 0);
}

static void a_user_who_makes_many_drives_out_his_own(void **state)
{
	(void)state;
	insert(0, 1, "/system.slice/a.service");
	insert(0, 2, "/user.slice/user-1001.slice/session-1.scope");
	insert(8, 3, "/user.slice/user-0.slice/session-2.scope");
	insert(0, 4, "/user.slice/user-1000.slice/renamed-later");
	insert(0, 4, "/renamed");
	for (uint64_t id = 10; id < 1000; id++)
		insert(0, id, "/user.slice/user-1000.slice/user@1000.service/x");
	assert_true(has(0, 1, "/system.slice/a.service"));
	assert_true(has(0, 2, "/user.slice/user-1001.slice/session-1.scope"));
	assert_true(has(8, 3, "/user.slice/user-0.slice/session-2.scope"));
	assert_true(has(0, 4, "/renamed"));
	for (uint64_t id = 996; id < 1000; id++)
		assert_non_null(cgroups_find(cgroups, 0, id));
	insert(0, 1000, "/system.slice/b.service");
	assert_null(cgroups_find(cgroups, 0, 996));
	assert_int_equal(count().size, MAX);
	cgroups_remove(cgroups, 0, 998, START_NS);
	insert(0, 1001, "/user.slice/user-1000.slice/y");
	assert_null(cgroups_find(cgroups, 0, 998));
	assert_non_null(cgroups_find(cgroups, 0, 997));
}

static void of_a_long_path_the_container_is_found_behind_what_is_kept(void **state)
{
	static const char id[] = "3f2b8c1d9e7a6054f3c2b1a0d9e8f7c6b5a4938271605f4e3d2c1b0a99887766";
	char path[1024];
	const struct cgroup *cgroup;

	(void)state;
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	(void)snprintf(path + 700, sizeof(path) - 700, "/docker/%s", id);
	cgroup = insert(0, 7, path);
	assert_int_equal(cgroup->path_length, CGROUPS_PATH_MAX);
	assert_int_equal(cgroup->path_full, strlen(path));
	assert_string_equal(cgroup->container.id, id);
}

#define EACH(name) cmocka_unit_test_setup_teardown(name, make, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(numbers_are_told_apart_by_hierarchy),
		EACH(the_newest_path_counts),
		EACH(a_removed_one_stays_for_the_events_that_wait),
		EACH(one_that_is_made_again_lives),
		EACH(the_removed_go_before_the_living),
		EACH(a_flood_stays_within_the_ceiling),
		EACH(a_user_who_makes_many_drives_out_his_own),
		EACH(of_a_long_path_the_container_is_found_behind_what_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
