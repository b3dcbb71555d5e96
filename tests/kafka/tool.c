/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the Kafka tests ask a broker for, by way of librdkafka and not of the agent:
 *
 *   tool create TOPIC PARTITIONS REPLICAS [NAME=VALUE...]   makes a topic
 *   tool delete TOPIC
 *   tool deny TOPIC USER                                    forbids that user to write to it
 *   tool verify TOPIC EVENTS                                reads all of it; see below
 *   tool count TOPIC                                        messages in it
 *   tool dump TOPIC                                         each message as a line, with tabs
 *                                   between: partition, key, NAME=VALUE; of its headers, payload
 *
 * The environment has BROKERS, and in PROPERTIES further settings (NAME=VALUE, separated by
 * blanks). verify wants each event.sequence from 1 to EVENTS to be there, each event.id only ever
 * with the same bytes, and the first occurrences of each key in order. It prints
 *
 *   EVENTS there, MISSING missing, REPEATS repeated, CHANGED changed, SWAPPED swapped
 *
 * and leaves with 0 when nothing is missing, changed or swapped.
 */
#include <ctype.h>
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MS 30000
#define KEYS_MAX 4096

static void die(const char *what, const char *why)
{
	(void)fprintf(stderr, "tool: %s: %s\n", what, why);
	exit(2);
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
	char why[512];

	if (rd_kafka_conf_set(conf, name, value, why, sizeof(why)) != RD_KAFKA_CONF_OK)
		die(name, why);
}

static rd_kafka_t *connect_as(rd_kafka_type_t type)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char *properties = strdup(getenv("PROPERTIES") ? getenv("PROPERTIES") : ""), *rest;
	char why[512];
	rd_kafka_t *kafka;

	set(conf, "bootstrap.servers", getenv("BROKERS") ? getenv("BROKERS") : "");
	set(conf, "log_level", "2");
	if (type == RD_KAFKA_CONSUMER) {
		set(conf, "group.id", "verify");
		set(conf, "enable.partition.eof", "true");
		set(conf, "fetch.wait.max.ms", "20");
	}
	for (char *at = strtok_r(properties, " ", &rest); at; at = strtok_r(NULL, " ", &rest)) {
		char *value = strchr(at, '=');

		*value = '\0';
		set(conf, at, value + 1);
	}
	free(properties);
	kafka = rd_kafka_new(type, conf, why, sizeof(why));
	if (!kafka)
		die("librdkafka", why);
	return kafka;
}

/* Waits for the answer and says what is wrong with it. False: there is none. */
static bool hear(rd_kafka_queue_t *queue, const char *what)
{
	rd_kafka_event_t *event = rd_kafka_queue_poll(queue, WAIT_MS);

	if (!event)
		return false;
	if (rd_kafka_event_error(event))
		die(what, rd_kafka_event_error_string(event));
	if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_CREATETOPICS_RESULT) {
		size_t count;
		const rd_kafka_topic_result_t **topics = rd_kafka_CreateTopics_result_topics(
			rd_kafka_event_CreateTopics_result(event), &count);

		if (rd_kafka_topic_result_error(topics[0]) &&
		    rd_kafka_topic_result_error(topics[0]) !=
			    RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
			die(what, rd_kafka_topic_result_error_string(topics[0]));
	}
	rd_kafka_event_destroy(event);
	return true;
}

static void wait_for(rd_kafka_queue_t *queue, const char *what)
{
	if (!hear(queue, what))
		die(what, "no answer");
}

static void create(rd_kafka_t *kafka, char **argv)
{
	char why[512];
	rd_kafka_queue_t *queue = rd_kafka_queue_new(kafka);
	rd_kafka_NewTopic_t *topic =
		rd_kafka_NewTopic_new(argv[0], atoi(argv[1]), atoi(argv[2]), why, sizeof(why));

	if (!topic)
		die(argv[0], why);
	for (char **at = argv + 3; *at; at++) {
		char *value = strchr(*at, '=');

		*value = '\0';
		(void)rd_kafka_NewTopic_set_config(topic, *at, value + 1);
	}
	/* A broker that has just started may let the first request go unanswered. */
	rd_kafka_CreateTopics(kafka, &topic, 1, NULL, queue);
	if (!hear(queue, argv[0])) {
		rd_kafka_CreateTopics(kafka, &topic, 1, NULL, queue);
		wait_for(queue, argv[0]);
	}
	rd_kafka_NewTopic_destroy(topic);
	rd_kafka_queue_destroy(queue);
}

