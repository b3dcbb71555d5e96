/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The collect thread between a ring and a journal of our own: probes, reader, journal and /proc are
 * stood in for below, so that each sweep happens when a test says so. For one program each.
 */
#ifndef AUDITSHIP_TEST_COLLECT_H
#define AUDITSHIP_TEST_COLLECT_H

#include "collect.h"

#include "capture/reader.h"
#include "decode/decode.h"
#include "decode/entry.h"
#include "decode/fields.h"
#include "enrich/procfs.h"

#include <errno.h>
#include <linux/bpf.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

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
	struct probes probes, later; /* later: a set that takes over */
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
	bool restarted;         /* another process has the number by now */
	void (*on_count)(void); /* when the counters of a reader are asked for, once */
} made;

int reader_new(struct reader **ret_reader, struct ring *const rings[REC_RING_SHIPPER],
	       struct rec_reader *state, int stop_fd, struct err *err)
{
	(void)rings;
	(void)stop_fd;
	(void)err;
	assert_true(state == &made.probes.reader || state == &made.later.reader);
	*ret_reader = &made.reader;
	return 0;
}

void reader_free(struct reader *reader)
{
	(void)reader;
}

const struct reader_counters *reader_counters(const struct reader *reader)
{
	void (*on_count)(void) = made.on_count;

	made.on_count = NULL;
	if (on_count)
		on_count();
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

uint64_t journal_set_aside(const struct journal *journal)
{
	(void)journal;
	return 0;
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

static inline _Atomic unsigned long *position(unsigned int page)
{
	return (void *)(made.rings[made.ring] + page * (size_t)sysconf(_SC_PAGESIZE));
}

static inline char *data_at(uint64_t at)
{
	return made.rings[made.ring] + 2 * (size_t)sysconf(_SC_PAGESIZE) + (at & (RING_SIZE - 1));
}

/* Never over the end: the tests that need so much are those of the ring. */
static inline _Atomic uint32_t *put(const void *record, uint32_t size, uint32_t bits)
{
	uint64_t at = atomic_load(position(1));
	_Atomic uint32_t *header = (void *)data_at(at);

	memcpy(data_at(at + BPF_RINGBUF_HDR_SZ), record, size);
	atomic_store(header, size | bits);
	atomic_store(position(1), at + BPF_RINGBUF_HDR_SZ + ((size + 7) & ~7U));
	return header;
}

static inline bool make_ring(enum rec_ring ring)
{
	size_t size = 2 * (size_t)sysconf(_SC_PAGESIZE) + RING_SIZE;
	int fd = memfd_create("ring", MFD_CLOEXEC);

	made.probes.fds[ring] = fd;
	if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
		return false;
	made.rings[ring] = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return made.rings[ring] != MAP_FAILED;
}

static inline int open_collect(void)
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

static inline int make_collect(void **state)
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

static inline void wait_for_sweep(void)
{
	while (sem_wait(&made.swept) < 0)
		;
}

static inline void sweep(void)
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

/* The later set of probes takes over; it fills the same rings. Then collect_change_done. */
static inline void change_probes(void)
{
	struct collect_change change = {.probes = {&made.later}};

	memcpy(made.later.fds, made.probes.fds, sizeof(made.later.fds));
	change.selected[REC_EXEC] = change.selected[REC_EXIT] = true;
	collect_change(made.collect, &change);
	sweep();
	sweep(); /* the one that has begun to wait makes the change after it */
}

/* Takes apart what the journal holds. */
static inline void read_journal(void)
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

static inline void stop(void)
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

static inline int remove_collect(void **state)
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

static inline struct rec_header next_header(unsigned int kind, size_t size)
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

static inline struct rec_exit make_exit(uint32_t pid)
{
	return (struct rec_exit){
		.header = next_header(REC_EXIT, sizeof(struct rec_exit)),
		.task.id = {.pid = pid, .ns_pid = pid, .start_ns = pid},
	};
}

static inline _Atomic uint32_t *put_exit(uint32_t pid, uint32_t bits)
{
	const struct rec_exit record = make_exit(pid);

	return put(&record, sizeof(record), bits);
}

/* An exec whose executable and one argument fill size bytes. */
static inline void put_exec(uint32_t pid, size_t size)
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

static inline void lose(unsigned int slot, uint64_t amount)
{
	struct rec_counts *own = &made.probes.counts[slot];

	if (slot == 0)
		made.numbers[REC_RING_VITAL] += amount;
	__atomic_add_fetch(&own->sequence, amount, __ATOMIC_RELEASE);
	__atomic_add_fetch(&own->lost[REC_LOSS_RING_FULL], amount, __ATOMIC_RELEASE);
}

static inline bool ring_is_released(void)
{
	return atomic_load(position(0)) == atomic_load(position(1));
}

static inline uint32_t event_pid(unsigned int index)
{
	assert_true(index < made.count);
	return ((const struct rec_exit *)(const void *)made.events[index].record)->task.id.pid;
}

static inline const struct rec_lost *lost_event(unsigned int index)
{
	assert_true(index < made.count);
	assert_int_equal(made.events[index].record->kind, REC_LOST);
	assert_int_equal(made.events[index].record->ring, REC_RING_SHIPPER);
	return (const void *)made.events[index].record;
}

/* Bulk and vital: which kind of record it is makes no difference here. */
static inline void put_into(enum rec_ring ring, uint32_t pid)
{
	made.ring = ring;
	(void)put_exit(pid, 0);
	made.ring = REC_RING_VITAL;
}

static inline void note(uint16_t kind, bool last)
{
	struct rec_agent_stop record = {
		.header = {.size = sizeof(record), .kind = kind, .abi = REC_ABI}};

	if (last)
		assert_true(collect_last_note(made.collect, &record.header));
	else
		assert_true(collect_note(made.collect, &record.header));
}

static inline uint16_t kind_of(unsigned int index)
{
	assert_true(index < made.count);
	return made.events[index].record->kind;
}

static inline void snapshot_of(uint32_t pid, const char *args, size_t length)
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

#define COLLECT_TEST(name) cmocka_unit_test_setup_teardown(name, make_collect, remove_collect)

#endif
