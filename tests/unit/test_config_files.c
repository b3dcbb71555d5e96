/* SPDX-License-Identifier: BSD-2-Clause */
/* Which files a configuration is made of, who may have written them, and which of them wins. */
#include "test_config.h"

static void drop_ins_are_read_in_the_byte_order_of_their_names(void **state)
{
	struct config config;

	(void)state;
	make_drop_ins();
	put("c.yaml", "agent: {name: main}");
	put("conf.d/9.yaml", "agent: {name: nine}");
	put("conf.d/10.yaml", "agent: {name: ten}");
	put("conf.d/B.yaml", "agent: {name: capital}");
	loads(&config, "c.yaml");
	assert_string_equal(config.agent.name, "capital");
	assert_int_equal(config.files.count, 4);
	assert_string_equal(config.files.items[0], in_dir("c.yaml"));
	assert_string_equal(config.files.items[1], in_dir("conf.d/10.yaml"));
	assert_string_equal(config.files.items[2], in_dir("conf.d/9.yaml"));
	assert_string_equal(config.files.items[3], in_dir("conf.d/B.yaml"));
	config_done(&config);
	put("conf.d/a.yaml", "agent: {name: small}");
	put("conf.d/\xc3\xa4.yaml", "agent: {name: last}");
	loads(&config, "c.yaml");
	assert_string_equal(config.agent.name, "last");
	config_done(&config);
}

static void maps_merge_and_lists_of_values_replace(void **state)
{
	struct config config;

	(void)state;
	make_drop_ins();
	put("c.yaml", "agent: {name: a, tags: [x, y], labels: {role: web, zone: a}}\n"
		      "capture: {rings: {vital: 1MiB}, args_max: 1KiB}\n");
	put("conf.d/1.yaml", "agent: {tags: [z], labels: {zone: b, b: c}}\ncapture: {env: []}");
	put("conf.d/2.yaml", "");
	put("conf.d/3.yaml", "agent:\n");
	loads(&config, "c.yaml");
	assert_string_equal(config.agent.name, "a");
	assert_int_equal(config.agent.tags.count, 1);
	assert_string_equal(config.agent.tags.items[0], "z");
	assert_int_equal(config.agent.labels.count, 3);
	assert_string_equal(config.agent.labels.items[0].key, "b");
	assert_string_equal(config.agent.labels.items[1].value, "web");
	assert_string_equal(config.agent.labels.items[2].value, "b");
	assert_int_equal(config.capture.rings.vital, 1 << 20);
	assert_int_equal(config.capture.args_max, 1024);
	assert_int_equal(config.capture.env.count, 0);
	config_done(&config);
}

static void sinks_are_appended_or_merged_by_name(void **state)
{
	struct config config;

	(void)state;
	make_drop_ins();
	put("c.yaml", "sinks:\n- {name: t, type: file, path: /a}\n- {name: o, type: stdout}\n");
	put("conf.d/1.yaml", "sinks: [{name: new, type: file, path: /n}, {name: t, path: /b}]");
	put("conf.d/2.yaml", "sinks: [{name: o, format: ecs}, {path: /m, name: new}]");
	loads(&config, "c.yaml");
	assert_int_equal(config.sink_count, 3);
	assert_string_equal(config.sinks[0].path, "/b");
	assert_string_equal(config.sinks[1].name, "o");
	assert_int_equal(config.sinks[1].format, CONFIG_FORMAT_ECS);
	assert_string_equal(config.sinks[2].path, "/m");
	config_done(&config);
	put("conf.d/3.yaml", "sinks: [{name: t, path: /c}, {name: t, path: /d}]");
	assert_int_equal(load(&config, "c.yaml"), -EINVAL);
	assert_string_equal(told, "conf.d/3.yaml:1:37: another sink is called 't' already\n");
}

static void a_sink_in_a_drop_in_replaces_the_default_sink(void **state)
{
	struct config config;

	(void)state;
	make_drop_ins();
	put("conf.d/1.yaml", "sinks: [{name: o, type: stdout}]");
	put("c.yaml", "");
	loads(&config, "c.yaml");
	assert_int_equal(config.sink_count, 1);
	assert_string_equal(config.sinks[0].name, "o");
	config_done(&config);
}

