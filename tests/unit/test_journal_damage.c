/* SPDX-License-Identifier: BSD-2-Clause */
/* What a crash, a bad disk or a stranger leaves in the directory: never a reason not to start. */
#include "unit/test_journal.h"

#include "journal/cursor.h"

#include <sys/wait.h>

static off_t last_frame_end(struct fixture *f, uint64_t number)
{
	struct segment segment = {0};
	struct segment_scan scan;
	int dirfd = open(f->journal_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(dirfd >= 0);
	assert_int_equal(segment_load(&segment, dirfd, number, NULL), 0);
	assert_int_equal(segment_scan(&segment, dirfd, NULL, &scan), 0);
	(void)close(dirfd);
	return (off_t)scan.end;
}

static void write_bytes(const struct fixture *f, const char *name, const void *data, size_t size,
			off_t offset)
{
	_cleanup_close_ int fd = open(path_of(f, name), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, data, size, offset), (ssize_t)size);
}

static size_t read_bytes(const struct fixture *f, const char *name, void *data, size_t size,
			 off_t offset)
{
	_cleanup_close_ int fd = open(path_of(f, name), O_RDONLY | O_CLOEXEC);
	ssize_t n = pread(fd, data, size, offset);

	assert_true(n >= 0);
	return (size_t)n;
}

static bool exists(const struct fixture *f, const char *name)
{
	return size_of(f, name) >= 0;
}

/* Opens what is there, expects first..last of the old stream, and that the journal works. */
static void expect_working(struct fixture *f, uint64_t last)
{
	struct journal_reader *reader = open_reader(f, "check");
	struct journal_batch batch;
	uint64_t next = 1;
	int result;

	while (next <= last && (result = journal_reader_next(reader, &batch, &f->err)) == 1) {
		assert_int_equal(batch.first_sequence, next);
		assert_true(batch_right(&batch));
		next += batch.count;
	}
	assert_int_equal(next, last + 1);
	next = journal_next_sequence(f->journal);
	append_ok(f, 4);
	assert_int_equal(journal_reader_next(reader, &batch, &f->err), 1);
	assert_int_equal(batch.first_sequence, next);
	assert_int_equal(batch.count, 4);
	assert_memory_equal(batch.stream, journal_stream(f->journal), 16);
	ack_batch(reader, &batch);
	assert_int_equal(journal_reader_waiting(reader), 0);
	assert_int_equal(journal_reader_next(reader, &batch, &f->err), 0);
	journal_reader_close(reader);
}

/* A journal of two whole frames (5 and 3 events) and a third (2 events) to be damaged. */
static void make_three_frames(struct fixture *f, off_t *ret_start, off_t *ret_end)
{
	f->options.segment_size = 8 * KIB;
	open_journal(f);
	append_ok(f, 5);
	append_ok(f, 3);
	close_journal(f);
	*ret_start = last_frame_end(f, 1);
	open_journal(f);
	append_ok(f, 2);
	close_journal(f);
	*ret_end = last_frame_end(f, 1);
}

static void expect_torn(struct fixture *f, off_t bytes)
{
	open_journal(f);
	assert_int_equal(f->recovery.torn_bytes, bytes);
	assert_int_equal(f->recovery.events, 8);
	assert_true(f->recovery.stream_renewed);
	assert_int_equal(f->recovery.quarantined, 0);
	assert_int_equal(journal_next_sequence(f->journal), 1);
	/* Once more, before anything was appended: the old sequences do not come back. */
	reopen_journal(f);
	assert_true(f->recovery.stream_renewed);
	expect_working(f, 8);
	reopen_journal(f);
	assert_false(f->recovery.stream_renewed);
	assert_int_equal(f->recovery.torn_bytes, 0);
	assert_int_equal(journal_next_sequence(f->journal), 5);
	expect_working(f, 0);
	close_journal(f);
}

