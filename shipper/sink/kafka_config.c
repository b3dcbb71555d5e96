/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What librdkafka is told, and what nobody else may tell it. Every setting that the promise
 * (nothing is lost, nothing overtakes) rests on is in one table. Knows no producer and no message.
 */
#include "sink/kafka_config.h"

#include "sink/kafka_errors.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Settings that are always so. */
static const struct kafka_text fixed[] = {
	{"client.id", "auditship"},
	{"enable.idempotence", "true"}, /* which also sets acks=all and at most 5 in flight */
	{"acks", "all"},
	/* Nothing follows a batch that has failed for good: it would overtake what it held. */
	{"enable.gapless.guarantee", "true"},
	/* The journal is what bounds an outage, not a clock. */
	{"message.timeout.ms", "0"},
	{"delivery.report.only.error", "false"},
	/* Else a misspelt topic makes one with a single replica. */
	{"allow.auto.create.topics", "false"},
	{"topic.metadata.propagation.max.ms", "3000"},
	{"batch.num.messages", "10000"},
	{"socket.nagle.disable", "true"},
	{"socket.keepalive.enable", "true"},
	{"socket.connection.setup.timeout.ms", "10000"},
	{"reconnect.backoff.ms", "100"},
	{"reconnect.backoff.max.ms", "5000"},
	{"log.connection.close", "false"},
	/* Room for what sink/kafka.c has under way at most. */
	{"queue.buffering.max.messages", "100000"},
	{"queue.buffering.max.kbytes", "16384"},
};

/* Properties that a configuration may not set, and what to do instead. */
struct owned {
	const char *name;
	const char *instead;
	const char *unless[2]; /* values that are fine */
};

#define LOSES "would let events be lost, doubled or swapped"

static const struct owned owned[] = {
	{"bootstrap.servers", "use the option brokers", {NULL}},
	{"metadata.broker.list", "use the option brokers", {NULL}},
	{"security.protocol", "use the options tls and sasl", {NULL}},
	{"ssl.ca.location", "use the option tls.ca", {NULL}},
	{"ssl.ca.pem", "use the option tls.ca", {NULL}},
	{"ssl.certificate.location", "use the option tls.cert", {NULL}},
	{"ssl.certificate.pem", "use the option tls.cert", {NULL}},
	{"ssl.key.location", "use the option tls.key", {NULL}},
	{"ssl.key.pem", "use the option tls.key", {NULL}},
	{"ssl.key.password", "use the option tls.key_password", {NULL}},
	{"enable.ssl.certificate.verification", "use the option tls.verify", {NULL}},
	{"ssl.endpoint.identification.algorithm", "use the option tls.verify", {NULL}},
	{"sasl.mechanisms", "use the option sasl.mechanism", {"GSSAPI", "OAUTHBEARER"}},
	{"sasl.mechanism", "use the option sasl.mechanism", {"GSSAPI", "OAUTHBEARER"}},
	{"sasl.username", "use the option sasl.username", {NULL}},
	{"sasl.password", "use the option sasl.password", {NULL}},
	{"compression.codec", "use the option compression", {NULL}},
	{"compression.type", "use the option compression", {NULL}},
	{"partitioner", "use the option partitioner", {NULL}},
	{"linger.ms", "use the option linger", {NULL}},
	{"queue.buffering.max.ms", "use the option linger", {NULL}},
	{"batch.size", "use the option batch_size", {NULL}},
	{"message.max.bytes", "use the option max_message", {NULL}},
	{"queue.buffering.max.messages", "8 MiB at most are under way", {NULL}},
	{"queue.buffering.max.kbytes", "8 MiB at most are under way", {NULL}},
	{"enable.idempotence", "any other value than true " LOSES, {"true"}},
	{"enable.gapless.guarantee", "any other value than true " LOSES, {"true"}},
	{"acks", "any other value than all " LOSES, {"all", "-1"}},
	{"request.required.acks", "any other value than all " LOSES, {"all", "-1"}},
	{"message.timeout.ms", "any other value than 0 " LOSES, {"0"}},
	{"delivery.timeout.ms", "any other value than 0 " LOSES, {"0"}},
	{"message.send.max.retries", "fewer " LOSES, {NULL}},
	{"retries", "fewer " LOSES, {NULL}},
	{"queuing.strategy", "any other value than fifo " LOSES, {"fifo"}},
	{"delivery.report.only.error", "any other value than false " LOSES, {"false"}},
	{"transactional.id", "the sink makes no transactions", {NULL}},
	{"enabled_events", "they are the sink's", {NULL}},
	{"sasl.kerberos.kinit.cmd", "the agent starts no programs", {NULL}},
	{"ssl.engine.location", "no code is loaded into the agent", {NULL}},
	{"ssl.providers", "no code is loaded into the agent", {NULL}},
	{"plugin.library.paths", "no code is loaded into the agent", {NULL}},
	{"interceptors", "no code is loaded into the agent", {NULL}},
};

const char *kafka_version(void)
{
	return rd_kafka_version_str();
}

/* Before, it repeated its nonce, which brokers since 4.0 do not accept any more. */
bool kafka_knows_scram(void)
{
	return rd_kafka_version() >= 0x02060100;
}

static const struct owned *find_owned(const char *name)
{
	for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++)
		if (strcmp(owned[i].name, name) == 0)
			return &owned[i];
	return NULL;
}

static bool is_fine(const struct owned *row, const char *value)
{
	for (size_t i = 0; i < 2 && row->unless[i]; i++)
		if (strcmp(row->unless[i], value) == 0)
			return true;
	return false;
}

