/* SPDX-License-Identifier: BSD-2-Clause */
/* The deliver thread between a real journal and sinks that fail, hang, die and come back. */
#include "test_deliver.h"

#include "sink/file.h"
#include "unit/test_small_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

/* A sink that does as it is told. Lives in the test; close only marks it. */
struct fake {
	struct sink sink;
	pthread_mutex_t lock;
	int failures; /* submits still to fail with code */
	int code;
	uint32_t takes; /* lines that a failing submit takes all the same */
	bool tells_resume;
	bool settles_when_flushed; /* and at no other time */
	bool loses;                /* at an open, what has not settled */
	bool flushed;              /* since the open: it takes nothing more */
	int hang_fd;               /* -1, or an eventfd that submit reads first */
	int close_fd;              /* the same of close */
	pthread_t closed_by;
	struct buf text;
	struct sink_position resume;
	uint64_t taken, settled; /* lines since the open */
	unsigned int opens, submits, closes;
	int open_failures, open_code; /* opens still to fail, and with what */
};

static struct sink *file_sink(struct world *world)
{
	struct file_sink_options trail;
	struct sink *sink = NULL;

	file_sink_options_init(&trail, world->trail);
	assert_int_equal(file_sink_new(&sink, &trail, &world->err), 0);
	return sink;
}

static void assert_trail(const struct world *world, uint64_t last)
{
	size_t length;
	char *text = read_trail(world->trail, &length);

	assert_lines(text, length, journal_stream(world->journal), last);
	free(text);
}

static int fake_open(struct sink *sink, struct sink_position *ret_resume, struct err *err)
{
	struct fake *fake = (struct fake *)sink;
	int result = 0;

	(void)pthread_mutex_lock(&fake->lock);
	fake->opens++;
	if (fake->loses)
		buf_clear(&fake->text);
	fake->taken = fake->settled = 0;
	fake->flushed = false;
	*ret_resume = fake->tells_resume ? fake->resume : (struct sink_position){0};
	if (fake->open_failures > 0) {
		fake->open_failures--;
		result = err_set(err, fake->open_code, "told not to open");
	}
	(void)pthread_mutex_unlock(&fake->lock);
	return result;
}

static size_t first_lines(const struct sink_batch *batch, uint32_t lines)
{
	const char *at = batch->data;

	while (lines-- > 0)
		at = (const char *)memchr(at, '\n', batch->size - (size_t)(at - batch->data)) + 1;
	return (size_t)(at - batch->data);
}

static int fake_submit(struct sink *sink, struct sink_batch *batch, struct err *err)
{
	struct fake *fake = (struct fake *)sink;
	uint32_t count = batch->count;
	int result = 0;
	eventfd_t value;

	if (fake->hang_fd >= 0)
		(void)eventfd_read(fake->hang_fd, &value);
	(void)pthread_mutex_lock(&fake->lock);
	fake->submits++;
	if (fake->flushed) {
		result = err_set(err, -ENOTCONN, "it has taken leave");
		count = 0;
	} else if (fake->failures > 0) {
		fake->failures--;
		result = err_set(err, fake->code, "told to fail");
		count = fake->takes < count ? fake->takes : count;
	}
	if (count > 0) {
		assert_int_equal(buf_add(&fake->text, batch->data, first_lines(batch, count)), 0);
		memcpy(fake->resume.stream, batch->stream, sizeof(batch->stream));
		fake->resume.sequence = batch->messages[count - 1].sequence;
	}
	if (result == 0) {
		batch->taken = count;
		fake->taken += count;
		if (fake->sink.copies) /* nobody looks at it again */
			memset((char *)(uintptr_t)batch->data, '#', batch->size);
		if (!fake->settles_when_flushed)
			fake->settled = fake->taken;
	}
	(void)pthread_mutex_unlock(&fake->lock);
	return result;
}

static int fake_poll(struct sink *sink, struct sink_progress *ret_progress, struct err *err)
{
	(void)err;
	*ret_progress = (struct sink_progress){.settled = ((struct fake *)sink)->settled};
	return 0;
}

