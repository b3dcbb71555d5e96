/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include "sink/kafka_config.h"
#include "sink/kafka_topic.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const brokers[] = {"a:9092", "b"};

static struct kafka_options defaults(void)
{
	return (struct kafka_options){
		.brokers = brokers,
		.broker_count = 2,
		.topic = "audit",
		.partitioner = "murmur2_random",
		.compression = "lz4",
		.linger_ms = 50,
		.batch_size = 1000000,
		.max_message = 900000,
	};
}

static const char *value_of(const rd_kafka_conf_t *conf, const char *name)
{
	static char value[512];
	size_t size = sizeof(value);

	if (rd_kafka_conf_get(conf, name, value, &size) == RD_KAFKA_CONF_OK)
		return value;
	size = sizeof(value);
	assert_int_equal(rd_kafka_topic_conf_get(
				 rd_kafka_conf_get_default_topic_conf((rd_kafka_conf_t *)conf),
				 name, value, &size),
			 RD_KAFKA_CONF_OK);
	return value;
}

static void nothing_may_be_lost_or_overtaken(void **state)
{
	struct kafka_options options = defaults();
	rd_kafka_conf_t *conf;
	struct err err;

	(void)state;
	assert_int_equal(kafka_config_make(&conf, &options, &err), 0);
	assert_string_equal(value_of(conf, "enable.idempotence"), "true");
	assert_string_equal(value_of(conf, "enable.gapless.guarantee"), "true");
	assert_string_equal(value_of(conf, "acks"), "-1");
	assert_string_equal(value_of(conf, "message.timeout.ms"), "0");
	assert_string_equal(value_of(conf, "delivery.report.only.error"), "false");
	assert_string_equal(value_of(conf, "allow.auto.create.topics"), "false");
	assert_string_equal(value_of(conf, "bootstrap.servers"), "a:9092,b");
	assert_string_equal(value_of(conf, "security.protocol"), "plaintext");
	assert_string_equal(value_of(conf, "linger.ms"), "50");
	assert_string_equal(value_of(conf, "compression.codec"), "lz4");
	assert_string_equal(value_of(conf, "partitioner"), "murmur2_random");
	rd_kafka_conf_destroy(conf);
}

static void tls_and_sasl_become_properties(void **state)
{
	struct kafka_options options = defaults();
	rd_kafka_conf_t *conf;
	struct err err;

	(void)state;
	options.tls.on = true;
	options.tls.ca = "/x/ca.pem";
	options.sasl.mechanism = "SCRAM-SHA-512";
	options.sasl.username = "u";
	options.sasl.password = "p";
	assert_int_equal(kafka_config_make(&conf, &options, &err), 0);
	assert_string_equal(value_of(conf, "security.protocol"), "sasl_ssl");
	assert_string_equal(value_of(conf, "ssl.ca.location"), "/x/ca.pem");
	assert_string_equal(value_of(conf, "ssl.endpoint.identification.algorithm"), "https");
	assert_string_equal(value_of(conf, "enable.ssl.certificate.verification"), "true");
	assert_string_equal(value_of(conf, "sasl.mechanism"), "SCRAM-SHA-512");
	rd_kafka_conf_destroy(conf);
	options.tls.verify = KAFKA_VERIFY_CHAIN;
	options.sasl.mechanism = NULL;
	assert_int_equal(kafka_config_make(&conf, &options, &err), 0);
	assert_string_equal(value_of(conf, "security.protocol"), "ssl");
	assert_string_equal(value_of(conf, "ssl.endpoint.identification.algorithm"), "none");
	assert_string_equal(value_of(conf, "enable.ssl.certificate.verification"), "true");
	rd_kafka_conf_destroy(conf);
}

static void a_property_of_ones_own_is_passed_on(void **state)
{
	const struct kafka_text properties[] = {{"client.rack", "eu-1a"},
						{"sasl.mechanism", "GSSAPI"}};
	struct kafka_options options = defaults();
	rd_kafka_conf_t *conf;
	struct err err;

	(void)state;
	options.properties = properties;
	options.property_count = 2;
	assert_int_equal(kafka_config_make(&conf, &options, &err), 0);
	assert_string_equal(value_of(conf, "client.rack"), "eu-1a");
	assert_string_equal(value_of(conf, "security.protocol"), "sasl_plaintext");
	rd_kafka_conf_destroy(conf);
}

