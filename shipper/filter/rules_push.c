/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Goes through the rules as an event would, for each kind and each group of users that all rules
 * treat alike. What is not certain ends that: leaving events to the agent is always right, dropping
 * one of them is not. Must not know how the probes look up what comes of it.
 */
#include "filter/rules_push.h"

#include "filter/rule.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROUPS_MAX 128    /* of users; with more of them, users are taken as not known */
#define ENTRIES_SEEN 1024 /* of which the probes take REC_FILTER_RULES */
#define NO_RULE SIZE_MAX

_Static_assert(REC_KINDS <= 32, "kinds are bits of a __u32");

/* Why a rule stays with the agent; the greatest is told. */
enum doubt { DOUBT_NONE, DOUBT_IDLE, DOUBT_ROOM, DOUBT_PROCESS, DOUBT_EARLIER, DOUBT_FIELD };

struct work {
	const struct rules *rules;
	struct rules_push *push;
	enum doubt doubts[RULES_MAX];
	bool concerned[RULES_MAX];
	uint32_t starts[GROUPS_MAX]; /* of groups, rising */
	size_t group_count;
	bool knows_user;
	struct rec_filter_rule *entries; /* slot: the index of the rule */
	size_t entry_count;
	/* of the group at hand */
	const struct kind *kind;
	struct bits certain, possible;
};

/* Fork, exec and exit bring the process table up to date. */
static bool is_pushable(const struct kind *kind)
{
	return kind->kind != REC_FORK && kind->kind != REC_EXEC && kind->kind != REC_EXIT;
}

static bool holds(const struct rule *rule, const struct bits *bits, size_t *ret_conjunction)
{
	for (int i = rule->first; i < rule->first + rule->count; i++) {
		*ret_conjunction = (size_t)i;
		if (bits_has(bits, (size_t)i))
			return true;
	}
	return false;
}

__attribute__((format(printf, 4, 5))) static void note(struct work *work, size_t index,
						       enum doubt doubt, const char *format, ...)
{
	char *why = work->push->rules[index].why_not;
	va_list args;

	if (doubt <= work->doubts[index])
		return;
	work->doubts[index] = doubt;
	va_start(args, format);
	(void)vsnprintf(why, RULES_PUSH_WHY_MAX, format, args);
	va_end(args);
}

static void note_field(struct work *work, size_t index, size_t conjunction)
{
	const char *path =
		matcher_unknown(work->rules->matcher, work->kind, conjunction, work->knows_user);

	note(work, index, DOUBT_FIELD, "the probes do not know %s",
	     path ? path : "all that it asks for");
}

/*
 * One rule of the walk. earlier: a rule before it that may decide, NO_RULE: none. True: what comes
 * behind it is never asked.
 */
static bool ask_rule(struct work *work, size_t index, size_t *earlier, bool *ret_drops)
{
	const struct rule *rule = &work->rules->rules[index];
	size_t conjunction;
	bool certain = holds(rule, &work->certain, &conjunction);

	if (rule->decision == RULE_GOES_ON ||
	    (!certain && !holds(rule, &work->possible, &conjunction)))
		return false;
	if (rule->decision == RULE_DROP) {
		work->concerned[index] = true;
		if (!is_pushable(work->kind))
			note(work, index, DOUBT_PROCESS,
			     "fork, exec and exit inform the process table");
		else if (*earlier != NO_RULE)
			note(work, index, DOUBT_EARLIER,
			     "the rule %s before it may decide, by what the probes do not know",
			     work->rules->rules[*earlier].name);
		*ret_drops = certain && *earlier == NO_RULE && is_pushable(work->kind);
	}
	if (!certain && rule->decision == RULE_DROP)
		note_field(work, index, conjunction);
	if (!certain && *earlier == NO_RULE)
		*earlier = index;
	return certain;
}

/* The rule that drops every event of this kind by this user, NO_RULE: none does. */
static size_t walk(struct work *work, uint32_t user)
{
	size_t earlier = NO_RULE;

	matcher_known(work->rules->matcher, work->kind, work->knows_user ? &user : NULL,
		      &work->certain, &work->possible);
	for (size_t i = 0; i < work->rules->count; i++) {
		bool drops = false;

		if (ask_rule(work, i, &earlier, &drops))
			return drops ? i : NO_RULE;
	}
	return NO_RULE;
}

static void add_entry(struct work *work, size_t rule, uint32_t first, uint32_t last)
{
	uint32_t kind = UINT32_C(1) << work->kind->kind;

	for (size_t i = 0; i < work->entry_count; i++) {
		struct rec_filter_rule *entry = &work->entries[i];

		if (entry->slot == rule && entry->first == first && entry->last == last) {
			entry->kinds |= kind;
			return;
		}
	}
	if (work->entry_count == ENTRIES_SEEN) {
		note(work, rule, DOUBT_ROOM, "the probes have no room for more");
		return;
	}
	work->entries[work->entry_count++] = (struct rec_filter_rule){
		.kinds = kind, .first = first, .last = last, .slot = (uint32_t)rule};
}

/* Groups beside each other that one rule drops are one entry. */
static void walk_groups(struct work *work)
{
	size_t before = NO_RULE;
	uint32_t first = 0;

	for (size_t i = 0; i < work->group_count; i++) {
		size_t rule = walk(work, work->starts[i]);

		if (rule == before)
			continue;
		if (before != NO_RULE)
			add_entry(work, before, first, work->starts[i] - 1);
		before = rule;
		first = work->starts[i];
	}
	if (before != NO_RULE)
		add_entry(work, before, first, UINT32_MAX);
}

