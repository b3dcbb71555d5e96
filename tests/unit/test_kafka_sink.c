/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Kafka sink against librdkafka's mock cluster, which fails as it is told. What only a real
 * broker shows is in tests/kafka.
 */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include "base/clock.h"
#include "decode/fields.h"
#include "render/render.h"
#include "sink/kafka.h"

#include <arpa/inet.h>
#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PARTITIONS 4
#define PRODUCE 0 /* ApiKey */
#define PATIENCE_NS (60 * NS_PER_S)
#define MESSAGES_MAX 70000

struct world {
	rd_kafka_t *owner;
	rd_kafka_mock_cluster_t *cluster;
	char brokers[256];
	const char *addresses[1];
	struct kafka_options options;
	struct sink *sink;
	struct err err;

	/* What is to be sent. */
	char *data;
	struct sink_message *messages;
	uint32_t count;

	/* What came of it. */
	uint32_t settled, failures, refusals;
	uint32_t opened_at; /* settled then: the sink counts from there */
	uint32_t refused_at;
	int refused;
	char first_failure[1024], refusal[1024], stuck[1024];
};

static int make_world(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	rd_kafka_conf_t *conf = rd_kafka_conf_new();

	(void)rd_kafka_conf_set(conf, "log_level", "0", NULL, 0);
	world->owner = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
	world->cluster = rd_kafka_mock_cluster_new(world->owner, 3);
	(void)rd_kafka_mock_topic_create(world->cluster, "audit", PARTITIONS, 3);
	(void)snprintf(world->brokers, sizeof(world->brokers), "%s",
		       rd_kafka_mock_cluster_bootstraps(world->cluster));
	world->addresses[0] = world->brokers;
	world->options = (struct kafka_options){
		.brokers = world->addresses,
		.broker_count = 1,
		.topic = "audit",
		.key = SINK_KEY_PROCESS,
		.partitioner = "murmur2_random",
		.compression = "lz4",
		.linger_ms = 5,
		.batch_size = 100000,
		.max_message = 1000000,
	};
	world->data = calloc(1, 4 * 1024 * 1024);
	world->messages = calloc(MESSAGES_MAX, sizeof(*world->messages));
	*state = world;
	return 0;
}

static int free_world(void **state)
{
	struct world *world = *state;

	if (world->sink)
		world->sink->ops->close(world->sink);
	rd_kafka_mock_cluster_destroy(world->cluster);
	rd_kafka_destroy(world->owner);
	free(world->data);
	free(world->messages);
	free(world);
	return 0;
}

static void open_sink(struct world *world)
{
	struct sink_position resume;

	if (!world->sink)
		assert_int_equal(kafka_sink_new(&world->sink, &world->options, &world->err), 0);
	assert_int_equal(world->sink->ops->open(world->sink, &resume, &world->err), 0);
	assert_int_equal(resume.sequence, 0);
	world->opened_at = world->settled;
}

/* Messages "KEY NUMBER", keys in turn. */
static void make_messages(struct world *world, uint32_t count)
{
	static const char *const keys[] = {"a", "b", "c", "d", "e", "f", "g"};
	size_t used = 0;

	for (uint32_t i = 0; i < count; i++) {
		const char *key = keys[i % 7];
		char *text = world->data + used;
		size_t size = (size_t)sprintf(text, "%s %06u", key, i);

		world->messages[i] = (struct sink_message){
			.data = text,
			.size = size,
			.events = 1,
			.sequence = i + 1,
			.kind = kind_get(i % 2 ? REC_EXEC : REC_EXIT),
			.time_ns = 1795283999 * NS_PER_S,
			.key = key,
			.key_size = 1,
		};
		used += size + 1;
	}
	world->count = count;
}

static void wait_for_sink(const struct world *world)
{
	struct pollfd fd = {.fd = world->sink->fd, .events = world->sink->events};
	int wait_ms = world->sink->poll_ms < 50 ? (int)world->sink->poll_ms : 50;

	(void)poll(&fd, 1, wait_ms);
}

