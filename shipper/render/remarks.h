/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one document has to say about its own values: bytes that were not UTF-8 and stand in it
 * replaced, values that were cut. Collected while the members are written, written behind them. Of
 * the thread that renders. Everything is borrowed until remarks_clear.
 */
#ifndef AUDITSHIP_REMARKS_H
#define AUDITSHIP_REMARKS_H

#include "decode/value.h"
#include "render/json.h"
#include "render/leaf.h"
#include "render/plan.h"

/*
 * Bytes that are not UTF-8 are kept beside the text as base64 (Linux.raw): of so many strings of an
 * event; how many more there were is in Linux.raw_left_out.
 */
#define REMARKS_RAW_MAX 256
/* And so many bytes of each; "total" tells how many there were. */
#define REMARKS_RAW_BYTES_MAX (32 * 1024)

#define REMARKS_WHOLE UINT32_MAX /* index of a string that is not in a list */

extern const struct leaf remarks_raw_leaves[], remarks_left_out_leaf[], remarks_cut_leaves[];

/* A string that was not UTF-8. */
struct remark_raw {
	const char *path;
	const char *bytes;
	size_t length;
	uint32_t index; /* in its list, or REMARKS_WHOLE */
};

struct remark_cut {
	const char *path;
	uint32_t kept, full;
	const struct event_cut *before; /* what was recorded; NULL: no more than is here */
};

/* Read freely; the counts say whether there is anything to write. */
struct remarks {
	unsigned int raw_count, raw_left_out, cut_count;
	struct remark_raw raws[REMARKS_RAW_MAX];
	struct remark_cut cuts[PLAN_MAX_NODES];
};

void remarks_clear(struct remarks *remarks);

/* One beyond REMARKS_RAW_MAX is only counted, as left out. */
void remarks_add_raw(struct remarks *remarks, const struct remark_raw *raw);

/* At most once for each member of a plan. */
void remarks_add_cut(struct remarks *remarks, const char *path, const struct value *value);

/* The lists, as values of members that the caller has begun. */
void remarks_write_raws(const struct remarks *remarks, struct json *json);
void remarks_write_cuts(const struct remarks *remarks, struct json *json);

#endif
