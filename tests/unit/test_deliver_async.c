/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The deliver thread with a sink that has much under way: one that acknowledges late and out of
 * order, refuses, takes less than it said, loses its connection, falls silent. It reads what it was
 * given only when it settles it, so that asan and tsan see whether the memory was there until then.
 */
#include "render/identity.h"
#include "test_deliver.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/eventfd.h>
#include <time.h>

#define SEQUENCES_MAX 20000u
#define UNDER_WAY_MAX 4096u
#define ARRIVED 1

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MEMORY_IS_OURS false
#else
#define MEMORY_IS_OURS true
#endif

struct letter {
	const struct sink_message *message;
	uint64_t number; /* since open */
};

/* Lives in the test; close only counts. What stands above the blank line is set before the start.
 */
struct broker {
	struct sink sink;
	uint32_t capacity; /* messages under way; more: -EAGAIN */
	uint64_t holds;    /* a sequence that never settles; 0: none */
	uint32_t refuses;  /* each so many-th sequence; 0: none */
	size_t limit;      /* longer messages are refused; 0: any */
	unsigned int dies; /* connections that break */
	bool in_order;
	bool reads_documents;

	pthread_mutex_t lock;
	int fates[SEQUENCES_MAX]; /* by number: 0: under way, ARRIVED, or a negative errno */
	uint64_t settled, taken;  /* the next to be told, the next to be taken */
	struct letter under_way[UNDER_WAY_MAX];
	uint32_t count;
	size_t bytes, most_bytes;
	uint64_t random;
	unsigned int opens, closes, polls;
	bool trouble;
	uint8_t arrivals[SEQUENCES_MAX];
	char keys[SEQUENCES_MAX]; /* how they begin */
	char host;                /* how the last name that it was given does */
	size_t longest;
	size_t shrunk;
	unsigned int documents;
	uint32_t left;          /* under way when it was closed */
	uint64_t first_refused; /* the first event of what was refused first */
};

/* The journal gives so many frames, then says that too many are not acknowledged; how often. */
static _Atomic uint32_t frames_left;
static _Atomic uint32_t times_full;

int __real_journal_reader_next(struct journal_reader *reader, struct journal_batch *ret_batch,
			       struct err *err);
int __wrap_journal_reader_next(struct journal_reader *reader, struct journal_batch *ret_batch,
			       struct err *err);
int __wrap_journal_reader_next(struct journal_reader *reader, struct journal_batch *ret_batch,
			       struct err *err)
{
	int result;

	if (atomic_load(&frames_left) == 0) {
		atomic_fetch_add(&times_full, 1);
		return err_set(err, -ENOBUFS, "told to give no more");
	}
	result = __real_journal_reader_next(reader, ret_batch, err);
	if (result > 0)
		atomic_fetch_sub(&frames_left, 1);
	return result;
}

/* Time that has passed besides. */
static _Atomic unsigned int skipped_s;

int __real_clock_gettime(clockid_t clock, struct timespec *ret_now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret_now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret_now)
{
	int result = __real_clock_gettime(clock, ret_now);

	if (clock == CLOCK_MONOTONIC)
		ret_now->tv_sec += (time_t)atomic_load(&skipped_s);
	return result;
}

static uint32_t pick(struct broker *broker)
{
	broker->random = broker->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return broker->in_order ? 0 : (uint32_t)((broker->random >> 33) % broker->count);
}

static int broker_open(struct sink *sink, struct sink_position *ret_resume, struct err *err)
{
	struct broker *broker = (struct broker *)sink;

	(void)err;
	(void)pthread_mutex_lock(&broker->lock);
	broker->opens++;
	broker->count = 0;
	broker->bytes = 0;
	broker->settled = broker->taken = 0;
	*ret_resume = (struct sink_position){0};
	(void)pthread_mutex_unlock(&broker->lock);
	return 0;
}

static void take(struct broker *broker, const struct sink_message *message)
{
	assert_true(broker->taken < SEQUENCES_MAX);
	broker->under_way[broker->count++] = (struct letter){message, broker->taken};
	broker->fates[broker->taken++] = 0;
	broker->bytes += message->size;
	if (broker->bytes > broker->most_bytes)
		broker->most_bytes = broker->bytes;
}

static int broker_submit(struct sink *sink, struct sink_batch *batch, struct err *err)
{
	struct broker *broker = (struct broker *)sink;
	int result = 0;

	(void)pthread_mutex_lock(&broker->lock);
	while (result == 0 && batch->taken < batch->count) {
		if (broker->count == broker->capacity)
			result = err_set(err, -EAGAIN, "the queue is full");
		else
			take(broker, &batch->messages[batch->taken++]);
	}
	(void)pthread_mutex_unlock(&broker->lock);
	return result;
}

