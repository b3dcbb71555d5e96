/* SPDX-License-Identifier: BSD-2-Clause */
#include "render/plan.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct plan_builder *builder;
static struct err err;

static int start(void **state)
{
	(void)state;
	return plan_builder_new(&builder);
}

static int stop(void **state)
{
	(void)state;
	plan_builder_free(builder);
	return 0;
}

static int add(const char *path)
{
	/* The plan borrows the row's path only. */
	const struct field field = {.path = path, .doc = "", .type = FIELD_NUMBER};

	return plan_add_row(builder, &(struct row){&field, ROW_RECORD}, &err);
}

static void members_stand_before_objects_and_the_top_has_an_order(void **state)
{
	static const char *const expected[] = {"@timestamp",   "event.id",           "process.pid",
					       "process.name", "process.parent.pid", "zebra",
					       "Linux.a",      "Linux.b.c",          "tags"};
	struct plan plan;

	(void)state;
	assert_int_equal(plan_add_special(builder, "tags", 1, PLAN_LAST, &err), 0);
	assert_int_equal(add("Linux.b.c"), 0);
	assert_int_equal(add("Linux.a"), 0);
	assert_int_equal(add("zebra"), 0);
	assert_int_equal(add("process.parent.pid"), 0);
	assert_int_equal(add("process.pid"), 0);
	assert_int_equal(add("process.name"), 0);
	assert_int_equal(plan_add_special(builder, "event.id", 2, PLAN_FIRST, &err), 0);
	assert_int_equal(add("@timestamp"), 0);
	assert_int_equal(plan_build(&plan, builder), 0);
	assert_int_equal(plan.member_count, sizeof(expected) / sizeof(expected[0]));
	for (unsigned int i = 0; i < plan.member_count; i++)
		assert_string_equal(plan.members[i].path, expected[i]);
	assert_int_equal(plan.object_count, 6); /* root event process parent Linux b */
	plan_done(&plan);
}

static void rows_of_one_path_are_alternatives_in_their_order(void **state)
{
	const struct field first = {.path = "process.executable", .doc = "", .offset = 1};
	const struct field second = {.path = "process.executable", .doc = "", .offset = 2};
	struct plan plan;

	(void)state;
	assert_int_equal(plan_add_row(builder, &(struct row){&first, ROW_RECORD}, &err), 0);
	assert_int_equal(plan_add_row(builder, &(struct row){&second, ROW_ENRICHED}, &err), 0);
	assert_int_equal(plan_build(&plan, builder), 0);
	assert_int_equal(plan.member_count, 1);
	assert_int_equal(plan.members[0].row_count, 2);
	assert_ptr_equal(plan.members[0].rows[0].field, &first);
	assert_ptr_equal(plan.members[0].rows[1].field, &second);
	assert_int_equal(plan.members[0].rows[1].source, ROW_ENRICHED);
	plan_done(&plan);
}

static void a_path_is_either_a_value_or_an_object(void **state)
{
	(void)state;
	assert_int_equal(add("a.b"), 0);
	assert_int_equal(add("a"), -EINVAL);
	assert_non_null(strstr(err.text, "\"a\""));
	assert_int_equal(add("a.b.c"), -EINVAL);
	assert_non_null(strstr(err.text, "\"a.b.c\""));
}

static void a_special_has_its_path_alone(void **state)
{
	(void)state;
	assert_int_equal(plan_add_special(builder, "tags", 1, PLAN_LAST, &err), 0);
	assert_int_equal(add("tags"), -EINVAL);
	assert_int_equal(plan_add_special(builder, "tags", 2, PLAN_LAST, &err), -EINVAL);
	assert_int_equal(add("other"), 0);
	assert_int_equal(plan_add_special(builder, "other", 1, PLAN_LAST, &err), -EINVAL);
}

static void impossible_paths_are_refused(void **state)
{
	(void)state;
	assert_int_equal(add(""), -EINVAL);
	assert_int_equal(add("a..b"), -EINVAL);
	assert_int_equal(add(".a"), -EINVAL);
	assert_int_equal(add("a."), -EINVAL);
	assert_int_equal(add("1.2.3.4.5.6.7.8"), 0);
	assert_int_equal(add("1.2.3.4.5.6.7.x.9"), -EINVAL);
}

static void too_many_of_anything_is_refused(void **state)
{
	static char paths[PLAN_MAX_NODES][16];
	unsigned int added = 0;

	(void)state;
	for (unsigned int i = 0; i < PLAN_ROWS; i++)
		assert_int_equal(add("a"), 0);
	assert_int_equal(add("a"), -EINVAL);
	for (unsigned int i = 0; i < PLAN_MAX_NODES; i++) {
		(void)snprintf(paths[i], sizeof(paths[i]), "b%u", i);
		if (add(paths[i]) == 0)
			added++;
	}
	assert_int_equal(added, PLAN_MAX_NODES - 2);
}

int main(void)
{
#define PLAN_TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		PLAN_TEST(members_stand_before_objects_and_the_top_has_an_order),
		PLAN_TEST(rows_of_one_path_are_alternatives_in_their_order),
		PLAN_TEST(a_path_is_either_a_value_or_an_object),
		PLAN_TEST(a_special_has_its_path_alone),
		PLAN_TEST(impossible_paths_are_refused),
		PLAN_TEST(too_many_of_anything_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
