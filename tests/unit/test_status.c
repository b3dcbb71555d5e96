/* SPDX-License-Identifier: BSD-2-Clause */
/* What the agent says of itself: facts in, a document, judgements and rates out. */
#include "serve/status_attention.h"
#include "serve/status_document.h"
#include "serve/status_history.h"

#include "base/clock.h"
#include "base/json_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define NOW_NS (5000 * NS_PER_S)

static struct probe_status probes[2];
static struct status_sink sinks[2];
static struct status_rule rules[1];

static struct status_facts healthy_facts(void)
{
	memset(probes, 0, sizeof(probes));
	memset(sinks, 0, sizeof(sinks));
	probes[0] = (struct probe_status){.name = "exec", .attached = true};
	probes[1] = (struct probe_status){.name = "exit", .attached = true};
	sinks[0] = (struct status_sink){.name = "trail", .type = "file"};
	sinks[0].deliver.acknowledged = 70;
	sinks[0].deliver.acknowledged_ns = NOW_NS - NS_PER_S;
	sinks[1] = (struct status_sink){.name = "screen", .type = "stdout"};
	rules[0] = (struct status_rule){.name = "quiet",
					.dropped = 5,
					.held = 6,
					.keys_evicted = 7,
					.dropped_in_kernel = 2,
					.why_not = "names are looked up"};
	return (struct status_facts){
		.now_ns = NOW_NS,
		.started_ns = NOW_NS - 90 * NS_PER_S,
		.wall_offset_ns = (int64_t)(1700000000 * NS_PER_S),
		.pid = 4321,
		.config_path = "/etc/auditship/auditship.yaml",
		.config_hash = "abc",
		.kinds = 1U << REC_EXEC | 1U << REC_EXIT,
		.probes = probes,
		.probe_count = 2,
		.collect = {.events = {[REC_EXEC] = 40, [REC_EXIT] = 30},
			    .not_selected = 10,
			    .dropped = 5,
			    .held = 6,
			    .canaries = 2,
			    .pending = 3,
			    .seen = 96,
			    .arrived = 96,
			    .numbered = 101,
			    .outstanding = 5,
			    .rings = {{.used_bytes = 1000, .size_bytes = 10000},
				      {.used_bytes = 400, .size_bytes = 1000}}},
		.journal = {.bytes = 100, .max_size = 1000, .segments = 1},
		.ring_bytes_per_second = {90, 60},
		.sinks = sinks,
		.sink_count = 2,
		.rules = rules,
		.rule_count = 1,
	};
}

static struct json_read *write(const struct status_facts *facts)
{
	struct json_read *document = NULL;
	struct buf out;
	struct err err;

	buf_init(&out, 1 << 20);
	assert_int_equal(status_document_write(facts, &out), 0);
	assert_true(out.length > 0);
	assert_ptr_equal(memchr(out.data, '\n', out.length), out.data + out.length - 1);
	assert_int_equal(json_read_new(&document, out.data, out.length, &err), 0);
	buf_done(&out);
	return document;
}

static int64_t number(const struct json_read *document, const char *path)
{
	int64_t value = -1;

	if (json_read_number(document, path, &value) < 0)
		fail_msg("no number at %s", path);
	return value;
}

static void a_healthy_agent_says_so(void **state)
{
	struct status_facts facts = healthy_facts();
	struct json_read *document = write(&facts);

	(void)state;
	assert_true(json_read_is_true(document, "ok"));
	assert_true(json_read_is_true(document, "healthy"));
	assert_int_equal(json_read_count(document, "attention"), 0);
	assert_string_equal(json_read_string(document, "version"), AUDITSHIP_VERSION);
	assert_string_equal(json_read_string(document, "configuration.path"),
			    "/etc/auditship/auditship.yaml");
	assert_int_equal(number(document, "uptime_seconds"), 90);
	assert_int_equal(number(document, "pid"), 4321);
	assert_int_equal(json_read_count(document, "probes"), 2);
	assert_true(json_read_is_true(document, "probes.1.attached"));
	assert_int_equal(json_read_count(document, "sinks"), 2);
	assert_string_equal(json_read_string(document, "sinks.0.state"), "ok");
	assert_string_equal(json_read_string(document, "sinks.0.last_acknowledgement"),
			    "2023-11-14T23:36:39.000000000Z");
	assert_null(json_read_string(document, "sinks.1.last_acknowledgement"));
	assert_null(json_read_string(document, "sinks.0.last_error.message"));
	assert_int_equal(number(document, "rings.0.used_percent"), 10);
	assert_int_equal(number(document, "rings.0.seconds_left"), 100);
	assert_string_equal(json_read_string(document, "rings.1.name"), "bulk");
	assert_int_equal(number(document, "rings.1.used_percent"), 40);
	assert_int_equal(number(document, "rings.1.seconds_left"), 10);
	assert_string_equal(json_read_string(document, "rules.0.reason"), "names are looked up");
	assert_int_equal(number(document, "rules.0.dropped"), 5);
	assert_int_equal(number(document, "rules.0.dropped_in_kernel"), 2);
	assert_int_equal(number(document, "rules.0.keys_evicted"), 7);
	json_read_free(document);
}

