/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows of a Kafka sink. */
#include "config/rows.h"

#include "base/text.h"
#include "sink/kafka_topic.h"
#include "sink/sink.h"

#include <string.h>

static const struct option_word key_words[] = {
	{"host", SINK_KEY_HOST}, {"container", SINK_KEY_CONTAINER}, {"process", SINK_KEY_PROCESS},
	{"user", SINK_KEY_USER}, {"none", SINK_KEY_NONE},           {},
};

const struct option_word config_partitioners[] = {
	{"murmur2_random", 0}, {"consistent_random", 1}, {"fnv1a_random", 2}, {"random", 3}, {},
};

const struct option_word config_compressions[] = {
	{"lz4", 0}, {"zstd", 1}, {"snappy", 2}, {"gzip", 3}, {"none", 4}, {},
};

static const struct option_word header_words[] = {
	{"standard", CONFIG_HEADERS_STANDARD},
	{"none", CONFIG_HEADERS_NONE},
	{},
};

const struct option_word config_sasl_mechanisms[] = {
	{"none", 0}, {"PLAIN", 1}, {"SCRAM-SHA-256", 2}, {"SCRAM-SHA-512", 3}, {},
};

static bool is_topic(const char *text)
{
	return !kafka_topic_fault(text);
}

static bool is_property(const char *text)
{
	return config_is_made_of(text, LETTERS DIGITS "._");
}

/* HOST, HOST:PORT, [IPV6]:PORT */
static bool is_broker(const char *text)
{
	size_t host = strspn(text, LETTERS CAPITALS DIGITS "._-");
	uint64_t port;

	if (text[0] == '[') {
		size_t length = strspn(text + 1, DIGITS "abcdefABCDEF:.");

		host = length > 0 && text[length + 1] == ']' ? length + 2 : 0;
	}
	if (host == 0 || text[host] == '\0')
		return host > 0;
	return text[host] == ':' && text_parse_number(text + host + 1, &port) == 0 && port >= 1 &&
	       port <= 65535;
}

static const struct option_pattern topic_pattern = {
	"the name of a topic: letters, digits, '.', '_', '-', {kind} and {date}, at most 249 in "
	"all",
	is_topic,
	"^([A-Za-z0-9._-]|[{]kind[}]|[{]date[}])+$",
};

static const struct option_pattern property_pattern = {
	"the name of a property of librdkafka, such as client.rack",
	is_property,
	"^[a-z0-9._]{1,64}$",
};

static const struct option_pattern broker_pattern = {
	"the address of a broker: HOST, HOST:PORT or [IPV6]:PORT",
	is_broker,
	"^([A-Za-z0-9._-]+|\\\\[[0-9a-fA-F:.]+\\\\])(:[0-9]{1,5})?$",
};

const struct option config_kafka_options[] = {
	{
		"brokers",
		LIST_AT(struct config_sink, kafka.brokers),
		.example = "[kafka-1:9092, kafka-2:9092]",
		.min = 1,
		.max = 32,
		.flags = OPTION_REQUIRED,
		.sink_types = KAFKA_SINK,
		.pattern = &broker_pattern,
		.doc = "Addresses to find the cluster by; more than one, so that one may be down.",
	},
	{
		"topic",
		TEXT_AT(struct config_sink, kafka.topic),
		.example = "audit",
		.max = 249,
		.flags = OPTION_REQUIRED,
		.sink_types = KAFKA_SINK,
		.pattern = &topic_pattern,
		.doc = "Where the events go. {kind} becomes the kind of the event (exec, "
		       "open_write "
		       "...), {date} its day in UTC (2026.11.21). The topic has to be there.",
	},
	{
		"key",
		ENUM_AT(struct config_sink, kafka.key),
		.fallback = "host",
		.sink_types = KAFKA_SINK,
		.words = key_words,
		.doc = "What decides the partition: events of the same host, container, process or "
		       "user stay in order; none: spread over all.",
	},
	{
		"partitioner",
		ENUM_AT(struct config_sink, kafka.partitioner),
		.fallback = "murmur2_random",
		.sink_types = KAFKA_SINK,
		.words = config_partitioners,
		.doc = "How a key becomes a partition: murmur2_random as Java's clients do it, "
		       "consistent_random as librdkafka's, fnv1a_random as Sarama's.",
	},
	{
		"compression",
		ENUM_AT(struct config_sink, kafka.compression),
		.fallback = "lz4",
		.sink_types = KAFKA_SINK,
		.words = config_compressions,
		.doc = "How batches of messages are packed.",
	},
	{
		"headers",
		ENUM_AT(struct config_sink, kafka.headers),
		.fallback = "none",
		.sink_types = KAFKA_SINK,
		.words = header_words,
		.doc = "standard: each message says its content-type, its schema and its host, for "
		       "who sorts messages without reading them; this costs about 0.3 "
		       "microseconds and 300 bytes of memory for each.",
	},
	{
		"linger",
		DURATION_AT(struct config_sink, kafka.linger_ms),
		.fallback = "50ms",
		.example = "50ms",
		.max = 5 * SECOND_MS,
		.sink_types = KAFKA_SINK,
		.doc = "How long messages wait for others to be sent with.",
	},
	{
		"batch_size",
		SIZE_AT(struct config_sink, kafka.batch_size),
		.fallback = "256KiB",
		.example = "256KiB",
		.min = 16 * KIB,
		.max = 4 * MIB,
		.sink_types = KAFKA_SINK,
		.doc = "The most that is sent together to one partition, before it is packed; not "
		       "more than the topic's max.message.bytes.",
	},
	{
		"max_message",
		SIZE_AT(struct config_sink, kafka.max_message),
		.fallback = "1000000",
		.example = "1000000",
		.min = 16 * KIB,
		.max = 8 * MIB,
		.sink_types = KAFKA_SINK,
		.doc = "A longer event is made shorter by leaving out arguments and variables, and "
		       "says so; not more than the topic's max.message.bytes.",
	},
	{},
};

const struct option config_kafka_login_options[] = {
	{
		"sasl.mechanism",
		ENUM_AT(struct config_sink, sasl.mechanism),
		.fallback = "none",
		.sink_types = KAFKA_SINK,
		.words = config_sasl_mechanisms,
		.doc = "How the password is shown. PLAIN without TLS gives it to everybody on the "
		       "way.",
	},
	{
		"sasl.username",
		TEXT_AT(struct config_sink, sasl.username),
		.derived = "none",
		.example = "auditship",
		.max = 255,
		.sink_types = KAFKA_SINK,
		.doc = "The user.",
	},
	{
		"sasl.password",
		TEXT_AT(struct config_sink, sasl.password),
		.derived = "none",
		.example = "secret",
		.max = 1024,
		.flags = OPTION_SECRET,
		.sink_types = KAFKA_SINK,
		.doc = "The password; better from a file: ${file:/etc/auditship/kafka.password}.",
	},
	{
		"properties",
		MAP_AT(struct config_sink, kafka.properties),
		.fallback = "{}",
		.example = "{client.rack: eu-1a}",
		.max = 64,
		.sink_types = KAFKA_SINK,
		.pattern = &property_pattern,
		.doc = "Any other property of librdkafka's producer, by its own name. Those that "
		       "an "
		       "option is for, or that events could get lost by, are refused.",
	},
	{},
};