/* Each event of it, by its number. */
static void read_document(struct broker *broker, const struct sink_message *message)
{
	static const char key[] = "\"sequence\":";
	const char *at = message->data, *end = message->data + message->size;
	uint64_t sequence = 0;
	uint32_t events = 0;

	while ((at = memmem(at, (size_t)(end - at), key, strlen(key)))) {
		at += strlen(key);
		if (*at < '0' || *at > '9')
			continue;
		sequence = strtoull(at, NULL, 10);
		assert_true(sequence < SEQUENCES_MAX);
		broker->arrivals[sequence]++;
		events++;
	}
	assert_int_equal(events, message->events);
	assert_int_equal(sequence, message->sequence);
	assert_int_equal(message->data[message->size], '\n');
	broker->documents++;
	broker->shrunk += memmem(message->data, message->size, "sha256", 6) != NULL;
	if (message->size > broker->longest)
		broker->longest = message->size;
}

/* Looks at every byte. */
static void read_letter(struct broker *broker, const struct sink_message *message)
{
	char wanted[40];

	(void)snprintf(wanted, sizeof(wanted), "\"sequence\":%llu,",
		       (unsigned long long)message->sequence);
	assert_non_null(memmem(message->data, message->size, wanted, strlen(wanted)));
	assert_null(memchr(message->data, '\n', message->size));
	assert_int_equal(message->data[message->size], '\n');
	assert_int_equal(message->events, 1);
	assert_non_null(message->kind);
	assert_true(message->time_ns > 0);
	assert_true(message->sequence < SEQUENCES_MAX);
	broker->arrivals[message->sequence]++;
	broker->keys[message->sequence] = message->key ? *message->key : 0;
	broker->shrunk += memmem(message->data, message->size, "sha256", 6) != NULL;
	if (message->size > broker->longest)
		broker->longest = message->size;
}

static int code_for(struct broker *broker, const struct sink_message *message)
{
	if (broker->limit && message->size > broker->limit) {
		broker->sink.max_message = broker->limit;
		return -EMSGSIZE;
	}
	if (broker->refuses && message->sequence % broker->refuses == 0) {
		if (broker->first_refused == 0)
			broker->first_refused = message->first;
		return -EBADMSG;
	}
	if (broker->reads_documents)
		read_document(broker, message);
	else
		read_letter(broker, message);
	return ARRIVED;
}

static void settle_one(struct broker *broker)
{
	uint32_t index = pick(broker);
	struct letter letter = broker->under_way[index];

	if (letter.message->sequence == broker->holds)
		return;
	broker->fates[letter.number] = code_for(broker, letter.message);
	broker->bytes -= letter.message->size;
	broker->count--;
	memmove(&broker->under_way[index], &broker->under_way[index + 1],
		(broker->count - index) * sizeof(letter));
}

/* Without a gap, and up to the first that was refused. */
static void tell_settled(struct broker *broker, struct sink_progress *ret_progress)
{
	int fate = ARRIVED;

	while (fate > 0 && broker->settled < broker->taken) {
		fate = broker->fates[broker->settled];
		broker->settled += fate != 0;
	}
	*ret_progress =
		(struct sink_progress){.settled = broker->settled, .refused = fate < 0 ? fate : 0};
}

static int broker_poll(struct sink *sink, struct sink_progress *ret_progress, struct err *err)
{
	struct broker *broker = (struct broker *)sink;
	int result = 0;

	(void)pthread_mutex_lock(&broker->lock);
	broker->polls++;
	for (int i = 0; i < 50 && broker->count > 0 && !broker->trouble; i++)
		settle_one(broker);
	if (broker->dies && broker->polls % 10 == 0) {
		broker->dies--;
		result = err_set(err, -ECONNRESET, "the connection broke");
	} else if (broker->trouble) {
		result = err_set(err, -EAGAIN, "all brokers are down");
	}
	tell_settled(broker, ret_progress);
	if (ret_progress->refused)
		(void)err_set(err, 0, "told to refuse");
	(void)pthread_mutex_unlock(&broker->lock);
	return result;
}

static int broker_flush(struct sink *sink, unsigned int within_ms, struct err *err)
{
	struct broker *broker = (struct broker *)sink;

	(void)within_ms;
	(void)err;
	(void)pthread_mutex_lock(&broker->lock);
	for (uint32_t i = 0; i < 100000 && broker->count > 0 && !broker->trouble; i++)
		settle_one(broker);
	(void)pthread_mutex_unlock(&broker->lock);
	return 0;
}

