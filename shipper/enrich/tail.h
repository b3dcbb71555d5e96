/* SPDX-License-Identifier: BSD-2-Clause */
/* The enrichment of one record in the making: a struct enriched, and behind it its strings. */
#ifndef AUDITSHIP_TAIL_H
#define AUDITSHIP_TAIL_H

#include "decode/enriched.h"
#include "record.h"

#include <stddef.h>
#include <stdint.h>

/* Most bytes that struct and strings take. */
#define ENRICH_MAX_SIZE (60 * 1024)

struct tail {
	struct enriched *out;
	uint32_t used; /* of ENRICH_MAX_SIZE */
	int64_t wall_offset_ns;
};

/* *string stays as it is when there is nothing, or no room. */
void tail_put(struct tail *tail, struct rec_string *string, const char *bytes, size_t length);
void tail_put_text(struct tail *tail, struct rec_string *string, const char *text);

#endif
