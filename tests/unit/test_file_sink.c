/* SPDX-License-Identifier: BSD-2-Clause */
/* The trail file: made safely, repaired, resumed, and never left with half a line. */
#include "base/uuid.h"
#include "sink/file.h"
#include "unit/test_small_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define STREAM_TEXT "00112233-4455-6677-8899-aabbccddeeff"
#define MIB (1024 * 1024)

struct place {
	char dir[64];
	char path[128];
	struct sink *sink;
	struct sink_position resume;
	struct err err;
};

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int new_sink(const struct place *place, struct sink **ret_sink, struct err *err)
{
	struct file_sink_options options;

	file_sink_options_init(&options, place->path);
	return file_sink_new(ret_sink, &options, err);
}

static int sync_error; /* of each fdatasync from now on; 0: they are the kernel's */

int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_fdatasync(int fd)
{
	if (!sync_error)
		return __real_fdatasync(fd);
	errno = sync_error;
	return -1;
}

static void use_sync(struct place *place, enum file_sync sync, uint64_t every_ms)
{
	struct file_sink_options options;

	file_sink_options_init(&options, place->path);
	options.sync = sync;
	options.sync_every_ms = every_ms;
	place->sink->ops->close(place->sink);
	assert_int_equal(file_sink_new(&place->sink, &options, &place->err), 0);
}

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	if (!place)
		return -1;
	strcpy(place->dir, "/tmp/test_file_sink.XXXXXX");
	if (!mkdtemp(place->dir))
		return -1;
	(void)snprintf(place->path, sizeof(place->path), "%s/audit.ndjson", place->dir);
	*state = place;
	return new_sink(place, &place->sink, &place->err);
}

static int tear_down(void **state)
{
	struct place *place = *state;

	place->sink->ops->close(place->sink);
	(void)nftw(place->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	free(place);
	return 0;
}

/* Takes another path for the sink than set_up did. */
static void use_path(struct place *place, const char *path)
{
	(void)snprintf(place->path, sizeof(place->path), "%s/%s", place->dir, path);
	place->sink->ops->close(place->sink);
	assert_int_equal(new_sink(place, &place->sink, &place->err), 0);
}

static int open_sink(struct place *place)
{
	return place->sink->ops->open(place->sink, &place->resume, &place->err);
}

/* Each line is a message, but of a header. */
static int submit(struct place *place, const char *data, bool header)
{
	struct sink_message messages[8] = {0};
	struct sink_batch batch = {.data = data, .size = strlen(data), .messages = messages};
	int result;

	for (const char *at = data; *at && !header; at++)
		batch.count += *at == '\n';
	assert_true(batch.count <= 8);
	result = place->sink->ops->submit(place->sink, &batch, &place->err);
	assert_int_equal(batch.taken, result == 0 ? batch.count : 0);
	return result;
}

static uint64_t settled(struct place *place)
{
	struct sink_progress progress;

	assert_int_equal(place->sink->ops->poll(place->sink, &progress, &place->err), 0);
	assert_int_equal(progress.refused, 0);
	return progress.settled;
}

static void write_file(const char *path, const char *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), size);
	close(fd);
}

static void assert_file(const char *path, const char *expected)
{
	char text[1024];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	assert_true(fd >= 0);
	n = read(fd, text, sizeof(text) - 1);
	assert_true(n >= 0);
	text[n] = '\0';
	close(fd);
	assert_string_equal(text, expected);
}