static void the_parts_of_the_account_add_up_to_its_sum(void **state)
{
	static const char *const parts[] = {"journalled",   "dropped",  "limited",  "not_selected",
					    "excluded",     "canaries", "rejected", "lost",
					    "unjournalled", "in_ring"};
	struct status_facts facts = healthy_facts();
	struct json_read *document;
	int64_t sum = 0;

	(void)state;
	facts.collect.rejected = 4; /* of which one has no number */
	facts.collect.unnumbered = 1;
	facts.collect.lost = 2;
	facts.collect.seen += 3 + 2;
	facts.collect.arrived += 3;
	facts.collect.excluded = 8;
	facts.collect.seen += 8;
	facts.collect.arrived += 8;
	facts.collect.numbered += 3 + 2 + 8;
	document = write(&facts);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "account.%s", parts[i]);
		sum += number(document, path);
	}
	assert_int_equal(sum, number(document, "account.numbered"));
	assert_true(json_read_is_true(document, "account.balances"));
	assert_int_equal(number(document, "account.rejected"), 3);
	assert_int_equal(number(document, "losses.rejected"), 4);
	json_read_free(document);
}

static void what_filters_left_out_is_shown_by_filter_with_their_remarks(void **state)
{
	char *remarks[] = {(char[]){"executable /gone: no such file"}};
	struct status_facts facts = healthy_facts();
	struct json_read *document;

	(void)state;
	facts.left_out[REC_FILTER_OWN] = 1;
	facts.left_out[REC_FILTER_MODE] = 2;
	facts.left_out[REC_FILTER_PATH] = 7;
	facts.left_out[REC_FILTER_RULE] = 9;
	facts.remarks = remarks;
	facts.remark_count = 1;
	document = write(&facts);
	assert_int_equal(number(document, "filters.left_out.own"), 1);
	assert_int_equal(number(document, "filters.left_out.mode"), 2);
	assert_int_equal(number(document, "filters.left_out.path"), 7);
	assert_int_equal(number(document, "filters.left_out.rule"), 9);
	assert_int_equal(number(document, "filters.left_out.cgroup"), 0);
	assert_int_equal(json_read_count(document, "filters.remarks"), 1);
	assert_string_equal(json_read_string(document, "filters.remarks.0"),
			    "executable /gone: no such file");
	assert_true(json_read_is_true(document, "healthy"));
	json_read_free(document);
}

static void a_loss_is_shown_by_ring_and_kind_and_the_ring_named_that_was_too_small(void **state)
{
	struct status_facts facts = healthy_facts();
	struct json_read *document;

	(void)state;
	facts.collect.lost = 9;
	facts.collect.seen += 9;
	facts.collect.numbered += 9;
	facts.collect.lost_ring[REC_RING_BULK] = 9;
	facts.collect.lost_reason[REC_LOSS_RING_FULL] = 8;
	facts.collect.lost_reason[REC_LOSS_TOO_LARGE] = 1;
	facts.collect.lost_kind[REC_EXIT] = 7;
	document = write(&facts);
	assert_int_equal(number(document, "rings.0.lost"), 0);
	assert_int_equal(number(document, "rings.1.lost"), 9);
	assert_int_equal(number(document, "losses.ring_full"), 8);
	assert_int_equal(number(document, "losses.too_large"), 1);
	assert_string_equal(json_read_string(document, "events.2.kind"), "exit");
	assert_int_equal(number(document, "events.2.lost"), 7);
	assert_non_null(strstr(json_read_string(document, "attention.0"),
			       "make capture.rings.bulk larger"));
	json_read_free(document);
	facts.collect.lost_ring[REC_RING_VITAL] = 1;
	assert_string_equal(status_ring_options(&facts.collect),
			    "capture.rings.vital and capture.rings.bulk");
}