static int fake_flush(struct sink *sink, unsigned int within_ms, struct err *err)
{
	struct fake *fake = (struct fake *)sink;

	(void)within_ms;
	(void)err;
	fake->settled = fake->taken;
	fake->flushed = true;
	return 0;
}

static void fake_close(struct sink *sink)
{
	struct fake *fake = (struct fake *)sink;
	eventfd_t value;

	if (fake->close_fd >= 0)
		(void)eventfd_read(fake->close_fd, &value);
	(void)pthread_mutex_lock(&fake->lock);
	fake->closed_by = pthread_self();
	fake->closes++;
	(void)pthread_mutex_unlock(&fake->lock);
}

static void fake_init(struct fake *fake)
{
	static const struct sink_ops ops = {.open = fake_open,
					    .submit = fake_submit,
					    .poll = fake_poll,
					    .flush = fake_flush,
					    .close = fake_close};

	*fake = (struct fake){.sink = {.ops = &ops, .fd = -1}, .hang_fd = -1, .close_fd = -1};
	(void)pthread_mutex_init(&fake->lock, NULL);
	buf_init(&fake->text, 64 * 1024 * 1024);
}

static void fake_done(struct fake *fake)
{
	assert_int_equal(fake->closes, 1);
	buf_done(&fake->text);
	if (fake->hang_fd >= 0)
		close(fake->hang_fd);
	if (fake->close_fd >= 0)
		close(fake->close_fd);
	(void)pthread_mutex_destroy(&fake->lock);
}

static unsigned int fake_closes(struct fake *fake)
{
	unsigned int closes;

	(void)pthread_mutex_lock(&fake->lock);
	closes = fake->closes;
	(void)pthread_mutex_unlock(&fake->lock);
	return closes;
}

static void delivers_everything_in_order(void **state)
{
	struct world *world = *state;
	struct stat st;

	append(world->journal, 500);
	start(world, file_sink(world));
	append(world->journal, 1500);
	stop(world, LONG_MS);
	assert_trail(world, 2000);
	assert_int_equal(world->status.acknowledged, 2000);
	assert_int_equal(world->status.skipped, 0);
	assert_int_equal(world->status.rejected, 0);
	assert_int_equal(world->status.waiting, 0);
	assert_int_equal(world->status.failures, 0);
	assert_false(world->status.failing);
	assert_int_equal(stat(world->trail, &st), 0);
	assert_int_equal(world->status.bytes, st.st_size);
}

static void an_event_does_not_wait_for_others(void **state)
{
	struct world *world = *state;

	start(world, file_sink(world));
	for (uint64_t i = 1; i <= 20; i++) {
		append(world->journal, 1);
		until(world->status.acknowledged == i);
		assert_trail(world, i);
	}
}

static void batches_fill_while_the_sink_is_busy(void **state)
{
	struct world *world = *state;
	struct fake fake;

	fake_init(&fake);
	append(world->journal, 3000);
	start(world, &fake.sink);
	stop(world, LONG_MS);
	assert_lines(fake.text.data, fake.text.length, journal_stream(world->journal), 3000);
	/* 65536 bytes a batch, of which the last line may go beyond */
	assert_in_range(fake.submits, 2, fake.text.length / 65536 + 1);
	fake_done(&fake);
}

static void a_second_run_repeats_nothing(void **state)
{
	struct world *world = *state;

	append(world->journal, 100);
	start(world, file_sink(world));
	stop(world, LONG_MS);
	restart_journal(world);
	append(world->journal, 50);
	start(world, file_sink(world));
	stop(world, LONG_MS);
	assert_int_equal(world->status.acknowledged, 50);
	assert_int_equal(world->status.skipped, 0);
	assert_trail(world, 150);
}

static void without_a_cursor_the_trail_says_where_to_go_on(void **state)
{
	struct world *world = *state;
	char cursor[160];

	append(world->journal, 100);
	start(world, file_sink(world));
	stop(world, LONG_MS);
	journal_close(world->journal);
	(void)snprintf(cursor, sizeof(cursor), "%s/cursor-trail", world->journal_dir);
	assert_int_equal(unlink(cursor), 0);
	assert_int_equal(open_journal(world), 0);
	append(world->journal, 50);
	start(world, file_sink(world));
	stop(world, LONG_MS);
	assert_int_equal(world->status.skipped, 100);
	assert_int_equal(world->status.acknowledged, 50);
	assert_int_equal(world->status.waiting, 0);
	assert_trail(world, 150);
}

