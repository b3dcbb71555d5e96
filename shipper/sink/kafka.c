/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Kafka sink: messages into a producer, delivery reports back. Belongs to its deliver thread,
 * but for what librdkafka's own threads leave in it, which is atomic. Payloads are not copied: they
 * point into the batches. The producer is thrown away at the first message that fails, so that
 * nothing overtakes it, and the next open makes another. What an error means is in kafka_errors.c.
 */
#include "sink/kafka.h"

#include "base/clock.h"
#include "base/log.h"
#include "decode/fields.h"
#include "render/render.h"
#include "sink/kafka_config.h"
#include "sink/kafka_errors.h"
#include "sink/kafka_topic.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Messages under way at most, a power of two; bytes are the engine's to bound. */
#define UNDER_WAY_MAX 65536
#define TOPICS_MAX 32
#define POLL_MS 1000
#define FAILED_POLL_MS 5
#define LAST_REPORTS_NS NS_PER_S
/* Without an acknowledgement: told when there is a reason, and when there is none. */
#define SILENT_NS (1 * NS_PER_S)
#define BLACK_HOLE_NS (8 * NS_PER_S)
/* What librdkafka needs for a message, and for one of its headers; see docs/kafka.md. */
#define MESSAGE_OVERHEAD 250
#define HEADER_OVERHEAD 100
/* Batches are not made smaller than this when a broker calls them too large, nor messages. */
#define BATCH_SIZE_MIN (16 * 1024)
#define MESSAGE_SIZE_MIN (4 * 1024)

enum fate { UNKNOWN, ARRIVED, REFUSED };

struct topic {
	const struct kind *kind;
	uint64_t day;
	rd_kafka_topic_t *handle;
};

/* The first thing that went wrong since open, but for what only follows from another. */
struct failure {
	bool there;
	int code; /* rd_kafka_resp_err_t */
	uint64_t since_ns;
	char text[768];
};

struct kafka_sink {
	struct sink sink;
	rd_kafka_conf_t *conf;
	char *brokers;               /* for the person */
	char *topic;                 /* with placeholders: */
	bool by_kind, by_day;        /* it is another one for each */
	rd_kafka_headers_t *headers; /* copied into each message; NULL: none */
	bool shows_certificate;      /* of this host */

	/* One producer, from open to the first failure. */
	rd_kafka_t *producer;
	rd_kafka_queue_t *events;
	struct topic topics[TOPICS_MAX];
	size_t topic_count;

	/* Messages are numbered from open on: those below settled have met their fate. */
	uint64_t settled, taken;
	uint64_t unknown;    /* of those taken, so many have no fate yet */
	uint64_t unreported; /* and so many no delivery report, good or bad */
	uint8_t fates[UNDER_WAY_MAX];
	struct failure failure;
	struct failure refusal; /* of the last message that was refused, for the person */
	int refused;            /* a negative errno of it */
	uint64_t progress_ns;   /* when the last one settled, or the first was taken */
	uint64_t error_ns;      /* the last of the errors below */
	char error[768];        /* what librdkafka said last */
	size_t batch_size;      /* lower than the option's once a broker refused it */
	uint64_t alone_left;    /* so many go one by one, to find the one that is refused */
	bool is_alone;          /* the producer is made for that */
	/* librdkafka's threads. */
	atomic_int certificate; /* X509_V_ERR_ of the last handshake, 0: it was good */
};

static struct kafka_sink *of(struct sink *sink)
{
	return (struct kafka_sink *)sink;
}

static void on_log(const rd_kafka_t *producer, int level, const char *facility, const char *text)
{
	(void)producer;
	log_debug("librdkafka: %d %s: %s", level, facility, text);
}

/*
 * Called by librdkafka's threads when there is something to take. Its own way of writing to a
 * descriptor leaves out what comes soon after the last.
 */
