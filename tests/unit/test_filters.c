/* SPDX-License-Identifier: BSD-2-Clause */
/* What the lists of a configuration become for the probes, on a host that is a table. */
#include "capture/filters.h"
#include "record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PROC_MAGIC 0x9fa0
#define EXT_MAGIC 0xef53
#define ROOT_DEVICE (8U << 20 | 1)

/* The host. */
struct node {
	const char *path, *parent, *name;
	uint32_t device;
	uint64_t inode, magic;
	bool directory, whole, ambiguous;
};

static struct node nodes[16];
static size_t node_count;

static void put(const struct node *node)
{
	assert_true(node_count < sizeof(nodes) / sizeof(nodes[0]));
	nodes[node_count++] = *node;
}

static const struct node *get(const char *path)
{
	for (size_t i = 0; i < node_count; i++) {
		if (nodes[i].path && strcmp(nodes[i].path, path) == 0)
			return &nodes[i];
	}
	return NULL;
}

/* "/a/b" -> "/a" and "b" */
static void find(void *data, const char *path, struct filters_found *ret_found)
{
	const struct node *node = get(path), *parent;
	char directory[256];
	const char *slash = strrchr(path, '/');

	assert_ptr_equal(data, nodes);
	memset(ret_found, 0, sizeof(*ret_found));
	(void)snprintf(directory, sizeof(directory), "%.*s",
		       (int)(slash == path ? 1 : slash - path), path);
	parent = get(directory);
	if (parent && parent->directory) {
		ret_found->parent_is_there = true;
		ret_found->parent_device = parent->device;
		ret_found->parent_inode = parent->inode;
		(void)snprintf(ret_found->name, sizeof(ret_found->name), "%s", slash + 1);
	}
	if (!node)
		return;
	ret_found->is_there = true;
	ret_found->is_directory = node->directory;
	ret_found->is_whole = node->whole;
	ret_found->is_ambiguous = node->ambiguous;
	ret_found->device = node->device;
	ret_found->inode = node->inode;
	ret_found->magic = node->magic;
}

static bool find_user(void *data, const char *name, uint32_t *ret_uid)
{
	assert_ptr_equal(data, nodes);
	*ret_uid = 34;
	return strcmp(name, "backup") == 0;
}

static bool find_cgroup(void *data, const char *path, uint64_t *ret_id)
{
	assert_ptr_equal(data, nodes);
	*ret_id = 7001;
	return strcmp(path, "/system.slice") == 0;
}

static const struct filters_host host = {nodes, find, find_user, find_cgroup};

static int begin(void **state)
{
	(void)state;
	node_count = 0;
	put(&(struct node){.path = "/",
			   .device = ROOT_DEVICE,
			   .inode = 2,
			   .magic = EXT_MAGIC,
			   .directory = true});
	put(&(struct node){.path = "/etc",
			   .device = ROOT_DEVICE,
			   .inode = 12,
			   .magic = EXT_MAGIC,
			   .directory = true});
	put(&(struct node){
		.path = "/etc/shadow", .device = ROOT_DEVICE, .inode = 99, .magic = EXT_MAGIC});
	put(&(struct node){
		.path = "/usr/bin/top", .device = ROOT_DEVICE, .inode = 77, .magic = EXT_MAGIC});
	put(&(struct node){.path = "/proc",
			   .device = 21,
			   .inode = 1,
			   .magic = PROC_MAGIC,
			   .directory = true,
			   .whole = true});
	return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, begin)
#define LIST(...)                                                                         \
	{                                                                                 \
		(char *[]){__VA_ARGS__}, sizeof((char *[]){__VA_ARGS__}) / sizeof(char *) \
	}

static struct filters *compile(const struct filters_options *options)
{
	struct filters *filters = NULL;
	struct err err = {0};

	assert_int_equal(filters_compile(&filters, options, &host, &err), 0);
	assert_non_null(filters);
	return filters;
}

static uint32_t flags_of(const struct filters *filters, enum rec_filter_by by, uint32_t device,
			 uint64_t number)
{
	for (size_t i = 0; i < filters->entry_count; i++) {
		const struct rec_filter_key *key = &filters->entries[i].key;

		assert_int_equal(key->half, 0);
		if (key->by == by && key->device == device && key->number == number)
			return filters->entries[i].flags;
	}
	return 0;
}

