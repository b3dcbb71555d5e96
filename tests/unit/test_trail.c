/* SPDX-License-Identifier: BSD-2-Clause */
/* Rotation, packing, deleting, and a directory in which others do what they like. */
#include "unit/test_trail.h"

#include "base/clock.h"
#include "sink/keep.h"
#include "sink/trail_state.h"

#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

static void start(struct trail *trail)
{
	assert_int_equal(trail_open(trail), 0);
}

/* Events first to last in batches of one, then the end of the run, but the sink stays open. */
static void put(struct trail *trail, uint64_t first, uint64_t last)
{
	for (uint64_t i = first; i <= last; i++)
		if (trail_submit(trail, i, 1, 100) < 0)
			fail_msg("%" PRIu64 ": %s", i, trail->err.text);
	assert_int_equal(trail_flush(trail), 0);
}

static void ask_to_rotate(struct trail *trail)
{
	trail->sink->ops->rotate(trail->sink);
	trail_take_progress(trail);
}

/* Path of the only rotated file; its attributes. */
static void find_rotated(const struct trail *trail, char path[PATH_MAX], struct trail_rotated *ret)
{
	_cleanup_closedir_ DIR *dir = opendir(trail->dir);
	struct trail_rotated rotated;
	const struct dirent *entry;
	struct trail_name name;
	unsigned int found = 0;
	struct err err;

	assert_non_null(dir);
	assert_int_equal(trail_name_init(&name, trail->path, &err), 0);
	while ((entry = readdir(dir)))
		if (trail_name_parse(&name, entry->d_name, &rotated)) {
			(void)snprintf(path, PATH_MAX, "%s/%s", trail->dir, entry->d_name);
			*ret = rotated;
			found++;
		}
	assert_int_equal(found, 1);
}

static void rotated_by_size_no_line_is_split(void **state)
{
	struct trail *trail = *state;

	trail->options.rotate_bytes = 1000;
	start(trail);
	put(trail, 1, 100);
	assert_true(trail_count(trail, false) >= 19);
	trail_expect(trail, 1, 100);
	for (uint64_t next = 101; next <= 400; next += 50) { /* each batch is larger than a file */
		assert_int_equal(trail_submit(trail, next, 50, 100), 0);
		trail_expect(trail, 1, next + 49);
	}
}

static void rotated_on_request_but_never_when_empty(void **state)
{
	struct trail *trail = *state;
	struct trail_rotated rotated;
	char path[PATH_MAX];

	start(trail);
	ask_to_rotate(trail);
	assert_int_equal(trail_count(trail, false), 0);
	put(trail, 1, 3);
	ask_to_rotate(trail);
	assert_int_equal(trail_count(trail, false), 1);
	ask_to_rotate(trail);
	find_rotated(trail, path, &rotated);
	assert_int_equal(rotated.number, 1);
	put(trail, 4, 5);
	trail_expect(trail, 1, 5);
}

static void a_name_tells_number_time_and_first_event(void **state)
{
	uint64_t now_ns = clock_real_ns();
	struct trail *trail = *state;
	char path[PATH_MAX], expected[64];
	struct trail_rotated rotated;
	const char *name;
	struct tm tm;
	time_t second = (time_t)(now_ns / NS_PER_S);
	bool good = false;

	*trail->acked = 41;
	start(trail);
	put(trail, 42, 44);
	ask_to_rotate(trail);
	find_rotated(trail, path, &rotated);
	name = strrchr(path, '/') + 1;
	for (int i = 0; i < 20 && !good; i++, second++) {
		assert_non_null(gmtime_r(&second, &tm));
		(void)strftime(expected, sizeof(expected),
			       "audit-000000000001-%Y%m%dT%H%M%SZ-42.ndjson", &tm);
		good = strcmp(name, expected) == 0;
	}
	if (!good)
		fail_msg("%s", name);
}

