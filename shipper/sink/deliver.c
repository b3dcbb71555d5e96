/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The deliver thread: owns reader, renderer, sink and the one batch between them. It decides when
 * to try, wait and give up; how bytes reach their place is the sink's, what they look like the
 * renderer's. A batch stays as it is until it is acknowledged, so a retry renders nothing again.
 */
#include "sink/deliver.h"

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#define NS_PER_MS 1000000ULL
#define LINE_MAX_SIZE (4u * 1024 * 1024)
#define GRACE_MS 1000u
#define BATCH_EVENTS_MAX 65536u

/* What the thread does: while it is IN_SINK, deliver_stop can turn its back on it. */
enum { WORKING, IN_SINK, ABANDONED };

/* Events of one stream without a gap in their numbers: so a position tells how many they are. */
struct pending {
	struct buf text;
	uint32_t count;    /* 0 with text: the header */
	uint32_t unwanted; /* of them: not wanted here, and so without text */
	uint64_t first, last;
	uint8_t stream[16];
};

struct deliver {
	/* Set before the thread starts. */
	char *name;
	size_t batch_bytes;
	void (*on_reader_gone)(void *data);
	void *data;
	pthread_t thread;
	int stop_fd; /* readable: stop_deadline_ns is set */
	int done_fd; /* readable: the thread is through */
	uint64_t found;

	/* The thread's. */
	struct journal_reader *reader;
	struct renderer *renderer;
	struct condition *when; /* NULL: every event */
	struct sink *sink;
	struct journal_batch frame;
	size_t frame_offset;  /* of the entry that comes next */
	uint32_t frame_index; /* its index */
	struct pending batch;
	struct sink_position settled; /* up to here everything is acknowledged to the journal */
	struct sink_position resume;  /* what the last open found */
	struct sink_position resumed; /* the one that skip_delivered has dealt with */
	struct backoff backoff;
	bool is_open, resume_due, header_due, failure_told, rejection_told, stopping, abandoned;
	uint64_t stop_after; /* events that are through when all is there that was at the stop */

	/* Shared. */
	atomic_int state;
	_Atomic uint64_t stop_deadline_ns; /* CLOCK_MONOTONIC; 0: go on */
	_Atomic uint64_t acknowledged, skipped, filtered, rejected, bytes, failures;
	_Atomic uint64_t failing_since_ns, failed_ns, acknowledged_ns, oldest_ns;
	atomic_bool failing, blocked;
	/* A story is 1 KiB, which no atomic holds. Taken when a try failed or somebody asks, for
	 * one copy, never on the way of an event. */
	pthread_mutex_t story_lock;
	struct err story;
};

