/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * 'auditship check --connect' for a Kafka sink: asks the brokers what the sink will depend on, and
 * says it to a person. Its only message is larger than the topic takes, so that the broker answers
 * whether we may write without keeping anything.
 */
#include "sink/kafka.h"

#include "base/clock.h"
#include "sink/kafka_config.h"
#include "sink/kafka_errors.h"
#include "sink/kafka_topic.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Topics that take larger messages are not tried: it would cost too much. */
#define TRY_BYTES_MAX (16 * 1024 * 1024)
#define TRY_ROOM 1024
#define EXAMPLE_KIND "exec"

struct probe {
	const struct kafka_options *options;
	uint64_t deadline_ns;
	sink_told *told;
	void *data;
	int result;

	rd_kafka_t *producer;
	rd_kafka_queue_t *events;
	rd_kafka_topic_t *handle;
	char topic[KAFKA_TOPIC_SIZE];
	atomic_int certificate; /* librdkafka's threads': see kafka_config_verify */
	char error[768];        /* what librdkafka said last; "": nothing */
	size_t max_message;     /* the topic's, 0: not known */
};

__attribute__((format(printf, 3, 4))) static void tell(struct probe *probe, bool ok,
						       const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (!ok)
		probe->result = -EIO;
	probe->told(probe->data, ok, text);
}

static int left_ms(const struct probe *probe)
{
	return (int)clock_left_ms(probe->deadline_ns);
}

static void on_log(const rd_kafka_t *producer, int level, const char *facility, const char *text)
{
	(void)producer, (void)level, (void)facility, (void)text;
}

static int make_producer(struct probe *probe)
{
	rd_kafka_conf_t *conf;
	struct err err;
	char why[512] = "", text[768];

	if (kafka_config_make(&conf, probe->options, &err) < 0) {
		tell(probe, false, "%s", err.text);
		return -EINVAL;
	}
	/* The one message of the probe must get as far as the broker. */
	(void)rd_kafka_conf_set(conf, "message.max.bytes", "1000000000", NULL, 0);
	(void)rd_kafka_conf_set(conf, "batch.num.messages", "1", NULL, 0);
	(void)rd_kafka_conf_set(conf, "compression.codec", "none", NULL, 0);
	(void)rd_kafka_conf_set(conf, "queue.buffering.max.kbytes", "65536", NULL, 0);
	rd_kafka_conf_set_log_cb(conf, on_log);
	rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
	kafka_config_verify(conf, probe->options, &probe->certificate);
	probe->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	if (!probe->producer) {
		rd_kafka_conf_destroy(conf);
		tell(probe, false, "%s", kafka_refusal_text(text, sizeof(text), why));
		return -EINVAL;
	}
	probe->events = rd_kafka_queue_get_main(probe->producer);
	probe->handle = rd_kafka_topic_new(probe->producer, probe->topic, NULL);
	return 0;
}

static void note_error(struct probe *probe, rd_kafka_event_t *event)
{
	int code = rd_kafka_event_error(event);

	if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && probe->error[0])
		return;
	(void)kafka_cause_text(
		probe->error, sizeof(probe->error),
		&(struct kafka_cause){.code = code,
				      .detail = rd_kafka_event_error_string(event),
				      .certificate = atomic_load(&probe->certificate),
				      .shows_certificate = probe->options->tls.cert != NULL});
}

/* What came of the one message, once it is known. */
static bool take_event(struct probe *probe, int wait_ms, int *ret_code)
{
	rd_kafka_event_t *event = rd_kafka_queue_poll(probe->events, wait_ms);
	const rd_kafka_message_t *message;
	bool reported = false;

	if (!event)
		return false;
	if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR) {
		note_error(probe, event);
	} else if ((message = rd_kafka_event_message_next(event))) {
		*ret_code = message->err;
		reported = true;
	}
	rd_kafka_event_destroy(event);
	return reported;
}

static void tell_topic(struct probe *probe, const struct rd_kafka_metadata_topic *topic)
{
	int leaderless = 0, least = topic->partition_cnt ? topic->partitions[0].replica_cnt : 0;
	char text[256];

	if (topic->err || topic->partition_cnt == 0) {
		tell(probe, false, "topic '%s': %s", probe->topic,
		     kafka_error_text(text, sizeof(text),
				      topic->err ? (int)topic->err
						 : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART));
		return;
	}
	for (int i = 0; i < topic->partition_cnt; i++) {
		const struct rd_kafka_metadata_partition *partition = &topic->partitions[i];

		leaderless += partition->leader < 0;
		least = partition->replica_cnt < least ? partition->replica_cnt : least;
	}
	tell(probe, true, "topic '%s': %d partitions, %d replicas%s", probe->topic,
	     topic->partition_cnt, least,
	     least == 1 ? ": what is on a disk that breaks is lost" : "");
	if (leaderless)
		tell(probe, false, "topic '%s': %d of its partitions have no leader", probe->topic,
		     leaderless);
}

