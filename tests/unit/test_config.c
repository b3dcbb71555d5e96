/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The committed config/auditship.yaml and docs/options.md are made from the table of options. To
 * make them again after a change of the table: UPDATE=1 build/dev/tests/test_config
 */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include "base/io.h"
#include "base/log.h"
#include "config.h"
#include "decode/fields.h"
#include "journal/journal.h"
#include "record.h"
#include "sink/file.h"
#include "sink/kafka.h"
#include "tool/check.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];
static char file[128];        /* below dir */
static char told[256 * 1024]; /* fault lines of the last load, without "FILE:" */
static struct err err;

static int make_dir(void **state)
{
	(void)state;
	(void)strcpy(dir, "/tmp/auditship-test-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	(void)snprintf(file, sizeof(file), "%s/c.yaml", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	(void)unlink(file);
	return rmdir(dir);
}

static void write_file(const char *data, size_t size)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(io_write_all(fd, data, size, NULL), 0);
	assert_int_equal(close(fd), 0);
}

/* Keeps the faults in told, without the name of the file before each. */
static void keep_faults(const struct buf *faults)
{
	size_t prefix = strlen(file) + 1, used = 0;

	for (size_t at = 0; at < faults->length;) {
		const char *line = faults->data + at;
		const char *end = memchr(line, '\n', faults->length - at);
		size_t length = (size_t)(end - line) + 1;

		assert_non_null(end);
		assert_true(length > prefix);
		assert_memory_equal(line, file, prefix - 1);
		memcpy(told + used, line + prefix, length - prefix);
		used += length - prefix;
		at += length;
	}
	told[used] = '\0';
}

static int load_bytes(struct config *config, const char *data, size_t size)
{
	struct buf faults;
	int result;

	write_file(data, size);
	buf_init(&faults, sizeof(told) - 1);
	err.text[0] = '\0';
	result = config_load(config, file, &faults, &err);
	keep_faults(&faults);
	assert_int_equal(result == -EINVAL, faults.length > 0);
	buf_done(&faults);
	return result;
}

/* Whatever this host has in /etc. */
static int load_defaults(struct config *config)
{
	return config_load_optional(config, "/nowhere/auditship.yaml", NULL, &err);
}

static void is_good(struct config *config, const char *text)
{
	int result = load_bytes(config, text, strlen(text));

	assert_string_equal(told, "");
	assert_int_equal(result, 0);
}

/* The file is wrong, and these are all its faults. */
static void tells(const char *text, const char *wanted)
{
	struct config config;

	assert_int_equal(load_bytes(&config, text, strlen(text)), -EINVAL);
	assert_string_equal(told, wanted);
	assert_null(config.sinks);
	assert_null(config.agent.state_dir);
}

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

static void what_has_no_unit_or_a_wrong_one_gets_an_example(void **state)
{
	(void)state;
	tells("journal: {sync_every: 500}",
	      "1:23: journal.sync_every: '500' is not a duration: give a duration from 10ms to 1m, "
	      "such as 500ms\n");
	tells("journal:\n  max_size: lots\n",
	      "2:13: journal.max_size: 'lots' is not a size: give a size from 32MiB to 1TiB, such "
	      "as 1GiB\n");
	tells("journal: {max_size: \"1GiB\\0x\"}",
	      "1:21: journal.max_size: '1GiB\\x00x' is not a size: give a size from 32MiB to 1TiB, "
	      "such as 1GiB\n");
}

static void a_misspelt_key_gets_the_nearest_name(void **state)
{
	(void)state;
	tells("jornal: {}", "1:1: unknown key 'jornal' (did you mean 'journal'?)\n");
	tells("capture: {ring: {}}", "1:11: unknown key 'ring' (did you mean 'rings'?)\n");
	tells("sinks: [{nmae: a, name: a, type: stdout}]",
	      "1:10: unknown key 'nmae' in a sink (did you mean 'name'?)\n");
	tells("zebra: 1",
	      "1:1: unknown key 'zebra' (known here: agent, control, monitor, log, capture, "
	      "enrich, journal, rules, sinks)\n");
	tells("max_size: 1GiB",
	      "1:1: unknown key 'max_size' here (did you mean journal.max_size?)\n");
	tells("log.level: info",
	      "1:1: unknown key 'log.level' (maps are nested: write each part as "
	      "a key of its own)\n");
	tells("\"\": 1", "1:1: unknown key '' (known here: agent, control, monitor, log, capture, "
			 "enrich, journal, "
			 "rules, sinks)\n");
	tells("\"log\\0\": {}", "1:1: unknown key 'log\\x00' (did you mean 'log'?)\n");
}

