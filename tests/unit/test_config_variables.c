/* SPDX-License-Identifier: BSD-2-Clause */
/* ${NAME}, ${NAME:-TEXT}, ${file:PATH} and $$, and that secrets are not shown. */
#include "config/options.h"
#include "test_config.h"

static int make_all(void **state)
{
	(void)setenv("AT_NAME", "web-01", 1);
	(void)setenv("AT_EMPTY", "", 1);
	(void)setenv("AT_YAML", "x]}\n- {a: b}  # c \"'", 1);
	(void)setenv("AT_SELF", "${AT_SELF}$AT_NAME", 1);
	(void)setenv("AT_BYTES", "\xff\xfe", 1);
	(void)unsetenv("AT_UNSET");
	return make_dir(state);
}

/* What agent.name becomes. */
static void becomes(const char *written, const char *wanted)
{
	char text[1024];
	struct config config;

	(void)snprintf(text, sizeof(text), "agent:\n  name: %s\n", written);
	put("c.yaml", text);
	loads(&config, "c.yaml");
	assert_string_equal(config.agent.name, wanted);
	config_done(&config);
}

static void variables_of_the_environment_are_put_in(void **state)
{
	(void)state;
	becomes("${AT_NAME}", "web-01");
	becomes("a${AT_NAME}b${AT_NAME}", "aweb-01bweb-01");
	becomes("'${AT_NAME}'", "web-01");
	becomes("\"${AT_NAME}\\t\"", "web-01\t");
	becomes("x${AT_EMPTY}", "x");
	becomes("${AT_UNSET:-none}", "none");
	becomes("${AT_EMPTY:-none}", "none");
	becomes("${AT_NAME:-none}", "web-01");
	becomes("x${AT_UNSET:-}", "x");
	becomes("${AT_UNSET:-a:-b c}", "a:-b c");
	becomes("${AT_UNSET:-null}", "null");
}

static void two_dollars_are_one(void **state)
{
	(void)state;
	becomes("a$$b", "a$b");
	becomes("$$", "$");
	becomes("$${AT_NAME}", "${AT_NAME}");
	becomes("$$$$$${AT_NAME}", "$$${AT_NAME}");
	becomes("$$${AT_NAME}", "$web-01");
}

static void a_value_never_becomes_structure_nor_another_variable(void **state)
{
	struct config config;

	(void)state;
	becomes("${AT_YAML}", "x]}\n- {a: b}  # c \"'");
	becomes("${AT_SELF}", "${AT_SELF}$AT_NAME");
	put("c.yaml", "agent: {tags: [\"${AT_YAML}\", b]}");
	loads(&config, "c.yaml");
	assert_int_equal(config.agent.tags.count, 2);
	config_done(&config);
}

static void variables_stand_in_every_kind_of_value_but_not_in_keys(void **state)
{
	struct config config;

	(void)state;
	(void)setenv("AT_SIZE", "64MiB", 1);
	(void)setenv("AT_KIND", "exec", 1);
	put("c.yaml", "journal: {max_size: \"${AT_SIZE}\"}\n"
		      "capture: {events: ['${AT_KIND}']}\n"
		      "sinks: [{name: '${AT_NAME}', type: '${AT_NO:-stdout}'}]\n"
		      "agent: {labels: {a: '${AT_NAME}'}}\n");
	loads(&config, "c.yaml");
	assert_int_equal(config.journal.max_size, 64 << 20);
	assert_string_equal(config.sinks[0].name, "web-01");
	assert_string_equal(config.agent.labels.items[0].value, "web-01");
	config_done(&config);
	tells("agent: {labels: {'${AT_NAME}': x}}",
	      "c.yaml:1:18: agent.labels: '${AT_NAME}' is not a name for a label: letters, digits, "
	      "'_' and '-', at most 64 in all\n");
}

static void a_file_gives_its_text_without_its_last_line_feed(void **state)
{
	(void)state;
	put("key", "secret\n");
	becomes("${file:key}", "secret");
	becomes("<${file:./key}>", "<secret>");
	put("key", "two\nlines\n\n");
	becomes("${file:key}", "two\nlines\n");
	put("key", "${AT_NAME}");
	becomes("${file:key}", "${AT_NAME}");
}

static void a_file_is_relative_to_the_file_that_names_it(void **state)
{
	struct config config;

	(void)state;
	make_drop_ins();
	put("key", "main");
	put("conf.d/key", "drop-in");
	put("c.yaml", "agent: {name: '${file:key}'}");
	loads(&config, "c.yaml");
	assert_string_equal(config.agent.name, "main");
	config_done(&config);
	put("conf.d/1.yaml", "agent: {name: '${file:key}'}");
	loads(&config, "c.yaml");
	assert_string_equal(config.agent.name, "drop-in");
	config_done(&config);
}

