/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One sweep: note how far the probes have counted; read the rings, at most until the batch is full;
 * turn each record into an entry of the batch; append the batch to the journal; give the rings
 * their room back. Must not know threads, who wakes it, or which set of probes fills the rings.
 */
#include "sweep.h"

#include "base/clock.h"
#include "base/log.h"
#include "capture/merge.h"
#include "decode/decode.h"
#include "decode/entry.h"
#include "decode/fields.h"
#include "enrich/procfs.h"
#include "journal_records.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_SIZE (768 * 1024 + 2 * ENTRY_MAX_SIZE) /* is written from 768 KiB on */
#define OFFSET_AGE_NS (100 * NS_PER_MS) /* of the sample of the wall clock's offset, at most */
#define CATCH_UP_NS (3 * NS_PER_S)      /* of what is left then the next agent is to take care */
#define RECALL_BYTES (16 << 20)         /* of the journal: some 10,000 events of processes */
#define DRAIN_NS (2 * NS_PER_S)         /* for probes at work, on a CPU that the host took away */

struct sweep {
	struct journal *journal;
	struct enrich *enrich;
	struct rules_state *rules;
	struct ring *rings[REC_RING_SHIPPER];
	struct merge merge;
	bool has_more;
	uint64_t past_overtakes; /* of the rings before */
	struct loss *loss;
	uint32_t probes_token; /* whose numbers loss has seen */
	struct canary_watch *canaries;
	uint32_t ticks_per_s;
	bool selected[REC_KINDS];

	char *batch;
	struct enriched *enriched; /* of the event at hand, ENRICH_MAX_SIZE bytes */
	size_t batch_used;
	uint32_t batch_count;
	uint32_t batch_kinds[REC_KINDS];
	struct journal_number *numbers;
	int64_t wall_offset_ns;
	uint64_t offset_sampled_ns;
	uint64_t told_aside;            /* segments of journal_set_aside */
	uint64_t own_sequence;          /* of records the shipper makes itself */
	struct sweep_counters counters; /* pending aside, which is counted when asked for */
};

static void sample_offset(struct sweep *sweep)
{
	uint64_t now = clock_boot_ns();

	if (sweep->offset_sampled_ns && now - sweep->offset_sampled_ns < OFFSET_AGE_NS)
		return;
	sweep->offset_sampled_ns = now;
	sweep->wall_offset_ns = clock_wall_offset_ns();
}

/* For one more entry of any size. */
static bool batch_has_room(const struct sweep *sweep)
{
	return BATCH_SIZE - sweep->batch_used >= ENTRY_MAX_SIZE;
}

static bool is_own(unsigned int kind)
{
	return kind_get(kind) && kind_get(kind)->of_shipper;
}

void sweep_select(struct sweep *sweep, const bool selected[REC_KINDS])
{
	for (unsigned int i = 0; i < REC_KINDS; i++)
		sweep->selected[i] = selected[i] || is_own(i);
}

/* Others only inform the process table. */
static bool is_wanted(const struct sweep *sweep, const struct rec_header *record)
{
	return sweep->selected[record->kind] && !(record->flags & REC_FLAG_EXCLUDED);
}

/* The record behind the entry, where it may still grow, and what is known of it beside. */
static enum rules_verdict apply_rules(struct sweep *sweep, const struct entry *entry,
				      struct rec_header *record)
{
	struct rules_subject subject = {
		.entry = entry,
		.record = record,
		.record_room = REC_MAX_SIZE,
		.enriched = sweep->enriched,
		.enriched_room = ENRICH_MAX_SIZE,
		.only_mask = !is_wanted(sweep, record),
	};
	enum rules_verdict verdict;

	if (!sweep->rules)
		return RULES_KEEP;
	verdict = rules_apply(sweep->rules, &subject);
	if (subject.args_masked)
		enrich_forget_args(sweep->enrich, record);
	return verdict;
}

static void keep_entry(struct sweep *sweep, struct entry *entry, const struct rec_header *record)
{
	entry_finish(entry, sweep->enriched);
	sweep->batch_used += entry->size;
	sweep->batch_count++;
	sweep->batch_kinds[record->kind]++;
}

/* Appends a checked record to the batch as an entry, unless its kind was not asked for, or a filter
 * or a rule does not want it. */
