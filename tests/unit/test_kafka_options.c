/* SPDX-License-Identifier: BSD-2-Clause */
#include "test_config.h"

#include "config/kafka.h"

static void is_good(struct config *config, const char *text)
{
	put("c.yaml", text);
	loads(config, "c.yaml");
}

#define KAFKA "sinks: [{name: k, type: kafka, brokers: [b], topic: t, "

static void options_in_a_section_of_a_sink(void **state)
{
	struct config config;

	(void)state;
	is_good(&config, KAFKA "tls: {ca: /x, verify: chain}, sasl: {mechanism: PLAIN, username: "
			       "u, password: p}, properties: {client.rack: r}}]");
	assert_string_equal(config.sinks[0].tls.ca, "/x");
	assert_int_equal(config.sinks[0].tls.verify, CONFIG_VERIFY_CHAIN);
	assert_string_equal(config.sinks[0].sasl.password, "p");
	assert_int_equal(config.sinks[0].kafka.properties.count, 1);
	assert_int_equal(config.sinks[0].kafka.linger_ms, 50);
	config_done(&config);
	is_good(&config, KAFKA "tls: }]"); /* all that stands in it is commented out */
	config_done(&config);
	tells(KAFKA "tls: {cert: /x, certt: /y}}]",
	      "c.yaml:1:9: tls.cert and tls.key: give both, or none\n"
	      "c.yaml:1:72: unknown key 'certt' in tls (did you mean 'cert'?)\n");
	tells(KAFKA "tls: yes}]", "c.yaml:1:61: tls: expected a map of options (use, ca, cert, "
				  "key, key_password, verify), "
				  "found a single value\n");
	tells("sinks: [{name: a, type: stdout, tls: {ca: x}}]",
	      "c.yaml:1:33: a stdout sink does not know 'tls'\n");
	tells("sinks: [{name: a, type: stdout, tls.ca: x}]",
	      "c.yaml:1:33: unknown key 'tls.ca' in a sink (known here: name, type, format, "
	      "detail, leave_out, when, batch, retry, dead_letter)\n");
}

static void a_kafka_sink_takes_no_property_that_loses_events(void **state)
{
	(void)state;
	tells(KAFKA "properties: {acks: 1, message.timeout.ms: 5000, linger.ms: 5}}]",
	      "c.yaml:1:69: properties: 'acks' cannot be set here: any other value than all would "
	      "let "
	      "events be lost, doubled or swapped\n"
	      "c.yaml:1:78: properties: 'message.timeout.ms' cannot be set here: any other value "
	      "than 0 "
	      "would let events be lost, doubled or swapped\n"
	      "c.yaml:1:104: properties: 'linger.ms' cannot be set here: use the option linger\n");
	tells(KAFKA "sasl: {mechanism: PLAIN}}]",
	      "c.yaml:1:9: sasl.mechanism: PLAIN needs sasl.username and sasl.password\n");
	tells(KAFKA "sasl: {mechanism: PLAIN, username: u, password: '${file:nowhere}'}}]",
	      "c.yaml:1:104: cannot open 'nowhere': No such file or directory\n");
	tells("sinks: [{name: k, type: kafka, brokers: ['b:0'], topic: '{user}'}]",
	      "c.yaml:1:42: brokers: 'b:0' is not the address of a broker: HOST, HOST:PORT or "
	      "[IPV6]:PORT\n"
	      "c.yaml:1:57: topic: '{user}' is not the name of a topic: letters, digits, '.', '_', "
	      "'-', "
	      "{kind} and {date}, at most 249 in all\n");
}

static void a_secret_property_is_not_shown(void **state)
{
	(void)state;
	put("hush", "hush");
	tells(KAFKA "properties: {socket.timeout.ms: '${file:hush}'}}]\n",
	      "c.yaml:1:69: properties: librdkafka does not take this value of "
	      "'socket.timeout.ms'\n");
}

static void a_password_may_be_in_a_drop_in(void **state)
{
	struct config config;

	(void)state;
	make_drop_ins();
	put("c.yaml", KAFKA "sasl: {mechanism: SCRAM-SHA-512, username: u}}]\n");
	put("conf.d/secret.yaml", "sinks: [{name: k, sasl: {password: p}}]\n");
	loads(&config, "c.yaml");
	assert_string_equal(config.sinks[0].sasl.username, "u");
	assert_string_equal(config.sinks[0].sasl.password, "p");
	assert_true(config.warnings.count >= 1); /* SCRAM, with an old librdkafka */
	assert_non_null(strstr(config.warnings.items[0], "sasl without tls"));
	config_done(&config);
}

static void the_options_become_those_of_the_sink(void **state)
{
	struct config_kafka kafka;
	struct config config;

	(void)state;
	is_good(&config,
		KAFKA "key: container, headers: standard, compression: zstd, tls: {use: on}, "
		      "sasl: {mechanism: SCRAM-SHA-256, username: u, password: p}, "
		      "properties: {client.rack: r}}]");
	config_kafka_make(&kafka, &config.sinks[0], "web-01");
	assert_string_equal(kafka.options.topic, "t");
	assert_string_equal(kafka.options.brokers[0], "b");
	assert_int_equal(kafka.options.key, SINK_KEY_CONTAINER);
	assert_string_equal(kafka.options.compression, "zstd");
	assert_string_equal(kafka.options.partitioner, "murmur2_random");
	assert_string_equal(kafka.options.sasl.mechanism, "SCRAM-SHA-256");
	assert_true(kafka.options.tls.on);
	assert_int_equal(kafka.options.header_count, 3);
	assert_string_equal(kafka.options.headers[2].value, "web-01");
	assert_int_equal(kafka.options.property_count, 1);
	assert_string_equal(kafka.options.properties[0].name, "client.rack");
	config_done(&config);
	is_good(&config, KAFKA "tls: {ca: x}}]");
	config_kafka_make(&kafka, &config.sinks[0], NULL);
	assert_true(kafka.options.tls.on);
	assert_null(kafka.options.sasl.mechanism);
	assert_int_equal(kafka.options.header_count, 0);
	config_done(&config);
	is_good(&config, KAFKA "tls: {ca: x, use: off}}]");
	config_kafka_make(&kafka, &config.sinks[0], NULL);
	assert_false(kafka.options.tls.on);
	config_done(&config);
}

static void a_document_is_ecs(void **state)
{
	struct config config;

	(void)state;
	is_good(&config, KAFKA "message: batch}]");
	assert_int_equal(config.sinks[0].message, CONFIG_MESSAGE_BATCH);
	config_done(&config);
	tells(KAFKA "format: ocsf, message: batch}]",
	      "c.yaml:1:64: message: batch has documents of format ecs only\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_dir, remove_dir)
	const struct CMUnitTest tests[] = {
		TEST(options_in_a_section_of_a_sink),
		TEST(a_kafka_sink_takes_no_property_that_loses_events),
		TEST(a_secret_property_is_not_shown),
		TEST(a_password_may_be_in_a_drop_in),
		TEST(the_options_become_those_of_the_sink),
		TEST(a_document_is_ecs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