static void note(char *where, size_t size, const struct world *world)
{
	if (!where[0])
		(void)snprintf(where, size, "%s", world->err.text);
}

static void begin_again(struct world *world, struct sink_batch *batch, uint32_t until)
{
	world->failures++;
	note(world->first_failure, sizeof(world->first_failure), world);
	open_sink(world);
	*batch = (struct sink_batch){.messages = world->messages + world->settled,
				     .count = until - world->settled};
}

/* Does to the sink what the engine does with the messages below until, or until patience ends. */
static void deliver_batch(struct world *world, struct sink_batch *batch, uint32_t until)
{
	uint64_t deadline_ns = clock_mono_ns() + PATIENCE_NS;

	while (world->settled < until && clock_left_ms(deadline_ns) > 0) {
		struct sink_progress progress = {0};
		int result = 0;

		if (batch->taken < batch->count)
			result = world->sink->ops->submit(world->sink, batch, &world->err);
		if (result == 0 || result == -EAGAIN)
			result = world->sink->ops->poll(world->sink, &progress, &world->err);
		if (result == 0) {
			assert_true(world->opened_at + progress.settled >= world->settled);
			world->settled = world->opened_at + (uint32_t)progress.settled;
		}
		if (result == 0 && progress.refused) {
			world->refusals++;
			world->refused = progress.refused;
			world->refused_at = world->settled - 1;
			note(world->refusal, sizeof(world->refusal), world);
			continue;
		}
		if (result == -EAGAIN)
			note(world->stuck, sizeof(world->stuck), world);
		else if (result < 0)
			begin_again(world, batch, until);
		wait_for_sink(world);
	}
	assert_int_equal(world->settled, until);
}

static void deliver(struct world *world, uint32_t until)
{
	struct sink_batch batch = {.messages = world->messages + world->settled,
				   .count = until - world->settled};

	deliver_batch(world, &batch, until);
}

/* What a consumer of the topic finds. */
struct found {
	uint32_t seen[MESSAGES_MAX]; /* how often */
	uint32_t total, first;
	bool in_order; /* first occurrences, per key */
	long last[256];
	size_t headers, renamed; /* of these, the host's with its second name */
};

static void look_at(struct found *found, const rd_kafka_message_t *message)
{
	char text[64] = "";
	rd_kafka_headers_t *headers;
	uint32_t number;
	const void *host;
	size_t size;

	memcpy(text, message->payload, message->len < 63 ? message->len : 63);
	number = (uint32_t)strtoul(text + 2, NULL, 10);
	assert_true(number < MESSAGES_MAX);
	assert_int_equal(message->key_len, 1);
	assert_int_equal(*(char *)message->key, text[0]);
	if (found->seen[number]++ == 0) {
		found->in_order &= found->last[(unsigned char)text[0]] < (long)number + 1;
		found->last[(unsigned char)text[0]] = (long)number + 1;
		found->first++;
	}
	found->total++;
	if (rd_kafka_message_headers(message, &headers) != 0)
		return;
	found->headers += rd_kafka_header_cnt(headers);
	if (rd_kafka_header_get_last(headers, "host", &host, &size) == 0)
		found->renamed += size == 2 && memcmp(host, "h2", size) == 0;
}

static struct found *consume(const struct world *world, const char *topic, int partitions)
{
	struct found *found = calloc(1, sizeof(*found));
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
	int ends = 0;
	rd_kafka_t *consumer;