static void check(const char *name, const char *value, const char *says)
{
	struct err err = {.text = ""};
	int result = kafka_property_check(name, value, &err);

	assert_int_equal(result, says ? -EINVAL : 0);
	if (says && !strstr(err.text, says))
		fail_msg("'%s' says nothing of '%s'", err.text, says);
}

static void what_contradicts_our_options_is_refused(void **state)
{
	(void)state;
	check("bootstrap.servers", "x", "use the option brokers");
	check("security.protocol", "ssl", "use the options tls and sasl");
	check("sasl.mechanism", "PLAIN", "use the option sasl.mechanism");
	check("sasl.mechanism", "GSSAPI", NULL);
	check("linger.ms", "5", "use the option linger");
	check("message.timeout.ms", "300000", "would let events be lost");
	check("message.timeout.ms", "0", NULL);
	check("acks", "1", "would let events be lost");
	check("acks", "all", NULL);
	check("enable.idempotence", "false", "would let events be lost");
	check("plugin.library.paths", "/x.so", "no code is loaded");
	check("ssl.engine.location", "/x.so", "no code is loaded");
	check("ssl.providers", "x", "no code is loaded");
	check("sasl.kerberos.kinit.cmd", "kinit", "the agent starts no programs");
	check("queue.buffering.max.kbytes", "1", "8 MiB");
}

static void what_librdkafka_does_not_know_is_refused_without_its_value(void **state)
{
	struct err err;

	(void)state;
	check("client.rack", "x", NULL);
	check("socket.timeout.ms", "2000", NULL);
	check("request.timeout.ms", "2000", NULL); /* of the topic */
	check("clint.rack", "x", "no property that this librdkafka");
	check("socket.timeout.ms", "hush", "does not take this value of 'socket.timeout.ms'");
	assert_int_equal(kafka_property_check("socket.timeout.ms", "hush", &err), -EINVAL);
	assert_null(strstr(err.text, "hush"));
}

static void a_topic_takes_kind_and_date_and_nothing_else(void **state)
{
	char long_one[300];

	(void)state;
	assert_null(kafka_topic_fault("audit"));
	assert_null(kafka_topic_fault("audit-{kind}.{date}_x"));
	assert_non_null(kafka_topic_fault(""));
	assert_non_null(kafka_topic_fault("."));
	assert_non_null(kafka_topic_fault(".."));
	assert_non_null(kafka_topic_fault("audit {kind}"));
	assert_non_null(kafka_topic_fault("audit-{user}"));
	assert_non_null(kafka_topic_fault("audit-{kind"));
	assert_non_null(kafka_topic_fault("a}"));
	assert_non_null(kafka_topic_fault("\xc3\xa4"));
	(void)snprintf(long_one, sizeof(long_one), "%0249d", 1);
	assert_null(kafka_topic_fault(long_one));
	(void)snprintf(long_one, sizeof(long_one), "%0250d", 1);
	assert_non_null(kafka_topic_fault(long_one));
	(void)snprintf(long_one, sizeof(long_one), "%0217d{kind}", 1);
	assert_null(kafka_topic_fault(long_one));
	(void)snprintf(long_one, sizeof(long_one), "%0218d{kind}", 1);
	assert_non_null(kafka_topic_fault(long_one));
}

static void kind_and_day_are_put_into_the_topic(void **state)
{
	char topic[KAFKA_TOPIC_SIZE];

	(void)state;
	kafka_topic_make(topic, "audit", "exec", 0);
	assert_string_equal(topic, "audit");
	assert_false(kafka_topic_by_kind("audit") || kafka_topic_by_day("audit"));
	kafka_topic_make(topic, "{kind}-{date}.{kind}", "exec", UINT64_C(1795283999) * 1000000000);
	assert_string_equal(topic, "exec-2026.11.21.exec");
	kafka_topic_make(topic, "x-{date}", "exec", UINT64_C(1795305600) * 1000000000);
	assert_string_equal(topic, "x-2026.11.22");
	assert_true(kafka_topic_by_kind("{kind}") && kafka_topic_by_day("x-{date}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_may_be_lost_or_overtaken),
		cmocka_unit_test(tls_and_sasl_become_properties),
		cmocka_unit_test(a_property_of_ones_own_is_passed_on),
		cmocka_unit_test(what_contradicts_our_options_is_refused),
		cmocka_unit_test(what_librdkafka_does_not_know_is_refused_without_its_value),
		cmocka_unit_test(a_topic_takes_kind_and_date_and_nothing_else),
		cmocka_unit_test(kind_and_day_are_put_into_the_topic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
