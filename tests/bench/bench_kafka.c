/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the Kafka sink costs over librdkafka itself: rendered events from memory, by way of the
 * sink and by a plain loop around rd_kafka_produce with the same settings, in turn, to the same
 * mock cluster, which is another process. The sink has 8 MiB under way at most, the loop as much as
 * librdkafka takes. Rates are until the last
 * delivery report; CPU time is that of this process with librdkafka's threads. On a machine that
 * others use, compare the two columns of one run and nothing else.
 *
 *   bench_kafka [MESSAGES [ROUNDS]]
 *
 * Fails when the sink reaches less than 90 % of the plain rate and needs more than 110 % of its CPU
 * time, both in the best round.
 */
#include "base/clock.h"
#include "decode/fields.h"
#include "mock_cluster.h"
#include "sink/kafka_config.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define LINES 4096
#define BATCH_BYTES (256 * 1024)
#define IN_FLIGHT_BYTES (8 * 1024 * 1024)
#define OVERHEAD 300 /* as much as the engine counts for a message beside its bytes */

struct bench {
	struct kafka_options options;
	const char *brokers[1];
	char address[256];
	char *data;
	struct sink_message lines[LINES];
	uint32_t per_batch;
	uint64_t count, window; /* messages under way at most */
};

struct cost {
	double seconds, cpu;
};

static void die(const char *what)
{
	(void)fprintf(stderr, "bench_kafka: %s\n", what);
	exit(1);
}

/* Events as they are rendered, about 800 bytes each, of some processes. */
static void make_lines(struct bench *bench)
{
	static const char format[] =
		"{\"@timestamp\":\"2026-11-21T12:34:56.%09u\",\"ecs\":{\"version\":\"9.4.0\"},"
		"\"event\":{\"kind\":\"event\",\"category\":[\"process\"],\"type\":[\"start\"],"
		"\"action\":\"exec\",\"module\":\"auditship\",\"dataset\":\"auditship.process\","
		"\"id\":\"8c2a7b54-0f6e-4b0e-8a37-3f5d5a5e9e21:%u\",\"sequence\":%u},\"agent\":{"
		"\"type\":\"auditship\",\"version\":\"0.1.0\",\"name\":\"web-01\"},\"host\":{"
		"\"name\":\"web-01.example.net\",\"id\":\"48c1b3f1ac5da4e0057fc9f60f4d1d5d\"},"
		"\"process\":{\"pid\":%u,\"entity_id\":\"4da03548-d027-8f0b-a5da-%012u\","
		"\"executable\":\"/usr/bin/env\",\"args\":[\"env\",\"-i\",\"PATH=/usr/bin:/bin\","
		"\"sh\",\"-c\",\"echo %u | sed s/a/b/\"],\"command_line\":\"env -i "
		"PATH=/usr/bin:/bin sh -c echo %u | sed s/a/b/\",\"working_directory\":\"/root\","
		"\"parent\":{\"pid\":2231,\"executable\":\"/usr/bin/bash\",\"name\":\"bash\"},"
		"\"user\":{\"id\":\"0\",\"name\":\"root\"}}}";
	size_t used = 0;

	bench->data = malloc(LINES * 1200UL);
	for (unsigned int i = 0; i < LINES; i++) {
		char *line = bench->data + used;
		int size = sprintf(line, format, i * 7919, i, i, 1000 + i % 97, i % 97, i, i);

		bench->lines[i] = (struct sink_message){
			.data = line,
			.size = (size_t)size,
			.events = 1,
			.sequence = i + 1,
			.kind = kind_get(REC_EXEC),
			.key = strstr(line, "entity_id") + 12,
			.key_size = 36,
		};
		used += (size_t)size + 1;
	}
	bench->per_batch = (uint32_t)(BATCH_BYTES / (used / LINES));
	bench->window = IN_FLIGHT_BYTES / (used / LINES + OVERHEAD);
}

static struct cost begin(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	return (struct cost){
		.seconds = (double)clock_mono_ns() / 1e9,
		.cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
	};
}

static struct cost end(struct cost before)
{
	struct cost now = begin();

	return (struct cost){now.seconds - before.seconds, now.cpu - before.cpu};
}

/* The next batch: a run of lines, which begins anew with the first. */
static struct sink_batch next_batch(const struct bench *bench, uint64_t at)
{
	uint32_t from = (uint32_t)(at % LINES), count = bench->per_batch;

	if (count > LINES - from)
		count = LINES - from;
	if (count > bench->count - at)
		count = (uint32_t)(bench->count - at);
	return (struct sink_batch){.messages = bench->lines + from, .count = count};
}

static struct cost run_sink(const struct bench *bench)
{
	struct sink_progress progress = {0};
	struct sink_position resume;
	struct sink_batch batch = {0};
	uint64_t handed = 0;
	struct sink *sink;
	struct cost before;
	struct err err;