static void a_trail_of_another_journal_skips_nothing(void **state)
{
	static const char line[] =
		"{\"event\":{\"id\":\"00112233-4455-6677-8899-aabbccddeeff:1000\"}}\n";
	struct world *world = *state;
	size_t length;
	char *text;
	int fd = open(world->trail, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, line, strlen(line)), strlen(line));
	close(fd);
	append(world->journal, 30);
	start(world, file_sink(world));
	stop(world, LONG_MS);
	assert_int_equal(world->status.skipped, 0);
	text = read_trail(world->trail, &length);
	assert_lines(text + strlen(line), length - strlen(line), journal_stream(world->journal),
		     30);
	free(text);
}

static void what_a_killed_agent_wrote_in_part_is_cut_off(void **state)
{
	static const char torn[] = "{\"event\":{\"id\":\"0011";
	struct world *world = *state;
	int fd;

	append(world->journal, 20);
	start(world, file_sink(world));
	stop(world, LONG_MS);
	fd = open(world->trail, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(fd, torn, strlen(torn)), strlen(torn));
	close(fd);
	restart_journal(world);
	append(world->journal, 5);
	start(world, file_sink(world));
	stop(world, LONG_MS);
	assert_int_equal(world->status.acknowledged, 5);
	assert_int_equal(world->status.cut_bytes, strlen(torn));
	assert_trail(world, 25);
}

static void retries_until_it_works_without_loss_or_repeat(void **state)
{
	struct world *world = *state;
	struct fake fake;

	fake_init(&fake);
	fake.failures = 2;
	fake.code = -ENOSPC;
	append(world->journal, 100);
	start(world, &fake.sink);
	until(world->status.failures > 0);
	assert_string_equal(world->status.last_error.text, "told to fail");
	until(world->status.acknowledged == 100);
	until(!world->status.failing);
	stop(world, LONG_MS);
	assert_int_equal(world->status.failures, 2);
	assert_int_equal(fake.opens, 3);
	assert_lines(fake.text.data, fake.text.length, journal_stream(world->journal), 100);
	fake_done(&fake);
}

static void set_failures(struct fake *fake, int failures)
{
	(void)pthread_mutex_lock(&fake->lock);
	fake->failures = failures;
	(void)pthread_mutex_unlock(&fake->lock);
}

static void the_status_tells_how_late_a_sink_is_and_since_when(void **state)
{
	struct world *world = *state;
	uint64_t before_ns = clock_boot_ns();
	struct fake fake;

	fake_init(&fake);
	fake.code = -EIO;
	set_failures(&fake, 1000000);
	append(world->journal, 10);
	start(world, &fake.sink);
	until(world->status.failures >= 2);
	assert_true(world->status.failing);
	assert_false(world->status.blocked);
	assert_int_equal(world->status.found, 10);
	assert_int_equal(world->status.waiting, 10);
	assert_true(world->status.waiting_bytes >= 10 * sizeof(struct whole_entry));
	assert_true(world->status.oldest_ns >= before_ns - 1000000000);
	assert_true(world->status.oldest_ns <= clock_boot_ns());
	assert_true(world->status.failing_since_ns >= before_ns);
	assert_true(world->status.failed_ns >= world->status.failing_since_ns);
	assert_int_equal(world->status.acknowledged_ns, 0);
	assert_string_equal(world->status.last_error.text, "told to fail");
	set_failures(&fake, 0);
	until(world->status.acknowledged == 10 && world->status.oldest_ns == 0 &&
	      world->status.waiting == 0 && !world->status.failing);
	assert_int_equal(world->status.waiting_bytes, 0);
	assert_int_equal(world->status.failing_since_ns, 0);
	assert_true(world->status.acknowledged_ns >= world->status.failed_ns);
	assert_string_equal(world->status.last_error.text, "told to fail");
	stop(world, LONG_MS);
	fake_done(&fake);
}

