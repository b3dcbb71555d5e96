/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The deliver thread: owns reader, feed and sink, and hands what the feed has made to the sink. It
 * decides when to try, wait and give up; what is in a batch is the feed's, how its bytes reach
 * their place the sink's.
 */
#include "sink/deliver.h"

#include "base/backoff.h"
#include "base/clock.h"
#include "base/confine.h"
#include "base/counter.h"
#include "base/log.h"
#include "render/identity.h"
#include "sink/dead_letter.h"
#include "sink/feed.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#define GRACE_MS 2000u      /* sinks take leave of threads and receivers of theirs within 1 s */
#define BLOCKED_NS NS_PER_S /* without room for so long it is no hiccup */
#define SILENT_NS (60 * NS_PER_S) /* without a word on what is under way */

/* What the thread does: while it is IN_SINK, deliver_stop can turn its back on it. */
enum { WORKING, IN_SINK, ABANDONED };

struct deliver {
	/* Set before the thread starts. */
	char *name;
	void (*on_reader_gone)(void *data);
	void *data;
	bool begun; /* there is a thread; of whoever starts and stops it */
	pthread_t thread;
	int stop_fd; /* readable: stop_deadline_ns is set */
	int done_fd; /* readable: the thread is through */
	uint64_t found;

	/* The thread's. */
	struct journal_reader *reader;
	struct feed *feed;
	struct sink *sink;           /* changed under the lock: NULL once it is closed */
	struct dead_letter *letters; /* NULL: none */
	struct sink_position resume; /* what the last open found */
	struct backoff backoff;
	bool is_open, resume_due, failure_told, dead_told, stopping, abandoned;
	bool no_room;         /* the sink takes nothing just now */
	bool troubled;        /* it says that nothing gets through, and goes on trying */
	uint64_t progress_ns; /* CLOCK_MONOTONIC: something settled, or was submitted after none */
	uint64_t stop_after;  /* events that are through when all is there that was at the stop */

	/* Shared. */
	atomic_int state;
	_Atomic(struct render_identity *) identity; /* mailbox: a newer one */
	_Atomic uint64_t stop_deadline_ns;          /* CLOCK_MONOTONIC; 0: go on */
	_Atomic uint64_t failures, failing_since_ns, failed_ns, unkept, cut_bytes;
	_Atomic uint64_t in_sink_since_ns;
	atomic_bool failing, blocked;
	/* Of what no atomic holds. Taken when a try failed, the sink is closed or somebody asks,
	 * never on the way of an event. */
	pthread_mutex_t lock;
	struct err story;
	struct sink_state told; /* the last that a closed sink said */
};

static void enter_sink(struct deliver *deliver)
{
	counter_set(&deliver->in_sink_since_ns, clock_boot_ns());
	atomic_store(&deliver->state, IN_SINK);
}

/* Hands result on, unless deliver_stop has given the thread up meanwhile. */
static int leave_sink(struct deliver *deliver, int result)
{
	int expected = IN_SINK;

	counter_set(&deliver->in_sink_since_ns, 0);
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
	counter_add(&deliver->cut_bytes, deliver->sink->cut_bytes);
	if (deliver->sink->cut_bytes)
		log_warning("sink %s: cut off %" PRIu64 " bytes of an unfinished last line",
			    deliver->name, deliver->sink->cut_bytes);
	return 0;
}

/* Waits for what is under way, at most within_ms. */
static int flush_sink(struct deliver *deliver, unsigned int within_ms, struct err *err)
{
	int result;

	enter_sink(deliver);
	result = deliver->sink->ops->flush(deliver->sink, within_ms, err);
	return leave_sink(deliver, result);
}

