/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A crash after, before and in the middle of every write, sync, rename, unlink, allocation and cut
 * of journal and cursor; a power loss there, which takes all that was not synced; and an error
 * there, once. The calls are wrapped by the linker, see tests/CMakeLists.txt.
 */
#include "unit/test_journal.h"

#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 8
#define FRAMES_PER_ROUND 3
#define FRAME_EVENTS 9

enum fault {
	COUNT_ONLY,
	CRASH_AFTER,
	CRASH_BEFORE,
	CRASH_HALF, /* of a write */
	POWER_LOSS, /* names and content as they were synced last */
	POWER_LOSS_NAMES_KEPT,
	FAIL_EIO,
	FAIL_ENOSPC,
};

/* Shared with the child that is killed. */
static struct {
	atomic_uint calls; /* so far */
	unsigned int at;   /* the call to be hit */
	enum fault fault;
	_Atomic uint64_t appended, synced, acked; /* last sequence of each, once it had returned */
	_Atomic uint64_t gaps;                    /* events told as gone */
	char dir[NAME_SIZE], shadow[NAME_SIZE];
} * shared;

ssize_t __real_pwrite(int fd, const void *data, size_t size, off_t offset);
ssize_t __real_pwritev(int fd, const struct iovec *parts, int count, off_t offset);
int __real_fdatasync(int fd);
int __real_fsync(int fd);
int __real_renameat2(int from, const char *a, int to, const char *b, unsigned int flags);
int __real_unlinkat(int dirfd, const char *name, int flags);
int __real_ftruncate(int fd, off_t size);
int __real_posix_fallocate(int fd, off_t offset, off_t size);

/* The shadow: what a disk would hold. shadow/INODE has content, shadow/names lines "INODE NAME". */

static bool is_directory(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
}

static void shadow_path(char out[NAME_SIZE], const char *name)
{
	if ((size_t)snprintf(out, NAME_SIZE, "%s/%s", shared->shadow, name) >= NAME_SIZE)
		abort();
}

static void shadow_content(int fd)
{
	static char bytes[1 << 20];
	char path[NAME_SIZE], inode[32], self[64];
	struct stat st;
	int from, to;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		abort();
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	(void)snprintf(inode, sizeof(inode), "%llu", (unsigned long long)st.st_ino);
	shadow_path(path, inode);
	from = open(self, O_RDONLY | O_CLOEXEC);
	to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	n = from < 0 ? -1 : read(from, bytes, sizeof(bytes));
	if (n < 0 || to < 0 || write(to, bytes, (size_t)n) != n)
		abort();
	(void)close(from);
	(void)close(to);
}

static void shadow_names(void)
{
	char path[NAME_SIZE];
	DIR *dir = opendir(shared->dir);
	struct dirent *item;
	FILE *file;

	shadow_path(path, "names");
	file = fopen(path, "we");
	if (!dir || !file)
		abort();
	while ((item = readdir(dir)))
		if (item->d_name[0] != '.')
			(void)fprintf(file, "%llu %s\n", (unsigned long long)item->d_ino,
				      item->d_name);
	(void)closedir(dir);
	(void)fclose(file);
}

static void shadow_sync(int fd)
{
	if (shared->fault != POWER_LOSS && shared->fault != POWER_LOSS_NAMES_KEPT)
		return;
	if (is_directory(fd))
		shadow_names();
	else
		shadow_content(fd);
}

static _Noreturn void crash(void)
{
	(void)raise(SIGKILL);
	abort();
}

/* 0: go on; else the error that the call has. */
static int begin_call(void)
{
	unsigned int call = atomic_fetch_add(&shared->calls, 1) + 1;

	if (call != shared->at)
		return 0;
	if (shared->fault == CRASH_BEFORE)
		crash();
	return shared->fault == FAIL_EIO ? EIO : shared->fault == FAIL_ENOSPC ? ENOSPC : 0;
}

static bool is_hit(void)
{
	return atomic_load(&shared->calls) == shared->at;
}

