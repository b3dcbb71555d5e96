/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a configuration means. The committed config/auditship.yaml and docs/options.md are made from
 * the table of options. To make them again after a change of the table:
 * UPDATE=1 build/dev/tests/test_config
 */
#include "unit/test_committed.h"
#include "unit/test_config_text.h"

#include "base/log.h"
#include "decode/fields.h"
#include "journal/journal.h"
#include "record.h"
#include "sink/kafka.h"

static void same_text(const char *a, const char *b)
{
	assert_int_equal(a == NULL, b == NULL);
	if (a)
		assert_string_equal(a, b);
}

static void same_list(const struct config_list *a, const struct config_list *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++)
		assert_string_equal(a->items[i], b->items[i]);
}

static void same_config(const struct config *a, const struct config *b)
{
	same_text(a->agent.name, b->agent.name);
	same_text(a->agent.state_dir, b->agent.state_dir);
	same_list(&a->agent.tags, &b->agent.tags);
	assert_int_equal(a->log.level, b->log.level);
	same_list(&a->capture.events, &b->capture.events);
	assert_int_equal(a->capture.args_max, b->capture.args_max);
	same_list(&a->capture.env, &b->capture.env);
	assert_int_equal(a->capture.rings.vital, b->capture.rings.vital);
	assert_int_equal(a->capture.rings.bulk, b->capture.rings.bulk);
	same_text(a->journal.dir, b->journal.dir);
	assert_int_equal(a->journal.max_size, b->journal.max_size);
	assert_int_equal(a->journal.durability, b->journal.durability);
	assert_int_equal(a->journal.sync_every_ms, b->journal.sync_every_ms);
	assert_int_equal(a->sink_count, b->sink_count);
	for (size_t i = 0; i < a->sink_count; i++) {
		same_text(a->sinks[i].name, b->sinks[i].name);
		same_text(a->sinks[i].path, b->sinks[i].path);
		assert_int_equal(a->sinks[i].type, b->sinks[i].type);
		assert_int_equal(a->sinks[i].format, b->sinks[i].format);
		assert_int_equal(a->sinks[i].detail, b->sinks[i].detail);
	}
}

#define OPENS \
	(1U << REC_OPEN_READ | 1U << REC_OPEN_WRITE | 1U << REC_FILE_CREATE | 1U << REC_OPEN_FAILED)
#define DEFAULT_KINDS \
	(1U << REC_FORK | 1U << REC_EXEC | 1U << REC_EXEC_FAILED | 1U << REC_EXIT | OPENS)

static void defaults_are_those_of_the_documentation(void **state)
{
	struct config config;

	(void)state;
	assert_int_equal(load_defaults(&config), 0);
	assert_null(config.agent.name);
	assert_string_equal(config.agent.state_dir, "/var/lib/auditship");
	assert_int_equal(config.agent.tags.count, 0);
	assert_int_equal(config.log.level, LOG_LEVEL_INFO);
	assert_int_equal(config_event_kinds(&config), DEFAULT_KINDS);
	assert_int_equal(config.capture.args_max, 32768);
	assert_int_equal(config.capture.env.count, 2);
	assert_int_equal(config.capture.rings.vital, 16 << 20);
	assert_int_equal(config.capture.rings.bulk, 16 << 20);
	assert_string_equal(config.journal.dir, "/var/lib/auditship/journal");
	assert_int_equal(config.journal.max_size, 1 << 30);
	assert_int_equal(config.journal.durability, JOURNAL_SYNC_INTERVAL);
	assert_int_equal(config.journal.sync_every_ms, 500);
	assert_int_equal(config.sink_count, 1);
	assert_string_equal(config.sinks[0].name, "trail");
	assert_int_equal(config.sinks[0].type, CONFIG_SINK_FILE);
	assert_int_equal(config.sinks[0].format, CONFIG_FORMAT_ECS);
	assert_string_equal(config.sinks[0].path, "/var/lib/auditship/audit.ndjson");
	config_done(&config);
	config_done(&config); /* harmless */
}

static void a_file_that_says_nothing_means_the_defaults(void **state)
{
	static const char *const texts[] = {
		"",
		"# nothing\n",
		"---\n",
		"{}",
		"agent:\nlog:\n",
		"\xef\xbb\xbf",
		"capture: {rings: }",
	};
	struct config defaults, config;

	(void)state;
	assert_int_equal(load_defaults(&defaults), 0);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		is_good(&config, texts[i]);
		same_config(&config, &defaults);
		config_done(&config);
	}
	config_done(&defaults);
}