static void a_receiver_that_takes_nothing_now_is_told_from_a_fault(void **state)
{
	struct world *world = *state;
	struct fake fake;

	fake_init(&fake);
	fake.code = -EAGAIN;
	fake.sink.poll_ms = 5;
	set_failures(&fake, 1000000);
	append(world->journal, 1);
	start(world, &fake.sink);
	until(world->status.failing && world->status.blocked);
	set_failures(&fake, 0);
	until(!world->status.failing);
	stop(world, LONG_MS);
	fake_done(&fake);
}

static void what_a_failing_sink_took_is_not_given_again(void **state)
{
	struct world *world = *state;
	struct fake fake;

	fake_init(&fake);
	fake.failures = 1;
	fake.code = -EIO;
	fake.takes = 33;
	fake.tells_resume = true;
	append(world->journal, 100);
	start(world, &fake.sink);
	stop(world, LONG_MS);
	assert_int_equal(world->status.skipped, 33);
	assert_int_equal(world->status.acknowledged, 67);
	assert_lines(fake.text.data, fake.text.length, journal_stream(world->journal), 100);
	fake_done(&fake);
}

static uint64_t fake_taken(struct fake *fake)
{
	uint64_t taken;

	(void)pthread_mutex_lock(&fake->lock);
	taken = fake->taken;
	(void)pthread_mutex_unlock(&fake->lock);
	return taken;
}

static void what_a_sink_that_copies_has_lost_is_rendered_anew(void **state)
{
	struct world *world = *state;
	struct fake fake;

	fake_init(&fake);
	fake.sink.copies = fake.settles_when_flushed = fake.loses = true;
	fake.code = -EIO;
	start(world, &fake.sink);
	for (int i = 1; i <= 3; i++) {
		append(world->journal, 50);
		until(fake_taken(&fake) == (uint64_t)i * 50);
	}
	set_failures(&fake, 1);
	append(world->journal, 50);
	until(fake_taken(&fake) == 200);
	assert_int_equal(fake.opens, 2);
	assert_int_equal(world->status.acknowledged, 0);
	stop(world, LONG_MS);
	assert_int_equal(world->status.acknowledged, 200);
	assert_lines(fake.text.data, fake.text.length, journal_stream(world->journal), 200);
	fake_done(&fake);
}

static void damaged_entries_are_counted_and_passed(void **state)
{
	struct world *world = *state;
	struct whole_entry entries[10];
	size_t length;
	char *text;
	int lines = 0;

	for (uint32_t i = 0; i < 10; i++)
		fill_entry(&entries[i], 1 + i);
	entries[3].record.header.kind = 999;
	entries[4].entry.sequence = 77;
	append_entries(world->journal, entries, 10);
	for (uint32_t i = 0; i < 10; i++)
		fill_entry(&entries[i], 11 + i);
	/* The journal believes sizes no more than we do: only the record's own is wrong here. */
	entries[9].entry.record_size = UINT32_MAX;
	append_entries(world->journal, entries, 10);
	start(world, file_sink(world));
	until(world->status.acknowledged == 17 && world->status.rejected == 3);
	stop(world, LONG_MS);
	assert_int_equal(world->status.waiting, 0);
	text = read_trail(world->trail, &length);
	for (size_t i = 0; i < length; i++)
		lines += text[i] == '\n';
	assert_int_equal(lines, 17);
	free(text);
}

static void a_bad_path_is_told_at_the_start(void **state)
{
	struct world *world = *state;
	struct deliver_options options;

	assert_int_equal(mkdir(world->trail, 0700), 0);
	options = options_for(world, file_sink(world));
	assert_int_equal(deliver_start(&world->deliver, &options, &world->err), -EINVAL);
	assert_non_null(strstr(world->err.text, "sink trail: "));
	assert_non_null(strstr(world->err.text, world->trail));
	assert_null(world->deliver);
}

