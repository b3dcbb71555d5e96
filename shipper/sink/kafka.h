/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A Kafka sink: an idempotent producer with acks=all. A message has arrived when its delivery
 * report says so. Also what a configuration of one may hold, and a try of it for a person.
 */
#ifndef AUDITSHIP_KAFKA_H
#define AUDITSHIP_KAFKA_H

#include "base/err.h"
#include "sink/sink.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kafka_verify { KAFKA_VERIFY_FULL, KAFKA_VERIFY_CHAIN, KAFKA_VERIFY_NONE };

struct kafka_text {
	const char *name;
	const char *value;
};

/* Texts are borrowed; NULL where there is none. */
struct kafka_options {
	const char *const *brokers; /* host or host:port */
	size_t broker_count;
	const char *topic; /* with {kind} and {date} */
	enum sink_key key;
	const char *partitioner, *compression; /* words of librdkafka */
	const struct kafka_text *headers;      /* of every message */
	size_t header_count;
	uint64_t linger_ms;
	size_t batch_size;  /* bytes */
	size_t max_message; /* bytes */
	struct {
		bool on;
		const char *ca, *cert, *key, *key_password;
		enum kafka_verify verify;
	} tls;
	struct {
		const char *mechanism; /* NULL: none */
		const char *username, *password;
	} sasl;
	const struct kafka_text *properties; /* for librdkafka, as they are */
	size_t property_count;
};

/* Everything is copied. */
int kafka_sink_new(struct sink **ret_sink, const struct kafka_options *options, struct err *err);

/* The version of librdkafka; NULL: built without (AUDITSHIP_KAFKA=OFF). */
const char *kafka_version(void);

/* Whether this librdkafka can show a password to Kafka 4 by SCRAM: since 2.6.1. */
bool kafka_knows_scram(void);

/*
 * Whether a property may stand beside our own options. -EINVAL: unknown to librdkafka, a value that
 * it does not take, or one that only an option of ours may set. The value is never quoted.
 */
int kafka_property_check(const char *name, const char *value, struct err *err);

/*
 * Tries it for real: connects, looks at topic and limits, sends nothing. Calls told for each fact,
 * in words for a person. 0, or a negative errno when anything was not ok. Takes up to wait_ms.
 */
int kafka_probe(const struct kafka_options *options, unsigned int wait_ms, sink_told *told,
		void *data);

#endif
