/* SPDX-License-Identifier: BSD-2-Clause */
/* Which numbers are told as lost: by examples, and against a model of probes and ring. */
#include "capture/loss.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CPUS 3
#define SLOTS (REC_RING_SHIPPER * REC_CLASSES * CPUS)
#define TOLD_MAX 64

static struct rec_counts counts[SLOTS];

static struct {
	struct loss *loss;
	struct rec_lost told[TOLD_MAX];
	unsigned int count;
	bool refuse;
	unsigned int refused;
} made;

static bool take_lost(void *data, const struct rec_lost *lost)
{
	assert_ptr_equal(data, &made);
	if (made.refuse) {
		made.refused++;
		return false;
	}
	assert_true(made.count < TOLD_MAX);
	made.told[made.count++] = *lost;
	return true;
}

static int make_loss(void **state)
{
	(void)state;
	memset(counts, 0, sizeof(counts));
	memset(&made, 0, sizeof(made));
	return loss_new(&made.loss, counts, CPUS, take_lost, &made);
}

static int remove_loss(void **state)
{
	(void)state;
	loss_free(made.loss);
	return 0;
}

static struct rec_counts *slot(unsigned int ring, unsigned int class, unsigned int cpu)
{
	return &counts[(ring * REC_CLASSES + class) * CPUS + cpu];
}

static void take_numbers(struct rec_counts *own, uint64_t arrived, uint64_t ring_full,
			 uint64_t no_scratch)
{
	own->sequence += arrived + ring_full + no_scratch;
	own->lost[REC_LOSS_RING_FULL] += ring_full;
	own->lost[REC_LOSS_NO_SCRATCH] += no_scratch;
}

static void see(unsigned int ring, unsigned int class, uint32_t cpu, uint64_t sequence)
{
	const struct rec_header header = {
		.ring = (uint8_t)ring,
		.class = (uint8_t) class,
		.cpu = cpu,
		.sequence = sequence,
		.time_ns = 1000 + sequence,
	};

	loss_saw(made.loss, &header);
}

static void sweep(void)
{
	loss_begin_sweep(made.loss);
	loss_end_sweep(made.loss);
}

static void assert_told(unsigned int index, uint64_t first, uint64_t last, unsigned int reason,
			uint64_t total)
{
	const struct rec_lost *lost = &made.told[index];

	assert_true(made.count > index);
	assert_int_equal(lost->first, first);
	assert_int_equal(lost->last, last);
	assert_int_equal(lost->count, last - first + 1);
	assert_int_equal(lost->reason, reason);
	assert_int_equal(lost->total, total);
}

static void assert_totals(uint64_t numbered, uint64_t arrived, uint64_t lost)
{
	struct loss_counted counted;

	loss_counted(made.loss, &counted);
	assert_int_equal(counted.numbered, numbered);
	assert_int_equal(loss_account(made.loss)->arrived, arrived);
	assert_int_equal(loss_account(made.loss)->lost, lost);
}

static void numbers_without_a_gap_tell_nothing(void **state)
{
	(void)state;
	for (uint64_t i = 1; i <= 5; i++) {
		take_numbers(&counts[0], 1, 0, 0);
		see(0, 0, 0, i);
		sweep();
	}
	assert_int_equal(made.count, 0);
	assert_totals(5, 5, 0);
}

static void a_gap_is_told_when_a_later_number_arrives(void **state)
{
	(void)state;
	take_numbers(&counts[0], 4, 3, 0);
	see(0, 0, 0, 1);
	see(0, 0, 0, 2);
	see(0, 0, 0, 6);
	see(0, 0, 0, 7);
	assert_int_equal(made.count, 1);
	assert_told(0, 3, 5, REC_LOSS_RING_FULL, 3);
	assert_int_equal(made.told[0].window_start_ns, 1002);
	assert_int_equal(made.told[0].window_end_ns, 1006);
	sweep();
	assert_int_equal(made.count, 1);
	assert_totals(7, 4, 3);
}

