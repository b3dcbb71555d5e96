/* SPDX-License-Identifier: BSD-2-Clause */
/* What the options of a Kafka sink have to hold together. Knows librdkafka by sink/kafka.h only. */
#include "config/kafka.h"

#include "config/options.h"
#include "render/batch.h"
#include "render/schema_ids.h"

#include <stdio.h>
#include <string.h>

static void check_property(const struct yaml_node *node, struct faults *faults)
{
	struct err err;

	if (node->type != YAML_SCALAR || !node->text.bytes ||
	    kafka_property_check(node->key.bytes, node->text.bytes, &err) == 0)
		return;
	faults_add(faults, node->key_place, "properties: %s", err.text);
}

static const char *word_of(const struct option_word *words, int value)
{
	while (words->value != value)
		words++;
	return words->name;
}

static bool uses_tls(const struct config_sink *sink)
{
	return sink->tls.use == CONFIG_TLS_ON ||
	       (sink->tls.use == CONFIG_TLS_AUTO && (sink->tls.ca || sink->tls.cert));
}

static bool uses_scram(const struct config_sink *sink)
{
	return strncmp(word_of(config_sasl_mechanisms, sink->sasl.mechanism), "SCRAM", 5) == 0;
}

static void check_pairs(const struct config_sink *sink, const struct yaml_node *node,
			struct faults *faults)
{
	if (!sink->tls.cert != !sink->tls.key)
		faults_add(faults, node->place, "tls.cert and tls.key: give both, or none");
	/* One that is given and yet not there has been told of. */
	if (sink->sasl.mechanism &&
	    !(config_descend(node, "sasl.username") && config_descend(node, "sasl.password")))
		faults_add(faults, node->place,
			   "sasl.mechanism: %s needs sasl.username and sasl.password",
			   word_of(config_sasl_mechanisms, sink->sasl.mechanism));
}

/* What works, but not as somebody may think. */
static int warn(struct config *config, const struct config_sink *sink)
{
	bool tls = uses_tls(sink), sasl = sink->sasl.mechanism != 0;
	const struct {
		bool so;
		const char *words;
	} warnings[] = {
		{sasl && !tls, "sasl without tls: who is on the way can read along"},
		{uses_scram(sink) && !kafka_knows_scram(),
		 "this librdkafka cannot do SCRAM with Kafka 4: it takes 2.6.1, or PLAIN with tls"},
		{!sasl && sink->sasl.username, "sasl.mechanism is none: nobody is told the user"},
		{tls && sink->tls.verify == CONFIG_VERIFY_NONE,
		 "tls.verify: none: anybody can answer as the broker"},
	};
	int result = 0;
	char text[256];

	for (size_t i = 0; i < sizeof(warnings) / sizeof(warnings[0]) && result == 0; i++) {
		(void)snprintf(text, sizeof(text), "sink %s: %s", sink->name, warnings[i].words);
		if (warnings[i].so)
			result = config_list_add(&config->warnings, text);
	}
	return result;
}

int config_kafka_check(struct config *config, const struct config_sink *sink,
		       const struct yaml_node *node, struct faults *faults)
{
	const struct yaml_node *properties = yaml_tree_get(node, "properties");

	if (!kafka_version()) {
		faults_add(faults, node->place,
			   "this auditship was built without Kafka (AUDITSHIP_KAFKA=OFF)");
		return 0;
	}
	for (const struct yaml_node *at = properties ? properties->first : NULL; at; at = at->next)
		check_property(at, faults);
	check_pairs(sink, node, faults);
	return sink->name ? warn(config, sink) : 0;
}

static void set_headers(struct config_kafka *kafka, const struct config_sink *sink,
			const char *host)
{
	struct kafka_text *headers = kafka->headers;
	size_t count = 0;

	if (sink->kafka.headers == CONFIG_HEADERS_NONE)
		return;
	headers[count++] = (struct kafka_text){"content-type", "application/json"};
	headers[count++] = (struct kafka_text){
		"schema", sink->message == CONFIG_MESSAGE_BATCH ? SCHEMA_ID_BATCH
			  : sink->format == CONFIG_FORMAT_OCSF  ? SCHEMA_ID_OCSF
								: SCHEMA_ID_EVENT};
	if (host)
		headers[count++] = (struct kafka_text){"host", host};
	kafka->options.headers = headers;
	kafka->options.header_count = count;
}

void config_kafka_make(struct config_kafka *ret_kafka, const struct config_sink *sink,
		       const char *host)
{
	int mechanism = sink->sasl.mechanism;

	*ret_kafka = (struct config_kafka){0};
	for (size_t i = 0; i < sink->kafka.properties.count && i < CONFIG_PROPERTIES_MAX; i++)
		ret_kafka->properties[i] = (struct kafka_text){
			sink->kafka.properties.items[i].key,
			sink->kafka.properties.items[i].value,
		};
	ret_kafka->options = (struct kafka_options){
		.brokers = (const char *const *)sink->kafka.brokers.items,
		.broker_count = sink->kafka.brokers.count,
		.topic = sink->kafka.topic,
		.key = (enum sink_key)sink->kafka.key,
		.partitioner = word_of(config_partitioners, sink->kafka.partitioner),
		.compression = word_of(config_compressions, sink->kafka.compression),
		.linger_ms = sink->kafka.linger_ms,
		.batch_size = sink->kafka.batch_size,
		.max_message = sink->kafka.max_message,
		.tls = {.on = uses_tls(sink),
			.ca = sink->tls.ca,
			.cert = sink->tls.cert,
			.key = sink->tls.key,
			.key_password = sink->tls.key_password,
			.verify = (enum kafka_verify)sink->tls.verify},
		.sasl = {.mechanism = mechanism ? word_of(config_sasl_mechanisms, mechanism) : NULL,
			 .username = sink->sasl.username,
			 .password = sink->sasl.password},
		.properties = ret_kafka->properties,
		.property_count = sink->kafka.properties.count,
	};
	set_headers(ret_kafka, sink, host);
}