static void on_queue(rd_kafka_t *producer, void *opaque)
{
	struct kafka_sink *kafka = opaque;

	(void)producer;
	(void)eventfd_write(kafka->sink.fd, 1);
}

static void forget_topics(struct kafka_sink *kafka)
{
	for (size_t i = 0; i < kafka->topic_count; i++)
		rd_kafka_topic_destroy(kafka->topics[i].handle);
	kafka->topic_count = 0;
}

/* After it nothing of librdkafka's looks at a payload any more. */
static void drop_producer(struct kafka_sink *kafka)
{
	forget_topics(kafka);
	if (kafka->events) {
		rd_kafka_queue_cb_event_enable(kafka->events, NULL, NULL);
		rd_kafka_queue_destroy(kafka->events);
	}
	kafka->events = NULL;
	if (kafka->producer)
		rd_kafka_destroy(kafka->producer);
	kafka->producer = NULL;
}

static int make_producer(struct kafka_sink *kafka, struct err *err)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_dup(kafka->conf);
	char why[512] = "", text[768], size[24];

	kafka->is_alone = kafka->alone_left > 0;
	(void)snprintf(size, sizeof(size), "%zu", kafka->batch_size);
	(void)rd_kafka_conf_set(conf, "batch.size", size, NULL, 0);
	if (kafka->is_alone)
		(void)rd_kafka_conf_set(conf, "batch.num.messages", "1", NULL, 0);
	kafka->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	if (!kafka->producer) {
		rd_kafka_conf_destroy(conf);
		return err_set(err, -EINVAL, "%s", kafka_refusal_text(text, sizeof(text), why));
	}
	kafka->events = rd_kafka_queue_get_main(kafka->producer);
	rd_kafka_queue_cb_event_enable(kafka->events, on_queue, kafka);
	return 0;
}

static int kafka_open(struct sink *sink, struct sink_position *ret_resume, struct err *err)
{
	struct kafka_sink *kafka = of(sink);

	drop_producer(kafka);
	kafka->settled = kafka->taken = kafka->unknown = kafka->unreported = 0;
	memset(kafka->fates, UNKNOWN, sizeof(kafka->fates));
	kafka->failure.there = kafka->refusal.there = false;
	kafka->error_ns = 0;
	atomic_store(&kafka->certificate, 0);
	*ret_resume = (struct sink_position){0};
	return make_producer(kafka, err);
}

/* Evicting a handle takes nothing from the messages that were given to it. */
static struct topic *add_topic(struct kafka_sink *kafka, const struct kind *kind, uint64_t time_ns,
			       struct err *err)
{
	char name[KAFKA_TOPIC_SIZE];
	struct topic topic = {.kind = kind, .day = time_ns / (86400 * NS_PER_S)};

	kafka_topic_make(name, kafka->topic, kind ? kind->name : "", time_ns);
	topic.handle = rd_kafka_topic_new(kafka->producer, name, NULL);
	if (!topic.handle) {
		(void)err_set(err, -EINVAL, "topic '%s': %s", name,
			      rd_kafka_err2str(rd_kafka_last_error()));
		return NULL;
	}
	if (kafka->topic_count == TOPICS_MAX) {
		rd_kafka_topic_destroy(kafka->topics[0].handle);
		memmove(kafka->topics, kafka->topics + 1,
			(TOPICS_MAX - 1) * sizeof(kafka->topics[0]));
		kafka->topic_count--;
	}
	kafka->topics[kafka->topic_count] = topic;
	return &kafka->topics[kafka->topic_count++];
}

static struct topic *find_topic(struct kafka_sink *kafka, const struct sink_message *message,
				struct err *err)
{
	const struct kind *kind = kafka->by_kind ? message->kind : NULL;
	uint64_t time_ns = kafka->by_day ? message->time_ns : 0;

	for (size_t i = 0; i < kafka->topic_count; i++)
		if (kafka->topics[i].kind == kind &&
		    kafka->topics[i].day == time_ns / (86400 * NS_PER_S))
			return &kafka->topics[i];
	return add_topic(kafka, kind, time_ns, err);
}