static void delete_topic(rd_kafka_t *kafka, char **argv)
{
	rd_kafka_queue_t *queue = rd_kafka_queue_new(kafka);
	rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(argv[0]);

	rd_kafka_DeleteTopics(kafka, &topic, 1, NULL, queue);
	wait_for(queue, argv[0]);
	rd_kafka_DeleteTopic_destroy(topic);
	rd_kafka_queue_destroy(queue);
}

static void deny(rd_kafka_t *kafka, char **argv)
{
	rd_kafka_queue_t *queue = rd_kafka_queue_new(kafka);
	char why[512], user[256];
	rd_kafka_AclBinding_t *rule;

	(void)snprintf(user, sizeof(user), "User:%s", argv[1]);
	rule = rd_kafka_AclBinding_new(
		RD_KAFKA_RESOURCE_TOPIC, argv[0], RD_KAFKA_RESOURCE_PATTERN_LITERAL, user, "*",
		RD_KAFKA_ACL_OPERATION_WRITE, RD_KAFKA_ACL_PERMISSION_TYPE_DENY, why, sizeof(why));
	if (!rule)
		die(argv[0], why);
	rd_kafka_CreateAcls(kafka, &rule, 1, NULL, queue);
	wait_for(queue, argv[0]);
	rd_kafka_AclBinding_destroy(rule);
	rd_kafka_queue_destroy(queue);
}

/* What verify has found. */
struct found {
	bool shows; /* prints what it sees and no more */
	uint64_t wanted, total, there, repeats, changed, swapped, strange;
	uint64_t *hashes; /* of the first bytes of each event, by sequence; 0: not there */
	struct {
		char name[128];
		uint64_t last;
	} keys[KEYS_MAX];
};

static uint64_t hash_of(const char *data, size_t size)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ (unsigned char)data[i]) * UINT64_C(1099511628211);
	return hash | 1;
}

/* The number behind name in the document, 0: there is none. */
static uint64_t number_of(const rd_kafka_message_t *message, const char *name)
{
	const char *at = memmem(message->payload, message->len, name, strlen(name));
	const char *end = (const char *)message->payload + message->len;
	uint64_t number = 0;

	if (!at)
		return 0;
	for (at += strlen(name); at < end && isdigit((unsigned char)*at); at++)
		number = 10 * number + (uint64_t)(*at - '0');
	return number;
}

static void follow_key(struct found *found, const rd_kafka_message_t *message, uint64_t sequence)
{
	char name[128] = "";
	size_t at;

	if (message->key_len >= sizeof(name))
		die("key", "too long");
	if (message->key_len > 0)
		memcpy(name, message->key, message->key_len);
	at = hash_of(name, strlen(name)) % KEYS_MAX;
	while (found->keys[at].last && strcmp(found->keys[at].name, name) != 0)
		at = (at + 1) % KEYS_MAX;
	(void)strcpy(found->keys[at].name, name);
	if (sequence < found->keys[at].last)
		found->swapped++;
	found->keys[at].last = sequence;
}

static void show(const rd_kafka_message_t *message)
{
	rd_kafka_headers_t *headers;
	const char *name;
	const void *value;
	size_t size;

	(void)printf("%d\t%.*s\t", (int)message->partition, (int)message->key_len,
		     message->key ? (const char *)message->key : "");
	if (rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR)
		for (size_t i = 0; !rd_kafka_header_get_all(headers, i, &name, &value, &size); i++)
			(void)printf("%s=%.*s;", name, (int)size, (const char *)value);
	(void)printf("\t%.*s\n", (int)message->len, (const char *)message->payload);
}