static void a_file_of_an_earlier_period_is_rotated_by_the_next_run(void **state)
{
	struct timespec old[2] = {{.tv_sec = 1000000}, {.tv_sec = 1000000}};
	struct trail *trail = *state;

	trail->options.rotate_every_ms = 24 * 3600 * 1000;
	start(trail);
	put(trail, 1, 3);
	trail_close(trail);
	assert_int_equal(utimensat(AT_FDCWD, trail->path, old, 0), 0);
	start(trail);
	assert_int_equal(trail_count(trail, false), 0);
	put(trail, 4, 4);
	assert_int_equal(trail_count(trail, false), 1);
	trail_expect(trail, 1, 4);
}

static void numbers_go_on_when_all_rotated_files_have_gone(void **state)
{
	struct trail *trail = *state;
	struct trail_rotated rotated;
	char path[PATH_MAX];

	for (uint64_t run = 1; run <= 3; run++) {
		start(trail);
		put(trail, run, run);
		ask_to_rotate(trail);
		find_rotated(trail, path, &rotated);
		assert_int_equal(rotated.number, run);
		assert_int_equal(unlink(path), 0);
		trail_close(trail);
	}
}

static void numbers_go_on_without_the_state(void **state)
{
	struct trail *trail = *state;
	char path[PATH_MAX];

	trail->options.rotate_bytes = 1000;
	start(trail);
	put(trail, 1, 50);
	trail_close(trail);
	(void)snprintf(path, sizeof(path), "%s/.audit.ndjson.state", trail->dir);
	assert_int_equal(unlink(path), 0);
	start(trail);
	put(trail, 51, 100);
	trail_expect(trail, 1, 100);
}

static void resume(struct trail *trail, uint64_t expected)
{
	trail_close(trail);
	*trail->acked = 0;
	start(trail);
	assert_int_equal(trail->resume.sequence, expected);
}

static void the_next_run_goes_on_behind_a_rotation(void **state)
{
	struct trail *trail = *state;

	trail->options.keep.packing = TRAIL_ZSTD;
	start(trail);
	put(trail, 1, 20);
	ask_to_rotate(trail);
	resume(trail, 20); /* the active file is empty */
	assert_int_equal(unlink(trail->path), 0);
	assert_true(trail_wait_packed(trail));
	resume(trail, 20); /* it is missing, what was before it is packed */
	put(trail, 21, 25);
	trail_expect(trail, 1, 25);
}

static void what_is_rotated_is_packed(void **state)
{
	static const struct {
		enum trail_packing packing;
		int level;
	} ways[] = {{TRAIL_ZSTD, 0}, {TRAIL_ZSTD, 12}, {TRAIL_GZIP, 0}, {TRAIL_GZIP, 9}};
	struct trail *trail = *state;

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		trail_done(trail);
		trail_init(trail);
		trail->options.rotate_bytes = 5000;
		trail->options.keep.packing = ways[i].packing;
		trail->options.keep.level = ways[i].level;
		start(trail);
		put(trail, 1, 500);
		assert_true(trail_wait_packed(trail));
		assert_true(trail_count(trail, false) >= 10);
		trail_expect(trail, 1, 500);
	}
}

static void a_packed_file_has_mode_and_time_of_the_plain_one(void **state)
{
	struct trail *trail = *state;
	struct trail_rotated rotated;
	struct stat active, packed;
	char path[PATH_MAX];

	trail->options.mode = 0640;
	trail->options.keep.packing = TRAIL_ZSTD;
	start(trail);
	put(trail, 1, 3);
	assert_int_equal(stat(trail->path, &active), 0);
	assert_int_equal(active.st_mode & 07777, 0640);
	ask_to_rotate(trail);
	assert_true(trail_wait_packed(trail));
	find_rotated(trail, path, &rotated);
	assert_int_equal(stat(path, &packed), 0);
	assert_int_equal(packed.st_mode & 07777, 0640);
	assert_int_equal(packed.st_mtim.tv_sec, active.st_mtim.tv_sec);
	assert_int_equal(stat(trail->path, &active), 0);
	assert_int_equal(active.st_mode & 07777, 0640);
}