static int compare_users(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return left < right ? -1 : left > right;
}

static void find_groups(struct work *work)
{
	size_t count = matcher_user_bounds(work->rules->matcher, work->starts + 1, GROUPS_MAX - 1);

	work->starts[0] = 0;
	work->group_count = 1;
	work->knows_user = count < GROUPS_MAX;
	if (!work->knows_user)
		return;
	qsort(work->starts, count + 1, sizeof(work->starts[0]), compare_users);
	for (size_t i = 1; i <= count; i++)
		if (work->starts[i] != work->starts[work->group_count - 1])
			work->starts[work->group_count++] = work->starts[i];
}

static int compare_entries(const void *a, const void *b)
{
	const struct rec_filter_rule *left = a, *right = b;
	uint32_t left_width = left->last - left->first, right_width = right->last - right->first;

	if (left_width != right_width)
		return left_width > right_width ? -1 : 1;
	if (left->slot != right->slot)
		return left->slot < right->slot ? -1 : 1;
	return left->first < right->first ? -1 : left->first > right->first;
}

/* The widest first: they are found at once, and what has no room is little. */
static void give_entries(struct work *work)
{
	struct rules_push *push = work->push;
	uint32_t slots = 0;

	qsort(work->entries, work->entry_count, sizeof(work->entries[0]), compare_entries);
	for (size_t i = 0; i < work->entry_count; i++) {
		struct rec_filter_rule *entry = &push->entries[push->entry_count];
		struct rules_push_rule *rule = &push->rules[work->entries[i].slot];

		if (push->entry_count == REC_FILTER_RULES) {
			note(work, work->entries[i].slot, DOUBT_ROOM,
			     "the probes have no room for more");
			continue;
		}
		if (!rule->in_part)
			rule->slot = slots++;
		rule->in_part = true;
		*entry = work->entries[i];
		entry->slot = rule->slot;
		push->entry_count++;
	}
}

/* Which rules are wholly decided there, and why the others are not. */
static void conclude(struct work *work)
{
	for (size_t i = 0; i < work->rules->count; i++) {
		struct rules_push_rule *rule = &work->push->rules[i];
		char why[RULES_PUSH_WHY_MAX];

		if (work->rules->rules[i].decision != RULE_DROP)
			note(work, i, DOUBT_IDLE, "only drops are decided there");
		else if (!work->concerned[i])
			note(work, i, DOUBT_IDLE, "no event that is recorded comes to it");
		rule->in_kernel = work->doubts[i] == DOUBT_NONE;
		if (rule->in_kernel || !rule->in_part)
			continue;
		memcpy(why, rule->why_not, sizeof(why));
		(void)snprintf(rule->why_not, sizeof(rule->why_not), "in part only: %.*s",
			       (int)(sizeof(why) - sizeof("in part only: ")), why);
	}
}

static int copy_rules(struct rules_push *push, const struct rules *rules)
{
	push->rules = calloc(rules->count + 1, sizeof(*push->rules));
	if (!push->rules)
		return -ENOMEM;
	push->rule_count = rules->count;
	for (size_t i = 0; i < rules->count; i++) {
		push->rules[i].name = strdup(rules->rules[i].name);
		push->rules[i].text = strdup(rules->rules[i].text);
		if (!push->rules[i].name || !push->rules[i].text)
			return -ENOMEM;
	}
	return 0;
}

static int work_through(struct work *work, uint32_t kinds)
{
	work->entries = calloc(ENTRIES_SEEN, sizeof(*work->entries));
	if (!work->entries || copy_rules(work->push, work->rules) < 0)
		return -ENOMEM;
	find_groups(work);
	for (unsigned int i = 0; i < REC_KINDS; i++) {
		work->kind = kind_get(i);
		if (work->kind && work->kind->journalled && !work->kind->of_shipper &&
		    kinds >> i & 1)
			walk_groups(work);
	}
	give_entries(work);
	conclude(work);
	return 0;
}

int rules_push_new(struct rules_push **ret_push, const struct rules *rules, uint32_t kinds)
{
	struct rules_push *push = calloc(1, sizeof(*push));
	struct work *work = calloc(1, sizeof(*work));
	int result = -ENOMEM;

	if (push && work) {
		work->rules = rules;
		work->push = push;
		result = work_through(work, kinds);
		free(work->entries);
	}
	free(work);
	if (result < 0) {
		rules_push_free(push);
		return result;
	}
	*ret_push = push;
	return 0;
}

void rules_push_free(struct rules_push *push)
{
	if (!push)
		return;
	for (size_t i = 0; i < push->rule_count; i++) {
		free(push->rules[i].name);
		free(push->rules[i].text);
	}
	free(push->rules);
	free(push);
}

uint32_t rules_push_kinds(const struct rules_push *push, uint32_t user)
{
	uint32_t kinds = 0;

	for (size_t i = 0; i < push->entry_count; i++) {
		const struct rec_filter_rule *entry = &push->entries[i];

		if (entry->first <= user && user <= entry->last)
			kinds |= entry->kinds;
	}
	return kinds;
}