static void end_call(void)
{
	if (is_hit() && (shared->fault == CRASH_AFTER || shared->fault == POWER_LOSS ||
			 shared->fault == POWER_LOSS_NAMES_KEPT))
		crash();
}

static bool half(void)
{
	return is_hit() && shared->fault == CRASH_HALF;
}

/* In this process, until a segment is deleted: what there is no room for. */
static struct {
	int code; /* 0: there is */
	bool segments, frames;
	bool for_good; /* no deletion makes any */
} no_room;

ssize_t __wrap_pwrite(int fd, const void *data, size_t size, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *data, size_t size, off_t offset)
{
	ssize_t n;

	errno = begin_call();
	if (errno)
		return -1;
	if (half()) {
		(void)!__real_pwrite(fd, data, size / 2, offset);
		crash();
	}
	n = __real_pwrite(fd, data, size, offset);
	end_call();
	return n;
}

/* The first part, the header, and half of the last one. */
static _Noreturn void write_half(int fd, const struct iovec *parts, int count, off_t offset)
{
	for (int i = 0; i < count; i++) {
		size_t size = i == count - 1 ? parts[i].iov_len / 2 : parts[i].iov_len;

		(void)!__real_pwrite(fd, parts[i].iov_base, size, offset);
		offset += (off_t)size;
	}
	crash();
}

ssize_t __wrap_pwritev(int fd, const struct iovec *parts, int count, off_t offset);
ssize_t __wrap_pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
	ssize_t n;

	errno = no_room.frames ? no_room.code : begin_call();
	if (no_room.frames) /* half of it */
		(void)!__real_pwritev(fd, parts, count - 1, offset);
	if (errno)
		return -1;
	if (half())
		write_half(fd, parts, count, offset);
	n = __real_pwritev(fd, parts, count, offset);
	end_call();
	return n;
}

/* For as long as it is set, in this process. */
static enum { ALL_SYNCS_WORK, SYNCS_OF_DIRECTORIES_FAIL, SYNCS_FAIL } sync_fault;
static atomic_uint directory_syncs; /* that worked */

int __wrap_fdatasync(int fd);
int __wrap_fdatasync(int fd)
{
	if (sync_fault == SYNCS_FAIL || (sync_fault && is_directory(fd))) {
		errno = EIO;
		return -1;
	}
	errno = begin_call();
	if (errno)
		return -1;
	shadow_sync(fd);
	if (is_directory(fd))
		atomic_fetch_add(&directory_syncs, 1);
	end_call();
	return 0;
}

int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
	return __wrap_fdatasync(fd);
}

int __wrap_renameat2(int from, const char *a, int to, const char *b, unsigned int flags);
int __wrap_renameat2(int from, const char *a, int to, const char *b, unsigned int flags)
{
	int result;

	errno = begin_call();
	if (errno)
		return -1;
	result = __real_renameat2(from, a, to, b, flags);
	end_call();
	return result;
}

int __wrap_unlinkat(int dirfd, const char *name, int flags);
int __wrap_unlinkat(int dirfd, const char *name, int flags)
{
	int result;

	errno = begin_call();
	if (errno)
		return -1;
	result = __real_unlinkat(dirfd, name, flags);
	if (result == 0 && strstr(name, ".seg") && !strstr(name, ".tmp") && !no_room.for_good)
		no_room.segments = no_room.frames = false;
	end_call();
	return result;
}

int __wrap_ftruncate(int fd, off_t size);
int __wrap_ftruncate(int fd, off_t size)
{
	int result;

	errno = begin_call();
	if (errno)
		return -1;
	result = __real_ftruncate(fd, size);
	end_call();
	return result;
}

int __wrap_posix_fallocate(int fd, off_t offset, off_t size);
int __wrap_posix_fallocate(int fd, off_t offset, off_t size)
{
	int result = no_room.segments ? no_room.code : begin_call();

	if (result)
		return result;
	result = __real_posix_fallocate(fd, offset, size);
	end_call();
	return result;
}