	(void)rd_kafka_conf_set(conf, "bootstrap.servers", world->brokers, NULL, 0);
	(void)rd_kafka_conf_set(conf, "group.id", "test", NULL, 0);
	(void)rd_kafka_conf_set(conf, "enable.partition.eof", "true", NULL, 0);
	(void)rd_kafka_conf_set(conf, "auto.offset.reset", "earliest", NULL, 0);
	consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, NULL, 0);
	(void)rd_kafka_poll_set_consumer(consumer);
	for (int i = 0; i < partitions; i++)
		rd_kafka_topic_partition_list_add(list, topic, i)->offset =
			RD_KAFKA_OFFSET_BEGINNING;
	assert_int_equal(rd_kafka_assign(consumer, list), 0);
	found->in_order = true;
	while (ends < partitions) {
		rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 30000);

		assert_non_null(message);
		if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
			ends++;
		else if (!message->err)
			look_at(found, message);
		rd_kafka_message_destroy(message);
	}
	rd_kafka_topic_partition_list_destroy(list);
	(void)rd_kafka_consumer_close(consumer);
	rd_kafka_destroy(consumer);
	return found;
}

static void everything_is_there(const struct world *world, uint32_t count)
{
	struct found *found = consume(world, "audit", PARTITIONS);

	for (uint32_t i = 0; i < count; i++)
		if (found->seen[i] == 0)
			fail_msg("message %u is missing", i);
	assert_int_equal(found->first, count);
	assert_true(found->in_order);
	if (found->total > count)
		print_message("%u of %u came twice\n", found->total - count, count);
	free(found);
}

static void says(const char *text, const char *wanted)
{
	if (!strstr(text, wanted))
		fail_msg("'%s' says nothing of '%s'", text, wanted);
}

static void messages_arrive_once_and_in_the_order_of_their_keys(void **state)
{
	struct world *world = *state;
	struct found *found;

	open_sink(world);
	make_messages(world, 5000);
	deliver(world, 5000);
	assert_int_equal(world->failures, 0);
	found = consume(world, "audit", PARTITIONS);
	assert_int_equal(found->total, 5000);
	assert_int_equal(found->first, 5000);
	assert_true(found->in_order);
	assert_int_equal(found->headers, 0);
	free(found);
}

static void nothing_is_settled_behind_what_has_not_arrived(void **state)
{
	struct world *world = *state;
	struct sink_progress progress = {0};
	struct sink_batch batch;
	uint64_t deadline_ns = clock_mono_ns() + 2 * NS_PER_S;

	/* The key of message 0 has no leader. */
	for (int i = 0; i < PARTITIONS; i++)
		(void)rd_kafka_mock_partition_set_leader(world->cluster, "audit", i, i ? 1 : -1);
	open_sink(world);
	make_messages(world, 700);
	world->options.partitioner = "murmur2_random";
	batch = (struct sink_batch){.messages = world->messages, .count = world->count};
	assert_int_equal(world->sink->ops->submit(world->sink, &batch, &world->err), 0);
	while (clock_left_ms(deadline_ns) > 0) {
		int result = world->sink->ops->poll(world->sink, &progress, &world->err);

		assert_true(result == 0 || result == -EAGAIN);
		wait_for_sink(world);
	}
	assert_true(progress.settled < 7); /* some key of the first seven is there */
	for (int i = 0; i < PARTITIONS; i++)
		(void)rd_kafka_mock_partition_set_leader(world->cluster, "audit", i, 2);
	while (progress.settled < 700) {
		(void)world->sink->ops->poll(world->sink, &progress, &world->err);
		wait_for_sink(world);
	}
	everything_is_there(world, 700);
}

static void errors_that_pass_are_waited_out(void **state)
{
	struct world *world = *state;

	rd_kafka_mock_push_request_errors(
		world->cluster, PRODUCE, 6, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
		RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR__TRANSPORT,
		RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR__TRANSPORT,
		RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND);
	open_sink(world);
	make_messages(world, 5000);
	deliver(world, 5000);
	assert_int_equal(world->failures, 0);
	everything_is_there(world, 5000);
}

static void leaders_may_move_and_answer_late(void **state)
{
	struct world *world = *state;

	open_sink(world);
	make_messages(world, 6000);
	for (uint32_t part = 1; part <= 6; part++) {
		(void)rd_kafka_mock_broker_set_rtt(world->cluster, 1 + (int)part % 3,
						   part % 2 ? 100 : 0);
		for (int i = 0; i < PARTITIONS; i++)
			(void)rd_kafka_mock_partition_set_leader(
				world->cluster, "audit", i, 1 + (int)((unsigned int)i + part) % 3);
		deliver(world, part * 1000);
	}
	everything_is_there(world, 6000);
}

