/* SPDX-License-Identifier: BSD-2-Clause */
/* What the options of a syslog sink mean, alone and together. */
#include "test_config.h"

#include "config/syslog.h"
#include "sink/syslog.h"

#define SINK "sinks: [{name: s, type: syslog, target: "

static void reads(struct config *config, const char *text)
{
	put("c.yaml", text);
	loads(config, "c.yaml");
}

static void refuses(const char *text, const char *why)
{
	struct config config;

	put("c.yaml", text);
	assert_int_equal(load(&config, "c.yaml"), -EINVAL);
	if (!strstr(told, why))
		fail_msg("'%s' is not in: %s", why, told);
}

static void defaults_depend_on_the_target(void **state)
{
	static const struct {
		const char *target;
		uint64_t max_message;
	} rows[] = {
		{"\"tls://a:1\"", 65536},
		{"\"tcp://a:1\"", 65536},
		{"\"udp://a:1\"", 8192},
		{"\"unix:///dev/log\"", 8192},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config config;
		char text[256];

		(void)snprintf(text, sizeof(text), SINK "%s}]", rows[i].target);
		reads(&config, text);
		assert_int_equal(config.sinks[0].type, CONFIG_SINK_SYSLOG);
		assert_int_equal(config.sinks[0].syslog.max_message, rows[i].max_message);
		assert_int_equal(config.sinks[0].syslog.facility, 13);
		assert_int_equal(config.sinks[0].syslog.severity, 6);
		assert_int_equal(config.sinks[0].syslog.framing, SYSLOG_OCTETS);
		assert_int_equal(config.sinks[0].syslog.resend, 8 << 20);
		assert_int_equal(config.sinks[0].tls.verify, CONFIG_VERIFY_FULL);
		assert_int_equal(config.sinks[0].tls.min_version, TLS_1_2);
		assert_null(config.sinks[0].tls.server_name);
		config_done(&config);
	}
}

static void options_that_do_not_go_together_are_faults(void **state)
{
	(void)state;
	refuses(SINK "\"siem:514\"}]", "is not a receiver");
	refuses(SINK "\"tcp://a\", tls: {ca: x}}]",
		"tls.ca: the target does not begin with tls://");
	refuses(SINK "\"udp://a\", tls: {verify: none}}]",
		"tls.verify: the target does not begin with tls://");
	refuses(SINK "\"tls://a\", tls: {cert: x}}]",
		"tls.cert: certificate and key come together");
	refuses(SINK "\"tls://a\", tls: {key: x}}]", "tls.key: certificate and key come together");
	refuses(SINK "\"tls://a\", framing: newline}]", "framing: newline is for a target");
	refuses(SINK "\"udp://a\", max_message: 65001}]",
		"max_message: a datagram of UDP holds at most 65000 bytes");
	refuses(SINK "\"udp://a\", app_name: \"a b\"}]", "app_name: 'a b' is not a word");
	refuses(SINK "\"udp://a\", sd_id: \"a]b\"}]", "sd_id: 'a]b' is not a word");
	refuses(SINK "\"udp://a\", facility: audi}]", "did you mean 'audit'?");
}

static void priorities_are_checked(void **state)
{
	(void)state;
	refuses(SINK "\"udp://a\", priorities: {}}]", "priorities: give a list");
	refuses(SINK "\"udp://a\", priorities: [a]}]", "priorities: each is a map");
	refuses(SINK "\"udp://a\", priorities: [{severity: err}]}]", "priorities: each is a map");
	refuses(SINK "\"udp://a\", priorities: [{when: {no.field: [a]}}]}]",
		"no event has such a field");
	refuses(SINK "\"udp://a\", priorities: [{when: {event.action: [exec]}, severity: bad}]}]",
		"priorities: 'bad' is no severity (known: emerg, alert");
	refuses(SINK "\"udp://a\", priorities: [{when: {event.action: [exec]}, facility: [a]}]}]",
		"priorities: 'this' is no facility (known: kern, user");
	refuses(SINK "\"udp://a\", priorities: [{when: {event.action: [exec]}, level: err}]}]",
		"unknown key 'level' in priorities");
}

static void a_sink_is_made_of_them(void **state)
{
	const struct render_identity identity = {.host_hostname = "h", .host_id = "i"};
	struct config config;
	struct sink *sink;

	(void)state;
	reads(&config, SINK "\"tls://a\", tls: {ca: /c, cert: /d, key: /e, server_name: n, "
			    "min_version: 1.3}, priorities: [{when: {event.action: [exec]}, "
			    "facility: local0}], max_message: 4KiB}]");
	assert_int_equal(config_syslog_sink(&config.sinks[0], &identity, &sink, &err), 0);
	assert_true(sink->max_message > 3500 && sink->max_message < 4096);
	sink->ops->close(sink);
	config_done(&config);
}

static void a_change_of_priorities_is_a_change_of_the_sink(void **state)
{
	struct config a, b;
	struct config_diff diff;

	(void)state;
	reads(&a,
	      SINK "\"udp://a\", priorities: [{when: {event.action: [exec]}, severity: err}]}]");
	reads(&b,
	      SINK "\"udp://a\", priorities: [{when: {event.action: [exec]}, severity: crit}]}]");
	config_diff(&diff, &a, &a);
	assert_int_equal(diff.sinks[0].change, CONFIG_SINK_SAME);
	config_diff(&diff, &a, &b);
	assert_int_equal(diff.sinks[0].change, CONFIG_SINK_CHANGED);
	config_done(&a);
	config_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_depend_on_the_target),
		cmocka_unit_test(options_that_do_not_go_together_are_faults),
		cmocka_unit_test(priorities_are_checked),
		cmocka_unit_test(a_sink_is_made_of_them),
		cmocka_unit_test(a_change_of_priorities_is_a_change_of_the_sink),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
