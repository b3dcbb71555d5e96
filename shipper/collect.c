/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One sweep: note how far the probes have counted; read the ring up to its end; turn each record
 * into an entry of the batch; append the batch to the journal; give the ring its room back.
 */
#include "collect.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/published.h"
#include "capture/reader.h"
#include "capture/ring.h"
#include "decode/decode.h"
#include "decode/entry.h"
#include "decode/fields.h"
#include "enrich/procfs.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define BATCH_SIZE (1024 * 1024)
#define NS_PER_S 1000000000ULL
#define OFFSET_AGE_NS 100000000ULL /* the wall clock's offset is sampled at least this often */
#define DRAIN_NS 100000000ULL      /* for probes that are at work when they are detached */

#define STATUS_WORDS (sizeof(struct collect_status) / sizeof(uint64_t))
_Static_assert(sizeof(struct collect_status) % sizeof(uint64_t) == 0 &&
		       STATUS_WORDS <= PUBLISHED_WORDS_MAX,
	       "the status is published word by word");

/* A record for the stream that another thread has made. */
struct note {
	struct note *next;
	uint64_t aligned[COLLECT_NOTE_MAX / sizeof(uint64_t)];
};
#define NOTES_MAX 64

/* What there is once for each set of probes. */
struct parts {
	struct ring *ring;
	struct reader *reader;
	struct loss *loss;
	uint64_t past_sleeps, past_late, past_sweeps; /* of the readers before */
};

struct collect {
	struct collect_options options;
	struct parts *_Atomic parts;     /* of the set of probes in place */
	struct parts *_Atomic old_parts; /* and back: main may have read its counters */
	pthread_t thread;
	bool started;
	int wake_fd; /* readable: stopping, a change or a note is there */
	atomic_bool stopping;
	_Atomic(const struct collect_change *) change; /* mailbox: main puts, collect takes */
	int changed_fd;
	struct note *_Atomic notes; /* a stack: main pushes, collect takes all */
	atomic_uint note_count;
	_Atomic(struct users *) new_users; /* mailbox: main puts, collect takes */
	_Atomic(struct rules_state *) rules;
	_Atomic(struct rules_state *) new_rules; /* mailbox: main puts, collect takes */
	_Atomic(struct rules_state *) old_rules; /* and back: main may have read its counters */

	char *batch;
	struct enriched *enriched; /* of the event at hand, ENRICH_MAX_SIZE bytes */
	size_t batch_used;
	uint32_t batch_count;
	uint32_t batch_kinds[REC_KINDS];
	struct journal_number *numbers;
	int64_t wall_offset_ns;
	uint64_t offset_sampled_ns;
	uint64_t own_sequence; /* of records the shipper makes itself */

	struct collect_status status; /* the thread's own */
	struct published published;   /* as it was after the last sweep */
};

static void sample_offset(struct collect *collect)
{
	uint64_t now = clock_boot_ns();

	if (collect->offset_sampled_ns && now - collect->offset_sampled_ns < OFFSET_AGE_NS)
		return;
	collect->offset_sampled_ns = now;
	collect->wall_offset_ns = clock_wall_offset_ns();
}

/* For one more entry of any size. */
static bool batch_has_room(const struct collect *collect)
{
	return BATCH_SIZE - collect->batch_used >= ENTRY_MAX_SIZE;
}

static uint32_t align_up(size_t size)
{
	return (uint32_t)((size + ENTRY_ALIGN - 1) / ENTRY_ALIGN * ENTRY_ALIGN);
}

static bool is_own(unsigned int kind)
{
	return kind_get(kind) && kind_get(kind)->of_shipper;
}

/* Events of the shipper's own are always journalled. */
static void select_own(struct collect *collect)
{
	for (unsigned int i = 0; i < REC_KINDS; i++)
		collect->options.selected[i] = collect->options.selected[i] || is_own(i);
}

/* The record behind the entry, where it may still grow, and what is known of it beside. */
static enum rules_verdict apply_rules(struct collect *collect, const struct entry *entry,
				      struct rec_header *record)
{
	struct rules_subject subject = {
		.entry = entry,
		.record = record,
		.record_room = REC_MAX_SIZE,
		.enriched = collect->enriched,
		.enriched_room = ENRICH_MAX_SIZE,
		.only_mask = !collect->options.selected[record->kind],
	};
	enum rules_verdict verdict;

	if (!collect->rules)
		return RULES_KEEP;
	verdict = rules_apply(collect->rules, &subject);
	if (subject.args_masked)
		enrich_forget_args(collect->options.enrich, record);
	return verdict;
}

