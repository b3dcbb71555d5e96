/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process is killed, and a system call fails, at each of the calls by which a trail changes
 * what is on disk: writing, syncing, rotating, packing, deleting. However that goes, the trail has
 * every event once in the end. The linker puts the functions here between the sink and libc.
 */
#include "unit/test_trail.h"

#include "sink/keep.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define EVENTS 40
#define WIDTH 40

/* How the child ends. */
enum { FINISHED = 42, FINISHED_UNHARMED };

enum mode { NEVER, KILL_BEFORE, KILL_AFTER, KILL_HALF_WAY, FAIL };

/* Inherited by the child; the count is its own. */
static struct {
	enum mode mode;
	int at;   /* the call counted from 1 */
	int code; /* of FAIL */
} plan;
static atomic_int calls;

int __real_openat(int dirfd, const char *path, int flags, mode_t mode);
ssize_t __real_write(int fd, const void *data, size_t size);
ssize_t __real_pwrite(int fd, const void *data, size_t size, off_t offset);
int __real_fsync(int fd);
int __real_fdatasync(int fd);
int __real_ftruncate(int fd, off_t length);
int __real_renameat(int from, const char *old, int to, const char *new);
int __real_renameat2(int from, const char *old, int to, const char *new, unsigned int flags);
int __real_unlinkat(int dirfd, const char *path, int flags);

int __wrap_openat(int dirfd, const char *path, int flags, mode_t mode);
ssize_t __wrap_write(int fd, const void *data, size_t size);
ssize_t __wrap_pwrite(int fd, const void *data, size_t size, off_t offset);
int __wrap_fsync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_ftruncate(int fd, off_t length);
int __wrap_renameat(int from, const char *old, int to, const char *new);
int __wrap_renameat2(int from, const char *old, int to, const char *new, unsigned int flags);
int __wrap_unlinkat(int dirfd, const char *path, int flags);

static _Noreturn void die(void)
{
	(void)kill(getpid(), SIGKILL);
	for (;;)
		(void)pause();
}

/* Whether this call is the one. */
static bool is_it(void)
{
	return plan.mode != NEVER && atomic_fetch_add(&calls, 1) + 1 == plan.at;
}

static bool before(bool it)
{
	if (it && plan.mode == KILL_BEFORE)
		die();
	if (!it || plan.mode != FAIL)
		return true;
	errno = plan.code;
	return false;
}

static void after(bool it)
{
	if (it)
		die();
}

int __wrap_openat(int dirfd, const char *path, int flags, mode_t mode)
{
	bool it = (flags & O_CREAT) && is_it();
	int result = before(it) ? __real_openat(dirfd, path, flags, mode) : -1;

	if (result >= 0)
		after(it);
	return result;
}

/* An eventfd is no disk. */
static bool is_file(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

ssize_t __wrap_write(int fd, const void *data, size_t size)
{
	bool it = is_file(fd) && is_it();
	ssize_t result;

	if (it && (plan.mode == KILL_HALF_WAY || plan.mode == FAIL))
		(void)!__real_write(fd, data, size / 2);
	if (it && plan.mode == KILL_HALF_WAY)
		die();
	if (it && plan.mode == FAIL && size / 2 > 0)
		return (ssize_t)(size / 2); /* as on a full disk: the next one fails */
	result = before(it) ? __real_write(fd, data, size) : -1;
	after(it && plan.mode != FAIL);
	return result;
}

ssize_t __wrap_pwrite(int fd, const void *data, size_t size, off_t offset)
{
	bool it = is_it();
	ssize_t result = before(it) ? __real_pwrite(fd, data, size, offset) : -1;

	after(it && plan.mode != FAIL);
	return result;
}

/* How much of which file was synced last: what is behind that is lost when a sync fails. */
static struct {
	ino_t inode;
	off_t synced;
} disk;

static void note_synced(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		disk.inode = st.st_ino;
		disk.synced = st.st_size;
	}
}

/* Marks the lines that the page cache goes on showing but that no disk has: none may stay. */
static void lose_unsynced(int fd)
{
	static const char end[] = "0\"}\n";
	char path[64], text[4096];
	struct stat st;
	off_t from;
	ssize_t n;
	int other;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	from = st.st_ino == disk.inode ? disk.synced : 0;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	other = open(path, O_RDWR | O_CLOEXEC);
	n = other >= 0 ? pread(other, text, sizeof(text), from) : -1;
	for (char *at = text; n > 0 && (at = memmem(at, (size_t)(text + n - at), end, 4)); at += 4)
		(void)!__real_pwrite(other, "x", 1, from + (at - text));
	if (other >= 0)
		(void)close(other);
}