/* Two streams of calls would be counted in another order each time: rounds are asked for. */
static void sync_all(struct fixture *f)
{
	uint64_t appended = journal_next_sequence(f->journal) - 1;
	struct journal_reader *other = open_reader(f, "other");

	journal_reader_close(other); /* waits for a round of the sync thread */
	if (status_of(f).sync_error == 0)
		atomic_store(&shared->synced, appended);
}

/* Again and again until it is taken: an error comes once. */
static void append_anyway(struct fixture *f)
{
	for (int tries = 0; append_items(f->journal, FRAME_EVENTS, &f->err) < 0; tries++)
		if (tries == 5)
			fail_msg("%s", f->err.text);
	atomic_store(&shared->appended, journal_next_sequence(f->journal) - 1);
}

static void take_gaps(struct fixture *f)
{
	struct journal_gap gap;

	while (journal_take_gap(f->journal, &gap))
		if (strcmp(gap.sink, "trail") == 0)
			atomic_fetch_add(&shared->gaps, gap.count);
	journal_gaps_told(f->journal);
}

/* The reader is one round behind; in every third it takes nothing. */
static void run_round(struct fixture *f, struct journal_reader *reader, int round)
{
	struct journal_batch batch;

	for (int i = 0; i < FRAMES_PER_ROUND; i++)
		append_anyway(f);
	if (round % 3 == 2) {
		sync_all(f);
		return;
	}
	for (int i = 0; i < FRAMES_PER_ROUND + 1; i++) {
		if (journal_reader_next(reader, &batch, &f->err) != 1)
			break;
		assert_int_equal(batch.first_sequence, atomic_load(&shared->acked) + 1);
		assert_true(batch_right(&batch));
		ack_batch(reader, &batch);
		atomic_store(&shared->acked, batch.first_sequence + batch.count - 1);
	}
	sync_all(f);
}

static void run_scenario(struct fixture *f)
{
	struct journal_reader *reader;

	open_journal(f);
	reader = open_reader(f, "trail");
	for (int round = 0; round < ROUNDS; round++)
		run_round(f, reader, round);
	journal_reader_close(reader);
	close_journal(f);
}

static void set_options(struct fixture *f)
{
	f->options.segment_size = 4 * KIB;
	f->options.max_size = 64 * 4 * KIB;
	f->options.durability = JOURNAL_SYNC_INTERVAL;
	f->options.sync_every_ms = 3600 * 1000;
}

static void aim(struct fixture *f, enum fault fault, unsigned int at)
{
	shared->at = 0;
	atomic_store(&shared->appended, 0);
	atomic_store(&shared->synced, 0);
	atomic_store(&shared->acked, 0);
	atomic_store(&shared->gaps, 0);
	remove_tree(AT_FDCWD, f->journal_dir);
	(void)snprintf(shared->dir, sizeof(shared->dir), "%s", f->journal_dir);
	(void)snprintf(shared->shadow, sizeof(shared->shadow), "%s/shadow", f->dir);
	remove_tree(AT_FDCWD, shared->shadow);
	assert_int_equal(mkdir(shared->shadow, 0700), 0);
	shared->fault = fault;
	shared->at = at;
	atomic_store(&shared->calls, 0); /* what was done here is not meant */
}

/* True when the scenario came to its end: there are fewer calls than that. */
static bool run_in_child(struct fixture *f)
{
	int status;
	unsigned int call;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		run_scenario(f);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	call = shared->at;
	shared->at = 0;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return false;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("call %u: the run failed with %d", call, status);
	return true;
}