/* Completes the entry with what stands behind the record. */
static void finish_entry(struct collect *collect, struct entry *entry,
			 const struct rec_header *record)
{
	uint32_t record_size = align_up(record->size);
	uint32_t enriched_size = collect->enriched->size, padded_size = align_up(enriched_size);
	char *end = (char *)(entry + 1) + record->size;

	memset(end, 0, record_size - record->size);
	end += record_size - record->size;
	memcpy(end, collect->enriched, enriched_size);
	memset(end + enriched_size, 0, padded_size - enriched_size);
	entry->record_size = record->size;
	entry->size = (uint32_t)sizeof(*entry) + record_size + padded_size;
	collect->batch_used += entry->size;
	collect->batch_count++;
	collect->batch_kinds[record->kind]++;
}

/* Appends a checked record to the batch as an entry, unless its kind was not asked for or a rule
 * does not want it. */
static void batch_add(struct collect *collect, const struct rec_header *record)
{
	struct entry *entry = (struct entry *)(collect->batch + collect->batch_used);
	struct rec_header *copy = (struct rec_header *)(entry + 1);
	enum rules_verdict verdict;

	memcpy(copy, record, record->size);
	record_resolve_paths(copy);
	(void)enrich_event(collect->options.enrich, copy, collect->wall_offset_ns,
			   collect->enriched);
	*entry = (struct entry){
		.sequence = journal_next_sequence(collect->options.journal) + collect->batch_count,
		.created_ns = clock_boot_ns() + (uint64_t)collect->wall_offset_ns,
		.wall_offset_ns = collect->wall_offset_ns,
	};
	verdict = apply_rules(collect, entry, copy);
	if (!collect->options.selected[copy->kind])
		collect->status.not_selected++;
	else if (verdict == RULES_KEEP)
		finish_entry(collect, entry, copy);
}

/* A record that the shipper makes itself. */
static void batch_add_own(struct collect *collect, struct rec_header *record)
{
	record->ring = REC_RING_SHIPPER;
	record->sequence = ++collect->own_sequence;
	record->time_ns = clock_boot_ns();
	batch_add(collect, record);
}

/* What the probes could not deliver is an event of the stream. */
static bool add_lost(void *data, const struct rec_lost *lost)
{
	struct collect *collect = data;
	struct rec_lost record = *lost;

	if (!batch_has_room(collect))
		return false;

	record.header = (struct rec_header){
		.size = sizeof(record),
		.kind = REC_LOST,
		.abi = REC_ABI,
	};
	batch_add_own(collect, &record.header);
	return true;
}

static uint32_t list_numbers(struct collect *collect)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < loss_slots(collect->parts->loss); i++) {
		struct journal_number *number = &collect->numbers[count];

		number->sequence = loss_last_seen(collect->parts->loss, i, &number->ring,
						  &number->class, &number->cpu);
		if (number->sequence)
			count++;
	}
	return count;
}

static void clear_batch(struct collect *collect, bool journalled)
{
	for (int i = 0; i < REC_KINDS; i++) {
		if (journalled)
			collect->status.events[i] += collect->batch_kinds[i];
		collect->batch_kinds[i] = 0;
	}
	collect->batch_used = 0;
	collect->batch_count = 0;
}

/* 0 when the journal has the batch and the ring its room back; else nothing has changed. */
static int flush_batch(struct collect *collect)
{
	struct journal_batch batch = {
		.entries = collect->batch,
		.size = collect->batch_used,
		.first_sequence = journal_next_sequence(collect->options.journal),
		.count = collect->batch_count,
		.numbers = collect->numbers,
	};
	struct err err;
	int result = 0;

	if (collect->batch_count > 0) {
		batch.number_count = list_numbers(collect);
		result = journal_append(collect->options.journal, &batch, &err);
	}
	if (result < 0 && !collect->status.journal_failing)
		log_error("the journal takes no events, they wait in the ring: %s", err.text);
	if (result == 0 && collect->status.journal_failing)
		log_info("the journal takes events again");
	collect->status.journal_failing = result < 0;
	if (result < 0)
		return result;
	collect->status.journal_bytes += batch.size;
	clear_batch(collect, true);
	ring_release(collect->parts->ring);
	return 0;
}

