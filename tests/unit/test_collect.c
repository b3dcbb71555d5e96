/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The collect thread between a ring and a journal of our own: probes, reader, journal and /proc are
 * stood in for below, so that each sweep happens when a test says so.
 */
#include "collect.h"

#include "capture/reader.h"
#include "decode/decode.h"
#include "decode/entry.h"
#include "decode/fields.h"
#include "enrich/procfs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/bpf.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CPUS 200
#define SLOTS (REC_RING_SHIPPER * REC_CLASSES * CPUS)
#define RING_SIZE (4 * 1024 * 1024)
#define JOURNAL_SIZE (16 * 1024 * 1024)
#define EVENTS_MAX 4096
#define LARGE (64 * 1024)

struct probes {
	int fds[REC_RING_SHIPPER];
	struct rec_counts counts[SLOTS];
	struct rec_progress progress[SLOTS];
	struct rec_reader reader;
};

int probes_ring_fd(const struct probes *probes, enum rec_ring ring)
{
	return probes->fds[ring];
}

uint64_t probes_ring_bytes(const struct probes *probes, enum rec_ring ring)
{
	(void)probes;
	(void)ring;
	return RING_SIZE;
}

const struct rec_counts *probes_counts(const struct probes *probes)
{
	return probes->counts;
}

struct rec_progress *probes_progress(struct probes *probes)
{
	return probes->progress;
}

uint64_t probes_number(const struct probes *probes)
{
	(void)probes;
	return 3;
}

uint32_t probes_token(const struct probes *probes)
{
	(void)probes;
	return 4711;
}

struct rec_reader *probes_reader(struct probes *probes)
{
	return &probes->reader;
}

struct journal {
	char *bytes;
	size_t used;
	uint64_t next_sequence;
	atomic_bool full;
	unsigned int appends, refusals;
	struct journal_number numbers[SLOTS + 1]; /* the last: of the shipper itself */
	uint32_t number_count;
	void (*on_look)(void); /* at each look for the next sequence */
	struct journal_gap gap;
	unsigned int told; /* appends behind which gaps were told */
};

struct reader {
	struct reader_counters counters;
};

static struct {
	struct probes probes;
	struct journal journal;
	struct reader reader;
	struct collect *collect;
	struct collect_status status;
	sem_t go, swept;
	atomic_bool stopping;
	bool started, busy;
	char *rings[REC_RING_SHIPPER];
	enum rec_ring ring; /* into which the test puts */
	uint64_t numbers[REC_RING_SHIPPER], time_ns;
	struct event events[EVENTS_MAX];
	unsigned int count;
	const char *args;
	size_t args_length;
	struct canary_watch canaries;
	bool restarted; /* another process has the number by now */
} made;

int reader_new(struct reader **ret_reader, struct ring *const rings[REC_RING_SHIPPER],
	       struct rec_reader *state, int stop_fd, struct err *err)
{
	(void)rings;
	(void)stop_fd;
	(void)err;
	assert_ptr_equal(state, &made.probes.reader);
	*ret_reader = &made.reader;
	return 0;
}

void reader_free(struct reader *reader)
{
	(void)reader;
}

const struct reader_counters *reader_counters(const struct reader *reader)
{
	return &reader->counters;
}

/* Tells the test that a sweep is over and waits for leave to make the next. */
int reader_wait(struct reader *reader, bool busy)
{
	(void)reader;
	made.busy = busy;
	if (made.stopping)
		return 1;
	(void)sem_post(&made.swept);
	while (sem_wait(&made.go) < 0)
		;
	return made.stopping;
}

uint64_t journal_next_sequence(const struct journal *journal)
{
	if (journal->on_look)
		journal->on_look();
	return journal->next_sequence;
}

/* A gap that waits to be told: with a reason. */
bool journal_take_gap(struct journal *journal, struct journal_gap *ret_gap)
{
	*ret_gap = journal->gap;
	journal->gap.reason = 0;
	return ret_gap->reason != 0;
}

void journal_gaps_told(struct journal *journal)
{
	journal->told++;
}

int journal_append(struct journal *journal, const struct journal_batch *batch, struct err *err)
{
	if (journal->full) {
		journal->refusals++;
		return err_set(err, -ENOSPC, "it is full");
	}
	if (batch->first_sequence != journal->next_sequence ||
	    journal->used + batch->size > JOURNAL_SIZE || batch->number_count > SLOTS + 1)
		abort();
	memcpy(journal->bytes + journal->used, batch->entries, batch->size);
	journal->used += batch->size;
	journal->next_sequence += batch->count;
	journal->appends++;
	memcpy(journal->numbers, batch->numbers, batch->number_count * sizeof(*batch->numbers));
	journal->number_count = batch->number_count;
	return 0;
}

const struct journal_number *journal_numbers(const struct journal *journal, uint32_t *ret_count)
{
	*ret_count = journal->number_count;
	return journal->numbers;
}

ssize_t procfs_args(const char *root, uint32_t pid, char *args, size_t size, int *ret_cut)
{
	size_t length = made.args_length < size ? made.args_length : size;

	(void)root;
	(void)pid;
	if (!made.args)
		return -ESRCH;
	memcpy(args, made.args, length);
	*ret_cut = made.args_length > size;
	return (ssize_t)length;
}

/* Processes of these tests started at their pid in nanoseconds; made.restarted: another has the
 * pid. */
int procfs_start_ticks(const char *root, uint32_t pid, uint64_t *ret_ticks)
{
	(void)root;
	*ret_ticks = pid / (1000000000 / 100) + made.restarted;
	return 0;
}

static _Atomic unsigned long *position(unsigned int page)
{
	return (void *)(made.rings[made.ring] + page * (size_t)sysconf(_SC_PAGESIZE));
}