static void each_length_of_the_last_frame(struct fixture *f, bool zero_filled)
{
	static char image[8192];
	off_t start, end;

	make_three_frames(f, &start, &end);
	assert_in_range(end - start, 49, sizeof(image));
	assert_int_equal(read_bytes(f, "00000001.seg", image, (size_t)end, 0), end);
	for (off_t cut = start + 1; cut < end; cut++) {
		off_t torn = cut - start;

		(void)unlink(path_of(f, "00000001.seg"));
		(void)unlink(path_of(f, "00000002.seg"));
		(void)unlink(path_of(f, "cursor-check"));
		write_bytes(f, "00000001.seg", image, (size_t)cut, 0);
		if (zero_filled)
			assert_int_equal(truncate(path_of(f, "00000001.seg"), 8 * KIB), 0);
		while (image[start + torn - 1] == 0)
			torn--;
		/* The frame may end in zeros itself: then zeros make it whole. */
		if (zero_filled && memcmp(image + cut, (char[8192]){0}, (size_t)(end - cut)) == 0)
			continue;
		expect_torn(f, torn);
	}
}

static void a_tail_cut_at_any_byte_is_cut_back(void **state)
{
	each_length_of_the_last_frame(*state, false);
}

static void a_tail_that_ends_in_zeros_at_any_byte_is_cut_back(void **state)
{
	each_length_of_the_last_frame(*state, true);
}

static void a_cursor_before_a_torn_tail_stays_there(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;
	off_t start, end;
	uint64_t next = 1;

	make_three_frames(f, &start, &end);
	flip_byte(f, "00000001.seg", end - 1);
	open_journal(f);
	reader = open_reader(f, "trail");
	assert_int_equal(read_some(f, reader, UINT64_MAX, &next, true), 8);
	journal_reader_close(reader);
	/* The torn segment is the newest, then it lies behind a newer one. */
	for (int run = 0; run < 2; run++) {
		reopen_journal(f);
		reader = open_reader(f, "trail");
		assert_int_equal(journal_reader_waiting(reader), 5 * run);
		assert_int_equal(status_of(f).cursor_resets, 0);
		journal_reader_close(reader);
		if (run == 0)
			append_ok(f, 5);
	}
	reopen_journal(f);
	reader = open_reader(f, "trail");
	assert_int_equal(journal_reader_waiting(reader), 5);
	expect_all(f, reader, 1, 5);
	assert_int_equal(status_of(f).cursor_resets, 0);
	assert_int_equal(status_of(f).damaged_frames, 0);
	journal_reader_close(reader);
}

static void a_tail_cut_between_frames_is_an_end_like_any_other(void **state)
{
	struct fixture *f = *state;
	off_t start, end;

	make_three_frames(f, &start, &end);
	assert_int_equal(truncate(path_of(f, "00000001.seg"), start), 0);
	open_journal(f);
	assert_int_equal(f->recovery.torn_bytes, 0);
	assert_int_equal(f->recovery.events, 8);
	expect_working(f, 8);
}

static void a_bit_flip_anywhere_in_the_last_frame_is_found(void **state)
{
	struct fixture *f = *state;
	off_t start, end;

	make_three_frames(f, &start, &end);
	for (off_t at = start; at < end; at += 3) {
		flip_byte(f, "00000001.seg", at);
		open_journal(f);
		assert_int_equal(f->recovery.events, 8);
		assert_in_range(f->recovery.torn_bytes, 49, end - start);
		assert_true(f->recovery.stream_renewed);
		close_journal(f);
		flip_byte(f, "00000001.seg", at);
	}
	open_journal(f);
	assert_int_equal(f->recovery.events, 10);
	assert_false(f->recovery.stream_renewed);
}