static void a_topic_that_is_not_there_is_told_and_then_used(void **state)
{
	struct world *world = *state;

	rd_kafka_mock_topic_set_error(world->cluster, "audit",
				      RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
	open_sink(world);
	make_messages(world, 100);
	while (world->failures == 0) {
		struct sink_batch batch = {.messages = world->messages, .count = world->count};
		struct sink_progress progress;
		int result;

		(void)world->sink->ops->submit(world->sink, &batch, &world->err);
		do {
			result = world->sink->ops->poll(world->sink, &progress, &world->err);
			assert_int_equal(progress.settled, 0);
			wait_for_sink(world);
		} while (result == 0 || result == -EAGAIN);
		assert_int_equal(result, -EIO);
		world->failures++;
	}
	says(world->err.text, "the topic does not exist: create it");
	says(world->err.text, "audit");
	rd_kafka_mock_topic_set_error(world->cluster, "audit", RD_KAFKA_RESP_ERR_NO_ERROR);
	open_sink(world);
	deliver(world, 100);
	everything_is_there(world, 100);
}

static void a_right_that_is_missing_is_told_and_nothing_is_lost(void **state)
{
	struct world *world = *state;

	rd_kafka_mock_push_request_errors(world->cluster, PRODUCE, 3,
					  RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
					  RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
					  RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
	open_sink(world);
	make_messages(world, 3000);
	deliver(world, 3000);
	assert_true(world->failures > 0);
	says(world->first_failure, "this user may not write to the topic: allow Write");
	everything_is_there(world, 3000);
}

static void after_a_fatal_error_another_producer_goes_on(void **state)
{
	struct world *world = *state;

	rd_kafka_mock_push_request_errors(world->cluster, PRODUCE, 2,
					  RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH,
					  RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
	open_sink(world);
	make_messages(world, 3000);
	deliver(world, 3000);
	assert_true(world->failures > 0);
	everything_is_there(world, 3000);
}

/* Of one partition, and after all were submitted, on a slow host too: all messages are in one
 * batch. */
static void make_one_batch(struct world *world)
{
	(void)rd_kafka_mock_topic_create(world->cluster, "one", 1, 3);
	world->options.topic = "one";
	world->options.linger_ms = 300;
}

/* The batch, and the first alone. */
static void refuse_two(struct world *world, rd_kafka_resp_err_t code)
{
	make_one_batch(world);
	rd_kafka_mock_push_request_errors(world->cluster, PRODUCE, 2, code, code);
}

static void the_one_message_that_is_too_large_is_found(void **state)
{
	struct world *world = *state;

	refuse_two(world, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
	open_sink(world);
	make_messages(world, 500);
	world->messages[0].size = 60000; /* runs on into others, which is fine here */
	deliver(world, 500);
	assert_int_equal(world->refusals, 1);
	assert_int_equal(world->refused_at, 0);
	assert_int_equal(world->refused, -EMSGSIZE);
	assert_int_equal(world->sink->max_message, 30000);
	says(world->refusal, "larger than the topic's max.message.bytes");
	says(world->first_failure, "looking for the one message");
}

static void a_message_that_is_refused_as_it_is_goes_to_the_dead_letters(void **state)
{
	struct world *world = *state;

	refuse_two(world, RD_KAFKA_RESP_ERR_INVALID_RECORD);
	open_sink(world);
	make_messages(world, 500);
	deliver(world, 500);
	assert_int_equal(world->refusals, 1);
	assert_int_equal(world->refused, -EINVAL);
	says(world->refusal, "a compacted topic wants a key");
}

static void batches_come_back_behind_it(void **state)
{
	struct world *world = *state;

	refuse_two(world, RD_KAFKA_RESP_ERR_INVALID_RECORD);
	open_sink(world);
	make_messages(world, 5000);
	deliver(world, 2000);
	assert_int_equal(world->refusals, 1);
	world->failures = 0;
	deliver(world, 5000);
	assert_int_equal(world->failures, 0);
}

/*
 * Or batches would come back only when there is nothing more to send. Alone, all of them arrive: a
 * refusal in the middle of the submit would end it earlier.
 */
static void nothing_joins_those_that_go_one_by_one(void **state)
{
	struct world *world = *state;
	struct sink_batch batch;

	make_one_batch(world);
	rd_kafka_mock_push_request_errors(world->cluster, PRODUCE, 1,
					  RD_KAFKA_RESP_ERR_INVALID_RECORD);
	open_sink(world);
	make_messages(world, 3000);
	batch = (struct sink_batch){.messages = world->messages, .count = 500};
	while (world->failures == 0) {
		struct sink_progress progress = {0};

		if (batch.taken < batch.count)
			assert_int_equal(world->sink->ops->submit(world->sink, &batch, &world->err),
					 0);
		if (world->sink->ops->poll(world->sink, &progress, &world->err) < 0)
			begin_again(world, &batch, 3000);
		wait_for_sink(world);
	}
	assert_int_equal(world->sink->ops->submit(world->sink, &batch, &world->err), -EAGAIN);
	assert_int_equal(batch.taken, 500);
	says(world->err.text, "one by one");
	deliver_batch(world, &batch, 3000);
	assert_int_equal(world->refusals, 0);
}

static void a_message_above_every_bound_is_refused_at_once(void **state)
{
	struct world *world = *state;
	static char large[1200000];

	open_sink(world);
	make_messages(world, 10);
	world->messages[3].data = large;
	world->messages[3].size = sizeof(large);
	deliver(world, 10);
	assert_int_equal(world->refusals, 1);
	assert_int_equal(world->refused_at, 3);
	assert_int_equal(world->refused, -EMSGSIZE);
	assert_true(world->sink->max_message < 1000000);
}

/* A port of this host that nobody listens at, or where nobody accepts. */
static int make_port(struct world *world, int backlog)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	if (backlog >= 0)
		assert_int_equal(listen(fd, backlog), 0);
	(void)snprintf(world->brokers, sizeof(world->brokers), "127.0.0.1:%u",
		       ntohs(address.sin_port));
	return fd;
}

static void wait_until_stuck(struct world *world)
{
	uint64_t deadline_ns = clock_mono_ns() + PATIENCE_NS;
	struct sink_batch batch = {.messages = world->messages, .count = world->count};
	struct sink_progress progress;
	int result;

	(void)world->sink->ops->submit(world->sink, &batch, &world->err);
	do {
		result = world->sink->ops->poll(world->sink, &progress, &world->err);
		assert_true(result == 0 || result == -EAGAIN);
		assert_int_equal(progress.settled, 0);
		wait_for_sink(world);
	} while (result == 0 && clock_left_ms(deadline_ns) > 0);
	assert_int_equal(result, -EAGAIN);
}

static void a_broker_that_is_down_is_told(void **state)
{
	struct world *world = *state;
	int fd = make_port(world, -1);

	open_sink(world);
	make_messages(world, 10);
	wait_until_stuck(world);
	says(world->err.text, "Connection refused");
	assert_int_equal(world->sink->ops->flush(world->sink, 50, &world->err), -EAGAIN);
	says(world->err.text, "10 messages were not acknowledged");
	(void)close(fd);
}

static void a_port_that_never_answers_is_told(void **state)
{
	struct world *world = *state;
	int fd = make_port(world, 8);

	open_sink(world);
	make_messages(world, 10);
	wait_until_stuck(world);
	says(world->err.text, "no broker answers (127.0.0.1:");
	(void)close(fd);
}

static void no_more_is_taken_than_can_be_followed(void **state)
{
	struct world *world = *state;
	int fd = make_port(world, -1);
	struct sink_batch batch;

	open_sink(world);
	make_messages(world, MESSAGES_MAX);
	batch = (struct sink_batch){.messages = world->messages, .count = world->count};
	assert_int_equal(world->sink->ops->submit(world->sink, &batch, &world->err), -EAGAIN);
	assert_int_equal(batch.taken, 65536);
	assert_int_equal(world->sink->ops->submit(world->sink, &batch, &world->err), -EAGAIN);
	assert_int_equal(batch.taken, 65536);
	(void)close(fd);
}

static void the_end_waits_for_what_is_under_way(void **state)
{
	struct world *world = *state;
	struct sink_progress progress;
	struct sink_batch batch;

	open_sink(world);
	make_messages(world, 1000);
	batch = (struct sink_batch){.messages = world->messages, .count = world->count};
	assert_int_equal(world->sink->ops->submit(world->sink, &batch, &world->err), 0);
	assert_int_equal(world->sink->ops->flush(world->sink, 20000, &world->err), 0);
	assert_int_equal(world->sink->ops->poll(world->sink, &progress, &world->err), 0);
	assert_int_equal(progress.settled, 1000);
	everything_is_there(world, 1000);
}

static void headers_and_topics_by_kind(void **state)
{
	static const struct kafka_text headers[] = {{"schema", "s"}, {"host", "h"}};
	struct world *world = *state;
	struct found *found;

	(void)rd_kafka_mock_topic_create(world->cluster, "x-exec-2026.11.21", 2, 1);
	(void)rd_kafka_mock_topic_create(world->cluster, "x-exit-2026.11.21", 2, 1);
	world->options.topic = "x-{kind}-{date}";
	world->options.headers = headers;
	world->options.header_count = 2;
	open_sink(world);
	world->sink->ops->identity(world->sink, &(struct render_identity){.host_name = "h2"});
	make_messages(world, 1000);
	deliver(world, 1000);
	found = consume(world, "x-exec-2026.11.21", 2);
	assert_int_equal(found->total, 500);
	assert_int_equal(found->headers, 1000);
	assert_int_equal(found->renamed, 500);
	assert_int_equal(found->seen[1], 1);
	assert_true(found->in_order);
	free(found);
	found = consume(world, "x-exit-2026.11.21", 2);
	assert_int_equal(found->total, 500);
	assert_int_equal(found->seen[0], 1);
	free(found);
}

static void what_cannot_work_is_told_when_it_is_opened(void **state)
{
	struct world *world = *state;
	struct sink_position resume;

	world->options.tls.on = true;
	world->options.tls.ca = "/nonexistent/ca.pem";
	assert_int_equal(kafka_sink_new(&world->sink, &world->options, &world->err), 0);
	assert_int_equal(world->sink->ops->open(world->sink, &resume, &world->err), -EINVAL);
	says(world->err.text, "tls.ca cannot be used");
	says(world->err.text, "ca.location");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_world, free_world)
	const struct CMUnitTest tests[] = {
		TEST(messages_arrive_once_and_in_the_order_of_their_keys),
		TEST(nothing_is_settled_behind_what_has_not_arrived),
		TEST(errors_that_pass_are_waited_out),
		TEST(leaders_may_move_and_answer_late),
		TEST(a_topic_that_is_not_there_is_told_and_then_used),
		TEST(a_right_that_is_missing_is_told_and_nothing_is_lost),
		TEST(after_a_fatal_error_another_producer_goes_on),
		TEST(the_one_message_that_is_too_large_is_found),
		TEST(a_message_that_is_refused_as_it_is_goes_to_the_dead_letters),
		TEST(batches_come_back_behind_it),
		TEST(nothing_joins_those_that_go_one_by_one),
		TEST(a_message_above_every_bound_is_refused_at_once),
		TEST(a_broker_that_is_down_is_told),
		TEST(a_port_that_never_answers_is_told),
		TEST(no_more_is_taken_than_can_be_followed),
		TEST(the_end_waits_for_what_is_under_way),
		TEST(headers_and_topics_by_kind),
		TEST(what_cannot_work_is_told_when_it_is_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
