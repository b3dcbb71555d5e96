/* SPDX-License-Identifier: BSD-2-Clause */
/* What the process table remembers of what a process runs: shared, replaced, given up, changed. */
#include "unit/test_process_table.h"

static struct process of_exec(struct process process, uint32_t exec_id)
{
	process.exec_id = exec_id;
	return process;
}

static void set_image_of_exec(struct process_table *table, const struct process *process,
			      uint32_t exec_id, uint64_t exec_time_ns)
{
	struct image image = image_named(exec_time_ns ? "/told" : "/seen");

	image.exec_id = exec_id;
	process_table_set_image(table, process, &image, exec_time_ns);
}

/* The exec event was lost: what is known is of the exec before. */
static void an_image_of_another_exec_is_not_shown(void **state)
{
	struct process_table *table = new_table(0, 0, 0);
	const struct process *process = insert(table, of_exec(event(7, 100, 200), 3));

	(void)state;
	set_image_of_exec(table, process, 3, 200);
	assert_string_equal(executable_of(table, process), "/told");
	process = insert(table, of_exec(event(7, 100, 300), 4));
	assert_string_equal(executable_of(table, process), "");
	set_image_of_exec(table, process, 3, 0); /* an older snapshot */
	assert_string_equal(executable_of(table, process), "");
	set_image_of_exec(table, process, 4, 0);
	assert_string_equal(executable_of(table, process), "/seen");
	assert_int_equal(process->exec_time_ns, 200);
	assert_int_equal(process->exec_time_id, 3);
	set_image_of_exec(table, process, 4, 250); /* the event comes after all */
	assert_string_equal(executable_of(table, process), "/told");
	assert_int_equal(process->exec_time_id, 4);
	process_table_free(table);
}

static void a_child_does_not_get_an_image_of_another_exec(void **state)
{
	struct process_table *table = new_table(0, 0, 0);
	const struct process *parent = insert(table, of_exec(event(7, 100, 200), 3)), *child;

	(void)state;
	set_image_of_exec(table, parent, 3, 200);
	child = insert(table, of_exec(event(8, 300, 300), 4)); /* the parent's fourth is unknown */
	process_table_share_image(table, child, parent);
	assert_string_equal(executable_of(table, child), "");
	child = insert(table, of_exec(event(9, 300, 300), 3));
	process_table_share_image(table, child, parent);
	assert_string_equal(executable_of(table, child), "/told");
	process_table_free(table);
}

static void an_image_comes_back_whole(void **state)
{
	struct process_table *table = new_table(0, 0, 0);
	const struct process *process = insert(table, event(7, 100, 200));
	struct image image = {.executable = bytes,
			      .executable_length = IMAGE_EXECUTABLE_MAX,
			      .executable_full = IMAGE_EXECUTABLE_MAX,
			      .args = bytes + IMAGE_EXECUTABLE_MAX,
			      .args_length = IMAGE_ARGS_MAX,
			      .args_full = 100000,
			      .args_count = 77};
	struct image kept;

	(void)state;
	assert_false(process_image_describe(table, process, &kept));
	assert_int_equal(process_image_copy(table, process, IMAGE_BOTH, out, sizeof(out)), 0);
	process_table_set_image(table, process, &image, 200);
	assert_true(process_image_describe(table, process, &kept));
	assert_int_equal(kept.executable_length, IMAGE_EXECUTABLE_MAX);
	assert_int_equal(kept.args_length, IMAGE_ARGS_MAX);
	assert_int_equal(kept.args_full, 100000);
	assert_int_equal(kept.args_count, 77);
	assert_int_equal(process_image_copy(table, process, IMAGE_BOTH, out, sizeof(out)),
			 IMAGE_EXECUTABLE_MAX + IMAGE_ARGS_MAX);
	assert_memory_equal(out, bytes, IMAGE_EXECUTABLE_MAX + IMAGE_ARGS_MAX);
	process_table_free(table);
}