static void every_option_is_read_into_its_place(void **state)
{
	struct config config;

	(void)state;
	is_good(&config,
		"agent: {name: web-01, state_dir: /s, tags: [prod, 'x y']}\n"
		"log: {level: debug}\n"
		"capture:\n"
		"  events: [exec, exit]\n"
		"  args_max: 4KiB\n"
		"  env: [PATH, _x9]\n"
		"  rings: {vital: 64KiB, bulk: 128KiB}\n"
		"journal: {dir: /j, max_size: 32MiB, durability: batch, sync_every: 10ms}\n"
		"sinks:\n"
		"- {name: a, type: file, path: /a}\n"
		"- {type: stdout, name: b-2_c, format: ecs, detail: full}\n");
	assert_string_equal(config.agent.name, "web-01");
	assert_string_equal(config.agent.state_dir, "/s");
	assert_int_equal(config.agent.tags.count, 2);
	assert_string_equal(config.agent.tags.items[1], "x y");
	assert_int_equal(config.log.level, LOG_LEVEL_DEBUG);
	assert_int_equal(config.capture.events.count, 2);
	assert_int_equal(config_event_kinds(&config), 1U << REC_EXEC | 1U << REC_EXIT);
	assert_int_equal(config.capture.args_max, 4096);
	assert_string_equal(config.capture.env.items[1], "_x9");
	assert_int_equal(config.capture.rings.vital, 65536);
	assert_int_equal(config.capture.rings.bulk, 131072);
	assert_string_equal(config.journal.dir, "/j");
	assert_int_equal(config.journal.max_size, 32 << 20);
	assert_int_equal(config.journal.durability, JOURNAL_SYNC_BATCH);
	assert_int_equal(config.journal.sync_every_ms, 10);
	assert_int_equal(config.sink_count, 2);
	assert_string_equal(config.sinks[0].path, "/a");
	assert_int_equal(config.sinks[0].format, CONFIG_FORMAT_ECS);
	assert_string_equal(config.sinks[1].name, "b-2_c");
	assert_int_equal(config.sinks[1].type, CONFIG_SINK_STDOUT);
	assert_int_equal(config.sinks[1].format, CONFIG_FORMAT_ECS);
	assert_int_equal(config.sinks[0].detail, CONFIG_DETAIL_COMPACT);
	assert_int_equal(config.sinks[1].detail, CONFIG_DETAIL_FULL);
	assert_null(config.sinks[1].path);
	config_done(&config);
}

static void every_kind_that_is_captured_is_a_word_of_events(void **state)
{
	struct config config;
	uint32_t all = 0;

	(void)state;
	for (unsigned int i = 0; i < REC_KINDS; i++) {
		const struct kind *kind = kind_get(i);
		char text[128];

		if (!kind || !kind->has_task || !kind->journalled)
			continue;
		(void)snprintf(text, sizeof(text), "capture: {events: [%s]}", kind->name);
		is_good(&config, text);
		assert_int_equal(config_event_kinds(&config), 1U << i);
		config_done(&config);
		all |= 1U << i;
	}
	assert_true(all != 0);
	is_good(&config, "capture: {events: [all]}");
	assert_int_equal(config_event_kinds(&config), all);
	config_done(&config);
}

static void what_derives_from_state_dir_follows_it(void **state)
{
	struct config config;

	(void)state;
	is_good(&config, "agent: {state_dir: ./t/state}");
	assert_string_equal(config.journal.dir, "./t/state/journal");
	assert_string_equal(config.sinks[0].path, "./t/state/audit.ndjson");
	config_done(&config);
}

static void json_is_a_configuration_too(void **state)
{
	struct config config;

	(void)state;
	is_good(&config, "{\"capture\": {\"args_max\": 1024, \"env\": [], \"events\": [\"all\"]},\n"
			 "\t\"sinks\": [{\"name\": \"s\", \"type\": \"stdout\"}]}");
	assert_int_equal(config.capture.args_max, 1024);
	assert_int_equal(config.capture.env.count, 0);
	assert_int_equal(config.sinks[0].format, CONFIG_FORMAT_TABLE);
	config_done(&config);
}