static void what_a_hook_missed_is_shown_where_the_kernel_counts_it(void **state)
{
	struct status_facts facts = healthy_facts();
	struct json_read *document;
	int64_t value;

	(void)state;
	probes[0].counts_missed = true;
	probes[0].missed = 3;
	document = write(&facts);
	assert_int_equal(number(document, "probes.0.missed"), 3);
	assert_true(json_read_number(document, "probes.1.missed", &value) < 0);
	assert_non_null(strstr(json_read_string(document, "attention.0"),
			       "probe exec: the kernel did not call it for 3 events"));
	json_read_free(document);
}

static void what_was_tried_out_is_shown_and_what_is_not_seen_needs_attention(void **state)
{
	const struct coverage_facts run = {.kinds = 1U << REC_EXEC, .seen = 1U << CANARY_EXEC};
	struct coverage_result result = {.asked = true, .ended_ns = NOW_NS, .records = 5};
	struct status_facts facts = healthy_facts();
	struct json_read *document = write(&facts);

	(void)state;
	assert_null(json_read_string(document, "coverage.time"));
	json_read_free(document);
	coverage_judge(&run, &result);
	facts.coverage = &result;
	facts.coverage_runs = true;
	document = write(&facts);
	assert_true(json_read_is_true(document, "coverage.running"));
	assert_string_equal(json_read_string(document, "coverage.occasion"), "request");
	assert_string_equal(json_read_string(document, "coverage.seen.0.name"), "exec");
	assert_string_equal(json_read_string(document, "coverage.missed.0.name"), "thread_exec");
	assert_string_equal(json_read_string(document, "coverage.missed.0.reason"),
			    "no exec record came");
	assert_int_equal(json_read_count(document, "coverage.skipped"), CANARIES - 2);
	assert_int_equal(number(document, "coverage.records"), 5);
	assert_false(json_read_is_true(document, "healthy"));
	assert_string_equal(json_read_string(document, "attention.0"),
			    "coverage: not seen: thread_exec; such events are not recorded on this "
			    "host");
	json_read_free(document);
}

static void an_account_that_does_not_balance_is_found_out(void **state)
{
	struct collect_status good = healthy_facts().collect, bad;

	(void)state;
	assert_true(status_balances(&good));
	bad = good, bad.events[REC_EXEC]--;
	assert_false(status_balances(&bad));
	bad = good, bad.pending++;
	assert_false(status_balances(&bad));
	bad = good, bad.arrived++;
	assert_false(status_balances(&bad));
	bad = good, bad.lost++;
	assert_false(status_balances(&bad));
	bad = good, bad.dropped--;
	assert_false(status_balances(&bad));
	bad = good, bad.numbered = bad.seen - 1;
	assert_false(status_balances(&bad));
	bad = good, bad.events[REC_LOST] = 9; /* ours: the probes did not number them */
	bad.events[REC_LIMITED] = 9;
	assert_true(status_balances(&bad));
}

/* The first thing that needs attention after one change to healthy facts. */
static void expect_attention(const struct status_facts *facts, const char *words)
{
	struct json_read *document = write(facts);
	const char *text = json_read_string(document, "attention.0");

	assert_false(json_read_is_true(document, "healthy"));
	if (!text || !strstr(text, words))
		fail_msg("'%s' does not say '%s'", text ? text : "nothing", words);
	assert_int_equal(json_read_count(document, "attention"), 1);
	json_read_free(document);
}

static void what_needs_attention_is_told_in_plain_words(void **state)
{
	struct status_facts facts;

	(void)state;
	facts = healthy_facts();
	probes[1].attached = false;
	(void)snprintf(probes[1].why, sizeof(probes[1].why), "No such device");
	expect_attention(&facts, "probe exit: not attached: No such device");
	facts = healthy_facts();
	facts.collect.lost = 2;
	facts.collect.lost_reason[REC_LOSS_RING_FULL] = 2;
	facts.collect.seen += 2;
	facts.collect.numbered += 2;
	expect_attention(&facts, "2 events were lost (ring full: 2");
	facts = healthy_facts();
	facts.collect.rejected = facts.collect.unnumbered = 1;
	expect_attention(&facts, "1 records of the probes were rejected");
	facts = healthy_facts();
	facts.collect.journal_failing = 1;
	expect_attention(&facts, "journal: takes no events");
	facts = healthy_facts();
	facts.journal.bytes = 900;
	expect_attention(&facts, "journal: 90 %");
	facts = healthy_facts();
	facts.journal.sync_error = -EIO;
	expect_attention(&facts, "cannot be made durable: Input/output error");
	facts = healthy_facts();
	facts.journal.skipped_events = 7;
	expect_attention(&facts, "7 events in it cannot be read");
	facts = healthy_facts();
	facts.journal.set_aside = 4;
	expect_attention(&facts, "4 segments of that are kept as *.older");
	facts = healthy_facts();
	facts.collect.rings[REC_RING_VITAL].used_bytes = 9000;
	expect_attention(&facts, "ring vital: 90 % full");
	facts = healthy_facts();
	facts.collect.arrived++;
	expect_attention(&facts, "does not balance");
	facts = healthy_facts();
	sinks[0].deliver.rejected = 3;
	expect_attention(&facts, "sink trail: 3 events are with the dead letters");
	sinks[0].deliver.unkept = 3;
	expect_attention(&facts, "sink trail: 3 events were given up");
	sinks[0].deliver.unkept = 0;
}

