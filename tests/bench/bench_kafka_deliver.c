/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an event costs on its way to Kafka, end to end: journal, rendering, deliver thread, sink,
 * librdkafka and its threads, until the last acknowledgement, as messages and as documents of many
 * events (message: batch); beside it the same way to /dev/null, rendering alone, and librdkafka
 * alone with the same lines from memory. In turn, in one process, whose CPU time it is; the mock
 * cluster is another.
 *
 *   bench_kafka_deliver [EVENTS [ROUNDS]]
 *
 * Few events tell what it costs to begin: a producer, its threads, its connections.
 *
 * On a machine that others use, compare the figures of one run and nothing else. Fails when the
 * whole costs more than 1.75 times rendering and librdkafka together.
 */
#include "base/clock.h"
#include "example_host.h"
#include "made_events.h"
#include "mock_cluster.h"
#include "sink/deliver.h"
#include "sink/kafka.h"
#include "sink/kafka_config.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define FRAME 256
#define WAIT_S 300
#define LINES_MAX (16 * 1024 * 1024)

enum way { RENDERED, PLAIN, TO_NULL, TO_KAFKA, IN_BATCHES, WAYS };

struct bench {
	char dir[64];
	char address[256];
	uint64_t count;
	struct buf entries; /* MADE_EVENTS of them */
	struct omission leave_out;
	struct journal *journal;
	struct journal_reader *keeper; /* so that the journal keeps all */
	unsigned int readers;
	struct buf lines; /* the entries as they are rendered */
	size_t lines_at[MADE_EVENTS + 1];
};

static void must(bool good, const char *what)
{
	if (good)
		return;
	(void)fprintf(stderr, "bench_kafka_deliver: %s\n", what);
	exit(1);
}

static void fill_journal(struct bench *bench)
{
	size_t at = 0;

	for (uint64_t done = 0; done < bench->count; done += FRAME) {
		size_t begin = at;
		uint64_t first = journal_next_sequence(bench->journal);
		struct err err;

		for (unsigned int i = 0; i < FRAME; i++) {
			struct entry *entry = (struct entry *)(bench->entries.data + at);

			entry->sequence = first + i;
			at += entry->size;
		}
		const struct journal_batch batch = {.entries = bench->entries.data + begin,
						    .size = at - begin,
						    .first_sequence = first,
						    .count = FRAME};

		must(journal_append(bench->journal, &batch, &err) == 0, err.text);
		at = at == bench->entries.length ? 0 : at;
	}
}

static void open_journal(struct bench *bench)
{
	const struct journal_options options = {.dir = bench->dir,
						.segment_size = 16 * 1024 * 1024,
						.max_size = UINT64_C(4) << 30,
						.durability = JOURNAL_SYNC_NONE};
	struct journal_recovery recovery;
	struct err err;

	(void)strcpy(bench->dir, "/tmp/auditship-bench-XXXXXX");
	must(mkdtemp(bench->dir) != NULL, "no directory");
	must(journal_open(&bench->journal, &options, &recovery, &err) == 0, err.text);
	must(journal_reader_open(&bench->keeper, bench->journal, "keeper", &err) == 0, err.text);
	fill_journal(bench);
}

static void remove_journal(struct bench *bench)
{
	DIR *dir;
	const struct dirent *found;

	journal_reader_close(bench->keeper);
	journal_close(bench->journal);
	dir = opendir(bench->dir);
	while (dir && (found = readdir(dir)))
		if (found->d_name[0] != '.')
			(void)unlinkat(dirfd(dir), found->d_name, 0);
	if (dir)
		(void)closedir(dir);
	(void)rmdir(bench->dir);
}

/* With all of its threads. */
static double cpu_us(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void render(struct bench *bench)
{
	const struct render_options options = {
		.format = RENDER_ECS, .detail = RENDER_COMPACT, .leave_out = bench->leave_out};
	struct renderer *renderer;
	struct err err;

	must(renderer_new(&renderer, &options, &example_host, &err) == 0, err.text);
	for (uint64_t round = 0; round < bench->count / MADE_EVENTS; round++) {
		size_t at = 0;

		buf_clear(&bench->lines);
		for (size_t i = 0; i < MADE_EVENTS; i++) {
			struct event event;
			const char *why;

			must(entry_parse(bench->entries.data + at, bench->entries.length - at,
					 example_stream, &event, &why) == 0,
			     "a bad entry");
			bench->lines_at[i] = bench->lines.length;
			must(renderer_event(renderer, &event, &bench->lines) == 0, "no line");
			at += event.entry->size;
		}
		bench->lines_at[MADE_EVENTS] = bench->lines.length;
	}
	renderer_free(renderer);
}

static uint64_t take_reports(rd_kafka_queue_t *queue, int wait_ms)
{
	rd_kafka_event_t *event = rd_kafka_queue_poll(queue, wait_ms);
	const rd_kafka_message_t *messages[256];
	uint64_t reports = 0;
	size_t count;

	while (event && (count = rd_kafka_event_message_array(event, messages, 256)) > 0)
		reports += count;
	if (event)
		rd_kafka_event_destroy(event);
	return reports;
}

/* The loop that needs least around librdkafka. */
static void produce(const struct bench *bench, rd_kafka_topic_t *topic, rd_kafka_queue_t *queue)
{
	uint64_t sent = 0, arrived = 0;

	while (arrived < bench->count) {
		const size_t *at = &bench->lines_at[sent % MADE_EVENTS]; /* its bytes are the key */
		bool full = false;

		if (sent < bench->count)
			full = rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, 0,
						bench->lines.data + at[0], at[1] - at[0], at,
						sizeof(*at), NULL) < 0;
		if (sent < bench->count && !full)
			sent++;
		if (full || sent == bench->count || sent % 256 == 0)
			arrived += take_reports(queue, full || sent == bench->count ? 10 : 0);
	}
}

