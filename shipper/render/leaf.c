/* SPDX-License-Identifier: BSD-2-Clause */
/* What the rows of a path say of its value. Knows nothing of the form of a document. */
#include "render/leaf.h"

#include "render/plan.h"

/* A number of the record is checked when it comes in; what the shipper counts has no such bound. */
static uint64_t greatest(const struct row *row)
{
	if (row->field->size < sizeof(uint64_t))
		return (UINT64_C(1) << 8 * row->field->size) - 1;
	return row->source == ROW_RECORD ? FIELD_NUMBER_MAX : UINT64_MAX;
}

struct leaf leaf_of_rows(const struct plan_member *member)
{
	const struct field *first = member->rows[0].field;
	struct leaf leaf = {
		.path = member->path,
		.doc = first->doc,
		.names = first->names,
		.map = first->type == FIELD_MAP,
		.type = first->type,
		.flags = first->flags,
	};

	for (unsigned int i = 0; i < member->row_count; i++) {
		uint64_t max = greatest(&member->rows[i]);

		leaf.max = max > leaf.max ? max : leaf.max;
		leaf.flags |= member->rows[i].field->flags & FIELD_REQUIRED;
	}
	return leaf;
}
