/* SPDX-License-Identifier: BSD-2-Clause */
/* Every call that opens a file, and what its flags make of the event. All opens are recorded. */
#include "attempt.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static long open_read(const struct attempt *attempt)
{
	return raw_open(attempt->argument, O_RDONLY, 0);
}

static void tells_an_open_for_reading(void **state)
{
	const char *path = plain_file(state);
	struct attempt attempt = {.call = open_read,
				  .argument = path,
				  .syscall = RAW_OPEN,
				  .path = path,
				  .given = path};

	check_open(*state, &attempt);
}

static int close_zero(const struct attempt *attempt)
{
	(void)attempt;
	return close(0) == 0 ? 0 : -errno;
}

static long open_as_zero(const struct attempt *attempt)
{
	return raw_openat(AT_FDCWD, attempt->argument, O_RDONLY | O_CLOEXEC, 0);
}

static void want_zero(struct want *want, const struct attempt *attempt)
{
	assert_int_equal(attempt->outcome->result, 0);
	want_number(want, "Linux.syscall.exit", 0);
}

static void tells_an_open_that_got_descriptor_0(void **state)
{
	const char *path = plain_file(state);
	struct attempt attempt = {.prepare = close_zero,
				  .call = open_as_zero,
				  .argument = path,
				  .path = path,
				  .given = path,
				  .flags = "[\"O_RDONLY\",\"O_CLOEXEC\"]",
				  .flags_raw = O_CLOEXEC,
				  .adjust = want_zero};

	check_open(*state, &attempt);
}

static long open_append(const struct attempt *attempt)
{
	return raw_openat(AT_FDCWD, attempt->argument, O_WRONLY | O_APPEND, 0);
}

static void tells_an_open_for_writing_as_a_change(void **state)
{
	const char *path = plain_file(state);
	struct attempt attempt = {.call = open_append,
				  .argument = path,
				  .type = CHANGE,
				  .path = path,
				  .given = path,
				  .flags = "[\"O_WRONLY\",\"O_APPEND\"]",
				  .flags_raw = O_WRONLY | O_APPEND};

	check_open(*state, &attempt);
}

static long open_truncate(const struct attempt *attempt)
{
	return raw_openat(AT_FDCWD, attempt->argument, O_RDONLY | O_TRUNC, 0);
}

static void tells_a_truncation_by_an_open_for_reading_as_a_change(void **state)
{
	const char *path = plain_file(state);
	struct attempt attempt = {.call = open_truncate,
				  .argument = path,
				  .type = CHANGE,
				  .path = path,
				  .given = path,
				  .flags = "[\"O_RDONLY\",\"O_TRUNC\"]",
				  .flags_raw = O_TRUNC};

	check_open(*state, &attempt);
}

static long open_create(const struct attempt *attempt)
{
	return raw_openat(AT_FDCWD, attempt->argument, O_RDWR | O_CREAT, 0604);
}

static void want_mode_604(struct want *want, const struct attempt *attempt)
{
	(void)attempt;
	want_string(want, "Linux.open.mode", "0604");
}

static void tells_a_creation_from_an_open_of_what_was_there(void **state)
{
	const char *path = in_dir(state, "made");
	struct attempt attempt = {.call = open_create,
				  .argument = path,
				  .action = "creation",
				  .type = CREATION,
				  .path = path,
				  .given = path,
				  .flags = "[\"O_RDWR\",\"O_CREAT\"]",
				  .flags_raw = O_RDWR | O_CREAT,
				  .adjust = want_mode_604};

	check_open(*state, &attempt);
	attempt.action = NULL;
	attempt.type = CHANGE;
	check_open(*state, &attempt);
}

static long open_exclusive(const struct attempt *attempt)
{
	return raw_openat(AT_FDCWD, attempt->argument, O_WRONLY | O_CREAT | O_EXCL, 0604);
}

static void tells_a_file_that_was_to_be_new_and_is_not(void **state)
{
	const char *path = plain_file(state);
	struct attempt attempt = {.call = open_exclusive,
				  .argument = path,
				  .error = EEXIST,
				  .path = path,
				  .given = path,
				  .flags = "[\"O_WRONLY\",\"O_CREAT\",\"O_EXCL\"]",
				  .flags_raw = O_WRONLY | O_CREAT | O_EXCL,
				  .adjust = want_mode_604};

	check_open(*state, &attempt);
}