static int sync_with(int (*sync)(int), int fd)
{
	bool it = is_it();
	int result;

	if (it && plan.mode == FAIL)
		lose_unsynced(fd);
	result = before(it) ? sync(fd) : -1;
	if (result == 0)
		note_synced(fd);
	after(it && plan.mode != FAIL);
	return result;
}

/* What happens while the next fsync of a file hangs. */
static void (*while_it_hangs)(void);

int __wrap_fsync(int fd)
{
	void (*happens)(void) = is_file(fd) ? while_it_hangs : NULL;

	if (happens) {
		while_it_hangs = NULL;
		happens();
	}
	return sync_with(__real_fsync, fd);
}

int __wrap_fdatasync(int fd)
{
	return sync_with(__real_fdatasync, fd);
}

int __wrap_ftruncate(int fd, off_t length)
{
	bool it = is_it();
	int result = before(it) ? __real_ftruncate(fd, length) : -1;

	after(it && plan.mode != FAIL);
	return result;
}

int __wrap_renameat(int from, const char *old, int to, const char *new)
{
	bool it = is_it();
	int result = before(it) ? __real_renameat(from, old, to, new) : -1;

	after(it && plan.mode != FAIL);
	return result;
}

int __wrap_renameat2(int from, const char *old, int to, const char *new, unsigned int flags)
{
	bool it = is_it();
	int result = before(it) ? __real_renameat2(from, old, to, new, flags) : -1;

	after(it && plan.mode != FAIL);
	return result;
}

int __wrap_unlinkat(int dirfd, const char *path, int flags)
{
	bool it = is_it();
	int result = before(it) ? __real_unlinkat(dirfd, path, flags) : -1;

	after(it && plan.mode != FAIL);
	return result;
}