static char *data_at(uint64_t at)
{
	return made.rings[made.ring] + 2 * (size_t)sysconf(_SC_PAGESIZE) + (at & (RING_SIZE - 1));
}

/* Never over the end: the tests that need so much are those of the ring. */
static _Atomic uint32_t *put(const void *record, uint32_t size, uint32_t bits)
{
	uint64_t at = atomic_load(position(1));
	_Atomic uint32_t *header = (void *)data_at(at);

	memcpy(data_at(at + BPF_RINGBUF_HDR_SZ), record, size);
	atomic_store(header, size | bits);
	atomic_store(position(1), at + BPF_RINGBUF_HDR_SZ + ((size + 7) & ~7U));
	return header;
}

static bool make_ring(enum rec_ring ring)
{
	size_t size = 2 * (size_t)sysconf(_SC_PAGESIZE) + RING_SIZE;
	int fd = memfd_create("ring", MFD_CLOEXEC);

	made.probes.fds[ring] = fd;
	if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
		return false;
	made.rings[ring] = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return made.rings[ring] != MAP_FAILED;
}

static int open_collect(void)
{
	const struct enrich_options enrich = {.ticks_per_s = 100};
	struct collect_options options = {
		.probes = &made.probes, .journal = &made.journal, .cpus = CPUS, .ticks_per_s = 100};
	struct err err;

	options.canaries = &made.canaries;
	options.selected[REC_EXEC] = options.selected[REC_EXIT] = true;
	if (enrich_new(&options.enrich, &enrich, &err) < 0)
		return -1;
	return collect_new(&made.collect, &options, &err);
}

static int make_collect(void **state)
{
	(void)state;
	memset(&made, 0, sizeof(made));
	if (!make_ring(REC_RING_VITAL) || !make_ring(REC_RING_BULK))
		return -1;
	made.journal.bytes = malloc(JOURNAL_SIZE);
	made.journal.next_sequence = 1;
	(void)sem_init(&made.go, 0, 0);
	(void)sem_init(&made.swept, 0, 0);
	return made.journal.bytes ? open_collect() : -1;
}

static void wait_for_sweep(void)
{
	while (sem_wait(&made.swept) < 0)
		;
}

static void sweep(void)
{
	struct err err;

	if (!made.started) {
		made.started = true;
		assert_int_equal(collect_start(made.collect, &err), 0);
		wait_for_sweep();
	}
	assert_int_equal(sem_post(&made.go), 0);
	wait_for_sweep();
}

/* Takes apart what the journal holds. */
static void read_journal(void)
{
	static const uint8_t stream[16];
	size_t at = 0;

	for (made.count = 0; at < made.journal.used; made.count++) {
		struct event *event = &made.events[made.count];
		const char *why;

		assert_true(made.count < EVENTS_MAX);
		assert_int_equal(entry_parse(made.journal.bytes + at, made.journal.used - at,
					     stream, event, &why),
				 0);
		assert_int_equal(event->entry->sequence, made.count + 1);
		at += event->entry->size;
	}
}

static void stop(void)
{
	struct err err;

	if (!made.started) {
		made.started = true;
		assert_int_equal(collect_start(made.collect, &err), 0);
	}
	made.stopping = true;
	assert_int_equal(sem_post(&made.go), 0);
	collect_stop(made.collect, &made.status);
	made.started = false;
	read_journal();
}

static int remove_collect(void **state)
{
	(void)state;
	if (made.started)
		stop();
	collect_free(made.collect);
	for (int i = 0; i < REC_RING_SHIPPER; i++) {
		(void)munmap(made.rings[i], 2 * (size_t)sysconf(_SC_PAGESIZE) + RING_SIZE);
		(void)close(made.probes.fds[i]);
	}
	free(made.journal.bytes);
	(void)sem_destroy(&made.go);
	(void)sem_destroy(&made.swept);
	return 0;
}

static struct rec_header next_header(unsigned int kind, size_t size)
{
	struct rec_counts *own = &made.probes.counts[made.ring * REC_CLASSES * CPUS];
	uint64_t *number = &made.numbers[made.ring];

	__atomic_store_n(&own->sequence, ++*number, __ATOMIC_RELEASE);
	return (struct rec_header){
		.size = (uint32_t)size,
		.kind = (uint16_t)kind,
		.abi = REC_ABI,
		.ring = (uint8_t)made.ring,
		.sequence = *number,
		.time_ns = ++made.time_ns,
	};
}

static struct rec_exit make_exit(uint32_t pid)
{
	return (struct rec_exit){
		.header = next_header(REC_EXIT, sizeof(struct rec_exit)),
		.task.id = {.pid = pid, .ns_pid = pid, .start_ns = pid},
	};
}

static _Atomic uint32_t *put_exit(uint32_t pid, uint32_t bits)
{
	const struct rec_exit record = make_exit(pid);

	return put(&record, sizeof(record), bits);
}

/* An exec whose executable and one argument fill size bytes. */
static void put_exec(uint32_t pid, size_t size)
{
	static struct {
		struct rec_exec exec;
		char tail[REC_MAX_SIZE];
	} record;
	uint32_t tail = (uint32_t)(size - sizeof(record.exec));

	memset(&record, 0, sizeof(record.exec));
	memset(record.tail, 'a', tail);
	memcpy(record.tail, "ls\0bin", 7);
	record.exec.header = next_header(REC_EXEC, size);
	record.exec.task.id = (struct rec_id){.pid = pid, .ns_pid = pid, .start_ns = pid};
	record.exec.executable = (struct rec_string){sizeof(record.exec), 7, 7};
	record.exec.args = (struct rec_string){sizeof(record.exec) + 7, tail - 7, tail - 7};
	(void)put(&record, (uint32_t)size, 0);
}