/* librdkafka's own words quote the value, which can be a secret. */
static int set(rd_kafka_conf_t *conf, const char *name, const char *value, struct err *err)
{
	char why[512];
	rd_kafka_conf_res_t result = rd_kafka_conf_set(conf, name, value, why, sizeof(why));

	if (result == RD_KAFKA_CONF_OK)
		return 0;
	if (result == RD_KAFKA_CONF_UNKNOWN)
		return err_set(err, -EINVAL, "'%s' is no property that this librdkafka (%s) knows",
			       name, rd_kafka_version_str());
	return err_set(err, -EINVAL, "librdkafka does not take this value of '%s'", name);
}

int kafka_property_check(const char *name, const char *value, struct err *err)
{
	const struct owned *row = find_owned(name);
	rd_kafka_conf_t *conf;
	int result;

	if (row && !is_fine(row, value))
		return err_set(err, -EINVAL, "'%s' cannot be set here: %s", name, row->instead);
	conf = rd_kafka_conf_new();
	result = set(conf, name, value, err);
	rd_kafka_conf_destroy(conf);
	return result;
}

static int set_number(rd_kafka_conf_t *conf, const char *name, uint64_t value, struct err *err)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	return set(conf, name, text, err);
}

static int set_brokers(rd_kafka_conf_t *conf, const struct kafka_options *options, struct err *err)
{
	char text[8192];
	size_t used = 0;

	for (size_t i = 0; i < options->broker_count && used < sizeof(text); i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i ? "," : "",
					 options->brokers[i]);
	if (used >= sizeof(text))
		return err_set(err, -EINVAL, "the addresses of the brokers are too long");
	return set(conf, "bootstrap.servers", text, err);
}

/* Each of rows that has a value. */
static int set_rows(rd_kafka_conf_t *conf, const struct kafka_text *rows, size_t count,
		    struct err *err)
{
	int result = 0;

	for (size_t i = 0; i < count && result == 0; i++)
		if (rows[i].value)
			result = set(conf, rows[i].name, rows[i].value, err);
	return result;
}

static bool has_own_mechanism(const struct kafka_options *options)
{
	for (size_t i = 0; i < options->property_count; i++)
		if (strcmp(options->properties[i].name, "sasl.mechanism") == 0 ||
		    strcmp(options->properties[i].name, "sasl.mechanisms") == 0)
			return true;
	return false;
}

static int set_security(rd_kafka_conf_t *conf, const struct kafka_options *options, struct err *err)
{
	static const char *const protocols[2][2] = {{"plaintext", "ssl"},
						    {"sasl_plaintext", "sasl_ssl"}};
	bool sasl = options->sasl.mechanism || has_own_mechanism(options);
	enum kafka_verify verify = options->tls.verify;
	const struct kafka_text rows[] = {
		{"security.protocol", protocols[sasl][options->tls.on]},
		{"ssl.ca.location", options->tls.ca},
		{"ssl.certificate.location", options->tls.cert},
		{"ssl.key.location", options->tls.key},
		{"ssl.key.password", options->tls.key_password},
		{"ssl.endpoint.identification.algorithm",
		 verify == KAFKA_VERIFY_FULL ? "https" : "none"},
		{"enable.ssl.certificate.verification",
		 verify == KAFKA_VERIFY_NONE ? "false" : "true"},
		{"sasl.mechanism", options->sasl.mechanism},
		{"sasl.username", options->sasl.username},
		{"sasl.password", options->sasl.password},
	};

	return set_rows(conf, rows, sizeof(rows) / sizeof(rows[0]), err);
}

static int set_all(rd_kafka_conf_t *conf, const struct kafka_options *options, struct err *err)
{
	const struct kafka_text rows[] = {
		{"partitioner", options->partitioner},
		{"compression.codec", options->compression},
	};
	int result = set_rows(conf, fixed, sizeof(fixed) / sizeof(fixed[0]), err);

	if (result == 0)
		result = set_brokers(conf, options, err);
	if (result == 0)
		result = set_rows(conf, rows, sizeof(rows) / sizeof(rows[0]), err);
	if (result == 0)
		result = set_number(conf, "linger.ms", options->linger_ms, err);
	if (result == 0)
		result = set_number(conf, "batch.size", options->batch_size, err);
	if (result == 0)
		result = set_number(conf, "message.max.bytes",
				    options->max_message + KAFKA_MESSAGE_ROOM, err);
	if (result == 0)
		result = set_security(conf, options, err);
	return result < 0 ? result
			  : set_rows(conf, options->properties, options->property_count, err);
}

int kafka_config_make(rd_kafka_conf_t **ret_conf, const struct kafka_options *options,
		      struct err *err)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	int result = set_all(conf, options, err);

	if (result < 0) {
		rd_kafka_conf_destroy(conf);
		return result;
	}
	*ret_conf = conf;
	return 0;
}

/* Called by librdkafka's threads for each certificate of a chain; says what OpenSSL said. */
static int on_certificate(rd_kafka_t *producer, const char *broker, int32_t id, int *x509_error,
			  int depth, const char *data, size_t size, char *why, size_t why_size,
			  void *opaque)
{
	atomic_int *certificate = opaque;

	(void)producer, (void)broker, (void)id, (void)data, (void)size;
	if (*x509_error == 0) {
		if (depth == 0)
			atomic_store(certificate, 0);
		return 1;
	}
	atomic_store(certificate, *x509_error);
	(void)kafka_certificate_text(why, why_size, *x509_error);
	return 0;
}

void kafka_config_verify(rd_kafka_conf_t *conf, const struct kafka_options *options,
			 atomic_int *certificate)
{
	if (!options->tls.on || options->tls.verify == KAFKA_VERIFY_NONE)
		return;
	rd_kafka_conf_set_opaque(conf, certificate);
	(void)rd_kafka_conf_set_ssl_cert_verify_cb(conf, on_certificate);
}
