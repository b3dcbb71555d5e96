/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the probes may decide of the rules: by hand, and for random rules and events beside the
 * rules themselves, which are always right. The look-up is the probes' own code.
 */
#include "capture/filters.h"
#include "entry_builder.h"
#include "filter/rules_push.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include "filter_rules.h"
#include "rules_of_text.h"
#pragma GCC diagnostic pop

#define ROOM REC_MAX_SIZE
#define PROCESS (1U << REC_FORK | 1U << REC_EXEC | 1U << REC_EXIT)
#define OPENS \
	(1U << REC_OPEN_READ | 1U << REC_OPEN_WRITE | 1U << REC_FILE_CREATE | 1U << REC_OPEN_FAILED)
#define THREADS (1U << REC_THREAD_START | 1U << REC_THREAD_EXIT)
#define PUSHABLE (OPENS | THREADS | 1U << REC_EXEC_FAILED)
#define ALL (PROCESS | PUSHABLE)

static struct rules_push *push(const char *text, uint32_t kinds)
{
	struct rules *rules = rules_of_text(text);
	struct rules_push *result;

	assert_int_equal(rules_push_new(&result, rules, kinds), 0);
	rules_free(rules);
	return result;
}

/* As the probes have it. */
static void fill_set(struct rec_filter_set *set, const struct rules_push *rules)
{
	struct filters_options options = {.rules = rules->entries,
					  .rule_count = rules->entry_count};
	struct filters *filters;
	struct err err;

	assert_int_equal(filters_compile(&filters, &options, NULL, &err), 0);
	*set = filters->set;
	filters_free(filters);
}

/* The rule that drops it in the probes, -1: none. */
static int find(const struct rec_filter_set *set, const struct rules_push *rules, uint32_t kind,
		uint32_t user)
{
	uint32_t slot = filter_rules_find(set, kind, user);

	assert_true(slot == REC_FILTER_RULES || (set->rule_kinds >> kind & 1));
	for (size_t i = 0; i < rules->rule_count && slot < REC_FILTER_RULES; i++)
		if (rules->rules[i].in_part && rules->rules[i].slot == slot)
			return (int)i;
	assert_int_equal(slot, REC_FILTER_RULES);
	return -1;
}

static int dropped_by(const struct rules_push *rules, uint32_t kind, uint32_t user)
{
	struct rec_filter_set set;

	fill_set(&set, rules);
	return find(&set, rules, kind, user);
}

struct decided {
	const char *rules;
	uint32_t user;
	uint32_t kinds[2]; /* that the first rule and the second drop in the probes */
	bool whole[2];     /* in_kernel */
};

static void check(const struct decided *want)
{
	struct rules_push *rules = push(want->rules, ALL);

	for (uint32_t kind = 1; kind < REC_KINDS; kind++) {
		int rule = dropped_by(rules, kind, want->user);

		for (int i = 0; i < 2; i++)
			if ((rule == i) != (want->kinds[i] >> kind & 1))
				fail_msg("%s: kind %u of user %u: rule %d", want->rules, kind,
					 want->user, rule);
	}
	for (size_t i = 0; i < 2 && i < rules->rule_count; i++) {
		assert_int_equal(rules->rules[i].in_kernel, want->whole[i]);
		assert_true(rules->rules[i].in_kernel || rules->rules[i].why_not[0]);
	}
	rules_push_free(rules);
}

#define FAILED_OPEN (1U << REC_OPEN_FAILED)
#define ANY_FAILED (1U << REC_OPEN_FAILED | 1U << REC_EXEC_FAILED)