static void wait_for_files(const struct trail *trail, unsigned int most)
{
	for (int i = 0; i < WAIT_ROUNDS && trail_count(trail, false) > most; i++)
		trail_pause();
	assert_true(trail_count(trail, false) <= most);
}

static void only_so_many_files_are_kept(void **state)
{
	struct trail *trail = *state;

	trail->options.rotate_bytes = 1000;
	trail->options.keep.files = 3;
	start(trail);
	put(trail, 1, 70);
	wait_for_files(trail, 3);
	assert_int_equal(trail_count(trail, false), 3);
	trail_expect(trail, 51, 70); /* five lines of 168 bytes fill one */
}

static void only_so_many_bytes_are_kept(void **state)
{
	struct trail *trail = *state;

	trail->options.rotate_bytes = 1000;
	trail->options.keep.total_bytes = 5000;
	start(trail);
	put(trail, 1, 100);
	wait_for_files(trail, 5);
	assert_true(trail_count(trail, false) >= 3);
}

static void what_is_too_old_is_deleted(void **state)
{
	time_t changed = time(NULL) - 7200;
	struct timespec old[2] = {{.tv_sec = changed}, {.tv_sec = changed}};
	struct trail *trail = *state;
	struct trail_rotated rotated;
	char path[PATH_MAX];

	trail->options.keep.age_ms = 3600 * 1000;
	start(trail);
	put(trail, 1, 3);
	ask_to_rotate(trail);
	find_rotated(trail, path, &rotated);
	trail_close(trail);
	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
	start(trail);
	wait_for_files(trail, 0);
	put(trail, 4, 4);
	trail_expect(trail, 4, 4);
}

static void write_file(const struct trail *trail, const char *name, const char *text)
{
	char path[PATH_MAX];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", trail->dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	(void)close(fd);
}

static bool exists(const struct trail *trail, const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/%s", trail->dir, name);
	return lstat(path, &st) == 0;
}

#define FIRST "audit-000000000001-20260301T123456Z-1.ndjson"

