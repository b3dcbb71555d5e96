/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The collect thread: between two sweeps it takes what other threads have put into its mailboxes
 * (user names, rules, a change of probes, notes), after each it publishes the account. Owns what
 * the sweep borrows, but the journal. Must not know what becomes of a record: that is the sweep's.
 */
#include "collect.h"

#include "base/confine.h"
#include "base/log.h"
#include "base/published.h"
#include "capture/reader.h"
#include "capture/ring.h"
#include "sweep.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define STATUS_WORDS (sizeof(struct collect_status) / sizeof(uint64_t))
_Static_assert(sizeof(struct collect_status) % sizeof(uint64_t) == 0 &&
		       STATUS_WORDS <= PUBLISHED_WORDS_MAX,
	       "the status is published word by word");

/* A record for the stream that another thread has made. */
struct note {
	struct note *next;
	uint64_t aligned[]; /* as large as the record */
};
#define NOTES_MAX 64

/* What there is once for each set of probes. */
struct parts {
	struct parts *older; /* of the sets before, until main has seen that they are over */
	struct ring *rings[REC_RING_SHIPPER];
	struct reader *reader;
	struct loss *loss;
	uint64_t past_sleeps, past_late, past_sweeps; /* of the readers before */
};

/* A snapshot of all processes, on its way into the process table. */
struct census_records {
	struct buf records;
	size_t at; /* the next one */
};
#define CENSUS_SLICE 256 /* records between two sweeps */

struct collect {
	struct collect_options options;
	struct parts *_Atomic parts; /* of the set of probes in place */
	pthread_t thread;
	bool started;
	bool leaving;   /* before stopping is set: the probes stay */
	size_t changed; /* sets of the change at hand that are in place */
	int wake_fd;    /* readable: stopping, a change or a note is there */
	atomic_bool stopping;
	_Atomic(const struct collect_change *) change; /* mailbox: main puts, collect takes */
	int changed_fd;
	struct note *_Atomic notes; /* a stack: main pushes, collect takes all */
	atomic_uint note_count;
	struct note *last_note; /* behind everything else; of main until the thread is to stop */
	atomic_bool census_wanted, census_begun;
	_Atomic(struct census_records *) new_census; /* mailbox: main puts, collect takes */
	struct census_records *census;               /* the thread's own, while it is at it */
	bool census_ends; /* all of it is in the table, and the rings are to be read once more */
	_Atomic(struct users *) new_users; /* mailbox: main puts, collect takes */
	_Atomic(struct rules_state *) rules;
	_Atomic(struct rules_state *) new_rules; /* mailbox: main puts, collect takes */
	_Atomic(struct rules_state *) old_rules; /* and back: main may have read its counters */

	struct sweep *sweep;
	struct collect_status status; /* the thread's own */
	struct published published;   /* as it was after the last sweep */
};

static void take_users(struct collect *collect)
{
	struct users *users = atomic_exchange(&collect->new_users, NULL);

	if (users)
		enrich_take_users(collect->options.enrich, users);
}

static void take_counters(struct collect *collect)
{
	struct collect_status *status = &collect->status;
	struct sweep_counters counters;

	sweep_counters(collect->sweep, &counters);
	memcpy(status->events, counters.events, sizeof(status->events));
	status->not_selected = counters.not_selected;
	status->excluded = counters.excluded;
	status->rejected = counters.rejected;
	status->unnumbered = counters.unnumbered;
	status->canaries = counters.canaries;
	status->pending = counters.pending;
	status->unjournalled = counters.unjournalled;
	status->journal_bytes = counters.journal_bytes;
	status->journal_failing = counters.journal_failing;
	status->overtakes = counters.overtakes;
	status->turns++;
	status->recalled = counters.recalled;
}

static void take_process_counters(struct collect_status *status,
				  const struct process_counters *processes)
{
	status->processes = processes->entries;
	status->process_max = processes->max_processes;
	status->process_evictions = processes->evictions;
	status->process_hits = processes->hits;
	status->process_misses = processes->misses;
	status->images = processes->images;
	status->image_bytes = processes->image_bytes;
	status->image_max_bytes = processes->max_image_bytes;
	status->image_failures = processes->image_failures;
	status->image_drops = processes->image_drops;
	status->lost_exits = processes->lost_exits;
	status->reused_pids = processes->reused_pids;
}