/* librdkafka wants the payload without const, but does not write to it. */
static rd_kafka_resp_err_t produce(struct kafka_sink *kafka, rd_kafka_topic_t *topic,
				   const struct sink_message *message, void *number)
{
	rd_kafka_headers_t *headers;
	rd_kafka_resp_err_t code;

	if (!kafka->headers)
		return rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, 0, (void *)message->data,
					message->size, message->key, message->key_size, number) < 0
			       ? rd_kafka_last_error()
			       : RD_KAFKA_RESP_ERR_NO_ERROR;
	headers = rd_kafka_headers_copy(kafka->headers);
	code = rd_kafka_producev(kafka->producer, RD_KAFKA_V_RKT(topic),
				 RD_KAFKA_V_VALUE((void *)message->data, message->size),
				 RD_KAFKA_V_KEY(message->key, message->key_size),
				 RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(number),
				 RD_KAFKA_V_END);
	if (code)
		rd_kafka_headers_destroy(headers);
	return code;
}

static void note_fate(struct kafka_sink *kafka, uint64_t number, enum fate fate)
{
	kafka->fates[number % UNDER_WAY_MAX] = (uint8_t)fate;
	kafka->unknown--;
}

static bool is_size(int code)
{
	return code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
	       code == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE ||
	       code == RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE;
}

/* What librdkafka says of messages that it takes back, in any order with what was the matter. */
static bool is_consequence(int code)
{
	return code == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
	       code == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT || code == RD_KAFKA_RESP_ERR__DESTROY;
}

static bool has_cause(const struct kafka_sink *kafka)
{
	return kafka->failure.there && !is_consequence(kafka->failure.code);
}

static void note_failure(struct kafka_sink *kafka, int code, const char *detail)
{
	char text[256];

	if (has_cause(kafka) || (kafka->failure.there && is_consequence(code)))
		return;
	if (!kafka->failure.there)
		kafka->failure.since_ns = clock_mono_ns();
	kafka->failure.there = true;
	kafka->failure.code = code;
	(void)kafka_error_text(text, sizeof(text), code);
	(void)snprintf(kafka->failure.text, sizeof(kafka->failure.text), "%s%s%s%s", text,
		       detail ? " (" : "", detail ? detail : "", detail ? ")" : "");
}

/* For good, and for itself: the engine is told, in its turn. */
static void refuse(struct kafka_sink *kafka, uint64_t number, int code, size_t size)
{
	if (kafka->refusal.there) /* one after the other */
		return;
	note_fate(kafka, number, REFUSED);
	kafka->refusal.there = true;
	kafka->refused = -EINVAL;
	if (is_size(code) && size > MESSAGE_SIZE_MIN) {
		kafka->refused = -EMSGSIZE;
		kafka->sink.max_message = size / 2 > MESSAGE_SIZE_MIN ? size / 2 : MESSAGE_SIZE_MIN;
	}
	(void)kafka_error_text(kafka->refusal.text, sizeof(kafka->refusal.text), code);
}

/*
 * A batch fails as a whole for one message in it. So they go one by one until it is found; what is
 * refused when alone is poison.
 */
static void note_poison(struct kafka_sink *kafka, const rd_kafka_message_t *message,
			uint64_t number)
{
	if (kafka->is_alone) {
		refuse(kafka, number, message->err, message->len);
		note_failure(kafka, message->err, "going on behind it");
		return;
	}
	if (has_cause(kafka))
		return;
	if (is_size(message->err) && kafka->batch_size / 2 >= BATCH_SIZE_MIN)
		kafka->batch_size /= 2;
	kafka->alone_left = kafka->taken - kafka->settled;
	note_failure(kafka, message->err, "looking for the one message that is refused");
}