static void a_place_that_is_down_at_the_start_is_tried_until_it_works(void **state)
{
	static const int codes[] = {-ECONNREFUSED, -ENOSPC, -EROFS, -ETIMEDOUT};
	struct world *world = *state;

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		struct fake fake;

		fake_init(&fake);
		fake.open_failures = 1;
		fake.open_code = codes[i];
		append(world->journal, 10);
		start(world, &fake.sink);
		until(world->status.acknowledged == 10);
		stop(world, LONG_MS);
		assert_int_equal(fake.opens, 2);
		assert_int_equal(world->status.failures, 1);
		fake_done(&fake);
	}
}

static void what_a_person_has_to_mend_is_told_at_the_start(void **state)
{
	static const int codes[] = {-EINVAL, -EBUSY, -EACCES, -ELOOP};
	struct world *world = *state;

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		struct deliver_options options;
		struct fake fake;

		fake_init(&fake);
		fake.open_failures = 1;
		fake.open_code = codes[i];
		options = options_for(world, &fake.sink);
		assert_int_equal(deliver_start(&world->deliver, &options, &world->err), codes[i]);
		assert_null(world->deliver);
		fake_done(&fake);
	}
}

static void a_renderer_that_cannot_be_made_costs_nobody_a_descriptor(void **state)
{
	static char tag[128 * 1024];
	const char *const tags[] = {tag};
	const struct render_identity identity = {.tags = tags, .tag_count = 1};
	struct world *world = *state;
	struct deliver_options options = options_for(world, file_sink(world));
	int spare = dup(STDIN_FILENO);

	memset(tag, 'a', sizeof(tag) - 1);
	options.identity = &identity;
	options.render.format = RENDER_ECS;
	assert_true(deliver_start(&world->deliver, &options, &world->err) < 0);
	assert_null(world->deliver);
	assert_true(spare < 0 || fcntl(STDIN_FILENO, F_GETFD) >= 0);
	if (spare >= 0)
		(void)close(spare);
}

static void stop_keeps_its_deadline_while_the_sink_fails(void **state)
{
	struct world *world = *state;
	uint64_t start_ns;
	struct fake fake;

	fake_init(&fake);
	fake.failures = INT32_MAX;
	fake.code = -EIO;
	append(world->journal, 10);
	start(world, &fake.sink);
	until(world->status.failing);
	start_ns = clock_mono_ns();
	stop(world, 100);
	assert_in_range(clock_mono_ns() - start_ns, 90000000, 5000000000);
	assert_int_equal(world->status.acknowledged, 0);
	assert_int_equal(world->status.waiting, 10);
	assert_true(world->status.failing);
	fake_done(&fake);
	start(world, file_sink(world)); /* they were kept */
	stop(world, LONG_MS);
	assert_trail(world, 10);
}

static void lose_segment(const struct world *world, unsigned int number)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/%08u.seg", world->journal_dir, number);
	assert_int_equal(unlink(path), 0);
}

/* The journal gives nothing from behind a gap before all from before it has arrived. */
static void stop_delivers_what_lies_behind_a_gap_too(void **state)
{
	struct world *world = *state;
	struct fake fake;

	journal_close(world->journal);
	assert_int_equal(open_journal_of(world, 64 * 1024 * 1024, 64 * 1024), 0);
	append(world->journal, 300);
	journal_close(world->journal);
	lose_segment(world, 3);
	assert_int_equal(open_journal(world), 0);
	fake_init(&fake);
	fake.settles_when_flushed = true;
	start(world, &fake.sink);
	stop(world, LONG_MS);
	assert_int_equal(world->status.waiting, 0);
	assert_in_range(world->status.unreadable, 1, 299);
	assert_int_equal(world->status.acknowledged + world->status.unreadable, 300);
	assert_int_equal(world->status.failures, 0);
	fake_done(&fake);
}

