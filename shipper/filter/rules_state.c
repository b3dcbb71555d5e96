/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules at work: one question to the matcher per event, then the bits in order. Owns counters,
 * windows of limits and the buffers that masking needs. Must not know YAML.
 */
#include "filter/rules.h"

#include "base/counter.h"
#include "filter/fact.h"
#include "filter/limit.h"
#include "filter/rewrite.h"
#include "filter/rule.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef _Atomic uint64_t counter;

struct rule_counters {
	counter dropped, held, told, evicted;
};

/* Arguments of other processes, and of what the process was before. */
static const struct other {
	const char *path;
	size_t masked; /* offset of the mark in struct enriched */
} others[] = {
	{"process.parent.args", offsetof(struct enriched, parent.args_masked)},
	{"process.session_leader.args", offsetof(struct enriched, session_leader.args_masked)},
	{"process.group_leader.args", offsetof(struct enriched, group_leader.args_masked)},
	{"process.entry_leader.args", offsetof(struct enriched, entry_leader.args_masked)},
	{"process.previous.args", offsetof(struct enriched, previous_args_masked)},
};

#define OTHERS (sizeof(others) / sizeof(others[0]))

struct rules_state {
	struct rules *rules;
	struct rule_counters *counters; /* one per rule */
	struct limit **limits;          /* one per rule, NULL where there is none */
	struct rule_counters gone;      /* of rules that a reload took away */
	size_t reported;                /* rule whose limit rules_take_limited asks next */
	struct rewrite *rewrite;        /* NULL: no rule masks */
	struct lookup args[REC_KINDS], other_args[REC_KINDS][OTHERS];
};

/* Only one thread writes, so this needs no locked instruction. */
static void count(counter *value)
{
	counter_set(value, counter_get(value) + 1);
}

static int make_parts(struct rules_state *state)
{
	const struct rules *rules = state->rules;
	bool masks = false;
	int result = 0;

	state->counters = calloc(rules->count + 1, sizeof(*state->counters));
	state->limits = calloc(rules->count + 1, sizeof(*state->limits));
	if (!state->counters || !state->limits)
		return -ENOMEM;
	for (size_t i = 0; i < rules->count && result == 0; i++) {
		const struct rule *rule = &rules->rules[i];

		masks |= rule->mask_count > 0;
		if (rule->decision == RULE_LIMIT)
			result = limit_new(&state->limits[i], rule->events, rule->per_ns);
	}
	return result == 0 && masks ? rewrite_new(&state->rewrite) : result;
}

int rules_state_new(struct rules_state **ret_state, struct rules *rules, struct err *err)
{
	struct rules_state *state = calloc(1, sizeof(*state));

	if (!state) {
		rules_free(rules);
		return err_set(err, -ENOMEM, "no memory for the rules");
	}
	state->rules = rules;
	if (make_parts(state) < 0) {
		rules_state_free(state);
		return err_set(err, -ENOMEM, "no memory for %zu rules", rules->count);
	}
	for (unsigned int i = 0; i < REC_KINDS; i++) {
		if (!kind_get(i))
			continue;
		lookup_init(&state->args[i], kind_get(i), "process.args");
		for (size_t j = 0; j < OTHERS; j++)
			lookup_init(&state->other_args[i][j], kind_get(i), others[j].path);
	}
	*ret_state = state;
	return 0;
}

void rules_state_free(struct rules_state *state)
{
	if (!state)
		return;
	for (size_t i = 0; state->limits && i < state->rules->count; i++)
		limit_free(state->limits[i]);
	rewrite_free(state->rewrite);
	free(state->limits);
	free(state->counters);
	rules_free(state->rules);
	free(state);
}

const struct rules *rules_of(const struct rules_state *state)
{
	return state->rules;
}

/* Reload */

static const counter *counter_at(const struct rule_counters *counters, size_t index)
{
	return (const counter *)counters + index;
}

#define COUNTERS (sizeof(struct rule_counters) / sizeof(counter))

static void add_counters(struct rule_counters *to, const struct rule_counters *from)
{
	for (size_t i = 0; i < COUNTERS; i++)
		counter_add((counter *)to + i, counter_get(counter_at(from, i)));
}