/* In steps, so that what goes wrong meanwhile is known at the end. */
static const struct rd_kafka_metadata *ask_metadata(struct probe *probe)
{
	const struct rd_kafka_metadata *found = NULL;
	int code, unused;

	do {
		int wait_ms = left_ms(probe) < 1000 ? left_ms(probe) : 1000;

		code = rd_kafka_metadata(probe->producer, 0, probe->handle, &found, wait_ms);
		while (take_event(probe, 0, &unused))
			;
	} while (code && !probe->error[0] && left_ms(probe) > 0);
	if (code && !probe->error[0])
		tell(probe, false,
		     "no broker answers: is there a firewall between, are the ports right?");
	else if (code)
		tell(probe, false, "%s", probe->error);
	return code ? NULL : found;
}

static int look_at_topic(struct probe *probe)
{
	const struct rd_kafka_metadata *found = ask_metadata(probe);

	if (!found)
		return -EIO;
	tell(probe, true, "%d broker%s reachable by way of %s, security %s%s%s", found->broker_cnt,
	     found->broker_cnt == 1 ? "" : "s", found->orig_broker_name,
	     probe->options->tls.on ? "TLS" : "none",
	     probe->options->sasl.mechanism ? ", let in by " : "",
	     probe->options->sasl.mechanism ? probe->options->sasl.mechanism : "");
	if (found->topic_cnt == 1)
		tell_topic(probe, &found->topics[0]);
	rd_kafka_metadata_destroy(found);
	return probe->result;
}

static void tell_setting(struct probe *probe, const char *name, const char *value)
{
	size_t number = strtoul(value, NULL, 10);

	if (strcmp(name, "min.insync.replicas") == 0)
		tell(probe, true, "min.insync.replicas: %s%s", value,
		     number < 2 ? ": an event counts as delivered when one disk has it" : "");
	if (strcmp(name, "max.message.bytes") != 0)
		return;
	probe->max_message = number;
	if (number < probe->options->max_message || number < probe->options->batch_size)
		tell(probe, false,
		     "max.message.bytes: %s, less than max_message (%zu) or batch_size (%zu): "
		     "lower these, or raise that",
		     value, probe->options->max_message, probe->options->batch_size);
	else
		tell(probe, true, "max.message.bytes: %s", value);
}

static void tell_settings(struct probe *probe, rd_kafka_event_t *event)
{
	const rd_kafka_DescribeConfigs_result_t *result =
		rd_kafka_event_DescribeConfigs_result(event);
	const rd_kafka_ConfigResource_t **resources;
	const rd_kafka_ConfigEntry_t **entries;
	size_t count = 0;

	resources = rd_kafka_DescribeConfigs_result_resources(result, &count);
	if (count == 0 || rd_kafka_ConfigResource_error(resources[0])) {
		tell(probe, true,
		     "the topic's settings may not be read (DescribeConfigs): see to "
		     "max.message.bytes and min.insync.replicas yourself");
		return;
	}
	entries = rd_kafka_ConfigResource_configs(resources[0], &count);
	for (size_t i = 0; i < count; i++)
		if (rd_kafka_ConfigEntry_value(entries[i]))
			tell_setting(probe, rd_kafka_ConfigEntry_name(entries[i]),
				     rd_kafka_ConfigEntry_value(entries[i]));
}

static void look_at_settings(struct probe *probe)
{
	rd_kafka_ConfigResource_t *resource =
		rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, probe->topic);
	rd_kafka_queue_t *answers = rd_kafka_queue_new(probe->producer);
	rd_kafka_event_t *event;

	rd_kafka_DescribeConfigs(probe->producer, &resource, 1, NULL, answers);
	event = rd_kafka_queue_poll(answers, left_ms(probe));
	if (event && !rd_kafka_event_error(event))
		tell_settings(probe, event);
	else
		tell(probe, true, "the topic's settings could not be read");
	if (event)
		rd_kafka_event_destroy(event);
	rd_kafka_queue_destroy(answers);
	rd_kafka_ConfigResource_destroy(resource);
}

/* Too large for the topic: the broker looks at rights first. */
static void try_to_write(struct probe *probe)
{
	size_t size = probe->max_message + TRY_ROOM;
	char *data = probe->max_message ? calloc(1, size) : NULL;
	int code = RD_KAFKA_RESP_ERR__TIMED_OUT;
	char text[256];

	if (!data || size > TRY_BYTES_MAX) {
		free(data);
		return;
	}
	if (rd_kafka_produce(probe->handle, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_FREE, data, size,
			     NULL, 0, NULL) < 0) {
		free(data);
		code = rd_kafka_last_error();
	}
	while (left_ms(probe) > 0 && !take_event(probe, left_ms(probe), &code))
		;
	if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
		tell(probe, true, "this user may write to the topic");
	else
		tell(probe, false, "topic '%s': %s", probe->topic,
		     kafka_error_text(text, sizeof(text), code));
}

int kafka_probe(const struct kafka_options *options, unsigned int wait_ms, sink_told *told,
		void *data)
{
	struct probe probe = {
		.options = options,
		.deadline_ns = clock_mono_ns() + wait_ms * NS_PER_MS,
		.told = told,
		.data = data,
	};

	kafka_topic_make(probe.topic, options->topic, EXAMPLE_KIND, clock_real_ns());
	if (make_producer(&probe) < 0)
		return probe.result;
	if (look_at_topic(&probe) == 0) {
		look_at_settings(&probe);
		try_to_write(&probe);
	}
	rd_kafka_topic_destroy(probe.handle);
	rd_kafka_queue_destroy(probe.events);
	rd_kafka_destroy(probe.producer);
	return probe.result;
}