static void too_many_sinks_over_all_files_are_refused(void **state)
{
	char text[8192] = "sinks:\n";
	struct config config;

	(void)state;
	make_drop_ins();
	for (int i = 0; i < 40; i++)
		(void)sprintf(text + strlen(text), "- {name: a%d, type: file, path: /a%d}\n", i, i);
	put("c.yaml", text);
	for (char *at = strstr(text, "name: a"); at; at = strstr(at, "name: a"))
		at[6] = 'b';
	put("conf.d/1.yaml", text);
	assert_int_equal(load(&config, "c.yaml"), -EINVAL);
	assert_non_null(strstr(told, "conf.d/1.yaml:2:1: sinks: 80 sinks"));
}

static void rules_are_appended_in_the_order_of_files(void **state)
{
	struct config config;
	struct buf out;

	(void)state;
	make_drop_ins();
	put("c.yaml", "rules: [{name: first, when: {user.name: [a]}, do: drop}]");
	put("conf.d/1.yaml", "rules: []");
	put("conf.d/2.yaml", "rules: [{name: second, when: {user.name: [b]}, do: keep}]");
	loads(&config, "c.yaml");
	buf_init(&out, 65536);
	assert_int_equal(config_write_effective(&config, &out), 0);
	assert_int_equal(buf_add(&out, "", 1), 0);
	assert_non_null(strstr(out.data, "name: first"));
	assert_non_null(strstr(strstr(out.data, "name: first"), "name: second"));
	buf_done(&out);
	config_done(&config);
}

static void faults_name_the_file_they_are_in_and_come_in_the_order_of_files(void **state)
{
	struct config config;

	(void)state;
	make_drop_ins();
	put("c.yaml", "\n\n\nlog: {level: loud}\nsinks: [{name: o, type: stdout}]");
	put("conf.d/1.yaml", "lag: {}");
	put("conf.d/2.yaml", "\nsinks: [{name: o, colour: red}]");
	put("conf.d/3.yaml", "a: [");
	assert_int_equal(load(&config, "c.yaml"), -EINVAL);
	assert_string_equal(told,
			    "c.yaml:4:14: log.level: 'loud' is unknown (known: error, warning, "
			    "info, debug)\n"
			    "conf.d/1.yaml:1:1: unknown key 'lag' (did you mean 'log'?)\n"
			    "conf.d/2.yaml:2:19: unknown key 'colour' in a sink (known here: name, "
			    "type, format, detail, leave_out, when, batch, retry, dead_letter)\n"
			    "conf.d/3.yaml:2:1: did not find expected node content\n");
	assert_non_null(strstr(err.text, "and its drop-ins have 4 faults"));
}

static void what_is_no_drop_in_is_passed_over(void **state)
{
	static const char *const names[] = {
		"conf.d/.x.yaml",     "conf.d/x.yaml~",    "conf.d/#x.yaml#", "conf.d/.#x.yaml",
		"conf.d/x.yml",       "conf.d/x.yaml.bak", "conf.d/README",   "conf.d/x.json",
		"conf.d/.x.yaml.swp", "conf.d/yaml"};
	struct config config;

	(void)state;
	make_drop_ins();
	put("c.yaml", "");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		put(names[i], "rubbish: [");
	assert_int_equal(mkdir(in_dir("conf.d/dir.yaml"), 0777), 0);
	assert_int_equal(mkfifo(in_dir("conf.d/fifo.yaml"), 0666), 0);
	assert_int_equal(symlink("/dev/null", in_dir("conf.d/masked.yaml")), 0);
	loads(&config, "c.yaml");
	assert_int_equal(config.files.count, 1);
	assert_int_equal(config.warnings.count, 1);
	assert_non_null(strstr(config.warnings.items[0], "conf.d/x.yml: not read: only *.yaml is"));
	config_done(&config);
}

static void what_everybody_may_write_is_refused(void **state)
{
	struct config config;

	(void)state;
	make_drop_ins();
	put("c.yaml", "");
	put("conf.d/1.yaml", "");
	assert_int_equal(chmod(in_dir("conf.d/1.yaml"), 0646), 0);
	assert_int_equal(load(&config, "c.yaml"), -EPERM);
	assert_non_null(strstr(err.text, "/conf.d/1.yaml' can be written by everybody"));
	assert_int_equal(chmod(in_dir("conf.d/1.yaml"), 0644), 0);
	assert_int_equal(chmod(in_dir("conf.d"), 01777), 0);
	assert_int_equal(load(&config, "c.yaml"), -EPERM);
	assert_non_null(strstr(err.text, "/conf.d' can be written by everybody"));
	assert_int_equal(chmod(in_dir("conf.d"), 0755), 0);
	loads(&config, "c.yaml");
	config_done(&config);
}