static void stop_leaves_a_hanging_sink_behind(void **state)
{
	struct world *world = *state;
	uint64_t start_ns;
	struct fake fake;

	fake_init(&fake);
	fake.hang_fd = eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE);
	append(world->journal, 10);
	start(world, &fake.sink);
	start_ns = clock_mono_ns();
	stop(world, 100);
	assert_in_range(clock_mono_ns() - start_ns, 1000000000, 5000000000);
	assert_int_equal(world->status.acknowledged, 0);
	assert_int_equal(world->status.waiting, 10);
	start(world, file_sink(world)); /* the journal is not touched by the one that hangs */
	until(world->status.acknowledged == 10);
	assert_int_equal(eventfd_write(fake.hang_fd, 1), 0);
	until(fake_closes(&fake) == 1);
	stop(world, LONG_MS);
	assert_trail(world, 10);
	fake_done(&fake);
}

static void stop_leaves_a_sink_behind_that_hangs_while_it_is_closed(void **state)
{
	struct world *world = *state;
	uint64_t start_ns;
	struct fake fake;

	fake_init(&fake);
	fake.close_fd = eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE);
	append(world->journal, 10);
	start(world, &fake.sink);
	until(world->status.acknowledged == 10);
	start_ns = clock_mono_ns();
	assert_false(deliver_stop(world->deliver, 100, &world->status));
	world->deliver = NULL;
	assert_in_range(clock_mono_ns() - start_ns, 1000000000, 5000000000);
	assert_int_equal(world->status.acknowledged, 10);
	start(world, file_sink(world)); /* whom nothing was left for */
	assert_int_equal(eventfd_write(fake.close_fd, 1), 0);
	until(fake_closes(&fake) == 1);
	assert_false(pthread_equal(fake.closed_by, pthread_self()));
	assert_true(deliver_stop(world->deliver, LONG_MS, NULL));
	world->deliver = NULL;
	fake_done(&fake);
}

static void nothing_is_delivered_before_it_begins(void **state)
{
	struct world *world = *state;
	struct deliver_options options;
	struct fake fake;

	fake_init(&fake);
	append(world->journal, 10);
	options = options_for(world, &fake.sink);
	assert_int_equal(deliver_new(&world->deliver, &options, &world->err), 0);
	assert_int_equal(fake.opens, 1);
	refresh(world);
	assert_int_equal(world->status.waiting, 10);
	assert_true(deliver_stop(world->deliver, LONG_MS, NULL)); /* and so it may end */
	world->deliver = NULL;
	assert_int_equal(fake.submits, 0);
	fake_done(&fake);
	fake_init(&fake);
	options = options_for(world, &fake.sink);
	assert_int_equal(deliver_new(&world->deliver, &options, &world->err), 0);
	assert_int_equal(deliver_begin(world->deliver, &world->err), 0);
	until(world->status.acknowledged == 10);
	stop(world, LONG_MS);
	fake_done(&fake);
}

static void a_dead_sink_does_not_hold_another_one(void **state)
{
	struct world *world = *state;
	struct deliver_options options;
	struct deliver *dead;
	struct fake fake;

	fake_init(&fake);
	fake.hang_fd = eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE);
	options = options_for(world, &fake.sink);
	options.name = "dead";
	assert_int_equal(deliver_start(&dead, &options, &world->err), 0);
	start(world, file_sink(world));
	append(world->journal, 1000);
	until(world->status.acknowledged == 1000);
	stop(world, LONG_MS);
	assert_trail(world, 1000);
	assert_int_equal(eventfd_write(fake.hang_fd, 1000000), 0);
	(void)deliver_stop(dead, 0, NULL);
	fake_done(&fake);
}

static void count_call(void *data)
{
	atomic_fetch_add((_Atomic int *)data, 1);
}

static void start_on_pipe(struct world *world, const int fds[2], _Atomic int *calls)
{
	struct deliver_options options;
	struct sink *sink;

	assert_int_equal(stdout_sink_new(&sink, fds[1], &world->err), 0);
	options = options_for(world, sink);
	options.on_reader_gone = count_call;
	options.data = calls;
	assert_int_equal(deliver_start(&world->deliver, &options, &world->err), 0);
}

