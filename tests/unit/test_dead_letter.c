/* SPDX-License-Identifier: BSD-2-Clause */
/* The file of events that no sink takes. */
#include "sink/dead_letter.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <yajl/yajl_tree.h>

static const uint8_t stream[16] = {0xab};

/* Wrapped by the linker, see tests/CMakeLists.txt. */
static struct {
	unsigned int files, directories;
	off_t size; /* of the file that was synced last */
	int error;
} syncs;

int __wrap_fdatasync(int fd);
int __wrap_fsync(int fd);

int __wrap_fdatasync(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	syncs.files++;
	syncs.size = st.st_size;
	errno = syncs.error;
	return syncs.error ? -1 : 0;
}

int __wrap_fsync(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	syncs.directories++;
	return 0;
}

struct world {
	char dir[64], path[128], older[144];
	struct dead_letter *letters;
	struct err err;
};

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	if (!world)
		return -1;
	memset(&syncs, 0, sizeof(syncs));
	*state = world;
	strcpy(world->dir, "/tmp/test_dead_letter.XXXXXX");
	if (!mkdtemp(world->dir))
		return -1;
	(void)snprintf(world->path, sizeof(world->path), "%s/dead/siem.ndjson", world->dir);
	(void)snprintf(world->older, sizeof(world->older), "%s.1", world->path);
	return dead_letter_new(&world->letters, world->path, "siem", 4096);
}

static int tear_down(void **state)
{
	struct world *world = *state;

	dead_letter_free(world->letters);
	(void)nftw(world->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	free(world);
	return 0;
}

static int add(struct world *world, uint64_t sequence, const char *text)
{
	struct feed_dead dead = {.stream = stream,
				 .sequence = sequence,
				 .events = 1,
				 .why = "refused: \"no\"",
				 .text = text,
				 .size = text ? strlen(text) : 0};

	return dead_letter_add(world->letters, &dead, &world->err);
}

/* The lines of a file, each of which must be JSON; the last one parsed goes to ret_last. */
static unsigned int count_lines(const char *path, yajl_val *ret_last)
{
	FILE *file = fopen(path, "re");
	unsigned int count = 0;
	char line[8192], why[256];

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		yajl_val root = yajl_tree_parse(line, why, sizeof(why));

		assert_non_null(root);
		assert_int_equal(line[strlen(line) - 1], '\n');
		count++;
		if (ret_last) {
			yajl_tree_free(*ret_last);
			*ret_last = root;
		} else {
			yajl_tree_free(root);
		}
	}
	(void)fclose(file);
	return count;
}

static const char *text_at(yajl_val root, const char *outer, const char *inner)
{
	const char *path[] = {outer, inner, NULL};
	yajl_val value = yajl_tree_get(root, path, yajl_t_string);

	return value ? value->u.string : NULL;
}

static void a_letter_has_the_event_its_name_and_the_reason(void **state)
{
	struct world *world = *state;
	yajl_val root = NULL;
	struct stat st;

	assert_int_equal(add(world, 17, "{\"a\":\"\\\"\xff\"}"), 0);
	assert_int_equal(count_lines(world->path, &root), 1);
	assert_string_equal(text_at(root, "sink", NULL), "siem");
	assert_string_equal(text_at(root, "reason", NULL), "refused: \"no\"");
	assert_string_equal(text_at(root, "event", "id"),
			    "ab000000-0000-0000-0000-000000000000:17");
	assert_string_equal(text_at(root, "message", NULL), "{\"a\":\"\\\"\xef\xbf\xbd\"}");
	assert_non_null(text_at(root, "@timestamp", NULL));
	yajl_tree_free(root);
	assert_int_equal(stat(world->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void what_could_not_be_rendered_has_no_message(void **state)
{
	struct world *world = *state;
	yajl_val root = NULL;

	assert_int_equal(add(world, 1, NULL), 0);
	assert_int_equal(count_lines(world->path, &root), 1);
	assert_null(text_at(root, "message", NULL));
	yajl_tree_free(root);
}

static void two_files_are_kept_and_no_more(void **state)
{
	struct world *world = *state;
	struct stat st;

	for (uint64_t i = 1; i <= 200; i++)
		assert_int_equal(add(world, i, "{\"some\":\"event that is not very long\"}"), 0);
	assert_int_equal(stat(world->path, &st), 0);
	assert_in_range(st.st_size, 1, 4096);
	assert_int_equal(stat(world->older, &st), 0);
	assert_in_range(st.st_size, 3500, 4096);
	assert_true(count_lines(world->older, NULL) > 10 && count_lines(world->path, NULL) > 0);
}

static void a_letter_larger_than_the_file_is_kept_alone(void **state)
{
	struct world *world = *state;
	static char big[5001];

	memset(big, 'x', sizeof(big) - 1);
	assert_int_equal(add(world, 1, "small"), 0);
	assert_int_equal(add(world, 2, big), 0);
	assert_int_equal(count_lines(world->older, NULL), 1);
	assert_int_equal(count_lines(world->path, NULL), 1);
}

static void a_torn_end_is_cut_off(void **state)
{
	struct world *world = *state;
	int fd;

	assert_int_equal(add(world, 1, "one"), 0);
	fd = open(world->path, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(fd, "{\"torn", 6), 6);
	close(fd);
	assert_int_equal(add(world, 2, "two"), 0);
	assert_int_equal(count_lines(world->path, NULL), 2);
}

static void a_link_is_not_followed(void **state)
{
	struct world *world = *state;
	char target[128];

	assert_int_equal(add(world, 1, "one"), 0);
	assert_int_equal(unlink(world->path), 0);
	(void)snprintf(target, sizeof(target), "%s/target", world->dir);
	assert_int_equal(symlink(target, world->path), 0);
	assert_int_equal(add(world, 2, "two"), -ELOOP);
	assert_non_null(strstr(world->err.text, world->path));
	assert_int_equal(access(target, F_OK), -1);
}

static void a_letter_is_kept_once_it_is_on_disk(void **state)
{
	struct world *world = *state;
	struct stat st;

	assert_int_equal(add(world, 7, "{}"), 0);
	assert_int_equal(syncs.files, 1);
	assert_int_equal(syncs.directories, 1);
	assert_int_equal(add(world, 8, "{}"), 0);
	assert_int_equal(stat(world->path, &st), 0);
	assert_int_equal(syncs.files, 2);
	assert_int_equal(syncs.size, st.st_size);
	assert_int_equal(syncs.directories, 1);
	syncs.error = EIO;
	assert_int_equal(add(world, 9, "{}"), -EIO);
	assert_non_null(strstr(world->err.text, "cannot keep a dead letter: Input/output error"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_letter_has_the_event_its_name_and_the_reason),
		TEST(what_could_not_be_rendered_has_no_message),
		TEST(two_files_are_kept_and_no_more),
		TEST(a_letter_larger_than_the_file_is_kept_alone),
		TEST(a_letter_is_kept_once_it_is_on_disk),
		TEST(a_torn_end_is_cut_off),
		TEST(a_link_is_not_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