/* Called by the feed. An event that cannot be kept either does not hold up those behind it. */
static void note_dead(void *data, const struct feed_dead *dead)
{
	struct deliver *deliver = data;
	struct err err = {.text = "there is no file for it"};
	bool kept = deliver->letters && dead_letter_add(deliver->letters, dead, &err) == 0;

	if (!kept)
		counter_add(&deliver->unkept, dead->events);
	if (!deliver->dead_told)
		log_error("sink %s: event %" PRIu64 " cannot be delivered (%s); %s; "
			  "further ones are only counted",
			  deliver->name, dead->sequence, dead->why,
			  kept ? "it is with the dead letters" : err.text);
	deliver->dead_told = true;
}

/* 1: the sink has taken a batch. 0: there is none, or a negative errno. */
static int submit(struct deliver *deliver, struct err *err)
{
	struct sink_batch *batch = feed_next(deliver->feed);
	int result;

	if (!batch)
		return 0;
	if (feed_under_way(deliver->feed) == 0 && !deliver->no_room)
		deliver->progress_ns = clock_mono_ns();
	enter_sink(deliver);
	result = deliver->sink->ops->submit(deliver->sink, batch, err);
	result = leave_sink(deliver, result);
	if (result < 0)
		return result;
	if (batch->taken < batch->count)
		return err_set(err, -EPROTO, "says that it took all and did not");
	feed_submitted(deliver->feed);
	return 1;
}

static void take_identity(struct deliver *deliver)
{
	struct render_identity *identity = atomic_exchange(&deliver->identity, NULL);
	struct err err;

	if (!identity)
		return;
	if (feed_use_identity(deliver->feed, identity, &err) < 0)
		log_warning("sink %s: its events go on saying what they said of the host: %s",
			    deliver->name, err.text);
	else if (deliver->sink->ops->identity)
		deliver->sink->ops->identity(deliver->sink, identity);
	identity_free(identity);
}

/* 1: something has settled, 0: nothing new, or a negative errno. */
static int hear(struct deliver *deliver, struct err *err)
{
	struct sink_progress progress = {0};
	int heard = 0, result;

	do {
		progress.refused = 0;
		enter_sink(deliver);
		result = deliver->sink->ops->poll(deliver->sink, &progress, err);
		result = leave_sink(deliver, result);
		if (result == 0 || result == -EAGAIN) {
			int settled = feed_settle(deliver->feed, &progress, err->text, err);

			if (settled < 0)
				return settled;
			heard |= settled;
		}
	} while (result == 0 && progress.refused);
	return result < 0 ? result : heard;
}

static void tell_story(struct deliver *deliver, bool blocked, const struct err *err)
{
	uint64_t now_ns = clock_boot_ns();

	counter_set(&deliver->failed_ns, now_ns);
	if (counter_get(&deliver->failing_since_ns) == 0)
		counter_set(&deliver->failing_since_ns, now_ns);
	(void)pthread_mutex_lock(&deliver->lock);
	deliver->story = *err;
	(void)pthread_mutex_unlock(&deliver->lock);
	atomic_store_explicit(&deliver->blocked, blocked, memory_order_relaxed);
	atomic_store_explicit(&deliver->failing, true, memory_order_relaxed);
}

static void log_failure(struct deliver *deliver, const struct err *err)
{
	if (!deliver->failure_told)
		log_error("sink %s: %s%s", deliver->name, err->text,
			  deliver->stopping ? "" : "; trying again until it works");
	deliver->failure_told = true;
}

/* It has to be opened again. */
static void note_failure(struct deliver *deliver, const struct err *err)
{
	deliver->is_open = false;
	counter_add(&deliver->failures, 1);
	tell_story(deliver, false, err);
	log_failure(deliver, err);
}

/* Nothing gets through, and nothing is to be done about it here. Counted once, not at each look. */
static void note_blocked(struct deliver *deliver, const struct err *err)
{
	if (!atomic_load_explicit(&deliver->failing, memory_order_relaxed))
		counter_add(&deliver->failures, 1);
	tell_story(deliver, true, err);
}

static void note_success(struct deliver *deliver)
{
	counter_set(&deliver->failing_since_ns, 0);
	atomic_store_explicit(&deliver->failing, false, memory_order_relaxed);
	if (deliver->failure_told)
		log_info("sink %s: works again", deliver->name);
	deliver->failure_told = false;
}