static void a_reader_that_has_gone_ends_delivery_quietly(void **state)
{
	struct world *world = *state;
	_Atomic int calls = 0;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	start_on_pipe(world, fds, &calls);
	close(fds[0]);
	append(world->journal, 10);
	until(atomic_load(&calls) == 1);
	append(world->journal, 10);
	stop(world, LONG_MS);
	assert_int_equal(atomic_load(&calls), 1);
	assert_false(world->status.failing);
	assert_int_equal(world->status.failures, 0);
	assert_int_equal(world->status.waiting, 20);
	close(fds[1]);
}

static void a_reader_that_comes_late_gets_every_line_once(void **state)
{
	struct world *world = *state;
	_Atomic int calls = 0;
	struct buf text;
	ssize_t n;
	int fds[2];

	buf_init(&text, 64 * 1024 * 1024);
	assert_int_equal(pipe(fds), 0);
	append(world->journal, 500);
	start_on_pipe(world, fds, &calls);
	until(world->status.failing);
	assert_int_equal(world->status.acknowledged, 0);
	assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	do {
		char *room = buf_reserve(&text, 65536);

		refresh(world); /* first: what is acknowledged now is in the pipe for the read */
		n = read(fds[0], room, 65536);
		text.length += n > 0 ? (size_t)n : 0;
	} while (world->status.acknowledged < 500 || n > 0);
	assert_lines(text.data, text.length, journal_stream(world->journal), 500);
	assert_int_equal(atomic_load(&calls), 0);
	stop(world, LONG_MS);
	buf_done(&text);
	close(fds[0]);
	close(fds[1]);
}

static void the_header_stands_first_before_any_event(void **state)
{
	struct world *world = *state;
	struct deliver_options options;
	char text[8192];
	struct sink *sink;
	ssize_t header, n;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(stdout_sink_new(&sink, fds[1], &world->err), 0);
	options = options_for(world, sink);
	options.render.format = RENDER_TABLE;
	assert_int_equal(deliver_start(&world->deliver, &options, &world->err), 0);
	header = read(fds[0], text, sizeof(text));
	assert_true(header > 1);
	assert_int_equal(text[header - 1], '\n');
	append(world->journal, 2);
	stop(world, LONG_MS);
	n = read(fds[0], text + header, sizeof(text) - (size_t)header);
	assert_true(n > 1);
	assert_null(memmem(text + header, (size_t)n, text, (size_t)header));
	assert_int_equal(world->status.acknowledged, 2);
	close(fds[0]);
	close(fds[1]);
}

/* Fills journal and trail until it is killed; tells on fd when it has begun. */
static void deliver_until_killed(struct world *world, int fd)
{
	if (open_journal(world) < 0)
		_exit(1);
	start(world, file_sink(world));
	for (;;) {
		append(world->journal, 20);
		if (fd >= 0 && write(fd, "x", 1) != 1)
			_exit(1);
		refresh(world);
		while (world->status.waiting > 2000) {
			(void)usleep(100);
			refresh(world);
		}
	}
}