static bool find_same(const struct rules *rules, const struct rule *wanted, size_t *ret_index)
{
	for (size_t i = 0; i < rules->count; i++) {
		if (strcmp(rules->rules[i].name, wanted->name) != 0)
			continue;
		*ret_index = i;
		return strcmp(rules->rules[i].text, wanted->text) == 0;
	}
	return false;
}

void rules_carry_over(struct rules_state *state, struct rules_state *old)
{
	add_counters(&state->gone, &old->gone);
	for (size_t i = 0; i < old->rules->count; i++) {
		struct limit *limit = old->limits[i];
		size_t index;

		if (!find_same(state->rules, &old->rules->rules[i], &index)) {
			add_counters(&state->gone, &old->counters[i]);
			continue;
		}
		add_counters(&state->counters[index], &old->counters[i]);
		old->limits[i] = state->limits[index];
		state->limits[index] = limit;
	}
}

void rules_counters(const struct rules_state *state, size_t index,
		    struct rules_counters *ret_counters)
{
	const struct rule_counters *counters = &state->counters[index];

	*ret_counters = (struct rules_counters){
		.dropped = counter_get(&counters->dropped),
		.held = counter_get(&counters->held),
		.keys_evicted = counter_get(&counters->evicted),
	};
}

static void add_totals(struct rules_totals *totals, const struct rule_counters *counters)
{
	totals->dropped += counter_get(&counters->dropped);
	totals->held += counter_get(&counters->held);
	totals->told += counter_get(&counters->told);
}

void rules_totals(const struct rules_state *state, struct rules_totals *ret_totals)
{
	*ret_totals = (struct rules_totals){0};
	add_totals(ret_totals, &state->gone);
	for (size_t i = 0; i < state->rules->count; i++)
		add_totals(ret_totals, &state->counters[i]);
}

/* One event */

struct applying {
	struct rules_state *state;
	struct rules_subject *subject;
	struct event event;
};

/* False: held back. */
static bool take_limit(struct applying *applying, size_t index)
{
	struct rules_state *state = applying->state;
	const struct rule *rule = &state->rules->rules[index];
	struct rule_counters *counters = &state->counters[index];
	struct limit *limit = state->limits[index];
	const struct rec_header *record = applying->subject->record;
	struct fact key;
	bool has_key = rule->by &&
		       fact_as_key(&key, &rule->by_rows[record->kind], &applying->event, rule->by);
	bool passes = limit_take(limit, has_key ? &key.text : NULL, record);

	if (!passes)
		count(&counters->held);
	counter_set(&counters->evicted, limit_evicted(limit));
	return passes;
}

static enum rules_verdict decide(struct applying *applying, size_t index)
{
	switch ((enum rule_decision)applying->state->rules->rules[index].decision) {
	case RULE_DROP:
		count(&applying->state->counters[index].dropped);
		return RULES_DROP;
	case RULE_LIMIT:
		return take_limit(applying, index) ? RULES_KEEP : RULES_HELD;
	case RULE_KEEP:
	case RULE_GOES_ON:
		break;
	}
	return RULES_KEEP;
}

static bool has_part(const struct enriched *enriched, const struct rec_string *list,
		     const char *part, size_t size)
{
	const char *at = (const char *)enriched + list->offset, *end = at + list->length;

	for (; at < end; at += strlen(at) + 1)
		if (strlen(at) + 1 == size && memcmp(at, part, size) == 0)
			return true;
	return false;
}

/* Adds a part to a list that is the last thing in the tail, or starts it. */
static bool add_part(struct rules_subject *subject, struct rec_string *list, const char *part)
{
	struct enriched *enriched = subject->enriched;
	size_t size = strlen(part) + 1;

	if (size > subject->enriched_room - enriched->size || has_part(enriched, list, part, size))
		return false;
	if (list->length == 0)
		*list = (struct rec_string){enriched->size, 0, 0};
	memcpy((char *)enriched + enriched->size, part, size);
	list->length += (uint32_t)size;
	list->full = list->length;
	enriched->size += (uint32_t)size;
	return true;
}

static void put_tags(struct applying *applying, size_t index)
{
	const struct rule *rule = &applying->state->rules->rules[index];

	for (size_t i = 0; i < rule->tag_count; i++)
		(void)add_part(applying->subject, &applying->subject->enriched->tags,
			       rule->tags[i]);
}