/* 0, or why a message cannot be handed over now. */
static int take(struct kafka_sink *kafka, const struct sink_message *message, struct err *err)
{
	struct topic *topic = find_topic(kafka, message, err);
	uint64_t number = kafka->taken;
	rd_kafka_resp_err_t code;
	char text[256];

	if (!topic)
		return -EINVAL;
	code = produce(kafka, topic->handle, message, (void *)(uintptr_t)number);
	if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL ||
	    (code && kafka_error_find(code)->class == KAFKA_FATAL)) /* whose event says why */
		return err_set(err, -EAGAIN, "%s", kafka_error_text(text, sizeof(text), code));
	if (code && kafka_error_find(code)->class == KAFKA_POISON) {
		kafka->taken++;
		kafka->unknown++;
		refuse(kafka, number, code, message->size);
		return 0;
	}
	if (code)
		return err_set(err, -EIO, "%s", kafka_error_text(text, sizeof(text), code));
	kafka->taken++;
	kafka->unknown++;
	kafka->unreported++;
	return 0;
}

static int kafka_submit(struct sink *sink, struct sink_batch *batch, struct err *err)
{
	struct kafka_sink *kafka = of(sink);

	while (batch->taken < batch->count) {
		int result;

		if (kafka->failure.there || kafka->refusal.there) {
			kafka->sink.poll_ms = FAILED_POLL_MS; /* nothing may follow */
			return err_set(err, -EAGAIN, "%s",
				       kafka->failure.there ? kafka->failure.text
							    : kafka->refusal.text);
		}
		if (kafka->is_alone && kafka->taken - kafka->settled >= kafka->alone_left)
			return err_set(err, -EAGAIN,
				       "those that failed together go one by one first");
		if (kafka->taken - kafka->settled == UNDER_WAY_MAX)
			return err_set(err, -EAGAIN, "%d messages are under way", UNDER_WAY_MAX);
		if (kafka->taken == kafka->settled)
			kafka->progress_ns = clock_mono_ns();
		result = take(kafka, &batch->messages[batch->taken], err);
		if (result < 0)
			return result;
		batch->taken++;
	}
	return 0;
}

static void on_report(struct kafka_sink *kafka, const rd_kafka_message_t *message)
{
	uint64_t number = (uint64_t)(uintptr_t)message->_private;

	kafka->unreported--;
	if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
		note_fate(kafka, number, ARRIVED);
	else if (kafka_error_find(message->err)->class == KAFKA_POISON)
		note_poison(kafka, message, number);
	else
		note_failure(kafka, message->err, rd_kafka_topic_name(message->rkt));
}

static void on_reports(struct kafka_sink *kafka, rd_kafka_event_t *event)
{
	const rd_kafka_message_t *messages[256];
	size_t count;

	while ((count = rd_kafka_event_message_array(event, messages, 256)) > 0)
		for (size_t i = 0; i < count; i++)
			on_report(kafka, messages[i]);
}

/* A broker that fails while others work is librdkafka's business; it is told when all stands still.
 */
static void on_error(struct kafka_sink *kafka, rd_kafka_event_t *event)
{
	int code = rd_kafka_event_error(event);

	if (code == RD_KAFKA_RESP_ERR__FATAL) {
		char why[512] = "";

		code = rd_kafka_fatal_error(kafka->producer, why, sizeof(why));
		note_failure(kafka, code, why);
		return;
	}
	/* It only says that what was told before happened to each of them. */
	if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && kafka->error_ns > kafka->progress_ns)
		return;
	(void)kafka_cause_text(
		kafka->error, sizeof(kafka->error),
		&(struct kafka_cause){.code = code,
				      .detail = rd_kafka_event_error_string(event),
				      .certificate = atomic_load(&kafka->certificate),
				      .shows_certificate = kafka->shows_certificate});
	kafka->error_ns = clock_mono_ns();
}

