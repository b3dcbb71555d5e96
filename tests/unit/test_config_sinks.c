/* SPDX-License-Identifier: BSD-2-Clause */
/* Sinks in the configuration. */
#include "unit/test_config_text.h"

#include "sink/file.h"
#include "sink/kafka.h"

static void a_sink_has_the_options_of_its_type(void **state)
{
	(void)state;
	tells("sinks: []",
	      "1:8: sinks: 0 sinks: give a list of 1 to 64 sinks, or leave 'sinks' out "
	      "for the default (one file sink called trail, audit.ndjson below "
	      "agent.state_dir)\n");
	tells("sinks: [{name: a, type: stdout, path: x}]",
	      "1:33: a stdout sink does not know 'path'\n");
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
	      "1:33: a stdout sink does not know 'rotate'\n");
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
	      "3:31: sink 'b': path: './/t/./x' is the path of sink 'a' already: each needs a file "
	      "of its own\n");
	tells("sinks:\n- {name: a, type: stdout}\n- {name: b, type: stdout}\n",
	      "3:3: sink 'a' writes to standard output already\n");
	assert_non_null(getcwd(cwd, sizeof(cwd)));
	(void)snprintf(text, sizeof(text),
		       "sinks:\n- {name: a, type: file, path: x}\n"
		       "- {name: b, type: file, path: \"%s/x\"}\n",
		       strcmp(cwd, "/") ? cwd : "");
	assert_int_equal(load_bytes(&config, text, strlen(text)), -EINVAL);
	assert_true(strncmp(told, "3:31: sink 'b': path: ", 22) == 0);
	is_good(&config,
		"sinks:\n- {name: a, type: file, path: x}\n- {name: b, type: file, path: "
		"y/x}\n- {name: c, type: file, path: /x}\n- {name: d, type: file, path: ../x}");
	config_done(&config);
}

static void dead_letters_have_a_file_of_their_own(void **state)
{
	struct config config;

	(void)state;
	tells("sinks:\n- {name: a, type: stdout, dead_letter: {path: /t/x}}\n"
	      "- {name: b, type: file, path: y, dead_letter: {path: /t//x}}\n",
	      "3:54: sink 'b': dead_letter.path: '/t//x' is the dead_letter.path of sink 'a' "
	      "already: each needs a file of its own\n");
	tells("sinks:\n- {name: a, type: file, path: t/x}\n"
	      "- {name: b, type: stdout, dead_letter: {path: ./t/x}}\n",
	      "3:47: sink 'b': dead_letter.path: './t/x' is the path of sink 'a' already: each "
	      "needs a file of its own\n");
	tells("sinks:\n- {name: a, type: stdout, dead_letter: {path: /t/./x}}\n"
	      "- {name: b, type: file, path: /t/x}\n",
	      "3:31: sink 'b': path: '/t/x' is the dead_letter.path of sink 'a' already: each "
	      "needs a file of its own\n");
	tells("sinks:\n- {name: a, type: file, path: x, dead_letter: {path: x}}\n",
	      "2:54: sink 'a': dead_letter.path: 'x' is the path of sink 'a' already: each needs "
	      "a file of its own\n");
	/* The default counts too, and what is told is where the other path was given. */
	tells("agent: {state_dir: /s}\nsinks:\n"
	      "- {name: a, type: file, path: /s/dead-letter/b.ndjson}\n"
	      "- {name: b, type: stdout, tls: off}\n",
	      "3:31: sink 'a': path: '/s/dead-letter/b.ndjson' is the dead_letter.path of sink 'b' "
	      "already: each needs a file of its own\n"
	      "4:27: a stdout sink does not know 'tls'\n");
	is_good(&config, "sinks:\n- {name: a, type: file, path: off, dead_letter: {path: off}}\n"
			 "- {name: b, type: stdout, dead_letter: {path: off}}\n"
			 "- {name: c, type: file, path: d/x, dead_letter: {path: d/y}}\n");
	assert_null(config.sinks[0].dead_letter.path);
	assert_null(config.sinks[1].dead_letter.path);
	assert_string_equal(config.sinks[2].dead_letter.path, "d/y");
	config_done(&config);
}

static void what_is_left_out_is_in_the_schema(void **state)
{
	struct config config;

	(void)state;
	is_good(&config,
		"sinks: [{name: a, type: file, path: x, leave_out: [host.os, Linux.creator, "
		"labels]}]");
	assert_int_equal(config.sinks[0].leave_out.count, 3);
	assert_string_equal(config.sinks[0].leave_out.items[1], "Linux.creator");
	config_done(&config);
	is_good(&config, "sinks: [{name: a, type: stdout, leave_out: []}]");
	config_done(&config);
	tells("sinks:\n- {name: a, type: file, path: x, leave_out: [hos.name, event.id, "
	      "zzzzzzzz]}\n",
	      "2:46: leave_out: 'hos.name': no event has it (did you mean 'host.name'?)\n"
	      "2:56: leave_out: 'event.id': the schema requires it\n"
	      "2:66: leave_out: 'zzzzzzzz': no event has it: give paths of docs/events.md, such as "
	      "host.os\n");
	tells("sinks:\n- {name: a, type: file, path: x, leave_out: [\"\", {a: b}]}\n",
	      "2:46: leave_out: '' is empty: give a list of at most 128 items, such as [host.os, "
	      "host.ip, process.saved_user]\n"
	      "2:50: leave_out: every item must be a single value\n");
	tells("sinks:\n- {name: a, type: file, path: x, format: csv, leave_out: [host]}\n",
	      "2:58: leave_out is for events of format ecs only\n");
	tells("sinks:\n- {name: a, type: stdout, leave_out: [host]}\n",
	      "2:38: leave_out is for events of format ecs only\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sink_has_the_options_of_its_type),
		cmocka_unit_test(what_is_left_out_is_in_the_schema),
		cmocka_unit_test(a_trail_is_rotated_kept_and_synced_as_it_says),
		cmocka_unit_test(faults_of_a_trail_are_told),
		cmocka_unit_test(sinks_do_not_share_names_files_or_standard_output),
		cmocka_unit_test(dead_letters_have_a_file_of_their_own),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
