/* SPDX-License-Identifier: BSD-2-Clause */
/* A writer killed at any moment, and a disk that is really full. */
#include "unit/test_journal.h"

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>

static _Noreturn void append_until_killed(struct fixture *f, int report_fd)
{
	if (journal_open(&f->journal, &f->options, &f->recovery, &f->err) < 0)
		_exit(1);
	for (uint32_t i = 0;; i++) {
		uint64_t last;

		if (append_items(f->journal, 1 + i % 20, &f->err) < 0)
			_exit(2);
		last = journal_next_sequence(f->journal) - 1;
		if (write(report_fd, &last, sizeof(last)) != (ssize_t)sizeof(last))
			_exit(3);
	}
}

/* Reads reports until wanted of them have come, kills, reads the rest; returns the last one. */
static uint64_t kill_after(pid_t child, int report_fd, unsigned int wanted)
{
	uint64_t last = 0, report;
	int status;

	for (unsigned int i = 0;; i++) {
		if (i == wanted)
			assert_int_equal(kill(child, SIGKILL), 0);
		if (read(report_fd, &report, sizeof(report)) != (ssize_t)sizeof(report))
			break;
		last = report;
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		fail_msg("the writer ended by itself: %d", WEXITSTATUS(status));
	return last;
}

static uint64_t run_and_kill(struct fixture *f, unsigned int wanted)
{
	int fds[2];
	pid_t child;
	uint64_t last;

	assert_int_equal(pipe(fds), 0);
	/* A short lead only: what the reports do not tell fills the disk. */
	assert_true(fcntl(fds[1], F_SETPIPE_SZ, 4096) > 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)close(fds[0]);
		append_until_killed(f, fds[1]);
	}
	(void)close(fds[1]);
	last = kill_after(child, fds[0], wanted);
	(void)close(fds[0]);
	return last;
}

static void kill_9_loses_nothing_and_repeats_nothing(void **state)
{
	struct fixture *f = *state;
	unsigned int seed = 4711;
	uint64_t next = 1, total = 0;

	f->options.max_size = 4096 * 64 * KIB;
	for (int round = 0; round < 60; round++) {
		struct journal_reader *reader;
		bool renewed;
		uint64_t reported = run_and_kill(f, 1 + (unsigned int)rand_r(&seed) % 80);

		open_journal(f);
		assert_true(f->recovery.unclean);
		assert_int_equal(f->recovery.quarantined, 0);
		/* A kill can end a write between two pages; nobody was told of that frame. */
		renewed = f->recovery.torn_bytes > 0;
		assert_int_equal(f->recovery.stream_renewed, renewed);
		/* What was written but not yet reported may be there as well. */
		reader = open_reader(f, "trail");
		total += read_some(f, reader, UINT64_MAX, &next, renewed || round % 3 == 0);
		assert_true(next > reported);
		assert_int_equal(journal_next_sequence(f->journal), renewed ? 1 : next);
		next -= journal_reader_waiting(reader);
		total -= journal_reader_waiting(reader);
		if (renewed)
			next = 1;
		assert_int_equal(status_of(f).skipped_events, 0);
		assert_int_equal(status_of(f).damaged_frames, 0);
		journal_reader_close(reader);
		close_journal(f);
	}
	assert_true(total > 1000);
}

static bool mount_small_disk(struct fixture *f)
{
	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return false;
	return mkdir(f->journal_dir, 0700) == 0 &&
	       mount("tmpfs", f->journal_dir, "tmpfs", 0, "size=256k") == 0;
}

static bool half_segment_stays(const struct fixture *f)
{
	_cleanup_closedir_ DIR *dir = opendir(f->journal_dir);
	struct dirent *item;

	assert_non_null(dir);
	while ((item = readdir(dir)))
		if (strstr(item->d_name, ".tmp") ||
		    (strstr(item->d_name, ".seg") && size_of(f, item->d_name) == 0))
			return true;
	return false;
}

static void a_full_disk_stops_the_writer_and_leaves_no_half_segment(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;
	uint64_t events = 0;

	if (!mount_small_disk(f)) {
		print_message("skipped: mounting a tmpfs needs root and a mount namespace\n");
		skip();
	}
	open_journal(f);
	reader = open_reader(f, "trail");
	while (append_items(f->journal, 10, &f->err) == 0)
		events += 10;
	assert_non_null(strstr(f->err.text, strerror(ENOSPC)));
	assert_int_equal(append_items(f->journal, 10, &f->err), -ENOSPC);
	assert_false(half_segment_stays(f));
	assert_int_equal(journal_next_sequence(f->journal), events + 1);
	/* A sink that takes what is there makes room. */
	expect_all(f, reader, 1, events);
	append_ok(f, 10);
	expect_all(f, reader, events + 1, events + 10);
	journal_reader_close(reader);
	reopen_journal(f);
	assert_false(f->recovery.stream_renewed);
	assert_int_equal(journal_next_sequence(f->journal), events + 11);
	close_journal(f);
	assert_int_equal(umount2(f->journal_dir, MNT_DETACH), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(kill_9_loses_nothing_and_repeats_nothing),
		TEST(a_full_disk_stops_the_writer_and_leaves_no_half_segment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
