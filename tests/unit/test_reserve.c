/* SPDX-License-Identifier: BSD-2-Clause */
/* Room behind the end of a file: how much, when, and that it is given back. Needs ext4. */
#include "sink/active.h"

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
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define MIB (off_t)(1024 * 1024)
#define ROOMY (UINT64_C(5) << 30)
#define BETWEEN (UINT64_C(7) << 29)
#define SCARCE (UINT64_C(2) << 30)

struct fixture {
	char path[32];
	int fd;
	struct reserve reserve;
};

static int make_file(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture)
		return -1;
	(void)snprintf(fixture->path, sizeof(fixture->path), "reserve-XXXXXX");
	fixture->fd = mkstemp(fixture->path);
	if (fixture->fd < 0)
		return -1;
	*state = fixture;
	return 0;
}

static int remove_file(void **state)
{
	struct fixture *fixture = *state;

	(void)close(fixture->fd);
	(void)unlink(fixture->path);
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

/* As a sink that has just opened the file and looked at the disk. */
static void begin(struct fixture *fixture, off_t length, uint64_t free_bytes)
{
	reserve_init(&fixture->reserve, fixture->fd, length);
	reserve_look(&fixture->reserve, fixture->fd, length, free_bytes);
}

/* A file of 16 MiB with room for one that comes and for two behind it. */
static struct fixture *with_room(void **state)
{
	struct fixture *fixture = on_ext4(state);

	append(fixture, 16 * MIB);
	begin(fixture, 16 * MIB, ROOMY);
	reserve_extend(&fixture->reserve, fixture->fd, 16 * MIB, MIB);
	assert_int_equal(mib_on_disk(fixture), 16 + 1 + 2);
	return fixture;
}

static void a_short_file_gets_nothing(void **state)
{
	struct fixture *fixture = on_ext4(state);

	append(fixture, 4 * MIB);
	begin(fixture, 4 * MIB, ROOMY);
	reserve_extend(&fixture->reserve, fixture->fd, 4 * MIB, MIB);
	assert_int_equal(mib_on_disk(fixture), 4);
}

static void room_is_an_eighth_and_the_size_does_not_tell(void **state)
{
	struct fixture *fixture = with_room(state);

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
	struct fixture *fixture = with_room(state);

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
	struct fixture *fixture = with_room(state);

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
	begin(fixture, 16 * MIB, ROOMY);
	reading = open(fixture->path, O_RDONLY | O_CLOEXEC);
	assert_true(reading >= 0);
	reserve_extend(&fixture->reserve, reading, 16 * MIB, MIB);
	(void)close(reading);
	assert_false(fixture->reserve.useful);
	reserve_extend(&fixture->reserve, fixture->fd, 16 * MIB, MIB);
	assert_int_equal(mib_on_disk(fixture), 16);
}

static void nothing_is_taken_between_the_bounds_and_all_given_back_below(void **state)
{
	struct fixture *fixture = on_ext4(state);

	append(fixture, 16 * MIB);
	begin(fixture, 16 * MIB, BETWEEN);
	reserve_extend(&fixture->reserve, fixture->fd, 16 * MIB, MIB);
	assert_int_equal(mib_on_disk(fixture), 16);
	reserve_look(&fixture->reserve, fixture->fd, 16 * MIB, ROOMY);
	reserve_look(&fixture->reserve, fixture->fd, 16 * MIB, BETWEEN); /* goes on */
	reserve_extend(&fixture->reserve, fixture->fd, 16 * MIB, MIB);
	assert_int_equal(mib_on_disk(fixture), 19);
	reserve_look(&fixture->reserve, fixture->fd, 16 * MIB, SCARCE);
	assert_int_equal(mib_on_disk(fixture), 16);
	reserve_look(&fixture->reserve, fixture->fd, 16 * MIB, BETWEEN);
	reserve_extend(&fixture->reserve, fixture->fd, 16 * MIB, MIB);
	assert_int_equal(mib_on_disk(fixture), 16);
}

static void giving_back_leaves_the_times_of_the_file(void **state)
{
	const struct timespec times[] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
	struct fixture *fixture = with_room(state);
	struct stat st;

	assert_int_equal(futimens(fixture->fd, times), 0);
	reserve_trim(&fixture->reserve, fixture->fd, 16 * MIB);
	assert_int_equal(mib_on_disk(fixture), 16);
	assert_int_equal(fstat(fixture->fd, &st), 0);
	assert_int_equal(st.st_mtim.tv_sec, 1000000000);
}

/* ---- of the file that a trail writes ---- */

static void open_active(const struct fixture *fixture, struct active *active,
			struct trail_name *name)
{
	uint64_t cut;
	struct err err;

	active_init(active);
	assert_int_equal(trail_name_init(name, fixture->path, &err), 0);
	active->name = name;
	active->path = fixture->path;
	assert_int_equal(active_open(active, &cut, &err), 0);
	assert_int_equal(cut, 0);
}

static void write_lines(struct active *active, off_t size, uint64_t free_bytes)
{
	static char line[256 * 1024];
	struct err err;

	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	for (; size > 0; size -= (off_t)sizeof(line)) {
		active_look(active, free_bytes);
		assert_true(active_is_in_place(active));
		assert_int_equal(active_append(active, line, sizeof(line), &err), 0);
	}
}

static void a_trail_has_room_until_it_is_closed(void **state)
{
	struct fixture *fixture = on_ext4(state);
	struct trail_name name;
	struct active active;

	open_active(fixture, &active, &name);
	write_lines(&active, 16 * MIB, ROOMY);
	assert_true(mib_on_disk(fixture) > 16);
	write_lines(&active, MIB, SCARCE);
	assert_int_equal(mib_on_disk(fixture), 17);
	write_lines(&active, 16 * MIB, ROOMY);
	assert_true(mib_on_disk(fixture) > 33);
	active_close(&active);
	assert_int_equal(mib_on_disk(fixture), 33);
	assert_int_equal(size_of(fixture), 33 * MIB);
}

static void a_trail_that_others_cut_takes_room_anew(void **state)
{
	struct fixture *fixture = on_ext4(state);
	struct trail_name name;
	struct active active;
	struct stat st;

	open_active(fixture, &active, &name);
	write_lines(&active, 32 * MIB, ROOMY);
	assert_int_equal(ftruncate(fixture->fd, 9 * MIB), 0); /* whole lines */
	assert_int_equal(mib_on_disk(fixture), 9);
	write_lines(&active, MIB, ROOMY);
	assert_int_equal(size_of(fixture), 10 * MIB);
	assert_int_equal(fstat(fixture->fd, &st), 0);
	assert_true((off_t)st.st_blocks * 512 > 10 * MIB + MIB / 8);
	assert_true((off_t)st.st_blocks * 512 < 12 * MIB);
	active_close(&active);
	assert_int_equal(mib_on_disk(fixture), 10);
}

static void after_a_kill_the_next_one_gives_back(void **state)
{
	struct fixture *fixture = on_ext4(state);
	struct trail_name name;
	struct active active;
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		open_active(fixture, &active, &name);
		write_lines(&active, 16 * MIB, ROOMY);
		_exit(0); /* closes nothing */
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_true(mib_on_disk(fixture) > 16);
	open_active(fixture, &active, &name);
	assert_int_equal(mib_on_disk(fixture), 16);
	assert_int_equal(active.length, 16 * MIB);
	active_close(&active);
}

#define RESERVE_TEST(test) cmocka_unit_test_setup_teardown(test, make_file, remove_file)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RESERVE_TEST(a_short_file_gets_nothing),
		RESERVE_TEST(room_is_an_eighth_and_the_size_does_not_tell),
		RESERVE_TEST(what_is_not_needed_is_given_back),
		RESERVE_TEST(what_an_earlier_process_left_is_given_back),
		RESERVE_TEST(what_others_appended_is_not_cut),
		RESERVE_TEST(without_room_it_is_not_tried_again),
		RESERVE_TEST(nothing_is_taken_between_the_bounds_and_all_given_back_below),
		RESERVE_TEST(giving_back_leaves_the_times_of_the_file),
		RESERVE_TEST(a_trail_has_room_until_it_is_closed),
		RESERVE_TEST(a_trail_that_others_cut_takes_room_anew),
		RESERVE_TEST(after_a_kill_the_next_one_gives_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