static void a_bit_flip_anywhere_in_a_header_sets_the_segment_aside(void **state)
{
	struct fixture *f = *state;
	off_t start, end;

	make_three_frames(f, &start, &end);
	for (off_t at = 0; at < (off_t)sizeof(struct segment_header); at++) {
		/* Another major version, and nobody knows how that is summed. */
		bool newer = at == 8 || at == 9;
		const char *aside = newer ? "00000001.seg.newer" : "00000001.seg.bad";

		flip_byte(f, "00000001.seg", at);
		open_journal(f);
		assert_int_equal(f->recovery.quarantined, !newer);
		assert_int_equal(f->recovery.newer, newer);
		assert_string_equal(f->recovery.aside[0], aside);
		assert_int_equal(f->recovery.events, 0);
		assert_true(f->recovery.stream_renewed);
		assert_false(exists(f, "00000001.seg"));
		assert_true(exists(f, aside));
		append_ok(f, 1);
		assert_true(exists(f, "00000002.seg"));
		close_journal(f);
		assert_int_equal(unlink(path_of(f, "00000002.seg")), 0);
		flip_byte(f, aside, at);
		char bad[NAME_SIZE];
		(void)snprintf(bad, sizeof(bad), "%s", path_of(f, aside));
		assert_int_equal(rename(bad, path_of(f, "00000001.seg")), 0);
	}
}

/* 200 frames of 20 events in segments of 64 KiB, no reader. Returns the segments. */
static uint32_t make_many(struct fixture *f)
{
	uint32_t segments;

	open_journal(f);
	for (int i = 0; i < 200; i++)
		append_ok(f, 20);
	segments = status_of(f).segments;
	close_journal(f);
	assert_true(segments >= 6);
	return segments;
}

/* Reads to the end; returns the events got and checks that what is missing was counted. */
static uint64_t read_with_gaps(struct fixture *f)
{
	struct journal_reader *reader = open_reader(f, "check");
	struct journal_batch batch;
	uint64_t next = 1, got = 0, missing = 0;
	int result;

	while ((result = journal_reader_next(reader, &batch, &f->err)) == 1) {
		assert_true(batch.first_sequence >= next);
		assert_true(batch_right(&batch));
		missing += batch.first_sequence - next;
		next = batch.first_sequence + batch.count;
		got += batch.count;
		ack_batch(reader, &batch);
	}
	assert_int_equal(result, 0);
	assert_int_equal(journal_reader_waiting(reader), 0);
	assert_int_equal(status_of(f).skipped_events, missing);
	journal_reader_close(reader);
	return got;
}

static void a_deleted_middle_segment_is_counted_as_skipped(void **state)
{
	struct fixture *f = *state;
	uint64_t got;

	(void)make_many(f);
	assert_int_equal(unlink(path_of(f, "00000003.seg")), 0);
	open_journal(f);
	assert_int_equal(f->recovery.quarantined, 0);
	assert_false(f->recovery.stream_renewed);
	assert_int_equal(journal_next_sequence(f->journal), 4001);
	got = read_with_gaps(f);
	assert_in_range(got, 2000, 3999);
	assert_int_equal(f->recovery.events, got);
	assert_int_equal(status_of(f).skipped_events, 4000 - got);
}

static void a_cursor_in_a_deleted_segment_goes_on_behind_it(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;
	struct journal_batch batch;
	uint64_t next = 1;

	(void)make_many(f);
	open_journal(f);
	reader = open_reader(f, "trail");
	while (size_of(f, "00000003.seg") < 0 || journal_reader_waiting(reader) > 2700)
		(void)read_some(f, reader, 1, &next, true);
	journal_reader_close(reader);
	close_journal(f);
	assert_int_equal(unlink(path_of(f, "00000003.seg")), 0);
	open_journal(f);
	reader = open_reader(f, "trail");
	assert_int_equal(journal_reader_next(reader, &batch, &f->err), 1);
	assert_true(batch.first_sequence > next);
	assert_int_equal(status_of(f).skipped_events, batch.first_sequence - next);
	next = batch.first_sequence + batch.count;
	expect_all(f, reader, next, 4000);
	journal_reader_close(reader);
}