static void on_event(struct kafka_sink *kafka, rd_kafka_event_t *event)
{
	if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR)
		on_reports(kafka, event);
	else if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR)
		on_error(kafka, event);
	rd_kafka_event_destroy(event);
}

static void take_events(struct kafka_sink *kafka)
{
	rd_kafka_event_t *event;
	eventfd_t unused;

	(void)eventfd_read(kafka->sink.fd, &unused); /* before: what comes now is told again */
	while (kafka->events && (event = rd_kafka_queue_poll(kafka->events, 0)))
		on_event(kafka, event);
}

/* Moves settled over what has met its fate; stops behind one that was refused. */
static bool settle(struct kafka_sink *kafka)
{
	uint64_t before = kafka->settled;

	while (kafka->settled < kafka->taken) {
		uint8_t *fate = &kafka->fates[kafka->settled % UNDER_WAY_MAX];
		bool refused = *fate == REFUSED;

		if (*fate == UNKNOWN)
			break;
		*fate = UNKNOWN;
		kafka->settled++;
		if (kafka->alone_left > 0)
			kafka->alone_left--;
		if (refused)
			return true;
	}
	if (kafka->settled > before)
		kafka->progress_ns = clock_mono_ns();
	return false;
}

/* Nothing is under way and all that went one by one has gone: batches again. */
static int end_alone(struct kafka_sink *kafka, struct err *err)
{
	if (!kafka->is_alone || kafka->alone_left > 0 || kafka->settled < kafka->taken ||
	    kafka->failure.there)
		return 0;
	drop_producer(kafka);
	return make_producer(kafka, err);
}

static int tell_silence(const struct kafka_sink *kafka, struct err *err)
{
	uint64_t silent_ns = clock_mono_ns() - kafka->progress_ns;

	if (kafka->settled == kafka->taken || silent_ns < SILENT_NS)
		return 0;
	if (kafka->error_ns > kafka->progress_ns)
		return err_set(err, -EAGAIN, "%s", kafka->error);
	if (silent_ns < BLACK_HOLE_NS)
		return 0;
	return err_set(err, -EAGAIN,
		       "no broker answers (%s): is there a firewall between, are the ports right?",
		       kafka->brokers);
}

/*
 * What is on its way when something fails is still told, and may be what has failed: a fatal error
 * comes before the report of its message. So all reports are waited for, but not long.
 */
static bool is_over(const struct kafka_sink *kafka)
{
	return kafka->unreported == 0 ||
	       clock_mono_ns() - kafka->failure.since_ns > LAST_REPORTS_NS;
}

static int kafka_poll(struct sink *sink, struct sink_progress *ret_progress, struct err *err)
{
	struct kafka_sink *kafka = of(sink);
	uint64_t before = kafka->settled;
	bool refused;
	int result = 0;

	take_events(kafka);
	refused = settle(kafka);
	*ret_progress = (struct sink_progress){.settled = kafka->settled};
	kafka->sink.poll_ms = kafka->failure.there || refused ? FAILED_POLL_MS : POLL_MS;
	if (refused) {
		ret_progress->refused = kafka->refused;
		kafka->refusal.there = false;
		(void)err_set(err, kafka->refused, "%s", kafka->refusal.text);
		return 0;
	}
	if (kafka->settled > before || kafka->alone_left == 0)
		result = end_alone(kafka, err);
	if (result < 0 || kafka->settled > before)
		return result;
	if (kafka->failure.there)
		return is_over(kafka) ? err_set(err, -EIO, "%s", kafka->failure.text) : 0;
	return tell_silence(kafka, err);
}