static void what_is_given_up_is_told_once(void **state)
{
	(void)state;
	take_numbers(&counts[0], 3, 2, 0); /* the second is never finished */
	see(0, 0, 0, 1);
	take_numbers(slot(1, 0, 2), 1, 0, 0);
	sweep();
	assert_int_equal(made.count, 0);
	made.refuse = true;
	assert_false(loss_give_up(made.loss));
	assert_totals(6, 1, 0);
	made.refuse = false;
	assert_true(loss_give_up(made.loss));
	assert_true(loss_give_up(made.loss));
	assert_int_equal(made.count, 2);
	assert_told(0, 2, 5, REC_LOSS_RING_FULL, 4);
	assert_told(1, 1, 1, REC_LOSS_RING_FULL, 1);
	assert_int_equal(made.told[1].ring, 1);
	assert_int_equal(loss_account(made.loss)->lost_reason[REC_LOSS_RING_FULL], 2);
	assert_totals(6, 1, 5);
}

static void a_gap_at_the_tail_is_told_by_the_sweep(void **state)
{
	uint64_t before_ns = clock_boot_ns();

	(void)state;
	take_numbers(&counts[0], 2, 4, 0);
	see(0, 0, 0, 1);
	see(0, 0, 0, 2);
	sweep();
	assert_int_equal(made.count, 1);
	assert_told(0, 3, 6, REC_LOSS_RING_FULL, 4);
	assert_int_equal(made.told[0].window_start_ns, 1002);
	assert_true(made.told[0].window_end_ns >= before_ns);
	sweep();
	assert_int_equal(made.count, 1);
	assert_totals(6, 2, 4);
}

static void a_loss_before_anything_arrived_started_with_the_account(void **state)
{
	(void)state;
	take_numbers(&counts[0], 0, 2, 0);
	sweep();
	assert_told(0, 1, 2, REC_LOSS_RING_FULL, 2);
	assert_true(made.told[0].window_start_ns > 0);
	assert_true(made.told[0].window_start_ns <= made.told[0].window_end_ns);
}

static void a_number_that_is_still_being_written_is_not_told(void **state)
{
	(void)state;
	take_numbers(&counts[0], 1, 2, 0);
	counts[0].sequence++; /* the fourth: neither here nor lost */
	see(0, 0, 0, 1);
	sweep();
	assert_int_equal(made.count, 0);
	see(0, 0, 0, 4);
	assert_int_equal(made.count, 1);
	assert_told(0, 2, 3, REC_LOSS_RING_FULL, 2);
	sweep();
	assert_int_equal(made.count, 1);
}

static void each_ring_class_and_cpu_counts_for_itself(void **state)
{
	(void)state;
	for (unsigned int ring = 0; ring < REC_RING_SHIPPER; ring++)
		for (unsigned int class = 0; class < REC_CLASSES; class ++)
			for (uint32_t cpu = 0; cpu < CPUS; cpu++)
				take_numbers(slot(ring, class, cpu), 0, 1 + cpu, 0);
	sweep();
	assert_int_equal(made.count, SLOTS);
	for (unsigned int i = 0; i < SLOTS; i++) {
		assert_told(i, 1, 1 + i % CPUS, REC_LOSS_RING_FULL, 1 + i % CPUS);
		assert_int_equal(made.told[i].cpu, i % CPUS);
		assert_int_equal(made.told[i].class, i / CPUS % REC_CLASSES);
		assert_int_equal(made.told[i].ring, i / CPUS / REC_CLASSES);
	}
}

static void the_last_number_of_each_slot_can_be_asked_for(void **state)
{
	uint8_t ring, class;
	uint16_t cpu;

	(void)state;
	assert_int_equal(loss_slots(made.loss), SLOTS);
	see(REC_RING_BULK, REC_CLASS_SOFTIRQ, 2, 1);
	see(REC_RING_BULK, REC_CLASS_SOFTIRQ, 2, 2);
	for (uint32_t i = 0; i < SLOTS; i++) {
		uint64_t last = loss_last_seen(made.loss, i, &ring, &class, &cpu);
		bool is_it = ring == REC_RING_BULK && class == REC_CLASS_SOFTIRQ && cpu == 2;

		assert_int_equal(i, (ring * REC_CLASSES + class) * CPUS + cpu);
		assert_int_equal(last, is_it ? 2 : 0);
	}
}