static void a_misspelt_word_gets_the_nearest_one(void **state)
{
	(void)state;
	tells("log: {level: warn}",
	      "1:14: log.level: 'warn' is unknown (did you mean 'warning'?)\n");
	tells("log: {level: loud}",
	      "1:14: log.level: 'loud' is unknown (known: error, warning, info, debug)\n");
	tells("log: {level: Info}", "1:14: log.level: 'Info' is unknown (did you mean 'info'?)\n");
	tells("journal: {durability: inteval}",
	      "1:23: journal.durability: 'inteval' is unknown (did you mean 'interval'?)\n");
	tells("capture: {events: [exce]}",
	      "1:20: capture.events: 'exce' is unknown (did you mean 'exec'?)\n");
	tells("sinks: [{name: a, type: flie, path: x}]",
	      "1:25: type: 'flie' is unknown (did you mean 'file'?)\n");
}

static void a_wrong_type_says_what_is_right(void **state)
{
	(void)state;
	tells("agent: {name: [a]}",
	      "1:15: agent.name: expected a text of at most 255 bytes, such as "
	      "web-01, found a list\n");
	tells("agent: {tags: prod}",
	      "1:15: agent.tags: expected a list of at most 64 items, such as "
	      "[prod, web], found a single value\n");
	tells("agent: {tags: [{a: b}, [c], ]}",
	      "1:16: agent.tags: every item must be a single value\n"
	      "1:24: agent.tags: every item must be a single value\n");
	tells("agent: {name: }",
	      "1:15: agent.name: no value: give a text of at most 255 bytes, such "
	      "as web-01, or leave the option out\n");
	tells("log: info", "1:6: expected a map of options here (level), found a single value\n");
	tells("- a\n",
	      "1:1: expected a map of options here (agent, control, monitor, log, capture, "
	      "enrich, journal, rules, sinks), "
	      "found a list\n");
	tells("sinks: {name: a}",
	      "1:8: sinks: expected a list: start each sink with '- name: ...'\n");
	tells("sinks:\n", "1:7: sinks: expected a list: start each sink with '- name: ...'\n");
	tells("sinks: [a]", "1:9: a sink is a map, such as {name: trail, type: file, path: ...}\n");
}

static void lists_are_bounded_and_name_nothing_twice(void **state)
{
	struct config config;

	(void)state;
	tells("capture: {events: []}",
	      "1:19: capture.events: 0 items: give a list of at least 1 and at most 64 items, such "
	      "as [exec, exit] (known: fork, exec, exec_failed, exit, thread_start, thread_exit, "
	      "open_read, open_write, file_create, open_failed, open, process, thread, file, "
	      "all)\n");
	is_good(&config, "capture: {env: [a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p]}");
	assert_int_equal(config.capture.env.count, REC_ENV_NAMES);
	config_done(&config);
	tells("capture: {env: [a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q]}",
	      "1:16: capture.env: 17 items: give a list of at most 16 items, such as [LD_PRELOAD, "
	      "LD_LIBRARY_PATH]\n");
	tells("capture: {env: [A, B, A]}",
	      "1:23: capture.env: 'A' is named twice: give a list of at "
	      "most 16 items, such as [LD_PRELOAD, LD_LIBRARY_PATH]\n");
}

#define SIXTY_FOUR "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void names_of_variables_and_sinks_are_restricted(void **state)
{
	static const char *const variables[] = {"9A", "A-B",   "A=B",         "Ä",
						"''", "'A B'", SIXTY_FOUR "a"};
	static const char *const sinks[] = {"A", "a/b",     "..", "a.b",         "'a b'",
					    "é", "\"\\0\"", "''", SIXTY_FOUR "a"};
	struct config config;
	char text[256];

	(void)state;
	is_good(&config, "capture: {env: [" SIXTY_FOUR "]}\n"
			 "sinks: [{name: " SIXTY_FOUR ", type: stdout}]");
	config_done(&config);
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		(void)snprintf(text, sizeof(text), "capture: {env: [%s]}", variables[i]);
		assert_int_equal(load_bytes(&config, text, strlen(text)), -EINVAL);
		assert_true(strncmp(told, "1:17: capture.env: '", 20) == 0);
	}
	for (size_t i = 0; i < sizeof(sinks) / sizeof(sinks[0]); i++) {
		(void)snprintf(text, sizeof(text), "sinks: [{name: %s, type: stdout}]", sinks[i]);
		assert_int_equal(load_bytes(&config, text, strlen(text)), -EINVAL);
		assert_true(strncmp(told, "1:16: name: '", 13) == 0);
	}
}