static void batch_add(struct sweep *sweep, const struct rec_header *record)
{
	struct entry *entry = (struct entry *)(sweep->batch + sweep->batch_used);
	struct rec_header *copy = (struct rec_header *)(entry + 1);
	enum rules_verdict verdict;

	memcpy(copy, record, record->size);
	record_resolve_paths(copy);
	(void)enrich_event(sweep->enrich, copy, sweep->wall_offset_ns, sweep->enriched);
	if (!kind_get(copy->kind)->journalled) {
		sweep->counters.not_selected++;
		return;
	}
	*entry = (struct entry){
		.sequence = journal_next_sequence(sweep->journal) + sweep->batch_count,
		.created_ns = clock_boot_ns() + (uint64_t)sweep->wall_offset_ns,
		.wall_offset_ns = sweep->wall_offset_ns,
	};
	if (sweep->canaries && canary_watch_takes(sweep->canaries, copy)) {
		sweep->counters.canaries++;
		return;
	}
	verdict = apply_rules(sweep, entry, copy);
	if (!sweep->selected[copy->kind])
		sweep->counters.not_selected++;
	else if (copy->flags & REC_FLAG_EXCLUDED)
		sweep->counters.excluded++;
	else if (verdict == RULES_KEEP)
		keep_entry(sweep, entry, copy);
}

static void batch_add_own(struct sweep *sweep, struct rec_header *record)
{
	record->ring = REC_RING_SHIPPER;
	record->sequence = ++sweep->own_sequence;
	record->time_ns = clock_boot_ns();
	batch_add(sweep, record);
}

bool sweep_add_lost(struct sweep *sweep, const struct rec_lost *lost)
{
	struct rec_lost record = *lost;

	if (!batch_has_room(sweep))
		return false;

	record.header = (struct rec_header){
		.size = sizeof(record),
		.kind = REC_LOST,
		.abi = REC_ABI,
	};
	batch_add_own(sweep, &record.header);
	return true;
}

/* Also those of the shipper's own records: they go on in the same stream. */
static uint32_t list_numbers(struct sweep *sweep)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < loss_slots(sweep->loss); i++) {
		struct journal_number *number = &sweep->numbers[count];

		number->sequence =
			loss_last_seen(sweep->loss, i, &number->ring, &number->class, &number->cpu);
		number->probes = sweep->probes_token;
		if (number->sequence)
			count++;
	}
	if (sweep->own_sequence)
		sweep->numbers[count++] = (struct journal_number){
			.ring = REC_RING_SHIPPER,
			.probes = sweep->probes_token,
			.sequence = sweep->own_sequence,
		};
	return count;
}

/* The journal has it. */
static void clear_batch(struct sweep *sweep)
{
	for (int i = 0; i < REC_KINDS; i++) {
		sweep->counters.events[i] += sweep->batch_kinds[i];
		sweep->batch_kinds[i] = 0;
	}
	sweep->batch_used = 0;
	sweep->batch_count = 0;
}

static void tell_of_journal(struct sweep *sweep, int result, const struct err *err)
{
	uint64_t set_aside = journal_set_aside(sweep->journal);

	if (result < 0 && !sweep->counters.journal_failing)
		log_error("the journal takes no events, they wait in the rings: %s", err->text);
	if (result == 0 && sweep->counters.journal_failing)
		log_info("the journal takes events again");
	sweep->counters.journal_failing = result < 0;
	if (set_aside != sweep->told_aside)
		log_warning("journal: its directory is another one now and holds an older journal: "
			    "%llu segments of that are kept there as *.older, and are not "
			    "delivered",
			    (unsigned long long)(set_aside - sweep->told_aside));
	sweep->told_aside = set_aside;
}

int sweep_flush(struct sweep *sweep)
{
	struct journal_batch batch = {
		.entries = sweep->batch,
		.size = sweep->batch_used,
		.first_sequence = journal_next_sequence(sweep->journal),
		.count = sweep->batch_count,
		.numbers = sweep->numbers,
	};
	struct err err;
	int result = 0;

	if (sweep->batch_count > 0) {
		batch.number_count = list_numbers(sweep);
		result = journal_append(sweep->journal, &batch, &err);
	}
	tell_of_journal(sweep, result, &err);
	if (result < 0)
		return result;
	sweep->counters.journal_bytes += batch.size;
	journal_gaps_told(sweep->journal);
	clear_batch(sweep);
	loss_commit(
		sweep->loss); /* before the release: an agent that is killed in between goes on */
	merge_release(&sweep->merge);
	return 0;
}