static bool is_seen(const struct filters *filters, uint64_t inode)
{
	return filters->set.seen[inode / 64 % REC_FILTER_SEEN] >> (inode % 64) & 1;
}

static void nothing_given_looks_nothing_up(void **state)
{
	struct filters *filters = compile(&(struct filters_options){.opens = REC_OPENS_ALL});
	static const struct rec_filter_set none = {.opens = REC_OPENS_ALL};

	(void)state;
	assert_memory_equal(&filters->set, &none, sizeof(none));
	assert_int_equal(filters->entry_count + filters->name_count + filters->remark_count, 0);
	filters_free(filters);
}

static void processes_are_numbers(void **state)
{
	struct filters_options options = {
		.exclude = {[REC_FILTER_PID] = LIST("4711"),
			    [REC_FILTER_USER] = LIST("backup", "1000"),
			    [REC_FILTER_CGROUP] = LIST("/system.slice")},
		.include = {[REC_FILTER_EXECUTABLE] = LIST("/usr/bin/top")},
	};
	struct filters *filters = compile(&options);

	(void)state;
	assert_int_equal(filters->entry_count, 5);
	assert_int_equal(flags_of(filters, REC_FILTER_PID, 0, 4711), REC_FILTER_EXCLUDE);
	assert_int_equal(flags_of(filters, REC_FILTER_USER, 0, 34), REC_FILTER_EXCLUDE);
	assert_int_equal(flags_of(filters, REC_FILTER_USER, 0, 1000), REC_FILTER_EXCLUDE);
	assert_int_equal(flags_of(filters, REC_FILTER_CGROUP, 0, 7001), REC_FILTER_EXCLUDE);
	assert_int_equal(flags_of(filters, REC_FILTER_EXECUTABLE, ROOT_DEVICE, 77),
			 REC_FILTER_INCLUDE);
	assert_int_equal(filters->set.excludes,
			 1U << REC_FILTER_PID | 1U << REC_FILTER_USER | 1U << REC_FILTER_CGROUP);
	assert_int_equal(filters->set.includes, 1U << REC_FILTER_EXECUTABLE);
	assert_int_equal(filters->remark_count, 0);
	filters_free(filters);
}

static void what_is_not_there_is_a_remark(void **state)
{
	struct filters_options options = {
		.exclude = {[REC_FILTER_USER] = LIST("nobody-here"),
			    [REC_FILTER_EXECUTABLE] = LIST("/gone", "/etc"),
			    [REC_FILTER_CGROUP] = LIST("/none")},
		.include = {[REC_FILTER_PATH] = LIST("/no/where")},
	};
	struct filters *filters = compile(&options);

	(void)state;
	assert_int_equal(filters->entry_count, 0);
	assert_int_equal(filters->remark_count, 5);
	assert_string_equal(filters->remarks[0], "user nobody-here: no such user");
	assert_string_equal(filters->remarks[1], "executable /gone: no such file");
	assert_string_equal(filters->remarks[2], "executable /etc: a directory");
	assert_string_equal(filters->remarks[3], "cgroup /none: no such cgroup");
	assert_string_equal(filters->remarks[4], "path /no/where: no such directory");
	/* An include list that means nobody leaves everybody out. */
	assert_int_equal(filters->set.includes, 1U << REC_FILTER_PATH);
	filters_free(filters);
}

static void a_directory_is_itself(void **state)
{
	struct filters_options options = {.exclude = {[REC_FILTER_PATH] = LIST("/etc")}};
	struct filters *filters = compile(&options);

	(void)state;
	assert_int_equal(filters->entry_count, 1);
	assert_int_equal(filters->name_count, 0);
	assert_int_equal(flags_of(filters, REC_FILTER_PATH, ROOT_DEVICE, 12), REC_FILTER_EXCLUDE);
	assert_int_equal(filters->set.directories, REC_FILTER_EXCLUDE);
	assert_true(is_seen(filters, 12));
	assert_false(is_seen(filters, 13));
	filters_free(filters);
}

