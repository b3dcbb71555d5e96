/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * At most so many events per interval and key. Private to filter/; of the collect thread. The
 * table of keys is bounded: when it is full, keys that hold nothing back are forgotten first, and
 * what finds no place shares one key. What is held back is never forgotten before it is told.
 */
#ifndef AUDITSHIP_LIMIT_H
#define AUDITSHIP_LIMIT_H

#include "filter/glob.h"
#include "record.h"

#include <stdbool.h>
#include <stdint.h>

#define LIMIT_KEY_MAX 128 /* bytes of a key that are told */

struct limit;

int limit_new(struct limit **ret_limit, uint64_t events, uint64_t per_ns); /* 0 or -ENOMEM */
void limit_free(struct limit *limit);

/* key: NULL when the event has none. An interval starts with an event of its key. False: held. */
bool limit_take(struct limit *limit, const struct glob_text *key, const struct rec_header *record);

struct limit_report {
	const char *key; /* borrowed until the next call; NULL: none, or the shared one */
	uint32_t key_length, key_full;
	bool shared; /* of keys that found no place */
	uint64_t count;
	struct rec_header first, last; /* of those held back */
};

/* One key whose interval is over at now_ns, or with everything, that holds anything back. */
bool limit_report(struct limit *limit, uint64_t now_ns, bool everything,
		  struct limit_report *ret_report);

uint64_t limit_evicted(const struct limit *limit);

#endif
