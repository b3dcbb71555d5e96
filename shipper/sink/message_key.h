/* SPDX-License-Identifier: BSD-2-Clause */
/* What the key of a message is: see enum sink_key. Belongs to the feed that it serves. */
#ifndef AUDITSHIP_MESSAGE_KEY_H
#define AUDITSHIP_MESSAGE_KEY_H

#include "decode/entry.h"
#include "sink/sink.h"

#include <stddef.h>

struct message_key;

/* host is what stands in for what an event does not have; copied, NULL is fine. -ENOMEM. */
int message_key_new(struct message_key **ret_key, enum sink_key kind, const char *host);
void message_key_free(struct message_key *key);

/* Returns the length of the key, 0: none. *ret_text is good until the next call or event. */
size_t message_key_make(struct message_key *key, const struct event *event, const char **ret_text);

#endif
