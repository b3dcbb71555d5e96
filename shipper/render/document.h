/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes one JSON document after another by plans: opens and closes objects as members need them,
 * writes the value of a row, and remembers what has to be remarked. What the members mean is its
 * caller's. Of the thread that renders.
 */
#ifndef AUDITSHIP_DOCUMENT_H
#define AUDITSHIP_DOCUMENT_H

#include "base/buf.h"
#include "decode/entry.h"
#include "decode/value.h"
#include "render/json.h"
#include "render/part_cache.h"
#include "render/plan.h"
#include "render/remarks.h"

#include <stdbool.h>

/* Read freely. */
struct document {
	struct json *json; /* borrowed */
	const struct plan *plan;
	unsigned int object; /* the one that is open */
	bool non_utf8;       /* a text was not UTF-8 */
	struct remarks remarks;
	struct part_cache *parts; /* of those of all plans; NULL: each is made anew */
	struct buf part;          /* the one at hand */
	char key[PART_CACHE_KEY_MAX];
};

/* In what is all zero. 0 or -ENOMEM; document_done is due in any case. */
int document_init(struct document *document, struct json *json);
void document_done(struct document *document);

/* Writes one member of the plan, or nothing; must depend on nothing but its rows if it has any. */
typedef void document_write(void *owner, const struct plan_member *member,
			    const struct event *event);

/* All members in their order; parts that are known already are not made again. */
void document_members(struct document *document, const struct event *event, document_write *write,
		      void *owner);

void document_begin(struct document *document, const struct plan *plan, struct buf *out);
/* As json_end. */
int document_end(struct document *document);

/* Begins a member; one value follows. */
void document_start(struct document *document, const struct plan_member *member);

/* The first row of the member that says anything; false, when none does, remarks one that is lost.
 */
bool document_find(struct document *document, const struct plan_member *member,
		   const struct event *event, struct value *ret_value);
/* The same, and the member with that value; nothing when the value has no meaning. */
void document_rows(struct document *document, const struct plan_member *member,
		   const struct event *event);

/* The remarks so far; nothing when there are none. */
void document_raws(struct document *document, const struct plan_member *member);
void document_left_out(struct document *document, const struct plan_member *member);
void document_cuts(struct document *document, const struct plan_member *member);

/*
 * A list of tags: those of the agent (JSON, without the closing bracket), those of rules (NULL:
 * none), then non-utf8 if that is so. Nothing when there is none.
 */
void document_tags(struct document *document, const struct plan_member *member,
		   const struct buf *agent_tags, const struct value *rule_tags);

#endif