static void bounds_themselves_are_in_range(void **state)
{
	struct config config;

	(void)state;
	is_good(&config,
		"capture: {args_max: 256, rings: {vital: 1GiB}}\njournal: {sync_every: 60s}");
	assert_int_equal(config.journal.sync_every_ms, 60000);
	config_done(&config);
	is_good(&config, "capture: {args_max: 128KiB}");
	assert_int_equal(config.capture.args_max, REC_ARGS_LIMIT);
	config_done(&config);
	tells("capture: {args_max: 255}", "1:21: capture.args_max: '255' is out of range: give a "
					  "size from 256 to 128KiB, such as "
					  "4KiB\n");
	tells("capture: {args_max: 131073}",
	      "1:21: capture.args_max: '131073' is out of range: give "
	      "a size from 256 to 128KiB, such "
	      "as 4KiB\n");
	tells("capture: {rings: {vital: 32KiB}}",
	      "1:26: capture.rings.vital: '32KiB' is out of range: give a size that is a power of "
	      "two from 64KiB to 1GiB, such as 16MiB\n");
	tells("capture: {rings: {vital: 2GiB}}",
	      "1:26: capture.rings.vital: '2GiB' is out of range: give a size that is a power of "
	      "two from 64KiB to 1GiB, such as 16MiB\n");
	tells("capture: {rings: {vital: 16MB}}", "1:26: capture.rings.vital: '16MB' is not a power "
						 "of two: give a size that is a power "
						 "of two from 64KiB to 1GiB, such as 16MiB\n");
	tells("journal: {max_size: 33554431}",
	      "1:21: journal.max_size: '33554431' is out of range: give a size from 32MiB to 1TiB, "
	      "such as 1GiB\n");
	tells("journal: {sync_every: 9ms}",
	      "1:23: journal.sync_every: '9ms' is out of range: give a duration from 10ms to 1m, "
	      "such as 500ms\n");
	tells("journal: {sync_every: 99999999999999999999999d}",
	      "1:23: journal.sync_every: '99999999999999999999999d' is out of range: give a "
	      "duration from 10ms to 1m, such as 500ms\n");
}

static void a_heartbeat_may_be_off(void **state)
{
	struct config config;

	(void)state;
	is_good(&config, "agent: {heartbeat: off}");
	assert_int_equal(config.agent.heartbeat_ms, 0);
	config_done(&config);
	is_good(&config, "agent: {heartbeat: 0s}");
	assert_int_equal(config.agent.heartbeat_ms, 0);
	config_done(&config);
	is_good(&config, "agent: {heartbeat: 1s, coverage: request}");
	assert_int_equal(config.agent.heartbeat_ms, 1000);
	assert_int_equal(config.agent.coverage, CONFIG_COVERAGE_REQUEST);
	config_done(&config);
	tells("agent: {heartbeat: 999ms}",
	      "1:20: agent.heartbeat: '999ms' is out of range: give off or a duration from 1s to "
	      "1d, such as 60s\n");
	tells("journal: {sync_every: off}",
	      "1:23: journal.sync_every: 'off' is not a duration: give a duration from 10ms to 1m, "
	      "such as 500ms\n");
}

static void an_option_given_twice_leaks_nothing(void **state)
{
	struct config config;
	const char *text = "agent: {name: a, name: b, tags: [x], tags: [y]}\n"
			   "sinks: [{name: a, name: b, type: stdout}]\n"
			   "sinks: [{name: a, type: file, path: x}]\n";

	(void)state;
	assert_int_equal(load_bytes(&config, text, strlen(text)), -EINVAL);
	assert_non_null(strstr(told, "1:18: 'name' is given twice, first at line 1, column 9\n"));
	assert_non_null(strstr(told, "3:1: 'sinks' is given twice, first at line 2, column 1\n"));
}

static void the_quickstart_keeps_everything_below_trail(void **state)
{
	char path[PATH_MAX];
	struct config config;
	struct buf faults;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/config/quickstart.yaml", TEST_SOURCE_DIR);
	buf_init(&faults, 4096);
	assert_int_equal(config_load(&config, path, &faults, &err), 0);
	assert_string_equal(config.agent.state_dir, "./trail/state");
	assert_string_equal(config.journal.dir, "./trail/state/journal");
	assert_int_equal(config.journal.max_size, 256 << 20);
	assert_int_equal(config_event_kinds(&config), DEFAULT_KINDS);
	assert_int_equal(config.capture.env.count, 2);
	assert_int_equal(config.sink_count, 2);
	assert_string_equal(config.sinks[0].name, "trail");
	assert_string_equal(config.sinks[0].path, "./trail/audit.ndjson");
	assert_string_equal(config.sinks[1].name, "screen");
	assert_int_equal(config.sinks[1].format, CONFIG_FORMAT_TABLE);
	config_done(&config);
	buf_done(&faults);
}