static void a_record_of_no_such_slot_is_ignored(void **state)
{
	(void)state;
	see(0, 0, CPUS, 5);
	see(0, 0, UINT32_MAX, 5);
	see(REC_RING_SHIPPER, 0, 0, 5);
	see(255, 255, UINT32_MAX, 5);
	assert_int_equal(made.count, 0);
	assert_totals(0, 0, 0);
}

static void each_loss_has_the_reason_that_explains_most_of_it(void **state)
{
	(void)state;
	take_numbers(&counts[0], 0, 3, 0);
	sweep();
	assert_told(0, 1, 3, REC_LOSS_RING_FULL, 3);
	take_numbers(&counts[0], 0, 0, 2);
	sweep();
	assert_told(1, 4, 5, REC_LOSS_NO_SCRATCH, 5);
	take_numbers(&counts[0], 0, 1, 0);
	sweep();
	assert_told(2, 6, 6, REC_LOSS_RING_FULL, 6);
}

static void two_reasons_in_one_gap_do_not_spoil_the_next(void **state)
{
	(void)state;
	take_numbers(&counts[0], 0, 2, 1);
	sweep();
	assert_told(0, 1, 3, REC_LOSS_RING_FULL, 3);
	take_numbers(&counts[0], 0, 0, 4);
	sweep();
	assert_told(1, 4, 7, REC_LOSS_NO_SCRATCH, 7);
	take_numbers(&counts[0], 0, 5, 0);
	sweep();
	assert_told(2, 8, 12, REC_LOSS_RING_FULL, 12);
}

/* A record that was rejected leaves a gap that the probes know nothing of. */
static void a_gap_that_no_probe_counted_does_not_hide_a_later_loss(void **state)
{
	(void)state;
	take_numbers(&counts[0], 3, 0, 0);
	see(0, 0, 0, 1);
	see(0, 0, 0, 3);
	assert_told(0, 2, 2, REC_LOSS_RING_FULL, 1);
	take_numbers(&counts[0], 0, 0, 2);
	sweep();
	assert_int_equal(made.count, 2);
	assert_told(1, 4, 5, REC_LOSS_NO_SCRATCH, 3);
	assert_totals(5, 2, 3);
}

static void a_loss_that_was_refused_is_told_once_later(void **state)
{
	(void)state;
	take_numbers(&counts[0], 1, 2, 0);
	see(0, 0, 0, 1);
	made.refuse = true;
	sweep();
	sweep();
	assert_int_equal(made.refused, 2);
	assert_totals(3, 1, 0);
	take_numbers(&counts[0], 0, 1, 0);
	made.refuse = false;
	sweep();
	sweep();
	assert_int_equal(made.count, 1);
	assert_told(0, 2, 4, REC_LOSS_RING_FULL, 3);
	assert_totals(4, 1, 3);
}

static void a_number_that_comes_again_changes_nothing(void **state)
{
	(void)state;
	take_numbers(&counts[0], 5, 0, 0);
	for (uint64_t i = 1; i <= 5; i++)
		see(0, 0, 0, i);
	see(0, 0, 0, 2);
	take_numbers(&counts[0], 1, 0, 0);
	see(0, 0, 0, 6);
	assert_int_equal(made.count, 0);
}

/* The map's page with the counters of loss; a probe takes and loses a number while we read it. */
static struct {
	struct rec_counts *counts;
	void *page;
	size_t page_size;
	bool happened;
} race;

static void lose_one_more(int number)
{
	(void)number;
	(void)mprotect(race.page, race.page_size, PROT_READ | PROT_WRITE);
	race.counts->sequence++;
	race.counts->lost[REC_LOSS_RING_FULL]++;
	race.happened = true;
}

/* One slot whose sequence is the last of a page, so that the losses beside it can be fenced off. */
static void make_racing_counts(void)
{
	char *memory;

	race.page_size = (size_t)sysconf(_SC_PAGESIZE);
	memory = mmap(NULL, 2 * race.page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		      -1, 0);
	assert_ptr_not_equal(memory, MAP_FAILED);
	race.page = memory + race.page_size;
	race.counts = (void *)(memory + race.page_size - sizeof(race.counts->sequence));
	race.happened = false;
}