/* When its number can be its own it has arrived, whatever the rest of it is worth. */
static void reject(struct collect *collect, const struct rec_header *record, size_t size)
{
	collect->status.rejected++;
	if (size >= sizeof(*record) && loss_believes(collect->parts->loss, record))
		loss_saw(collect->parts->loss, record);
	else
		collect->status.unnumbered++;
}

/*
 * What rules have held back is an event of the stream: what is due, or everything. Needs the
 * journal when the batch has no room; then -EAGAIN says that some is left.
 */
static int add_limited(struct collect *collect, bool everything)
{
	union {
		struct rec_header header;
		char bytes[RULES_LIMITED_MAX];
	} record;

	if (!collect->rules)
		return 0;
	for (;;) {
		if (!batch_has_room(collect) && flush_batch(collect) < 0)
			return -EAGAIN;
		if (!rules_take_limited(collect->rules, clock_boot_ns(), everything,
					&record.header))
			return 0;
		batch_add_own(collect, &record.header);
	}
}

static void take_record(struct collect *collect, const void *data, size_t size)
{
	const struct rec_header *record = data;
	const char *why;

	if (record_check(data, size, &why) < 0) {
		reject(collect, record, size);
		log_debug("a record of %zu bytes was rejected: %s", size, why);
		return;
	}
	loss_saw(collect->parts->loss, record);
	batch_add(collect, record);
}

/*
 * Reads the ring up to its present end. Returns the records read, or a negative errno when the
 * journal would not take them: the batch is kept and tried again first.
 */
static int sweep(struct collect *collect)
{
	int count = 0, result;
	const void *record;
	size_t size;
	uint64_t end;

	if (collect->batch_count > 0 && flush_batch(collect) < 0)
		return -EAGAIN;
	sample_offset(collect);
	loss_begin_sweep(collect->parts->loss);
	end = ring_end(collect->parts->ring);
	while (ring_next(collect->parts->ring, end, &record, &size)) {
		take_record(collect, record, size);
		count++;
		/* take_record adds at most two entries: a loss and the record */
		if (BATCH_SIZE - collect->batch_used >= 2 * ENTRY_MAX_SIZE)
			continue;
		result = flush_batch(collect);
		if (result < 0)
			return result;
	}
	loss_end_sweep(collect->parts->loss);
	result = add_limited(collect, false);
	if (result == 0)
		result = flush_batch(collect);
	return result < 0 ? result : count;
}

static void take_users(struct collect *collect)
{
	struct users *users = atomic_exchange(&collect->new_users, NULL);

	if (users)
		enrich_take_users(collect->options.enrich, users);
}

/* Events of the shipper's own: no probe has numbered them. */
static uint32_t own_in_batch(const struct collect *collect)
{
	uint32_t count = 0;

	for (unsigned int i = 0; i < REC_KINDS; i++)
		count += is_own(i) ? collect->batch_kinds[i] : 0;
	return count;
}

/* After each sweep: some fifty plain stores, whatever has happened in between. */
static void publish(struct collect *collect)
{
	struct collect_status *status = &collect->status;
	const struct loss_account *account = loss_account(collect->parts->loss);
	struct process_counters processes;
	struct rules_totals rules = {0};

	enrich_counters(collect->options.enrich, &processes);
	status->pending = collect->batch_count - own_in_batch(collect);
	status->seen = account->seen;
	status->arrived = account->arrived;
	status->lost = account->lost;
	memcpy(status->lost_reason, account->lost_reason, sizeof(status->lost_reason));
	status->processes = processes.entries;
	status->process_evictions = processes.evictions;
	status->images = processes.images;
	status->image_bytes = processes.image_bytes;
	status->image_failures = processes.image_failures;
	if (collect->rules)
		rules_totals(collect->rules, &rules);
	status->dropped = rules.dropped;
	status->held = rules.held;
	published_write(&collect->published, status, STATUS_WORDS);
}

/* The old rules have told what they held back before the new ones go on. */
static void take_rules(struct collect *collect)
{
	struct rules_state *rules;

	if (!collect->new_rules || add_limited(collect, true) < 0)
		return;
	rules = atomic_exchange(&collect->new_rules, NULL);
	if (!rules)
		return;
	if (collect->rules)
		rules_carry_over(rules, collect->rules);
	collect->old_rules = atomic_exchange(&collect->rules, rules);
}

/* Numbers that were taken and have neither arrived nor been told as lost. */
static uint64_t count_outstanding(const struct collect *collect)
{
	struct loss_counted counted;

	loss_counted(collect->parts->loss, &counted);
	return counted.numbered - loss_account(collect->parts->loss)->seen;
}