static int kafka_flush(struct sink *sink, unsigned int within_ms, struct err *err)
{
	struct kafka_sink *kafka = of(sink);
	uint64_t deadline_ns = clock_mono_ns() + within_ms * NS_PER_MS;
	unsigned int left_ms;

	while (kafka->unknown > 0 && !kafka->failure.there && kafka->events &&
	       (left_ms = clock_left_ms(deadline_ns)) > 0) {
		rd_kafka_event_t *event = rd_kafka_queue_poll(kafka->events, (int)left_ms);

		if (event)
			on_event(kafka, event);
	}
	if (kafka->unknown == 0)
		return 0;
	return err_set(err, -EAGAIN, "%llu messages were not acknowledged at the end",
		       (unsigned long long)kafka->unknown);
}

/* Messages have copies. */
static void kafka_identity(struct sink *sink, const struct render_identity *identity)
{
	struct kafka_sink *kafka = of(sink);

	if (kafka->headers && identity->host_name &&
	    !rd_kafka_header_remove(kafka->headers, "host"))
		(void)rd_kafka_header_add(kafka->headers, "host", -1, identity->host_name, -1);
}

static void kafka_close(struct sink *sink)
{
	struct kafka_sink *kafka = of(sink);

	drop_producer(kafka);
	if (kafka->sink.fd >= 0)
		(void)close(kafka->sink.fd);
	if (kafka->headers)
		rd_kafka_headers_destroy(kafka->headers);
	if (kafka->conf)
		rd_kafka_conf_destroy(kafka->conf);
	free(kafka->brokers);
	free(kafka->topic);
	free(kafka);
}

static const struct sink_ops kafka_ops = {
	.open = kafka_open,
	.submit = kafka_submit,
	.poll = kafka_poll,
	.flush = kafka_flush,
	.close = kafka_close,
	.identity = kafka_identity,
};

static int set_headers(struct kafka_sink *kafka, const struct kafka_options *options)
{
	if (options->header_count == 0)
		return 0;
	kafka->headers = rd_kafka_headers_new(options->header_count);
	for (size_t i = 0; i < options->header_count; i++) {
		const struct kafka_text *header = &options->headers[i];

		if (rd_kafka_header_add(kafka->headers, header->name, -1, header->value, -1))
			return -ENOMEM;
	}
	return 0;
}

static int set_config(struct kafka_sink *kafka, const struct kafka_options *options,
		      struct err *err)
{
	int result = kafka_config_make(&kafka->conf, options, err);

	if (result < 0)
		return result;
	rd_kafka_conf_set_log_cb(kafka->conf, on_log);
	rd_kafka_conf_set_events(kafka->conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
	kafka_config_verify(kafka->conf, options, &kafka->certificate);
	return 0;
}

static int set_all(struct kafka_sink *kafka, const struct kafka_options *options, struct err *err)
{
	kafka->batch_size = options->batch_size;
	kafka->shows_certificate = options->tls.cert != NULL;
	kafka->by_kind = kafka_topic_by_kind(options->topic);
	kafka->by_day = kafka_topic_by_day(options->topic);
	kafka->topic = strdup(options->topic);
	kafka->brokers = strdup(options->brokers[0]);
	kafka->sink.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (kafka->sink.fd < 0)
		return err_set(err, -errno, "cannot make an eventfd: %m");
	if (!kafka->topic || !kafka->brokers || set_headers(kafka, options) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	return set_config(kafka, options, err);
}

int kafka_sink_new(struct sink **ret_sink, const struct kafka_options *options, struct err *err)
{
	struct kafka_sink *kafka = calloc(1, sizeof(*kafka));
	int result;

	if (!kafka)
		return err_set(err, -ENOMEM, "out of memory");
	kafka->sink = (struct sink){
		.ops = &kafka_ops,
		.key = options->key,
		.overhead = (uint32_t)(MESSAGE_OVERHEAD + options->header_count * HEADER_OVERHEAD),
		.max_message = options->max_message,
		.fd = -1,
		.events = POLLIN,
		.poll_ms = POLL_MS,
	};
	result = set_all(kafka, options, err);
	if (result < 0) {
		kafka_close(&kafka->sink);
		return result;
	}
	*ret_sink = &kafka->sink;
	return 0;
}