static void fail_sink(bool blocked, uint64_t seconds)
{
	sinks[0].deliver.failing = true;
	sinks[0].deliver.blocked = blocked;
	sinks[0].deliver.failures = 4;
	sinks[0].deliver.waiting = 17;
	sinks[0].deliver.waiting_bytes = 5000;
	sinks[0].deliver.failing_since_ns = NOW_NS - seconds * NS_PER_S;
	sinks[0].deliver.failed_ns = NOW_NS - NS_PER_S;
	(void)snprintf(sinks[0].deliver.last_error.text, sizeof(sinks[0].deliver.last_error.text),
		       "/var/x: No space left on device");
}

static void a_failing_sink_is_told_with_lag_and_reason(void **state)
{
	struct status_facts facts = healthy_facts();
	struct json_read *document;

	(void)state;
	fail_sink(false, 12);
	sinks[0].deliver.oldest_ns = NOW_NS - 15 * NS_PER_S;
	expect_attention(&facts,
			 "sink trail: failing for 12 s, 17 events wait: /var/x: No space left on "
			 "device");
	document = write(&facts);
	assert_string_equal(json_read_string(document, "sinks.0.state"), "failing");
	assert_int_equal(number(document, "sinks.0.failing_seconds"), 12);
	assert_int_equal(number(document, "sinks.0.lag.events"), 17);
	assert_int_equal(number(document, "sinks.0.lag.bytes"), 5000);
	assert_int_equal(number(document, "sinks.0.lag.milliseconds"), 15000);
	assert_string_equal(json_read_string(document, "sinks.0.last_error.message"),
			    "/var/x: No space left on device");
	json_read_free(document);
}

static void a_sink_whose_reader_is_slow_waits_and_that_is_no_fault_at_first(void **state)
{
	struct status_facts facts = healthy_facts();
	struct json_read *document;

	(void)state;
	fail_sink(true, 4);
	document = write(&facts);
	assert_true(json_read_is_true(document, "healthy"));
	assert_string_equal(json_read_string(document, "sinks.0.state"), "waiting");
	json_read_free(document);
	fail_sink(true, 6);
	expect_attention(&facts, "its receiver has taken nothing for 6 s");
}

static void lag_is_the_age_of_what_waits(void **state)
{
	struct status_facts facts = healthy_facts();
	struct deliver_status *deliver = &sinks[0].deliver;

	(void)state;
	deliver->oldest_ns = NOW_NS - 3 * NS_PER_S;
	assert_int_equal(status_lag_ns(&facts, deliver), 0); /* nothing waits */
	deliver->waiting = 1;
	assert_int_equal(status_lag_ns(&facts, deliver), 3 * NS_PER_S);
	deliver->oldest_ns = 0;
	assert_int_equal(status_lag_ns(&facts, deliver), 0); /* on its way into the batch */
	fail_sink(false, 9);
	assert_int_equal(status_lag_ns(&facts, deliver), 9 * NS_PER_S);
	deliver->oldest_ns = NOW_NS + 1; /* taken up while we were asking */
	assert_int_equal(status_lag_ns(&facts, deliver), 0);
}

static void hostile_text_stays_inside_its_string(void **state)
{
	struct status_facts facts = healthy_facts();
	struct json_read *document;

	(void)state;
	fail_sink(false, 1);
	(void)snprintf(sinks[0].deliver.last_error.text, sizeof(sinks[0].deliver.last_error.text),
		       "a\"b\\c\n\x1b[2J\xff\xc3(\x01\"},");
	facts.config_path = "\xf0\x9f\n\"";
	document = write(&facts);
	assert_string_equal(json_read_string(document, "sinks.0.last_error.message"),
			    "a\"b\\c\n\x1b[2J\xef\xbf\xbd\xef\xbf\xbd(\x01\"},");
	assert_int_equal(json_read_count(document, "sinks"), 2);
	json_read_free(document);
}

