/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys of messages: the value of a field, or the host's. Where a field stands in an event of each
 * kind is looked up once. Knows no sink.
 */
#include "sink/message_key.h"

#include "decode/lookup.h"
#include "record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PATHS_MAX 2

/* In the order in which they are tried. */
static const char *const paths[][PATHS_MAX] = {
	[SINK_KEY_NONE] = {NULL},
	[SINK_KEY_HOST] = {NULL},
	[SINK_KEY_CONTAINER] = {"container.id"},
	[SINK_KEY_PROCESS] = {"process.entity_id"},
	[SINK_KEY_USER] = {"user.name", "user.id"},
};

struct message_key {
	char *host;
	struct lookup lookups[REC_KINDS][PATHS_MAX];
	char word[VALUE_WORD_SIZE];
};

int message_key_new(struct message_key **ret_key, enum sink_key kind, const char *host)
{
	struct message_key *key = calloc(1, sizeof(*key));

	if (key && kind != SINK_KEY_NONE && host)
		key->host = strdup(host);
	if (!key || (kind != SINK_KEY_NONE && host && !key->host)) {
		message_key_free(key);
		return -ENOMEM;
	}
	for (unsigned int i = 0; i < REC_KINDS; i++)
		for (size_t j = 0; j < PATHS_MAX; j++)
			if (paths[kind][j] && kind_get(i))
				lookup_init(&key->lookups[i][j], kind_get(i), paths[kind][j]);
	*ret_key = key;
	return 0;
}

void message_key_free(struct message_key *key)
{
	if (key)
		free(key->host);
	free(key);
}

static size_t text_of(struct message_key *key, const struct value *value, const char **ret_text)
{
	enum value_shape shape = value_shape(value);

	if (shape == SHAPE_TEXT) {
		*ret_text = value->text;
		return value->length;
	}
	*ret_text = key->word;
	return shape == SHAPE_BARE || shape == SHAPE_WORD ? value_word(value, key->word) : 0;
}

size_t message_key_make(struct message_key *key, const struct event *event, const char **ret_text)
{
	for (size_t j = 0; j < PATHS_MAX; j++) {
		const struct lookup *lookup = &key->lookups[event->kind->kind][j];
		struct value value;
		size_t length = 0;

		if (lookup->count && lookup_value(lookup, event, &value))
			length = text_of(key, &value, ret_text);
		if (length > 0)
			return length;
	}
	*ret_text = key->host;
	return key->host ? strlen(key->host) : 0;
}