static void an_older_exec_that_comes_late_changes_nothing(void **state)
{
	struct process_table *table = new_table(0, 0, 0);
	const struct process *process = insert(table, event(7, 100, 300));

	(void)state;
	set_image(table, process, "/second", 300);
	set_image(table, process, "/first", 200);
	assert_string_equal(executable_of(table, process), "/second");
	assert_int_equal(process->exec_time_ns, 300);
	process_table_free(table);
}

static void a_child_runs_what_its_parent_ran_at_the_fork(void **state)
{
	struct process_table *table = new_table(0, 0, 0);
	const struct process *parent = insert(table, event(1, 100, 100));
	const struct process *child = insert(table, event(2, 200, 200));

	(void)state;
	set_image(table, parent, "/shell", 150);
	process_table_share_image(table, child, parent);
	assert_string_equal(executable_of(table, child), "/shell");
	assert_int_equal(child->exec_time_ns, 0);
	assert_int_equal(counters_of(table).images, 1);
	set_image(table, parent, "/other", 300);
	assert_string_equal(executable_of(table, child), "/shell");
	assert_string_equal(executable_of(table, parent), "/other");
	set_image(table, child, "/tool", 310);
	assert_string_equal(executable_of(table, child), "/tool");
	assert_int_equal(counters_of(table).images, 2);
	process_table_free(table);
}

static void a_late_fork_shares_nothing_that_is_wrong(void **state)
{
	struct process_table *table = new_table(0, 0, 0);
	const struct process *parent = insert(table, event(1, 100, 100));
	const struct process *early = insert(table, event(2, 200, 200));
	const struct process *ran = insert(table, event(3, 400, 400));

	(void)state;
	process_table_share_image(table, early, parent); /* the parent has none */
	assert_string_equal(executable_of(table, early), "");
	set_image(table, parent, "/new", 300);
	process_table_share_image(table, early, parent); /* it became that after the fork */
	assert_string_equal(executable_of(table, early), "");
	set_image(table, ran, "/own", 410);
	process_table_share_image(table, ran, parent); /* the exec was told before the fork */
	assert_string_equal(executable_of(table, ran), "/own");
	process_table_free(table);
}

/* One user's many processes fill the pool: what the next one executes is known all the same. */
static void the_living_not_asked_for_longest_give_their_images_up(void **state)
{
	struct process_table *table = new_table(64, 4, 16384);
	const struct process *process, *first, *second;
	struct image image = largest_image();

	(void)state;
	first = insert(table, event(1, 1, 1));
	second = insert(table, event(2, 2, 2));
	process_table_set_image(table, first, &image, 1);
	process_table_set_image(table, second, &image, 2);
	process_table_share_image(table, insert(table, event(3, 3, 3)), second);
	(void)process_table_find(table, 1, 1);
	for (uint32_t pid = 4; pid < 40; pid++) {
		process = insert(table, event(pid, pid, pid));
		process_table_set_image(table, process, &image, pid);
		assert_int_equal(process_image_copy(table, process, IMAGE_BOTH, out, sizeof(out)),
				 IMAGE_EXECUTABLE_MAX + IMAGE_ARGS_MAX);
		(void)process_table_find(table, 1, 1);
		assert_true(process_image_describe(table, first, &image));
		image = largest_image();
	}
	assert_string_equal(executable_of(table, second), "");
	assert_string_equal(executable_of(table, process_table_find(table, 3, 3)), "");
	assert_int_equal(counters_of(table).image_failures, 0);
	assert_int_equal(counters_of(table).image_drops, 2 + 34);
	assert_int_equal(counters_of(table).entries, 39);
	process_table_free(table);
}

static void what_replaces_an_image_has_room_too(void **state)
{
	struct process_table *table = new_table(16, 4, 8192);
	const struct process *large = insert(table, event(1, 100, 100));
	const struct process *small = insert(table, event(2, 100, 100));
	struct image image = largest_image();

	(void)state;
	process_table_set_image(table, large, &image, 100);
	set_image(table, small, "/small", 100);
	process_table_set_image(table, small, &image, 200);
	assert_string_equal(executable_of(table, large), "");
	assert_true(process_image_describe(table, small, &image));
	assert_int_equal(small->exec_time_ns, 200);
	assert_int_equal(counters_of(table).image_failures, 0);
	assert_int_equal(counters_of(table).image_drops, 1);
	process_table_free(table);
}