static void broker_identity(struct sink *sink, const struct render_identity *identity)
{
	struct broker *broker = (struct broker *)sink;

	(void)pthread_mutex_lock(&broker->lock);
	broker->host = *identity->host_name;
	(void)pthread_mutex_unlock(&broker->lock);
}

/* What is under way may still be read, until this returns. */
static void broker_close(struct sink *sink)
{
	struct broker *broker = (struct broker *)sink;

	for (uint32_t i = 0; i < broker->count && !broker->reads_documents; i++)
		read_letter(broker, broker->under_way[i].message);
	broker->left = broker->count;
	broker->closes++;
}

static void broker_init(struct broker *broker)
{
	static const struct sink_ops ops = {.open = broker_open,
					    .submit = broker_submit,
					    .poll = broker_poll,
					    .flush = broker_flush,
					    .close = broker_close,
					    .identity = broker_identity};

	atomic_store(&frames_left, UINT32_MAX);
	atomic_store(&times_full, 0);
	*broker = (struct broker){
		.sink = {.ops = &ops, .fd = -1, .poll_ms = 1},
		.capacity = UNDER_WAY_MAX,
		.random = 42,
	};
	(void)pthread_mutex_init(&broker->lock, NULL);
}

static void broker_done(struct broker *broker)
{
	assert_int_equal(broker->closes, 1);
	(void)pthread_mutex_destroy(&broker->lock);
}

static struct deliver_options quick(struct world *world, struct broker *broker)
{
	struct deliver_options options = options_for(world, &broker->sink);

	options.retry_first_ms = options.retry_max_ms = 1;
	options.dead_letter_path = world->trail;
	options.dead_letter_bytes = 16 * 1024 * 1024;
	return options;
}

static void start_with(struct world *world, struct broker *broker)
{
	struct deliver_options options = quick(world, broker);

	assert_int_equal(deliver_start(&world->deliver, &options, &world->err), 0);
}

static void assert_arrivals(const struct broker *broker, uint64_t first, uint64_t last,
			    uint8_t least, uint8_t most)
{
	for (uint64_t i = first; i <= last; i++)
		if (broker->arrivals[i] < least || broker->arrivals[i] > most)
			fail_msg("event %llu has arrived %u times", (unsigned long long)i,
				 broker->arrivals[i]);
}

/* What was in the journal has become something that is counted. */
static void assert_account(const struct world *world)
{
	const struct deliver_status *status = &world->status;

	assert_int_equal(status->offered, status->acknowledged + status->skipped +
						  status->filtered + status->rejected +
						  status->dead_lettered + status->waiting);
}

static unsigned int count_letters(const struct world *world)
{
	FILE *file = fopen(world->trail, "re");
	unsigned int count = 0;

	for (int c; file && (c = getc(file)) != EOF;)
		count += c == '\n';
	if (file)
		(void)fclose(file);
	return count;
}

static void what_arrives_in_any_order_is_acknowledged_in_order(void **state)
{
	static struct broker broker;
	struct world *world = *state;

	broker_init(&broker);
	append(world->journal, 5000);
	start_with(world, &broker);
	append(world->journal, 5000);
	until(world->status.acknowledged == 10000);
	stop(world, LONG_MS);
	assert_arrivals(&broker, 1, 10000, 1, 1);
	assert_int_equal(world->status.waiting, 0);
	assert_int_equal(world->status.failures, 0);
	assert_int_equal(broker.opens, 1);
	assert_account(world);
	broker_done(&broker);
}

static void what_is_under_way_stays_until_the_sink_is_closed(void **state)
{
	static struct broker broker;
	struct world *world = *state;
	uint32_t taken = 0;

	broker_init(&broker);
	broker.trouble = true;
	start_with(world, &broker);
	append(world->journal, 3000);
	until(((void)pthread_mutex_lock(&broker.lock), taken = broker.count,
	       (void)pthread_mutex_unlock(&broker.lock), taken > 100));
	stop(world, 50);
	assert_true(broker.left > 100);
	assert_int_equal(world->status.acknowledged, 0);
	broker_done(&broker);
}

static void the_cursor_does_not_pass_what_has_not_arrived(void **state)
{
	static struct broker broker, second;
	struct world *world = *state;

	broker_init(&broker);
	broker_init(&second);
	broker.holds = 101;
	append(world->journal, 300);
	start_with(world, &broker);
	until(world->status.acknowledged == 100);
	stop(world, 100);
	assert_int_equal(world->status.acknowledged, 100);
	assert_int_equal(world->status.waiting, 200);
	assert_arrivals(&broker, 1, 100, 1, 1);
	assert_account(world);
	restart_journal(world);
	start_with(world, &second);
	stop(world, LONG_MS);
	assert_int_equal(world->status.acknowledged, 200);
	assert_arrivals(&second, 1, 100, 0, 0);
	assert_arrivals(&second, 101, 300, 1, 1);
	broker_done(&broker);
	broker_done(&second);
}