static void makes_file_and_directories_for_the_owner_alone(void **state)
{
	struct place *place = *state;
	char parent[128];
	struct stat st;

	use_path(place, "a/b/trail");
	assert_int_equal(open_sink(place), 0);
	assert_int_equal(place->resume.sequence, 0);
	assert_int_equal(lstat(place->path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(st.st_mode & 07777, 0600);
	(void)snprintf(parent, sizeof(parent), "%s/a/b", place->dir);
	assert_int_equal(lstat(parent, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

static void appends_and_acknowledges(void **state)
{
	struct place *place = *state;

	write_file(place->path, "old\n", 4);
	assert_int_equal(open_sink(place), 0);
	assert_int_equal(settled(place), 0);
	assert_int_equal(submit(place, "one\ntwo\n", false), 0);
	assert_int_equal(settled(place), 2);
	assert_int_equal(submit(place, "three\n", false), 0);
	assert_int_equal(settled(place), 3);
	assert_int_equal(place->sink->ops->flush(place->sink, 1000, &place->err), 0);
	assert_file(place->path, "old\none\ntwo\nthree\n");
}

static void submit_before_open_is_refused(void **state)
{
	struct place *place = *state;

	assert_int_equal(submit(place, "one\n", false), -EBADF);
	assert_int_equal(access(place->path, F_OK), -1);
}

static void assert_refused(struct place *place, const char *word)
{
	assert_int_equal(open_sink(place), -EINVAL);
	assert_non_null(strstr(place->err.text, place->path));
	assert_non_null(strstr(place->err.text, word));
}

static void what_is_no_regular_file_is_refused_without_blocking(void **state)
{
	struct place *place = *state;
	char target[128];

	assert_int_equal(mkfifo(place->path, 0600), 0);
	assert_refused(place, "FIFO");
	assert_int_equal(unlink(place->path), 0);

	assert_int_equal(mkdir(place->path, 0700), 0);
	assert_refused(place, "directory");
	assert_int_equal(rmdir(place->path), 0);

	(void)snprintf(target, sizeof(target), "%s/target", place->dir);
	write_file(target, "mine", 4);
	assert_int_equal(symlink(target, place->path), 0);
	assert_refused(place, "symbolic link");
	assert_file(target, "mine");
	assert_int_equal(unlink(target), 0);
	assert_refused(place, "symbolic link"); /* and a dangling one is not followed either */
	assert_int_equal(access(target, F_OK), -1);

	place->sink->ops->close(place->sink);
	strcpy(place->path, "/dev/null");
	assert_int_equal(new_sink(place, &place->sink, &place->err), 0);
	assert_refused(place, "device");
}

static void an_unusable_directory_is_told(void **state)
{
	struct place *place = *state;
	char file[128];

	(void)snprintf(file, sizeof(file), "%s/file", place->dir);
	write_file(file, "", 0);
	use_path(place, "file/trail");
	assert_int_equal(open_sink(place), -ENOTDIR);
	assert_non_null(strstr(place->err.text, place->path));
}

static void only_one_may_write_a_trail(void **state)
{
	struct place *place = *state;
	struct sink_position resume;
	struct sink *second;
	struct err err;

	assert_int_equal(open_sink(place), 0);
	assert_int_equal(new_sink(place, &second, &err), 0);
	assert_int_equal(second->ops->open(second, &resume, &err), -EBUSY);
	assert_non_null(strstr(err.text, "another process"));
	assert_int_equal(open_sink(place), 0); /* ourselves, again */
	place->sink->ops->close(place->sink);
	assert_int_equal(second->ops->open(second, &resume, &err), 0);
	place->sink = second;
}

static void a_torn_last_line_is_cut_off_and_told(void **state)
{
	struct place *place = *state;

	write_file(place->path, "one\ntwo\nthr", 11);
	assert_int_equal(open_sink(place), 0);
	assert_int_equal(place->sink->cut_bytes, 3);
	assert_int_equal(submit(place, "three\n", false), 0);
	assert_file(place->path, "one\ntwo\nthree\n");
	assert_int_equal(open_sink(place), 0);
	assert_int_equal(place->sink->cut_bytes, 0);
}

static void a_file_of_one_torn_line_becomes_empty(void **state)
{
	struct place *place = *state;

	write_file(place->path, "\0\0\0", 3);
	assert_int_equal(open_sink(place), 0);
	assert_int_equal(place->sink->cut_bytes, 3);
	assert_int_equal(place->resume.sequence, 0);
	assert_file(place->path, "");
}

static void assert_resumes(struct place *place, uint64_t sequence)
{
	uint8_t stream[16];

	assert_int_equal(uuid_parse(stream, STREAM_TEXT), 0);
	assert_int_equal(open_sink(place), 0);
	assert_int_equal(place->resume.sequence, sequence);
	assert_memory_equal(place->resume.stream, stream, sizeof(stream));
}

static void resumes_from_the_last_whole_line(void **state)
{
	static const char text[] =
		"{\"event\":{\"id\":\"" STREAM_TEXT ":41\"}}\n"
		"{\"a\":\"\\n\",\"event\":{\"id\":\"" STREAM_TEXT ":18446744073709551615\"}}\n"
		"{\"event\":{\"id\":\"" STREAM_TEXT ":43\"}";
	struct place *place = *state;

	write_file(place->path, text, strlen(text));
	assert_resumes(place, UINT64_MAX);
	assert_int_equal(place->sink->cut_bytes, strlen(strrchr(text, '\n') + 1));
}

static void resumes_from_a_line_in_ocsf(void **state)
{
	static const char lines[] =
		"{\"class_uid\":1007,\"metadata\":{\"uid\":\"" STREAM_TEXT ":41\"}}\n"
		"{\"class_uid\":1007,\"metadata\":{\"version\":\"1.8.0\",\"uid\":\"" STREAM_TEXT
		":42\"}}\n";
	struct place *place = *state;

	write_file(place->path, lines, strlen(lines));
	assert_resumes(place, 42);
}

static void resumes_behind_a_line_of_any_length(void **state)
{
	static const size_t sizes[] = {1, 65535, 65536, 65537, 200000, 4 * 1024 * 1024 - 200};
	struct place *place = *state;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		for (int torn = 0; torn < 2; torn++) {
			FILE *file = fopen(place->path, "we");

			assert_non_null(file);
			fprintf(file, "{}\n{\"event\":{\"id\":\"%s:7\"},\"x\":\"%*s\"}\n%*s",
				STREAM_TEXT, (int)sizes[i], "x", torn ? (int)sizes[i] : 0, "");
			assert_int_equal(fclose(file), 0);
			assert_resumes(place, 7);
			assert_int_equal(place->sink->cut_bytes, torn ? sizes[i] : 0);
		}
	}
}

static void a_line_that_is_not_ours_leaves_the_position_unknown(void **state)
{
	static const char *const lines[] = {
		"\n",
		"plain text\n",
		"{\"event\":{\"id\":\"" STREAM_TEXT ":4\"}\n",
		"{\"event\":{\"id\":7}}\n",
		"{\"event\":{\"id\":\"" STREAM_TEXT "\"}}\n",
		"{\"event\":{\"id\":\"" STREAM_TEXT ":\"}}\n",
		"{\"event\":{\"id\":\"" STREAM_TEXT ":-4\"}}\n",
		"{\"event\":{\"id\":\"" STREAM_TEXT ": 4\"}}\n",
		"{\"event\":{\"id\":\"" STREAM_TEXT ":4x\"}}\n",
		"{\"event\":{\"id\":\"" STREAM_TEXT ":99999999999999999999\"}}\n",
		"{\"event\":{\"id\":\"x0112233-4455-6677-8899-aabbccddeeff:4\"}}\n",
	};
	struct place *place = *state;

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		char text[512];

		/* A good line before it does not help: nobody knows what came between. */
		(void)snprintf(text, sizeof(text), "{\"event\":{\"id\":\"%s:4\"}}\n%s", STREAM_TEXT,
			       lines[i]);
		write_file(place->path, text, strlen(text));
		assert_int_equal(open_sink(place), 0);
		assert_int_equal(place->resume.sequence, 0);
		assert_int_equal(place->sink->cut_bytes, 0);
		assert_file(place->path, text);
	}
}

static void a_file_without_lines_is_not_taken_for_a_trail(void **state)
{
	struct place *place = *state;
	struct stat st;

	for (off_t zeros = 0; zeros < 8 * MIB; zeros += 5 * MIB) {
		FILE *file = fopen(place->path, "we");

		assert_non_null(file);
		fprintf(file, "line\n%*s", 5 * MIB, "x");
		assert_int_equal(fclose(file), 0);
		assert_int_equal(truncate(place->path, 5 + 5 * MIB + zeros), 0);
		assert_int_equal(open_sink(place), -EINVAL);
		assert_non_null(strstr(place->err.text, "does not look like a trail"));
		assert_int_equal(lstat(place->path, &st), 0);
		assert_int_equal(st.st_size, 5 + 5 * MIB + zeros); /* nothing was cut */
	}
}

/* The kernel takes the pages for clean from then on, and the next sync works. */
static void what_could_not_be_synced_at_first_is_repeated(void **state)
{
	static const char line[] = "{\"event\":{\"id\":\"" STREAM_TEXT ":42\"}}\n";
	struct place *place = *state;
	char twice[256];

	use_sync(place, FILE_SYNC_INTERVAL, 3600 * 1000);
	write_file(place->path, line, strlen(line));
	sync_error = EIO;
	assert_int_equal(open_sink(place), -EIO);
	sync_error = 0;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(open_sink(place), 0);
		assert_int_equal(place->resume.sequence, 0);
	}
	/* Also when it comes to nothing: what is taken back ends where that line does. */
	assert_int_equal(submit(place, line, false), 0);
	sync_error = EIO;
	assert_int_equal(place->sink->ops->flush(place->sink, 1000, &place->err), -EIO);
	sync_error = 0;
	assert_int_equal(open_sink(place), 0);
	assert_int_equal(place->resume.sequence, 0);
	assert_int_equal(submit(place, line, false), 0);
	assert_int_equal(place->sink->ops->flush(place->sink, 1000, &place->err), 0);
	assert_resumes(place, 42);
	(void)snprintf(twice, sizeof(twice), "%s%s", line, line);
	assert_file(place->path, twice);
}

/* What a power loss leaves where the size was on disk before the content. */
static void zeros_at_the_end_are_cut_off_however_many(void **state)
{
	static const char whole[] = "{\"event\":{\"id\":\"" STREAM_TEXT ":7\"}}\n";
	static const off_t zeros[] = {1, 65536, 4 * MIB - 1, 4 * MIB, 4 * MIB + 1, 9 * MIB + 7};
	struct place *place = *state;

	for (size_t i = 0; i < 2 * sizeof(zeros) / sizeof(*zeros); i++) {
		off_t count = zeros[i / 2];
		const char *half = i % 2 ? "{\"event\":" : "";
		char text[256];
		int size = snprintf(text, sizeof(text), "%s%s", whole, half);

		write_file(place->path, text, (size_t)size);
		assert_int_equal(truncate(place->path, size + count), 0);
		assert_resumes(place, 7);
		assert_int_equal(place->sink->cut_bytes, (uint64_t)count + strlen(half));
		assert_file(place->path, whole);
	}
	write_file(place->path, "", 0);
	assert_int_equal(truncate(place->path, 5 * MIB), 0);
	assert_int_equal(open_sink(place), 0);
	assert_int_equal(place->sink->cut_bytes, 5 * MIB);
	assert_file(place->path, "");
}

static void a_moved_or_deleted_file_is_made_anew(void **state)
{
	struct place *place = *state;
	char moved[128];

	(void)snprintf(moved, sizeof(moved), "%s/moved", place->dir);
	assert_int_equal(open_sink(place), 0);
	assert_int_equal(submit(place, "one\n", false), 0);
	assert_int_equal(rename(place->path, moved), 0);
	place->sink->ops->rotate(place->sink);
	assert_int_equal(submit(place, "two\n", false), 0);
	assert_file(moved, "one\n");
	assert_file(place->path, "two\n");
	assert_int_equal(unlink(place->path), 0);
	assert_int_equal(submit(place, "three\n", false), 0);
	assert_file(place->path, "three\n");
	assert_int_equal(unlink(place->path), 0);
	assert_int_equal(symlink(moved, place->path), 0);
	assert_int_equal(submit(place, "four\n", false), -EINVAL);
	assert_file(moved, "one\n");
}

static void a_file_emptied_by_others_goes_on_at_its_new_end(void **state)
{
	struct place *place = *state;

	assert_int_equal(open_sink(place), 0);
	assert_int_equal(submit(place, "one\n", false), 0);
	assert_int_equal(truncate(place->path, 0), 0);
	assert_int_equal(submit(place, "two\n", false), 0);
	assert_file(place->path, "two\n");
}

static void set_size_limit(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A limit on the size of files cuts a write short just as a full disk does. */
static void a_short_write_leaves_no_trace(void **state)
{
	struct place *place = *state;

	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(open_sink(place), 0);
	assert_int_equal(submit(place, "one\n", false), 0);
	set_size_limit(10);
	assert_int_equal(submit(place, "two\nthree\n", false), -EFBIG);
	set_size_limit(RLIM_INFINITY);
	assert_non_null(strstr(place->err.text, place->path));
	assert_non_null(strstr(place->err.text, "size limit"));
	assert_int_equal(settled(place), 1);
	assert_file(place->path, "one\n");
	assert_int_equal(submit(place, "two\nthree\n", false), 0);
	assert_file(place->path, "one\ntwo\nthree\n");
}

/* On a file system of its own, 64 KiB large, in a mount namespace of a child. */
static void fill_the_disk(void *data)
{
	struct place *place = data;
	char ballast[160], line[4097];
	int lines = 0;
	struct stat st;

	(void)snprintf(ballast, sizeof(ballast), "%s.ballast", place->path);
	memset(line, 'x', sizeof(line));
	write_file(ballast, line, sizeof(line));
	line[4094] = '\n';
	line[4095] = '\0';
	assert_int_equal(open_sink(place), 0);
	while (submit(place, line, false) == 0)
		assert_true(lines++ < 64);
	assert_true(lines > 4);
	assert_non_null(strstr(place->err.text, "free space"));
	assert_int_equal(stat(place->path, &st), 0);
	assert_int_equal(st.st_size, lines * 4095);
	assert_int_equal(unlink(ballast), 0);
	assert_int_equal(submit(place, line, false), 0);
	assert_int_equal(settled(place), lines + 1);
	assert_int_equal(stat(place->path, &st), 0);
	assert_int_equal(st.st_size, (lines + 1) * 4095);
}

static void a_full_disk_leaves_no_partial_line(void **state)
{
	struct place *place = *state;

	skip_without_root();
	on_small_disk(place->dir, "size=64k", fill_the_disk, place);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void without_syncs_a_failing_one_at_the_end_takes_nothing_back(void **state)
{
	struct place *place = *state;

	use_sync(place, FILE_SYNC_NONE, 0);
	assert_int_equal(open_sink(place), 0);
	assert_int_equal(submit(place, "one\ntwo\n", false), 0);
	assert_int_equal(settled(place), 2);
	sync_error = EIO;
	(void)place->sink->ops->flush(place->sink, 1000, &place->err);
	sync_error = 0;
	assert_file(place->path, "one\ntwo\n");
}

/* The engine holds on to so many batches and no more. */
static void many_small_batches_are_synced_early(void **state)
{
	struct place *place = *state;

	use_sync(place, FILE_SYNC_INTERVAL, 60000);
	assert_int_equal(open_sink(place), 0);
	for (int i = 0; i < 200; i++)
		assert_int_equal(submit(place, "line\n", false), 0);
	assert_in_range(settled(place), 100, 199);
}

/* As many as the engine holds, whatever their bytes: it would wait for the next sync. */
static void many_short_lines_are_synced_early(void **state)
{
	struct place *place = *state;
	static struct sink_message messages[65536];
	static char lines[2 * 65536];
	struct sink_batch batch = {
		.data = lines, .size = sizeof(lines), .messages = messages, .count = 65536};

	memset(lines, '\n', sizeof(lines));
	for (uint32_t i = 0; i < batch.count; i++) {
		lines[2 * i] = 'x';
		messages[i] = (struct sink_message){
			.data = lines + 2 * i, .size = 1, .events = 1, .sequence = i + 1};
	}
	use_sync(place, FILE_SYNC_INTERVAL, 3600 * 1000);
	assert_int_equal(open_sink(place), 0);
	assert_int_equal(place->sink->ops->submit(place->sink, &batch, &place->err), 0);
	assert_int_equal(settled(place), batch.count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(makes_file_and_directories_for_the_owner_alone),
		TEST(appends_and_acknowledges),
		TEST(submit_before_open_is_refused),
		TEST(what_is_no_regular_file_is_refused_without_blocking),
		TEST(an_unusable_directory_is_told),
		TEST(only_one_may_write_a_trail),
		TEST(a_torn_last_line_is_cut_off_and_told),
		TEST(a_file_of_one_torn_line_becomes_empty),
		TEST(resumes_from_the_last_whole_line),
		TEST(resumes_from_a_line_in_ocsf),
		TEST(resumes_behind_a_line_of_any_length),
		TEST(a_line_that_is_not_ours_leaves_the_position_unknown),
		TEST(a_file_without_lines_is_not_taken_for_a_trail),
		TEST(what_could_not_be_synced_at_first_is_repeated),
		TEST(zeros_at_the_end_are_cut_off_however_many),
		TEST(a_moved_or_deleted_file_is_made_anew),
		TEST(a_file_emptied_by_others_goes_on_at_its_new_end),
		TEST(a_short_write_leaves_no_trace),
		TEST(without_syncs_a_failing_one_at_the_end_takes_nothing_back),
		TEST(many_small_batches_are_synced_early),
		TEST(many_short_lines_are_synced_early),
		TEST(a_full_disk_leaves_no_partial_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
