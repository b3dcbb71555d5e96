/* SPDX-License-Identifier: BSD-2-Clause */
/* What a stranger can put where a file is expected. */
#include "enrich/safe_file.h"

#include "unit/test_root.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#define LIMIT ((size_t)64 * 1024)

static int root_fd;
static char *text;
static size_t length;

/* The root of the stranger is box; what is beside it is not his. */
static int make_box(void **state)
{
	static const char *const folders[] = {"box/etc", NULL};

	(void)state;
	if (make_root_with(folders) < 0)
		return -1;
	write_text("secret", "of the host");
	root_fd = safe_file_open_root(path_of("box"));
	return root_fd >= 0 ? 0 : -1;
}

static int remove_box(void **state)
{
	free(text);
	text = NULL;
	(void)close(root_fd);
	return remove_root(state);
}

static int read_passwd(void)
{
	free(text);
	text = NULL;
	return safe_file_read(root_fd, "etc/passwd", LIMIT, &text, &length, NULL);
}

/* Both ways to look say the same. */
static void assert_refused(int error)
{
	struct safe_file_state state;

	assert_int_equal(read_passwd(), error);
	assert_null(text);
	assert_int_equal(safe_file_stat(root_fd, "etc/passwd", &state), error);
}

static void a_file_is_read_whole_with_its_state(void **state)
{
	struct safe_file_state before, after, alone;
	struct stat st;

	(void)state;
	write_file("box/etc/passwd", "one\0two\n", 8);
	assert_int_equal(safe_file_read(root_fd, "etc/passwd", LIMIT, &text, &length, &before), 0);
	assert_int_equal(length, 8);
	assert_memory_equal(text, "one\0two\n", 9);
	assert_int_equal(stat(path_of("box/etc/passwd"), &st), 0);
	assert_int_equal(before.inode, st.st_ino);
	assert_int_equal(before.device, st.st_dev);
	assert_int_equal(before.size, 8);
	assert_int_equal(before.owner, getuid());
	assert_int_equal(safe_file_stat(root_fd, "/etc/passwd", &alone), 0);
	assert_true(safe_file_same(&before, &alone));
	write_file("box/etc/new", "one\0two\n", 8);
	assert_int_equal(rename(path_of("box/etc/new"), path_of("box/etc/passwd")), 0);
	assert_int_equal(safe_file_stat(root_fd, "etc/passwd", &after), 0);
	assert_false(safe_file_same(&before, &after));
}

static void sizes_around_the_limit(void **state)
{
	static char bytes[LIMIT + 1];
	static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 8192, LIMIT - 1, LIMIT};

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		write_file("box/etc/passwd", bytes, sizes[i]);
		assert_int_equal(read_passwd(), 0);
		assert_int_equal(length, sizes[i]);
		assert_memory_equal(text, bytes, length);
		assert_int_equal(text[length], '\0');
	}
	write_file("box/etc/passwd", bytes, LIMIT + 1);
	assert_int_equal(read_passwd(), -EFBIG);
	assert_null(text);
}

static void a_fifo_is_refused_and_nobody_waits(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(path_of("box/etc/passwd"), 0600), 0);
	assert_refused(-EINVAL);
}

/* A writer that waits for a reader is not woken either: nothing was opened. */
static void a_fifo_is_not_even_opened(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(path_of("box/etc/passwd"), 0600), 0);
	assert_refused(-EINVAL);
	assert_int_equal(open(path_of("box/etc/passwd"), O_WRONLY | O_NONBLOCK | O_CLOEXEC), -1);
	assert_int_equal(errno, ENXIO);
}

static void a_directory_and_a_socket_are_refused(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_int_equal(mkdir(path_of("box/etc/passwd"), 0700), 0);
	assert_refused(-EINVAL);
	assert_int_equal(rmdir(path_of("box/etc/passwd")), 0);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path_of("box/etc/passwd"));
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_refused(-EINVAL);
	assert_int_equal(close(fd), 0);
}

static void a_device_is_refused(void **state)
{
	int fd = safe_file_open_root("/");

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(safe_file_read(fd, "dev/zero", LIMIT, &text, &length, NULL), -EINVAL);
	assert_int_equal(close(fd), 0);
}