/* The directory as the disk has it after a power loss. */
static void lose_power(struct fixture *f)
{
	char lost[NAME_SIZE], names[NAME_SIZE], path[NAME_SIZE], name[256], inode[32];
	FILE *file;

	if (shared->fault == POWER_LOSS_NAMES_KEPT)
		shadow_names();
	(void)snprintf(lost, sizeof(lost), "%s/lost", f->dir);
	assert_int_equal(rename(f->journal_dir, lost), 0);
	assert_int_equal(mkdir(f->journal_dir, 0700), 0);
	shadow_path(names, "names");
	file = fopen(names, "re");
	while (file && fscanf(file, "%31s %255s", inode, name) == 2) {
		shadow_path(path, inode);
		if (rename(path, path_of(f, name)) < 0) /* never synced: nothing is in it */
			(void)close(open(path_of(f, name), O_CREAT | O_CLOEXEC, 0600));
	}
	if (file)
		(void)fclose(file);
	remove_tree(AT_FDCWD, lost);
}

/* least: the last sequence that has to be there. */
static void check_what_is_left(struct fixture *f, unsigned int call, uint64_t least)
{
	uint64_t acked = atomic_load(&shared->acked), next = 0;
	struct journal_reader *reader;
	struct journal_batch batch;
	bool first = true;

	open_journal(f);
	reader = open_reader(f, "trail");
	while (journal_reader_next(reader, &batch, &f->err) == 1) {
		assert_true(batch_right(&batch));
		if (first && batch.first_sequence > acked + 1)
			fail_msg("call %u: %" PRIu64 " comes first, %" PRIu64 " was acknowledged",
				 call, batch.first_sequence, acked);
		if (!first)
			assert_int_equal(batch.first_sequence, next);
		first = false;
		next = batch.first_sequence + batch.count;
		ack_batch(reader, &batch);
	}
	if (least > acked && next != 0)
		assert_true(next > least);
	if (least > acked)
		assert_true(next != 0);
	take_gaps(f);
	assert_int_equal(atomic_load(&shared->gaps), 0);
	/* And it works. */
	append_ok(f, 3);
	assert_int_equal(journal_reader_next(reader, &batch, &f->err), 1);
	assert_int_equal(batch.count, 3);
	journal_reader_close(reader);
	reopen_journal(f);
	assert_false(f->recovery.unclean);
	close_journal(f);
}

static void crash_everywhere(struct fixture *f, enum fault fault)
{
	bool power = fault == POWER_LOSS || fault == POWER_LOSS_NAMES_KEPT;

	set_options(f);
	for (unsigned int at = 1;; at++) {
		aim(f, fault, at);
		if (run_in_child(f)) {
			assert_true(at > 60);
			return;
		}
		if (power)
			lose_power(f);
		check_what_is_left(f, at, atomic_load(power ? &shared->synced : &shared->appended));
	}
}

static void a_crash_after_any_call_loses_nothing(void **state)
{
	crash_everywhere(*state, CRASH_AFTER);
}

static void a_crash_before_any_call_loses_nothing(void **state)
{
	crash_everywhere(*state, CRASH_BEFORE);
}

static void a_power_loss_at_any_call_takes_only_what_was_not_synced(void **state)
{
	crash_everywhere(*state, POWER_LOSS);
}

static void a_power_loss_that_keeps_the_names_does_neither(void **state)
{
	crash_everywhere(*state, POWER_LOSS_NAMES_KEPT);
}

/* Only writes have a half. */
static void a_crash_in_the_middle_of_any_write_loses_nothing(void **state)
{
	struct fixture *f = *state;
	unsigned int hit = 0, calls;

	set_options(f);
	aim(f, COUNT_ONLY, 0);
	assert_true(run_in_child(f));
	calls = atomic_load(&shared->calls);
	for (unsigned int at = 1; at <= calls; at++) {
		aim(f, CRASH_HALF, at);
		if (run_in_child(f))
			continue;
		hit++;
		check_what_is_left(f, at, atomic_load(&shared->appended));
	}
	assert_true(hit > 25);
}

/* The run goes on: all that was taken is there, once. */
static void fail_everywhere(struct fixture *f, enum fault fault)
{
	unsigned int calls;

	set_options(f);
	aim(f, COUNT_ONLY, 0);
	assert_true(run_in_child(f));
	calls = atomic_load(&shared->calls);
	for (unsigned int at = 1; at <= calls; at++) {
		aim(f, fault, at);
		assert_true(run_in_child(f));
		assert_int_equal(atomic_load(&shared->appended),
				 ROUNDS * FRAMES_PER_ROUND * FRAME_EVENTS);
		check_what_is_left(f, at, atomic_load(&shared->appended));
	}
}

