/* SPDX-License-Identifier: BSD-2-Clause */
/* The effective configuration, its hash, and what differs between two. */
#include "test_config.h"

static char text[1 << 20];

static void print_to_text(const struct config *config)
{
	struct buf out;

	buf_init(&out, sizeof(text) - 1);
	assert_int_equal(config_write_effective(config, &out), 0);
	memcpy(text, out.data, out.length);
	text[out.length] = '\0';
	buf_done(&out);
}

static void has(const char *line)
{
	if (!strstr(text, line))
		fail_msg("no '%s' in\n%s", line, text);
}

/* What is printed means the same when it is read, and prints the same but for origins. */
static void comes_back(const char *name)
{
	struct config config, again;
	struct config_diff diff;

	loads(&config, name);
	print_to_text(&config);
	put("again.yaml", text);
	assert_int_equal(mkdir(in_dir("again"), 0700), 0);
	assert_int_equal(rename(in_dir("again.yaml"), in_dir("again/a.yaml")), 0);
	loads(&again, "again/a.yaml");
	assert_string_equal(config.hash, again.hash);
	config_diff(&diff, &config, &again);
	assert_int_equal(diff.parts, 0);
	config_done(&again);
	config_done(&config);
	assert_int_equal(unlink(in_dir("again/a.yaml")), 0);
	assert_int_equal(rmdir(in_dir("again")), 0);
}

static void every_value_comes_back(void **state)
{
	(void)state;
	put("c.yaml", "");
	comes_back("c.yaml");
	put("c.yaml",
	    "agent:\n"
	    "  name: \"\\e[2J\\u202e\\\"\\\\ #x: {}[] \\u00e4\\U0001f600\\u0085\\n\\t$$ $$\"\n"
	    "  state_dir: '/s p'\n"
	    "  tags: ['null', '~', '1', 'true', '- a', ' ', \"\\t\", '#', '&a', '*a', '!t', '%', "
	    "'@']\n"
	    "  labels: {a: 'off', B-2_: '$$${AT_UNSET:-x}', '0': ': '}\n"
	    "control: {socket: off, group: '0'}\n"
	    "journal: {max_size: 33554433, sync_every: 61ms, durability: batch}\n"
	    "capture: {args_max: 1000, events: [exit, exec], env: []}\n"
	    "log: {level: debug}\n"
	    "rules:\n"
	    "- {name: q, when: {process.executable: ['/usr/sbin/cr*', /a$$], user.name: root},\n"
	    "   do: drop}\n"
	    "sinks:\n"
	    "- {name: a, type: file, path: 'x y', when: {event.action: [exec]}}\n"
	    "- {name: b, type: stdout, format: ecs}\n");
	comes_back("c.yaml");
}

static void every_value_has_its_origin(void **state)
{
	struct config config;

	(void)state;
	(void)setenv("AT_NAME", "web", 1);
	(void)unsetenv("AT_UNSET");
	make_drop_ins();
	put("key", "k");
	put("c.yaml", "agent:\n  name: ${AT_NAME}\n  tags: [a, '${AT_UNSET:-b}']\n"
		      "  labels:\n    a: x\n    b: y\n"
		      "journal: {max_size: 64MiB}\n"
		      "sinks:\n- {name: t, type: file, path: /x}\n"
		      "rules:\n- name: r\n  when: {user.name: [a]}\n  do: drop\n");
	put("conf.d/1.yaml", "\njournal: {max_size: 128MiB}\nagent: {labels: {b: z}}\n"
			     "sinks: [{name: t, format: ecs}]");
	loads(&config, "c.yaml");
	print_to_text(&config);
	for (char *at = strstr(text, dir); at; at = strstr(at, dir))
		memmove(at, at + strlen(dir) + 1, strlen(at + strlen(dir) + 1) + 1);
	has("  name: web # c.yaml:2, ${AT_NAME}\n");
	has("  tags: [a, b] # c.yaml:3, the default of ${AT_UNSET}\n");
	has("    a: x # c.yaml:5\n    b: z # conf.d/1.yaml:3\n");
	has("  max_size: 128MiB # conf.d/1.yaml:2\n");
	has("  durability: interval # default\n");
	has("  dir: /var/lib/auditship/journal # default\n");
	has("  socket: /run/auditship/control.sock # default\n");
	has("monitor:\n  listen: \"off\" # default\n");
	has("  # group: none: only root may # default\n");
	has("  - name: r # c.yaml:11\n    when: {user.name: [a]} # c.yaml:12\n");
	has("  - name: t # conf.d/1.yaml:4\n    type: file # c.yaml:9\n"
	    "    format: ecs # conf.d/1.yaml:4\n    detail: compact # default\n    leave_out: [] # "
	    "default\n    message: event "
	    "# default\n    path: /x # "
	    "c.yaml:9\n");
	config_done(&config);
}