static void images_of_the_exited_make_room_for_the_living(void **state)
{
	struct process_table *table = new_table(16, 4, 8192);
	const struct process *first, *second;
	struct image image = largest_image();

	(void)state;
	first = insert(table, event(1, 100, 100));
	process_table_set_image(table, first, &image, 100);
	end(table, 1, 100);
	second = insert(table, event(2, 100, 100));
	process_table_set_image(table, second, &image, 100);
	assert_string_equal(executable_of(table, first), "");
	assert_int_equal(process_image_copy(table, second, IMAGE_BOTH, out, sizeof(out)), 5120);
	assert_non_null(process_table_find(table, 1, 100));
	assert_int_equal(counters_of(table).image_drops, 1);
	assert_int_equal(counters_of(table).image_failures, 0);
	process_table_free(table);
}

static unsigned int shown;

static bool hide_all_but_one(void *data, struct image *image, char *args)
{
	assert_ptr_equal(data, &shown);
	assert_ptr_equal(image->args, args);
	shown++;
	if (image->args_length < 3)
		return false;
	memset(args, '*', PROCESS_REWRITE_ROOM); /* there is so much room */
	image->args_length = image->args_full = 3;
	image->args_masked = true;
	return true;
}

static void assert_args(struct process_table *table, uint32_t pid, const char *wanted, bool masked)
{
	const struct process *process = process_table_find(table, pid, pid);
	struct image image;

	assert_true(process_image_describe(table, process, &image));
	assert_int_equal(image.args_length, strlen(wanted));
	assert_int_equal(image.args_masked, masked);
	assert_int_equal(image.executable_length, 1);
	assert_int_equal(process_image_copy(table, process, IMAGE_ARGS, out, sizeof(out)),
			 strlen(wanted));
	assert_memory_equal(out, wanted, strlen(wanted));
}

/* Of the living and of those that left, each image once. */
static void remembered_arguments_can_be_changed(void **state)
{
	struct process_table *table = new_table(64, 8, 65536);
	struct image image = image_named("/");
	const struct process *parent = insert(table, event(1, 1, 1));

	(void)state;
	image.args = "secret";
	image.args_length = image.args_full = 6;
	process_table_set_image(table, parent, &image, 1);
	process_table_share_image(table, insert(table, event(2, 2, 2)), parent);
	end(table, 1, 1);
	image.args = "-v";
	image.args_length = image.args_full = 2;
	process_table_set_image(table, insert(table, event(3, 3, 3)), &image, 3);
	image.args_length = image.args_full = 0;
	process_table_set_image(table, insert(table, event(4, 4, 4)), &image, 4);
	(void)insert(table, event(5, 5, 5));
	for (unsigned int round = 1; round <= 2; round++) {
		process_table_rewrite_args(table, hide_all_but_one, &shown);
		assert_int_equal(shown, 2 * round);
		assert_args(table, 1, "***", true);
		assert_args(table, 2, "***", true);
		assert_args(table, 3, "-v", false);
		assert_args(table, 4, "", false);
	}
	process_table_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_image_of_another_exec_is_not_shown),
		cmocka_unit_test(a_child_does_not_get_an_image_of_another_exec),
		cmocka_unit_test(an_image_comes_back_whole),
		cmocka_unit_test(an_older_exec_that_comes_late_changes_nothing),
		cmocka_unit_test(a_child_runs_what_its_parent_ran_at_the_fork),
		cmocka_unit_test(a_late_fork_shares_nothing_that_is_wrong),
		cmocka_unit_test(the_living_not_asked_for_longest_give_their_images_up),
		cmocka_unit_test(what_replaces_an_image_has_room_too),
		cmocka_unit_test(images_of_the_exited_make_room_for_the_living),
		cmocka_unit_test(remembered_arguments_can_be_changed),
	};

	return cmocka_run_group_tests(tests, fill_bytes, NULL);
}