static void a_broken_connection_repeats_what_was_under_way_and_loses_nothing(void **state)
{
	static struct broker broker;
	struct world *world = *state;

	broker_init(&broker);
	broker.capacity = 200;
	broker.dies = 8;
	append(world->journal, 6000);
	start_with(world, &broker);
	until(world->status.acknowledged == 6000);
	stop(world, LONG_MS);
	assert_arrivals(&broker, 1, 6000, 1, 9);
	assert_int_equal(world->status.failures, 8);
	assert_int_equal(broker.opens, 9);
	assert_account(world);
	broker_done(&broker);
}

static void what_is_refused_goes_to_the_dead_letters_and_nothing_else(void **state)
{
	static struct broker broker;
	struct world *world = *state;

	broker_init(&broker);
	broker.refuses = 17;
	append(world->journal, 3000);
	start_with(world, &broker);
	until(world->status.waiting == 0);
	stop(world, LONG_MS);
	assert_int_equal(world->status.dead_lettered, 3000 / 17);
	assert_int_equal(world->status.unkept, 0);
	assert_int_equal(count_letters(world), 3000 / 17);
	assert_int_equal(world->status.failures, 0);
	for (uint64_t i = 1; i <= 3000; i++)
		assert_int_equal(broker.arrivals[i], i % 17 != 0);
	assert_account(world);
	broker_done(&broker);
}

static void a_dead_letter_that_cannot_be_kept_is_counted(void **state)
{
	static struct broker broker;
	struct world *world = *state;

	broker_init(&broker);
	broker.refuses = 2;
	assert_int_equal(mkdir(world->trail, 0700), 0);
	append(world->journal, 10);
	start_with(world, &broker);
	until(world->status.waiting == 0);
	stop(world, LONG_MS);
	assert_int_equal(world->status.dead_lettered, 5);
	assert_int_equal(world->status.unkept, 5);
	assert_int_equal(world->status.acknowledged, 5);
	broker_done(&broker);
}

/* An end with that many bytes of environment would be nonsense; an exec has them. */
static void append_execs(struct world *world, uint32_t count, uint32_t arguments)
{
	static struct {
		struct entry entry;
		struct rec_exec record;
		char tail[16384];
		struct enriched enriched;
	} whole;
	uint32_t tail = (arguments + 7) / 8 * 8;
	struct enriched enriched = {.size = sizeof(enriched)};

	assert_true(tail <= sizeof(whole.tail));
	for (uint32_t i = 0; i < count; i++) {
		struct journal_batch batch = {.entries = &whole, .count = 1};
		struct err err;

		whole.entry = (struct entry){
			.record_size = sizeof(whole.record) + tail,
			.sequence = journal_next_sequence(world->journal),
			.created_ns = clock_real_ns(),
			.wall_offset_ns = clock_wall_offset_ns(),
		};
		whole.entry.size = (uint32_t)sizeof(whole.entry) + whole.entry.record_size +
				   (uint32_t)sizeof(enriched);
		whole.record = (struct rec_exec){
			.header = {.size = whole.entry.record_size,
				   .kind = REC_EXEC,
				   .abi = REC_ABI,
				   .time_ns = clock_boot_ns()},
			.task = {.id = {.pid = 7, .ns_pid = 7, .start_ns = 1}, .comm = "x"},
			.args = {.offset = sizeof(whole.record), .length = tail, .full = tail},
		};
		memset(whole.tail, 'a', tail);
		memcpy(whole.tail + tail, &enriched, sizeof(enriched));
		batch.size = whole.entry.size;
		batch.first_sequence = whole.entry.sequence;
		assert_int_equal(journal_append(world->journal, &batch, &err), 0);
	}
}

static void what_is_too_long_is_shrunk_before_it_is_submitted(void **state)
{
	static struct broker broker;
	struct world *world = *state;

	broker_init(&broker);
	broker.sink.max_message = 4096;
	append_execs(world, 10, 12000);
	append(world->journal, 10);
	start_with(world, &broker);
	until(world->status.acknowledged == 20);
	stop(world, LONG_MS);
	assert_in_range(broker.longest, 3900, 4096);
	assert_int_equal(broker.shrunk, 10);
	assert_int_equal(broker.opens, 1);
	assert_int_equal(world->status.dead_lettered, 0);
	broker_done(&broker);
}

