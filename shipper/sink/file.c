/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file sink: when to write, sync and rotate, and what has arrived. The bytes are active.c's,
 * what lies beside them trail_state.c's, the rotated files the keeper's. Of the lines it knows
 * which events they hold.
 */
#include "sink/file.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/counter.h"
#include "base/text.h"
#include "sink/active.h"
#include "sink/trail_lines.h"
#include "sink/trail_list.h"
#include "sink/trail_state.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* The engine has only so much under way: what is in it must arrive before it would wait. */
#define UNSYNCED_BATCHES_MAX 128
#define UNSYNCED_LINES_MAX 65536
/* Bytes, the fewer the slower the disk: no call is to take long. */
#define UNSYNCED_LEAST (off_t)(4 * 1024 * 1024)
#define UNSYNCED_MOST (off_t)(32 * 1024 * 1024)
#define SLOW_SYNC_NS (250 * NS_PER_MS)
#define FAST_SYNC_NS (50 * NS_PER_MS)
#define HEADER_MAX (64 * 1024)
#define RETRY_NS (5 * NS_PER_S)          /* between two tries to rotate */
#define EARLY_BYTES (off_t)(1024 * 1024) /* less is not worth a file when room is scarce */
#define WAKE_NS NS_PER_S                 /* between two calls of the keeper for room */
#define GRACE_NS NS_PER_S           /* for who has moved the file, to put another in its place */
#define FOLLOWED_NS (10 * NS_PER_S) /* within which they then ask for what is done already */
#define NAME_TRIES 100              /* of numbers that somebody else has used */

struct file_sink {
	struct sink sink;
	struct file_sink_options options;
	struct trail_name name;
	struct active active;
	struct keeper *_Atomic keeper; /* NULL: there is nothing to keep */
	struct buf header;             /* what stands at the top of each file */
	int state_fd;
	struct trail_state state; /* as it is in the file */
	atomic_bool rotate_wanted;
	bool rotate_owed; /* it was wanted, and is not done yet */

	struct sink_position last; /* the last event of the trail, as far as known */
	uint64_t first;          /* sequence of the first event of the active file, 0: not known */
	uint64_t period;         /* of rotate_every in which the active file was begun */
	uint64_t taken, settled; /* messages since open */
	uint64_t sync_due_ns;    /* CLOCK_MONOTONIC; 0: there is nothing to sync */
	unsigned int unsynced;   /* batches since the last sync */
	off_t unsynced_max;      /* bytes */
	uint64_t retry_ns, wake_ns; /* CLOCK_MONOTONIC: not before */
	uint64_t missed_ns;         /* CLOCK_MONOTONIC: the file was found gone; 0: it is there */
	uint64_t followed_ns;       /* CLOCK_MONOTONIC: went on in another; 0: not lately */

	/* For whoever asks. */
	atomic_int rotate_error; /* of the last try */
	atomic_int level;        /* enum space_level */
	_Atomic uint64_t free_bytes, limit_bytes;
};

static struct file_sink *of(struct sink *sink)
{
	return (struct file_sink *)sink;
}

static bool is_durable(const struct file_sink *file)
{
	return file->options.sync != FILE_SYNC_NONE;
}

static bool is_empty(const struct file_sink *file)
{
	return file->active.length <= (off_t)file->header.length;
}

static uint64_t period_of(const struct file_sink *file, uint64_t wall_ns)
{
	uint64_t every_ns = file->options.rotate_every_ms * NS_PER_MS;

	return every_ns ? wall_ns / every_ns : 0;
}

/* ---- open ---- */

/* Without a state that says it, the names of the rotated files do. */
static int find_number(struct file_sink *file)
{
	struct trail_list list;
	int result = trail_list_read(&list, file->active.dirfd, &file->name);

	if (result == 0 && list.count &&
	    list.files[list.count - 1].rotated.number > file->state.number)
		file->state.number = list.files[list.count - 1].rotated.number;
	trail_list_done(&list);
	return result;
}