static void secrets_are_neither_printed_nor_hashed(void **state)
{
	struct config config, other;
	struct config_diff diff;

	(void)state;
	put("key", "hunter2");
	put("c.yaml", "agent: {name: 'x${file:key}', tags: [a, '${file:key}'], "
		      "labels: {a: '${file:key}', b: c}}\n"
		      "sinks: [{name: s, type: file, path: '${file:key}'}]");
	loads(&config, "c.yaml");
	assert_string_equal(config.agent.name, "xhunter2");
	print_to_text(&config);
	assert_null(strstr(text, "hunter2"));
	has("  name: \"***\" # ");
	has("  tags: [\"***\"] # ");
	has("    a: \"***\" # ");
	has("    b: c # ");
	has("    path: \"***\" # ");
	has(", ${file:key}\n");
	put("key", "another");
	loads(&other, "c.yaml");
	assert_string_equal(config.hash, other.hash);
	config_diff(&diff, &config, &other); /* but a reload must know */
	assert_int_equal(diff.parts, CONFIG_PART_IDENTITY | CONFIG_PART_SINKS);
	assert_int_equal(diff.sinks[0].change, CONFIG_SINK_CHANGED);
	config_done(&other);
	config_done(&config);
}

static void a_hostile_file_name_cannot_leave_its_comment(void **state)
{
	(void)state;
	make_drop_ins();
	put("c.yaml", "");
	put("conf.d/a\nlog: {level: debug} #\033[2J.yaml", "agent: {name: x}");
	comes_back("c.yaml");
	has("name: x # ");
	assert_null(strchr(text, '\033'));
	assert_null(strstr(text, "\nlog: {"));
}

static void hash_of(const char *content, char hash[CONFIG_HASH_SIZE])
{
	struct config config;

	put("c.yaml", content);
	loads(&config, "c.yaml");
	memcpy(hash, config.hash, CONFIG_HASH_SIZE);
	assert_int_equal(strspn(hash, "0123456789abcdef"), CONFIG_HASH_SIZE - 1);
	config_done(&config);
}

static void the_hash_is_of_values_and_not_of_how_they_are_written(void **state)
{
	char first[CONFIG_HASH_SIZE], second[CONFIG_HASH_SIZE];

	(void)state;
	hash_of("journal: {max_size: 1GiB}", first);
	hash_of("", second);
	assert_string_equal(first, second);
	hash_of("# c\njournal:\n  sync_every: 1000ms\n  max_size: 2048MiB\n"
		"agent: {labels: {a: x, b: y}}\n"
		"sinks: [{name: a, type: stdout}, {name: b, type: file, path: /x}]\n"
		"rules: [{name: r, when: {user.name: [a], user.id: ['1']}, do: drop}]\n",
		first);
	hash_of("rules: [{do: drop, name: r, when: {user.id: ['1'], user.name: [a]}}]\n"
		"sinks: [{path: '/x', name: b, type: file, format: ecs}, {type: stdout, name: a}]\n"
		"agent: {labels: {b: y, a: x}}\n"
		"journal: {max_size: \"2GiB\", sync_every: 1s}\n",
		second);
	assert_string_equal(first, second);
	hash_of("agent: {name: a}", first);
	hash_of("agent: {name: b}", second);
	assert_string_not_equal(first, second);
	hash_of("agent: {tags: [a, b]}", first);
	hash_of("agent: {tags: ['a, b']}", second);
	assert_string_not_equal(first, second);
	hash_of("agent: {labels: {a: 'x'}}", first);
	hash_of("agent: {tags: [a, x]}", second);
	assert_string_not_equal(first, second);
}

static unsigned int parts_between(const char *before, const char *after, struct config_diff *diff)
{
	struct config a, b;

	put("a.yaml", before);
	put("b.yaml", after);
	loads(&a, "a.yaml");
	loads(&b, "b.yaml");
	config_diff(diff, &a, &b);
	config_done(&a);
	config_done(&b);
	return diff->parts;
}