static bool is_silent(const struct deliver *deliver, uint64_t limit_ns)
{
	return feed_under_way(deliver->feed) > 0 &&
	       clock_mono_ns() - deliver->progress_ns >= limit_ns;
}

/*
 * -EAGAIN of submit is told by the status alone: the terminal that nobody reads is often the one
 * that the message would have to go to.
 */
static int submit_more(struct deliver *deliver, struct err *err)
{
	int result = submit(deliver, err);

	deliver->no_room = result == -EAGAIN;
	if (!deliver->no_room)
		return result;
	if (clock_mono_ns() - deliver->progress_ns >= BLOCKED_NS)
		note_blocked(deliver, err);
	return 0;
}

static int hear_more(struct deliver *deliver, struct err *err)
{
	int result = hear(deliver, err);

	deliver->troubled = result == -EAGAIN;
	if (deliver->troubled) {
		note_blocked(deliver, err);
		log_failure(deliver, err);
		return 0;
	}
	if (result > 0) { /* something arrived; that the sink could be opened proves little */
		deliver->progress_ns = clock_mono_ns();
		backoff_reset(&deliver->backoff);
		note_success(deliver);
	} else if (result == 0 && is_silent(deliver, SILENT_NS)) {
		(void)err_set(err, -EAGAIN, "no answer for %u s to what it was given",
			      (unsigned int)(SILENT_NS / NS_PER_S));
		note_blocked(deliver, err);
		log_failure(deliver, err);
	}
	return result;
}

static int make_ready(struct deliver *deliver, struct err *err)
{
	int result = deliver->is_open ? 0 : open_sink(deliver, err);

	if (result < 0 || !deliver->resume_due)
		return result;
	result = feed_resume(deliver->feed, &deliver->resume, err);
	deliver->resume_due = result < 0;
	return result;
}

/* One turn of the way. 1: go on, 0: nothing to do now, or a negative errno. */
static int step(struct deliver *deliver, struct err *err)
{
	int result, submitted, heard;

	take_identity(deliver);
	result = make_ready(deliver, err);
	if (result < 0)
		return result;
	result = feed_fill(deliver->feed, err);
	if (result < 0)
		return result;
	submitted = submit_more(deliver, err);
	if (submitted < 0)
		return submitted;
	heard = hear_more(deliver, err);
	if (heard == -EMSGSIZE) { /* the sink takes less than it had said: all over again */
		deliver->is_open = false;
		return 1;
	}
	if (heard < 0)
		return heard;
	return submitted || heard || (result && !deliver->no_room);
}

static bool is_finished(struct deliver *deliver)
{
	uint64_t deadline_ns = atomic_load(&deliver->stop_deadline_ns);

	if (deadline_ns == 0)
		return false;
	if (!deliver->stopping) {
		deliver->stopping = true;
		feed_hurry(deliver->feed);
		deliver->stop_after =
			feed_through(deliver->feed) + journal_reader_waiting(deliver->reader);
	}
	return feed_through(deliver->feed) >= deliver->stop_after ||
	       clock_left_ms(deadline_ns) == 0;
}

static void shorten(unsigned int *delay_ms, unsigned int other_ms)
{
	if (other_ms < *delay_ms)
		*delay_ms = other_ms;
}

/* How long nothing but a descriptor can change anything. */
static unsigned int patience_ms(const struct deliver *deliver)
{
	const struct sink *sink = deliver->sink;
	unsigned int delay_ms = feed_ready_in_ms(deliver->feed);
	bool waits = deliver->no_room || deliver->troubled || feed_under_way(deliver->feed) > 0;

	if (waits && sink->poll_ms)
		shorten(&delay_ms, sink->poll_ms);
	else if (deliver->no_room && sink->fd < 0)
		delay_ms = 0;
	if (feed_under_way(deliver->feed) > 0)
		shorten(&delay_ms, clock_left_ms(deliver->progress_ns + SILENT_NS));
	return delay_ms;
}

