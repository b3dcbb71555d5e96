/* SPDX-License-Identifier: BSD-2-Clause */
/* The records of what the agent tells of itself: whole, and true to the facts given. */
#include "agent_records.h"

#include "base/clock.h"
#include "decode/decode.h"
#include "serve/status_attention.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>

static struct own_record record;

static const struct probe_status probes[] = {
	{.name = "exec", .attached = true},
	{.name = "syscall", .why = "Operation not permitted"},
};

static void assert_whole(unsigned int kind)
{
	const char *why = NULL;

	assert_int_equal(record.header.kind, kind);
	if (record_check(&record, record.header.size, &why) < 0)
		fail_msg("%s", why);
}

static void assert_text(const struct rec_string *string, const char *expected)
{
	char text[COLLECT_NOTE_MAX];

	(void)snprintf(text, sizeof(text), "%.*s", (int)string->length,
		       record.bytes + string->offset);
	assert_string_equal(text, expected);
	assert_int_equal(string->full, string->length);
}

static void a_start_names_what_is_not_attached(void **state)
{
	const struct agent_start_facts facts = {"5.10.0", "abc", probes, 2, true};

	(void)state;
	agent_record_start(&record, &facts);
	assert_whole(REC_AGENT_START);
	assert_int_equal(record.start.probes, 2);
	assert_int_equal(record.start.attached, 1);
	assert_text(&record.start.kernel, "5.10.0");
	assert_text(&record.start.hash, "abc");
	assert_text(&record.start.failed, "syscall: Operation not permitted");
	assert_true(record.start.adopted);
	assert_text(&record.start.message,
		    "auditship " AUDITSHIP_VERSION " started: 1 of 2 probes attached");
}

static struct agent_stop_facts stop_facts(enum rec_stop reason)
{
	return (struct agent_stop_facts){
		.uptime_ns = 5, .reason = reason, .uid = REC_ID_UNSET, .login_uid = REC_ID_UNSET};
}

static void a_stop_says_why(void **state)
{
	struct agent_stop_facts facts = stop_facts(REC_STOP_TIME_OVER);

	(void)state;
	agent_record_stop(&record, &facts);
	assert_whole(REC_AGENT_STOP);
	assert_text(&record.stop.message, "stopped: the time it was to run is over");
	facts.reason = REC_STOP_READER_GONE;
	agent_record_stop(&record, &facts);
	assert_text(&record.stop.message, "stopped: nobody reads its standard output any more");
	facts.reason = REC_STOP_ERROR;
	facts.what = "out of luck";
	agent_record_stop(&record, &facts);
	assert_text(&record.stop.message, "stopped: out of luck");
	assert_int_equal(record.stop.sender_uid, REC_ID_UNSET);
}

static void a_signal_of_the_kernel_has_no_sender(void **state)
{
	struct agent_stop_facts facts = stop_facts(REC_STOP_SIGNAL);

	(void)state;
	facts.signal = SIGINT;
	facts.way = REC_SIGNAL_KERNEL;
	facts.kept = true;
	agent_record_stop(&record, &facts);
	assert_true(record.stop.kept);
	assert_text(&record.stop.message, "stopped by SIGINT, which no process sent");
	assert_int_equal(record.stop.sender_pid, 0);
	facts.uid = 7;
	facts.pid = 8;
	facts.claimed = true;
	agent_record_stop(&record, &facts);
	assert_text(&record.stop.message,
		    "stopped by SIGINT from user 7, process 8, as it says itself");
}

static struct agent_heartbeat_facts heartbeat_facts(void)
{
	return (struct agent_heartbeat_facts){
		.uptime_ns = 60 * NS_PER_S,
		.recursion_misses = UINT64_MAX,
		.left_out = 77,
		.collect = {.events = {[REC_EXEC] = 40,
				       [REC_EXIT] = 30,
				       [REC_AGENT_START] = 1,
				       [REC_LOST] = 2},
			    .not_selected = 8,
			    .excluded = 2,
			    .dropped = 5,
			    .held = 6,
			    .canaries = 12,
			    .rejected = 4,
			    .unnumbered = 1,
			    .pending = 3,
			    .seen = 116,
			    .arrived = 109,
			    .lost = 7,
			    .lost_reason = {4, 2, 1},
			    .numbered = 120,
			    .outstanding = 4},
	};
}

static uint64_t add_up(const struct rec_agent_heartbeat *beat)
{
	return beat->journalled + beat->dropped + beat->limited + beat->not_selected +
	       beat->excluded + beat->canaries + beat->rejected + beat->lost + beat->unjournalled +
	       beat->in_ring;
}

static void the_account_of_a_heartbeat_adds_up(void **state)
{
	struct agent_heartbeat_facts facts = heartbeat_facts();

	(void)state;
	agent_record_heartbeat(&record, &facts);
	assert_whole(REC_AGENT_HEARTBEAT);
	assert_true(record.heartbeat.balances);
	assert_int_equal(add_up(&record.heartbeat), 120);
	assert_int_equal(record.heartbeat.left_out, 77);
	assert_int_equal(record.heartbeat.numbered, 120);
	assert_int_equal(record.heartbeat.canaries, 12);
	assert_int_equal(record.heartbeat.own_events, 3);
	assert_int_equal(record.heartbeat.journal_events, 73);
	assert_int_equal(record.heartbeat.lost_ring_full + record.heartbeat.lost_no_scratch +
				 record.heartbeat.lost_too_large,
			 7);
	assert_text(&record.heartbeat.message, "120 events numbered, 70 journalled, 7 lost");
}