/* Rules in order, each once however many of its conjunctions hold. */
static enum rules_verdict walk(struct applying *applying, const struct bits *bits)
{
	const struct rules *rules = applying->state->rules;
	enum rules_verdict verdict = RULES_KEEP;
	size_t last = SIZE_MAX;

	for (size_t word = 0; word * 64 < matcher_conjunctions(rules->matcher); word++) {
		for (uint64_t left = bits->words[word]; left; left &= left - 1) {
			size_t bit = word * 64 + (size_t)__builtin_ctzll(left);
			size_t index = rules->rule_of[bit];

			if (index == last)
				continue;
			last = index;
			put_tags(applying, index);
			verdict = decide(applying, index);
			if (rules->rules[index].decision != RULE_GOES_ON)
				return verdict;
		}
	}
	return verdict;
}

/* Marks what the masks of all rules that hold hide. */
static void mark(const struct rules_state *state, const struct bits *bits, struct mask_work *work)
{
	const struct rules *rules = state->rules;

	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->rules[i];
		bool holds = false;

		for (int j = 0; j < rule->count && rule->mask_count && !holds; j++)
			holds = bits_has(bits, (size_t)(rule->first + j));
		for (size_t j = 0; j < rule->mask_count && holds; j++)
			mask_mark(&rule->masks[j], work);
	}
}

/* Masks the strings that are arguments; true when anything was hidden in one of them. */
static bool mask_rows(struct applying *applying, const struct bits *bits,
		      const struct lookup *lookup, enum row_source source)
{
	struct rules_subject *subject = applying->subject;
	struct rewrite_target target = {
		.record = source == ROW_RECORD ? subject->record : NULL,
		.enriched = source == ROW_ENRICHED ? subject->enriched : NULL,
		.room = source == ROW_RECORD ? subject->record_room : subject->enriched_room,
	};
	bool any = false;

	for (unsigned int i = 0; i < lookup->count; i++) {
		struct mask_work work;

		if (lookup->rows[i].source != source)
			continue;
		target.offset = lookup->rows[i].field->offset;
		if (!rewrite_begin(applying->state->rewrite, &target, &work))
			continue;
		mark(applying->state, bits, &work);
		if (work.any)
			rewrite_end(applying->state->rewrite, &target, &work);
		any |= work.any;
	}
	return any;
}

static bool any_masks(const struct rules *rules, const struct bits *bits)
{
	uint64_t any = 0;

	for (size_t i = 0; i * 64 < matcher_conjunctions(rules->matcher); i++)
		any |= bits->words[i] & rules->masking.words[i];
	return any != 0;
}

static uint32_t *masked_mark(struct enriched *enriched, const struct other *other)
{
	return (uint32_t *)(void *)((char *)enriched + other->masked);
}

static void mask_event(struct applying *applying, const struct bits *bits)
{
	struct rules_subject *subject = applying->subject;
	const struct lookup *own = &applying->state->args[subject->record->kind];
	const struct lookup *lookups = applying->state->other_args[subject->record->kind];
	struct enriched *enriched = subject->enriched;

	subject->args_masked = mask_rows(applying, bits, own, ROW_RECORD);
	if (mask_rows(applying, bits, own, ROW_ENRICHED))
		enriched->process.args_masked = 1;
	for (size_t i = 0; i < OTHERS; i++)
		if (mask_rows(applying, bits, &lookups[i], ROW_ENRICHED))
			*masked_mark(enriched, &others[i]) = 1;
}

static void tell_masked(struct rules_subject *subject)
{
	struct enriched *enriched = subject->enriched;

	if (subject->args_masked || enriched->process.args_masked)
		(void)add_part(subject, &enriched->masked, "process.args");
	for (size_t i = 0; i < OTHERS; i++)
		if (*masked_mark(enriched, &others[i]))
			(void)add_part(subject, &enriched->masked, others[i].path);
}

enum rules_verdict rules_apply(struct rules_state *state, struct rules_subject *subject)
{
	struct applying applying = {
		.state = state,
		.subject = subject,
		.event = {subject->entry, subject->record, subject->enriched,
			  kind_get(subject->record->kind), NULL},
	};
	enum rules_verdict verdict = RULES_KEEP;
	struct bits bits;