static void what_belongs_to_somebody_else_is_refused(void **state)
{
	static const char *const names[] = {"c.yaml", "conf.d/1.yaml", "conf.d", "key",
					    "link.yaml"};
	struct config config;

	(void)state;
	if (geteuid() != 0) {
		print_message("only root can give files away\n");
		skip();
	}
	make_drop_ins();
	put("key", "k");
	put("conf.d/1.yaml", "agent: {name: \"${file:../key}\"}");
	put("c.yaml", "");
	assert_int_equal(symlink("c.yaml", in_dir("link.yaml")), 0);
	loads(&config, "link.yaml");
	config_done(&config);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int result;

		assert_int_equal(lchown(in_dir(names[i]), 65534, 0), 0);
		result = load(&config, "link.yaml");
		assert_int_equal(result, strcmp(names[i], "key") == 0 ? -EINVAL : -EPERM);
		assert_non_null(strstr(result == -EPERM ? err.text : told,
				       "belongs to user 65534: it must belong to root"));
		assert_int_equal(lchown(in_dir(names[i]), 0, 0), 0);
	}
	loads(&config, "link.yaml");
	config_done(&config);
}

static void links_of_ours_are_followed_and_drop_ins_stand_beside_the_link(void **state)
{
	struct config config;

	(void)state;
	make_drop_ins();
	assert_int_equal(mkdir(in_dir("real"), 0700), 0);
	assert_int_equal(mkdir(in_dir("real/conf.d"), 0700), 0);
	put("real/c.yaml", "agent: {tags: [t]}");
	put("real/1.yaml", "agent: {name: linked}");
	put("real/conf.d/2.yaml", "agent: {name: wrong}");
	assert_int_equal(symlink("real/c.yaml", in_dir("c.yaml")), 0);
	assert_int_equal(symlink("../real/1.yaml", in_dir("conf.d/1.yaml")), 0);
	loads(&config, "c.yaml");
	assert_string_equal(config.agent.name, "linked");
	assert_int_equal(config.agent.tags.count, 1);
	config_done(&config);
	assert_int_equal(symlink("nowhere", in_dir("conf.d/2.yaml")), 0);
	assert_int_equal(load(&config, "c.yaml"), -ENOENT);
	assert_non_null(strstr(err.text, "conf.d/2.yaml"));
}

static void an_optional_file_may_be_missing(void **state)
{
	struct config config;
	struct buf faults;

	(void)state;
	buf_init(&faults, 4096);
	assert_int_equal(load(&config, "c.yaml"), -ENOENT);
	assert_int_equal(config_load_optional(&config, in_dir("c.yaml"), &faults, &err), 0);
	assert_int_equal(config.files.count, 0);
	config_done(&config);
	make_drop_ins();
	put("conf.d/1.yaml", "agent: {name: a}");
	assert_int_equal(config_load_optional(&config, in_dir("c.yaml"), &faults, &err), 0);
	assert_string_equal(config.agent.name, "a");
	config_done(&config);
	put("conf.d/1.yaml", "a: 1");
	assert_int_equal(config_load_optional(&config, in_dir("c.yaml"), &faults, &err), -EINVAL);
	assert_int_equal(symlink("nowhere", in_dir("c.yaml")), 0);
	assert_int_equal(config_load_optional(&config, in_dir("c.yaml"), &faults, &err), -ENOENT);
	buf_done(&faults);
}

static void a_relative_file_without_a_directory_has_drop_ins_too(void **state)
{
	char before[PATH_MAX];
	struct config config;
	struct buf faults;

	(void)state;
	assert_non_null(getcwd(before, sizeof(before)));
	make_drop_ins();
	put("c.yaml", "");
	put("conf.d/1.yaml", "agent: {name: a}");
	buf_init(&faults, 4096);
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(config_load(&config, "c.yaml", &faults, &err), 0);
	assert_string_equal(config.files.items[1], "conf.d/1.yaml");
	assert_int_equal(chdir(before), 0);
	config_done(&config);
	buf_done(&faults);
}