/* Waits for events or the sink, after a failure for the time of the next try, and always for the
 * stop. */
static void wait_for_work(struct deliver *deliver, bool failed)
{
	bool reads = !failed && !deliver->no_room && feed_wants_more(deliver->feed);
	struct pollfd fds[] = {
		{.fd = deliver->stopping ? -1 : deliver->stop_fd, .events = POLLIN},
		{.fd = reads ? journal_reader_fd(deliver->reader) : -1, .events = POLLIN},
		{.fd = failed ? -1 : deliver->sink->fd, .events = deliver->sink->events},
	};
	unsigned int delay_ms = failed ? backoff_next_ms(&deliver->backoff) : patience_ms(deliver);

	if (deliver->stopping)
		shorten(&delay_ms, clock_left_ms(atomic_load(&deliver->stop_deadline_ns)));
	(void)poll(fds, 3, delay_ms > INT_MAX ? -1 : (int)delay_ms);
}

/*
 * In the thread, which main can turn its back on: a sink can hang here too. The batches go later:
 * what is still under way points into them.
 */
static void close_sink(struct deliver *deliver)
{
	struct sink *sink = deliver->sink;

	(void)pthread_mutex_lock(&deliver->lock);
	if (sink->ops->tell)
		sink->ops->tell(sink, &deliver->told);
	deliver->sink = NULL;
	(void)pthread_mutex_unlock(&deliver->lock);
	enter_sink(deliver);
	sink->ops->close(sink);
	(void)leave_sink(deliver, 0);
}

/* Without a thread, or at its end. */
static void deliver_free(struct deliver *deliver)
{
	if (deliver->sink)
		deliver->sink->ops->close(deliver->sink);
	feed_free(deliver->feed);
	dead_letter_free(deliver->letters);
	identity_free(atomic_exchange(&deliver->identity, NULL));
	if (deliver->stop_fd >= 0)
		(void)close(deliver->stop_fd);
	if (deliver->done_fd >= 0)
		(void)close(deliver->done_fd);
	(void)pthread_mutex_destroy(&deliver->lock);
	free(deliver->name);
	free(deliver);
}

/* Delivers until the stop. False: the thread was given up, or nobody will ever read again. */
static bool deliver_events(struct deliver *deliver)
{
	while (!is_finished(deliver)) {
		struct err err = {.text = "failed"};
		int result = step(deliver, &err);

		if (deliver->abandoned)
			return false;
		if (result == -EPIPE) {
			if (deliver->on_reader_gone)
				deliver->on_reader_gone(deliver->data);
			return false;
		}
		if (result < 0)
			note_failure(deliver, &err);
		else if (result == 0 && feed_is_idle(deliver->feed))
			note_success(deliver);
		if (result > 0)
			continue;
		if (result == 0 && deliver->stopping && !feed_next(deliver->feed) &&
		    feed_wants_more(deliver->feed)) /* the journal has no more */
			return true;
		wait_for_work(deliver, result < 0);
	}
	return true;
}

/*
 * All that the journal gives is submitted, or the time is over: what does not arrive any more waits
 * in the journal. True: something arrived, and the journal may give what it held back until then,
 * or a message comes once more, shrunk; for which the sink is opened again.
 */
static bool take_leave(struct deliver *deliver)
{
	unsigned int left_ms = clock_left_ms(atomic_load(&deliver->stop_deadline_ns));
	struct err err = {.text = "failed"};
	int result;

	if (!deliver->is_open)
		return false;
	result = flush_sink(deliver, left_ms, &err);
	if (deliver->abandoned)
		return false;
	if (result < 0 && result != -EAGAIN)
		note_failure(deliver, &err);
	deliver->is_open = false;
	result = hear(deliver, &err);
	return (result > 0 || result == -EMSGSIZE) && !is_finished(deliver);
}