static void a_damaged_frame_costs_the_rest_of_its_segment(void **state)
{
	struct fixture *f = *state;
	uint64_t got;

	(void)make_many(f);
	flip_byte(f, "00000003.seg", 20000);
	open_journal(f);
	assert_int_equal(f->recovery.events, 4000);
	got = read_with_gaps(f);
	assert_in_range(got, 3400, 3999);
	assert_int_equal(status_of(f).damaged_frames, 1);
}

static void zeroed_frames_in_the_middle_are_counted_too(void **state)
{
	static const char zeros[4096];
	struct fixture *f = *state;

	(void)make_many(f);
	for (off_t at = 16384; at < 40960; at += (off_t)sizeof(zeros))
		write_bytes(f, "00000003.seg", zeros, sizeof(zeros), at);
	open_journal(f);
	assert_in_range(read_with_gaps(f), 3400, 3999);
	assert_true(status_of(f).skipped_events > 0);
}

static void damage_under_a_running_reader_is_passed(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;
	struct journal_batch batch;

	open_journal(f);
	reader = open_reader(f, "trail");
	append_ok(f, 5);
	append_ok(f, 5);
	flip_byte(f, "00000001.seg", 200);
	assert_int_equal(journal_reader_next(reader, &batch, &f->err), 0);
	append_ok(f, 5);
	assert_int_equal(journal_reader_next(reader, &batch, &f->err), 1);
	assert_int_equal(batch.first_sequence, 11);
	assert_int_equal(status_of(f).damaged_frames, 1);
	assert_int_equal(status_of(f).skipped_events, 10);
	ack_batch(reader, &batch);
	assert_int_equal(journal_reader_waiting(reader), 0);
	journal_reader_close(reader);
}

static void swapped_segments_are_both_set_aside(void **state)
{
	struct fixture *f = *state;
	char second[NAME_SIZE], third[NAME_SIZE];

	(void)make_many(f);
	(void)snprintf(second, sizeof(second), "%s", path_of(f, "00000002.seg"));
	(void)snprintf(third, sizeof(third), "%s", path_of(f, "00000003.seg"));
	assert_int_equal(rename(second, path_of(f, "x")), 0);
	assert_int_equal(rename(third, second), 0);
	assert_int_equal(rename(path_of(f, "x"), third), 0);
	open_journal(f);
	assert_int_equal(f->recovery.quarantined, 2);
	assert_false(f->recovery.stream_renewed);
	assert_true(exists(f, "00000002.seg.bad"));
	assert_true(exists(f, "00000003.seg.bad"));
	assert_in_range(read_with_gaps(f), 2000, 3999);
}

static void a_frame_pasted_from_another_segment_is_not_taken(void **state)
{
	static char frames[8192];
	struct fixture *f = *state;

	(void)make_many(f);
	(void)read_bytes(f, "00000002.seg", frames, sizeof(frames), 16384);
	write_bytes(f, "00000003.seg", frames, sizeof(frames), 16384);
	open_journal(f);
	assert_in_range(read_with_gaps(f), 3400, 3999);
	assert_int_equal(status_of(f).damaged_frames, 1);
}

static void numbers_of_segments_set_aside_are_not_used_again(void **state)
{
	struct fixture *f = *state;
	char name[SEGMENT_NAME_SIZE];
	uint8_t stream[16];
	uint32_t segments = make_many(f);

	open_journal(f);
	memcpy(stream, journal_stream(f->journal), sizeof(stream));
	close_journal(f);
	segment_name(name, segments);
	flip_byte(f, name, 10);
	open_journal(f);
	assert_int_equal(f->recovery.quarantined, 1);
	/* The stream is renewed, and stays so, although the newest whole segment is of the old one.
	 */
	for (int i = 0; i < 2; i++) {
		assert_true(f->recovery.stream_renewed);
		assert_memory_not_equal(journal_stream(f->journal), stream, sizeof(stream));
		reopen_journal(f);
	}
	append_ok(f, 1);
	segment_name(name, segments + 1);
	assert_true(exists(f, name));
}