static void the_number_of_drop_ins_is_bounded(void **state)
{
	struct config config;
	char name[64];

	(void)state;
	make_drop_ins();
	put("c.yaml", "");
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof(name), "conf.d/%04d.yaml", i);
		put(name, "agent: {name: a}");
		if (i != 255)
			continue;
		loads(&config, "c.yaml");
		assert_int_equal(config.files.count, 257);
		config_done(&config);
	}
	assert_int_equal(load(&config, "c.yaml"), -E2BIG);
	assert_non_null(strstr(err.text, "conf.d' holds more than 256 files"));
}

static void all_files_together_are_at_most_a_mebibyte(void **state)
{
	size_t half = 512 * 1024;
	char *data = malloc(half);
	struct config config;

	(void)state;
	assert_non_null(data);
	memset(data, '\n', half);
	make_drop_ins();
	put_bytes("c.yaml", data, half, 0600);
	put_bytes("conf.d/1.yaml", data, half, 0600);
	loads(&config, "c.yaml");
	config_done(&config);
	put("conf.d/2.yaml", "\n");
	assert_int_equal(load(&config, "c.yaml"), -EFBIG);
	assert_non_null(strstr(err.text, "conf.d/2.yaml' and the files read before it"));
	free(data);
}

static void hostile_names_of_drop_ins_cannot_steer_a_terminal(void **state)
{
	struct config config;

	(void)state;
	make_drop_ins();
	put("c.yaml", "");
	put("conf.d/a\n\033[2Jb\xff.yaml", "x: 1");
	assert_int_equal(load(&config, "c.yaml"), -EINVAL);
	assert_non_null(strstr(told, "conf.d/a\\n\\x1b[2Jb\\xff.yaml:1:1: unknown key 'x'"));
}

static void a_drop_in_directory_that_is_a_file_is_an_error(void **state)
{
	struct config config;

	(void)state;
	put("c.yaml", "");
	put("conf.d", "");
	assert_int_equal(load(&config, "c.yaml"), -ENOTDIR);
	assert_non_null(strstr(err.text, "conf.d'"));
}

static void a_configuration_on_the_heap_is_whole_or_absent(void **state)
{
	struct config *config;
	struct buf faults;

	(void)state;
	buf_init(&faults, CONFIG_FAULTS_SIZE);
	put("c.yaml", "agent: {name: a}");
	assert_int_equal(config_new(&config, in_dir("c.yaml"), &faults, &err), 0);
	assert_string_equal(config->agent.name, "a");
	config_free(config);
	put("c.yaml", "agent: {nam: a}");
	assert_int_equal(config_new(&config, in_dir("c.yaml"), &faults, &err), -EINVAL);
	assert_null(config);
	config_free(config);
	buf_done(&faults);
	assert_int_equal(config_new(&config, in_dir("c.yaml"), NULL, &err), -EINVAL);
	assert_non_null(strstr(err.text, "has 1 fault"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(drop_ins_are_read_in_the_byte_order_of_their_names),
		TEST(maps_merge_and_lists_of_values_replace),
		TEST(sinks_are_appended_or_merged_by_name),
		TEST(a_sink_in_a_drop_in_replaces_the_default_sink),
		TEST(too_many_sinks_over_all_files_are_refused),
		TEST(rules_are_appended_in_the_order_of_files),
		TEST(faults_name_the_file_they_are_in_and_come_in_the_order_of_files),
		TEST(what_is_no_drop_in_is_passed_over),
		TEST(what_everybody_may_write_is_refused),
		TEST(what_belongs_to_somebody_else_is_refused),
		TEST(links_of_ours_are_followed_and_drop_ins_stand_beside_the_link),
		TEST(an_optional_file_may_be_missing),
		TEST(a_relative_file_without_a_directory_has_drop_ins_too),
		TEST(the_number_of_drop_ins_is_bounded),
		TEST(all_files_together_are_at_most_a_mebibyte),
		TEST(hostile_names_of_drop_ins_cannot_steer_a_terminal),
		TEST(a_drop_in_directory_that_is_a_file_is_an_error),
		TEST(a_configuration_on_the_heap_is_whole_or_absent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