static void a_limit_told_late_shrinks_what_was_refused(void **state)
{
	static struct broker broker;
	struct world *world = *state;

	broker_init(&broker);
	broker.sink.max_message = 100000;
	broker.limit = 5000;
	append(world->journal, 5);
	append_execs(world, 5, 12000);
	append(world->journal, 5);
	start_with(world, &broker);
	until(world->status.acknowledged == 15);
	stop(world, LONG_MS);
	assert_in_range(broker.longest, 4800, 5000);
	assert_int_equal(broker.opens, 2);
	assert_int_equal(world->status.dead_lettered, 0);
	assert_int_equal(world->status.failures, 0);
	assert_account(world);
	broker_done(&broker);
}

/* The limit makes the journal be read again from there. */
static void what_is_rejected_and_read_twice_is_kept_once(void **state)
{
	static struct broker broker;
	struct world *world = *state;
	struct whole_entry damaged;

	broker_init(&broker);
	broker.in_order = true;
	broker.sink.max_message = 100000;
	broker.limit = 5000;
	append(world->journal, 2);
	append_execs(world, 1, 100);
	append_execs(world, 1, 12000);
	fill_entry(&damaged, 5);
	damaged.record.header.kind = 999;
	append_entries(world->journal, &damaged, 1);
	append(world->journal, 2);
	start_with(world, &broker);
	until(world->status.waiting == 0);
	stop(world, LONG_MS);
	assert_int_equal(broker.opens, 2);
	assert_int_equal(world->status.acknowledged, 6);
	assert_int_equal(world->status.rejected, 1);
	assert_int_equal(world->status.unkept, 0);
	assert_int_equal(count_letters(world), 1);
	assert_account(world);
	broker_done(&broker);
}

static void what_cannot_be_made_so_short_is_rejected_and_kept(void **state)
{
	static struct broker broker;
	struct world *world = *state;

	broker_init(&broker);
	broker.sink.max_message = 100;
	append(world->journal, 5);
	start_with(world, &broker);
	until(world->status.rejected == 5 && world->status.waiting == 0);
	stop(world, LONG_MS);
	assert_int_equal(count_letters(world), 5);
	assert_account(world);
	broker_done(&broker);
}

static void a_full_queue_is_no_failure(void **state)
{
	static struct broker broker;
	struct world *world = *state;

	broker_init(&broker);
	broker.capacity = 3;
	append(world->journal, 2000);
	start_with(world, &broker);
	until(world->status.acknowledged == 2000);
	stop(world, LONG_MS);
	assert_arrivals(&broker, 1, 2000, 1, 1);
	assert_int_equal(world->status.failures, 0);
	broker_done(&broker);
}

static unsigned int polls_of(struct broker *broker)
{
	unsigned int polls;

	(void)pthread_mutex_lock(&broker->lock);
	polls = broker->polls;
	(void)pthread_mutex_unlock(&broker->lock);
	return polls;
}

static void set_trouble(struct broker *broker, bool trouble)
{
	(void)pthread_mutex_lock(&broker->lock);
	broker->trouble = trouble;
	(void)pthread_mutex_unlock(&broker->lock);
}

static void no_more_is_under_way_than_may_be(void **state)
{
	static struct broker broker;
	struct world *world = *state;
	struct deliver_options options;

	broker_init(&broker);
	set_trouble(&broker, true);
	options = quick(world, &broker);
	options.limits = (struct feed_limits){.batch_bytes = 10000, .in_flight_bytes = 60000};
	append(world->journal, 2000);
	assert_int_equal(deliver_start(&world->deliver, &options, &world->err), 0);
	until(polls_of(&broker) > 50);
	assert_in_range(broker.most_bytes, 20000, 60000);
	set_trouble(&broker, false);
	until(world->status.acknowledged == 2000);
	assert_in_range(broker.most_bytes, 20000, 60000);
	stop(world, LONG_MS);
	broker_done(&broker);
}

static void trouble_that_a_sink_mends_itself_is_told_and_passes(void **state)
{
	static struct broker broker;
	struct world *world = *state;

	broker_init(&broker);
	set_trouble(&broker, true);
	append(world->journal, 10);
	start_with(world, &broker);
	until(world->status.failing && world->status.blocked);
	assert_string_equal(world->status.last_error.text, "all brokers are down");
	until(polls_of(&broker) > 50);
	refresh(world);
	assert_int_equal(world->status.failures, 1);
	set_trouble(&broker, false);
	until(world->status.acknowledged == 10 && !world->status.failing);
	stop(world, LONG_MS);
	assert_int_equal(broker.opens, 1);
	broker_done(&broker);
}

