/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of topics, with {kind} and {date} in them. */
#ifndef AUDITSHIP_KAFKA_TOPIC_H
#define AUDITSHIP_KAFKA_TOPIC_H

#include <stdbool.h>
#include <stdint.h>

#define KAFKA_TOPIC_SIZE 250

/* What is wrong with it as a template, to follow its name; NULL: nothing. */
const char *kafka_topic_fault(const char *topic);

/* Whether it is another one for each kind, for each day. */
bool kafka_topic_by_kind(const char *topic);
bool kafka_topic_by_day(const char *topic);

/* Puts the kind and the day of time_ns (CLOCK_REALTIME, told in UTC) into a good template. */
void kafka_topic_make(char out[KAFKA_TOPIC_SIZE], const char *topic, const char *kind,
		      uint64_t time_ns);

#endif