/* A number that was given once is remembered also when the directory was replaced meanwhile. */
static int open_state(struct file_sink *file, struct err *err)
{
	uint64_t number = file->state.number;
	int result = trail_state_open(file->active.dirfd, file->name.state, &file->state_fd,
				      &file->state, err);

	if (result < 0)
		return err_wrap(err, result, "%s", file->name.directory);
	if (file->state.number == 0 && file->state.last.sequence == 0)
		result = find_number(file);
	if (file->state.number < number)
		file->state.number = number;
	return result < 0 ? err_set(err, result, "%s: cannot read: %s", file->name.directory,
				    strerror(-result))
			  : 0;
}

static void close_all(struct file_sink *file)
{
	active_close(&file->active);
	if (file->state_fd >= 0)
		(void)close(file->state_fd);
	file->state_fd = -1;
}

/*
 * Where the trail ends: by the last line of the active file, or by what came before that file. Not
 * known when the file may have lines that no disk has: then its events are repeated.
 */
static void find_end(struct file_sink *file)
{
	int fd = file->active.fd;
	off_t length = file->active.length;
	struct trail_line line;

	trail_lines_first(fd, length, &line);
	file->first = line.first.sequence;
	trail_lines_last(fd, length, &line);
	file->last = line.last.sequence ? line.last : file->state.last;
	if (file->active.unproven)
		file->last = (struct sink_position){0};
	file->period = period_of(file, (uint64_t)file->active.identity.st_mtim.tv_sec * NS_PER_S);
}

static int open_all(struct file_sink *file, struct err *err)
{
	int result = active_open(&file->active, &file->sink.cut_bytes, err);

	return result == 0 ? open_state(file, err) : result;
}

static bool needs_keeper(const struct keeper_options *keep)
{
	return keep->packing != TRAIL_PLAIN || keep->files || keep->age_ms || keep->total_bytes ||
	       keep->space.low_bytes;
}

static int start_keeper(struct file_sink *file, struct err *err)
{
	struct keeper *keeper = NULL;
	int result = keeper_start(&keeper, &file->name, &file->options.keep, err);

	atomic_store(&file->keeper, keeper);
	return result;
}

static int file_open(struct sink *sink, struct sink_position *ret_resume, struct err *err)
{
	struct file_sink *file = of(sink);
	int result;

	close_all(file);
	file->taken = file->settled = file->sync_due_ns = 0;
	file->sink.poll_ms = 0;
	result = open_all(file, err);
	if (result == 0 && !file->keeper && needs_keeper(&file->options.keep))
		result = start_keeper(file, err);
	if (result < 0) {
		close_all(file);
		return result;
	}
	find_end(file);
	*ret_resume = file->last;
	return 0;
}

/* ---- sync ---- */

static int sync_now(struct file_sink *file, struct err *err)
{
	uint64_t begin_ns = clock_mono_ns(), took_ns;
	int result = active_sync(&file->active, err);

	if (result < 0)
		return result;
	took_ns = clock_mono_ns() - begin_ns;
	if (took_ns > SLOW_SYNC_NS && file->unsynced_max > UNSYNCED_LEAST)
		file->unsynced_max /= 2;
	else if (took_ns < FAST_SYNC_NS && file->unsynced_max < UNSYNCED_MOST)
		file->unsynced_max *= 2;
	file->sync_due_ns = 0;
	file->unsynced = 0;
	file->sink.poll_ms = 0;
	file->settled = file->taken;
	return 0;
}

static int sync_if_due(struct file_sink *file, struct err *err)
{
	if (file->sync_due_ns == 0)
		return 0;
	file->sink.poll_ms = clock_left_ms(file->sync_due_ns);
	return file->sink.poll_ms == 0 ? sync_now(file, err) : 0;
}