/* A power loss can bring them back: they were deleted, and not synced before. */
static void what_all_cursors_have_behind_them_is_dropped_when_torn(void **state)
{
	static const char zeros[4096];
	struct fixture *f = *state;
	char first[SEGMENT_NAME_SIZE], second[SEGMENT_NAME_SIZE];
	struct journal_reader *reader;

	(void)make_many(f);
	open_journal(f);
	append_ok(f, 1);
	reader = open_reader(f, "trail");
	expect_all(f, reader, 1, journal_next_sequence(f->journal) - 1);
	journal_reader_close(reader);
	close_journal(f);
	segment_name(first, 1);
	segment_name(second, 2);
	assert_false(exists(f, first));
	for (int other = 0; other < 2; other++) {
		write_bytes(f, first, zeros, sizeof(zeros), 0);
		write_bytes(f, second, "", 0, 0);
		open_journal(f);
		/* What another cursor needs is set aside, as ever. */
		assert_int_equal(f->recovery.quarantined, other ? 2 : 0);
		assert_false(exists(f, first));
		assert_false(exists(f, second));
		assert_false(f->recovery.stream_renewed);
		close_journal(f);
		write_bytes(f, "cursor-other", "", 0, 0);
	}
	/* And what cannot be dropped. */
	assert_int_equal(unlink(path_of(f, "cursor-other")), 0);
	assert_int_equal(mkdir(path_of(f, first), 0700), 0);
	open_journal(f);
	assert_int_equal(f->recovery.quarantined, 1);
	assert_false(exists(f, first));
}

static void foreign_files_are_left_alone(void **state)
{
	static const char *const names[] = {"README",        "1.seg",         "00000000.seg",
					    "000000001.seg", "00000001.segx", "cursor-",
					    "0000000a.seg"};
	struct fixture *f = *state;

	open_journal(f);
	append_ok(f, 3);
	close_journal(f);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		write_bytes(f, names[i], "hello", 5, 0);
	assert_int_equal(mkdir(path_of(f, "directory"), 0700), 0);
	open_journal(f);
	assert_int_equal(f->recovery.quarantined, 0);
	assert_int_equal(f->recovery.events, 3);
	assert_false(f->recovery.stream_renewed);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_int_equal(size_of(f, names[i]), 5);
	expect_working(f, 3);
}

/* A mode, or a mandatory access control, is not what a segment holds. */
static void a_segment_that_may_not_be_read_is_no_damaged_one(void **state)
{
	struct fixture *f = *state;
	struct journal_reader *reader;

	open_journal(f);
	append_ok(f, 8);
	close_journal(f);
	assert_int_equal(chmod(path_of(f, "00000001.seg"), 0), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(f->dir, 65534, 65534), 0);
		assert_int_equal(chown(f->journal_dir, 65534, 65534), 0);
		assert_int_equal(chown(path_of(f, "lock"), 65534, 65534), 0);
		assert_int_equal(seteuid(65534), 0);
	}
	assert_int_equal(journal_open(&f->journal, &f->options, &f->recovery, &f->err), -EACCES);
	assert_int_equal(seteuid(getuid()), 0);
	assert_non_null(strstr(f->err.text, "Permission denied"));
	assert_int_equal(chmod(path_of(f, "00000001.seg"), 0600), 0);
	open_journal(f);
	assert_int_equal(f->recovery.quarantined, 0);
	reader = open_reader(f, "sink");
	expect_all(f, reader, 1, 8);
	journal_reader_close(reader);
}