static void lose(unsigned int slot, uint64_t amount)
{
	struct rec_counts *own = &made.probes.counts[slot];

	if (slot == 0)
		made.numbers[REC_RING_VITAL] += amount;
	__atomic_add_fetch(&own->sequence, amount, __ATOMIC_RELEASE);
	__atomic_add_fetch(&own->lost[REC_LOSS_RING_FULL], amount, __ATOMIC_RELEASE);
}

static bool ring_is_released(void)
{
	return atomic_load(position(0)) == atomic_load(position(1));
}

static uint32_t event_pid(unsigned int index)
{
	assert_true(index < made.count);
	return ((const struct rec_exit *)(const void *)made.events[index].record)->task.id.pid;
}

static void records_become_events_in_order(void **state)
{
	const struct rec_exec *exec;

	(void)state;
	put_exec(10, 1024);
	(void)put_exit(10, 0);
	sweep();
	assert_true(made.busy);
	assert_true(ring_is_released());
	(void)put_exit(11, 0);
	sweep();
	sweep();
	assert_false(made.busy);
	stop();
	assert_int_equal(made.count, 3);
	exec = (const void *)made.events[0].record;
	assert_int_equal(exec->header.kind, REC_EXEC);
	assert_memory_equal(record_string(&exec->header, &exec->executable), "/bin/ls", 7);
	assert_int_equal(event_pid(1), 10);
	assert_int_equal(made.events[1].enriched->process.executable.length, 7);
	assert_int_equal(event_pid(2), 11);
	assert_int_equal(made.journal.appends, 2);
	assert_int_equal(made.status.events[REC_EXEC], 1);
	assert_int_equal(made.status.events[REC_EXIT], 2);
	assert_int_equal(made.status.numbered, 3);
}

static void a_sweep_of_many_large_records_is_journalled_in_parts(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 20; i++)
		put_exec(100 + i, REC_MAX_SIZE);
	sweep();
	stop();
	assert_int_equal(made.count, 20);
	for (uint32_t i = 0; i < 20; i++)
		assert_int_equal(event_pid(i), 100 + i);
	assert_true(made.journal.appends > 2);
}

static void a_journal_that_refuses_keeps_the_ring_and_gets_all_once(void **state)
{
	(void)state;
	(void)put_exit(1, 0);
	sweep();
	made.journal.full = true;
	(void)put_exit(2, 0);
	sweep();
	assert_false(ring_is_released());
	(void)put_exit(3, 0);
	sweep();
	sweep();
	assert_true(made.busy);
	assert_int_equal(made.journal.refusals, 3);
	assert_int_equal(atomic_load(position(0)), 8 + (sizeof(struct rec_exit) + 7) / 8 * 8);
	made.journal.full = false;
	sweep();
	assert_true(ring_is_released());
	stop();
	assert_int_equal(made.count, 3);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(event_pid(i), i + 1);
	assert_false(made.status.journal_failing);
	assert_int_equal(made.status.unjournalled, 0);
}

static void kinds_nobody_asked_for_inform_the_others_only(void **state)
{
	struct rec_fork fork = {
		.header = next_header(REC_FORK, sizeof(fork)),
		.task.id = {.pid = 20, .ns_pid = 20, .start_ns = 20},
		.creator = {.pid = 10, .ns_pid = 10, .start_ns = 10},
	};

	(void)state;
	(void)put(&fork, sizeof(fork), 0);
	sweep();
	assert_true(ring_is_released());
	(void)put_exit(20, 0);
	stop();
	assert_int_equal(made.count, 1);
	assert_int_equal(made.events[0].enriched->creator_pid, 10);
	assert_int_equal(made.status.not_selected, 1);
	assert_int_equal(made.status.events[REC_FORK], 0);
}

static void excluded_processes_inform_the_others_only(void **state)
{
	struct rec_fork fork = {
		.header = next_header(REC_FORK, sizeof(fork)),
		.task.id = {.pid = 20, .ns_pid = 20, .start_ns = 20},
		.creator = {.pid = 10, .ns_pid = 10, .start_ns = 10},
	};
	struct rec_exit excluded = make_exit(21);

	(void)state;
	(void)put(&fork, sizeof(fork), 0);
	excluded.header.flags = REC_FLAG_EXCLUDED;
	(void)put(&excluded, sizeof(excluded), 0);
	(void)put_exit(20, 0);
	stop();
	assert_int_equal(made.count, 1);
	assert_int_equal(made.events[0].enriched->creator_pid, 10);
	assert_int_equal(made.status.not_selected, 1); /* the fork */
	assert_int_equal(made.status.excluded, 1);
	assert_int_equal(made.status.events[REC_EXIT], 1);
	assert_int_equal(made.status.arrived, 3);
}

static void a_damaged_record_is_counted_and_the_others_go_on(void **state)
{
	struct rec_exit record = make_exit(1);

	(void)state;
	record.header.abi++;
	(void)put(&record, sizeof(record), 0);
	(void)put("x", 1, 0);
	(void)put("", 0, 0);
	sweep();
	assert_true(ring_is_released());
	stop();
	assert_int_equal(made.count, 0);
	assert_int_equal(made.status.rejected, 3);
}

static void a_rejected_record_has_arrived_and_is_not_lost(void **state)
{
	struct rec_exit record = make_exit(1);

	(void)state;
	record.header.kind = REC_KINDS;
	(void)put(&record, sizeof(record), 0);
	(void)put_exit(2, 0);
	sweep();
	stop();
	assert_int_equal(made.count, 1);
	assert_int_equal(event_pid(0), 2);
	assert_int_equal(made.status.rejected, 1);
	assert_int_equal(made.status.lost, 0);
	assert_int_equal(made.status.outstanding, 0);
}