#define IS_NO_VARIABLE " is no variable: give ${NAME}, ${NAME:-DEFAULT} or ${file:PATH}\n"
#define DOLLAR "a '$' begins a variable, such as ${NAME}: write $$ for a dollar\n"

static void wrong_variables_are_told_with_their_place(void **state)
{
	(void)state;
	tells("agent:\n  name: ${AT_UNSET}\n",
	      "c.yaml:2:9: ${AT_UNSET} is not set: set it in the environment of auditship, or give "
	      "a default: ${NAME:-DEFAULT}\n");
	tells("agent: {name: $AT_NAME}", "c.yaml:1:15: " DOLLAR);
	tells("agent: {tags: [a, b$]}", "c.yaml:1:19: " DOLLAR);
	tells("agent: {name: '${AT_NAME'}",
	      "c.yaml:1:15: ${AT_NAME} has no end: its '}' is missing\n");
	tells("agent: {name: '${}'}", "c.yaml:1:15: ${}" IS_NO_VARIABLE);
	tells("agent: {name: '${1A}'}", "c.yaml:1:15: ${1A}" IS_NO_VARIABLE);
	tells("agent: {name: '${A B}'}", "c.yaml:1:15: ${A B}" IS_NO_VARIABLE);
	tells("agent: {name: '${A:?x}'}", "c.yaml:1:15: ${A:?x}" IS_NO_VARIABLE);
	tells("agent: {name: '${A-x}'}", "c.yaml:1:15: ${A-x}" IS_NO_VARIABLE);
	tells("agent: {name: '${:-x}'}", "c.yaml:1:15: ${:-x}" IS_NO_VARIABLE);
	tells("agent: {name: \"${A\\0B}\"}", "c.yaml:1:15: ${A\\x00B}" IS_NO_VARIABLE);
	tells("agent: {name: \"${\\e[2J}\"}", "c.yaml:1:15: ${\\x1b[2J}" IS_NO_VARIABLE);
	tells("agent: {name: '${A:-${B}}'}",
	      "c.yaml:1:15: ${A:-${B} holds another variable: a default is plain text\n");
	tells("agent: {name: '${AT_BYTES}'}",
	      "c.yaml:1:15: ${AT_BYTES} is set to bytes that are not UTF-8\n");
	tells("agent: {name: '${AT_EMPTY}'}",
	      "c.yaml:1:15: agent.name: '' is empty: give a text of at most 255 bytes, such as "
	      "web-01\n");
}

static void wrong_files_are_told_with_their_place_and_never_waited_for(void **state)
{
	char *data = malloc(65537);

	(void)state;
	assert_non_null(data);
	memset(data, 'x', 65537);
	put_bytes("big", data, 65537, 0600);
	put_bytes("nul", "a\0b", 3, 0600);
	put_bytes("bytes", "\xff", 1, 0600);
	put_bytes("open", "a", 1, 0602);
	assert_int_equal(mkfifo(in_dir("fifo"), 0600), 0);
	tells("agent: {name: '${file:}'}", "c.yaml:1:15: ${file:} names no file\n");
	tells("agent: {name: \"${file:a\\0b}\"}", "c.yaml:1:15: ${file:a\\x00b} names no file\n");
	tells("agent: {name: '${file:none}'}",
	      "c.yaml:1:15: cannot open 'none': No such file or directory\n");
	tells("agent: {name: '${file:.}'}", "c.yaml:1:15: '.' is a directory, not a file\n");
	tells("agent: {name: '${file:fifo}'}", "c.yaml:1:15: 'fifo' is not a regular file\n");
	tells("agent: {name: '${file:/dev/null}'}",
	      "c.yaml:1:15: '/dev/null' is not a regular file\n");
	tells("agent: {name: '${file:big}'}", "c.yaml:1:15: ${file:big} is larger than 64 KiB\n");
	tells("agent: {name: '${file:nul}'}", "c.yaml:1:15: ${file:nul} is not UTF-8 text\n");
	tells("agent: {name: '${file:bytes}'}", "c.yaml:1:15: ${file:bytes} is not UTF-8 text\n");
	put_bytes("big", data, 65536, 0600);
	tells("agent: {name: 'x${file:big}'}",
	      "c.yaml:1:15: ${file:big} makes the value longer than 64 KiB\n");
	put("c.yaml", "agent: {name: '${file:open}'}");
	tells("agent: {name: '${file:open}'}",
	      "c.yaml:1:15: 'open' can be written by everybody, so anybody could switch the audit "
	      "off: mend it with: chmod o-w 'open'\n");
	free(data);
}

