/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of topics: what one may be, and what a template becomes for an event. Knows no librdkafka.
 */
#include "sink/kafka_topic.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

/* What stands for the kind and the day, at their longest. */
static const struct {
	const char *name;
	size_t longest;
} placeholders[] = {{"{kind}", 32}, {"{date}", 10}};

/* The length of the placeholder at text, and of what will stand for it; 0: there is none. */
static size_t placeholder_at(const char *text, size_t *ret_longest)
{
	for (size_t i = 0; i < sizeof(placeholders) / sizeof(placeholders[0]); i++) {
		size_t length = strlen(placeholders[i].name);

		if (strncmp(text, placeholders[i].name, length) != 0)
			continue;
		*ret_longest = placeholders[i].longest;
		return length;
	}
	return 0;
}

bool kafka_topic_by_kind(const char *topic)
{
	return strstr(topic, "{kind}") != NULL;
}

bool kafka_topic_by_day(const char *topic)
{
	return strstr(topic, "{date}") != NULL;
}

const char *kafka_topic_fault(const char *topic)
{
	size_t total = 0;

	if (strcmp(topic, ".") == 0 || strcmp(topic, "..") == 0 || topic[0] == '\0')
		return "is no name that a topic can have";
	while (*topic) {
		size_t longest = 1, length = placeholder_at(topic, &longest);

		if (length == 0 && *topic == '{')
			return "holds an unknown placeholder: there are {kind} and {date}";
		if (length == 0 && !strchr(letters, *topic))
			return "holds what no topic can: only letters, digits, '.', '_' and '-'";
		topic += length ? length : 1;
		total += longest;
	}
	return total < KAFKA_TOPIC_SIZE ? NULL : "is longer than the 249 letters of a topic";
}

void kafka_topic_make(char out[KAFKA_TOPIC_SIZE], const char *topic, const char *kind,
		      uint64_t time_ns)
{
	time_t seconds = (time_t)(time_ns / NS_PER_S);
	size_t used = 0;
	struct tm day;
	char date[16];

	(void)gmtime_r(&seconds, &day);
	(void)strftime(date, sizeof(date), "%Y.%m.%d", &day);
	while (*topic && used < KAFKA_TOPIC_SIZE - 1) {
		size_t unused, length = placeholder_at(topic, &unused);
		const char *text = topic[1] == 'k' ? kind : date;

		if (length > 0)
			used += (size_t)snprintf(out + used, KAFKA_TOPIC_SIZE - used, "%s", text);
		else
			out[used++] = *topic;
		topic += length ? length : 1;
	}
	out[used < KAFKA_TOPIC_SIZE ? used : KAFKA_TOPIC_SIZE - 1] = '\0';
}