static void is_made_by(const char *name, int (*write_it)(struct buf *out))
{
	struct buf out;

	buf_init(&out, COMMITTED_MAX_BYTES);
	assert_int_equal(write_it(&out), 0);
	is_current(name, &out);
	buf_done(&out);
}

static void the_committed_example_and_reference_are_current(void **state)
{
	(void)state;
	is_made_by("config/auditship.yaml", config_write_example);
	is_made_by("docs/options.md", config_write_reference);
}

static void the_example_means_the_defaults(void **state)
{
	struct config defaults, config;
	char text[64 * 1024];
	struct buf out;

	(void)state;
	buf_init(&out, sizeof(text) - 1);
	assert_int_equal(config_write_example(&out), 0);
	memcpy(text, out.data, out.length);
	text[out.length] = '\0';
	assert_int_equal(load_defaults(&defaults), 0);
	is_good(&config, text);
	same_config(&config, &defaults);
	assert_non_null(strstr(text, "\n  #keep_free: 2GiB\n")); /* a new default is taken up */
	config_done(&config);
	config_done(&defaults);
	buf_done(&out);
}

/* What is commented out in the example must be right as well. */
static void the_example_is_good_with_every_comment_mark_of_an_option_removed(void **state)
{
	struct config config;
	struct buf out, text;
	bool line_start = true;

	(void)state;
	if (!kafka_version()) /* its example is a fault then */
		skip();
	buf_init(&out, 64 * 1024);
	buf_init(&text, 64 * 1024);
	assert_int_equal(config_write_example(&out), 0);
	for (size_t i = 0; i < out.length; i++) {
		char c = out.data[i];
		bool mark = line_start && c == '#' && i + 1 < out.length &&
			    (out.data[i + 1] != ' ' || out.data[i + 2] == ' ');

		line_start = c == '\n' || (line_start && c == ' ');
		if (!mark)
			assert_int_equal(buf_add(&text, &c, 1), 0);
	}
	assert_int_equal(load_bytes(&config, text.data, text.length), 0);
	assert_string_equal(config.agent.name, "web-01");
	assert_int_equal(config.sink_count, 4);
	assert_int_equal(config.sinks[1].type, CONFIG_SINK_STDOUT);
	assert_int_equal(config.sinks[2].type, CONFIG_SINK_KAFKA);
	assert_int_equal(config.sinks[3].type, CONFIG_SINK_SYSLOG);
	config_done(&config);
	buf_done(&out);
	buf_done(&text);
}

static void a_default_in_a_file_is_a_default(void **state)
{
	struct config config;

	(void)state;
	is_good(&config, "journal: {keep_free: 2048MiB}");
	assert_true(config_is_default(&config, "journal.keep_free"));
	config_done(&config);
	is_good(&config, "journal: {keep_free: 3GiB}");
	assert_false(config_is_default(&config, "journal.keep_free"));
	config_done(&config);
}

static void a_change_of_filters_concerns_the_filters_alone(void **state)
{
	struct config before, after;
	struct config_diff diff;

	(void)state;
	is_good(&before, "capture: {exclude: {user: [web]}}");
	is_good(&after, "capture: {exclude: {user: [web, db]}, open: {mode: all}}");
	config_diff(&diff, &before, &after);
	assert_int_equal(diff.parts, CONFIG_PART_FILTERS);
	config_diff(&diff, &after, &after);
	assert_int_equal(diff.parts, 0);
	config_done(&after);
	config_done(&before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_those_of_the_documentation),
		cmocka_unit_test(a_file_that_says_nothing_means_the_defaults),
		cmocka_unit_test(every_option_is_read_into_its_place),
		cmocka_unit_test(every_kind_that_is_captured_is_a_word_of_events),
		cmocka_unit_test(what_derives_from_state_dir_follows_it),
		cmocka_unit_test(json_is_a_configuration_too),
		cmocka_unit_test(bounds_themselves_are_in_range),
		cmocka_unit_test(a_heartbeat_may_be_off),
		cmocka_unit_test(an_option_given_twice_leaks_nothing),
		cmocka_unit_test(the_quickstart_keeps_everything_below_trail),
		cmocka_unit_test(the_committed_example_and_reference_are_current),
		cmocka_unit_test(the_example_means_the_defaults),
		cmocka_unit_test(the_example_is_good_with_every_comment_mark_of_an_option_removed),
		cmocka_unit_test(a_default_in_a_file_is_a_default),
		cmocka_unit_test(a_change_of_filters_concerns_the_filters_alone),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