static struct kafka_options kafka_options(const char *const *brokers)
{
	return (struct kafka_options){.brokers = brokers,
				      .broker_count = 1,
				      .topic = "bench",
				      .key = SINK_KEY_PROCESS,
				      .partitioner = "murmur2_random",
				      .compression = "lz4",
				      .linger_ms = 50,
				      .batch_size = 256 * 1024,
				      .max_message = 1000000};
}

static void send_plain(const struct bench *bench)
{
	const char *const brokers[] = {bench->address};
	const struct kafka_options options = kafka_options(brokers);
	rd_kafka_queue_t *queue;
	rd_kafka_topic_t *topic;
	rd_kafka_conf_t *conf;
	rd_kafka_t *producer;
	struct err err;

	must(kafka_config_make(&conf, &options, &err) == 0, err.text);
	rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
	producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
	queue = rd_kafka_queue_get_main(producer);
	topic = rd_kafka_topic_new(producer, "bench", NULL);
	produce(bench, topic, queue);
	rd_kafka_topic_destroy(topic);
	rd_kafka_queue_destroy(queue);
	rd_kafka_destroy(producer);
}

static struct sink *make_sink(const struct bench *bench, bool to_kafka)
{
	const char *const brokers[] = {bench->address};
	const struct kafka_options kafka = kafka_options(brokers);
	struct sink *sink;
	struct err err;

	must((to_kafka ? kafka_sink_new(&sink, &kafka, &err)
		       : stdout_sink_new(&sink, open("/dev/null", O_WRONLY | O_NONBLOCK), &err)) ==
		     0,
	     err.text);
	return sink;
}

static void deliver(struct bench *bench, enum way way)
{
	struct deliver_options options = {
		.journal = bench->journal,
		.identity = &example_host,
		.render = {.format = RENDER_ECS,
			   .detail = RENDER_COMPACT,
			   .leave_out = bench->leave_out},
		.documents = way == IN_BATCHES,
		.sink = make_sink(bench, way != TO_NULL),
		.limits = {.batch_bytes = 256 * 1024, .in_flight_bytes = 8 * 1024 * 1024}};
	uint64_t end_ns = clock_mono_ns() + WAIT_S * NS_PER_S;
	struct deliver_status status;
	struct deliver *thread;
	char name[32];
	struct err err;

	(void)snprintf(name, sizeof(name), "reader%u", bench->readers++);
	options.name = name;
	must(deliver_start(&thread, &options, &err) == 0, err.text);
	do {
		(void)usleep(5000);
		deliver_status(thread, &status);
		must(!status.failing && clock_mono_ns() < end_ns, status.last_error.text);
	} while (status.acknowledged < bench->count);
	(void)deliver_stop(thread, 1000, &status);
}

static void run(struct bench *bench, enum way way)
{
	switch (way) {
	case RENDERED:
		render(bench);
		break;
	case PLAIN:
		send_plain(bench);
		break;
	case TO_NULL:
	case TO_KAFKA:
	case IN_BATCHES:
		deliver(bench, way);
		break;
	case WAYS:
		break;
	}
}

static void measure(struct bench *bench, unsigned int rounds, double ret_us[WAYS])
{
	for (unsigned int round = 0; round < rounds; round++) {
		for (enum way way = 0; way < WAYS; way++) {
			double begin_us = cpu_us(), took_us;

			run(bench, way);
			took_us = (cpu_us() - begin_us) / (double)bench->count;
			if (round == 0 || took_us < ret_us[way])
				ret_us[way] = took_us;
		}
	}
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		enum made_kind kind;
		const struct omission *leave_out;
	} loads[] = {
		{"exec", MADE_EXEC, NULL},
		{"open", MADE_OPEN, NULL},
		{"exec, lean", MADE_EXEC, &made_lean},
		{"open, lean", MADE_OPEN, &made_lean},
		{"open, brief", MADE_OPEN, &made_brief},
	};
	uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 200000;
	unsigned int rounds = argc > 2 ? (unsigned int)atoi(argv[2]) : 3;
	static struct bench bench;
	bool good = true;
	pid_t cluster = mock_cluster_start("bench", bench.address, sizeof(bench.address));

	bench.count = (count + MADE_EVENTS - 1) / MADE_EVENTS * MADE_EVENTS;
	(void)printf("CPU time per event in us, %" PRIu64 " events, best of %u rounds, 0 lost\n",
		     bench.count, rounds);
	for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
		double us[WAYS];

		bench.leave_out = loads[i].leave_out ? *loads[i].leave_out : (struct omission){0};
		made_events(&bench.entries, loads[i].kind);
		buf_init(&bench.lines, LINES_MAX);
		open_journal(&bench);
		measure(&bench, rounds, us);
		(void)printf("%-14s%5zu bytes: rendered %.2f, librdkafka alone %.2f, to /dev/null "
			     "%.2f, to Kafka %.2f: %.2f of the first two; in batches %.2f\n",
			     loads[i].name, bench.lines.length / MADE_EVENTS, us[RENDERED],
			     us[PLAIN], us[TO_NULL], us[TO_KAFKA],
			     us[TO_KAFKA] / (us[RENDERED] + us[PLAIN]), us[IN_BATCHES]);
		good = good && us[TO_KAFKA] <= 1.75 * (us[RENDERED] + us[PLAIN]);
		remove_journal(&bench);
		buf_done(&bench.entries);
		buf_done(&bench.lines);
	}
	mock_cluster_stop(cluster);
	return good ? 0 : 1;
}