static void write_rotated(const struct trail *trail, unsigned int number, time_t changed)
{
	struct timespec times[2] = {{.tv_sec = changed}, {.tv_sec = changed}};
	char name[NAME_MAX + 1], path[PATH_MAX];

	(void)snprintf(name, sizeof(name), "audit-%012u-19700101T000000Z-0.ndjson", number);
	write_file(trail, name, "line\n");
	(void)snprintf(path, sizeof(path), "%s/%s", trail->dir, name);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* Of a look that deletes what is older than an hour. */
static void look_by_age(const struct trail *trail)
{
	struct keep keep = {.options = {.age_ms = 3600 * 1000}};
	struct err err;
	bool more;

	assert_int_equal(trail_name_init(&keep.name, trail->path, &err), 0);
	assert_int_equal(keep_look(&keep, &more, &err), 0);
}

static void of_a_host_without_a_clock_nothing_is_too_old(void **state)
{
	struct trail *trail = *state;

	write_rotated(trail, 1, 1000000);
	write_rotated(trail, 2, 0);
	write_rotated(trail, 3, 1704067199);
	look_by_age(trail);
	assert_int_equal(trail_count(trail, false), 3);
	/* Then it was set: what came before a file that is young may be young, too. */
	write_rotated(trail, 4, time(NULL));
	look_by_age(trail);
	assert_int_equal(trail_count(trail, false), 4);
	write_rotated(trail, 2, time(NULL) - 7200);
	look_by_age(trail);
	assert_int_equal(trail_count(trail, false), 2);
}

static void what_a_crash_left_behind_is_removed_or_done_anew(void **state)
{
	struct trail *trail = *state;
	struct lines lines;

	lines_make(&lines, 1, 3, 40);
	write_file(trail, FIRST, lines.text);
	free(lines.text);
	write_file(trail, FIRST ".zst", "half of a packed file");
	write_file(trail, FIRST ".zst.tmp", "less than that");
	*trail->acked = 3;
	trail->options.keep.packing = TRAIL_ZSTD;
	start(trail);
	assert_true(trail_wait_packed(trail));
	put(trail, 4, 6);
	trail_expect(trail, 1, 6);
	assert_false(exists(trail, FIRST ".zst.tmp"));
}

static void in_dir(const struct trail *trail, char path[PATH_MAX], const char *name)
{
	(void)snprintf(path, PATH_MAX, "%s/%s", trail->dir, name);
}

/* Links, FIFOs, sockets and directories with our names, numbers without end, unreadable entries. */
static void make_hostile(const struct trail *trail, const char *victim)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char path[PATH_MAX];
	int fd;

	in_dir(trail, path, FIRST);
	assert_int_equal(symlink(victim, path), 0);
	in_dir(trail, path, FIRST ".zst");
	assert_int_equal(symlink(victim, path), 0);
	in_dir(trail, path, "audit-000000000002-20260301T123456Z-1.ndjson");
	assert_int_equal(mkfifo(path, 0600), 0);
	in_dir(trail, path, "audit-000000000003-20260301T123456Z-1.ndjson");
	assert_int_equal(mkdir(path, 0700), 0);
	in_dir(trail, path, "audit-000000000004-20260301T123456Z-1.ndjson.zst.tmp");
	assert_int_equal(mkdir(path, 0700), 0);
	write_file(trail, "audit-999999999999-20260301T123456Z-1.ndjson", "x\n");
	write_file(trail, "audit-100000000000-20260301T123456Z-1.ndjson", "x\n");
	write_file(trail, "audit-000000000005-20260301T123456Z-99999999999999999999.ndjson", "");
	write_file(trail, "audit-000000000006-20260301T123456Z-999999999999999999999.ndjson", "x");
	write_file(trail, "audit-00000000007-20260301T123456Z-1.ndjson", "x");
	write_file(trail, "audit-000000000008-\x1b[31m-1.ndjson", "x");
	in_dir(trail, path, "s");
	assert_true(strlen(path) < sizeof(address.sun_path));
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	(void)close(fd);
	in_dir(trail, path, "audit-000000000009-20260301T123456Z-1.ndjson");
	assert_int_equal(rename(address.sun_path, path), 0);
}

static void others_things_in_the_directory_are_neither_followed_nor_touched(void **state)
{
	static const char *const untouched[] = {
		FIRST,
		FIRST ".zst",
		"audit-000000000002-20260301T123456Z-1.ndjson",
		"audit-000000000003-20260301T123456Z-1.ndjson",
		"audit-000000000004-20260301T123456Z-1.ndjson.zst.tmp",
		"audit-999999999999-20260301T123456Z-1.ndjson",
		"audit-100000000000-20260301T123456Z-1.ndjson",
		"audit-000000000006-20260301T123456Z-999999999999999999999.ndjson",
		"audit-00000000007-20260301T123456Z-1.ndjson",
		"audit-000000000008-\x1b[31m-1.ndjson",
		"audit-000000000009-20260301T123456Z-1.ndjson",
	};
	char victim[] = "/tmp/test_trail_victim.XXXXXX", text[32] = "";
	struct trail *trail = *state;
	int fd = mkstemp(victim);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "precious\n", 9), 9);
	make_hostile(trail, victim);
	trail->options.rotate_bytes = 1000;
	trail->options.keep.packing = TRAIL_ZSTD;
	start(trail);
	put(trail, 1, 100);
	trail_close(trail);
	start(trail);
	for (int i = 0; i < WAIT_ROUNDS && exists(trail, "audit-000000000005-20260301T123456Z-"
							 "99999999999999999999.ndjson");
	     i++)
		trail_pause(); /* that one is taken for ours: a regular file with a good name */
	for (size_t i = 0; i < sizeof(untouched) / sizeof(untouched[0]); i++)
		if (!exists(trail, untouched[i]))
			fail_msg("%s has gone", untouched[i]);
	assert_int_equal(pread(fd, text, sizeof(text), 0), 9);
	assert_string_equal(text, "precious\n");
	(void)close(fd);
	(void)unlink(victim);
}