static void a_document_that_has_no_room_leaves_nothing_behind(void **state)
{
	struct status_facts facts = healthy_facts();
	struct buf out;

	(void)state;
	for (size_t limit = 4; limit < 2000; limit += 97) {
		buf_init(&out, limit);
		assert_int_equal(buf_add(&out, "old", 3), 0);
		assert_int_equal(status_document_write(&facts, &out), -EMSGSIZE);
		assert_int_equal(out.length, 3);
		buf_done(&out);
	}
}

static void tick(struct status_history *history, uint64_t second, uint64_t execs, uint64_t bytes)
{
	struct collect_status collect = {.events = {[REC_EXEC] = execs},
					 .rings = {{.position = bytes}, {.position = 3 * bytes}},
					 .journal_bytes = 2 * bytes};

	status_history_add(history, &collect, NOW_NS + second * NS_PER_S);
}

static void rates_are_of_the_last_second_and_the_last_minute(void **state)
{
	static struct status_history history;
	struct status_facts facts = {.now_ns = NOW_NS};

	(void)state;
	status_history_rates(&history, &facts); /* no sample yet */
	assert_int_equal(facts.events[REC_EXEC].per_second, 0);
	for (uint64_t i = 0; i <= 200; i++)
		tick(&history, i, 10 * i, 1000 * i);
	facts.now_ns = NOW_NS + 200 * NS_PER_S + NS_PER_S / 2; /* between two ticks */
	facts.collect.events[REC_EXEC] = 10 * 200 + 20;
	facts.collect.rings[REC_RING_VITAL].position = 1000 * 200 + 500;
	facts.collect.rings[REC_RING_BULK].position = 3 * 1000 * 200 + 1500;
	facts.collect.journal_bytes = 2000 * 200 + 1000;
	status_history_rates(&history, &facts);
	assert_int_equal(facts.events[REC_EXEC].per_second, 20);  /* 30 in 1.5 s */
	assert_int_equal(facts.events[REC_EXEC].per_minute, 610); /* 615 in 60.5 s */
	assert_int_equal(facts.events[REC_EXIT].per_minute, 0);
	assert_int_equal(facts.ring_bytes_per_second[REC_RING_VITAL], 1000);
	assert_int_equal(facts.ring_bytes_per_second[REC_RING_BULK], 3000);
	assert_int_equal(facts.journal_bytes_per_second, 2000);
}

static void the_first_minute_is_not_extrapolated(void **state)
{
	static struct status_history history;
	struct status_facts facts = {.now_ns = NOW_NS + 3 * NS_PER_S};

	(void)state;
	tick(&history, 0, 0, 0);
	tick(&history, 2, 4, 0);
	facts.collect.events[REC_EXEC] = 7;
	status_history_rates(&history, &facts);
	assert_int_equal(facts.events[REC_EXEC].per_second, 3);
	assert_int_equal(facts.events[REC_EXEC].per_minute, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_healthy_agent_says_so),
		cmocka_unit_test(the_parts_of_the_account_add_up_to_its_sum),
		cmocka_unit_test(what_filters_left_out_is_shown_by_filter_with_their_remarks),
		cmocka_unit_test(
			a_loss_is_shown_by_ring_and_kind_and_the_ring_named_that_was_too_small),
		cmocka_unit_test(what_a_hook_missed_is_shown_where_the_kernel_counts_it),
		cmocka_unit_test(what_was_tried_out_is_shown_and_what_is_not_seen_needs_attention),
		cmocka_unit_test(an_account_that_does_not_balance_is_found_out),
		cmocka_unit_test(what_needs_attention_is_told_in_plain_words),
		cmocka_unit_test(a_failing_sink_is_told_with_lag_and_reason),
		cmocka_unit_test(a_sink_whose_reader_is_slow_waits_and_that_is_no_fault_at_first),
		cmocka_unit_test(lag_is_the_age_of_what_waits),
		cmocka_unit_test(hostile_text_stays_inside_its_string),
		cmocka_unit_test(a_document_that_has_no_room_leaves_nothing_behind),
		cmocka_unit_test(rates_are_of_the_last_second_and_the_last_minute),
		cmocka_unit_test(the_first_minute_is_not_extrapolated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