static void what_is_the_same_for_a_kind_is_known(void **state)
{
	static const struct decided wants[] = {
		{"[{when: {event.action: open, event.outcome: failure}, do: drop}]",
		 7,
		 {FAILED_OPEN},
		 {true}},
		{"[{when: {event.outcome: failure}, do: drop}]", 7, {ANY_FAILED}, {true}},
		{"[{when: {event.outcome: {not: success}}, do: drop}]", 7, {ANY_FAILED}, {true}},
		{"[{when: {event.outcome: 'f*e'}, do: drop}]", 7, {ANY_FAILED}, {true}},
		{"[{when: {event.outcome: {exists: true}, event.action: 'thread_*'}, do: drop}]",
		 7,
		 {THREADS},
		 {true}},
		{"[{when: {event.category: [file, 'nothing*']}, do: drop}]", 7, {OPENS}, {true}},
		{"[{when: {event.dataset: {not: auditship.process}}, do: drop}]",
		 7,
		 {OPENS},
		 {true}},
		{"[{when: [{event.type: creation}, {event.action: thread_end}], do: drop}]",
		 7,
		 {1U << REC_FILE_CREATE | 1U << REC_THREAD_EXIT},
		 {true}},
		{"[{when: {event.outcome: failure, process.exit_code: {min: 1}}, do: drop}]",
		 7,
		 {0},
		 {false}},
		{"[{when: {event.category: file, process.exit_code: {exists: false}}, do: drop}]",
		 7,
		 {OPENS},
		 {true}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++)
		check(&wants[i]);
}

static void the_effective_user_is_known(void **state)
{
	static const char *const exact = "[{when: {event.category: file, user.id: 7}, do: drop}]";
	static const char *const except =
		"[{when: {event.category: file, process.user.id: {not: [7, 9]}}, do: drop}]";
	static const char *const range =
		"[{when: {event.category: file, user.id: {min: 1000, max: 2000}}, do: drop}]";
	static const char *const wide =
		"[{when: {event.category: file, user.id: {min: 4294967295}}, do: drop}]";
	static const char *const none =
		"[{when: {event.category: file, user.id: {min: 4294967296}}, do: drop}]";
	static const char *const real =
		"[{when: {event.category: file, process.real_user.id: 7}, do: drop}]";
	static const struct decided wants[] = {
		{exact, 7, {OPENS}, {true}},
		{exact, 6, {0}, {true}},
		{exact, 8, {0}, {true}},
		{except, 7, {0}, {true}},
		{except, 8, {OPENS}, {true}},
		{except, 0, {OPENS}, {true}},
		{except, 9, {0}, {true}},
		{except, UINT32_MAX, {OPENS}, {true}},
		{range, 999, {0}, {true}},
		{range, 1000, {OPENS}, {true}},
		{range, 2000, {OPENS}, {true}},
		{range, 2001, {0}, {true}},
		{wide, UINT32_MAX, {OPENS}, {true}},
		{wide, UINT32_MAX - 1, {0}, {true}},
		{none, UINT32_MAX, {0}, {false}},
		{real, 7, {0}, {false}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++)
		check(&wants[i]);
}

static void an_earlier_rule_that_may_decide_keeps_all_behind_it(void **state)
{
#define DROP_FILES "{name: files, when: {event.category: file}, do: drop}]"
	static const char *const keep_one =
		"[{when: {process.executable: /x}, do: keep}, " DROP_FILES;
	static const char *const drop_one =
		"[{when: {process.executable: /x}, do: drop}, " DROP_FILES;
	static const char *const limit = "[{do: {limit: {events: 1, per: 1s}}}, " DROP_FILES;
	static const char *const keep_user = "[{when: {user.id: 7}, do: keep}, " DROP_FILES;
	static const char *const keep_exec =
		"[{when: {event.action: exec, process.name: x}, do: keep}, " DROP_FILES;
	static const char *const tag =
		"[{when: {process.executable: /x}, do: {tag: a}}, " DROP_FILES;
	static const char *const mask = "[{do: {mask: 'p*'}}, " DROP_FILES;
	static const char *const twice =
		"[{when: {event.category: file, event.outcome: failure}, do: drop}, " DROP_FILES;
	static const char *const shadowed =
		"[{when: {event.category: file}, do: drop}, " DROP_FILES;
	static const struct decided wants[] = {
		{keep_one, 7, {0}, {false, false}},
		{drop_one, 7, {0}, {false, false}},
		{limit, 7, {0}, {false, false}},
		{keep_user, 7, {0}, {false, true}},
		{keep_user, 8, {0, OPENS}, {false, true}},
		{keep_exec, 7, {0, OPENS}, {false, true}},
		{tag, 7, {0, OPENS}, {false, true}},
		{mask, 7, {0, OPENS}, {false, true}},
		{twice, 7, {FAILED_OPEN, OPENS & ~FAILED_OPEN}, {true, true}},
		{shadowed, 7, {OPENS, 0}, {true, false}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++)
		check(&wants[i]);
}

static void the_life_of_processes_is_never_dropped_there(void **state)
{
	static const struct decided wants[] = {
		{"[{do: drop}]", 7, {PUSHABLE}, {false}},
		{"[{when: {event.category: process}, do: drop}]",
		 7,
		 {THREADS | 1U << REC_EXEC_FAILED},
		 {false}},
		{"[{when: {event.action: [fork, exec, end]}, do: drop}]",
		 7,
		 {1U << REC_EXEC_FAILED},
		 {false}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++)
		check(&wants[i]);
}

static void why_a_rule_stays_with_the_agent_is_told(void **state)
{
	static const struct {
		const char *rules;
		size_t index;
		const char *why;
	} wants[] = {
		{"[{do: keep}]", 0, "only drops are decided there"},
		{"[{when: {event.category: file, file.path: /x}, do: drop}]", 0,
		 "the probes do not know file.path"},
		{"[{name: a, when: {file.path: /x}, do: keep},"
		 " {when: {event.category: file}, do: drop}]",
		 1, "the rule a before it may decide, by what the probes do not know"},
		{"[{when: {event.action: exec}, do: drop}]", 0,
		 "fork, exec and exit inform the process table"},
		{"[{do: drop}]", 0, "in part only: fork, exec and exit inform the process table"},
		{"[{do: keep}, {do: drop}]", 1, "no event that is recorded comes to it"},
		{"[{when: {event.action: thread_start}, do: drop}]", 0,
		 "no event that is recorded comes to it"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++) {
		struct rules_push *rules = push(wants[i].rules, PROCESS | OPENS);

		assert_false(rules->rules[wants[i].index].in_kernel);
		assert_string_equal(rules->rules[wants[i].index].why_not, wants[i].why);
		rules_push_free(rules);
	}
}

static void only_kinds_that_are_recorded_count(void **state)
{
	struct rules_push *rules = push("[{do: drop}]", OPENS);

	(void)state;
	assert_true(rules->rules[0].in_kernel);
	assert_int_equal(rules->entry_count, 1);
	assert_int_equal(rules->entries[0].kinds, OPENS);
	assert_int_equal(rules_push_kinds(rules, 0), OPENS);
	rules_push_free(rules);
	rules = push("[{when: {user.id: 7}, do: drop}]", OPENS);
	assert_int_equal(rules_push_kinds(rules, 0), 0);
	assert_int_equal(rules_push_kinds(rules, 7), OPENS);
	rules_push_free(rules);
}

/* Every other user: none is beside another. */
static struct rules_push *push_users(int count)
{
	char text[4096] = "[{when: {event.category: file, user.id: [0";
	struct rules_push *rules;
	size_t used = strlen(text);

	for (int i = 1; i < count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, ", %d", i * 2);
	snprintf(text + used, sizeof(text) - used,
		 "]}, do: drop},"
		 " {when: {event.category: file, event.outcome: failure}, do: drop}]");
	rules = push(text, ALL);
	return rules;
}

static void what_has_no_room_there_stays_with_the_agent(void **state)
{
	struct rules_push *rules = push_users(10);

	(void)state;
	assert_true(rules->rules[0].in_kernel);
	assert_int_equal(dropped_by(rules, REC_OPEN_READ, 18), 0);
	assert_int_equal(dropped_by(rules, REC_OPEN_FAILED, 19), 1);
	rules_push_free(rules);
	rules = push_users(40);
	assert_int_equal(rules->entry_count, REC_FILTER_RULES);
	assert_false(rules->rules[0].in_kernel);
	assert_true(rules->rules[0].in_part);
	assert_string_equal(rules->rules[0].why_not,
			    "in part only: the probes have no room for more");
	rules_push_free(rules);
	rules = push_users(200);
	assert_int_equal(rules->entry_count, 0);
	assert_int_equal(dropped_by(rules, REC_OPEN_READ, 0), -1);
	assert_false(rules->rules[0].in_kernel);
	rules_push_free(rules);
}

/* Random rules and events. */

enum { RULE_SETS = 400, EVENTS = 6 /* of each kind */ };

static uint64_t seed = 88172645463325252u;

static uint32_t draw(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32) % below;
}

static const char *const tests[] = {
	"event.action: open",
	"event.action: [exec, 'thread_*']",
	"event.action: {not: [open, end]}",
	"event.type: access",
	"event.type: {not: [change, start]}",
	"event.outcome: failure",
	"event.outcome: {not: failure}",
	"event.category: '[f-p]ile'",
	"event.dataset: '*.file'",
	"event.category: {exists: false}",
	"user.id: [0, 7, 33]",
	"user.id: {not: 7}",
	"user.id: {min: 7, max: 1000}",
	"user.id: {exists: true}",
	"process.user.id: {max: 32}",
	"process.user.id: {not: [0, 4294967295], min: 1}",
	"process.real_user.id: 7",
	"process.pid: {min: 500}",
	"process.executable: /usr/bin/x",
	"process.executable: {exists: false}",
	"error.code: [EACCES, 'ENO*']",
	"file.path: {exists: true}",
	"Linux.exec.secure: {exists: false}",
	"process.exit_code: {min: 1}",
	"Linux.thread.creator_id: {not: 3}",
};

static const char *const actions[] = {
	"drop",        "drop", "drop", "drop", "keep", "{tag: a}", "{limit: {events: 1, per: 1s}}",
	"{mask: 'p*'}"};

static void append(char *text, size_t size, const char *more)
{
	size_t used = strlen(text);

	snprintf(text + used, size - used, "%s", more);
}

static void draw_conditions(char *text, size_t size)
{
	uint32_t count = 1 + draw(3), first = draw(sizeof(tests) / sizeof(tests[0]));

	append(text, size, "{");
	for (uint32_t i = 0; i < count; i++) {
		const char *test = tests[(first + i * 7) % (sizeof(tests) / sizeof(tests[0]))];
		char field[64];

		snprintf(field, sizeof(field), "%.*s:", (int)strcspn(test, ":"), test);
		if (strstr(text, field))
			continue; /* no key twice in a map */
		append(text, size, i ? ", " : "");
		append(text, size, test);
	}
	append(text, size, "}");
}

static void draw_rules(char *text, size_t size)
{
	uint32_t count = 1 + draw(6);

	text[0] = '\0';
	for (uint32_t i = 0; i < count; i++) {
		append(text, size, "- {");
		if (draw(12) > 0) {
			char when[1024] = "";

			draw_conditions(when, sizeof(when));
			append(text, size, "when: ");
			append(text, size, when);
			append(text, size, ", ");
		}
		append(text, size, "do: ");
		append(text, size, actions[draw(sizeof(actions) / sizeof(actions[0]))]);
		append(text, size, "}\n");
	}
}

static struct entry_builder builder;
static alignas(ENTRY_ALIGN) char enriched[ROOM];
static alignas(ENTRY_ALIGN) char record[ROOM];

static void draw_event(uint32_t kind)
{
	static const uint32_t users[] = {0, 1, 6, 7, 8, 32, 33, 34, 999, 1000, 1001, UINT32_MAX};
	uint32_t user = users[draw(sizeof(users) / sizeof(users[0]))];

	builder_start(&builder, kind, 1);
	builder.task->creds.euid = user;
	builder.task->creds.uid = draw(2) ? user : 7;
	builder.task->id.pid = 1 + draw(1000);
	if (kind >= REC_OPEN_READ && kind <= REC_OPEN_FAILED) {
		builder.open->call.error = kind == REC_OPEN_FAILED ? 1 + draw(40) : 0;
		if (draw(2))
			builder_text(&builder, &builder.open->path, "/etc/shadow");
	}
	if (kind == REC_EXEC_FAILED)
		builder.exec_failed->call.error = 1 + draw(40);
	builder_enrich(&builder);
	if (draw(2))
		builder_text(&builder, &builder.enriched->process.executable,
			     draw(2) ? "/usr/bin/x" : "/bin/y");
	(void)builder_end(&builder);
}

static enum rules_verdict apply(struct rules_state *state)
{
	struct rules_subject subject = {
		.entry = builder.entry,
		.record = (struct rec_header *)record,
		.record_room = ROOM,
		.enriched = (struct enriched *)enriched,
		.enriched_room = ROOM,
	};

	memcpy(record, builder.header, builder.header->size);
	memcpy(enriched, builder.enriched, builder.enriched->size);
	return rules_apply(state, &subject);
}

/* The rule that has dropped one more, -1: none. */
static int last_drop(const struct rules_state *state, uint64_t dropped[RULES_MAX])
{
	struct rules_counters counters;
	int found = -1;

	for (size_t i = 0; i < rules_count(rules_of(state)); i++) {
		rules_counters(state, i, &counters);
		if (counters.dropped != dropped[i])
			found = (int)i;
		dropped[i] = counters.dropped;
	}
	return found;
}

struct tally {
	unsigned int there, kept_from, whole;
};

static void compare(const char *text, struct tally *tally)
{
	struct rules *rules = rules_of_text(text);
	struct rules_push *pushed;
	uint64_t dropped[RULES_MAX] = {0};
	struct rec_filter_set set;
	struct rules_state *state;
	struct err err;

	assert_int_equal(rules_push_new(&pushed, rules, ALL), 0);
	fill_set(&set, pushed);
	assert_int_equal(rules_state_new(&state, rules, &err), 0);
	for (uint32_t kind = 1; kind < REC_KINDS; kind++) {
		for (int i = 0; i < EVENTS && ALL >> kind & 1; i++) {
			int there, here;

			draw_event(kind);
			there = find(&set, pushed, kind, builder.task->creds.euid);
			(void)apply(state);
			here = last_drop(state, dropped);
			if (there >= 0 ? here != there : here >= 0 && pushed->rules[here].in_kernel)
				fail_msg("%s\nkind %u, user %u: the probes say %d, the rules %d",
					 text, kind, builder.task->creds.euid, there, here);
			tally->there += there >= 0;
			tally->kept_from += there < 0 && here >= 0;
		}
	}
	for (size_t i = 0; i < pushed->rule_count; i++)
		tally->whole += pushed->rules[i].in_kernel;
	rules_state_free(state);
	rules_push_free(pushed);
}

static void the_probes_never_decide_otherwise_than_the_rules(void **state)
{
	struct tally tally = {0};
	char text[8192];

	(void)state;
	for (int i = 0; i < RULE_SETS; i++) {
		draw_rules(text, sizeof(text));
		compare(text, &tally);
	}
	print_message("dropped there: %u, here: %u; rules wholly there: %u\n", tally.there,
		      tally.kept_from, tally.whole);
	assert_true(tally.there > 2000 && tally.kept_from > 2000 && tally.whole > 40);
}

int main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(what_is_the_same_for_a_kind_is_known),
		cmocka_unit_test(the_effective_user_is_known),
		cmocka_unit_test(an_earlier_rule_that_may_decide_keeps_all_behind_it),
		cmocka_unit_test(the_life_of_processes_is_never_dropped_there),
		cmocka_unit_test(why_a_rule_stays_with_the_agent_is_told),
		cmocka_unit_test(only_kinds_that_are_recorded_count),
		cmocka_unit_test(what_has_no_room_there_stays_with_the_agent),
		cmocka_unit_test(the_probes_never_decide_otherwise_than_the_rules),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
