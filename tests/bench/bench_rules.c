/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What 50 rules cost per event. Fails when that is more than BUDGET_NS. Measured is the processor
 * time of batches of a tenth of a millisecond, of which the best counts: one that nothing
 * interrupts is what the code costs. When the machine is too busy for such a batch, more are tried,
 * for PATIENCE_S at most.
 */
#include "decode/entry.h"
#include "entry_builder.h"
#include "filter/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "rules_of_text.h"

#define BUDGET_NS 100
#define PATIENCE_S 20
#define BATCH 1000
#define BATCHES 2000 /* at least */

static struct entry_builder builder;

/* As the collect thread has an event: record and enrichment apart, each with room behind it. */
static struct {
	struct entry entry;
	alignas(ENTRY_ALIGN) char record[REC_MAX_SIZE];
	alignas(ENTRY_ALIGN) char enriched[REC_MAX_SIZE];
	struct rules_subject subject;
} made;

static void write_when(char *out, size_t size, int i)
{
	switch (i % 5) {
	case 0:
		(void)snprintf(out, size,
			       "process.executable: [/usr/sbin/cron%d, /usr/lib/helper%d]", i, i);
		break;
	case 1:
		(void)snprintf(out, size, "process.executable: '/opt/app%d/*', user.name: svc%d", i,
			       i);
		break;
	case 2:
		(void)snprintf(out, size, "process.parent.name: make%d, event.action: [exec, end]",
			       i);
		break;
	case 3:
		(void)snprintf(out, size, "process.executable: '*/tool%d', user.name: {not: root}",
			       i);
		break;
	default:
		(void)snprintf(out, size,
			       "user.id: {min: 5%d, max: 6%d}, process.name: {not: [sh, 'k*']}", i,
			       i);
		break;
	}
}

/* 50 rules as people write them, of which none matches. */
static void write_fifty(char *text, size_t size)
{
	size_t used = 0;

	for (int i = 0; i < 50; i++) {
		char when[128];

		write_when(when, sizeof(when), i);
		used += (size_t)snprintf(text + used, size - used, "- {when: {%s}, do: drop}\n",
					 when);
	}
}

/* Takes over what the builder has. */
static void take_event(void)
{
	(void)builder_end(&builder);
	memcpy(made.record, builder.header, builder.header->size);
	memcpy(made.enriched, builder.enriched, builder.enriched->size);
	made.subject = (struct rules_subject){
		.entry = &made.entry,
		.record = (struct rec_header *)(void *)made.record,
		.record_room = sizeof(made.record),
		.enriched = (struct enriched *)(void *)made.enriched,
		.enriched_room = sizeof(made.enriched),
	};
}

static void make_exec(void)
{
	builder_start(&builder, REC_EXEC, 1);
	builder_text(&builder, &builder.exec->executable, "/usr/bin/x86_64-linux-gnu-gcc-12");
	BUILDER_LIST(&builder, &builder.exec->args, "gcc\0-O2\0-c\0x.c");
	builder_enrich(&builder);
	builder_text(&builder, &builder.enriched->user, "alice");
	builder_text(&builder, &builder.enriched->parent.executable, "/usr/bin/make");
	take_event();
}

static void make_exit(void)
{
	builder_start(&builder, REC_EXIT, 1);
	builder_enrich(&builder);
	builder_text(&builder, &builder.enriched->process.executable, "/usr/bin/gcc");
	builder_text(&builder, &builder.enriched->user, "alice");
	builder_text(&builder, &builder.enriched->parent.executable, "/usr/bin/make");
	take_event();
}

static double seconds(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double time_batch(struct rules_state *rules)
{
	double start_s = seconds(CLOCK_THREAD_CPUTIME_ID);

	for (int i = 0; i < BATCH; i++)
		if (rules_apply(rules, &made.subject) != RULES_KEEP)
			abort();
	return (seconds(CLOCK_THREAD_CPUTIME_ID) - start_s) / BATCH * 1e9;
}

static double best_ns(struct rules_state *rules)
{
	double best = 1e9, end_s = seconds(CLOCK_MONOTONIC) + PATIENCE_S;

	for (int i = 0; i < BATCHES || (best > BUDGET_NS && seconds(CLOCK_MONOTONIC) < end_s);
	     i++) {
		double ns = time_batch(rules);

		best = ns < best ? ns : best;
	}
	return best;
}

static void fifty_rules_cost_less_than_was_promised(void **state)
{
	struct rules_state *rules, *one;
	static char text[16 * 1024];
	double exec_ns, exit_ns, one_ns;
	/* a shared machine may be half as fast for a while; --full says what was promised */
	double budget = getenv("FULL") ? BUDGET_NS : 2 * BUDGET_NS;

	(void)state;
	write_fifty(text, sizeof(text));
	rules = rules_state_of_text(text);
	one = rules_state_of_text("- {when: {process.executable: /usr/sbin/cron}, do: drop}");
	make_exec();
	exec_ns = best_ns(rules);
	one_ns = best_ns(one);
	make_exit();
	exit_ns = best_ns(rules);
	print_message("50 rules: %.0f ns per exec, %.0f ns per exit; one rule: %.0f ns per exec\n",
		      exec_ns, exit_ns, one_ns);
	assert_true(exec_ns < budget);
	assert_true(exit_ns < budget);
	rules_state_free(one);
	rules_state_free(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fifty_rules_cost_less_than_was_promised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