/* After each sweep: some two hundred plain stores, whatever has happened in between. */
static void publish(struct collect *collect)
{
	struct collect_status *status = &collect->status;
	const struct loss_account *account = loss_account(collect->parts->loss);
	struct process_counters processes;
	struct rules_totals rules = {0};

	take_counters(collect);
	enrich_counters(collect->options.enrich, &processes);
	status->seen = account->seen;
	status->arrived = account->arrived;
	status->lost = account->lost;
	memcpy(status->lost_reason, account->lost_reason, sizeof(status->lost_reason));
	memcpy(status->lost_ring, account->lost_ring, sizeof(status->lost_ring));
	take_process_counters(status, &processes);
	enrich_cache_counters(collect->options.enrich, &status->caches);
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

	if (!collect->new_rules || sweep_add_limited(collect->sweep) < 0)
		return;
	rules = atomic_exchange(&collect->new_rules, NULL);
	if (!rules)
		return;
	if (collect->rules)
		rules_carry_over(rules, collect->rules);
	sweep_use_rules(collect->sweep, rules);
	/* two may have been given since main looked: then it knows nothing of the older */
	rules_state_free(
		atomic_exchange(&collect->old_rules, atomic_exchange(&collect->rules, rules)));
}

static bool add_lost(void *data, const struct rec_lost *lost)
{
	struct collect *collect = data;

	return sweep_add_lost(collect->sweep, lost);
}

static void free_parts(struct parts *parts)
{
	while (parts) {
		struct parts *older = parts->older;

		reader_free(parts->reader);
		for (int i = 0; i < REC_RING_SHIPPER; i++)
			ring_close(parts->rings[i]);
		loss_free(parts->loss);
		free(parts);
		parts = older;
	}
}

void collect_recognize(struct probes *probes, uint32_t cpus, const struct journal *journal)
{
	uint32_t count;
	const struct journal_number *numbers = journal_numbers(journal, &count);

	for (uint32_t i = 0; i < count; i++) {
		const struct rec_header header = {
			.ring = numbers[i].ring,
			.class = numbers[i].class,
			.cpu = numbers[i].cpu,
			.sequence = numbers[i].sequence,
		};

		if (numbers[i].probes == probes_token(probes))
			loss_note_journalled(probes_progress(probes), cpus, &header);
	}
}

/* Of the shipper's own records in this stream; a new one begins at 0. */
static uint64_t last_own_sequence(const struct journal *journal)
{
	uint32_t count;
	const struct journal_number *numbers = journal_numbers(journal, &count);

	for (uint32_t i = 0; i < count; i++) {
		if (numbers[i].ring == REC_RING_SHIPPER && journal_next_sequence(journal) > 1)
			return numbers[i].sequence;
	}
	return 0;
}

static int fill_parts(struct collect *collect, struct probes *probes, struct parts *parts,
		      struct err *err)
{
	int result = 0;