static void what_only_has_a_segments_name_is_set_aside(void **state)
{
	struct fixture *f = *state;

	open_journal(f);
	close_journal(f);
	write_bytes(f, "00000003.seg", "", 0, 0);
	assert_int_equal(mkdir(path_of(f, "00000004.seg"), 0700), 0);
	assert_int_equal(symlink("/etc/passwd", path_of(f, "00000005.seg")), 0);
	assert_int_equal(mkfifo(path_of(f, "00000006.seg"), 0600), 0);
	write_bytes(f, "00000007.seg.tmp", "half", 4, 0);
	open_journal(f);
	assert_int_equal(f->recovery.quarantined, 4);
	assert_false(exists(f, "00000007.seg.tmp"));
	append_ok(f, 1);
	assert_true(exists(f, "00000007.seg"));
	expect_working(f, 1);
}

/* Its header and its frames are whole: but who would read through the zeros? */
static void a_segment_larger_than_any_is_set_aside(void **state)
{
	struct fixture *f = *state;

	open_journal(f);
	append_ok(f, 5);
	close_journal(f);
	assert_int_equal(truncate(path_of(f, "00000001.seg"), (off_t)1 << 41), 0);
	open_journal(f);
	assert_int_equal(f->recovery.quarantined, 1);
	assert_true(exists(f, "00000001.seg.bad"));
	expect_working(f, 0);
}

static void random_bytes_are_never_taken_for_events(void **state)
{
	static unsigned char bytes[64 * 1024];
	struct fixture *f = *state;
	unsigned int seed = 12345;

	(void)make_many(f);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)rand_r(&seed);
	for (int pass = 0; pass < 20; pass++) {
		off_t offset = 88 + 16 + rand_r(&seed) % 60000;

		write_bytes(f, "00000002.seg", bytes + pass, (size_t)(rand_r(&seed) % 5000 + 1),
			    offset);
		open_journal(f);
		assert_in_range(read_with_gaps(f), 3000, 3999);
		close_journal(f);
		(void)unlink(path_of(f, "cursor-check"));
	}
}

static void store_two_slots(struct fixture *f)
{
	struct journal_reader *reader;
	uint64_t next = 1;

	open_journal(f);
	for (int i = 0; i < 4; i++)
		append_ok(f, 10);
	for (int i = 0; i < 2; i++) {
		reader = open_reader(f, "trail");
		(void)read_some(f, reader, 10, &next, true);
		journal_reader_close(reader);
	}
	close_journal(f);
}

static uint64_t waiting_after_reopening(struct fixture *f)
{
	struct journal_reader *reader;
	uint64_t waiting;

	open_journal(f);
	reader = open_reader(f, "trail");
	waiting = journal_reader_waiting(reader);
	expect_all(f, reader, 41 - waiting, 40);
	journal_reader_close(reader);
	return waiting;
}

static void a_damaged_slot_falls_back_to_the_other(void **state)
{
	struct fixture *f = *state;
	struct cursor_slot slots[2];
	off_t newer;

	store_two_slots(f);
	for (int i = 0; i < 2; i++)
		(void)read_bytes(f, "cursor-trail", &slots[i], sizeof(slots[i]),
				 i * CURSOR_SLOT_SIZE);
	newer = slots[0].generation > slots[1].generation ? 0 : CURSOR_SLOT_SIZE;
	flip_byte(f, "cursor-trail", newer + 30);
	assert_int_equal(waiting_after_reopening(f), 30);
	assert_int_equal(status_of(f).cursor_resets, 0);
}

static void with_both_slots_damaged_all_is_read_again(void **state)
{
	struct fixture *f = *state;

	store_two_slots(f);
	flip_byte(f, "cursor-trail", 30);
	flip_byte(f, "cursor-trail", CURSOR_SLOT_SIZE + 70);
	assert_int_equal(waiting_after_reopening(f), 40);
	assert_int_equal(status_of(f).cursor_resets, 1);
}

static void a_cursor_of_another_journal_is_reset(void **state)
{
	struct fixture *f = *state;
	uint64_t got;

	store_two_slots(f);
	assert_int_equal(unlink(path_of(f, "00000001.seg")), 0);
	open_journal(f);
	append_ok(f, 40);
	close_journal(f);
	got = waiting_after_reopening(f);
	assert_int_equal(got, 40);
	assert_int_equal(status_of(f).cursor_resets, 1);
}