static const struct rec_lost *lost_event(unsigned int index)
{
	assert_true(index < made.count);
	assert_int_equal(made.events[index].record->kind, REC_LOST);
	assert_int_equal(made.events[index].record->ring, REC_RING_SHIPPER);
	return (const void *)made.events[index].record;
}

static void a_loss_is_an_event_where_it_happened(void **state)
{
	(void)state;
	(void)put_exit(1, 0);
	lose(0, 3);
	(void)put_exit(2, 0);
	sweep();
	lose(0, 2);
	sweep();
	stop();
	assert_int_equal(made.count, 4);
	assert_int_equal(event_pid(0), 1);
	assert_int_equal(lost_event(1)->first, 2);
	assert_int_equal(lost_event(1)->last, 4);
	assert_int_equal(lost_event(1)->header.sequence, 1);
	assert_int_equal(event_pid(2), 2);
	assert_int_equal(lost_event(3)->first, 6);
	assert_int_equal(lost_event(3)->last, 7);
	assert_int_equal(lost_event(3)->total, 5);
	assert_int_equal(lost_event(3)->header.sequence, 2);
	assert_int_equal(made.status.events[REC_LOST], 2);
	assert_int_equal(made.status.lost, 5);
	assert_int_equal(made.status.numbered, 7);
}

static void what_a_sink_never_gets_is_an_event_once_the_journal_has_it(void **state)
{
	const struct rec_events_expired *expired;

	(void)state;
	made.journal.gap = (struct journal_gap){
		.sink = "siem",
		.first_sequence = 11,
		.last_sequence = 13,
		.count = 3,
		.reason = JOURNAL_GAP_AGE,
	};
	made.journal.full = true;
	sweep();
	assert_int_equal(made.journal.told, 0);
	made.journal.full = false;
	sweep();
	assert_true(made.journal.told > 0);
	stop();
	assert_int_equal(made.count, 1);
	expired = (const void *)made.events[0].record;
	assert_int_equal(expired->header.kind, REC_EVENTS_EXPIRED);
	assert_int_equal(expired->count, 3);
	assert_int_equal(expired->first, 11);
	assert_int_equal(expired->last, 13);
	assert_int_equal(expired->reason, JOURNAL_GAP_AGE - 1);
	assert_int_equal(made.status.events[REC_EVENTS_EXPIRED], 1);
}

static void losses_that_find_no_room_in_the_batch_are_told_later(void **state)
{
	uint64_t lost = 0;

	(void)state;
	for (uint32_t i = 0; i < 7; i++) /* the batch is not full yet */
		put_exec(1, 64 * 1024);
	for (unsigned int i = 1; i < SLOTS; i++)
		lose(i, 1);
	sweep();
	assert_true(made.journal.next_sequence > 7);
	assert_true(made.journal.next_sequence < 7 + SLOTS);
	sweep();
	stop();
	assert_int_equal(made.count, 7 + SLOTS - 1);
	for (unsigned int i = 7; i < made.count; i++)
		lost += lost_event(i)->count;
	assert_int_equal(lost, SLOTS - 1);
	assert_int_equal(made.status.lost, SLOTS - 1);
}