	for (enum rec_ring i = REC_RING_VITAL; i < REC_RING_SHIPPER && result == 0; i++)
		result = ring_open(&parts->rings[i], probes_ring_fd(probes, i),
				   probes_ring_bytes(probes, i), err);
	if (result < 0)
		return result;
	result = reader_new(&parts->reader, parts->rings, probes_reader(probes), collect->wake_fd,
			    err);
	if (result < 0)
		return result;
	result = loss_new(&parts->loss, probes_counts(probes), collect->options.cpus, add_lost,
			  collect);
	if (result < 0)
		return err_set(err, result, "no memory for the loss account");
	loss_resume(parts->loss, probes_progress(probes), probes_number(probes));
	return 0;
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

/* The agent goes on without: what waits in the rings is worth more. */
static void drop_note(struct collect *collect)
{
	collect->status.dropped_notes++;
	log_warning("the stream misses what the agent tells of itself: the journal takes nothing");
}

/* In the order in which they were pushed. None stays: one that finds no room is dropped. */
static void take_notes(struct collect *collect)
{
	struct note *stack = atomic_exchange(&collect->notes, NULL), *notes = NULL, *note;

	for (; stack; stack = note) {
		note = stack->next;
		stack->next = notes;
		notes = stack;
	}
	for (note = notes; note; note = notes) {
		if (!sweep_add_own(collect->sweep, (struct rec_header *)note->aligned))
			drop_note(collect);
		notes = note->next;
		free(note);
		atomic_fetch_sub(&collect->note_count, 1);
	}
	(void)sweep_flush(collect->sweep);
}

/* The old rings first, to their ends; then the new ones are read. Negative: not yet. */
static int switch_probes(struct collect *collect, struct probes *probes)
{
	struct parts *parts;
	struct err err;
	int result = sweep_empty_rings(collect->sweep);

	if (result == 0)
		result = new_parts(collect, probes, &parts, &err);
	else
		return result;
	if (result < 0) {
		log_error("cannot read the new probes, trying again: %s", err.text);
		return result;
	}
	carry_over(parts, collect->parts);
	sweep_read_from(collect->sweep, parts->rings, parts->loss, probes_token(probes));
	parts->older = collect->parts;
	atomic_store(&collect->parts, parts);
	return 0;
}

static void take_change(struct collect *collect)
{
	const struct collect_change *change = atomic_load(&collect->change);
	uint64_t one = 1;

	if (!change)
		return;
	for (; change->probes[collect->changed]; collect->changed++) {
		if (switch_probes(collect, change->probes[collect->changed]) < 0)
			return;
	}
	collect->changed = 0;
	sweep_select(collect->sweep, change->selected);
	enrich_set_env(collect->options.enrich, change->env, change->env_count);
	enrich_set_ancestry(collect->options.enrich, change->ancestry);
	atomic_store(&collect->change, NULL);
	if (write(collect->changed_fd, &one, sizeof(one)) < 0)
		log_error("cannot tell of a change: %s", strerror(errno));
}

/* Something beside the rings wants to be looked at. */
static void attend(struct collect *collect)
{
	uint64_t count;

	if (read(collect->wake_fd, &count, sizeof(count)) < 0)
		return;
}

static void take_last_note(struct collect *collect)
{
	struct note *note = collect->last_note;

	if (note && (!sweep_add_own(collect->sweep, (struct rec_header *)note->aligned) ||
		     sweep_flush(collect->sweep) < 0))
		log_warning("the stream does not tell of the end: the journal takes nothing");
}

static void free_census(struct census_records *census)
{
	if (!census)
		return;
	buf_done(&census->records);
	free(census);
}

/* A slice of it. What has been read from the rings since it began is newer, and stays. */
static void take_census(struct collect *collect)
{
	struct census_records *census;

	if (atomic_exchange(&collect->census_wanted, false)) {
		enrich_reconcile_begin(collect->options.enrich);
		collect->census_ends = false;
		atomic_store(&collect->census_begun, true);
	}
	if (!collect->census)
		collect->census = atomic_exchange(&collect->new_census, NULL);
	census = collect->census;
	for (int i = 0; census && i < CENSUS_SLICE; i++)
		if (!sweep_census(collect->sweep, &census->records, &census->at)) {
			free_census(census);
			collect->census = census = NULL;
			collect->census_ends = true;
		}
}

/* A process may have ended before the snapshot came to it: its exit was in the ring by then. */
static void end_census(struct collect *collect, int swept)
{
	if (!collect->census_ends || swept < 0 || sweep_has_more(collect->sweep))
		return;
	enrich_reconcile_end(collect->options.enrich, false);
	collect->census_ends = false;
	collect->status.censuses++;
}

static bool has_work(const struct collect *collect)
{
	return sweep_has_more(collect->sweep) || collect->census;
}

static void *run(void *data)
{
	struct collect *collect = data;
	bool busy = false;
	int swept;

	confine_rest();
	if (atomic_load(&collect->notes)) /* before anything else: the start of the agent */
		take_notes(collect);
	for (;;) {
		if (!has_work(collect) && reader_wait(collect->parts->reader, busy))
			attend(collect);
		if (atomic_load(&collect->stopping))
			break;
		take_users(collect);
		take_rules(collect);
		take_change(collect);
		take_census(collect);
		swept = sweep_once(collect->sweep);
		busy = swept != 0;
		end_census(collect, swept);
		if (atomic_load(&collect->notes))
			take_notes(collect);
		publish(collect);
	}
	take_change(collect);
	take_notes(collect);
	if (collect->leaving)
		sweep_catch_up(collect->sweep);
	else
		sweep_drain(collect->sweep);
	take_last_note(collect);
	publish(collect);
	return NULL;
}

static int open_sweep(struct collect *collect, struct err *err)
{
	struct sweep_options options = {
		.journal = collect->options.journal,
		.enrich = collect->options.enrich,
		.rules = collect->rules,
		.canaries = collect->options.canaries,
		.selected = collect->options.selected,
		.ticks_per_s = collect->options.ticks_per_s,
	};
	struct parts *parts;
	int result = new_parts(collect, collect->options.probes, &parts, err);

	if (result < 0)
		return result;
	collect->parts = parts;
	options.probes_token = probes_token(collect->options.probes);
	options.own_sequence = last_own_sequence(collect->options.journal);
	memcpy(options.rings, parts->rings, sizeof(options.rings));
	options.loss = parts->loss;
	return sweep_new(&collect->sweep, &options, err);
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
	collect->rules = options->rules;
	collect->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	collect->changed_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (collect->wake_fd < 0 || collect->changed_fd < 0)
		result = err_set(err, -errno, "cannot make an eventfd: %s", strerror(errno));
	else
		result = open_sweep(collect, err);
	if (result < 0) {
		collect_free(collect);
		return result;
	}
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
	free(collect->last_note);
}

void collect_free(struct collect *collect)
{
	if (!collect)
		return;
	free_parts(collect->parts);
	free_notes(collect);
	enrich_free(collect->options.enrich);
	free_census(collect->census);
	free_census(collect->new_census);
	users_free(atomic_exchange(&collect->new_users, NULL));
	if (collect->wake_fd >= 0)
		(void)close(collect->wake_fd);
	if (collect->changed_fd >= 0)
		(void)close(collect->changed_fd);
	rules_state_free(collect->rules);
	rules_state_free(collect->new_rules);
	rules_state_free(collect->old_rules);
	sweep_free(collect->sweep);
	free(collect);
}

void collect_snapshot(struct collect *collect, const void *record, size_t size)
{
	sweep_snapshot(collect->sweep, record, size);
}

void collect_cgroup(struct collect *collect, const struct cgroup_told *told)
{
	enrich_cgroup(collect->options.enrich, told);
}

int collect_recall(struct collect *collect, struct err *err)
{
	int result = sweep_recall(collect->sweep, err);

	enrich_reconcile_begin(collect->options.enrich); /* the snapshot is to name who lives on */
	return result;
}

void collect_snapshot_done(struct collect *collect)
{
	enrich_reconcile_end(collect->options.enrich, true);
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

void collect_begin_census(struct collect *collect)
{
	atomic_store(&collect->census_begun, false);
	atomic_store(&collect->census_wanted, true);
	wake(collect);
}

bool collect_census_begun(struct collect *collect)
{
	return atomic_load(&collect->census_begun);
}

void collect_give_census(struct collect *collect, struct buf *records)
{
	struct census_records *census = calloc(1, sizeof(*census));

	if (!census) {
		buf_done(records);
		return;
	}
	census->records = *records;
	free_census(atomic_exchange(&collect->new_census, census));
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
	free_parts(collect->parts->older);
	collect->parts->older = NULL;
	return true;
}

static struct note *new_note(const struct rec_header *record)
{
	struct note *note = malloc(sizeof(*note) + record->size);

	if (note)
		memcpy(note->aligned, record, record->size);
	return note;
}

bool collect_note(struct collect *collect, const struct rec_header *record)
{
	struct note *note;

	if (atomic_fetch_add(&collect->note_count, 1) >= NOTES_MAX || !(note = new_note(record))) {
		atomic_fetch_sub(&collect->note_count, 1);
		return false;
	}
	note->next = collect->notes;
	while (!atomic_compare_exchange_weak(&collect->notes, &note->next, note))
		continue;
	wake(collect);
	return true;
}

bool collect_last_note(struct collect *collect, const struct rec_header *record)
{
	free(collect->last_note);
	collect->last_note = new_note(record);
	return collect->last_note != NULL;
}

/*
 * The probes' numbers are read last, so that none of those seen is missing in them. Which probes
 * those are, too: who has read what was published after a change sees the parts that were put in
 * place before (published.c), and those of a later change include what the ones before counted.
 */
void collect_status(struct collect *collect, struct collect_status *ret_status)
{
	const struct reader_counters *counters;
	const struct parts *parts;
	struct loss_counted counted;

	published_read(&collect->published, ret_status, STATUS_WORDS);
	parts = atomic_load(&collect->parts);
	counters = reader_counters(parts->reader);
	loss_counted(parts->loss, &counted);
	ret_status->numbered = counted.numbered;
	ret_status->outstanding = counted.numbered - ret_status->seen;
	ret_status->wakeups = counted.wakeups;
	ret_status->read_failures = counted.read_failures;
	ret_status->map_failures = counted.map_failures;
	memcpy(ret_status->lost_kind, counted.lost_kind, sizeof(ret_status->lost_kind));
	ret_status->sleeps = parts->past_sleeps + counters->sleeps;
	ret_status->late = parts->past_late + counters->late;
	ret_status->sweeps = parts->past_sweeps + counters->sweeps;
	for (int i = 0; i < REC_RING_SHIPPER; i++) {
		ret_status->rings[i].used_bytes = ring_used_bytes(parts->rings[i]);
		ret_status->rings[i].size_bytes = ring_size_bytes(parts->rings[i]);
		ret_status->rings[i].high_water_bytes = ring_high_water_bytes(parts->rings[i]);
		ret_status->rings[i].position = ring_end(parts->rings[i]);
	}
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

void collect_leave(struct collect *collect, struct collect_status *ret_status)
{
	collect->leaving = true;
	collect_stop(collect, ret_status);
}