static void paths_are_checked(void **state)
{
	struct config config;
	char text[2 * PATH_MAX];

	(void)state;
	tells("journal: {dir: ''}", "1:16: journal.dir: '' is empty: give a path of at most 3840 "
				    "bytes, such as /var/lib/auditship/journal\n");
	tells("journal: {dir: \"/a\\0b\"}",
	      "1:16: journal.dir: '/a\\x00b' holds a NUL byte: give a path of at most 3840 bytes, "
	      "such as /var/lib/auditship/journal\n");
	(void)snprintf(text, sizeof(text), "journal: {dir: /%0*d}", PATH_MAX, 0);
	assert_int_equal(load_bytes(&config, text, strlen(text)), -EINVAL);
	assert_non_null(strstr(told, "000...' is too long: give a path"));
	assert_true(strlen(told) < 300);
}

static void a_sink_has_the_options_of_its_type(void **state)
{
	(void)state;
	tells("sinks: []",
	      "1:8: sinks: 0 sinks: give a list of 1 to 64 sinks, or leave 'sinks' out "
	      "for the default (one file sink called trail, audit.ndjson below "
	      "agent.state_dir)\n");
	tells("sinks: [{name: a, type: stdout, path: x}]", "1:33: a stdout sink has no 'path'\n");
	tells("sinks: [{name: a, type: file, path: x, format: table}]",
	      "1:48: format: 'table' is unknown (known: ecs, ocsf, csv)\n");
	tells("sinks: [{name: a, type: file}]",
	      "1:9: this sink has no 'path': give a path of at most 3840 bytes, such as "
	      "/var/lib/auditship/audit.ndjson\n");
	tells("sinks:\n  - path: x\n",
	      "2:5: this sink has no 'name': give a text of at most 64 bytes, such as trail\n"
	      "2:5: this sink has no 'type': give one of file, stdout, kafka, syslog\n");
}

static void a_trail_is_rotated_kept_and_synced_as_it_says(void **state)
{
	const struct config_trail *trail;
	struct config config;

	(void)state;
	is_good(&config,
		"sinks:\n- name: a\n  type: file\n  path: x\n  rotate: {size: 1MiB, every: 1h}\n"
		"  keep: {files: 7, age: 30d, total: off}\n  compress: gzip\n  compress_level: 9\n"
		"  owner: root\n  group: 4\n  mode: 0640\n  fsync: batch\n  fsync_every: 2s\n"
		"  space: {warn: 3GiB, delete: off, pause: 1MiB}\n");
	trail = &config.sinks[0].trail;
	assert_int_equal(trail->rotate_size, 1024 * 1024);
	assert_int_equal(trail->rotate_every_ms, 3600 * 1000);
	assert_int_equal(trail->keep_files, 7);
	assert_int_equal(trail->keep_age_ms, 30ULL * 24 * 3600 * 1000);
	assert_int_equal(trail->keep_total, 0);
	assert_int_equal(trail->compress, TRAIL_GZIP);
	assert_int_equal(trail->compress_level, 9);
	assert_string_equal(trail->owner, "root");
	assert_string_equal(trail->group, "4");
	assert_string_equal(trail->mode, "0640");
	assert_int_equal(trail->fsync, FILE_SYNC_BATCH);
	assert_int_equal(trail->fsync_every_ms, 2000);
	assert_int_equal(trail->space.warn, 3ULL << 30);
	assert_int_equal(trail->space.delete, 0);
	assert_int_equal(trail->space.pause, 1024 * 1024);
	config_done(&config);
	is_good(&config, "sinks: [{name: a, type: file, path: x}]");
	trail = &config.sinks[0].trail;
	assert_int_equal(trail->rotate_size, 100 * 1024 * 1024);
	assert_int_equal(trail->rotate_every_ms, 0);
	assert_int_equal(trail->keep_files, 0);
	assert_int_equal(trail->keep_age_ms, 0);
	assert_int_equal(trail->keep_total, 2ULL << 30);
	assert_int_equal(trail->compress, TRAIL_ZSTD);
	assert_int_equal(trail->compress_level, 0);
	assert_string_equal(trail->mode, "0600");
	assert_int_equal(trail->fsync, FILE_SYNC_INTERVAL);
	config_done(&config);
}