static void any_call_may_fail_once_with_an_io_error(void **state)
{
	fail_everywhere(*state, FAIL_EIO);
}

static void any_call_may_find_the_disk_full_once(void **state)
{
	fail_everywhere(*state, FAIL_ENOSPC);
}

/* So many events in several segments, as none are acknowledged they stay. */
static void fill(struct fixture *f, uint64_t events)
{
	while (journal_next_sequence(f->journal) <= events)
		append_ok(f, FRAME_EVENTS);
	assert_true(status_of(f).segments > 3);
}

static void a_failed_sync_of_the_directory_is_made_up_for_before_anything_goes(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;
	unsigned int syncs;
	uint32_t segments;

	set_options(f);
	open_journal(f);
	reader = open_reader(f, "trail");
	fill(f, 200);
	segments = status_of(f).segments;
	syncs = atomic_load(&directory_syncs);
	expect_all(f, reader, 1, journal_next_sequence(f->journal) - 1);
	sync_fault = SYNCS_OF_DIRECTORIES_FAIL;
	journal_reader_close(reader);
	for (int i = 0; i < 3; i++) {
		journal_reader_close(open_reader(f, "trail")); /* waits for a round */
		assert_int_equal(status_of(f).sync_error, -EIO);
		assert_int_equal(status_of(f).segments, segments);
	}
	sync_fault = ALL_SYNCS_WORK;
	journal_reader_close(open_reader(f, "trail"));
	assert_int_equal(atomic_load(&directory_syncs), syncs + 1);
	assert_int_equal(status_of(f).sync_error, 0);
	assert_int_equal(status_of(f).segments, 1);
}

static void a_journal_whose_last_syncs_fail_is_not_closed(void **state)
{
	struct fixture *f = *state;

	set_options(f);
	open_journal(f);
	fill(f, 200);
	sync_fault = SYNCS_FAIL;
	close_journal(f);
	sync_fault = ALL_SYNCS_WORK;
	open_journal(f);
	assert_true(f->recovery.unclean);
	reopen_journal(f);
	assert_false(f->recovery.unclean);
}

static void what_was_closed_is_on_disk_with_any_durability(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;
	uint64_t last;

	set_options(f);
	for (int durability = JOURNAL_SYNC_NONE; durability <= JOURNAL_SYNC_BATCH; durability++) {
		f->options.durability = (enum journal_durability)durability;
		aim(f, POWER_LOSS, UINT_MAX);
		open_journal(f);
		reader = open_reader(f, "trail");
		fill(f, 100);
		sync_all(f);
		fill(f, 200);
		last = journal_next_sequence(f->journal) - 1;
		journal_reader_close(reader);
		close_journal(f);
		lose_power(f);
		shared->fault = COUNT_ONLY;
		open_journal(f);
		reader = open_reader(f, "trail");
		expect_all(f, reader, 1, last);
		journal_reader_close(reader);
		close_journal(f);
	}
}

static void append_to_five_segments(struct fixture *f)
{
	open_journal(f);
	while (status_of(f).segments < 5)
		append_ok(f, FRAME_EVENTS);
	append_ok(f, FRAME_EVENTS);
	atomic_store(&shared->appended, journal_next_sequence(f->journal) - 1);
}

static void open_and_sync(struct fixture *f)
{
	open_journal(f);
	sync_all(f);
}