static void a_peer_that_goes_is_noticed_while_nothing_is_under_way(void **state)
{
	static struct broker broker;
	struct world *world = *state;
	unsigned int polls;

	broker_init(&broker);
	broker.sink.poll_ms = 0;
	broker.sink.fd = eventfd(0, EFD_CLOEXEC);
	broker.sink.events = POLLIN;
	broker.dies = 1;
	start_with(world, &broker);
	until(polls_of(&broker) > 0);
	polls = polls_of(&broker);
	assert_int_equal(eventfd_write(broker.sink.fd, 1), 0);
	until(polls_of(&broker) >= polls + 10 && world->status.failures == 1);
	assert_string_equal(world->status.last_error.text, "the connection broke");
	stop(world, LONG_MS);
	assert_true(broker.opens >= 1);
	(void)close(broker.sink.fd);
	broker_done(&broker);
}

static void a_batch_waits_for_company_but_not_beyond_its_count_or_the_stop(void **state)
{
	static struct broker broker;
	struct world *world = *state;
	struct deliver_options options;

	broker_init(&broker);
	options = quick(world, &broker);
	options.limits.batch_events = 10;
	options.limits.linger_ms = 3600 * 1000;
	assert_int_equal(deliver_start(&world->deliver, &options, &world->err), 0);
	append(world->journal, 25);
	until(world->status.acknowledged == 20);
	stop(world, LONG_MS);
	assert_int_equal(world->status.acknowledged, 25);
	assert_arrivals(&broker, 1, 25, 1, 1);
	broker_done(&broker);
}

static void a_batch_goes_when_its_time_is_over(void **state)
{
	static struct broker broker;
	struct world *world = *state;
	struct deliver_options options;

	broker_init(&broker);
	options = quick(world, &broker);
	options.limits.linger_ms = 30;
	assert_int_equal(deliver_start(&world->deliver, &options, &world->err), 0);
	append(world->journal, 3);
	until(world->status.acknowledged == 3);
	stop(world, LONG_MS);
	broker_done(&broker);
}