bool sweep_add_own(struct sweep *sweep, struct rec_header *record)
{
	if (!batch_has_room(sweep) && sweep_flush(sweep) < 0)
		return false;
	batch_add_own(sweep, record);
	return true;
}

/* When its number can be its own it has arrived, whatever the rest of it is worth. */
static void reject(struct sweep *sweep, const struct rec_header *record, size_t size)
{
	bool numbered = size >= sizeof(*record) && loss_believes(sweep->loss, record);

	if (numbered && !loss_saw(sweep->loss, record))
		return; /* it was rejected before */
	sweep->counters.rejected++;
	sweep->counters.unnumbered += !numbered;
}

/*
 * What rules have held back is an event of the stream: what is due, or everything. Needs the
 * journal when the batch has no room; then -EAGAIN says that some is left.
 */
static int add_limited(struct sweep *sweep, bool everything)
{
	union {
		struct rec_header header;
		char bytes[RULES_LIMITED_MAX];
	} record;

	if (!sweep->rules)
		return 0;
	for (;;) {
		if (!batch_has_room(sweep) && sweep_flush(sweep) < 0)
			return -EAGAIN;
		if (!rules_take_limited(sweep->rules, clock_boot_ns(), everything, &record.header))
			return 0;
		batch_add_own(sweep, &record.header);
	}
}

/* What sinks never get is an event of the stream. */
static void add_gaps(struct sweep *sweep)
{
	struct journal_gap gap;
	struct own_record record;

	while (batch_has_room(sweep) && journal_take_gap(sweep->journal, &gap)) {
		journal_record_expired(&record, &gap);
		batch_add_own(sweep, &record.header);
	}
}

int sweep_add_limited(struct sweep *sweep)
{
	return add_limited(sweep, true);
}

static void take_record(struct sweep *sweep, const void *data, size_t size)
{
	const struct rec_header *record = data;
	const char *why;

	if (record_check(data, size, &why) < 0) {
		reject(sweep, record, size);
		log_debug("a record of %zu bytes was rejected: %s", size, why);
		return;
	}
	if (loss_saw(sweep->loss, record))
		batch_add(sweep, record);
}

/* take_record adds at most two entries: a loss and the record */
static bool batch_is_full(const struct sweep *sweep)
{
	return BATCH_SIZE - sweep->batch_used < 2 * ENTRY_MAX_SIZE;
}

/* One turn of the merge: the rings are never far behind the batch, so that a vital one that fills
 * has its room again after each. */
static int read_rings(struct sweep *sweep, bool *ret_full)
{
	int count = 0;
	const void *record;
	size_t size;

	merge_begin(&sweep->merge, clock_boot_ns());
	while (!batch_is_full(sweep) && merge_next(&sweep->merge, &record, &size)) {
		take_record(sweep, record, size);
		count++;
	}
	*ret_full = batch_is_full(sweep);
	return count;
}

int sweep_once(struct sweep *sweep)
{
	int count, result;
	bool full;

	sweep->has_more = false;
	if (sweep->batch_count > 0 && sweep_flush(sweep) < 0)
		return -EAGAIN;
	sample_offset(sweep);
	enrich_poll(sweep->enrich);
	loss_begin_sweep(sweep->loss);
	count = read_rings(sweep, &full);
	result = full ? sweep_flush(sweep) : 0;
	if (result < 0)
		return result;
	loss_end_sweep(sweep->loss);
	result = add_limited(sweep, false);
	if (result == 0)
		add_gaps(sweep);
	if (result == 0)
		result = sweep_flush(sweep);
	if (result < 0)
		return result;
	sweep->has_more = full || merge_has_more(&sweep->merge);
	return count;
}

bool sweep_has_more(const struct sweep *sweep)
{
	return sweep->has_more;
}

/* Numbers that were taken and have neither arrived nor been told as lost. */
static uint64_t count_outstanding(const struct sweep *sweep)
{
	struct loss_counted counted;

	loss_counted(sweep->loss, &counted);
	return counted.numbered - loss_account(sweep->loss)->seen;
}

