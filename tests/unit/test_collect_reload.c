/* SPDX-License-Identifier: BSD-2-Clause */
/* What a reload gives to the running collect thread. */
#include "unit/test_collect.h"

#include "rules_of_text.h"

static void given_names_are_used_from_the_next_sweep_on(void **state)
{
	struct users *users;
	struct err err;

	(void)state;
	assert_int_equal(users_load(&users, "/nonexistent", &err), -ENOENT);
	collect_give_users(made.collect, users);
	assert_int_equal(users_load(&users, "/nonexistent", &err), -ENOENT);
	collect_give_users(made.collect, users); /* the first was never taken */
	(void)put_exit(1, 0);
	sweep();
	stop();
	assert_int_equal(made.events[0].enriched->user.length, 0);
}

static void give_rules(const char *text)
{
	collect_give_rules(made.collect, rules_state_of_text(text));
}

static void given_rules_are_in_force_from_the_next_sweep_on(void **state)
{
	uint64_t made_by_rules = 0;

	(void)state;
	(void)put_exit(1, 0);
	sweep();
	give_rules("- {do: keep}");
	give_rules("- {name: d, when: {process.pid: 2}, do: drop}\n"
		   "- {name: l, do: {limit: {events: 2, per: 1h}}}\n");
	sweep(); /* the one that has begun to wait takes them after it */
	for (uint32_t pid = 2; pid < 8; pid++)
		(void)put_exit(pid, 0);
	sweep();
	assert_string_equal(rules_name(rules_of(collect_rules(made.collect)), 0), "d");
	give_rules("- {name: d, when: {process.pid: 2}, do: drop}\n");
	sweep();
	for (uint32_t pid = 2; pid < 5; pid++)
		(void)put_exit(pid, 0);
	stop();
	for (unsigned int i = 0; i < made.count; i++) {
		const struct rec_limited *limited = (const void *)made.events[i].record;

		if (made.events[i].record->kind == REC_LIMITED)
			made_by_rules += limited->count;
	}
	assert_int_equal(made_by_rules, 3); /* 5, 6 and 7, told when the rule went */
	assert_int_equal(made.status.dropped, 2);
	assert_int_equal(made.status.held, 3);
	assert_int_equal(made.status.events[REC_EXIT], 1 + 2 + 2);
	assert_int_equal(made.status.numbered,
			 made.status.events[REC_EXIT] + made.status.dropped + made.status.held);
}

/* What a process of before the reload was started with must not come out through its later events.
 */
static void given_masks_hide_in_what_is_remembered(void **state)
{
	static const struct {
		uint32_t pid;
		const char *args;
		size_t length;
		bool masked;
	} wanted[] = {
		{10, "foo\0-p***", 10, true},
		{11, "foo\0-a", 7, false},
	};

	(void)state;
	snapshot_of(10, "foo\0-pA", 8);
	snapshot_of(11, "foo\0-a", 7);
	sweep();
	give_rules(
		"- {when: {process.executable: /bin/foo, user.name: alice}, do: {mask: ['-p*']}}\n"
		"- {when: {process.executable: /bin/other}, do: {mask: ['-a*']}}\n");
	sweep();
	(void)put_exit(10, 0);
	(void)put_exit(11, 0);
	stop();
	assert_int_equal(made.count, 2);
	for (unsigned int i = 0; i < 2; i++) {
		const struct enriched *enriched = made.events[i].enriched;
		const struct rec_string *args = &enriched->process.args;

		assert_int_equal(args->length, wanted[i].length);
		assert_int_equal(args->full, wanted[i].length);
		assert_memory_equal((const char *)enriched + args->offset, wanted[i].args,
				    wanted[i].length);
		assert_int_equal(enriched->process.args_count, 2);
		assert_int_equal(enriched->process.args_masked, wanted[i].masked);
		assert_int_equal(enriched->masked.length > 0, wanted[i].masked);
	}
}

static void lose_of_later(void)
{
	change_probes();
	made.later.counts[0].sequence += 5;
	made.later.counts[0].lost[REC_LOSS_RING_FULL] += 5;
	sweep();
}

static void an_account_that_is_asked_for_in_a_change_of_probes_balances(void **state)
{
	struct collect_status status;

	(void)state;
	lose(0, 3);
	sweep();
	made.on_count = lose_of_later;
	collect_status(made.collect, &status);
	assert_int_equal(status.outstanding, status.numbered - status.seen);
	assert_in_range(status.outstanding, 0, 5);
	assert_true(collect_change_done(made.collect));
	collect_status(made.collect, &status);
	assert_int_equal(status.numbered, 8);
	assert_int_equal(status.lost, 8);
	assert_int_equal(status.outstanding, 0);
}

static void a_record_that_is_never_finished_is_told_as_lost_at_a_change_of_probes(void **state)
{
	(void)state;
	(void)put_exit(1, 0);
	sweep();
	(void)put_exit(2, BPF_RINGBUF_BUSY_BIT);
	change_probes();
	assert_true(collect_change_done(made.collect));
	stop();
	assert_int_equal(made.count, 2);
	assert_int_equal(lost_event(1)->first, 2);
	assert_int_equal(lost_event(1)->count, 1);
	assert_int_equal(made.status.numbered, 2);
	assert_int_equal(made.status.lost, 1);
	assert_int_equal(made.status.outstanding, 0);
}

static void all_that_is_given_up_at_a_change_of_probes_is_told(void **state)
{
	(void)state;
	sweep();
	for (unsigned int i = 0; i < SLOTS; i++)
		made.probes.counts[i].sequence = 2;
	change_probes();
	assert_true(collect_change_done(made.collect));
	stop();
	assert_int_equal(made.count, SLOTS);
	assert_int_equal(made.status.lost, 2 * SLOTS);
	assert_int_equal(made.status.outstanding, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		COLLECT_TEST(given_names_are_used_from_the_next_sweep_on),
		COLLECT_TEST(given_rules_are_in_force_from_the_next_sweep_on),
		COLLECT_TEST(given_masks_hide_in_what_is_remembered),
		COLLECT_TEST(an_account_that_is_asked_for_in_a_change_of_probes_balances),
		COLLECT_TEST(a_record_that_is_never_finished_is_told_as_lost_at_a_change_of_probes),
		COLLECT_TEST(all_that_is_given_up_at_a_change_of_probes_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