#ifdef SYS_creat
static long call_creat(const struct attempt *attempt)
{
	long result = syscall(SYS_creat, attempt->argument, 0604);

	return result < 0 ? -errno : result;
}

static void tells_creat(void **state)
{
	const char *path = in_dir(state, "by-creat");
	struct attempt attempt = {.call = call_creat,
				  .argument = path,
				  .action = "creation",
				  .type = CREATION,
				  .syscall = "creat",
				  .path = path,
				  .given = path,
				  .flags = "[\"O_WRONLY\",\"O_CREAT\",\"O_TRUNC\"]",
				  .flags_raw = O_WRONLY | O_CREAT | O_TRUNC,
				  .adjust = want_mode_604};

	check_open(*state, &attempt);
}
#endif

static long open_unnamed(const struct attempt *attempt)
{
	return raw_openat(AT_FDCWD, attempt->argument, O_RDWR | O_TMPFILE, 0604);
}

static void want_unnamed(struct want *want, const struct attempt *attempt)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/#%lu", attempt->argument,
		 (unsigned long)attempt->outcome->stat.st_ino);
	want_path(want, path);
	want_bool(want, "Linux.open.deleted", true);
	want_mode_604(want, attempt);
}

static void tells_an_unnamed_file_as_a_creation(void **state)
{
	struct attempt attempt = {.call = open_unnamed,
				  .argument = harness_dir(*state),
				  .action = "creation",
				  .type = CREATION,
				  .given = harness_dir(*state),
				  .flags = "[\"O_RDWR\",\"O_TMPFILE\"]",
				  .flags_raw = O_RDWR | O_TMPFILE,
				  .adjust = want_unnamed};

	check_open(*state, &attempt);
}

static long open_path_only(const struct attempt *attempt)
{
	return raw_openat(AT_FDCWD, attempt->argument, O_PATH | O_NOFOLLOW, 0);
}

static void tells_a_link_opened_by_path_only_as_a_link(void **state)
{
	const char *path = in_dir(state, "link");
	struct attempt attempt = {.call = open_path_only,
				  .argument = path,
				  .path = path,
				  .given = path,
				  .flags = "[\"O_RDONLY\",\"O_NOFOLLOW\",\"O_PATH\"]",
				  .flags_raw = O_NOFOLLOW | O_PATH};

	assert_int_equal(symlink("nowhere", path), 0);
	check_open(*state, &attempt);
}

static long open_directory(const struct attempt *attempt)
{
	return raw_openat(AT_FDCWD, attempt->argument, O_RDONLY | O_DIRECTORY, 0);
}

static void tells_a_directory(void **state)
{
	struct attempt attempt = {.call = open_directory,
				  .argument = harness_dir(*state),
				  .path = harness_dir(*state),
				  .given = harness_dir(*state),
				  .flags = "[\"O_RDONLY\",\"O_DIRECTORY\"]",
				  .flags_raw = O_DIRECTORY};

	check_open(*state, &attempt);
}

static long open_fifo(const struct attempt *attempt)
{
	return raw_openat(AT_FDCWD, attempt->argument, O_RDWR | O_NONBLOCK, 0);
}

static void tells_a_fifo_and_a_device(void **state)
{
	const char *path = in_dir(state, "fifo");
	struct attempt fifo = {.call = open_fifo,
			       .argument = path,
			       .type = CHANGE,
			       .path = path,
			       .given = path,
			       .flags = "[\"O_RDWR\",\"O_NONBLOCK\"]",
			       .flags_raw = O_RDWR | O_NONBLOCK};
	struct attempt device = fifo;

	assert_int_equal(mkfifo(path, 0600), 0);
	check_open(*state, &fifo);
	device.argument = device.path = device.given = "/dev/null";
	check_open(*state, &device);
}

static long open_fifo_without_reader(const struct attempt *attempt)
{
	return raw_openat(AT_FDCWD, attempt->argument, O_WRONLY | O_NONBLOCK, 0);
}