	if (kafka_sink_new(&sink, &bench->options, &err) < 0 ||
	    sink->ops->open(sink, &resume, &err) < 0)
		die(err.text);
	before = begin();
	while (progress.settled < bench->count) {
		struct pollfd fd = {.fd = sink->fd, .events = sink->events};
		bool room = handed < bench->count && handed - progress.settled < bench->window;

		if (batch.taken == batch.count && room) {
			batch = next_batch(bench, handed);
			handed += batch.count;
		}
		if (batch.taken < batch.count && sink->ops->submit(sink, &batch, &err) < 0 &&
		    batch.taken == 0)
			die(err.text);
		if (sink->ops->poll(sink, &progress, &err) < 0)
			die(err.text);
		if (progress.settled < bench->count && batch.taken == batch.count && !room)
			(void)poll(&fd, 1, (int)sink->poll_ms);
	}
	before = end(before);
	sink->ops->close(sink);
	return before;
}

static uint64_t take_reports(rd_kafka_queue_t *queue, int wait_ms)
{
	rd_kafka_event_t *event = rd_kafka_queue_poll(queue, wait_ms);
	const rd_kafka_message_t *messages[256];
	uint64_t reports = 0;
	size_t count;

	if (!event)
		return 0;
	while ((count = rd_kafka_event_message_array(event, messages, 256)) > 0)
		reports += count;
	rd_kafka_event_destroy(event);
	return reports;
}

static struct cost run_plain(const struct bench *bench)
{
	uint64_t sent = 0, arrived = 0;
	rd_kafka_queue_t *queue;
	rd_kafka_topic_t *topic;
	rd_kafka_conf_t *conf;
	rd_kafka_t *producer;
	struct cost before;
	struct err err;

	if (kafka_config_make(&conf, &bench->options, &err) < 0)
		die(err.text);
	rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
	producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
	queue = rd_kafka_queue_get_main(producer);
	topic = rd_kafka_topic_new(producer, "bench", NULL);
	before = begin();
	while (arrived < bench->count) {
		const struct sink_message *line = &bench->lines[sent % LINES];
		bool full = false;

		if (sent < bench->count)
			full = rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, 0, (void *)line->data,
						line->size, line->key, line->key_size, NULL) < 0;
		if (sent < bench->count && !full)
			sent++;
		if (full || sent == bench->count || sent % 256 == 0)
			arrived += take_reports(queue, full || sent == bench->count ? 10 : 0);
	}
	before = end(before);
	rd_kafka_topic_destroy(topic);
	rd_kafka_queue_destroy(queue);
	rd_kafka_destroy(producer);
	return before;
}

static void keep_best(struct cost *best, const struct cost *cost)
{
	if (best->seconds == 0 || cost->seconds < best->seconds)
		best->seconds = cost->seconds;
	if (best->cpu == 0 || cost->cpu < best->cpu)
		best->cpu = cost->cpu;
}

int main(int argc, char **argv)
{
	static struct bench bench;
	unsigned int rounds = argc > 2 ? (unsigned int)atoi(argv[2]) : 3;
	struct cost sink = {0}, plain = {0};
	pid_t cluster = mock_cluster_start("bench", bench.address, sizeof(bench.address));
	double messages, ratio, cpu;

	bench.count = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000;
	bench.brokers[0] = bench.address;
	bench.options = (struct kafka_options){
		.brokers = bench.brokers,
		.broker_count = 1,
		.topic = "bench",
		.key = SINK_KEY_PROCESS,
		.partitioner = "murmur2_random",
		.compression = "lz4",
		.linger_ms = 50,
		.batch_size = 256 * 1024,
		.max_message = 1000000,
	};
	make_lines(&bench);
	for (unsigned int i = 0; i < rounds; i++) {
		struct cost cost = run_plain(&bench);

		keep_best(&plain, &cost);
		cost = run_sink(&bench);
		keep_best(&sink, &cost);
	}
	mock_cluster_stop(cluster);
	messages = (double)bench.count;
	ratio = plain.seconds / sink.seconds;
	cpu = sink.cpu / plain.cpu;
	(void)printf("%" PRIu64 " messages of %zu bytes, best of %u rounds, 0 lost\n", bench.count,
		     bench.lines[0].size, rounds);
	(void)printf("librdkafka alone  %8.0f per second  %5.2f us of CPU per message\n",
		     messages / plain.seconds, plain.cpu / messages * 1e6);
	(void)printf("the sink          %8.0f per second  %5.2f us of CPU per message\n",
		     messages / sink.seconds, sink.cpu / messages * 1e6);
	(void)printf("rate %.2f, CPU time %.2f of librdkafka's own\n", ratio, cpu);
	free(bench.data);
	return ratio < 0.9 && cpu > 1.1 ? 1 : 0;
}