static void a_number_in_the_ring_is_not_taken_for_one_lost_meanwhile(void **state)
{
	struct sigaction action = {.sa_handler = lose_one_more}, before;
	struct loss *loss;

	(void)state;
	make_racing_counts();
	assert_int_equal(loss_new(&loss, race.counts, 1, take_lost, &made), 0);
	race.counts->sequence = 1; /* it waits in the ring behind one that is being written */
	assert_int_equal(sigaction(SIGSEGV, &action, &before), 0);
	assert_int_equal(mprotect(race.page, race.page_size, PROT_NONE), 0);
	loss_begin_sweep(loss);
	assert_int_equal(sigaction(SIGSEGV, &before, NULL), 0);
	assert_true(race.happened);
	loss_end_sweep(loss);
	assert_int_equal(made.count, 0);
	loss_saw(loss, &(struct rec_header){.sequence = 1, .time_ns = 5});
	loss_begin_sweep(loss);
	loss_end_sweep(loss);
	assert_int_equal(made.count, 1);
	assert_told(0, 2, 2, REC_LOSS_RING_FULL, 1);
	loss_free(loss);
	assert_int_equal(munmap((char *)race.page - race.page_size, 2 * race.page_size), 0);
}

static void the_totals_add_up_the_slots(void **state)
{
	struct loss_counted counted;

	(void)state;
	counts[0].wakeups = 3;
	counts[SLOTS - 1].wakeups = 4;
	counts[1].read_failures = 5;
	counts[2].sequence = 6;
	loss_counted(made.loss, &counted);
	assert_int_equal(counted.wakeups, 7);
	assert_int_equal(counted.read_failures, 5);
	assert_int_equal(counted.numbered, 6);
}

#define STEPS 100000

enum fate { NOT_TAKEN, IN_FLIGHT, IN_RING, ARRIVED, LOST, TOLD };

/* The probes and one ring: per slot the fate of each number; the ring keeps the order of all. */
static struct {
	uint8_t fate[SLOTS][STEPS + 2];
	bool in_flight[SLOTS];
	struct {
		uint32_t slot;
		uint64_t number;
	} ring[STEPS];
	size_t written, read;
	uint64_t lost, told, arrived;
	uint64_t seed;
	bool may_refuse;
} model;

static uint32_t roll(uint32_t sides)
{
	model.seed = model.seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(model.seed >> 33) % sides;
}

static bool check_lost(void *data, const struct rec_lost *lost)
{
	uint32_t index = ((uint32_t)lost->ring * REC_CLASSES + lost->class) * CPUS + lost->cpu;

	(void)data;
	if (model.may_refuse && roll(3) == 0)
		return false;
	assert_true(index < SLOTS);
	for (uint64_t i = lost->first; i <= lost->last; i++) {
		assert_int_equal(model.fate[index][i], LOST);
		model.fate[index][i] = TOLD;
	}
	assert_int_equal(lost->count, lost->last - lost->first + 1);
	model.told += lost->count;
	return true;
}

/* A probe takes a number, or what it took last reaches the ring or does not. */
static void step_probe(uint32_t index)
{
	struct rec_counts *own = &counts[index];
	uint8_t *fate = model.fate[index];

	if (!model.in_flight[index]) {
		model.in_flight[index] = true;
		fate[++own->sequence] = IN_FLIGHT;
		return;
	}
	model.in_flight[index] = false;
	if (roll(4) == 0) {
		fate[own->sequence] = LOST;
		own->lost[roll(REC_LOSS_REASONS)]++;
		model.lost++;
		return;
	}
	fate[own->sequence] = IN_RING;
	model.ring[model.written].slot = index;
	model.ring[model.written++].number = own->sequence;
}