static void tells_a_fifo_that_nobody_reads(void **state)
{
	const char *path = in_dir(state, "lonely");
	struct attempt attempt = {.call = open_fifo_without_reader,
				  .argument = path,
				  .error = ENXIO,
				  .path = path,
				  .given = path,
				  .flags = "[\"O_WRONLY\",\"O_NONBLOCK\"]",
				  .flags_raw = O_WRONLY | O_NONBLOCK};

	assert_int_equal(mkfifo(path, 0600), 0);
	check_open(*state, &attempt);
}

static long call_openat2(const struct attempt *attempt)
{
	struct open_how how = {.flags = O_RDONLY | O_CLOEXEC,
			       .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
	long result =
		syscall(SYS_openat2, attempt->descriptor, attempt->argument, &how, sizeof(how));

	return result < 0 ? -errno : result;
}

static void want_resolve(struct want *want, const struct attempt *attempt)
{
	(void)attempt;
	want_json(want, "Linux.open.resolve", "[\"RESOLVE_NO_SYMLINKS\",\"RESOLVE_BENEATH\"]");
}

static void tells_openat2_and_how_it_was_to_resolve(void **state)
{
	const char *path = plain_file(state);
	struct attempt attempt = {
		.call = call_openat2,
		.argument = "file",
		.descriptor = open(harness_dir(*state), O_PATH | O_DIRECTORY | O_CLOEXEC),
		.syscall = "openat2",
		.path = path,
		.given = "file",
		.directory = harness_dir(*state),
		.flags = "[\"O_RDONLY\",\"O_CLOEXEC\"]",
		.flags_raw = O_CLOEXEC,
		.adjust = want_resolve};

	assert_true(attempt.descriptor >= 0);
	check_open(*state, &attempt);
	close(attempt.descriptor);
}

static long call_in_root(const struct attempt *attempt)
{
	struct open_how how = {.flags = O_RDONLY, .resolve = RESOLVE_IN_ROOT};
	long result =
		syscall(SYS_openat2, attempt->descriptor, attempt->argument, &how, sizeof(how));

	return result < 0 ? -errno : result;
}

static void want_in_root(struct want *want, const struct attempt *attempt)
{
	(void)attempt;
	want_json(want, "Linux.open.resolve", "[\"RESOLVE_IN_ROOT\"]");
}

static void tells_the_root_that_an_absolute_path_was_resolved_in(void **state)
{
	const char *path = plain_file(state);
	struct attempt attempt = {
		.call = call_in_root,
		.argument = "/file",
		.descriptor = open(harness_dir(*state), O_PATH | O_DIRECTORY | O_CLOEXEC),
		.syscall = "openat2",
		.path = path,
		.given = "/file",
		.directory = harness_dir(*state),
		.adjust = want_in_root};
	struct attempt missing = attempt;
	char expected[PATH_MAX];

	assert_true(attempt.descriptor >= 0);
	check_open(*state, &attempt);
	snprintf(expected, sizeof(expected), "%s/missing", harness_dir(*state));
	missing.argument = missing.given = "/missing";
	missing.path = expected;
	missing.error = ENOENT;
	check_open(*state, &missing);
	close(attempt.descriptor);
}

static long call_by_handle(const struct attempt *attempt)
{
	union {
		struct file_handle handle;
		char bytes[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} any = {.handle.handle_bytes = MAX_HANDLE_SZ};
	int mount_id, fd;

	if (name_to_handle_at(AT_FDCWD, attempt->argument, &any.handle, &mount_id, 0) != 0)
		return -errno;
	if (attempt->error) /* of no file */
		any.handle.handle_type = 0xfe;
	fd = open_by_handle_at(attempt->descriptor, &any.handle, O_RDONLY);
	return fd < 0 ? -errno : fd;
}

static void tells_an_open_by_handle_and_its_mount(void **state)
{
	const char *path = plain_file(state);
	struct attempt attempt = {
		.call = call_by_handle,
		.argument = path,
		.descriptor = open(harness_dir(*state), O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.syscall = "open_by_handle_at",
		.path = path,
		.directory = harness_dir(*state)};
	struct attempt stale = attempt;

	assert_true(attempt.descriptor >= 0);
	check_open(*state, &attempt);
	stale.path = NULL;
	stale.error = ESTALE;
	check_open(*state, &stale);
	close(attempt.descriptor);
}

#if defined(__x86_64__)
/* open is 5 and openat 295 for a 32-bit call; the path must lie below 4 GiB. */
static long call_32bit(long number, long first, long second, long third)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"(first), "c"(second), "d"(third)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
}

static long open_32bit(const struct attempt *attempt)
{
	char *low = mmap(NULL, PATH_MAX, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (low == MAP_FAILED)
		return -errno;
	strcpy(low, attempt->argument);
	if (attempt->descriptor == AT_FDCWD)
		return call_32bit(5, (long)low, O_RDONLY, 0);
	return call_32bit(295, attempt->descriptor, (long)low, O_RDONLY);
}

static void want_32bit(struct want *want, const struct attempt *attempt)
{
	(void)attempt;
	want_bool(want, "Linux.syscall.is_32bit", true);
}

static void tells_32bit_calls_of_a_64bit_program(void **state)
{
	const char *path = plain_file(state);
	struct attempt attempt = {.call = open_32bit,
				  .argument = path,
				  .descriptor = AT_FDCWD,
				  .syscall = "open",
				  .path = path,
				  .given = path,
				  .adjust = want_32bit};
	struct attempt relative = attempt;

	if (syscall(SYS_getpid) != call_32bit(20, 0, 0, 0))
		skip(); /* CONFIG_IA32_EMULATION */
	check_open(*state, &attempt);
	relative.argument = relative.given = "file";
	relative.syscall = "openat";
	relative.directory = harness_dir(*state);
	relative.descriptor = open(harness_dir(*state), O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(relative.descriptor >= 0);
	check_open(*state, &relative);
	close(relative.descriptor);
}

static long fstat_by_number(const struct attempt *attempt)
{
	struct stat stat_buf;
	long fd = raw_openat(AT_FDCWD, attempt->argument, O_RDONLY, 0);

	/* 5 is open for a 32-bit call and fstat for a 64-bit one */
	return fd < 0 || syscall(5, fd, &stat_buf) != 0 ? -errno : fd;
}

static void takes_no_64bit_call_for_a_32bit_open(void **state)
{
	const char *path = plain_file(state);
	struct attempt attempt = {
		.call = fstat_by_number, .argument = path, .path = path, .given = path};

	check_open(*state, &attempt);
	harness_settle(*state);
	assert_int_equal(harness_count(*state, attempt.child.pid, "open"), 1);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		KERNEL_TEST(tells_an_open_for_reading),
		KERNEL_TEST(tells_an_open_that_got_descriptor_0),
		KERNEL_TEST(tells_an_open_for_writing_as_a_change),
		KERNEL_TEST(tells_a_truncation_by_an_open_for_reading_as_a_change),
		KERNEL_TEST(tells_a_creation_from_an_open_of_what_was_there),
		KERNEL_TEST(tells_a_file_that_was_to_be_new_and_is_not),
#ifdef SYS_creat
		KERNEL_TEST(tells_creat),
#endif
		KERNEL_TEST(tells_an_unnamed_file_as_a_creation),
		KERNEL_TEST(tells_a_link_opened_by_path_only_as_a_link),
		KERNEL_TEST(tells_a_directory),
		KERNEL_TEST(tells_a_fifo_and_a_device),
		KERNEL_TEST(tells_a_fifo_that_nobody_reads),
		KERNEL_TEST(tells_openat2_and_how_it_was_to_resolve),
		KERNEL_TEST(tells_the_root_that_an_absolute_path_was_resolved_in),
		KERNEL_TEST(tells_an_open_by_handle_and_its_mount),
#if defined(__x86_64__)
		KERNEL_TEST(tells_32bit_calls_of_a_64bit_program),
		KERNEL_TEST(takes_no_64bit_call_for_a_32bit_open),
#endif
	};
	int cannot_run = harness_cannot_run();

	return cannot_run ? cannot_run
			  : cmocka_run_group_tests(tests, attempt_setup, harness_teardown);
}
