/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of figures, and what /metrics makes of it. docs/metrics.md is made from it: to rewrite
 * it run this test with UPDATE=1 and review the difference. What promtool says: e2e.monitor.
 */
#include "serve/status_figures.h"
#include "serve/status_metrics.h"

#include "base/clock.h"
#include "unit/test_committed.h"

#include <ctype.h>

#define NOW_NS (5000 * NS_PER_S)

static char text[256 * 1024];

static const char *write_metrics(const struct status_facts *facts)
{
	struct buf out;

	buf_init(&out, sizeof(text) - 1);
	assert_int_equal(status_metrics_write(facts, &out), 0);
	memcpy(text, out.data, out.length);
	text[out.length] = '\0';
	buf_done(&out);
	return text;
}

static void has(const char *line)
{
	if (!strstr(text, line))
		fail_msg("'%s' is not in:\n%s", line, text);
}

static struct status_facts some_facts(void)
{
	static struct probe_status probes[2];
	static struct status_sink sinks[1];
	static struct status_rule rules[1];

	probes[0] = (struct probe_status){.name = "exec", .attached = true};
	probes[1] = (struct probe_status){.name = "syscall", .counts_missed = true, .missed = 3};
	sinks[0] = (struct status_sink){.name = "trail",
					.deliver = {.acknowledged = 70,
						    .waiting = 2,
						    .failing = true,
						    .oldest_ns = NOW_NS - 2500000000}};
	rules[0] = (struct status_rule){.name = "a \"b\"\\\n", .dropped = 5};
	return (struct status_facts){
		.now_ns = NOW_NS,
		.started_ns = NOW_NS - 90 * NS_PER_S,
		.wall_offset_ns = (int64_t)(1700000000 * NS_PER_S),
		.probes = probes,
		.probe_count = 2,
		.collect = {.events = {[REC_EXEC] = 40},
			    .seen = 40,
			    .arrived = 40,
			    .numbered = 40,
			    .lost_ring = {[REC_RING_BULK] = 9},
			    .rings = {{.used_bytes = 10, .size_bytes = 100},
				      {.used_bytes = 4, .size_bytes = 50}}},
		.left_out = {[REC_FILTER_PATH] = 7},
		.journal = {.segments = 3, .bytes = 100, .max_size = 1000},
		.sinks = sinks,
		.sink_count = 1,
		.rules = rules,
		.rule_count = 1,
	};
}

static void figures_become_samples(void **state)
{
	struct status_facts facts = some_facts();

	(void)state;
	write_metrics(&facts);
	has("auditship_build_info{version=\"" AUDITSHIP_VERSION "\"} 1\n");
	has("auditship_start_time_seconds 1700004910.000\n");
	has("# HELP auditship_events_total Events that the journal has taken.\n"
	    "# TYPE auditship_events_total counter\n");
	has("auditship_events_total{kind=\"exec\"} 40\n");
	has("auditship_records_total{outcome=\"journalled\"} 40\n");
	has("auditship_account_balanced 1\n");
	has("auditship_left_out_events_total{filter=\"path\"} 7\n");
	has("auditship_probe_attached{probe=\"exec\"} 1\n"
	    "auditship_probe_attached{probe=\"syscall\"} 0\n");
	has("auditship_probe_missed_events_total{probe=\"syscall\"} 3\n");
	assert_null(strstr(text, "missed_events_total{probe=\"exec\"}")); /* nobody counts them */
	has("auditship_ring_size_bytes{ring=\"vital\"} 100\n"
	    "auditship_ring_size_bytes{ring=\"bulk\"} 50\n");
	has("auditship_ring_lost_records_total{ring=\"bulk\"} 9\n");
	has("auditship_journal_segments 3\n");
	has("auditship_sink_acknowledged_events_total{sink=\"trail\"} 70\n");
	has("auditship_sink_failing{sink=\"trail\"} 1\n");
	has("auditship_sink_lag_seconds{sink=\"trail\"} 2.500\n");
}

static void names_of_people_cannot_break_the_format(void **state)
{
	struct status_facts facts = some_facts();

	(void)state;
	write_metrics(&facts);
	has("auditship_rule_dropped_events_total{rule=\"a \\\"b\\\"\\\\\\n\"} 5\n");
}

static bool is_name(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz_");

	return length > 0 && name[length] == '\0' && name[0] != '_';
}

static bool ends_with(const char *name, const char *end)
{
	return strlen(name) > strlen(end) && strcmp(name + strlen(name) - strlen(end), end) == 0;
}

/* The rules of https://prometheus.io/docs/practices/naming, as far as a program can tell. */
static void check_row(const struct figure_group *group, const struct figure *row)
{
	bool continued =
		row > group->figures && row[-1].metric && strcmp(row[-1].metric, row->metric) == 0;

	if (!is_name(row->metric))
		fail_msg("'%s' is no name", row->metric);
	if (ends_with(row->metric, "_total") != (row->type == FIGURE_COUNTER))
		fail_msg("%s: a counter and nothing else ends in _total", row->metric);
	if (continued == (row->help != NULL))
		fail_msg("%s: a metric has one help", row->metric);
	if (row->divisor && !strstr(row->metric, "_seconds"))
		fail_msg("%s: what is divided is seconds", row->metric);
	if (row->divisor && row->key.text &&
	    !strstr(row->key.text, row->divisor == 1000 ? "milliseconds" : "microseconds"))
		fail_msg("%s: divided by another unit than that of the document", row->metric);
}

static void every_row_keeps_the_conventions(void **state)
{
	(void)state;
	for (int i = 0; i < FIGURE_GROUPS; i++) {
		const struct figure_group *group = &figure_groups[i];

		for (const struct figure *row = group->figures; row->key.text || row->metric; row++)
			if (row->metric)
				check_row(group, row);
	}
}

static void no_metric_stands_in_two_places(void **state)
{
	struct status_facts facts = some_facts();
	const char *at = write_metrics(&facts);

	(void)state;
	for (at = strstr(at, "# TYPE "); at; at = strstr(at + 1, "# TYPE ")) {
		char line[128];

		(void)snprintf(line, sizeof(line), "%.*s ", (int)(strcspn(at + 7, " ") + 7), at);
		if (strstr(at + 1, line))
			fail_msg("twice: %s", line);
	}
}

static void a_buffer_that_is_too_small_is_told(void **state)
{
	struct status_facts facts = some_facts();
	struct buf out;

	(void)state;
	for (size_t limit = 0; limit < 2000; limit += 37) {
		buf_init(&out, limit);
		assert_true(status_metrics_write(&facts, &out) < 0);
		buf_done(&out);
	}
}

static void the_committed_reference_is_current(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, COMMITTED_MAX_BYTES);
	assert_int_equal(status_metrics_write_reference(&out), 0);
	is_current("docs/metrics.md", &out);
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(figures_become_samples),
		cmocka_unit_test(names_of_people_cannot_break_the_format),
		cmocka_unit_test(every_row_keeps_the_conventions),
		cmocka_unit_test(no_metric_stands_in_two_places),
		cmocka_unit_test(a_buffer_that_is_too_small_is_told),
		cmocka_unit_test(the_committed_reference_is_current),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