static void run_and_kill(struct world *world, int round)
{
	char bytes[64];
	int fds[2], status;
	pid_t child;

	assert_int_equal(pipe(fds), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		deliver_until_killed(world, fds[1]);
	close(fds[1]);
	for (int i = 0; i <= round * 7; i++)
		assert_true(read(fds[0], bytes, sizeof(bytes)) > 0);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	close(fds[0]);
}

/* A kill may tear the journal's tail, which renews the stream; each must count from 1 in steps of
 * one, and none may come back. */
static void assert_streams(const struct world *world, uint64_t last)
{
	struct line line, before = {0};
	size_t length;
	char *text = read_trail(world->trail, &length);

	for (char *at = text, *end; at < text + length; at = end + 1) {
		end = memchr(at, '\n', (size_t)(text + length - at));
		assert_non_null(end);
		parse_line(at, (size_t)(end - at), &line);
		if (memcmp(line.stream, before.stream, sizeof(line.stream)) != 0)
			before.sequence = 0;
		assert_int_equal(line.sequence, before.sequence + 1);
		before = line;
	}
	assert_memory_equal(before.stream, journal_stream(world->journal), sizeof(before.stream));
	assert_int_equal(before.sequence, last);
	free(text);
}

static void after_kill_9_the_trail_has_each_event_once(void **state)
{
	struct world *world = *state;

	journal_close(world->journal);
	world->journal = NULL;
	for (int round = 0; round < 12; round++)
		run_and_kill(world, round);
	assert_int_equal(open_journal(world), 0);
	start(world, file_sink(world));
	append(world->journal, 10);
	stop(world, LONG_MS);
	assert_int_equal(world->status.waiting, 0);
	assert_streams(world, journal_next_sequence(world->journal) - 1);
}

static void assert_whole_lines(const char *path)
{
	size_t length;
	char *text = read_trail(path, &length);

	assert_true(length == 0 || text[length - 1] == '\n');
	free(text);
}

/* In a mount namespace of its own, with a trail on 256 KiB of which ballast takes the most. */
static void deliver_to_a_full_disk(void *data)
{
	struct world *world = data;
	char ballast[160], bytes[192 * 1024] = {0};
	int fd;

	(void)snprintf(world->trail, sizeof(world->trail), "%s/disk/trail", world->dir);
	(void)snprintf(ballast, sizeof(ballast), "%s/disk/ballast", world->dir);
	fd = open(ballast, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
	close(fd);
	assert_int_equal(open_journal(world), 0);
	start(world, file_sink(world));
	for (uint32_t sent = 0; !world->status.failing; sent += 10) {
		assert_true(sent < 10000);
		append(world->journal, 10);
		until(world->status.failing || world->status.waiting == 0);
	}
	assert_non_null(strstr(world->status.last_error.text, "free space"));
	assert_whole_lines(world->trail);
	assert_int_equal(unlink(ballast), 0);
	until(!world->status.failing && world->status.waiting == 0);
	stop(world, LONG_MS);
	assert_trail(world, journal_next_sequence(world->journal) - 1);
	journal_close(world->journal);
}

static void a_full_disk_pauses_the_trail_and_loses_nothing(void **state)
{
	struct world *world = *state;
	char disk[128];

	skip_without_root();
	journal_close(world->journal);
	world->journal = NULL;
	(void)snprintf(disk, sizeof(disk), "%s/disk", world->dir);
	assert_int_equal(mkdir(disk, 0700), 0);
	on_small_disk(disk, "size=256k", deliver_to_a_full_disk, world);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(delivers_everything_in_order),
		TEST(an_event_does_not_wait_for_others),
		TEST(batches_fill_while_the_sink_is_busy),
		TEST(a_second_run_repeats_nothing),
		TEST(without_a_cursor_the_trail_says_where_to_go_on),
		TEST(a_trail_of_another_journal_skips_nothing),
		TEST(what_a_killed_agent_wrote_in_part_is_cut_off),
		TEST(retries_until_it_works_without_loss_or_repeat),
		TEST(the_status_tells_how_late_a_sink_is_and_since_when),
		TEST(a_receiver_that_takes_nothing_now_is_told_from_a_fault),
		TEST(what_a_failing_sink_took_is_not_given_again),
		TEST(what_a_sink_that_copies_has_lost_is_rendered_anew),
		TEST(damaged_entries_are_counted_and_passed),
		TEST(a_bad_path_is_told_at_the_start),
		TEST(a_place_that_is_down_at_the_start_is_tried_until_it_works),
		TEST(what_a_person_has_to_mend_is_told_at_the_start),
		TEST(a_renderer_that_cannot_be_made_costs_nobody_a_descriptor),
		TEST(stop_keeps_its_deadline_while_the_sink_fails),
		TEST(stop_delivers_what_lies_behind_a_gap_too),
		TEST(stop_leaves_a_hanging_sink_behind),
		TEST(stop_leaves_a_sink_behind_that_hangs_while_it_is_closed),
		TEST(nothing_is_delivered_before_it_begins),
		TEST(a_dead_sink_does_not_hold_another_one),
		TEST(a_reader_that_has_gone_ends_delivery_quietly),
		TEST(a_reader_that_comes_late_gets_every_line_once),
		TEST(the_header_stands_first_before_any_event),
		TEST(after_kill_9_the_trail_has_each_event_once),
		TEST(a_full_disk_pauses_the_trail_and_loses_nothing),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