static void links_stay_below_the_root(void **state)
{
	static const char *const outward[] = {"../../secret", "../../../../../../secret", "/secret",
					      "/../secret"};

	(void)state;
	for (size_t i = 0; i < sizeof(outward) / sizeof(outward[0]); i++) {
		assert_int_equal(symlink(outward[i], path_of("box/etc/passwd")), 0);
		assert_refused(-ENOENT);
		assert_int_equal(unlink(path_of("box/etc/passwd")), 0);
	}
	assert_int_equal(symlink(path_of("secret"), path_of("box/etc/passwd")), 0);
	assert_refused(-ENOENT);
	assert_int_equal(safe_file_read(root_fd, "../secret", LIMIT, &text, &length, NULL),
			 -ENOENT);
}

static void a_link_inside_is_followed(void **state)
{
	(void)state;
	write_file("box/etc/real", "inside", 6);
	assert_int_equal(symlink("/../etc/./real", path_of("box/etc/passwd")), 0);
	assert_int_equal(read_passwd(), 0);
	assert_string_equal(text, "inside");
}

static void a_link_to_itself_is_refused(void **state)
{
	(void)state;
	assert_int_equal(symlink("passwd", path_of("box/etc/passwd")), 0);
	assert_refused(-ELOOP);
}

static void a_magic_link_is_not_followed(void **state)
{
	int fd = safe_file_open_root("/");

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(safe_file_read(fd, "proc/self/exe", LIMIT, &text, &length, NULL), -ELOOP);
	assert_int_equal(
		safe_file_read(fd, "proc/self/root/etc/passwd", LIMIT, &text, &length, NULL),
		-ELOOP);
	assert_int_equal(close(fd), 0);
}

static void a_gigabyte_is_not_read(void **state)
{
	(void)state;
	write_file("box/etc/passwd", "root:x:0:0:::\n", 14);
	assert_int_equal(truncate(path_of("box/etc/passwd"), 1 << 30), 0);
	assert_int_equal(read_passwd(), -EFBIG);
	assert_null(text);
}

/* They claim to be empty regular files; a link leads there, also a stranger's. */
static void files_of_the_kernels_own_are_refused(void **state)
{
	static const char *const paths[] = {"proc/kallsyms", "proc/self/status",
					    "sys/kernel/uevent_seqnum"};
	int fd = safe_file_open_root("/");
	struct safe_file_state found;

	(void)state;
	assert_true(fd >= 0);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		assert_int_equal(safe_file_stat(fd, paths[i], &found), -EINVAL);
		assert_int_equal(safe_file_read(fd, paths[i], LIMIT, &text, &length, NULL),
				 -EINVAL);
		assert_null(text);
	}
	assert_int_equal(close(fd), 0);
}

static void what_is_missing_is_told(void **state)
{
	(void)state;
	assert_refused(-ENOENT);
	assert_int_equal(safe_file_open_root(path_of("nothing")), -ENOENT);
	assert_int_equal(safe_file_open_root(path_of("secret")), -ENOTDIR);
}

int main(void)
{
#define FILE_TEST(name) cmocka_unit_test_setup_teardown(name, make_box, remove_box)
	const struct CMUnitTest tests[] = {
		FILE_TEST(a_file_is_read_whole_with_its_state),
		FILE_TEST(sizes_around_the_limit),
		FILE_TEST(a_fifo_is_refused_and_nobody_waits),
		FILE_TEST(a_fifo_is_not_even_opened),
		FILE_TEST(a_directory_and_a_socket_are_refused),
		FILE_TEST(a_device_is_refused),
		FILE_TEST(links_stay_below_the_root),
		FILE_TEST(a_link_inside_is_followed),
		FILE_TEST(a_link_to_itself_is_refused),
		FILE_TEST(a_magic_link_is_not_followed),
		FILE_TEST(a_gigabyte_is_not_read),
		FILE_TEST(files_of_the_kernels_own_are_refused),
		FILE_TEST(what_is_missing_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