static void a_cursor_ahead_of_all_segments_is_reset(void **state)
{
	struct fixture *f = *state;
	struct cursor_file file;
	struct cursor_place place;

	store_two_slots(f);
	int dirfd = open(f->journal_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(cursor_open(&file, dirfd, "trail", &place), 1);
	place.position.segment = 77;
	assert_int_equal(cursor_store(&file, &place, true), 0);
	cursor_close(&file);
	(void)close(dirfd);
	assert_int_equal(waiting_after_reopening(f), 40);
	assert_int_equal(status_of(f).cursor_resets, 1);
}

static void a_cursor_that_points_nowhere_repeats_its_segment(void **state)
{
	static const uint64_t offsets[] = {8, 100, 112, 1 << 20, UINT64_MAX, UINT64_MAX - 7};
	struct fixture *f = *state;
	struct cursor_file file;
	struct cursor_place place;

	store_two_slots(f);
	for (size_t i = 0; i < sizeof(offsets) / sizeof(*offsets); i++) {
		int dirfd = open(f->journal_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		assert_int_equal(cursor_open(&file, dirfd, "trail", &place), 1);
		place.position.segment = 1;
		place.position.offset = offsets[i];
		assert_int_equal(cursor_store(&file, &place, true), 0);
		cursor_close(&file);
		(void)close(dirfd);
		assert_int_equal(waiting_after_reopening(f), 40);
		assert_int_equal(status_of(f).cursor_resets, 1);
		close_journal(f);
	}
}

static void a_writer_that_did_not_close_is_told(void **state)
{
	struct fixture *f = *state;
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		if (journal_open(&f->journal, &f->options, &f->recovery, &f->err) < 0 ||
		    append_items(f->journal, 3, &f->err) < 0)
			_exit(1);
		_exit(f->recovery.unclean ? 2 : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	open_journal(f);
	assert_true(f->recovery.unclean);
	assert_false(f->recovery.stream_renewed);
	assert_int_equal(f->recovery.events, 3);
	reopen_journal(f);
	assert_false(f->recovery.unclean);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_tail_cut_at_any_byte_is_cut_back),
		TEST(a_tail_that_ends_in_zeros_at_any_byte_is_cut_back),
		TEST(a_cursor_before_a_torn_tail_stays_there),
		TEST(a_tail_cut_between_frames_is_an_end_like_any_other),
		TEST(a_bit_flip_anywhere_in_the_last_frame_is_found),
		TEST(a_bit_flip_anywhere_in_a_header_sets_the_segment_aside),
		TEST(a_deleted_middle_segment_is_counted_as_skipped),
		TEST(a_cursor_in_a_deleted_segment_goes_on_behind_it),
		TEST(a_damaged_frame_costs_the_rest_of_its_segment),
		TEST(zeroed_frames_in_the_middle_are_counted_too),
		TEST(damage_under_a_running_reader_is_passed),
		TEST(swapped_segments_are_both_set_aside),
		TEST(a_frame_pasted_from_another_segment_is_not_taken),
		TEST(numbers_of_segments_set_aside_are_not_used_again),
		TEST(what_all_cursors_have_behind_them_is_dropped_when_torn),
		TEST(foreign_files_are_left_alone),
		TEST(a_segment_that_may_not_be_read_is_no_damaged_one),
		TEST(what_only_has_a_segments_name_is_set_aside),
		TEST(a_segment_larger_than_any_is_set_aside),
		TEST(random_bytes_are_never_taken_for_events),
		TEST(a_damaged_slot_falls_back_to_the_other),
		TEST(with_both_slots_damaged_all_is_read_again),
		TEST(a_cursor_of_another_journal_is_reset),
		TEST(a_cursor_ahead_of_all_segments_is_reset),
		TEST(a_cursor_that_points_nowhere_repeats_its_segment),
		TEST(a_writer_that_did_not_close_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