static void a_file_is_a_name_in_its_directory_there_or_not(void **state)
{
	struct filters_options options = {.read_paths = LIST("/etc/shadow", "/etc/gone")};
	struct filters *filters = compile(&options);
	char expected[REC_FILTER_NAME_SIZE] = "shadow";

	(void)state;
	assert_int_equal(filters->entry_count, 1);
	assert_int_equal(flags_of(filters, REC_FILTER_PATH, ROOT_DEVICE, 12), REC_FILTER_NAMES);
	assert_int_equal(filters->name_count, 2);
	assert_string_equal(filters->names[0].key.name, "gone");
	assert_memory_equal(filters->names[1].key.name, expected, sizeof(expected));
	assert_int_equal(filters->names[1].key.directory.number, 12);
	assert_int_equal(filters->names[1].key.directory.device, ROOT_DEVICE);
	assert_int_equal(filters->names[1].key.directory.by, REC_FILTER_PATH);
	assert_int_equal(filters->names[1].flags, REC_FILTER_READS);
	assert_int_equal(filters->set.directories, REC_FILTER_READS);
	assert_int_equal(filters->set.lengths, 1U << strlen("shadow") | 1U << strlen("gone"));
	assert_int_equal(filters->remark_count, 0);
	filters_free(filters);
}

static void one_key_gathers_the_bits_of_all_lists(void **state)
{
	struct filters_options options = {
		.exclude = {[REC_FILTER_PATH] = LIST("/etc"), [REC_FILTER_PID] = LIST("5")},
		.include = {[REC_FILTER_PATH] = LIST("/etc"), [REC_FILTER_PID] = LIST("5")},
		.read_paths = LIST("/etc/shadow", "/etc"),
	};
	struct filters *filters = compile(&options);

	(void)state;
	assert_int_equal(filters->entry_count, 2);
	assert_int_equal(flags_of(filters, REC_FILTER_PATH, ROOT_DEVICE, 12),
			 REC_FILTER_WHAT | REC_FILTER_NAMES);
	assert_int_equal(flags_of(filters, REC_FILTER_PID, 0, 5),
			 REC_FILTER_EXCLUDE | REC_FILTER_INCLUDE);
	filters_free(filters);
}

static void the_root_of_proc_means_every_proc(void **state)
{
	struct filters_options options = {.exclude = {[REC_FILTER_PATH] = LIST("/proc")}};
	struct filters *filters = compile(&options);

	(void)state;
	assert_int_equal(filters->entry_count, 0);
	assert_int_equal(filters->set.magics[0], PROC_MAGIC);
	assert_int_equal(filters->set.magic_flags[0], REC_FILTER_EXCLUDE);
	assert_int_equal(filters->set.magics[1], 0);
	assert_int_equal(filters->set.file_systems, REC_FILTER_EXCLUDE);
	assert_int_equal(filters->set.directories, 0);
	filters_free(filters);
}

/* Subvolumes of btrfs have the same numbers: to exclude one would exclude others. */
static void where_numbers_are_ambiguous_nothing_is_excluded_by_them(void **state)
{
	struct filters_options options = {
		.exclude = {[REC_FILTER_PATH] = LIST("/vol"),
			    [REC_FILTER_EXECUTABLE] = LIST("/vol/tool")},
		.read_paths = LIST("/vol"),
	};
	struct filters *filters;

	(void)state;
	put(&(struct node){
		.path = "/vol", .device = 40, .inode = 256, .directory = true, .ambiguous = true});
	put(&(struct node){.path = "/vol/tool", .device = 40, .inode = 300, .ambiguous = true});
	filters = compile(&options);
	assert_int_equal(filters->remark_count, 2);
	assert_int_equal(filters->entry_count, 1);
	assert_int_equal(flags_of(filters, REC_FILTER_PATH, 40, 256), REC_FILTER_READS);
	filters_free(filters);
}

