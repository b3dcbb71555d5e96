/* SPDX-License-Identifier: BSD-2-Clause */
/* What is told of a configuration that is wrong. */
#include "unit/test_config_text.h"

#include "shared.h"

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

static void other_words_for_off_are_no_paths(void **state)
{
	(void)state;
	tells("control: {socket: no}",
	      "1:19: control.socket: 'no' is unknown (did you mean 'off'?)\n");
	tells("sinks: [{name: a, type: file, path: /x, dead_letter: {path: False}}]",
	      "1:61: dead_letter.path: 'False' is unknown (did you mean 'off'?)\n");
}

static void a_rule_that_asks_for_its_own_results_is_told_at_its_line(void **state)
{
	(void)state;
	tells("rules:\n"
	      "  - {name: a, when: {user.name: root}, do: drop}\n"
	      "  - {name: b, when: [{user.name: x}, {tags: x}], do: drop}\n",
	      "3:39: rules: none can ask for 'tags', which comes of the rules; the 'when' of a "
	      "sink can\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_has_no_unit_or_a_wrong_one_gets_an_example),
		cmocka_unit_test(a_misspelt_key_gets_the_nearest_name),
		cmocka_unit_test(a_misspelt_word_gets_the_nearest_one),
		cmocka_unit_test(a_wrong_type_says_what_is_right),
		cmocka_unit_test(lists_are_bounded_and_name_nothing_twice),
		cmocka_unit_test(names_of_variables_and_sinks_are_restricted),
		cmocka_unit_test(paths_are_checked),
		cmocka_unit_test(all_faults_of_a_file_are_told_at_once_in_its_order),
		cmocka_unit_test(hostile_text_is_quoted_harmlessly),
		cmocka_unit_test(a_file_that_everybody_may_write_is_refused),
		cmocka_unit_test(what_is_no_file_is_told_through_err),
		cmocka_unit_test(a_file_of_more_than_a_mebibyte_is_refused),
		cmocka_unit_test(a_caller_with_little_room_gets_the_first_faults),
		cmocka_unit_test(damaged_files_give_faults_and_nothing_worse),
		cmocka_unit_test(items_of_filters_are_checked),
		cmocka_unit_test(other_words_for_off_are_no_paths),
		cmocka_unit_test(a_rule_that_asks_for_its_own_results_is_told_at_its_line),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