static void a_difference_names_the_parts_it_concerns(void **state)
{
	static const struct {
		const char *after;
		unsigned int parts;
	} rows[] = {
		{"", 0},
		{"agent: {tags: []}\nrules: []\njournal: {max_size: 1024MiB}", 0},
		{"agent: {name: a}", CONFIG_PART_IDENTITY},
		{"agent: {tags: [a]}", CONFIG_PART_IDENTITY},
		{"agent: {labels: {a: b}}", CONFIG_PART_IDENTITY},
		/* the journal and the default trail are below it */
		{"agent: {state_dir: /s}",
		 CONFIG_PART_STATE | CONFIG_PART_JOURNAL | CONFIG_PART_SINKS},
		{"agent: {runtime_dir: /r}", CONFIG_PART_CONTROL},
		{"control: {socket: off}", CONFIG_PART_CONTROL},
		{"control: {group: adm}", CONFIG_PART_CONTROL},
		{"monitor: {listen: 127.0.0.1:9178}", CONFIG_PART_MONITOR},
		{"log: {level: debug}", CONFIG_PART_LOG},
		{"capture: {events: [exec]}", CONFIG_PART_EVENTS},
		{"capture: {args_max: 1KiB}", CONFIG_PART_PROBES},
		{"capture: {env: []}", CONFIG_PART_PROBES},
		{"capture: {rings: {vital: 1MiB}}", CONFIG_PART_PROBES},
		{"capture: {rings: {bulk: 1MiB}}", CONFIG_PART_PROBES},
		{"journal: {max_size: 2GiB}", CONFIG_PART_JOURNAL},
		{"journal: {durability: none}", CONFIG_PART_JOURNAL},
		{"rules: [{name: r, when: {user.name: [a]}, do: drop}]", CONFIG_PART_RULES},
	};
	struct config_diff diff;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(parts_between("", rows[i].after, &diff), rows[i].parts);
		assert_int_equal(parts_between(rows[i].after, "", &diff), rows[i].parts);
	}
}

static void sinks_differ_by_name(void **state)
{
	struct config_diff diff;

	(void)state;
	assert_int_equal(parts_between("sinks:\n- {name: a, type: stdout}\n"
				       "- {name: b, type: file, path: /b}\n"
				       "- {name: c, type: file, path: /c}\n"
				       "- {name: d, type: file, path: /d}\n",
				       "sinks:\n- {name: new, type: file, path: /new}\n"
				       "- {name: d, type: file, path: /d, "
				       "when: {user.name: [a]}}\n"
				       "- {name: c, type: file, path: /c2}\n"
				       "- {name: a, type: stdout, format: table}\n",
				       &diff),
			 CONFIG_PART_SINKS);
	assert_int_equal(diff.sinks[0].change, CONFIG_SINK_ADDED);
	assert_int_equal(diff.sinks[1].change, CONFIG_SINK_CHANGED);
	assert_int_equal(diff.sinks[1].before, 3);
	assert_int_equal(diff.sinks[2].change, CONFIG_SINK_CHANGED);
	assert_int_equal(diff.sinks[2].before, 2);
	assert_int_equal(diff.sinks[3].change, CONFIG_SINK_SAME);
	assert_int_equal(diff.sinks[3].before, 0);
	assert_false(diff.removed[0]);
	assert_true(diff.removed[1]);
	assert_false(diff.removed[2]);
	assert_false(diff.removed[3]);
	assert_int_equal(parts_between("sinks: [{name: a, type: stdout}, {name: b, type: file, "
				       "path: /b}]",
				       "sinks: [{name: b, type: file, path: /b}, {name: a, type: "
				       "stdout}]",
				       &diff),
			 0);
}

static void every_example_is_good(void **state)
{
	static const char *const names[] = {
		"auditship.yaml",
		"quickstart.yaml",
		"examples/minimal.yaml",
		"examples/local-trail.yaml",
		"examples/quiet-server.yaml",
		"examples/secrets.yaml",
		"examples/pipe-to-jq.yaml",
		"examples/watch-one-user.yaml",
		"examples/remote-syslog.yaml",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[PATH_MAX], *example;
		size_t size;

		(void)snprintf(path, sizeof(path), "%s/config/%s", TEST_SOURCE_DIR, names[i]);
		assert_int_equal(io_read_file(AT_FDCWD, path, 1 << 20, &example, &size), 0);
		put_bytes("c.yaml", example, size, 0600);
		free(example);
		comes_back("c.yaml");
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_value_comes_back),
		TEST(every_value_has_its_origin),
		TEST(secrets_are_neither_printed_nor_hashed),
		TEST(a_hostile_file_name_cannot_leave_its_comment),
		TEST(the_hash_is_of_values_and_not_of_how_they_are_written),
		TEST(a_difference_names_the_parts_it_concerns),
		TEST(sinks_differ_by_name),
		TEST(every_example_is_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
