/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode/decode.h"
#include "journal_records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct own_record record;
static const uint8_t this_boot[16] = {1}, other_boot[16] = {2};

static void assert_whole(enum rec_kind kind)
{
	const char *why;

	assert_int_equal(record.header.kind, kind);
	if (record_check(&record, record.header.size, &why) < 0)
		fail_msg("%s", why);
}

static void assert_says(const struct rec_string *text, const char *words)
{
	char copy[512] = "";

	assert_in_range(text->length, 1, sizeof(copy) - 1);
	memcpy(copy, record.bytes + text->offset, text->length);
	if (!strstr(copy, words))
		fail_msg("'%s' does not say '%s'", copy, words);
}

static void a_gap_names_sink_range_and_reason(void **state)
{
	struct journal_gap gap = {
		.sink = "siem",
		.stream = {7},
		.first_sequence = 11,
		.last_sequence = 30,
		.count = 20,
		.reason = JOURNAL_GAP_AGE,
	};

	(void)state;
	journal_record_expired(&record, &gap);
	assert_whole(REC_EVENTS_EXPIRED);
	assert_int_equal(record.expired.count, 20);
	assert_int_equal(record.expired.first, 11);
	assert_int_equal(record.expired.last, 30);
	assert_int_equal(record.expired.stream[0], 7);
	assert_int_equal(record.expired.reason, JOURNAL_GAP_AGE - 1);
	assert_says(&record.expired.sink, "siem");
	assert_says(&record.expired.message, "sink siem never gets 20 events: they are older");
}

static void a_reason_that_nobody_knows_is_no_other(void **state)
{
	struct journal_gap gap = {.sink = "siem", .count = 1};

	(void)state;
	for (unsigned int reason = 0; reason < 300; reason += 99) {
		gap.reason = reason;
		journal_record_expired(&record, &gap);
		assert_whole(REC_EVENTS_EXPIRED);
		assert_int_equal(record.expired.reason, JOURNAL_GAP_MISSING - 1);
	}
}

static void a_run_that_was_killed_is_no_power_loss(void **state)
{
	struct journal_recovery recovery = {.unclean = true, .last_sequence = 5};

	(void)state;
	memcpy(recovery.last_boot_id, this_boot, 16);
	assert_false(journal_recovery_notable(&recovery, this_boot));
	assert_true(journal_recovery_notable(&recovery, other_boot));
	recovery.unclean = false;
	assert_false(journal_recovery_notable(&recovery, other_boot));
	recovery.quarantined = 1;
	assert_true(journal_recovery_notable(&recovery, this_boot));
}

static void the_first_run_of_all_has_nothing_to_tell(void **state)
{
	struct journal_recovery recovery = {0};

	(void)state;
	assert_false(journal_recovery_notable(&recovery, this_boot));
	recovery.unclean = true;
	assert_false(journal_recovery_notable(&recovery, this_boot));
}

static void a_power_loss_names_the_last_event(void **state)
{
	struct journal_recovery recovery = {
		.unclean = true,
		.last_sequence = 5,
		.last_time_ns = 1000,
		.last_stream = {9},
		.torn_bytes = 77,
		.quarantined = 1,
		.newer = 1,
		.aside = {"00000001.seg.bad", "00000002.seg.newer"},
	};

	(void)state;
	memcpy(recovery.last_boot_id, other_boot, 16);
	journal_record_unclean(&record, &recovery, this_boot);
	assert_whole(REC_JOURNAL_UNCLEAN);
	assert_int_equal(record.unclean.last_sequence, 5);
	assert_int_equal(record.unclean.last_time_ns, 1000);
	assert_int_equal(record.unclean.last_stream[0], 9);
	assert_memory_equal(record.unclean.last_boot_id, other_boot, 16);
	assert_int_equal(record.unclean.torn_bytes, 77);
	assert_int_equal(record.unclean.damaged, 1);
	assert_int_equal(record.unclean.newer, 1);
	assert_true(record.unclean.unclean);
	assert_false(record.unclean.same_boot);
	assert_says(&record.unclean.aside, "00000001.seg.bad");
	assert_int_equal(record.unclean.aside.length, 17 + 19);
	assert_says(&record.unclean.message, "the host went down");
	assert_says(&record.unclean.message, "how many events are gone is not known");
	journal_record_unclean(&record, &recovery, other_boot);
	assert_true(record.unclean.same_boot);
	assert_says(&record.unclean.message, "the run before was killed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_gap_names_sink_range_and_reason),
		cmocka_unit_test(a_reason_that_nobody_knows_is_no_other),
		cmocka_unit_test(a_run_that_was_killed_is_no_power_loss),
		cmocka_unit_test(the_first_run_of_all_has_nothing_to_tell),
		cmocka_unit_test(a_power_loss_names_the_last_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