static void a_link_in_the_place_of_the_state_is_refused(void **state)
{
	struct trail *trail = *state;
	char path[PATH_MAX];

	in_dir(trail, path, ".audit.ndjson.state");
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(trail_open(trail), -EINVAL);
	assert_non_null(strstr(trail->err.text, "remove it"));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(trail_open(trail), -EINVAL);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(trail_open(trail), -EINVAL);
	assert_int_equal(unlink(path), 0);
	write_file(trail, ".audit.ndjson.state", "auditship trail 1 rubbish\n");
	start(trail);
	put(trail, 1, 3);
	trail_expect(trail, 1, 3);
}

static void move_away(const struct trail *trail)
{
	char moved[PATH_MAX];

	in_dir(trail, moved, "audit-moved");
	assert_int_equal(rename(trail->path, moved), 0);
}

static void a_file_moved_away_is_finished_and_a_new_one_begun(void **state)
{
	struct trail *trail = *state;

	start(trail);
	put(trail, 1, 3);
	move_away(trail);
	put(trail, 4, 6);
	trail_expect(trail, 1, 6); /* "audit-moved" comes before "audit.ndjson" */
	resume(trail, 6);
	assert_int_equal(trail_count(trail, false), 0);
}

static void for_a_moment_a_file_moved_away_is_gone_on_with(void **state)
{
	struct trail *trail = *state;
	struct stat st;

	start(trail);
	put(trail, 1, 3);
	move_away(trail);
	put(trail, 4, 4);
	assert_int_equal(stat(trail->path, &st), -1); /* logrotate is about to make it */
	for (uint64_t next = 5; stat(trail->path, &st) < 0; next++) {
		assert_true(next < WAIT_ROUNDS);
		put(trail, next, next);
		trail_pause();
	}
	trail_expect(trail, 1, *trail->acked);
}

static void asked_after_a_move_that_was_noticed_it_does_nothing_twice(void **state)
{
	struct trail *trail = *state;

	start(trail);
	put(trail, 1, 3);
	move_away(trail);
	write_file(trail, "audit.ndjson", "");
	put(trail, 4, 6);
	ask_to_rotate(trail);
	assert_int_equal(trail_count(trail, false), 0);
	ask_to_rotate(trail);
	assert_int_equal(trail_count(trail, false), 1);
}

static void moved_away_and_asked_to_rotate_it_makes_the_new_one_at_once(void **state)
{
	struct trail *trail = *state;
	struct stat st;

	start(trail);
	put(trail, 1, 3);
	move_away(trail);
	ask_to_rotate(trail);
	assert_int_equal(stat(trail->path, &st), 0);
	assert_int_equal(st.st_size, 0);
	resume(trail, 3);
	put(trail, 4, 4);
	trail_expect(trail, 1, 4);
}

static void a_file_made_by_others_in_its_place_is_gone_on_with(void **state)
{
	struct trail *trail = *state;
	struct stat st;

	start(trail);
	put(trail, 1, 3);
	move_away(trail);
	write_file(trail, "audit.ndjson", ""); /* logrotate: create */
	assert_int_equal(stat(trail->path, &st), 0);
	put(trail, 4, 6);
	trail_expect(trail, 1, 6);
}