static void look_at(struct found *found, const rd_kafka_message_t *message)
{
	uint64_t sequence = number_of(message, "\"sequence\":");
	uint64_t hash = hash_of(message->payload, message->len);

	found->total++;
	if (found->shows)
		show(message);
	else if (sequence == 0 || sequence > found->wanted) {
		found->strange++;
	} else if (found->hashes[sequence] == 0) {
		found->hashes[sequence] = hash;
		found->there++;
		follow_key(found, message, sequence);
	} else {
		found->repeats++;
		found->changed += found->hashes[sequence] != hash;
	}
}

static int assign_all(rd_kafka_t *kafka, const char *name)
{
	rd_kafka_topic_t *topic = rd_kafka_topic_new(kafka, name, NULL);
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(16);
	const struct rd_kafka_metadata *metadata;
	int code = rd_kafka_metadata(kafka, 0, topic, &metadata, WAIT_MS), partitions;

	if (code)
		die(name, rd_kafka_err2str(code));
	partitions = metadata->topics[0].partition_cnt;
	for (int i = 0; i < partitions; i++)
		rd_kafka_topic_partition_list_add(list, name, i)->offset =
			RD_KAFKA_OFFSET_BEGINNING;
	(void)rd_kafka_assign(kafka, list);
	rd_kafka_metadata_destroy(metadata);
	rd_kafka_topic_partition_list_destroy(list);
	rd_kafka_topic_destroy(topic);
	return partitions;
}

static void read_all(rd_kafka_t *kafka, const char *topic, struct found *found)
{
	int left;

	(void)rd_kafka_poll_set_consumer(kafka);
	left = assign_all(kafka, topic);
	while (left > 0) {
		rd_kafka_message_t *message = rd_kafka_consumer_poll(kafka, WAIT_MS);

		if (!message)
			die(topic, "the broker sends nothing more");
		if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
			left--;
		else if (message->err)
			(void)fprintf(stderr, "tool: %s\n", rd_kafka_message_errstr(message));
		else
			look_at(found, message);
		rd_kafka_message_destroy(message);
	}
	(void)rd_kafka_consumer_close(kafka);
}

static int verify(rd_kafka_t *kafka, char **argv)
{
	static struct found found;

	found.wanted = strtoull(argv[1], NULL, 10);
	found.hashes = calloc(found.wanted + 1, sizeof(uint64_t));
	read_all(kafka, argv[0], &found);
	(void)printf("%" PRIu64 " there, %" PRIu64 " missing, %" PRIu64 " repeated, %" PRIu64
		     " changed, %" PRIu64 " swapped\n",
		     found.there, found.wanted - found.there, found.repeats, found.changed,
		     found.swapped);
	free(found.hashes);
	return found.there == found.wanted && !found.changed && !found.swapped && !found.strange
		       ? 0
		       : 1;
}

static void count(rd_kafka_t *kafka, char **argv)
{
	static struct found found;

	read_all(kafka, argv[0], &found);
	(void)printf("%" PRIu64 "\n", found.total);
}

static void dump(rd_kafka_t *kafka, char **argv)
{
	static struct found found = {.shows = true};

	read_all(kafka, argv[0], &found);
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	bool reads = strcmp(verb, "verify") == 0 || strcmp(verb, "count") == 0 ||
		     strcmp(verb, "dump") == 0;
	rd_kafka_t *kafka;
	int result = 0;

	if (argc < 3)
		die("usage", "see the head of tests/kafka/tool.c");
	kafka = connect_as(reads ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER);
	if (strcmp(verb, "create") == 0 && argc > 4)
		create(kafka, argv + 2);
	else if (strcmp(verb, "delete") == 0)
		delete_topic(kafka, argv + 2);
	else if (strcmp(verb, "deny") == 0 && argc > 3)
		deny(kafka, argv + 2);
	else if (strcmp(verb, "verify") == 0 && argc > 3)
		result = verify(kafka, argv + 2);
	else if (strcmp(verb, "count") == 0)
		count(kafka, argv + 2);
	else if (strcmp(verb, "dump") == 0)
		dump(kafka, argv + 2);
	else
		die(verb, "no such verb, or something is missing");
	rd_kafka_destroy(kafka);
	return result;
}