static void faults_of_a_trail_are_told(void **state)
{
	(void)state;
	tells("sinks:\n- {name: a, type: file, path: x, compress: gzip, compress_level: 10}\n",
	      "2:66: compress_level: gzip has levels from 1 to 9\n");
	tells("sinks:\n- {name: a, type: file, path: x, compress_level: 13}\n",
	      "2:50: compress_level: '13' is out of range: give a number from 1 to 12, such as "
	      "3\n");
	tells("sinks:\n- {name: a, type: file, path: x, keep: {files: many}}\n",
	      "2:48: keep.files: 'many' is not a number: give off or a number from 1 to 100000, "
	      "such as 10\n");
	tells("sinks:\n- {name: a, type: file, path: x, keep: {total: 50MiB}}\n",
	      "2:48: keep.total is less than rotate.size: no rotated file could stay\n");
	tells("sinks:\n- {name: a, type: file, path: x, mode: 0440}\n",
	      "2:40: mode: '0440' is not a file mode in octal digits with which the owner can read "
	      "and write, such as 0640\n");
	tells("sinks: [{name: a, type: stdout, rotate: {size: 1MiB}}]",
	      "1:33: a stdout sink has no 'rotate'\n");
}

static void sinks_do_not_share_names_files_or_standard_output(void **state)
{
	char text[PATH_MAX + 256], cwd[PATH_MAX];
	struct config config;

	(void)state;
	tells("sinks:\n- {name: a, type: stdout}\n- {name: a, type: file, path: x}\n",
	      "3:10: another sink is called 'a' already\n");
	tells("sinks:\n- {name: a, type: file, path: t/x}\n- {name: b, type: file, path: "
	      ".//t/./x}\n",
	      "3:31: sink 'a' writes to './/t/./x' already: each needs a file of its own\n");
	tells("sinks:\n- {name: a, type: stdout}\n- {name: b, type: stdout}\n",
	      "3:3: sink 'a' writes to standard output already\n");
	assert_non_null(getcwd(cwd, sizeof(cwd)));
	(void)snprintf(text, sizeof(text),
		       "sinks:\n- {name: a, type: file, path: x}\n"
		       "- {name: b, type: file, path: \"%s/x\"}\n",
		       strcmp(cwd, "/") ? cwd : "");
	assert_int_equal(load_bytes(&config, text, strlen(text)), -EINVAL);
	assert_true(strncmp(told, "3:31: sink 'a' writes to", 24) == 0);
	is_good(&config,
		"sinks:\n- {name: a, type: file, path: x}\n- {name: b, type: file, path: "
		"y/x}\n- {name: c, type: file, path: /x}\n- {name: d, type: file, path: ../x}");
	config_done(&config);
}