/* What was not acknowledged when it went comes again; the engine knows no more than that. */
static void of_a_deleted_file_nothing_is_missing_that_was_not_acknowledged(void **state)
{
	static const enum file_sync modes[] = {FILE_SYNC_NONE, FILE_SYNC_INTERVAL, FILE_SYNC_BATCH};
	struct trail *trail = *state;

	for (size_t i = 0; i < 3; i++) {
		uint64_t acked;

		trail_done(trail);
		trail_init(trail);
		trail->options.sync = modes[i];
		trail->options.sync_every_ms = 60 * 1000;
		start(trail);
		assert_int_equal(trail_submit(trail, 1, 3, 100), 0);
		acked = *trail->acked;
		assert_int_equal(acked, modes[i] == FILE_SYNC_INTERVAL ? 0 : 3);
		assert_int_equal(unlink(trail->path), 0);
		trail_deliver(trail, 9, 100);
		trail_expect(trail, acked + 1, 9);
	}
}

static void the_header_of_a_table_is_at_the_top_of_each_file(void **state)
{
	static const char header[] = "TIME,EVENT,event.id\n";
	struct sink_batch batch = {.data = header, .size = sizeof(header) - 1};
	struct trail *trail = *state;
	char command[256];

	trail->options.rotate_bytes = 1000;
	start(trail);
	assert_int_equal(trail->sink->ops->submit(trail->sink, &batch, &trail->err), 0);
	put(trail, 1, 30);
	trail_close(trail);
	start(trail);
	batch.taken = 0;
	assert_int_equal(trail->sink->ops->submit(trail->sink, &batch, &trail->err), 0);
	put(trail, 31, 60);
	(void)snprintf(command, sizeof(command),
		       "cd %s && for f in audit*; do head -n 1 $f | grep -q ^TIME, && "
		       "[ $(grep -c ^TIME $f) = 1 ] || exit 1; done; "
		       "[ $(cat audit* | grep -c event.:) = 60 ]",
		       trail->dir);
	assert_int_equal(system(command), 0);
}

static void owner_and_group_are_set_where_we_may(void **state)
{
	struct trail *trail = *state;
	struct stat st;

	if (geteuid() != 0) {
		print_message("only root may give files away\n");
		skip();
	}
	trail->options.owner = 65534;
	trail->options.group = 4;
	trail->options.mode = 0640;
	start(trail);
	put(trail, 1, 1);
	ask_to_rotate(trail);
	assert_int_equal(stat(trail->path, &st), 0);
	assert_int_equal(st.st_uid, 65534);
	assert_int_equal(st.st_gid, 4);
	assert_int_equal(st.st_mode & 07777, 0640);
}

/* As who may not give files away, and does not stand above modes. */
static void become_nobody(const struct trail *trail)
{
	if (geteuid() != 0)
		return;
	assert_int_equal(chown(trail->dir, 65534, 65534), 0);
	assert_int_equal(seteuid(65534), 0);
}

static void become_oneself(void)
{
	assert_int_equal(seteuid(getuid()), 0);
}

static void what_cannot_get_its_owner_is_not_left_for_the_next_try(void **state)
{
	struct trail *trail = *state;
	char below[256];

	become_nobody(trail);
	trail->options.owner = 0;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(trail_open(trail), -EPERM);
		assert_int_equal(access(trail->path, F_OK), -1);
	}
	trail_close(trail);
	(void)snprintf(below, sizeof(below), "%s/below/audit.ndjson", trail->dir);
	trail->options.path = below;
	for (int i = 0; i < 2; i++)
		assert_int_equal(trail_open(trail), -EPERM);
	(void)snprintf(below, sizeof(below), "%s/below", trail->dir);
	assert_int_equal(access(below, F_OK), -1);
	trail_close(trail);
	become_oneself();
}

static void a_rotation_that_was_asked_for_is_made_up_for(void **state)
{
	struct trail *trail = *state;
	uint64_t next = 2;

	become_nobody(trail);
	start(trail);
	put(trail, 1, 1);
	assert_int_equal(chmod(trail->dir, 0500), 0);
	ask_to_rotate(trail);
	assert_int_equal(trail_count(trail, false), 0);
	assert_int_equal(chmod(trail->dir, 0700), 0);
	for (int i = 0; i < WAIT_ROUNDS && trail_count(trail, false) == 0; i++, next++) {
		put(trail, next, next);
		trail_pause();
	}
	assert_int_equal(trail_count(trail, false), 1);
	become_oneself();
	trail_expect(trail, 1, next - 1);
}