static void values_cannot_fill_the_memory(void **state)
{
	static const char item[] = "'${file:big}', ";
	char *data = malloc(65536), *text = malloc(1 << 20);
	struct config config;
	size_t used;

	(void)state;
	assert_non_null(data);
	assert_non_null(text);
	memset(data, 'x', 65536);
	put_bytes("big", data, 65536, 0600);
	used = (size_t)sprintf(text, "agent: {tags: [");
	for (int i = 0; i < 20000; i++) {
		memcpy(text + used, item, sizeof(item));
		used += sizeof(item) - 1;
	}
	(void)strcpy(text + used, "]}");
	put("c.yaml", text);
	assert_int_equal(load(&config, "c.yaml"), -EINVAL);
	assert_non_null(
		strstr(told, "the values that variables make of this file are larger than"));
	free(data);
	free(text);
}

static void a_key_that_every_user_can_read_is_warned_of(void **state)
{
	struct config config;

	(void)state;
	put_bytes("key", "a", 1, 0644);
	put("c.yaml", "agent: {name: '${file:key}'}");
	loads(&config, "c.yaml");
	assert_int_equal(config.warnings.count, 1);
	assert_non_null(strstr(config.warnings.items[0],
			       "c.yaml:1:15: every user of this host can read 'key'"));
	config_done(&config);
	assert_int_equal(chmod(in_dir("key"), 0640), 0);
	loads(&config, "c.yaml");
	assert_int_equal(config.warnings.count, 0);
	config_done(&config);
}

static void what_came_from_a_file_is_in_no_fault(void **state)
{
	static const char *const texts[] = {
		"journal: {max_size: '${file:key}'}",
		"journal: {sync_every: '${file:key}'}",
		"log: {level: '${file:key}'}",
		"capture: {events: ['${file:key}']}",
		"capture: {env: ['${file:key}']}",
		"control: {group: '${file:key}'}",
		"agent: {tags: ['${file:key}', '${file:key}']}",
		"sinks: [{name: '${file:key}', type: stdout}]",
		"sinks: [{name: a, type: '${file:key}'}]",
		"sinks: [{name: a, type: file, path: '${file:key}'}, "
		"{name: b, type: file, path: '${file:key}'}]",
		"sinks: [{name: a, type: stdout, when: {user.name: ['${file:key}']}}]",
		"rules: [{name: a, when: {user.name: ['${file:key}']}, do: drop}]",
		"rules: '${file:key}'",
		"capture: '${file:key}'",
		"agent: {name: '${file:key}$'}",
		"agent: {labels: {'a b': '${file:key}'}}",
	};
	struct config config;

	(void)state;
	put("key", "infoo! hunter2\n");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		put("c.yaml", texts[i]);
		assert_int_equal(load(&config, "c.yaml"), -EINVAL);
		assert_null(strstr(told, "hunter2"));
		assert_null(strstr(err.text, "hunter2"));
	}
	put("key", "warnin");
	tells("log: {level: '${file:key}'}",
	      "c.yaml:1:14: log.level: '***' is unknown (known: error, warning, info, debug)\n");
}

static void the_value_of_a_secret_option_is_in_no_fault(void **state)
{
	const struct option option = {"password",  .type = OPTION_TEXT,
				      .offset = 0, .example = "x",
				      .max = 3,    .flags = OPTION_SECRET};
	struct yaml_text text = {(char *)(uintptr_t) "hunter2", 7};
	const struct yaml_node node = {.type = YAML_SCALAR, .text = text, .place = {1, 2, 0}};
	struct faults faults = {0};
	char *password = NULL;

	(void)state;
	assert_int_equal(config_value_set(&password, &option, &node, &faults), -EINVAL);
	assert_string_equal(faults.items[0].text,
			    "password: '***' is too long: give a text of at most 3 bytes, such as "
			    "x");
	assert_true(config_value_is_secret(&option, &node));
	faults_done(&faults);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_all, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(variables_of_the_environment_are_put_in),
		TEST(two_dollars_are_one),
		TEST(a_value_never_becomes_structure_nor_another_variable),
		TEST(variables_stand_in_every_kind_of_value_but_not_in_keys),
		TEST(a_file_gives_its_text_without_its_last_line_feed),
		TEST(a_file_is_relative_to_the_file_that_names_it),
		TEST(wrong_variables_are_told_with_their_place),
		TEST(wrong_files_are_told_with_their_place_and_never_waited_for),
		TEST(values_cannot_fill_the_memory),
		TEST(a_key_that_every_user_can_read_is_warned_of),
		TEST(what_came_from_a_file_is_in_no_fault),
		TEST(the_value_of_a_secret_option_is_in_no_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