	subject->args_masked = false;
	if (subject->record->ring != REC_RING_SHIPPER && state->rules->count > 0) {
		matcher_event(state->rules->matcher, &applying.event, &bits);
		if (!subject->only_mask)
			verdict = walk(&applying, &bits);
		/* also of what is dropped: the process table remembers it */
		if (any_masks(state->rules, &bits))
			mask_event(&applying, &bits);
	}
	tell_masked(subject);
	return verdict;
}

/* Snapshots */

static const struct enriched nothing = ENRICHED_NOTHING;

void rules_mask_snapshot(struct rules_state *state, const struct rec_header *snapshot,
			 struct rules_args *args)
{
	static const struct entry entry = {0};
	const struct event event = {
		.entry = &entry,
		.record = snapshot,
		.enriched = &nothing,
		.kind = kind_get(snapshot->kind),
	};
	struct mask_work work;
	struct bits bits;

	if (!state->rewrite || args->length == 0)
		return;
	matcher_event(state->rules->matcher, &event, &bits);
	rewrite_begin_args(state->rewrite, args, &work);
	mark(state, &bits, &work);
	if (work.any)
		rewrite_end_args(state->rewrite, args, &work);
}

bool rules_mask(const struct rules_state *state)
{
	return state->rewrite != NULL;
}

void rules_mask_remembered(struct rules_state *state, const char *executable, size_t length,
			   struct rules_args *args)
{
	struct mask_work work;
	struct bits bits;

	if (!state->rewrite || args->length == 0)
		return;
	matcher_text(state->rules->matcher, length ? "process.executable" : "", executable, length,
		     &bits);
	rewrite_begin_args(state->rewrite, args, &work);
	mark(state, &bits, &work);
	if (work.any)
		rewrite_end_args(state->rewrite, args, &work);
}

/* What limits have held back */

static void put_text(struct rec_limited *limited, struct rec_string *string, const char *text,
		     size_t length)
{
	if (length == 0)
		return;
	memcpy((char *)limited + limited->header.size, text, length);
	*string = (struct rec_string){limited->header.size, (uint32_t)length, (uint32_t)length};
	limited->header.size += (uint32_t)length;
}

#define FIELD_MAX 128
_Static_assert(sizeof(struct rec_limited) + RULES_NAME_MAX + FIELD_MAX + LIMIT_KEY_MAX <=
		       RULES_LIMITED_MAX,
	       "a report fits");

static void write_report(struct rules_state *state, size_t index, const struct limit_report *report,
			 struct rec_limited *limited)
{
	const struct rule *rule = &state->rules->rules[index];
	counter *told = &state->counters[index].told;

	counter_add(told, report->count);
	*limited = (struct rec_limited){
		.header = {.size = sizeof(*limited), .kind = REC_LIMITED, .abi = REC_ABI},
		.count = report->count,
		.total = counter_get(told),
		.limit_events = rule->events,
		.limit_per_ns = rule->per_ns,
		.first_number = report->first.sequence,
		.last_number = report->last.sequence,
		.first_cpu = report->first.cpu,
		.last_cpu = report->last.cpu,
		.window_start_ns = report->first.time_ns,
		.window_end_ns = report->last.time_ns,
	};
	limited->header.ring = REC_RING_SHIPPER;
	put_text(limited, &limited->rule, rule->name, strlen(rule->name));
	if (rule->by)
		put_text(limited, &limited->field, rule->by, strnlen(rule->by, FIELD_MAX));
	put_text(limited, &limited->key, report->key, report->key_length);
	if (limited->key.length)
		limited->key.full = report->key_full;
}

bool rules_take_limited(struct rules_state *state, uint64_t now_ns, bool everything,
			struct rec_header *record)
{
	size_t count_of = state->rules->limits ? state->rules->count : 0;
	struct limit_report report;

	for (; state->reported < count_of; state->reported++) {
		struct limit *limit = state->limits[state->reported];

		if (!limit || !limit_report(limit, now_ns, everything, &report))
			continue;
		write_report(state, state->reported, &report, (struct rec_limited *)record);
		return true;
	}
	state->reported = 0;
	return false;
}