static void count(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static uint64_t counted(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static void set(_Atomic uint64_t *figure, uint64_t value)
{
	atomic_store_explicit(figure, value, memory_order_relaxed);
}

static bool is_same_stream(const uint8_t a[16], const uint8_t b[16])
{
	return memcmp(a, b, 16) == 0;
}

static void enter_sink(struct deliver *deliver)
{
	atomic_store(&deliver->state, IN_SINK);
}

/* Hands result on, unless deliver_stop has given the thread up meanwhile. */
static int leave_sink(struct deliver *deliver, int result)
{
	int expected = IN_SINK;

	if (atomic_compare_exchange_strong(&deliver->state, &expected, WORKING))
		return result;
	deliver->abandoned = true;
	return -ECANCELED;
}

static int open_sink(struct deliver *deliver, struct err *err)
{
	int result;

	enter_sink(deliver);
	result = deliver->sink->ops->open(deliver->sink, &deliver->resume, err);
	result = leave_sink(deliver, result);
	if (result < 0)
		return result;
	deliver->is_open = true;
	deliver->resume_due = true;
	if (deliver->sink->cut_bytes)
		log_warning("sink %s: cut off %" PRIu64 " bytes of an unfinished last line",
			    deliver->name, deliver->sink->cut_bytes);
	return 0;
}

static int flush_sink(struct deliver *deliver, struct err *err)
{
	int result;

	enter_sink(deliver);
	result = deliver->sink->ops->flush(deliver->sink, err);
	return leave_sink(deliver, result);
}

/* That event and all before it need nobody's care any more. */
static void settle(struct deliver *deliver, const uint8_t stream[16], uint64_t sequence)
{
	memcpy(deliver->settled.stream, stream, sizeof(deliver->settled.stream));
	deliver->settled.sequence = sequence;
	journal_reader_ack(deliver->reader, stream, sequence);
}

static bool is_settled(const struct deliver *deliver, const uint8_t stream[16], uint64_t sequence)
{
	return sequence <= deliver->settled.sequence &&
	       is_same_stream(stream, deliver->settled.stream);
}

static uint64_t through(const struct deliver *deliver)
{
	return counted(&deliver->acknowledged) + counted(&deliver->skipped) +
	       counted(&deliver->filtered) + counted(&deliver->rejected);
}

/* Forgets what was read and rendered; reading begins again at the first event not settled. */
static void rewind_reader(struct deliver *deliver)
{
	buf_clear(&deliver->batch.text);
	deliver->batch.count = 0;
	deliver->batch.unwanted = 0;
	deliver->frame = (struct journal_batch){0};
	deliver->frame_index = 0;
	deliver->frame_offset = 0;
	journal_reader_rewind(deliver->reader);
}

/* The events of a frame that are not settled. */
struct run {
	uint64_t first, last; /* first > last: none */
};

static struct run unsettled_run(const struct deliver *deliver, const struct journal_batch *frame)
{
	struct run run = {frame->first_sequence, frame->first_sequence + frame->count - 1};

	if (run.first <= deliver->settled.sequence &&
	    is_same_stream(frame->stream, deliver->settled.stream))
		run.first = deliver->settled.sequence + 1;
	return run;
}

/*
 * The rule of resuming at event N of stream S, the last one that is surely there. Lines are written
 * in the order of the journal. So when the journal, from the cursor on, holds events of S up to N,
 * the last of these and everything before it, of whatever stream, is there: skipped. When it holds
 * none (S:N lies behind the cursor, or comes from elsewhere), nothing is: rather twice than never.
 * The reader hands out only so much that is not acknowledged (-ENOBUFS): the search ends there.
 */
static int skip_delivered(struct deliver *deliver, struct err *err)
{
	const struct sink_position *resume = &deliver->resume;
	struct journal_batch frame;
	uint64_t passed = 0, skipped = 0, found = 0;
	int result;

	rewind_reader(deliver);
	while ((result = journal_reader_next(deliver->reader, &frame, err)) > 0) {
		struct run run = unsettled_run(deliver, &frame);
		bool same = is_same_stream(frame.stream, resume->stream);

		if (run.first > run.last)
			continue;
		if (same && run.first > resume->sequence)
			break;
		if (same) {
			found = run.last < resume->sequence ? run.last : resume->sequence;
			skipped = passed + found - run.first + 1;
		}
		passed += run.last - run.first + 1;
		if (same && run.last >= resume->sequence)
			break;
	}
	if (result < 0 && result != -ENOBUFS)
		return result;
	if (found)
		settle(deliver, resume->stream, found);
	count(&deliver->skipped, skipped);
	rewind_reader(deliver);
	return 0;
}

/* A position that was dealt with before costs no second look through all that waits. */
static int resume_sink(struct deliver *deliver, struct err *err)
{
	const struct sink_position *resume = &deliver->resume;
	bool known = resume->sequence == deliver->resumed.sequence &&
		     is_same_stream(resume->stream, deliver->resumed.stream);
	int result = 0;

	if (resume->sequence && !known)
		result = skip_delivered(deliver, err);
	if (result < 0)
		return result;
	deliver->resumed = *resume;
	deliver->resume_due = false;
	return 0;
}

/* The size the entry at the cursor claims, 0 when that cannot be: then the next cannot be found. */
static size_t entry_size(const struct deliver *deliver)
{
	size_t left = deliver->frame.size - deliver->frame_offset;
	struct entry entry;

	if (left < sizeof(entry))
		return 0;
	memcpy(&entry, (const char *)deliver->frame.entries + deliver->frame_offset, sizeof(entry));
	if (entry.size < sizeof(entry) || entry.size > left || entry.size % ENTRY_ALIGN)
		return 0;
	return entry.size;
}

/* Steps over one entry, or over all that are left when its end is not known. Returns how many. */
static uint32_t advance(struct deliver *deliver)
{
	size_t size = entry_size(deliver);
	uint32_t steps = size ? 1 : deliver->frame.count - deliver->frame_index;

	deliver->frame_offset += size;
	deliver->frame_index += steps;
	return steps;
}

static void reject(struct deliver *deliver, uint64_t sequence, const char *why)
{
	uint32_t steps = advance(deliver);

	count(&deliver->rejected, steps);
	settle(deliver, deliver->frame.stream, sequence + steps - 1);
	if (!deliver->rejection_told)
		log_error("sink %s: event %" PRIu64 " is damaged and left out (%s); further ones "
			  "are only counted",
			  deliver->name, sequence, why);
	deliver->rejection_told = true;
}

/* 1: not wanted here. */
static int render(struct deliver *deliver, uint64_t sequence, const char **ret_why)
{
	struct event event;
	int result = entry_parse((const char *)deliver->frame.entries + deliver->frame_offset,
				 deliver->frame.size - deliver->frame_offset, deliver->frame.stream,
				 &event, ret_why);

	if (result < 0)
		return result;
	*ret_why = "its number is not that of its place";
	if (event.entry->sequence != sequence)
		return -EBADMSG;
	if (deliver->batch.count == 0)
		set(&deliver->oldest_ns,
		    event.entry->created_ns - (uint64_t)event.entry->wall_offset_ns);
	*ret_why = "too long for a line";
	if (deliver->when && !condition_matches(deliver->when, &event))
		return 1;
	return renderer_event(deliver->renderer, &event, &deliver->batch.text);
}

/* Renders the next entry of the frame. 0, 1 when the batch has to go first, or a negative errno. */
static int take_entry(struct deliver *deliver, struct err *err)
{
	struct pending *batch = &deliver->batch;
	uint64_t sequence = deliver->frame.first_sequence + deliver->frame_index;
	bool follows =
		sequence == batch->last + 1 && is_same_stream(batch->stream, deliver->frame.stream);
	const char *why = NULL;
	int result;

	if (is_settled(deliver, deliver->frame.stream, sequence)) {
		(void)advance(deliver);
		return 0;
	}
	if (batch->count && !follows)
		return 1;
	result = render(deliver, sequence, &why);
	if (result < 0 && batch->count)
		return 1;
	if (result == -EBADMSG || result == -EMSGSIZE) {
		reject(deliver, sequence, why);
		return 0;
	}
	if (result < 0)
		return err_set(err, result, "cannot render event %" PRIu64, sequence);
	if (batch->count++ == 0)
		batch->first = sequence;
	batch->unwanted += result == 1;
	batch->last = sequence;
	memcpy(batch->stream, deliver->frame.stream, sizeof(batch->stream));
	(void)advance(deliver);
	return 0;
}

/* Fills the batch until it is large or the journal has no more. 1: submit it, 0: it is empty. */
static int fill(struct deliver *deliver, struct err *err)
{
	struct pending *batch = &deliver->batch;
	int result;

	while (batch->text.length < deliver->batch_bytes && batch->count < BATCH_EVENTS_MAX) {
		if (deliver->frame_index == deliver->frame.count) {
			deliver->frame_index = 0;
			deliver->frame_offset = 0;
			deliver->frame.count = 0;
			result = journal_reader_next(deliver->reader, &deliver->frame, err);
			if (result <= 0)
				return batch->count ? 1 : result;
		} else {
			result = take_entry(deliver, err);
			if (result != 0)
				return result;
		}
	}
	return 1;
}

static int fill_header(struct deliver *deliver, struct err *err)
{
	int result = renderer_header(deliver->renderer, &deliver->batch.text);

	if (result < 0)
		return err_set(err, result, "cannot render the header");
	if (deliver->batch.text.length == 0)
		deliver->header_due = false;
	return 0;
}

/* Takes note that the batch's events up to acked have arrived. */
static void arrived(struct deliver *deliver, const struct sink_position *acked)
{
	struct pending *batch = &deliver->batch;
	uint32_t unwanted = acked->sequence == batch->last ? batch->unwanted : 0;

	if (batch->count == 0 || acked->sequence < batch->first || acked->sequence > batch->last ||
	    !is_same_stream(acked->stream, batch->stream))
		return;
	count(&deliver->acknowledged, acked->sequence - batch->first + 1 - unwanted);
	count(&deliver->filtered, unwanted);
	set(&deliver->acknowledged_ns, clock_boot_ns());
	settle(deliver, batch->stream, acked->sequence);
	deliver->resumed = deliver->settled;
	if (acked->sequence < batch->last) {
		rewind_reader(deliver);
		return;
	}
	count(&deliver->bytes, batch->text.length);
	set(&deliver->oldest_ns, 0);
	buf_clear(&batch->text);
	batch->count = 0;
	batch->unwanted = 0;
}

static int submit(struct deliver *deliver, struct err *err)
{
	struct pending *pending = &deliver->batch;
	struct sink *sink = deliver->sink;
	struct sink_batch batch = {.data = pending->text.data,
				   .size = pending->text.length,
				   .count = pending->count - pending->unwanted,
				   .last.sequence = pending->last};
	struct sink_position acked = {0};
	int result, polled;

	memcpy(batch.last.stream, pending->stream, sizeof(batch.last.stream));
	if (pending->count && pending->text.length == 0) { /* nothing of it is wanted here */
		arrived(deliver, &batch.last);
		return 1;
	}
	enter_sink(deliver);
	result = sink->ops->submit(sink, &batch, err);
	polled = result < 0 ? 0 : sink->ops->poll(sink, &acked, err);
	result = leave_sink(deliver, result < 0 ? result : polled);
	if (result < 0)
		return result;
	if (pending->count == 0) {
		deliver->header_due = false;
		buf_clear(&pending->text);
		return 1;
	}
	arrived(deliver, &acked);
	if (!is_settled(deliver, batch.last.stream, batch.last.sequence))
		return err_set(err, -EIO, "acknowledged a part of what it had taken");
	return 1;
}

/* One turn of the way. 1: go on, 0: nothing to do now, or a negative errno. */
static int step(struct deliver *deliver, struct err *err)
{
	struct pending *batch = &deliver->batch;
	int result = 0;

	if (!deliver->is_open) {
		result = open_sink(deliver, err);
		if (result < 0)
			return result;
	}
	if (deliver->resume_due) {
		result = resume_sink(deliver, err);
		if (result < 0)
			return result;
	}
	if (deliver->header_due && batch->text.length == 0) {
		result = fill_header(deliver, err);
		if (result < 0)
			return result;
	}
	if (batch->text.length == 0) {
		result = fill(deliver, err);
		if (result <= 0)
			return result;
	}
	return submit(deliver, err);
}

/*
 * -EAGAIN is told by the status alone: the terminal that nobody reads is often the one that the
 * message would have to go to.
 */
static void note_failure(struct deliver *deliver, int code, const struct err *err)
{
	uint64_t now_ns = clock_boot_ns();

	count(&deliver->failures, 1);
	set(&deliver->failed_ns, now_ns);
	if (counted(&deliver->failing_since_ns) == 0)
		set(&deliver->failing_since_ns, now_ns);
	(void)pthread_mutex_lock(&deliver->story_lock);
	deliver->story = *err;
	(void)pthread_mutex_unlock(&deliver->story_lock);
	atomic_store_explicit(&deliver->blocked, code == -EAGAIN, memory_order_relaxed);
	atomic_store_explicit(&deliver->failing, true, memory_order_relaxed);
	if (code == -EAGAIN)
		return;
	deliver->is_open = false;
	if (!deliver->failure_told)
		log_error("sink %s: %s%s", deliver->name, err->text,
			  deliver->stopping ? "" : "; trying again until it works");
	deliver->failure_told = true;
}

static void note_success(struct deliver *deliver, int result)
{
	if (result > 0) /* something arrived; that the sink could be opened proves little */
		backoff_reset(&deliver->backoff);
	set(&deliver->failing_since_ns, 0);
	atomic_store_explicit(&deliver->failing, false, memory_order_relaxed);
	if (deliver->failure_told)
		log_info("sink %s: works again", deliver->name);
	deliver->failure_told = false;
}

static unsigned int ms_until(uint64_t deadline_ns)
{
	uint64_t now_ns = clock_mono_ns();

	return deadline_ns > now_ns ? (unsigned int)((deadline_ns - now_ns) / NS_PER_MS) + 1 : 0;
}

static bool is_finished(struct deliver *deliver)
{
	uint64_t deadline_ns = atomic_load(&deliver->stop_deadline_ns);

	if (deadline_ns == 0)
		return false;
	if (!deliver->stopping) {
		deliver->stopping = true;
		deliver->stop_after = through(deliver) + journal_reader_waiting(deliver->reader);
	}
	return through(deliver) >= deliver->stop_after || ms_until(deadline_ns) == 0;
}

/* Waits for events, after a failure for the time of the next try, and in both cases for the stop.
 */
static void wait_for_work(struct deliver *deliver, int result)
{
	struct pollfd fds[] = {
		{.fd = deliver->stopping ? -1 : deliver->stop_fd, .events = POLLIN},
		{.fd = result < 0 ? -1 : journal_reader_fd(deliver->reader), .events = POLLIN},
	};
	int timeout_ms = -1;

	if (result < 0) {
		unsigned int delay_ms = backoff_next_ms(&deliver->backoff);

		if (deliver->stopping) {
			unsigned int left_ms = ms_until(atomic_load(&deliver->stop_deadline_ns));

			delay_ms = delay_ms < left_ms ? delay_ms : left_ms;
		}
		timeout_ms = (int)delay_ms;
	}
	(void)poll(fds, 2, timeout_ms);
}

static void deliver_free(struct deliver *deliver)
{
	renderer_free(deliver->renderer);
	condition_free(deliver->when);
	if (deliver->sink)
		deliver->sink->ops->close(deliver->sink);
	buf_done(&deliver->batch.text);
	if (deliver->stop_fd >= 0)
		(void)close(deliver->stop_fd);
	if (deliver->done_fd >= 0)
		(void)close(deliver->done_fd);
	(void)pthread_mutex_destroy(&deliver->story_lock);
	free(deliver->name);
	free(deliver);
}

/* Delivers until the stop. Returns when there is no more to do, or the thread was given up. */
static void deliver_events(struct deliver *deliver)
{
	while (!is_finished(deliver)) {
		struct err err = {.text = "failed"};
		int result = step(deliver, &err);

		if (deliver->abandoned)
			return;
		if (result == -EPIPE) {
			if (deliver->on_reader_gone)
				deliver->on_reader_gone(deliver->data);
			return;
		}
		if (result < 0)
			note_failure(deliver, result, &err);
		else
			note_success(deliver, result);
		if (result > 0 || result == -EAGAIN)
			continue;
		if (result == 0 && deliver->stopping)
			break;
		wait_for_work(deliver, result);
	}
}

static void *run(void *data)
{
	struct deliver *deliver = data;
	struct err err;

	deliver_events(deliver);
	if (!deliver->abandoned && deliver->is_open && flush_sink(deliver, &err) < 0 &&
	    !deliver->abandoned)
		note_failure(deliver, -EIO, &err);
	if (deliver->abandoned)
		deliver_free(deliver);
	else
		(void)eventfd_write(deliver->done_fd, 1);
	return NULL;
}

static int prepare(struct deliver *deliver, const struct deliver_options *options, struct err *err)
{
	uint64_t seed = clock_mono_ns();
	int result;

	(void)getrandom(&seed, sizeof(seed), GRND_NONBLOCK);
	backoff_init(&deliver->backoff, seed);
	buf_init(&deliver->batch.text, options->batch_bytes + LINE_MAX_SIZE);
	deliver->name = strdup(options->name);
	deliver->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	deliver->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!deliver->name || !buf_reserve(&deliver->batch.text, options->batch_bytes))
		return err_set(err, -ENOMEM, "out of memory");
	if (deliver->stop_fd < 0 || deliver->done_fd < 0)
		return err_set(err, -errno, "cannot make an eventfd: %m");
	result = renderer_new(&deliver->renderer, &options->render, options->identity, err);
	if (result < 0)
		return result;
	result = options->open_later ? 0 : open_sink(deliver, err);
	if (result < 0)
		return result;
	result = journal_reader_open(&deliver->reader, options->journal,
				     options->ephemeral ? NULL : options->name, err);
	if (result == 0)
		deliver->found = journal_reader_waiting(deliver->reader);
	return result;
}

/* Signals are main's: the thread blocks them all. */
static int start_thread(struct deliver *deliver, struct err *err)
{
	char name[16] = "deliver:";
	sigset_t all, before;
	int code;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	code = pthread_create(&deliver->thread, NULL, run, deliver);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (code) {
		errno = code;
		return err_set(err, -code, "cannot start a thread: %m");
	}
	(void)strncat(name, deliver->name, sizeof(name) - strlen(name) - 1);
	(void)pthread_setname_np(deliver->thread, name);
	return 0;
}

int deliver_start(struct deliver **ret_deliver, const struct deliver_options *options,
		  struct err *err)
{
	struct deliver *deliver = calloc(1, sizeof(*deliver));
	int result;

	if (!deliver) {
		options->sink->ops->close(options->sink);
		condition_free(options->when);
		return err_set(err, -ENOMEM, "out of memory");
	}
	*deliver = (struct deliver){
		.sink = options->sink,
		.when = options->when,
		.batch_bytes = options->batch_bytes,
		.on_reader_gone = options->on_reader_gone,
		.data = options->data,
		.header_due = true,
	};
	(void)pthread_mutex_init(&deliver->story_lock, NULL);
	result = prepare(deliver, options, err);
	if (result == 0)
		result = start_thread(deliver, err);
	if (result < 0) {
		journal_reader_close(deliver->reader);
		deliver_free(deliver);
		return err_wrap(err, result, "sink %s", options->name);
	}
	*ret_deliver = deliver;
	return 0;
}

/*
 * Turns its back on a thread that is inside the sink, which then frees what is left if it ever
 * comes back. True when that was so; deliver must not be touched any more then.
 */
static bool abandon(struct deliver *deliver)
{
	struct journal_reader *reader = deliver->reader;
	pthread_t thread = deliver->thread;
	int expected = IN_SINK;

	if (!atomic_compare_exchange_strong(&deliver->state, &expected, ABANDONED))
		return false;
	(void)pthread_detach(thread);
	journal_reader_close(reader);
	return true;
}

static bool wait_until_done(const struct deliver *deliver, uint64_t deadline_ns)
{
	struct pollfd fd = {.fd = deliver->done_fd, .events = POLLIN};
	unsigned int left_ms;

	while ((left_ms = ms_until(deadline_ns)) > 0)
		if (poll(&fd, 1, (int)left_ms) > 0)
			return true;
	return false;
}

void deliver_stop(struct deliver *deliver, unsigned int deadline_ms,
		  struct deliver_status *ret_status)
{
	uint64_t deadline_ns = clock_mono_ns() + deadline_ms * NS_PER_MS;

	if (!deliver)
		return;
	atomic_store(&deliver->stop_deadline_ns, deadline_ns);
	(void)eventfd_write(deliver->stop_fd, 1);
	for (;;) {
		bool done;

		deadline_ns += GRACE_MS * NS_PER_MS;
		done = wait_until_done(deliver, deadline_ns);
		if (done)
			(void)pthread_join(deliver->thread, NULL);
		if (ret_status)
			deliver_status(deliver, ret_status);
		if (done)
			break;
		if (abandon(deliver))
			return;
	}
	journal_reader_close(deliver->reader);
	deliver_free(deliver);
}

void deliver_status(struct deliver *deliver, struct deliver_status *ret_status)
{
	*ret_status = (struct deliver_status){
		.found = deliver->found,
		.acknowledged = counted(&deliver->acknowledged),
		.skipped = counted(&deliver->skipped),
		.filtered = counted(&deliver->filtered),
		.rejected = counted(&deliver->rejected),
		.waiting = journal_reader_waiting(deliver->reader),
		.waiting_bytes = journal_reader_waiting_bytes(deliver->reader),
		.missed = journal_reader_missed(deliver->reader),
		.bytes = counted(&deliver->bytes),
		.failures = counted(&deliver->failures),
		.failing = atomic_load_explicit(&deliver->failing, memory_order_relaxed),
		.blocked = atomic_load_explicit(&deliver->blocked, memory_order_relaxed),
		.failing_since_ns = counted(&deliver->failing_since_ns),
		.failed_ns = counted(&deliver->failed_ns),
		.acknowledged_ns = counted(&deliver->acknowledged_ns),
		.oldest_ns = counted(&deliver->oldest_ns),
	};
	(void)pthread_mutex_lock(&deliver->story_lock);
	ret_status->last_error = deliver->story;
	(void)pthread_mutex_unlock(&deliver->story_lock);
}