static size_t bytes_in_use(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static size_t bytes_under_way(struct broker *broker)
{
	size_t bytes;

	(void)pthread_mutex_lock(&broker->lock);
	bytes = broker->bytes;
	(void)pthread_mutex_unlock(&broker->lock);
	return bytes;
}

/* One event after the other, each some seconds after the one before. */
static void trickle(struct world *world, unsigned int count)
{
	uint64_t before = world->status.acknowledged;

	for (unsigned int i = 1; i <= count; i++) {
		atomic_fetch_add(&skipped_s, 6);
		append(world->journal, 1);
		until(world->status.acknowledged == before + i);
	}
}

static void what_a_burst_needed_is_let_go_of(void **state)
{
	static struct broker broker;
	struct world *world = *state;
	size_t after_burst;

	if (!MEMORY_IS_OURS)
		skip();
	broker_init(&broker);
	broker.trouble = true;
	start_with(world, &broker);
	append(world->journal, 3000);
	until(bytes_under_way(&broker) > 600000);
	set_trouble(&broker, false);
	until(world->status.acknowledged == 3000);
	after_burst = bytes_in_use();
	trickle(world, 6);
	assert_true(bytes_in_use() + 400000 < after_burst);
	stop(world, LONG_MS);
	broker_done(&broker);
}

static void what_is_filtered_between_messages_is_counted_with_them(void **state)
{
	static struct broker broker;
	struct world *world = *state;
	struct deliver_options options;
	const struct condition_term term = {
		.field = "event.action", .operator= CONDITION_IS, .text = "exec"};

	broker_init(&broker);
	options = quick(world, &broker);
	assert_int_equal(condition_build(&options.when, &term, 1, &world->err), 0);
	append(world->journal, 20);
	append_execs(world, 3, 100);
	append(world->journal, 20);
	assert_int_equal(deliver_start(&world->deliver, &options, &world->err), 0);
	until(world->status.waiting == 0);
	stop(world, LONG_MS);
	assert_int_equal(world->status.acknowledged, 3);
	assert_int_equal(world->status.filtered, 40);
	assert_account(world);
	broker_done(&broker);
}

/* A producer that is dropped for it would lose its reports, for ever again. */
static void a_journal_that_gives_no_more_is_no_failure(void **state)
{
	static struct broker broker;
	struct world *world = *state;
	struct deliver_options options;
	const struct condition_term term = {
		.field = "event.action", .operator= CONDITION_IS, .text = "exec"};
	unsigned int polls;

	broker_init(&broker);
	set_trouble(&broker, true);
	options = quick(world, &broker);
	assert_int_equal(condition_build(&options.when, &term, 1, &world->err), 0);
	append_execs(world, 1, 100);
	append(world->journal, 70);
	append_execs(world, 1, 100);
	atomic_store(&frames_left, 5);
	assert_int_equal(deliver_start(&world->deliver, &options, &world->err), 0);
	until(atomic_load(&times_full) > 0);
	polls = polls_of(&broker);
	until(polls_of(&broker) > polls + 50);
	assert_int_equal(atomic_load(&times_full), 1);
	assert_int_equal(broker.opens, 1);
	atomic_store(&frames_left, UINT32_MAX);
	set_trouble(&broker, false);
	until(world->status.waiting == 0);
	stop(world, LONG_MS);
	assert_int_equal(broker.opens, 1);
	assert_int_equal(world->status.acknowledged, 2);
	assert_arrivals(&broker, 1, 1, 1, 1);
	assert_arrivals(&broker, 72, 72, 1, 1);
	assert_account(world);
	broker_done(&broker);
}

static void many_events_travel_in_one_document(void **state)
{
	static struct broker broker;
	struct world *world = *state;
	struct deliver_options options;
	const struct condition_term term = {
		.field = "event.sequence", .operator= CONDITION_NOT, .text = "3"};

	broker_init(&broker);
	broker.reads_documents = true;
	options = quick(world, &broker);
	options.documents = true;
	options.limits = (struct feed_limits){
		.batch_bytes = 20000, .batch_events = 7, .in_flight_bytes = 1000000};
	assert_int_equal(condition_build(&options.when, &term, 1, &world->err), 0);
	append(world->journal, 100);
	assert_int_equal(deliver_start(&world->deliver, &options, &world->err), 0);
	until(world->status.waiting == 0);
	stop(world, LONG_MS);
	assert_arrivals(&broker, 1, 2, 1, 1);
	assert_arrivals(&broker, 3, 3, 0, 0);
	assert_arrivals(&broker, 4, 100, 1, 1);
	assert_in_range(broker.documents, 15, 25);
	assert_int_equal(world->status.acknowledged, 99);
	assert_int_equal(world->status.filtered, 1);
	assert_account(world);
	broker_done(&broker);
}

static void documents_end_at_their_size_and_shrink_what_is_larger_alone(void **state)
{
	static struct broker broker;
	struct world *world = *state;
	struct deliver_options options;

	broker_init(&broker);
	broker.reads_documents = true;
	broker.sink.max_message = 6000;
	options = quick(world, &broker);
	options.documents = true;
	append(world->journal, 20);
	append_execs(world, 3, 12000);
	append(world->journal, 20);
	assert_int_equal(deliver_start(&world->deliver, &options, &world->err), 0);
	until(world->status.waiting == 0);
	stop(world, LONG_MS);
	assert_arrivals(&broker, 1, 43, 1, 1);
	assert_in_range(broker.longest, 5700, 6000);
	assert_int_equal(broker.shrunk, 3);
	assert_int_equal(world->status.rejected, 0);
	assert_account(world);
	broker_done(&broker);
}

static void another_name_of_the_host_reaches_sink_and_keys(void **state)
{
	static struct broker broker;
	struct world *world = *state;
	struct deliver_options options;
	struct render_identity identity = {.host_name = "a"};

	broker_init(&broker);
	broker.sink.key = SINK_KEY_HOST;
	options = quick(world, &broker);
	options.identity = &identity;
	assert_int_equal(deliver_start(&world->deliver, &options, &world->err), 0);
	append(world->journal, 10);
	until(world->status.acknowledged == 10);
	identity.host_name = "b";
	deliver_give_identity(world->deliver, identity_copy(&identity));
	append(world->journal, 10);
	until(world->status.acknowledged == 20);
	stop(world, LONG_MS);
	assert_int_equal(broker.host, 'b');
	for (uint64_t i = 1; i <= 20; i++)
		assert_int_equal(broker.keys[i], i <= 10 ? 'a' : 'b');
	broker_done(&broker);
}

/* Some line of the dead letters names that event. */
static void assert_letter_is_of(const struct world *world, uint64_t sequence)
{
	FILE *file = fopen(world->trail, "re");
	static char line[256 * 1024];
	char end[32];
	bool found = false;

	(void)snprintf(end, sizeof(end), ":%llu\"}", (unsigned long long)sequence);
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		const char *id = strstr(line, "\"event\":{\"id\":\"");

		found |= id && strstr(id, end);
	}
	(void)fclose(file);
	assert_true(found);
}