/* The journal takes nothing any more: counts what it did not get, in the batch and in the ring. */
static void count_unjournalled(struct collect *collect)
{
	uint64_t end = ring_end(collect->parts->ring);
	const void *record;
	const char *why;
	size_t size;

	collect->status.unjournalled += collect->batch_count;
	while (ring_next(collect->parts->ring, end, &record, &size)) {
		const struct rec_header *header = record;

		if (record_check(record, size, &why) < 0)
			reject(collect, record, size);
		else if (collect->options.selected[header->kind])
			collect->status.unjournalled++;
	}
}

/* The probes are detached; one that was at work then may have a record to finish. */
static int empty_ring(struct collect *collect)
{
	uint64_t deadline_ns = clock_mono_ns() + DRAIN_NS;
	int result;

	do
		result = sweep(collect);
	while (result > 0 ||
	       (result == 0 && count_outstanding(collect) > 0 && clock_mono_ns() < deadline_ns));
	return result;
}

static void drain(struct collect *collect)
{
	int result = empty_ring(collect);

	if (result == 0)
		result = add_limited(collect, true);
	if (result == 0)
		result = flush_batch(collect);
	if (result < 0)
		count_unjournalled(collect);
	publish(collect);
}

static void free_parts(struct parts *parts)
{
	if (!parts)
		return;
	reader_free(parts->reader);
	ring_close(parts->ring);
	loss_free(parts->loss);
	free(parts);
}

static int fill_parts(struct collect *collect, struct probes *probes, struct parts *parts,
		      struct err *err)
{
	int result =
		ring_open(&parts->ring, probes_vital_fd(probes), probes_vital_bytes(probes), err);

	if (result < 0)
		return result;
	result = reader_new(&parts->reader, parts->ring, probes_reader(probes), collect->wake_fd,
			    err);
	if (result < 0)
		return result;
	result = loss_new(&parts->loss, probes_counts(probes), collect->options.cpus, add_lost,
			  collect);
	return result < 0 ? err_set(err, result, "no memory for the loss account") : 0;
}

static int new_parts(struct collect *collect, struct probes *probes, struct parts **ret_parts,
		     struct err *err)
{
	struct parts *parts = calloc(1, sizeof(*parts));
	int result;

	if (!parts)
		return err_set(err, -ENOMEM, "no memory to read the probes");
	result = fill_parts(collect, probes, parts, err);
	if (result < 0) {
		free_parts(parts);
		return result;
	}
	*ret_parts = parts;
	return 0;
}

static void carry_over(struct parts *parts, const struct parts *old)
{
	const struct reader_counters *counters = reader_counters(old->reader);

	loss_carry_over(parts->loss, old->loss);
	parts->past_sleeps = old->past_sleeps + counters->sleeps;
	parts->past_late = old->past_late + counters->late;
	parts->past_sweeps = old->past_sweeps + counters->sweeps;
}

/* In the order in which they were pushed. False: the journal takes nothing; they stay. */
static bool take_notes(struct collect *collect)
{
	struct note *stack = atomic_exchange(&collect->notes, NULL), *notes = NULL, *note;

	for (; stack; stack = note) {
		note = stack->next;
		stack->next = notes;
		notes = stack;
	}
	for (note = notes; note; note = notes) {
		if (!batch_has_room(collect) && flush_batch(collect) < 0)
			log_warning(
				"the stream does not tell of a reload: the journal takes nothing");
		else
			batch_add_own(collect, (struct rec_header *)note->aligned);
		notes = note->next;
		free(note);
		atomic_fetch_sub(&collect->note_count, 1);
	}
	return flush_batch(collect) == 0;
}

/* The old ring first, to its end; then the new one is read. Negative: not yet. */
static int switch_probes(struct collect *collect, struct probes *probes)
{
	struct parts *parts;
	struct err err;
	int result = empty_ring(collect);

	if (result == 0)
		result = new_parts(collect, probes, &parts, &err);
	else
		return result;
	if (result < 0) {
		log_error("cannot read the new probes, trying again: %s", err.text);
		return result;
	}
	carry_over(parts, collect->parts);
	atomic_store(&collect->old_parts, atomic_exchange(&collect->parts, parts));
	collect->options.probes = probes;
	return 0;
}