static void read_one(struct loss *loss)
{
	uint32_t index = model.ring[model.read].slot;
	uint64_t number = model.ring[model.read++].number;
	const struct rec_header header = {
		.ring = (uint8_t)(index / CPUS / REC_CLASSES),
		.class = (uint8_t)(index / CPUS % REC_CLASSES),
		.cpu = index % CPUS,
		.sequence = number,
		.time_ns = number,
	};

	model.may_refuse = false;
	model.fate[index][number] = ARRIVED;
	model.arrived++;
	loss_saw(loss, &header);
}

/* Reads all there is or only some, as when a record is still being written; probes go on. */
static void step_reader(struct loss *loss)
{
	size_t end;

	loss_begin_sweep(loss);
	if (roll(2))
		step_probe(roll(SLOTS));
	end = roll(2) ? model.written : model.read + (model.written - model.read) / 2;
	while (model.read < end)
		read_one(loss);
	if (roll(2))
		step_probe(roll(SLOTS));
	model.may_refuse = true;
	loss_end_sweep(loss);
}

static void settle(struct loss *loss)
{
	for (uint32_t i = 0; i < SLOTS; i++)
		if (model.in_flight[i])
			step_probe(i);
	while (model.read < model.written)
		read_one(loss);
	loss_begin_sweep(loss);
	model.may_refuse = false;
	loss_end_sweep(loss);
}

static uint64_t count_numbers(void)
{
	uint64_t numbers = 0;

	for (uint32_t i = 0; i < SLOTS; i++)
		numbers += counts[i].sequence;
	return numbers;
}

static void a_hundred_thousand_steps_agree_with_the_model(void **state)
{
	struct loss *loss;

	(void)state;
	memset(&model, 0, sizeof(model));
	model.seed = 42;
	assert_int_equal(loss_new(&loss, counts, CPUS, check_lost, NULL), 0);
	for (int i = 0; i < STEPS; i++) {
		if (roll(8) == 0)
			step_reader(loss);
		else
			step_probe(roll(SLOTS));
	}
	assert_true(model.lost > STEPS / 20 && model.arrived > STEPS / 20);
	settle(loss);
	loss_free(made.loss);
	made.loss = loss;
	assert_int_equal(model.told, model.lost);
	assert_int_equal(count_numbers(), model.arrived + model.lost);
	assert_totals(count_numbers(), model.arrived, model.lost);
}

static struct rec_progress progress[SLOTS];

/* The reader before is gone, however it went; another one goes on with the same set of probes. */
static void restart(void)
{
	loss_free(made.loss);
	assert_int_equal(loss_new(&made.loss, counts, CPUS, take_lost, &made), 0);
	loss_resume(made.loss, progress, 7);
	made.count = 0;
}

/* The same, and the journal has that number of the first slot. */
static void restart_with(uint64_t journalled)
{
	loss_note_journalled(progress, CPUS, &(struct rec_header){.sequence = journalled});
	restart();
}

static int make_resumed(void **state)
{
	int result = make_loss(state);

	memset(progress, 0, sizeof(progress));
	if (result == 0)
		restart();
	return result;
}

static bool takes(uint64_t sequence)
{
	const struct rec_header header = {.sequence = sequence, .time_ns = 1000 + sequence};

	return loss_saw(made.loss, &header);
}

static void a_new_reader_goes_on_where_the_one_before_has_come_to(void **state)
{
	(void)state;
	take_numbers(&counts[0], 3, 2, 0);
	assert_true(takes(1) && takes(2) && takes(5));
	assert_told(0, 3, 4, REC_LOSS_RING_FULL, 2);
	loss_commit(made.loss);
	restart();
	assert_totals(0, 0, 0);
	take_numbers(&counts[0], 1, 0, 3);
	assert_true(takes(9));
	assert_int_equal(made.count, 1);
	assert_told(0, 6, 8, REC_LOSS_NO_SCRATCH, 5);
	assert_int_equal(made.told[0].generation, 7);
	assert_int_equal(made.told[0].window_start_ns,
			 1005); /* that is when the last one arrived */
	assert_totals(4, 1, 3);
}

static void what_was_not_committed_is_seen_again(void **state)
{
	(void)state;
	take_numbers(&counts[0], 2, 0, 0);
	assert_true(takes(1));
	loss_commit(made.loss);
	assert_true(takes(2));
	restart();
	assert_false(takes(1));
	assert_true(takes(2));
	assert_totals(1, 1, 0);
}