static void *run(void *data)
{
	struct deliver *deliver = data;

	confine_thread();
	while (deliver_events(deliver) && take_leave(deliver))
		;
	close_sink(deliver);
	if (deliver->abandoned)
		deliver_free(deliver);
	else
		(void)eventfd_write(deliver->done_fd, 1);
	return NULL;
}

static int make_feed(struct deliver *deliver, const struct deliver_options *options,
		     struct err *err)
{
	const struct feed_options feed = {
		.identity = options->identity,
		.render = options->render,
		.documents = options->documents,
		.when = options->when,
		.sink = options->sink,
		.limits = options->limits,
		.on_dead = note_dead,
		.data = deliver,
	};

	return feed_new(&deliver->feed, &feed, err);
}

static int make_own(struct deliver *deliver, const struct deliver_options *options, struct err *err)
{
	uint64_t seed = clock_mono_ns();
	int result = 0;

	(void)getrandom(&seed, sizeof(seed), GRND_NONBLOCK);
	backoff_init(&deliver->backoff, seed);
	backoff_bound(&deliver->backoff, options->retry_first_ms, options->retry_max_ms);
	deliver->name = strdup(options->name);
	deliver->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	deliver->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (options->dead_letter_path)
		result = dead_letter_new(&deliver->letters, options->dead_letter_path,
					 options->name, options->dead_letter_bytes);
	if (!deliver->name || result < 0)
		return err_set(err, -ENOMEM, "out of memory");
	if (deliver->stop_fd < 0 || deliver->done_fd < 0)
		return err_set(err, -errno, "cannot make an eventfd: %m");
	return 0;
}

static bool is_hopeless(int code)
{
	return code == -EINVAL || code == -EBUSY || code == -EACCES || code == -EPERM ||
	       code == -ENOTDIR || code == -EISDIR || code == -ELOOP || code == -ENAMETOOLONG;
}

static int open_first(struct deliver *deliver, struct err *err)
{
	int result = open_sink(deliver, err);

	if (result >= 0 || is_hopeless(result))
		return result;
	note_failure(deliver, err);
	return 0;
}

/* The reader last: a name that the journal has once seen holds events back. */
static int prepare(struct deliver *deliver, const struct deliver_options *options, struct err *err)
{
	int result = make_feed(deliver, options, err);

	if (result == 0)
		result = make_own(deliver, options, err);
	if (result == 0 && !options->open_later)
		result = open_first(deliver, err);
	if (result == 0)
		result = journal_reader_open(&deliver->reader, options->journal,
					     options->ephemeral ? NULL : options->name, err);
	if (result == 0 && options->from)
		result = journal_reader_start(deliver->reader, options->from, err);
	if (result < 0)
		return result;
	feed_read_from(deliver->feed, deliver->reader);
	deliver->found = journal_reader_waiting(deliver->reader);
	return 0;
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

int deliver_new(struct deliver **ret_deliver, const struct deliver_options *options,
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
		.stop_fd = -1,
		.done_fd = -1,
		.on_reader_gone = options->on_reader_gone,
		.data = options->data,
	};
	(void)pthread_mutex_init(&deliver->lock, NULL);
	result = prepare(deliver, options, err);
	if (result < 0) {
		journal_reader_close(deliver->reader);
		deliver_free(deliver);
		return err_wrap(err, result, "sink %s", options->name);
	}
	*ret_deliver = deliver;
	return 0;
}

int deliver_begin(struct deliver *deliver, struct err *err)
{
	int result = start_thread(deliver, err);

	if (result < 0)
		return err_wrap(err, result, "sink %s", deliver->name);
	deliver->begun = true;
	return 0;
}

int deliver_start(struct deliver **ret_deliver, const struct deliver_options *options,
		  struct err *err)
{
	struct deliver *deliver;
	int result = deliver_new(&deliver, options, err);