/* After a flush the batch has room for more of it. */
static int give_up(struct sweep *sweep)
{
	bool told;
	int result;

	do {
		told = loss_give_up(sweep->loss);
		result = sweep_flush(sweep);
	} while (result == 0 && !told);
	return result;
}

/* One that was at work when the probes were detached may have a record to finish. */
int sweep_empty_rings(struct sweep *sweep)
{
	uint64_t deadline_ns = clock_mono_ns() + DRAIN_NS;
	int result;

	do
		result = sweep_once(sweep);
	while (result > 0 || sweep->has_more ||
	       (result == 0 && count_outstanding(sweep) > 0 && clock_mono_ns() < deadline_ns));
	return result == 0 && count_outstanding(sweep) > 0 ? give_up(sweep) : result;
}

static void count_unjournalled_of(struct sweep *sweep, struct ring *ring)
{
	uint64_t end = ring_end(ring);
	const void *record;
	const char *why;
	size_t size;

	while (ring_next(ring, end, &record, &size)) {
		const struct rec_header *header = record;

		if (record_check(record, size, &why) < 0)
			reject(sweep, record, size);
		else if (is_wanted(sweep, header))
			sweep->counters.unjournalled++;
	}
}

/* The journal takes nothing any more: counts what it did not get, in the batch and in the rings. */
static void count_unjournalled(struct sweep *sweep)
{
	sweep->counters.unjournalled += sweep->batch_count;
	for (int i = 0; i < REC_RING_SHIPPER; i++)
		count_unjournalled_of(sweep, sweep->rings[i]);
}

void sweep_drain(struct sweep *sweep)
{
	int result = sweep_empty_rings(sweep);

	if (result == 0)
		result = sweep_add_limited(sweep);
	if (result == 0)
		result = sweep_flush(sweep);
	if (result < 0)
		count_unjournalled(sweep);
}

static bool is_behind(const struct sweep *sweep, const uint64_t ends[REC_RING_SHIPPER])
{
	bool behind = false;

	for (int i = 0; i < REC_RING_SHIPPER; i++)
		behind |= ring_position(sweep->rings[i]) < ends[i];
	return behind;
}

void sweep_catch_up(struct sweep *sweep)
{
	uint64_t deadline_ns = clock_mono_ns() + CATCH_UP_NS, ends[REC_RING_SHIPPER];
	int result;

	for (int i = 0; i < REC_RING_SHIPPER; i++)
		ends[i] = ring_end(sweep->rings[i]);
	do
		result = sweep_once(sweep);
	while (result >= 0 && is_behind(sweep, ends) && clock_mono_ns() < deadline_ns);
	if (result >= 0)
		result = sweep_add_limited(sweep);
	if (result == 0)
		(void)sweep_flush(sweep);
}