static void a_document_says_which_of_its_events_is_the_first(void **state)
{
	static const char text[] = "{\"agent\":{\"ephemeral_id\":\"" STREAM_TEXT
				   "\"},\"first_sequence\":42,\"last_sequence\":60}\n";
	struct sink_message message = {
		.data = text, .size = sizeof(text) - 2, .events = 3, .sequence = 60};
	struct sink_batch batch = {
		.data = text, .size = sizeof(text) - 1, .messages = &message, .count = 1};
	struct trail *trail = *state;
	struct trail_rotated rotated;
	char path[PATH_MAX];

	assert_int_equal(uuid_parse(batch.stream, STREAM_TEXT), 0);
	start(trail);
	assert_int_equal(trail->sink->ops->submit(trail->sink, &batch, &trail->err), 0);
	ask_to_rotate(trail);
	find_rotated(trail, path, &rotated);
	assert_non_null(strstr(path, "Z-42.ndjson"));
}

static void what_has_arrived_is_what_the_mode_promises(void **state)
{
	struct trail *trail = *state;
	struct sink_progress progress = {0};

	trail->options.sync = FILE_SYNC_INTERVAL;
	trail->options.sync_every_ms = 50;
	start(trail);
	assert_int_equal(trail_submit(trail, 1, 3, 100), 0);
	assert_true(trail->sink->poll_ms > 0);
	for (int i = 0; i < WAIT_ROUNDS && *trail->acked < 3; i++) {
		trail_pause();
		assert_int_equal(trail->sink->ops->poll(trail->sink, &progress, &trail->err), 0);
		trail_take_progress(trail);
	}
	assert_int_equal(*trail->acked, 3);
	assert_int_equal(trail->sink->poll_ms, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, trail_set_up, trail_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rotated_by_size_no_line_is_split),
		TEST(rotated_on_request_but_never_when_empty),
		TEST(a_name_tells_number_time_and_first_event),
		TEST(a_file_of_an_earlier_period_is_rotated_by_the_next_run),
		TEST(numbers_go_on_when_all_rotated_files_have_gone),
		TEST(numbers_go_on_without_the_state),
		TEST(the_next_run_goes_on_behind_a_rotation),
		TEST(what_is_rotated_is_packed),
		TEST(a_packed_file_has_mode_and_time_of_the_plain_one),
		TEST(only_so_many_files_are_kept),
		TEST(only_so_many_bytes_are_kept),
		TEST(what_is_too_old_is_deleted),
		TEST(of_a_host_without_a_clock_nothing_is_too_old),
		TEST(what_a_crash_left_behind_is_removed_or_done_anew),
		TEST(others_things_in_the_directory_are_neither_followed_nor_touched),
		TEST(a_link_in_the_place_of_the_state_is_refused),
		TEST(a_file_moved_away_is_finished_and_a_new_one_begun),
		TEST(for_a_moment_a_file_moved_away_is_gone_on_with),
		TEST(asked_after_a_move_that_was_noticed_it_does_nothing_twice),
		TEST(moved_away_and_asked_to_rotate_it_makes_the_new_one_at_once),
		TEST(a_file_made_by_others_in_its_place_is_gone_on_with),
		TEST(of_a_deleted_file_nothing_is_missing_that_was_not_acknowledged),
		TEST(the_header_of_a_table_is_at_the_top_of_each_file),
		TEST(owner_and_group_are_set_where_we_may),
		TEST(what_cannot_get_its_owner_is_not_left_for_the_next_try),
		TEST(a_rotation_that_was_asked_for_is_made_up_for),
		TEST(a_document_says_which_of_its_events_is_the_first),
		TEST(what_has_arrived_is_what_the_mode_promises),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