/* And it ends by kill -9. */
static void run_killed(struct fixture *f, void (*work)(struct fixture *f))
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		work(f);
		crash();
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void what_a_killed_run_left_is_synced_by_the_next(void **state)
{
	struct fixture *f = *state;

	set_options(f);
	for (int renew = 0; renew < 2; renew++) {
		struct journal_reader *reader;

		f->options.renew_stream = false;
		aim(f, POWER_LOSS, UINT_MAX);
		run_killed(f, append_to_five_segments);
		f->options.renew_stream = renew;
		run_killed(f, open_and_sync);
		lose_power(f);
		shared->fault = COUNT_ONLY;
		open_journal(f);
		reader = open_reader(f, "trail");
		expect_all(f, reader, 1, atomic_load(&shared->appended));
		journal_reader_close(reader);
		close_journal(f);
	}
}

/* Nothing is acknowledged: the oldest segment goes for the one that comes. */
static void the_oldest_goes_for_want_of(struct fixture *f, int code, bool segments)
{
	struct journal_reader *reader;
	struct journal_gap gap;
	uint32_t before;

	set_options(f);
	f->options.when_full = JOURNAL_DROP_OLDEST;
	open_journal(f);
	reader = open_reader(f, "trail");
	fill(f, 200);
	no_room.code = code;
	no_room.segments = segments;
	no_room.frames = !segments;
	before = status_of(f).segments;
	while (no_room.segments || no_room.frames)
		append_ok(f, FRAME_EVENTS);
	assert_in_range(status_of(f).segments, before - 1, before);
	assert_true(journal_take_gap(f->journal, &gap));
	assert_int_equal(gap.reason, JOURNAL_GAP_SPACE);
	assert_int_equal(gap.first_sequence, 1);
	assert_int_equal(gap.count, journal_reader_expired(reader));
	journal_gaps_told(f->journal);
	expect_all(f, reader, gap.count + 1, journal_next_sequence(f->journal) - 1);
	journal_reader_close(reader);
	close_journal(f);
	remove_tree(AT_FDCWD, f->journal_dir);
}

static void for_want_of_room_the_oldest_goes(void **state)
{
	for (int segments = 0; segments < 2; segments++) {
		the_oldest_goes_for_want_of(*state, ENOSPC, segments);
		the_oldest_goes_for_want_of(*state, EDQUOT, segments);
	}
}

static void tries_without_room_leave_no_empty_segments(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;
	uint64_t last;
	uint32_t before;

	set_options(f);
	open_journal(f);
	reader = open_reader(f, "trail");
	fill(f, 200);
	last = journal_next_sequence(f->journal) - 1;
	before = status_of(f).segments;
	no_room.code = EDQUOT;
	no_room.frames = no_room.for_good = true;
	for (int i = 0; i < 20; i++)
		assert_int_equal(append_items(f->journal, FRAME_EVENTS, &f->err), -ENOSPC);
	no_room.frames = no_room.for_good = false;
	assert_non_null(strstr(f->err.text, strerror(EDQUOT)));
	assert_in_range(status_of(f).segments, before, before + 1);
	journal_reader_close(reader);
	reopen_journal(f);
	assert_int_equal(f->recovery.torn_bytes, 0);
	assert_false(f->recovery.stream_renewed);
	fill(f, last + 100);
	reader = open_reader(f, "trail");
	expect_all(f, reader, 1, journal_next_sequence(f->journal) - 1);
	journal_reader_close(reader);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_crash_after_any_call_loses_nothing),
		TEST(a_crash_before_any_call_loses_nothing),
		TEST(a_crash_in_the_middle_of_any_write_loses_nothing),
		TEST(a_power_loss_at_any_call_takes_only_what_was_not_synced),
		TEST(a_power_loss_that_keeps_the_names_does_neither),
		TEST(any_call_may_fail_once_with_an_io_error),
		TEST(any_call_may_find_the_disk_full_once),
		TEST(a_failed_sync_of_the_directory_is_made_up_for_before_anything_goes),
		TEST(a_journal_whose_last_syncs_fail_is_not_closed),
		TEST(what_a_killed_run_left_is_synced_by_the_next),
		TEST(for_want_of_room_the_oldest_goes),
		TEST(tries_without_room_leave_no_empty_segments),
		TEST(what_was_closed_is_on_disk_with_any_durability),
	};

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