static void only_a_difference_is_one(void **state)
{
	struct filters_options options = {
		.exclude = {[REC_FILTER_EXECUTABLE] = LIST("/usr/bin/top"),
			    [REC_FILTER_PATH] = LIST("/etc", "/etc/shadow")},
	};
	struct filters_options turned = {
		.exclude = {[REC_FILTER_EXECUTABLE] = LIST("/usr/bin/top"),
			    [REC_FILTER_PATH] = LIST("/etc/shadow", "/etc")},
	};
	const struct rec_filter_rule rule = {.kinds = 1U << REC_OPEN_READ, .last = 7};
	struct filters *first = compile(&options), *second = compile(&turned), *third;

	(void)state;
	assert_true(filters_equal(first, second));
	nodes[3].inode = 78; /* the binary is replaced */
	third = compile(&options);
	assert_false(filters_equal(first, third));
	filters_free(third);
	nodes[3].path = NULL; /* and goes: only that is remarked */
	third = compile(&options);
	assert_false(filters_equal(first, third));
	filters_free(third);
	options.opens = REC_OPENS_ALL;
	nodes[3].path = "/usr/bin/top";
	nodes[3].inode = 77;
	third = compile(&options);
	assert_false(filters_equal(first, third));
	filters_free(third);
	options.opens = REC_OPENS_NOTABLE;
	options.rules = &rule;
	options.rule_count = 1;
	third = compile(&options);
	assert_false(filters_equal(first, third));
	assert_int_equal(third->set.rule_kinds, 1U << REC_OPEN_READ);
	assert_memory_equal(&third->set.rules[0], &rule, sizeof(rule));
	filters_free(third);
	filters_free(second);
	filters_free(first);
}

static void more_than_there_is_room_for_is_refused(void **state)
{
	enum { COUNT = REC_FILTER_NAMES_MAX / 2 + 1 };
	static char texts[COUNT][16];
	static char *items[COUNT];
	struct filters_options options = {.read_paths = {items, COUNT}};
	struct filters *filters;
	struct err err;

	(void)state;
	for (int i = 0; i < COUNT; i++) {
		(void)snprintf(texts[i], sizeof(texts[i]), "/etc/%d", i);
		items[i] = texts[i];
	}
	assert_int_equal(filters_compile(&filters, &options, &host, &err), -E2BIG);
	assert_null(filters);
	options.read_paths.count--;
	filters = compile(&options);
	assert_int_equal(filters->name_count, COUNT - 1);
	filters_free(filters);
}

static enum rec_filter_by leaves_out(const struct filters_options *options)
{
	const struct filters_process process = {
		.uid = 34,
		.device = ROOT_DEVICE,
		.inode = 77,
		.cgroups = {7002, 7001, 1},
		.cgroup_count = 3,
	};
	struct filters *filters = compile(options);
	enum rec_filter_by by = filters_leave_out(filters, &process);

	filters_free(filters);
	return by;
}

/* As filter_lists of bpf/filter.h does. */
static void a_process_is_left_out_by_what_the_lists_say_of_it(void **state)
{
	static const struct {
		enum rec_filter_by by;
		char *own, *other;
	} rows[] = {
		{REC_FILTER_USER, "backup", "35"},
		{REC_FILTER_EXECUTABLE, "/usr/bin/top", "/etc/shadow"},
		{REC_FILTER_CGROUP, "/system.slice", "/nowhere"},
	};
	struct filters_options none = {0}, pid = {.exclude[REC_FILTER_PID] = LIST("77")};

	(void)state;
	assert_int_equal(leaves_out(&none), REC_FILTER_NONE);
	assert_int_equal(leaves_out(&pid), REC_FILTER_NONE);
	pid = (struct filters_options){.include[REC_FILTER_PID] = LIST("77")};
	assert_int_equal(leaves_out(&pid), REC_FILTER_PID);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *own[] = {rows[i].own}, *other[] = {rows[i].other};
		struct filters_options options = {0};

		options.exclude[rows[i].by] = (struct filters_list){own, 1};
		assert_int_equal(leaves_out(&options), rows[i].by);
		options.include[rows[i].by] = options.exclude[rows[i].by];
		assert_int_equal(leaves_out(&options), rows[i].by); /* the exclusion wins */
		options.exclude[rows[i].by] = (struct filters_list){other, 1};
		assert_int_equal(leaves_out(&options), REC_FILTER_NONE);
		options.include[rows[i].by] = (struct filters_list){other, 1};
		assert_int_equal(leaves_out(&options), rows[i].by);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_given_looks_nothing_up),
		TEST(processes_are_numbers),
		TEST(what_is_not_there_is_a_remark),
		TEST(a_directory_is_itself),
		TEST(a_file_is_a_name_in_its_directory_there_or_not),
		TEST(one_key_gathers_the_bits_of_all_lists),
		TEST(the_root_of_proc_means_every_proc),
		TEST(where_numbers_are_ambiguous_nothing_is_excluded_by_them),
		TEST(only_a_difference_is_one),
		TEST(a_process_is_left_out_by_what_the_lists_say_of_it),
		TEST(more_than_there_is_room_for_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