/* Events of the shipper's own: no probe has numbered them. */
static uint32_t own_in_batch(const struct sweep *sweep)
{
	uint32_t count = 0;

	for (unsigned int i = 0; i < REC_KINDS; i++)
		count += is_own(i) ? sweep->batch_kinds[i] : 0;
	return count;
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
static void read_args(const struct sweep *sweep, const struct rec_id *id, char args[IMAGE_ARGS_MAX],
		      struct image *ret_image)
{
	uint64_t ticks, tick_ns = NS_PER_S / sweep->ticks_per_s;
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

void sweep_snapshot(struct sweep *sweep, const void *data, size_t size)
{
	struct rec_snapshot *record = (struct rec_snapshot *)sweep->batch;
	char bytes[2 * IMAGE_ARGS_MAX]; /* *** may take more room than what it hides */
	struct rules_args args = {.bytes = bytes, .room = sizeof(bytes)};
	struct image image;
	const char *why;

	if (record_check(data, size, &why) < 0) {
		sweep->counters.rejected++;
		sweep->counters.unnumbered++;
		return;
	}
	memcpy(record, data, size);
	record_resolve_paths(&record->header);
	read_args(sweep, &record->task.id, bytes, &image);
	args.length = image.args_length;
	args.full = image.args_full;
	if (sweep->rules)
		rules_mask_snapshot(sweep->rules, &record->header, &args);
	image.args_length = args.length;
	image.args_full = args.full;
	image.args_masked = args.masked;
	enrich_snapshot(sweep->enrich, record, sweep->wall_offset_ns, &image);
}

static void recall_batch(void *data, const struct journal_batch *batch)
{
	const struct entry *entry = batch->entries;
	struct sweep *sweep = data;
	size_t left = batch->size;

	while (left >= sizeof(*entry)) {
		struct event event;
		const char *why;

		if (entry_parse(entry, left, batch->stream, &event, &why) == 0) {
			enrich_recall(sweep->enrich, &event);
			sweep->counters.recalled++;
		}
		if (entry->size < sizeof(*entry) || entry->size > left)
			break;
		left -= entry->size;
		entry = (const struct entry *)(const void *)((const char *)entry + entry->size);
	}
}

/* Rules may hide today what they did not then. */
int sweep_recall(struct sweep *sweep, struct err *err)
{
	int result = journal_recall(sweep->journal, RECALL_BYTES, recall_batch, sweep, err);

	sweep_use_rules(sweep, sweep->rules);
	return result;
}

bool sweep_census(struct sweep *sweep, struct buf *records, size_t *at)
{
	static const struct image no_args = {.args = ""};
	struct rec_header *header = (struct rec_header *)(void *)(records->data + *at);
	size_t left = records->length - *at;
	const char *why;

	if (left < sizeof(*header) || header->size < sizeof(*header) || header->size > left)
		return false;
	*at += header->size;
	if (record_check(header, header->size, &why) < 0 || header->kind != REC_SNAPSHOT)
		return true;
	record_resolve_paths(header);
	enrich_snapshot(sweep->enrich, (const struct rec_snapshot *)header, sweep->wall_offset_ns,
			&no_args);
	return true;
}

void sweep_counters(const struct sweep *sweep, struct sweep_counters *ret_counters)
{
	*ret_counters = sweep->counters;
	ret_counters->pending = sweep->batch_count - own_in_batch(sweep);
	ret_counters->overtakes = sweep->past_overtakes + sweep->merge.overtakes;
}

void sweep_read_from(struct sweep *sweep, struct ring *const rings[REC_RING_SHIPPER],
		     struct loss *loss, uint32_t probes_token)
{
	sweep->past_overtakes += sweep->merge.overtakes;
	memcpy(sweep->rings, rings, sizeof(sweep->rings));
	merge_init(&sweep->merge, rings[REC_RING_VITAL], rings[REC_RING_BULK]);
	sweep->loss = loss;
	sweep->probes_token = probes_token;
}

static bool mask_image(void *data, struct image *image, char *bytes)
{
	struct rules_args args = {
		.bytes = bytes,
		.room = PROCESS_REWRITE_ROOM,
		.length = image->args_length,
		.full = image->args_full,
	};

	rules_mask_remembered(data, image->executable, image->executable_length, &args);
	image->args_length = args.length;
	image->args_full = args.full;
	image->args_masked |= args.masked;
	return args.masked;
}

void sweep_use_rules(struct sweep *sweep, struct rules_state *rules)
{
	sweep->rules = rules;
	if (rules && rules_mask(rules))
		enrich_rewrite_args(sweep->enrich, mask_image, rules);
}

int sweep_new(struct sweep **ret_sweep, const struct sweep_options *options, struct err *err)
{
	struct sweep *sweep = calloc(1, sizeof(*sweep));

	if (!sweep)
		return err_set(err, -ENOMEM, "no memory for a batch of events");
	sweep->journal = options->journal;
	sweep->enrich = options->enrich;
	sweep->canaries = options->canaries;
	sweep->ticks_per_s = options->ticks_per_s;
	sweep_use_rules(sweep, options->rules);
	sweep_read_from(sweep, options->rings, options->loss, options->probes_token);
	sweep->own_sequence = options->own_sequence;
	sweep_select(sweep, options->selected);
	sweep->batch = malloc(BATCH_SIZE);
	sweep->enriched = malloc(ENRICH_MAX_SIZE);
	sweep->numbers = calloc(loss_slots(sweep->loss) + 1, sizeof(*sweep->numbers));
	if (!sweep->batch || !sweep->enriched || !sweep->numbers) {
		sweep_free(sweep);
		return err_set(err, -ENOMEM, "no memory for a batch of events");
	}
	sample_offset(sweep);
	*ret_sweep = sweep;
	return 0;
}

void sweep_free(struct sweep *sweep)
{
	if (!sweep)
		return;
	free(sweep->numbers);
	free(sweep->enriched);
	free(sweep->batch);
	free(sweep);
}
