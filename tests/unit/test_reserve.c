/* SPDX-License-Identifier: BSD-2-Clause */
/* Room behind the end of a file: how much, when, and that it is given back. Needs ext4. */
#include "sink/reserve.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cmocka.h>

#define MIB (off_t)(1024 * 1024)

static char file_path[] = "reserve-XXXXXX";

struct fixture {
	int fd;
	struct reserve reserve;
};

static int make_file(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	(void)strcpy(file_path, "reserve-XXXXXX");
	if (!fixture || (fixture->fd = mkstemp(file_path)) < 0)
		return -1;
	*state = fixture;
	return 0;
}

static int remove_file(void **state)
{
	struct fixture *fixture = *state;

	(void)close(fixture->fd);
	(void)unlink(file_path);
	free(fixture);
	return 0;
}

static struct fixture *on_ext4(void **state)
{
	struct fixture *fixture = *state;
	struct statfs fs;

	assert_int_equal(fstatfs(fixture->fd, &fs), 0);
	if (fs.f_type != EXT4_SUPER_MAGIC) {
		print_message("skipped: the working directory is not on ext4\n");
		skip();
	}
	return fixture;
}

static void append(const struct fixture *fixture, off_t size)
{
	char *bytes = malloc((size_t)size);

	assert_non_null(bytes);
	memset(bytes, 'x', (size_t)size);
	assert_int_equal(write(fixture->fd, bytes, (size_t)size), size);
	free(bytes);
}

static off_t size_of(const struct fixture *fixture)
{
	struct stat st;

	assert_int_equal(fstat(fixture->fd, &st), 0);
	return st.st_size;
}

/* Whole MiB; what was written counts once it is on disk. */
static off_t mib_on_disk(const struct fixture *fixture)
{
	struct stat st;

	assert_int_equal(fsync(fixture->fd), 0);
	assert_int_equal(fstat(fixture->fd, &st), 0);
	return (off_t)st.st_blocks * 512 / MIB;
}

static void a_short_file_gets_nothing(void **state)
{
	struct fixture *fixture = on_ext4(state);

	append(fixture, 4 * MIB);
	reserve_init(&fixture->reserve, fixture->fd, 4 * MIB);
	reserve_extend(&fixture->reserve, fixture->fd, 4 * MIB, MIB);
	assert_int_equal(mib_on_disk(fixture), 4);
}

static void room_is_an_eighth_and_the_size_does_not_tell(void **state)
{
	struct fixture *fixture = on_ext4(state);

	append(fixture, 16 * MIB);
	reserve_init(&fixture->reserve, fixture->fd, 16 * MIB);
	reserve_extend(&fixture->reserve, fixture->fd, 16 * MIB, MIB);
	assert_int_equal(mib_on_disk(fixture), 16 + 1 + 2);
	assert_int_equal(size_of(fixture), 16 * MIB);
	append(fixture, MIB);
	reserve_extend(&fixture->reserve, fixture->fd, 17 * MIB, 2 * MIB); /* it fits */
	append(fixture, 2 * MIB);
	assert_int_equal(mib_on_disk(fixture), 19);
	reserve_extend(&fixture->reserve, fixture->fd, 19 * MIB, 1);
	assert_true(mib_on_disk(fixture) > 19);
}

static void what_is_not_needed_is_given_back(void **state)
{
	struct fixture *fixture = on_ext4(state);

	append(fixture, 16 * MIB);
	reserve_init(&fixture->reserve, fixture->fd, 16 * MIB);
	reserve_extend(&fixture->reserve, fixture->fd, 16 * MIB, MIB);
	append(fixture, 10);
	reserve_trim(&fixture->reserve, fixture->fd, 16 * MIB + 10);
	assert_int_equal(mib_on_disk(fixture), 16);
	assert_int_equal(size_of(fixture), 16 * MIB + 10);
}

/* As after kill -9. */
static void what_an_earlier_process_left_is_given_back(void **state)
{
	struct fixture *fixture = on_ext4(state);

	append(fixture, 16 * MIB);
	assert_int_equal(fallocate(fixture->fd, FALLOC_FL_KEEP_SIZE, 16 * MIB, 8 * MIB), 0);
	assert_int_equal(mib_on_disk(fixture), 24);
	reserve_init(&fixture->reserve, fixture->fd, 16 * MIB);
	assert_int_equal(mib_on_disk(fixture), 16);
	assert_int_equal(size_of(fixture), 16 * MIB);
}

static void what_others_appended_is_not_cut(void **state)
{
	struct fixture *fixture = on_ext4(state);

	append(fixture, 16 * MIB);
	reserve_init(&fixture->reserve, fixture->fd, 16 * MIB);
	reserve_extend(&fixture->reserve, fixture->fd, 16 * MIB, MIB);
	append(fixture, 5);
	reserve_trim(&fixture->reserve, fixture->fd, 16 * MIB);
	assert_int_equal(size_of(fixture), 16 * MIB + 5);
}

/* A descriptor that takes no fallocate(2) stands for a disk that is full. */
static void without_room_it_is_not_tried_again(void **state)
{
	struct fixture *fixture = on_ext4(state);
	int reading;

	append(fixture, 16 * MIB);
	reserve_init(&fixture->reserve, fixture->fd, 16 * MIB);
	reading = open(file_path, O_RDONLY | O_CLOEXEC);
	assert_true(reading >= 0);
	reserve_extend(&fixture->reserve, reading, 16 * MIB, MIB);
	(void)close(reading);
	assert_false(fixture->reserve.useful);
	reserve_extend(&fixture->reserve, fixture->fd, 16 * MIB, MIB);
	assert_int_equal(mib_on_disk(fixture), 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_short_file_gets_nothing, make_file, remove_file),
		cmocka_unit_test_setup_teardown(room_is_an_eighth_and_the_size_does_not_tell,
						make_file, remove_file),
		cmocka_unit_test_setup_teardown(what_is_not_needed_is_given_back, make_file,
						remove_file),
		cmocka_unit_test_setup_teardown(what_an_earlier_process_left_is_given_back,
						make_file, remove_file),
		cmocka_unit_test_setup_teardown(what_others_appended_is_not_cut, make_file,
						remove_file),
		cmocka_unit_test_setup_teardown(without_room_it_is_not_tried_again, make_file,
						remove_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