struct fixture {
	struct trail trail;
	uint64_t *acked; /* survives the process */
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	f->acked = mmap(NULL, sizeof(*f->acked), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	*state = f;
	return f->acked == MAP_FAILED ? -1 : 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	(void)munmap(f->acked, sizeof(*f->acked));
	free(f);
	return 0;
}

static void prepare(struct fixture *f, enum file_sync sync, enum trail_packing packing)
{
	trail_init(&f->trail);
	f->trail.options.rotate_bytes = 700;
	f->trail.options.sync = sync;
	f->trail.options.sync_every_ms = 1;
	f->trail.options.keep.packing = packing;
	f->trail.acked = f->acked;
	*f->acked = 0;
}

static _Noreturn void deliver_all(struct fixture *f)
{
	bool harmed;

	trail_deliver(&f->trail, EVENTS, WIDTH);
	/* A failure of the keeper is mended by its next look: at the latest by another start. */
	harmed = atomic_load(&calls) >= plan.at;
	if (plan.mode == FAIL) {
		trail_close(&f->trail);
		harmed = atomic_load(&calls) >= plan.at;
		plan.mode = NEVER;
		if (trail_open(&f->trail) < 0)
			_exit(1);
	}
	if (f->trail.options.keep.packing != TRAIL_PLAIN && !trail_wait_packed(&f->trail))
		_exit(2);
	trail_close(&f->trail);
	_exit(harmed ? FINISHED : FINISHED_UNHARMED);
}

/* Runs a process that delivers. False when the call was never made: it came to the end without. */
static bool run(struct fixture *f, enum mode mode, int at, int code)
{
	int status;
	pid_t child;

	plan.mode = mode;
	plan.at = at;
	plan.code = code;
	atomic_store(&calls, 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		deliver_all(f);
	plan.mode = NEVER;
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == FINISHED_UNHARMED)
		return false;
	if (mode == FAIL || mode == NEVER ? !WIFEXITED(status) || WEXITSTATUS(status) != FINISHED
					  : !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		fail_msg("mode %d at call %d: status %x", mode, at, (unsigned int)status);
	return true;
}

/* All calls with FULL=1, else some, from a different one on in each test. */
static int step(void)
{
	return getenv("FULL") ? 1 : 7;
}

static void kill_at_every_call(struct fixture *f, enum mode mode, enum file_sync sync,
			       enum trail_packing packing)
{
	bool killed = true;
	int at;

	for (at = 1 + (int)mode % step(); killed; at += step()) {
		prepare(f, sync, packing);
		killed = run(f, mode, at, 0);
		if (killed)
			(void)run(f, NEVER, 0, 0);
		trail_expect(&f->trail, 1, EVENTS);
		trail_done(&f->trail);
	}
	assert_true(at > EVENTS / 3);
}

static void killed_after_any_call_the_trail_is_whole(void **state)
{
	kill_at_every_call(*state, KILL_AFTER, FILE_SYNC_BATCH, TRAIL_ZSTD);
}

static void killed_before_any_call_the_trail_is_whole(void **state)
{
	kill_at_every_call(*state, KILL_BEFORE, FILE_SYNC_INTERVAL, TRAIL_GZIP);
}

static void killed_within_any_write_the_trail_is_whole(void **state)
{
	kill_at_every_call(*state, KILL_HALF_WAY, FILE_SYNC_NONE, TRAIL_ZSTD);
}

static void any_call_may_fail_once(void **state)
{
	static const int codes[] = {EIO, ENOSPC, EROFS};
	struct fixture *f = *state;
	bool failed = true;

	for (int at = 1; failed; at += step()) {
		prepare(f, at % 2 ? FILE_SYNC_BATCH : FILE_SYNC_INTERVAL, TRAIL_ZSTD);
		failed = run(f, FAIL, at, codes[at / 2 % 3]);
		trail_expect(&f->trail, 1, EVENTS);
		trail_done(&f->trail);
	}
}

#define PLAIN "audit-000000000001-20260301T123456Z-1.ndjson"

static struct keep keep;
static char keep_dir[64];

static const char *kept(const char *name)
{
	static char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", keep_dir, name);
	return path;
}

static void put_file(const char *name, const char *text)
{
	_cleanup_close_ int fd = open(kept(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(__real_write(fd, text, strlen(text)), strlen(text));
}

static off_t size_of(const char *name)
{
	struct stat st;

	return stat(kept(name), &st) < 0 ? -1 : st.st_size;
}

/* A look that packs one file, in whose fsync something happens. */
static int pack_one(struct fixture *f, void (*happens)(void))
{
	struct err err;
	bool more;
	int result;

	prepare(f, FILE_SYNC_BATCH, TRAIL_ZSTD);
	(void)snprintf(keep_dir, sizeof(keep_dir), "%s", f->trail.dir);
	put_file(PLAIN, "line\n");
	keep = (struct keep){.options = {.packing = TRAIL_ZSTD}};
	assert_int_equal(trail_name_init(&keep.name, f->trail.path, &err), 0);
	while_it_hangs = happens;
	result = keep_look(&keep, &more, &err);
	assert_true(while_it_hangs == NULL);
	return result;
}

static void stop_it(void)
{
	atomic_store(&keep.stop, true);
}

static void a_keeper_that_was_stopped_while_it_synced_puts_nothing_in_place(void **state)
{
	struct fixture *f = *state;

	(void)pack_one(f, stop_it);
	assert_int_equal(size_of(PLAIN), 5);
	assert_int_equal(size_of(PLAIN ".zst"), -1);
	assert_int_equal(size_of(PLAIN ".zst.tmp"), -1);
	trail_done(&f->trail);
}

/* As the successor of a keeper that hangs does. */
static void begin_anew(void)
{
	assert_int_equal(unlink(kept(PLAIN ".zst.tmp")), 0);
	put_file(PLAIN ".zst.tmp", "so far");
}

static void what_another_has_packed_so_far_is_not_put_in_place(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(pack_one(f, begin_anew), -ESTALE);
	assert_int_equal(size_of(PLAIN), 5);
	assert_int_equal(size_of(PLAIN ".zst"), -1);
	assert_int_equal(size_of(PLAIN ".zst.tmp"), 6);
	trail_done(&f->trail);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(killed_after_any_call_the_trail_is_whole),
		TEST(killed_before_any_call_the_trail_is_whole),
		TEST(killed_within_any_write_the_trail_is_whole),
		TEST(any_call_may_fail_once),
		TEST(a_keeper_that_was_stopped_while_it_synced_puts_nothing_in_place),
		TEST(what_another_has_packed_so_far_is_not_put_in_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