/* Killed between the append and the commit: the journal's vector knows more. */
static void what_the_journal_has_is_neither_taken_nor_told_again(void **state)
{
	(void)state;
	take_numbers(&counts[0], 4, 3, 0);
	assert_true(takes(1));
	loss_commit(made.loss);
	assert_true(takes(2) && takes(5)); /* 3 and 4 are told, 6 as well, by the sweep */
	assert_true(takes(7));
	restart_with(7);
	assert_totals(0, 0, 0);
	assert_false(takes(2) || takes(5) || takes(7));
	assert_int_equal(made.count, 0);
	take_numbers(&counts[0], 1, 1, 0);
	assert_true(takes(9));
	assert_told(0, 8, 8, REC_LOSS_RING_FULL, 4);
	assert_totals(2, 1, 1);
}

/* The next agent may be killed as well, and by then the journal's vector may be another set's. */
static void what_the_journal_once_had_is_remembered(void **state)
{
	(void)state;
	take_numbers(&counts[0], 3, 0, 0);
	assert_true(takes(1));
	loss_commit(made.loss);
	assert_true(takes(2));
	restart_with(2);
	restart();
	assert_false(takes(2));
	assert_true(takes(3));
	loss_commit(made.loss);
	restart_with(1); /* it only grows */
	assert_false(takes(3));
}

static void losses_at_the_tail_that_were_told_stay_so(void **state)
{
	(void)state;
	take_numbers(&counts[0], 1, 2, 0);
	assert_true(takes(1));
	sweep();
	assert_told(0, 2, 3, REC_LOSS_RING_FULL, 2);
	restart_with(3); /* nothing was committed, but the journal has all of it */
	assert_false(takes(1));
	sweep();
	assert_int_equal(made.count, 0);
	counts[0].sequence += 2;
	counts[0].lost[REC_LOSS_NO_AGENT] += 2;
	sweep();
	assert_told(0, 4, 5, REC_LOSS_NO_AGENT, 4);
	assert_totals(2, 0, 2);
}

static void progress_that_cannot_be_is_not_believed(void **state)
{
	(void)state;
	take_numbers(&counts[0], 2, 1, 0);
	memset(progress, 0xff, sizeof(progress));
	loss_note_journalled(progress, CPUS,
			     &(struct rec_header){.ring = 255, .class = 255, .cpu = UINT32_MAX});
	restart_with(UINT64_MAX);
	sweep();
	assert_int_equal(made.count, 0);
	take_numbers(&counts[0], 1, 1, 0);
	assert_true(takes(5));
	assert_int_equal(made.told[0].first, 4);
	assert_totals(2, 1, 1);
}

/*
 * An agent that is killed at any step: it reads from the ring what is behind the consumer's
 * position, journals a batch with its vector, commits, releases. Every number is in the journal
 * once in the end, as a record or in a loss.
 */
#define KILL_STEPS 200000

static struct {
	uint8_t fate[KILL_STEPS]; /* of each number: 0 unknown, 1 in the ring, 2 lost */
	uint8_t journal[KILL_STEPS];
	uint64_t ring[KILL_STEPS];
	size_t written, consumer, read;
	uint64_t batch[KILL_STEPS];
	size_t batch_count;
	uint64_t vector;
	bool dead;
} host;

static bool batch_lost(void *data, const struct rec_lost *lost)
{
	(void)data;
	for (uint64_t n = lost->first; n <= lost->last; n++) {
		assert_int_equal(host.fate[n], 2);
		host.batch[host.batch_count++] = n;
	}
	return true;
}

static void start_agent(void)
{
	loss_free(made.loss);
	assert_int_equal(loss_new(&made.loss, counts, CPUS, batch_lost, NULL), 0);
	loss_note_journalled(progress, CPUS, &(struct rec_header){.sequence = host.vector});
	loss_resume(made.loss, progress, 0);
	host.read = host.consumer;
	host.batch_count = 0;
	host.dead = false;
}