static void take_change(struct collect *collect)
{
	const struct collect_change *change = atomic_load(&collect->change);
	uint64_t one = 1;

	if (!change || (change->probes && switch_probes(collect, change->probes) < 0))
		return;
	memcpy(collect->options.selected, change->selected, sizeof(change->selected));
	select_own(collect);
	enrich_set_env(collect->options.enrich, change->env, change->env_count);
	atomic_store(&collect->change, NULL);
	if (write(collect->changed_fd, &one, sizeof(one)) < 0)
		log_error("cannot tell of a change: %s", strerror(errno));
}

/* Something beside the ring wants to be looked at. */
static void attend(struct collect *collect)
{
	uint64_t count;

	if (read(collect->wake_fd, &count, sizeof(count)) < 0)
		return;
}

static void *run(void *data)
{
	struct collect *collect = data;
	bool busy = false;

	for (;;) {
		if (reader_wait(collect->parts->reader, busy))
			attend(collect);
		if (atomic_load(&collect->stopping))
			break;
		take_users(collect);
		take_rules(collect);
		take_change(collect);
		busy = sweep(collect) != 0;
		if (atomic_load(&collect->notes))
			(void)take_notes(collect);
		publish(collect);
	}
	take_change(collect);
	(void)take_notes(collect);
	drain(collect);
	return NULL;
}

static int open_memory(struct collect *collect, struct err *err)
{
	struct parts *parts;
	int result = new_parts(collect, collect->options.probes, &parts, err);

	if (result < 0)
		return result;
	collect->parts = parts;
	collect->batch = malloc(BATCH_SIZE);
	collect->enriched = malloc(ENRICH_MAX_SIZE);
	collect->numbers = calloc(loss_slots(parts->loss), sizeof(*collect->numbers));
	if (!collect->batch || !collect->enriched || !collect->numbers)
		return err_set(err, -ENOMEM, "no memory for a batch of events");
	return 0;
}

int collect_new(struct collect **ret_collect, const struct collect_options *options,
		struct err *err)
{
	struct collect *collect = calloc(1, sizeof(*collect));
	int result;

	if (!collect) {
		enrich_free(options->enrich);
		rules_state_free(options->rules);
		return err_set(err, -ENOMEM, "no memory for the collect thread");
	}
	collect->options = *options;
	select_own(collect);
	collect->rules = options->rules;
	collect->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	collect->changed_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (collect->wake_fd < 0 || collect->changed_fd < 0)
		result = err_set(err, -errno, "cannot make an eventfd: %s", strerror(errno));
	else
		result = open_memory(collect, err);
	if (result < 0) {
		collect_free(collect);
		return result;
	}
	sample_offset(collect);
	publish(collect);
	*ret_collect = collect;
	return 0;
}

static void free_notes(struct collect *collect)
{
	struct note *note = collect->notes;

	while (note) {
		struct note *next = note->next;

		free(note);
		note = next;
	}
}

void collect_free(struct collect *collect)
{
	if (!collect)
		return;
	free_parts(collect->parts);
	free_parts(collect->old_parts);
	free_notes(collect);
	enrich_free(collect->options.enrich);
	users_free(atomic_exchange(&collect->new_users, NULL));
	if (collect->wake_fd >= 0)
		(void)close(collect->wake_fd);
	if (collect->changed_fd >= 0)
		(void)close(collect->changed_fd);
	rules_state_free(collect->rules);
	rules_state_free(collect->new_rules);
	rules_state_free(collect->old_rules);
	free(collect->numbers);
	free(collect->enriched);
	free(collect->batch);
	free(collect);
}

/* The last may lack its NUL, as a process leaves it that writes over its own arguments. */
static uint32_t count_args(const char *args, size_t length)
{
	uint32_t count = length > 0 && args[length - 1] != '\0';

	for (size_t i = 0; i < length; i++)
		count += args[i] == '\0';
	return count;
}

/*
 * The arguments as /proc shows them now; none when that number means another process by now, or in
 * the pid namespace that the agent runs in.
 */
static void read_args(const struct collect *collect, const struct rec_id *id,
		      char args[IMAGE_ARGS_MAX], struct image *ret_image)
{
	uint64_t ticks, tick_ns = NS_PER_S / collect->options.ticks_per_s;
	int cut = 0;
	ssize_t length = procfs_args("", id->pid, args, IMAGE_ARGS_MAX, &cut);

	*ret_image = (struct image){.args = args};
	if (length <= 0 || procfs_start_ticks("", id->pid, &ticks) < 0 ||
	    ticks != id->start_ns / tick_ns)
		return;
	ret_image->args_length = (uint32_t)length;
	ret_image->args_full = cut ? REC_FULL_UNKNOWN : ret_image->args_length;
	ret_image->args_count = cut ? 0 : count_args(args, (size_t)length);
}