static void a_batch_carries_the_last_number_of_each_slot(void **state)
{
	(void)state;
	(void)put_exit(1, 0);
	(void)put_exit(1, 0);
	lose(7, 4);
	sweep();
	stop();
	assert_int_equal(made.journal.number_count, 3);
	assert_int_equal(made.journal.numbers[0].sequence, 2);
	assert_int_equal(made.journal.numbers[0].cpu, 0);
	assert_int_equal(made.journal.numbers[1].sequence, 4);
	assert_int_equal(made.journal.numbers[1].cpu, 7);
	assert_int_equal(made.journal.numbers[2].ring, REC_RING_SHIPPER);
	assert_int_equal(made.journal.numbers[2].sequence, 1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(made.journal.numbers[i].probes, probes_token(&made.probes));
}

static void what_is_in_the_ring_at_the_stop_is_journalled(void **state)
{
	(void)state;
	sweep();
	(void)put_exit(1, 0);
	(void)put_exit(2, 0);
	lose(0, 1);
	stop();
	assert_int_equal(made.count, 3);
	assert_int_equal(lost_event(2)->first, 3);
	assert_true(ring_is_released());
}

static _Atomic uint32_t *unfinished;

static void finish_record(void)
{
	if (made.stopping && unfinished)
		atomic_fetch_and(unfinished, ~BPF_RINGBUF_BUSY_BIT);
}

static void a_record_that_is_being_written_at_the_stop_is_waited_for(void **state)
{
	(void)state;
	sweep();
	unfinished = put_exit(1, BPF_RINGBUF_BUSY_BIT);
	(void)put_exit(2, 0);
	made.journal.on_look = finish_record;
	stop();
	assert_int_equal(made.count, 2);
	assert_int_equal(event_pid(0), 1);
	assert_int_equal(event_pid(1), 2);
}

static void a_record_that_is_never_finished_does_not_hinder_the_stop(void **state)
{
	(void)state;
	(void)put_exit(1, 0);
	(void)put_exit(2, BPF_RINGBUF_BUSY_BIT);
	(void)put_exit(3, 0);
	stop();
	assert_int_equal(made.count, 1);
	assert_int_equal(event_pid(0), 1);
	assert_int_equal(made.status.outstanding, 2);
}

static struct rec_exit late;

static void put_late_record(void)
{
	if (!made.stopping || late.header.size == 0)
		return;
	(void)put(&late, sizeof(late), 0);
	late.header.size = 0;
}

static void a_number_that_was_taken_at_the_stop_is_waited_for(void **state)
{
	(void)state;
	(void)put_exit(1, 0);
	sweep();
	late = make_exit(2);
	made.journal.on_look = put_late_record;
	stop();
	assert_int_equal(made.count, 2);
	assert_int_equal(event_pid(1), 2);
	assert_int_equal(made.status.outstanding, 0);
}

static void all_that_could_not_be_journalled_at_the_stop_is_counted(void **state)
{
	(void)state;
	sweep();
	made.journal.full = true;
	for (uint32_t i = 0; i < 20; i++)
		put_exec(1, REC_MAX_SIZE);
	stop();
	assert_int_equal(made.count, 0);
	assert_int_equal(made.status.unjournalled, 20);
	assert_true(made.status.journal_failing);
}

/* Bulk and vital: which kind of record it is makes no difference here. */
static void put_into(enum rec_ring ring, uint32_t pid)
{
	made.ring = ring;
	(void)put_exit(pid, 0);
	made.ring = REC_RING_VITAL;
}

static void both_rings_are_read_in_the_order_of_time(void **state)
{
	(void)state;
	put_into(REC_RING_BULK, 1);
	put_into(REC_RING_VITAL, 2);
	put_into(REC_RING_BULK, 3);
	put_into(REC_RING_BULK, 4);
	put_into(REC_RING_VITAL, 5);
	sweep();
	assert_true(ring_is_released());
	made.ring = REC_RING_BULK;
	assert_true(ring_is_released());
	made.ring = REC_RING_VITAL;
	stop();
	assert_int_equal(made.count, 5);
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(event_pid(i), i + 1);
	assert_int_equal(made.journal.number_count, 2);
	assert_int_equal(made.journal.numbers[0].ring, REC_RING_VITAL);
	assert_int_equal(made.journal.numbers[0].sequence, 2);
	assert_int_equal(made.journal.numbers[1].ring, REC_RING_BULK);
	assert_int_equal(made.journal.numbers[1].sequence, 3);
	assert_int_equal(made.status.numbered, 5);
	assert_int_equal(made.status.overtakes, 0);
}

static void neither_ring_is_released_before_the_journal_has_the_batch(void **state)
{
	(void)state;
	made.journal.full = true;
	put_into(REC_RING_BULK, 1);
	put_into(REC_RING_VITAL, 2);
	sweep();
	assert_false(ring_is_released());
	made.ring = REC_RING_BULK;
	assert_false(ring_is_released());
	made.journal.full = false;
	sweep();
	assert_true(ring_is_released());
	made.ring = REC_RING_VITAL;
	assert_true(ring_is_released());
	stop();
	assert_int_equal(made.count, 2);
}

/* Megabytes of bulk wait, all older, when the journal takes events again. */
static void vital_that_fills_is_journalled_before_the_bulk_that_waits(void **state)
{
	unsigned int first_vital = 0;

	(void)state;
	made.journal.full = true;
	made.ring = REC_RING_BULK;
	for (uint32_t i = 0; i < 50; i++)
		put_exec(1, 64 * 1024);
	sweep(); /* a batch of it is read */
	made.ring = REC_RING_VITAL;
	for (uint32_t i = 0; i < 40; i++)
		put_exec(2, 64 * 1024);
	made.journal.full = false;
	sweep();
	assert_true(ring_is_released());
	stop();
	assert_int_equal(made.count, 90);
	while (event_pid(first_vital) == 1)
		first_vital++;
	assert_in_range(first_vital, 1, 16);  /* a batch of 1 MiB */
	for (unsigned int i = 0; i < 20; i++) /* until less than a quarter of its ring is used */
		assert_int_equal(event_pid(first_vital + i), 2);
	assert_true(made.status.overtakes > 0);
	assert_int_equal(made.status.lost, 0);
}

static void a_loss_is_told_by_ring_and_kind(void **state)
{
	struct rec_counts *bulk = &made.probes.counts[REC_RING_BULK * REC_CLASSES * CPUS + 3];

	(void)state;
	lose(0, 2);
	made.probes.counts[0].lost_kind[REC_EXEC] = 2;
	lose((unsigned int)(bulk - made.probes.counts), 5);
	bulk->lost_kind[REC_OPEN_READ] = 4;
	bulk->lost_kind[REC_THREAD_EXIT] = 1;
	bulk->map_failures = 7;
	sweep();
	stop();
	assert_int_equal(made.count, 2);
	assert_int_equal(lost_event(0)->ring, REC_RING_VITAL);
	assert_int_equal(lost_event(1)->ring, REC_RING_BULK);
	assert_int_equal(lost_event(1)->cpu, 3);
	assert_int_equal(lost_event(1)->count, 5);
	assert_int_equal(made.status.lost_ring[REC_RING_VITAL], 2);
	assert_int_equal(made.status.lost_ring[REC_RING_BULK], 5);
	assert_int_equal(made.status.lost_kind[REC_EXEC], 2);
	assert_int_equal(made.status.lost_kind[REC_OPEN_READ], 4);
	assert_int_equal(made.status.lost_kind[REC_THREAD_EXIT], 1);
	assert_int_equal(made.status.map_failures, 7);
}

static void what_is_in_both_rings_at_the_stop_is_counted_when_the_journal_is_full(void **state)
{
	(void)state;
	sweep();
	made.journal.full = true;
	put_into(REC_RING_BULK, 1);
	put_into(REC_RING_BULK, 2);
	put_into(REC_RING_VITAL, 3);
	stop();
	assert_int_equal(made.status.unjournalled, 3);
}

static void note(uint16_t kind, bool last)
{
	struct rec_agent_stop record = {
		.header = {.size = sizeof(record), .kind = kind, .abi = REC_ABI}};

	if (last)
		assert_true(collect_last_note(made.collect, &record.header));
	else
		assert_true(collect_note(made.collect, &record.header));
}

static uint16_t kind_of(unsigned int index)
{
	assert_true(index < made.count);
	return made.events[index].record->kind;
}

static void notes_before_the_first_sweep_come_first_and_the_last_note_last(void **state)
{
	(void)state;
	(void)put_exit(1, 0);
	note(REC_AGENT_STOP, false);
	sweep();
	note(REC_AGENT_STOP, true);
	(void)put_exit(2, 0);
	stop();
	assert_int_equal(made.count, 4);
	assert_int_equal(kind_of(0), REC_AGENT_STOP);
	assert_int_equal(event_pid(1), 1);
	assert_int_equal(event_pid(2), 2);
	assert_int_equal(kind_of(3), REC_AGENT_STOP);
	assert_int_equal(made.status.events[REC_AGENT_STOP], 2);
	assert_int_equal(made.status.arrived, 2);
}

static void records_of_canaries_are_counted_but_no_events(void **state)
{
	const struct collect_status *status = &made.status;

	(void)state;
	made.canaries = (struct canary_watch){
		.helper = {.pid = 7, .tick_ns = 1000, .start_ticks = 0}, .seen_fd = -1};
	canary_watch_begin(&made.canaries, 1);
	(void)put_exit(7, 0);
	(void)put_exit(8, 0);
	(void)put_exit(7, 0);
	stop();
	assert_int_equal(made.count, 1);
	assert_int_equal(event_pid(0), 8);
	assert_int_equal(status->canaries, 2);
	assert_int_equal(status->arrived, 3);
	assert_int_equal(status->arrived, status->events[REC_EXIT] + status->canaries);
	assert_int_equal(status->seen, status->arrived + status->lost);
}

static void snapshot_of(uint32_t pid, const char *args, size_t length)
{
	struct {
		struct rec_snapshot snapshot;
		char path[8];
	} record = {
		.snapshot.header = {.size = sizeof(record),
				    .kind = REC_SNAPSHOT,
				    .abi = REC_ABI,
				    .class = REC_CLASS_ITERATOR},
		.snapshot.task.id = {.pid = pid, .ns_pid = pid, .start_ns = pid},
		.snapshot.executable = {sizeof(struct rec_snapshot), 8, 8},
		.path = "foo\0bin",
	};

	made.args = args;
	made.args_length = length;
	collect_snapshot(made.collect, &record, sizeof(record));
}

static void a_process_that_ran_before_has_executable_and_arguments(void **state)
{
	const struct enriched_process *process;

	(void)state;
	snapshot_of(10, "foo\0-a", 7);
	snapshot_of(11, "foo: title", 10); /* as setproctitle leaves it */
	snapshot_of(12, NULL, 0);
	made.restarted = true;
	snapshot_of(13, "bar", 4);
	for (uint32_t pid = 10; pid <= 13; pid++)
		(void)put_exit(pid, 0);
	stop();
	assert_int_equal(made.count, 4);
	assert_int_equal(made.events[3].enriched->process.executable.length, 8);
	assert_int_equal(made.events[3].enriched->process.args_count, 0);
	assert_int_equal(made.events[3].enriched->process.args.length, 0);
	process = &made.events[0].enriched->process;
	assert_memory_equal((const char *)made.events[0].enriched + process->executable.offset,
			    "/bin/foo", 8);
	assert_int_equal(process->args.length, 7);
	assert_int_equal(process->args_count, 2);
	assert_int_equal(made.events[1].enriched->process.args_count, 1);
	assert_int_equal(made.events[2].enriched->process.executable.length, 8);
	assert_int_equal(made.events[2].enriched->process.args_count, 0);
}

static void arguments_that_were_cut_are_not_counted(void **state)
{
	static char args[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(args); i++)
		args[i] = i % 2 ? '\0' : 'a';
	snapshot_of(10, args, sizeof(args));
	(void)put_exit(10, 0);
	stop();
	assert_int_equal(made.events[0].enriched->process.args.length, IMAGE_ARGS_MAX);
	assert_int_equal(made.events[0].enriched->process.args.full, REC_FULL_UNKNOWN);
	assert_int_equal(made.events[0].enriched->process.args_count, 0);
}

static void a_damaged_snapshot_is_counted(void **state)
{
	(void)state;
	collect_snapshot(made.collect, "", 0);
	stop();
	assert_int_equal(made.status.rejected, 1);
}

/* A census of these processes; pid 0 ends the list. */
static void take_census(const uint32_t *pids)
{
	struct buf records;

	buf_init(&records, 65536);
	collect_begin_census(made.collect);
	assert_false(collect_census_begun(made.collect));
	sweep();
	assert_true(collect_census_begun(made.collect));
	for (; *pids; pids++) {
		struct rec_snapshot record = {
			.header = {.size = sizeof(record),
				   .kind = REC_SNAPSHOT,
				   .abi = REC_ABI,
				   .time_ns = made.time_ns},
			.task.id = {.pid = *pids, .ns_pid = *pids, .start_ns = *pids},
		};

		assert_int_equal(buf_add(&records, &record, sizeof(record)), 0);
	}
	collect_give_census(made.collect, &records);
	sweep();
}

static void a_census_ends_who_is_not_in_it_and_finds_who_was_missed(void **state)
{
	(void)state;
	put_exec(1, 1024);
	put_exec(2, 1024);
	sweep();
	take_census((const uint32_t[]){2, 3, 0});
	collect_status(made.collect, &made.status);
	assert_int_equal(made.status.censuses, 1);
	assert_int_equal(made.status.lost_exits, 1);
	assert_int_equal(made.status.processes, 3); /* one of them has ended */
	take_census((const uint32_t[]){2, 3, 0});
	collect_status(made.collect, &made.status);
	assert_int_equal(made.status.lost_exits, 1);
	stop();
}

static void who_starts_during_a_census_is_not_missed_by_it(void **state)
{
	struct buf records;

	(void)state;
	buf_init(&records, 65536);
	collect_begin_census(made.collect);
	sweep();
	put_exec(5, 1024); /* behind the iterator */
	sweep();
	collect_give_census(made.collect, &records);
	sweep();
	collect_status(made.collect, &made.status);
	assert_int_equal(made.status.censuses, 1);
	assert_int_equal(made.status.lost_exits, 0);
	/* one that is never taken is not lost memory */
	collect_begin_census(made.collect);
	buf_init(&records, 65536);
	assert_int_equal(buf_add(&records, "rubbish", 7), 0);
	collect_give_census(made.collect, &records);
	stop();
}

static void given_names_are_used_from_the_next_sweep_on(void **state)
{
	struct users *users;
	struct err err;

	(void)state;
	assert_int_equal(users_load(&users, "/nonexistent", &err), -ENOENT);
	collect_give_users(made.collect, users);
	assert_int_equal(users_load(&users, "/nonexistent", &err), -ENOENT);
	collect_give_users(made.collect, users); /* the first was never taken */
	(void)put_exit(1, 0);
	sweep();
	stop();
	assert_int_equal(made.events[0].enriched->user.length, 0);
}

static void give_rules(const char *text)
{
	struct faults faults = {0};
	struct rules_state *state;
	struct yaml_node *root;
	struct rules *rules;
	struct err err;

	assert_int_equal(yaml_tree_parse(&root, text, strlen(text), &faults), 0);
	assert_int_equal(rules_compile(&rules, root, &faults), 0);
	yaml_tree_free(root);
	assert_int_equal(rules_state_new(&state, rules, &err), 0);
	collect_give_rules(made.collect, state);
}

static void given_rules_are_in_force_from_the_next_sweep_on(void **state)
{
	uint64_t made_by_rules = 0;

	(void)state;
	(void)put_exit(1, 0);
	sweep();
	give_rules("- {do: keep}");
	give_rules("- {name: d, when: {process.pid: 2}, do: drop}\n"
		   "- {name: l, do: {limit: {events: 2, per: 1h}}}\n");
	sweep(); /* the one that has begun to wait takes them after it */
	for (uint32_t pid = 2; pid < 8; pid++)
		(void)put_exit(pid, 0);
	sweep();
	assert_string_equal(rules_name(rules_of(collect_rules(made.collect)), 0), "d");
	give_rules("- {name: d, when: {process.pid: 2}, do: drop}\n");
	sweep();
	for (uint32_t pid = 2; pid < 5; pid++)
		(void)put_exit(pid, 0);
	stop();
	for (unsigned int i = 0; i < made.count; i++) {
		const struct rec_limited *limited = (const void *)made.events[i].record;

		if (made.events[i].record->kind == REC_LIMITED)
			made_by_rules += limited->count;
	}
	assert_int_equal(made_by_rules, 3); /* 5, 6 and 7, told when the rule went */
	assert_int_equal(made.status.dropped, 2);
	assert_int_equal(made.status.held, 3);
	assert_int_equal(made.status.events[REC_EXIT], 1 + 2 + 2);
	assert_int_equal(made.status.numbered,
			 made.status.events[REC_EXIT] + made.status.dropped + made.status.held);
}

/* What a process of before the reload was started with must not come out through its later events.
 */
static void given_masks_hide_in_what_is_remembered(void **state)
{
	static const struct {
		uint32_t pid;
		const char *args;
		size_t length;
		bool masked;
	} wanted[] = {
		{10, "foo\0-p***", 10, true},
		{11, "foo\0-a", 7, false},
	};

	(void)state;
	snapshot_of(10, "foo\0-pA", 8);
	snapshot_of(11, "foo\0-a", 7);
	sweep();
	give_rules(
		"- {when: {process.executable: /bin/foo, user.name: alice}, do: {mask: ['-p*']}}\n"
		"- {when: {process.executable: /bin/other}, do: {mask: ['-a*']}}\n");
	sweep();
	(void)put_exit(10, 0);
	(void)put_exit(11, 0);
	stop();
	assert_int_equal(made.count, 2);
	for (unsigned int i = 0; i < 2; i++) {
		const struct enriched *enriched = made.events[i].enriched;
		const struct rec_string *args = &enriched->process.args;

		assert_int_equal(args->length, wanted[i].length);
		assert_int_equal(args->full, wanted[i].length);
		assert_memory_equal((const char *)enriched + args->offset, wanted[i].args,
				    wanted[i].length);
		assert_int_equal(enriched->process.args_count, 2);
		assert_int_equal(enriched->process.args_masked, wanted[i].masked);
		assert_int_equal(enriched->masked.length > 0, wanted[i].masked);
	}
}

/* The next agent, with the same probes, rings and journal. */
static void start_again(void)
{
	collect_free(made.collect);
	made.collect = NULL;
	made.stopping = false;
	while (sem_trywait(&made.go) == 0 || sem_trywait(&made.swept) == 0)
		continue;
	collect_recognize(&made.probes, CPUS, &made.journal);
	assert_int_equal(open_collect(), 0);
}

static void an_agent_killed_behind_an_append_is_followed_without_gap_or_repeat(void **state)
{
	static struct rec_progress progress[SLOTS];
	unsigned long consumer;

	(void)state;
	(void)put_exit(1, 0);
	sweep();
	memcpy(progress, made.probes.progress, sizeof(progress));
	consumer = atomic_load(position(0));
	(void)put_exit(2, 0);
	lose(0, 1);
	(void)put_exit(3, 0);
	stop();
	assert_int_equal(made.count, 4);
	/* it was killed before it could say so */
	memcpy(made.probes.progress, progress, sizeof(progress));
	atomic_store(position(0), consumer);
	start_again();
	(void)put_exit(4, 0);
	lose(0, 2);
	stop();
	assert_int_equal(made.count, 6);
	assert_int_equal(made.events[4].record->kind, REC_EXIT);
	assert_int_equal(made.events[4].record->sequence, 5);
	assert_int_equal(lost_event(5)->first, 6);
	assert_int_equal(lost_event(5)->last, 7);
	assert_int_equal(lost_event(5)->total, 3);
	assert_int_equal(lost_event(5)->generation, probes_number(&made.probes));
	assert_true(ring_is_released());
	/* the account is of what this agent has done */
	assert_int_equal(made.status.numbered, 3);
	assert_int_equal(made.status.arrived, 1);
	assert_int_equal(made.status.lost, 2);
	assert_int_equal(made.status.events[REC_EXIT], 1);
	assert_int_equal(made.status.outstanding, 0);
}

static void an_agent_that_leaves_waits_for_nobody(void **state)
{
	(void)state;
	sweep();
	(void)put_exit(1, 0);
	made.probes.counts[0]
		.sequence++; /* a probe is at work, and goes on when the agent has gone */
	made.numbers[REC_RING_VITAL]++;
	made.stopping = true;
	assert_int_equal(sem_post(&made.go), 0);
	collect_leave(made.collect, &made.status);
	made.started = false;
	read_journal();
	assert_int_equal(made.count, 1);
	assert_true(ring_is_released());
	assert_int_equal(made.status.outstanding, 1);
	start_again();
	(void)put_exit(3, 0);
	stop();
	assert_int_equal(made.count, 3);
	assert_int_equal(lost_event(1)->first, 2); /* it never came */
	assert_int_equal(lost_event(1)->last, 2);
}

static void what_cannot_be_opened_is_an_error_and_leaves_nothing_behind(void **state)
{
	const struct enrich_options enrich = {.ticks_per_s = 100};
	struct probes probes = {.fds = {-1, -1}};
	struct collect_options options = {
		.probes = &probes, .journal = &made.journal, .cpus = CPUS, .ticks_per_s = 100};
	struct collect *collect = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(enrich_new(&options.enrich, &enrich, &err), 0);
	assert_int_equal(collect_new(&collect, &options, &err), -EBADF);
	assert_non_null(strstr(err.text, "cannot map the ring"));
	assert_null(collect);
	collect_free(NULL);
}

int main(void)
{
#define COLLECT_TEST(name) cmocka_unit_test_setup_teardown(name, make_collect, remove_collect)
	const struct CMUnitTest tests[] = {
		COLLECT_TEST(records_become_events_in_order),
		COLLECT_TEST(a_sweep_of_many_large_records_is_journalled_in_parts),
		COLLECT_TEST(a_journal_that_refuses_keeps_the_ring_and_gets_all_once),
		COLLECT_TEST(kinds_nobody_asked_for_inform_the_others_only),
		COLLECT_TEST(excluded_processes_inform_the_others_only),
		COLLECT_TEST(a_damaged_record_is_counted_and_the_others_go_on),
		COLLECT_TEST(a_rejected_record_has_arrived_and_is_not_lost),
		COLLECT_TEST(a_loss_is_an_event_where_it_happened),
		COLLECT_TEST(what_a_sink_never_gets_is_an_event_once_the_journal_has_it),
		COLLECT_TEST(losses_that_find_no_room_in_the_batch_are_told_later),
		COLLECT_TEST(a_batch_carries_the_last_number_of_each_slot),
		COLLECT_TEST(what_is_in_the_ring_at_the_stop_is_journalled),
		COLLECT_TEST(a_record_that_is_being_written_at_the_stop_is_waited_for),
		COLLECT_TEST(a_record_that_is_never_finished_does_not_hinder_the_stop),
		COLLECT_TEST(a_number_that_was_taken_at_the_stop_is_waited_for),
		COLLECT_TEST(all_that_could_not_be_journalled_at_the_stop_is_counted),
		COLLECT_TEST(both_rings_are_read_in_the_order_of_time),
		COLLECT_TEST(neither_ring_is_released_before_the_journal_has_the_batch),
		COLLECT_TEST(vital_that_fills_is_journalled_before_the_bulk_that_waits),
		COLLECT_TEST(a_loss_is_told_by_ring_and_kind),
		COLLECT_TEST(notes_before_the_first_sweep_come_first_and_the_last_note_last),
		COLLECT_TEST(records_of_canaries_are_counted_but_no_events),
		COLLECT_TEST(what_is_in_both_rings_at_the_stop_is_counted_when_the_journal_is_full),
		COLLECT_TEST(a_process_that_ran_before_has_executable_and_arguments),
		COLLECT_TEST(arguments_that_were_cut_are_not_counted),
		COLLECT_TEST(a_damaged_snapshot_is_counted),
		COLLECT_TEST(a_census_ends_who_is_not_in_it_and_finds_who_was_missed),
		COLLECT_TEST(who_starts_during_a_census_is_not_missed_by_it),
		COLLECT_TEST(given_names_are_used_from_the_next_sweep_on),
		COLLECT_TEST(given_rules_are_in_force_from_the_next_sweep_on),
		COLLECT_TEST(given_masks_hide_in_what_is_remembered),
		COLLECT_TEST(an_agent_killed_behind_an_append_is_followed_without_gap_or_repeat),
		COLLECT_TEST(an_agent_that_leaves_waits_for_nobody),
		COLLECT_TEST(what_cannot_be_opened_is_an_error_and_leaves_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