	if (result < 0)
		return result;
	result = deliver_begin(deliver, err);
	if (result < 0) {
		(void)deliver_stop(deliver, 0, NULL);
		return result;
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

	while ((left_ms = clock_left_ms(deadline_ns)) > 0)
		if (poll(&fd, 1, (int)left_ms) > 0)
			return true;
	return false;
}

void deliver_announce_stop(struct deliver *deliver, unsigned int deadline_ms)
{
	if (!deliver || atomic_load(&deliver->stop_deadline_ns) != 0)
		return;
	atomic_store(&deliver->stop_deadline_ns, clock_mono_ns() + deadline_ms * NS_PER_MS);
	(void)eventfd_write(deliver->stop_fd, 1);
}

bool deliver_stop(struct deliver *deliver, unsigned int deadline_ms,
		  struct deliver_status *ret_status)
{
	uint64_t deadline_ns;

	if (!deliver)
		return true;
	deliver_announce_stop(deliver, deadline_ms);
	deadline_ns = atomic_load(&deliver->stop_deadline_ns);
	for (bool done = !deliver->begun; !done;) {
		deadline_ns += GRACE_MS * NS_PER_MS;
		done = wait_until_done(deliver, deadline_ns);
		if (done)
			(void)pthread_join(deliver->thread, NULL);
		if (ret_status)
			deliver_status(deliver, ret_status);
		if (!done && abandon(deliver))
			return false;
	}
	journal_reader_close(deliver->reader);
	deliver_free(deliver);
	return true;
}

void deliver_give_identity(struct deliver *deliver, struct render_identity *identity)
{
	identity_free(atomic_exchange(&deliver->identity, identity));
}

void deliver_status(struct deliver *deliver, struct deliver_status *ret_status)
{
	/* The thread clears two things when a try works: what has no beginning is over. */
	uint64_t since_ns = counter_get(&deliver->failing_since_ns);
	bool failing = atomic_load_explicit(&deliver->failing, memory_order_relaxed);
	struct feed_counters feed;

	feed_counters(deliver->feed, &feed);
	*ret_status = (struct deliver_status){
		.found = deliver->found,
		.acknowledged = feed.acknowledged,
		.skipped = feed.skipped,
		.filtered = feed.filtered,
		.rejected = feed.rejected,
		.expired = journal_reader_expired(deliver->reader),
		.unreadable = journal_reader_unreadable(deliver->reader),
		.dead_lettered = feed.dead,
		.unkept = counter_get(&deliver->unkept),
		.offered = journal_reader_offered(deliver->reader), /* after the counters */
		.waiting = journal_reader_waiting(deliver->reader),
		.waiting_bytes = journal_reader_waiting_bytes(deliver->reader),
		.missed = journal_reader_missed(deliver->reader),
		.bytes = feed.bytes,
		.cut_bytes = counter_get(&deliver->cut_bytes),
		.failures = counter_get(&deliver->failures),
		.failing = failing && since_ns > 0,
		.blocked = atomic_load_explicit(&deliver->blocked, memory_order_relaxed),
		.failing_since_ns = since_ns,
		.failed_ns = counter_get(&deliver->failed_ns),
		.in_sink_since_ns = counter_get(&deliver->in_sink_since_ns),
		.acknowledged_ns = feed.acknowledged_ns,
		.oldest_ns = feed.oldest_ns,
	};
	(void)pthread_mutex_lock(&deliver->lock);
	ret_status->last_error = deliver->story;
	ret_status->sink = deliver->told;
	if (deliver->sink && deliver->sink->ops->tell)
		deliver->sink->ops->tell(deliver->sink, &ret_status->sink);
	(void)pthread_mutex_unlock(&deliver->lock);
}

void deliver_rotate(struct deliver *deliver)
{
	if (!deliver)
		return;
	(void)pthread_mutex_lock(&deliver->lock);
	if (deliver->sink && deliver->sink->ops->rotate)
		deliver->sink->ops->rotate(deliver->sink);
	(void)pthread_mutex_unlock(&deliver->lock);
}