void collect_snapshot(struct collect *collect, const void *data, size_t size)
{
	struct rec_snapshot *record = (struct rec_snapshot *)collect->batch;
	char bytes[2 * IMAGE_ARGS_MAX]; /* *** may take more room than what it hides */
	struct rules_args args = {.bytes = bytes, .room = sizeof(bytes)};
	struct image image;
	const char *why;

	if (record_check(data, size, &why) < 0) {
		collect->status.rejected++;
		collect->status.unnumbered++;
		return;
	}
	memcpy(record, data, size);
	record_resolve_paths(&record->header);
	read_args(collect, &record->task.id, bytes, &image);
	args.length = image.args_length;
	args.full = image.args_full;
	if (collect->rules)
		rules_mask_snapshot(collect->rules, &record->header, &args);
	image.args_length = args.length;
	image.args_full = args.full;
	image.args_masked = args.masked;
	enrich_snapshot(collect->options.enrich, record, collect->wall_offset_ns, &image);
}

int collect_start(struct collect *collect, struct err *err)
{
	int result;

	publish(collect);
	result = pthread_create(&collect->thread, NULL, run, collect);
	if (result != 0)
		return err_set(err, -result, "cannot start the collect thread: %s",
			       strerror(result));
	(void)pthread_setname_np(collect->thread, "collect");
	collect->started = true;
	return 0;
}

void collect_give_users(struct collect *collect, struct users *users)
{
	users_free(atomic_exchange(&collect->new_users, users));
}

void collect_give_rules(struct collect *collect, struct rules_state *rules)
{
	rules_state_free(atomic_exchange(&collect->old_rules, NULL));
	rules_state_free(atomic_exchange(&collect->new_rules, rules));
}

const struct rules_state *collect_rules(const struct collect *collect)
{
	return collect->rules;
}

static void wake(struct collect *collect)
{
	uint64_t one = 1;

	if (write(collect->wake_fd, &one, sizeof(one)) < 0)
		log_error("cannot wake the collect thread: %s", strerror(errno));
}

void collect_change(struct collect *collect, const struct collect_change *change)
{
	atomic_store(&collect->change, change);
	wake(collect);
}

int collect_changed_fd(const struct collect *collect)
{
	return collect->changed_fd;
}

bool collect_change_done(struct collect *collect)
{
	uint64_t count;

	if (read(collect->changed_fd, &count, sizeof(count)) < 0)
		return false;
	free_parts(atomic_exchange(&collect->old_parts, NULL));
	return true;
}

bool collect_note(struct collect *collect, const struct rec_header *record)
{
	struct note *note;

	if (atomic_fetch_add(&collect->note_count, 1) >= NOTES_MAX ||
	    !(note = malloc(sizeof(*note)))) {
		atomic_fetch_sub(&collect->note_count, 1);
		return false;
	}
	memcpy(note->aligned, record, record->size);
	note->next = collect->notes;
	while (!atomic_compare_exchange_weak(&collect->notes, &note->next, note))
		continue;
	wake(collect);
	return true;
}

/* The probes' numbers are read last, so that none of those seen is missing in them. */
void collect_status(struct collect *collect, struct collect_status *ret_status)
{
	const struct parts *parts = collect->parts;
	const struct reader_counters *counters = reader_counters(parts->reader);
	struct loss_counted counted;

	published_read(&collect->published, ret_status, STATUS_WORDS);
	loss_counted(parts->loss, &counted);
	ret_status->numbered = counted.numbered;
	ret_status->outstanding = counted.numbered - ret_status->seen;
	ret_status->wakeups = counted.wakeups;
	ret_status->read_failures = counted.read_failures;
	ret_status->sleeps = parts->past_sleeps + counters->sleeps;
	ret_status->late = parts->past_late + counters->late;
	ret_status->sweeps = parts->past_sweeps + counters->sweeps;
	ret_status->ring_used_bytes = ring_used_bytes(parts->ring);
	ret_status->ring_size_bytes = ring_size_bytes(parts->ring);
	ret_status->ring_position = ring_end(parts->ring);
}

void collect_stop(struct collect *collect, struct collect_status *ret_status)
{
	if (collect->started) {
		atomic_store(&collect->stopping, true);
		wake(collect);
		(void)pthread_join(collect->thread, NULL);
		collect->started = false;
	}
	collect_status(collect, ret_status);
}