/* After a write: what has arrived by it, and when to sync. */
static int settle(struct file_sink *file, struct err *err)
{
	switch (file->options.sync) {
	case FILE_SYNC_NONE:
		file->settled = file->taken;
		file->active.synced = file->active.length; /* as far as anybody will ever know */
		return 0;
	case FILE_SYNC_BATCH:
		return sync_now(file, err);
	case FILE_SYNC_INTERVAL:
		break;
	}
	if (file->sync_due_ns == 0)
		file->sync_due_ns = clock_mono_ns() + file->options.sync_every_ms * NS_PER_MS;
	if (file->active.length - file->active.synced >= file->unsynced_max ||
	    file->taken - file->settled >= UNSYNCED_LINES_MAX ||
	    ++file->unsynced >= UNSYNCED_BATCHES_MAX)
		return sync_now(file, err);
	return sync_if_due(file, err);
}

/* ---- rotate ---- */

/* EEXIST: something has that name. Some network file systems cannot do both in one (EINVAL). */
static int rename_to_new(int dirfd, const char *from, const char *to)
{
	struct stat st;

	if (renameat2(dirfd, from, dirfd, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL)
		return -1;
	if (fstatat(dirfd, to, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return errno == ENOENT ? renameat(dirfd, from, dirfd, to) : -1;
}

/* Gives the active file the next number that nobody has used. */
static int rename_active(struct file_sink *file, struct err *err)
{
	struct trail_state *state = &file->state;
	char rotated[NAME_MAX + 1];

	state->last = file->last;
	for (int i = 0; i < NAME_TRIES; i++) {
		int result;

		if (state->number >= TRAIL_NUMBER_MAX)
			return err_set(err, -ERANGE,
				       "%s: cannot rotate: there is a file with the last number: "
				       "move it away",
				       file->options.path);
		state->number++;
		/* First: a file that is away must not leave us without a place to go on. */
		result = trail_state_write(file->state_fd, state, is_durable(file));
		if (result < 0)
			return err_set(err, result, "%s: cannot write: %s", file->name.state,
				       strerror(-result));
		trail_name_format(rotated, &file->name, state->number, clock_real_ns(),
				  file->first);
		if (rename_to_new(file->active.dirfd, file->name.active, rotated) == 0)
			return 0;
		if (errno != EEXIST)
			return err_set(err, -errno, "%s: cannot rename to %s: %m",
				       file->options.path, rotated);
	}
	return err_set(err, -EEXIST, "%s: cannot rotate: other files have the next numbers",
		       file->options.path);
}

/* A rotation that cannot be done holds nothing up: the file grows until a later try. */
static int rotate(struct file_sink *file, struct err *err)
{
	struct err ignored;
	int result = 0;

	if (is_durable(file))
		result = sync_now(file, err);
	if (result < 0)
		return result;
	active_finish(&file->active);
	result = rename_active(file, &ignored);
	atomic_store(&file->rotate_error, -result);
	if (result < 0) {
		file->retry_ns = clock_mono_ns() + RETRY_NS;
		return 0;
	}
	file->rotate_owed = false;
	result = active_create(&file->active, err);
	file->first = 0;
	if (file->keeper)
		keeper_wake(file->keeper);
	return result;
}

/* Somebody has asked just now; until it is done it is owed. */
static bool is_rotation_asked(struct file_sink *file)
{
	bool wanted = atomic_exchange(&file->rotate_wanted, false);

	/* Who moves the file asks afterwards: it must not be done twice. */
	if (wanted && file->followed_ns && clock_mono_ns() - file->followed_ns < FOLLOWED_NS) {
		file->followed_ns = 0;
		wanted = false;
	}
	file->rotate_owed = !is_empty(file) && (wanted || file->rotate_owed);
	return wanted && !is_empty(file);
}

static bool is_rotation_due(struct file_sink *file, size_t coming, enum space_level level)
{
	const struct file_sink_options *options = &file->options;

	if (is_rotation_asked(file))
		return true;
	if (is_empty(file) || clock_mono_ns() < file->retry_ns)
		return false;
	if (file->rotate_owed)
		return true;
	if (options->rotate_bytes && (uint64_t)file->active.length + coming > options->rotate_bytes)
		return true;
	if (options->rotate_every_ms && period_of(file, clock_real_ns()) != file->period)
		return true;
	return level >= SPACE_LOW && options->keep.packing != TRAIL_PLAIN &&
	       file->active.length >= EARLY_BYTES;
}

/*
 * Somebody moved the file, or deleted it, or put another one in its place. What is in a moved file
 * has arrived there; of one that was deleted, what has not been told comes again.
 */
static int follow(struct file_sink *file, struct err *err)
{
	uint64_t taken = file->taken;
	int result;

	if (file->settled < file->taken) {
		result = sync_now(file, err);
		if (result < 0)
			return result;
	}
	file->state.last = file->last;
	(void)trail_state_write(file->state_fd, &file->state, is_durable(file));
	close_all(file);
	result = open_all(file, err);
	if (result < 0)
		return result;
	find_end(file);
	file->taken = file->settled = taken;
	return 0;
}

/*
 * logrotate moves the file, makes a new one and then asks; a file of ours would be in its way. So
 * while the name is free, and the file lives under another, it is gone on with for a moment.
 */
static bool may_wait(struct file_sink *file)
{
	uint64_t now_ns = clock_mono_ns();
	struct stat st;

	if (atomic_load(&file->rotate_wanted) ||
	    fstatat(file->active.dirfd, file->name.active, &st, AT_SYMLINK_NOFOLLOW) == 0 ||
	    errno != ENOENT || fstat(file->active.fd, &st) < 0 || st.st_nlink == 0)
		return false;
	if (file->missed_ns == 0)
		file->missed_ns = now_ns;
	return now_ns - file->missed_ns < GRACE_NS;
}

static int go_after(struct file_sink *file, struct err *err)
{
	int result = follow(file, err);

	file->missed_ns = 0;
	file->followed_ns = clock_mono_ns();
	return result;
}

/* Before anything is written: the right file, and room in it. */
static int make_ready(struct file_sink *file, size_t coming, enum space_level level,
		      struct err *err)
{
	int result = 0;

	if (file->active.fd < 0)
		return err_set(err, -EBADF, "%s: is not open", file->options.path);
	if (active_is_in_place(&file->active))
		file->missed_ns = 0;
	else if (may_wait(file))
		return 0;
	else
		result = go_after(file, err);
	if (result == 0 && is_rotation_due(file, coming, level))
		result = rotate(file, err);
	return result;
}

/* ---- write ---- */

static int look_for_space(struct file_sink *file, enum space_level *ret_level, struct err *err)
{
	char left[TEXT_AMOUNT_SIZE], limit[TEXT_AMOUNT_SIZE];
	uint64_t now_ns = clock_mono_ns();
	struct space space;

	space_look(&space, file->active.dirfd, &file->options.keep.space);
	*ret_level = space.level;
	counter_set(&file->free_bytes, space.free_bytes);
	counter_set(&file->limit_bytes, space.limit_bytes);
	atomic_store(&file->level, (int)space.level);
	active_look(&file->active, space.level == SPACE_FINE ? space.free_bytes : 0);
	if (space.level >= SPACE_LOW && file->keeper && now_ns >= file->wake_ns) {
		file->wake_ns = now_ns + WAKE_NS;
		keeper_wake(file->keeper);
	}
	if (space.level < SPACE_PAUSE)
		return 0;
	return err_set(err, -ENOSPC,
		       "%s: pauses: No space left but a reserve: %s are free, space.pause is %s; "
		       "free space on that file system; events wait in the journal",
		       file->options.path, text_show_size(left, space.free_bytes),
		       text_show_size(limit, space.limit_bytes));
}

static int take_header(struct file_sink *file, const struct sink_batch *batch, struct err *err)
{
	buf_clear(&file->header);
	return buf_add(&file->header, batch->data, batch->size) < 0
		       ? err_set(err, -EMSGSIZE, "%s: the header is too long", file->options.path)
		       : 0;
}

static int write_lines(struct file_sink *file, const char *data, size_t size, struct err *err)
{
	int result = 0;

	if (file->active.length == 0) {
		file->period = period_of(file, clock_real_ns());
		if (file->header.length > 0)
			result = active_append(&file->active, file->header.data,
					       file->header.length, err);
	}
	return result == 0 ? active_append(&file->active, data, size, err) : result;
}

/* What a document of several events leaves out before its end only the document says. */
static uint64_t first_event(const struct file_sink *file, const struct sink_message *message)
{
	struct trail_line line = {0};

	if (message->events > 1)
		trail_lines_first(file->active.fd, file->active.length, &line);
	return line.first.sequence ? line.first.sequence : message->sequence - message->events + 1;
}

/* The batch has been written from batch->taken on. */
static void take(struct file_sink *file, struct sink_batch *batch)
{
	const struct sink_message *first = &batch->messages[batch->taken];
	const struct sink_message *last = &batch->messages[batch->count - 1];

	if (file->first == 0)
		file->first = first_event(file, first);
	memcpy(file->last.stream, batch->stream, sizeof(file->last.stream));
	file->last.sequence = last->sequence;
	file->taken += batch->count - batch->taken;
	batch->taken = batch->count;
	if (file->missed_ns) { /* the next open will not find it by its name */
		file->state.last = file->last;
		(void)trail_state_write(file->state_fd, &file->state, false);
	}
}

static int file_submit(struct sink *sink, struct sink_batch *batch, struct err *err)
{
	struct file_sink *file = of(sink);
	enum space_level level = SPACE_FINE;
	const char *data = batch->data;
	size_t size;
	int result;

	if (batch->count == 0)
		return take_header(file, batch, err);
	assert(batch->taken < batch->count && batch->data[batch->size - 1] == '\n');
	if (batch->taken)
		data = batch->messages[batch->taken].data;
	size = batch->size - (size_t)(data - batch->data);
	if (file->active.fd >= 0) {
		result = look_for_space(file, &level, err);
		if (result < 0)
			return result;
	}
	result = make_ready(file, size, level, err);
	if (result == 0)
		result = write_lines(file, data, size, err);
	if (result < 0)
		return result;
	take(file, batch);
	return settle(file, err);
}

static int file_poll(struct sink *sink, struct sink_progress *ret_progress, struct err *err)
{
	struct file_sink *file = of(sink);
	eventfd_t ignored;
	int result = 0;

	(void)eventfd_read(sink->fd, &ignored);
	if (file->active.fd >= 0 && atomic_load(&file->rotate_wanted))
		result = make_ready(file, 0, SPACE_FINE, err);
	if (result == 0 && file->active.fd >= 0)
		result = sync_if_due(file, err);
	if (result < 0)
		return result;
	*ret_progress = (struct sink_progress){.settled = file->settled};
	return 0;
}

/* ---- the rest ---- */

static int file_flush(struct sink *sink, unsigned int within_ms, struct err *err)
{
	struct file_sink *file = of(sink);

	(void)within_ms;
	return file->active.fd >= 0 ? sync_now(file, err) : 0;
}

static void file_close(struct sink *sink)
{
	struct file_sink *file = of(sink);

	keeper_stop(file->keeper);
	close_all(file);
	if (sink->fd >= 0)
		(void)close(sink->fd);
	buf_done(&file->header);
	free((char *)file->options.path);
	free(file);
}

/* The gravest of what is not in order. */
static void describe_warning(struct file_sink *file, const struct keeper_status *kept,
			     struct err *warning)
{
	static const char *const names[] = {
		[SPACE_WARN] = "warn", [SPACE_LOW] = "delete", [SPACE_PAUSE] = "pause"};
	int level = atomic_load(&file->level), rotate_error = atomic_load(&file->rotate_error);
	char left[TEXT_AMOUNT_SIZE], limit[TEXT_AMOUNT_SIZE];

	if (level < SPACE_LOW && rotate_error)
		(void)err_set(warning, 0, "%s: cannot be rotated: %s; it grows meanwhile",
			      file->options.path, strerror(rotate_error));
	else if (level < SPACE_LOW && kept->last_error.text[0])
		*warning = kept->last_error;
	else if (level != SPACE_FINE)
		(void)err_set(warning, 0, "%s: %s are free on its file system, space.%s is %s%s",
			      file->options.path,
			      text_show_size(left, counter_get(&file->free_bytes)), names[level],
			      text_show_size(limit, counter_get(&file->limit_bytes)),
			      level == SPACE_WARN ? "" : ": the oldest files are deleted early");
}

static void file_tell(struct sink *sink, struct sink_state *ret_state)
{
	struct file_sink *file = of(sink);
	struct keeper *keeper = atomic_load(&file->keeper);
	struct keeper_status kept = {0};

	if (keeper)
		keeper_status(keeper, &kept);
	*ret_state = (struct sink_state){
		.keeps_files = keeper != NULL,
		.free_bytes = counter_get(&file->free_bytes),
		.files = kept.files,
		.files_bytes = kept.bytes,
		.packed = kept.packed,
		.packed_bytes_before = kept.packed_bytes_before,
		.packed_bytes_after = kept.packed_bytes_after,
		.deleted = kept.deleted,
		.deleted_bytes = kept.deleted_bytes,
		.deleted_early = kept.deleted_early,
	};
	describe_warning(file, &kept, &ret_state->warning);
}

static void file_rotate(struct sink *sink)
{
	struct file_sink *file = of(sink);

	atomic_store(&file->rotate_wanted, true);
	(void)eventfd_write(sink->fd, 1);
}

void file_sink_options_init(struct file_sink_options *options, const char *path)
{
	*options = (struct file_sink_options){
		.path = path,
		.owner = ACTIVE_UNSET,
		.group = ACTIVE_UNSET,
		.mode = 0600,
	};
}

static int make(struct file_sink *file, const struct file_sink_options *options, struct err *err)
{
	file->options = *options;
	file->options.path = strdup(options->path);
	if (!file->options.path)
		return err_set(err, -ENOMEM, "out of memory");
	file->active.name = &file->name;
	file->active.path = file->options.path;
	file->active.owner = options->owner;
	file->active.group = options->group;
	file->active.mode = options->mode ? options->mode : 0600;
	file->active.durable = is_durable(file);
	file->sink.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	file->sink.events = POLLIN;
	if (file->sink.fd < 0)
		return err_set(err, -errno, "cannot make an eventfd: %m");
	return trail_name_init(&file->name, options->path, err);
}

int file_sink_new(struct sink **ret_sink, const struct file_sink_options *options, struct err *err)
{
	static const struct sink_ops ops = {
		.open = file_open,
		.submit = file_submit,
		.poll = file_poll,
		.flush = file_flush,
		.close = file_close,
		.rotate = file_rotate,
		.tell = file_tell,
	};
	struct file_sink *file = calloc(1, sizeof(*file));
	int result;

	if (!file)
		return err_set(err, -ENOMEM, "out of memory");
	file->sink.ops = &ops;
	file->sink.copies = true;
	file->unsynced_max = UNSYNCED_LEAST;
	file->sink.fd = file->state_fd = -1;
	buf_init(&file->header, HEADER_MAX);
	active_init(&file->active);
	result = make(file, options, err);
	if (result < 0) {
		file_close(&file->sink);
		return result;
	}
	*ret_sink = &file->sink;
	return 0;
}