static void a_canary_that_is_not_counted_is_found_out(void **state)
{
	struct agent_heartbeat_facts facts = heartbeat_facts();

	(void)state;
	facts.collect.canaries--;
	agent_record_heartbeat(&record, &facts);
	assert_false(record.heartbeat.balances);
	assert_text(&record.heartbeat.message,
		    "120 events numbered, 70 journalled, 7 lost; the account does not balance");
}

static void what_a_sink_was_offered_is_settled_or_waits(void **state)
{
	const struct agent_sink sinks[] = {
		{"trail",
		 {.offered = 100,
		  .acknowledged = 60,
		  .filtered = 10,
		  .skipped = 5,
		  .rejected = 1,
		  .expired = 3,
		  .unreadable = 1}},
		{"other", {0}},
	};
	struct agent_heartbeat_facts facts = {.sinks = sinks, .sink_count = 2};
	static const char first[] =
		"trail: journalled 100, acknowledged 60, filtered 10, "
		"skipped 5, rejected 1, dead 0, expired 3, unreadable 1, waiting 20";

	(void)state;
	agent_record_heartbeat(&record, &facts);
	assert_whole(REC_AGENT_HEARTBEAT);
	assert_memory_equal(record.bytes + record.heartbeat.sinks.offset, first, sizeof(first));
	assert_true(record.heartbeat.sinks.length > sizeof(first));
}

static void the_most_sinks_with_the_longest_names_have_room(void **state)
{
	static struct agent_sink sinks[64];
	struct agent_heartbeat_facts facts = {.sinks = sinks, .sink_count = 64};
	char name[65];

	(void)state;
	memset(name, 'a', 64);
	name[64] = '\0';
	for (int i = 0; i < 64; i++) {
		sinks[i] = (struct agent_sink){.name = name};
		sinks[i].status.offered = sinks[i].status.acknowledged = UINT32_MAX;
	}
	agent_record_heartbeat(&record, &facts);
	assert_whole(REC_AGENT_HEARTBEAT);
	assert_int_equal(record.heartbeat.sinks.length, record.heartbeat.sinks.full);
}

static void a_step_back_is_told_with_its_sign(void **state)
{
	(void)state;
	agent_record_clock_step(&record, -1500000999, 10 * NS_PER_S, true);
	assert_whole(REC_CLOCK_STEP);
	assert_int_equal(record.step.step_us, -1500000);
	assert_int_equal(record.step.before_wall_ns, 11500000999);
	assert_int_equal(record.step.after_wall_ns, 10 * NS_PER_S);
	assert_int_equal(record.step.noticed, 1);
	assert_text(&record.step.message, "the clock jumped by -1.500000 s");
}

static void coverage_lists_each_canary_where_it_belongs(void **state)
{
	const struct coverage_facts run = {
		.kinds = 1u << REC_EXEC,
		.seen = 1u << CANARY_EXEC,
	};
	struct coverage_result result = {.asked = true, .records = 9};
	const struct agent_coverage_facts facts = {"5.10.0", probes, 2, &result};

	(void)state;
	coverage_judge(&run, &result);
	agent_record_coverage(&record, &facts);
	assert_whole(REC_AGENT_COVERAGE);
	assert_int_equal(record.coverage.attached, 1);
	assert_int_equal(record.coverage.probes, 2);
	assert_int_equal(record.coverage.records, 9);
	assert_int_equal(record.coverage.asked, 1);
	assert_int_equal(record.coverage.seen_count, 1);
	assert_int_equal(record.coverage.missed_count, 1);
	assert_int_equal(record.coverage.skipped_count, CANARIES - 2);
	assert_int_equal(record.coverage.seen.length, sizeof("exec"));
	assert_memory_equal(record.bytes + record.coverage.missed.offset,
			    "thread_exec: no exec record came",
			    sizeof("thread_exec: no exec record came"));
	assert_memory_equal(record.bytes + record.coverage.probes_failed.offset,
			    "syscall: Operation not permitted",
			    sizeof("syscall: Operation not permitted"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_start_names_what_is_not_attached),
		cmocka_unit_test(a_stop_says_why),
		cmocka_unit_test(a_signal_of_the_kernel_has_no_sender),
		cmocka_unit_test(the_account_of_a_heartbeat_adds_up),
		cmocka_unit_test(a_canary_that_is_not_counted_is_found_out),
		cmocka_unit_test(what_a_sink_was_offered_is_settled_or_waits),
		cmocka_unit_test(the_most_sinks_with_the_longest_names_have_room),
		cmocka_unit_test(a_step_back_is_told_with_its_sign),
		cmocka_unit_test(coverage_lists_each_canary_where_it_belongs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