static void a_document_that_is_refused_is_dead_as_a_whole(void **state)
{
	static struct broker broker;
	struct world *world = *state;
	struct deliver_options options;

	broker_init(&broker);
	broker.reads_documents = true;
	broker.refuses = 10;
	options = quick(world, &broker);
	options.documents = true;
	options.limits.batch_events = 5;
	append(world->journal, 40);
	assert_int_equal(deliver_start(&world->deliver, &options, &world->err), 0);
	until(world->status.waiting == 0);
	stop(world, LONG_MS);
	assert_true(world->status.dead_lettered >= 5);
	assert_int_equal(world->status.dead_lettered + world->status.acknowledged, 40);
	assert_letter_is_of(world, broker.first_refused);
	assert_account(world);
	broker_done(&broker);
}

static long anonymous_kib(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[256];
	long kib = -1;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		(void)sscanf(line, "RssAnon: %ld kB", &kib);
	(void)fclose(file);
	assert_true(kib >= 0);
	return kib;
}

/* Of this thread: the clock on the wall says more of the machine. */
static uint64_t cpu_ns(void)
{
	struct timespec now;

	assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now), 0);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* 64 MiB of events, 2 GiB with FULL in the environment. */
static void a_backlog_costs_no_memory_and_no_second_at_the_start(void **state)
{
	static struct broker broker;
	struct world *world = *state;
	uint64_t backlog = getenv("FULL") ? UINT64_C(2) << 30 : 64 << 20, started_ns, took_ns;

	journal_close(world->journal);
	world->journal = NULL;
	assert_int_equal(open_journal_of(world, UINT64_C(4) << 30, 16 << 20), 0);
	broker_init(&broker);
	set_trouble(&broker, true);
	start_with(world, &broker);
	do {
		append_execs(world, 500, 16000);
		refresh(world);
	} while (world->status.waiting_bytes < backlog);
	until(polls_of(&broker) > 10);
	stop(world, 0);
	broker_done(&broker);
	journal_close(world->journal);
	world->journal = NULL;
	broker_init(&broker);
	set_trouble(&broker, true);
	started_ns = cpu_ns();
	assert_int_equal(open_journal_of(world, UINT64_C(4) << 30, 16 << 20), 0);
	start_with(world, &broker);
	took_ns = cpu_ns() - started_ns;
	until(polls_of(&broker) > 10 && world->status.failing);
	print_message("a backlog of %" PRIu64 " MiB: %ld KiB anonymous, opened in %" PRIu64
		      " ms of CPU\n",
		      world->status.waiting_bytes >> 20, anonymous_kib(), took_ns / NS_PER_MS);
	if (MEMORY_IS_OURS) {
		assert_true(anonymous_kib() < 64 * 1024);
		assert_true(took_ns < NS_PER_S);
	}
	stop(world, 0);
	broker_done(&broker);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_arrives_in_any_order_is_acknowledged_in_order),
		TEST(what_is_under_way_stays_until_the_sink_is_closed),
		TEST(the_cursor_does_not_pass_what_has_not_arrived),
		TEST(a_broken_connection_repeats_what_was_under_way_and_loses_nothing),
		TEST(what_is_refused_goes_to_the_dead_letters_and_nothing_else),
		TEST(a_dead_letter_that_cannot_be_kept_is_counted),
		TEST(what_is_too_long_is_shrunk_before_it_is_submitted),
		TEST(a_limit_told_late_shrinks_what_was_refused),
		TEST(what_is_rejected_and_read_twice_is_kept_once),
		TEST(what_cannot_be_made_so_short_is_rejected_and_kept),
		TEST(a_full_queue_is_no_failure),
		TEST(no_more_is_under_way_than_may_be),
		TEST(trouble_that_a_sink_mends_itself_is_told_and_passes),
		TEST(a_peer_that_goes_is_noticed_while_nothing_is_under_way),
		TEST(a_batch_waits_for_company_but_not_beyond_its_count_or_the_stop),
		TEST(a_batch_goes_when_its_time_is_over),
		TEST(what_a_burst_needed_is_let_go_of),
		TEST(what_is_filtered_between_messages_is_counted_with_them),
		TEST(a_backlog_costs_no_memory_and_no_second_at_the_start),
		TEST(a_journal_that_gives_no_more_is_no_failure),
		TEST(many_events_travel_in_one_document),
		TEST(documents_end_at_their_size_and_shrink_what_is_larger_alone),
		TEST(another_name_of_the_host_reaches_sink_and_keys),
		TEST(a_document_that_is_refused_is_dead_as_a_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
