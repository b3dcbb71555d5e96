/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names: of files that lie where trails and segments do, which anybody who may write there has
 * chosen, and of topics as a person writes them. The input: path of a trail or a topic, NUL, name.
 */
#include "fuzz.h"
#include "journal/segment.h"
#include "sink/kafka_topic.h"
#include "sink/trail_name.h"

#define NOW UINT64_C(1772368496789012345)

static void check_topic(const char *template)
{
	char topic[KAFKA_TOPIC_SIZE];

	if (kafka_topic_fault(template))
		return;
	kafka_topic_make(topic, template, "journal_unclean", NOW);
	CHECK(strlen(topic) > 0 && strlen(topic) < KAFKA_TOPIC_SIZE);
	CHECK(topic[strspn(topic, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				  "._-")] == '\0');
	CHECK(strcmp(topic, ".") != 0 && strcmp(topic, "..") != 0);
	CHECK(kafka_topic_by_kind(template) == (strstr(template, "{kind}") != NULL));
	CHECK(kafka_topic_by_day(template) == (strstr(template, "{date}") != NULL));
}

static void check_ours(const struct trail_name *name, uint64_t number)
{
	char made[NAME_MAX + 1];
	struct trail_rotated rotated;

	trail_name_format(made, name, number, NOW, UINT64_MAX);
	CHECK(trail_name_parse(name, made, &rotated));
	CHECK(rotated.number == number && rotated.packing == TRAIL_PLAIN && !rotated.temporary);
}

static void check_trail(const char *path, const char *entry)
{
	struct trail_name *name = calloc(1, sizeof(*name));
	struct trail_rotated rotated;
	struct err err = {.text = ""};

	CHECK(name);
	if (trail_name_init(name, path, &err) < 0) {
		CHECK(err.text[0] != '\0');
	} else {
		check_ours(name, 1);
		check_ours(name, TRAIL_NUMBER_MAX);
		CHECK(!trail_name_parse(name, name->active, &rotated));
		CHECK(!trail_name_parse(name, name->state, &rotated));
		if (trail_name_parse(name, entry, &rotated)) {
			CHECK(rotated.number <= TRAIL_NUMBER_MAX);
			CHECK(!strchr(entry, '/'));
			CHECK(strncmp(entry, name->active, (size_t)name->stem_length) == 0);
			CHECK(strtoull(entry + name->stem_length + 1, NULL, 10) == rotated.number);
		}
	}
	free(name);
}

static void check_segment(const char *entry)
{
	uint64_t number = 0;
	char canonical[SEGMENT_NAME_SIZE];

	if (segment_name_parse(entry, &number) == SEGMENT_FILE_FOREIGN)
		return;
	segment_name(canonical, number);
	CHECK(number > 0 && strncmp(entry, canonical, strlen(canonical)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t length;
	const char *text = fuzz_take_text(&data, &size, &length);
	char *first = fuzz_copy(text, length), *second = fuzz_copy(data, size);

	check_topic(first);
	check_trail(first, second);
	check_segment(second);
	free(first);
	free(second);
	return 0;
}