static void all_faults_of_a_file_are_told_at_once_in_its_order(void **state)
{
	(void)state;
	tells("sinks: []\n"
	      "capture: {args_max: 1, env: [1]}\n"
	      "log: {level: infi, leval: x}\n"
	      "log: 1\n"
	      "jornal: &a 1\n",
	      "1:8: sinks: 0 sinks: give a list of 1 to 64 sinks, or leave 'sinks' out for the "
	      "default (one file sink called trail, audit.ndjson below agent.state_dir)\n"
	      "2:21: capture.args_max: '1' is out of range: give a size from 256 to 128KiB, such "
	      "as "
	      "4KiB\n"
	      "2:30: capture.env: '1' is not the name of a variable: letters, digits and '_', no "
	      "digit first, at most 64 in all\n"
	      "3:14: log.level: 'infi' is unknown (did you mean 'info'?)\n"
	      "3:20: unknown key 'leval' (did you mean 'level'?)\n"
	      "4:1: 'log' is given twice, first at line 3, column 1\n"
	      "4:6: expected a map of options here (level), found a single value\n"
	      "5:1: unknown key 'jornal' (did you mean 'journal'?)\n"
	      "5:9: anchors are not supported ('&a'): write the value out\n");
	assert_non_null(strstr(err.text, "has 9 faults"));
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

static void hostile_text_is_quoted_harmlessly(void **state)
{
	(void)state;
	tells("\"\\e]0;owned\\a\": 1",
	      "1:1: unknown key '\\x1b]0;owned\\x07' (known here: agent, "
	      "control, monitor, log, capture, enrich, journal, rules, sinks)\n");
	tells("log: {level: \"\\e[2J\\u202e\\n\\x9b\"}",
	      "1:14: log.level: '\\x1b[2J\\u{202e}\\n\\u{009b}' is unknown (known: error, warning, "
	      "info, debug)\n");
}

static void a_file_that_everybody_may_write_is_refused(void **state)
{
	struct config config;
	struct buf faults;

	(void)state;
	write_file("", 0);
	assert_int_equal(chmod(file, 0646), 0);
	buf_init(&faults, 1024);
	assert_int_equal(config_load(&config, file, &faults, &err), -EPERM);
	assert_non_null(strstr(err.text, "chmod o-w"));
	assert_int_equal(chmod(file, 0664), 0);
	assert_int_equal(config_load(&config, file, &faults, &err), 0);
	config_done(&config);
	assert_int_equal(faults.length, 0);
	buf_done(&faults);
}

static void what_is_no_file_is_told_through_err(void **state)
{
	struct config config;
	struct buf faults;

	(void)state;
	(void)unlink(file);
	buf_init(&faults, 1024);
	assert_int_equal(config_load(&config, file, &faults, &err), -ENOENT);
	assert_non_null(strstr(err.text, "No such file"));
	assert_non_null(strstr(err.text, file));
	assert_int_equal(config_load(&config, dir, &faults, &err), -EISDIR);
	assert_non_null(strstr(err.text, "is a directory"));
	assert_int_equal(mkfifo(file, 0600), 0);
	assert_int_equal(config_load(&config, file, &faults, &err), -ENOTSUP); /* and never waits */
	assert_int_equal(unlink(file), 0);
	assert_int_equal(faults.length, 0);
	buf_done(&faults);
}

static void a_file_of_more_than_a_mebibyte_is_refused(void **state)
{
	size_t size = 1024 * 1024 + 1;
	char *data = malloc(size);
	struct config config;

	(void)state;
	assert_non_null(data);
	memset(data, '\n', size);
	assert_int_equal(load_bytes(&config, data, size), -EFBIG);
	assert_int_equal(load_bytes(&config, data, size - 1), 0);
	config_done(&config);
	memset(data, '[', size - 1);
	assert_int_equal(load_bytes(&config, data, size - 1), -EINVAL);
	assert_string_equal(told, "1:33: values are nested more than 32 deep\n");
	free(data);
}

static void a_caller_with_little_room_gets_the_first_faults(void **state)
{
	struct config config;
	struct buf faults;

	(void)state;
	write_file("a: 1\nb: 2\nc: 3\n", 15);
	buf_init(&faults, 200);
	assert_int_equal(config_load(&config, file, &faults, &err), -EINVAL);
	assert_true(faults.length > 0 && faults.length <= 200);
	assert_int_equal(faults.data[faults.length - 1], '\n');
	buf_done(&faults);
}

/* Loads and lets go whatever comes of it. */
static void survives(const char *data, size_t size)
{
	struct config config;

	if (load_bytes(&config, data, size) == 0)
		config_done(&config);
	for (const char *at = told; *at; at++)
		assert_true(*at == '\n' || (unsigned char)*at >= 0x20);
}

static void damaged_files_give_faults_and_nothing_worse(void **state)
{
	static const char letters[] = "[]{},:-?&*!|>'\"%@`#\n \tab0\\\x80\xff\xe2";
	unsigned int seed = 3;
	char path[PATH_MAX], *text, *damaged;
	size_t size;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/config/quickstart.yaml", TEST_SOURCE_DIR);
	assert_int_equal(io_read_file(AT_FDCWD, path, 1 << 20, &text, &size), 0);
	for (size_t length = 0; length <= size; length++)
		survives(text, length);
	damaged = malloc(size);
	assert_non_null(damaged);
	for (int round = 0; round < 2000; round++) {
		memcpy(damaged, text, size);
		for (int i = 0; i < 3; i++)
			damaged[(size_t)rand_r(&seed) % size] =
				letters[(size_t)rand_r(&seed) % sizeof(letters)];
		survives(damaged, size);
	}
	for (int round = 0; round < 500; round++) {
		for (size_t i = 0; i < size; i++)
			damaged[i] = (char)(rand_r(&seed) >> 8);
		survives(damaged, size);
	}
	free(damaged);
	free(text);
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

static void is_current(const char *name, int (*write_it)(struct buf *out))
{
	char path[PATH_MAX], *committed;
	struct buf out;
	size_t size;

	(void)snprintf(path, sizeof(path), "%s/%s", TEST_SOURCE_DIR, name);
	buf_init(&out, 1 << 20);
	assert_int_equal(write_it(&out), 0);
	if (getenv("UPDATE")) {
		int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

		assert_true(fd >= 0);
		assert_int_equal(io_write_all(fd, out.data, out.length, NULL), 0);
		assert_int_equal(close(fd), 0);
	}
	assert_int_equal(io_read_file(AT_FDCWD, path, 1 << 20, &committed, &size), 0);
	if (size != out.length || memcmp(committed, out.data, size) != 0)
		fail_msg("%s is not what the table of options says: run this test with UPDATE=1",
			 name);
	free(committed);
	buf_done(&out);
}

static void the_committed_example_and_reference_are_current(void **state)
{
	(void)state;
	is_current("config/auditship.yaml", config_write_example);
	is_current("docs/options.md", config_write_reference);
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

/* Runs tool_check with standard output and error caught in told, "OUT|ERR". */
static int check(const char *path)
{
	int saved[2] = {dup(STDOUT_FILENO), dup(STDERR_FILENO)}, pipes[2][2];
	size_t used = 0;
	int result;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(pipe(pipes[i]), 0);
		assert_true(dup2(pipes[i][1], STDOUT_FILENO + i) >= 0);
	}
	result = tool_check(&(struct check_options){.path = path});
	for (int i = 0; i < 2; i++) {
		ssize_t length;

		assert_true(dup2(saved[i], STDOUT_FILENO + i) >= 0);
		(void)close(saved[i]);
		(void)close(pipes[i][1]);
		length = read(pipes[i][0], told + used, 60000);
		assert_true(length >= 0);
		used += (size_t)length;
		if (i == 0)
			told[used++] = '|';
		(void)close(pipes[i][0]);
	}
	told[used] = '\0';
	return result;
}

static void check_says_in_one_line_what_a_good_file_holds(void **state)
{
	char wanted[256];

	(void)state;
	write_file("capture: {events: [exec]}\nsinks: [{name: a, type: stdout}]\n", 59);
	assert_int_equal(check(file), 0);
	(void)snprintf(wanted, sizeof(wanted), "%s: good: 1 event kind, 1 sink (a: stdout)\n|",
		       file);
	assert_string_equal(told, wanted);
	assert_int_equal(check(NULL), 0);
	assert_string_equal(told, "defaults: good: 8 event kinds, 1 sink (trail: file)\n|");
}

static void check_tells_faults_on_standard_error_and_by_its_exit_code(void **state)
{
	char wanted[512];

	(void)state;
	write_file("logg: {}\nx: 1\n", 14);
	assert_int_equal(check(file), CHECK_EXIT_CONFIG);
	(void)snprintf(
		wanted, sizeof(wanted),
		"|%s:1:1: unknown key 'logg' (did you mean 'log'?)\n"
		"%s:2:1: unknown key 'x' (known here: agent, control, monitor, log, capture, "
		"enrich, journal, rules, sinks)\n",
		file, file);
	assert_string_equal(told, wanted);
	assert_int_equal(check(dir), 1);
	assert_non_null(strstr(told, "|auditship: error: '"));
	assert_int_equal(check("/nowhere/\033[2J"), 1);
	assert_non_null(strstr(told, "'/nowhere/\\x1b[2J'"));
}

static void check_warns_of_what_is_unwise(void **state)
{
	static const char text[] =
		"rules: [{name: r, when: {process.thread.name: [cron]}, do: drop}]\n"
		"control: {group: no-such-group-here}\n";

	(void)state;
	write_file(text, sizeof(text) - 1);
	assert_int_equal(check(file), 0);
	assert_non_null(strstr(told, ": good: 8 event kinds, 1 rule, 1 sink (trail: file)\n|"));
	assert_non_null(strstr(told, "c.yaml:1:9: rule 'r' drops events by process.thread.name"));
	assert_non_null(strstr(told, "this host knows no group 'no-such-group-here'"));
}

static void check_warns_of_filters_that_leave_out_too_much(void **state)
{
	static const char text[] = "capture:\n"
				   "  exclude: {path: [/proc, /], user: [root], pid: [7]}\n"
				   "  include: {user: [root, web]}\n";

	(void)state;
	write_file(text, sizeof(text) - 1);
	assert_int_equal(check(file), 0);
	assert_non_null(strstr(
		told, "c.yaml:2:27: capture.exclude.path: '/' leaves out every open of a file\n"));
	assert_non_null(strstr(told, "c.yaml:2:38: capture.exclude.user: 'root' leaves out all"));
	assert_non_null(strstr(told, "c.yaml:3:20: capture.include.user: 'root' is excluded, too"));
	assert_null(strstr(told, "'/proc'"));
	assert_null(strstr(told, "'7'"));
	assert_null(strstr(told, "'web'"));
}

static void items_of_filters_are_checked(void **state)
{
	(void)state;
	tells("capture:\n"
	      "  open: {read_paths: [etc]}\n"
	      "  exclude: {path: [/a/../b], cgroup: [system.slice], pid: [0, 4194305, x]}\n"
	      "  include: {user: ['a:b'], executable: ['']}\n",
	      "2:23: capture.open.read_paths: 'etc' is not an absolute path without '..', such as "
	      "/var/cache\n"
	      "3:20: capture.exclude.path: '/a/../b' is not an absolute path without '..', such as "
	      "/var/cache\n"
	      "3:39: capture.exclude.cgroup: 'system.slice' is not a path below the cgroup mount "
	      "without '..', such as /system.slice/cron.service\n"
	      "3:60: capture.exclude.pid: '0' is not the number of a process, from 1 to 4194304\n"
	      "3:63: capture.exclude.pid: '4194305' is not the number of a process, from 1 to "
	      "4194304\n"
	      "3:72: capture.exclude.pid: 'x' is not the number of a process, from 1 to 4194304\n"
	      "4:20: capture.include.user: 'a:b' is not the name or the number of a user\n"
	      "4:41: capture.include.executable: '' is empty: give a list of at most 256 items, "
	      "such as [/usr/bin/node_exporter]\n");
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
		cmocka_unit_test(what_has_no_unit_or_a_wrong_one_gets_an_example),
		cmocka_unit_test(a_misspelt_key_gets_the_nearest_name),
		cmocka_unit_test(a_misspelt_word_gets_the_nearest_one),
		cmocka_unit_test(a_wrong_type_says_what_is_right),
		cmocka_unit_test(lists_are_bounded_and_name_nothing_twice),
		cmocka_unit_test(names_of_variables_and_sinks_are_restricted),
		cmocka_unit_test(paths_are_checked),
		cmocka_unit_test(a_sink_has_the_options_of_its_type),
		cmocka_unit_test(a_trail_is_rotated_kept_and_synced_as_it_says),
		cmocka_unit_test(faults_of_a_trail_are_told),
		cmocka_unit_test(sinks_do_not_share_names_files_or_standard_output),
		cmocka_unit_test(all_faults_of_a_file_are_told_at_once_in_its_order),
		cmocka_unit_test(an_option_given_twice_leaks_nothing),
		cmocka_unit_test(hostile_text_is_quoted_harmlessly),
		cmocka_unit_test(a_file_that_everybody_may_write_is_refused),
		cmocka_unit_test(what_is_no_file_is_told_through_err),
		cmocka_unit_test(a_file_of_more_than_a_mebibyte_is_refused),
		cmocka_unit_test(a_caller_with_little_room_gets_the_first_faults),
		cmocka_unit_test(damaged_files_give_faults_and_nothing_worse),
		cmocka_unit_test(the_quickstart_keeps_everything_below_trail),
		cmocka_unit_test(the_committed_example_and_reference_are_current),
		cmocka_unit_test(the_example_means_the_defaults),
		cmocka_unit_test(the_example_is_good_with_every_comment_mark_of_an_option_removed),
		cmocka_unit_test(check_says_in_one_line_what_a_good_file_holds),
		cmocka_unit_test(check_tells_faults_on_standard_error_and_by_its_exit_code),
		cmocka_unit_test(check_warns_of_what_is_unwise),
		cmocka_unit_test(check_warns_of_filters_that_leave_out_too_much),
		cmocka_unit_test(items_of_filters_are_checked),
		cmocka_unit_test(a_change_of_filters_concerns_the_filters_alone),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