static bool killed(void)
{
	host.dead = host.dead || roll(10) == 0;
	return host.dead;
}

/* One sweep, as far as it comes. */
static void sweep_of_agent(void)
{
	uint8_t ring, class;
	uint16_t cpu;

	loss_begin_sweep(made.loss);
	while (host.read < host.written) {
		uint64_t number = host.ring[host.read++];

		if (loss_saw(made.loss, &(struct rec_header){.sequence = number, .time_ns = 1}))
			host.batch[host.batch_count++] = number;
	}
	loss_end_sweep(made.loss);
	if (killed())
		return;
	if (host.batch_count > 0)
		host.vector = loss_last_seen(made.loss, 0, &ring, &class, &cpu);
	for (size_t i = 0; i < host.batch_count; i++)
		assert_int_equal(host.journal[host.batch[i]]++, 0);
	host.batch_count = 0;
	if (killed())
		return;
	loss_commit(made.loss);
	if (killed())
		return;
	host.consumer = host.read;
}

static void an_agent_killed_anywhere_journals_each_number_once(void **state)
{
	(void)state;
	memset(&host, 0, sizeof(host));
	model.seed = 7;
	start_agent();
	for (int i = 0; i < KILL_STEPS - 1; i++) {
		counts[0].sequence++;
		host.fate[counts[0].sequence] = roll(3) ? 1 : 2;
		if (host.fate[counts[0].sequence] == 1)
			host.ring[host.written++] = counts[0].sequence;
		else
			counts[0].lost[roll(REC_LOSS_REASONS)]++;
		if (roll(4) == 0)
			sweep_of_agent();
		if (host.dead)
			start_agent();
	}
	do {
		start_agent();
		sweep_of_agent();
	} while (host.dead);
	for (uint64_t n = 1; n <= counts[0].sequence; n++)
		assert_int_equal(host.journal[n], 1);
}

int main(void)
{
#define LOSS_TEST(name) cmocka_unit_test_setup_teardown(name, make_loss, remove_loss)
#define RESUMED_TEST(name) cmocka_unit_test_setup_teardown(name, make_resumed, remove_loss)
	const struct CMUnitTest tests[] = {
		LOSS_TEST(numbers_without_a_gap_tell_nothing),
		LOSS_TEST(a_gap_is_told_when_a_later_number_arrives),
		LOSS_TEST(what_is_given_up_is_told_once),
		LOSS_TEST(a_gap_at_the_tail_is_told_by_the_sweep),
		LOSS_TEST(a_loss_before_anything_arrived_started_with_the_account),
		LOSS_TEST(a_number_that_is_still_being_written_is_not_told),
		LOSS_TEST(each_ring_class_and_cpu_counts_for_itself),
		LOSS_TEST(the_last_number_of_each_slot_can_be_asked_for),
		LOSS_TEST(a_record_of_no_such_slot_is_ignored),
		LOSS_TEST(each_loss_has_the_reason_that_explains_most_of_it),
		LOSS_TEST(two_reasons_in_one_gap_do_not_spoil_the_next),
		LOSS_TEST(a_gap_that_no_probe_counted_does_not_hide_a_later_loss),
		LOSS_TEST(a_loss_that_was_refused_is_told_once_later),
		LOSS_TEST(a_number_that_comes_again_changes_nothing),
		LOSS_TEST(a_number_in_the_ring_is_not_taken_for_one_lost_meanwhile),
		LOSS_TEST(the_totals_add_up_the_slots),
		LOSS_TEST(a_hundred_thousand_steps_agree_with_the_model),
		RESUMED_TEST(a_new_reader_goes_on_where_the_one_before_has_come_to),
		RESUMED_TEST(what_was_not_committed_is_seen_again),
		RESUMED_TEST(what_the_journal_has_is_neither_taken_nor_told_again),
		RESUMED_TEST(what_the_journal_once_had_is_remembered),
		RESUMED_TEST(losses_at_the_tail_that_were_told_stay_so),
		RESUMED_TEST(progress_that_cannot_be_is_not_believed),
		RESUMED_TEST(an_agent_killed_anywhere_journals_each_number_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
