/* SPDX-License-Identifier: BSD-2-Clause */
/* Owns the search for a path in the field tables. Must not know any path or kind by name. */
#include "render/lookup.h"

#include <string.h>

static void find_rows(struct lookup *lookup, const struct kind *kind, const char *path)
{
	unsigned int cursor = 0;
	struct row row;

	while (row_next(kind, &cursor, &row)) {
		unsigned int *count = &lookup->kinds[kind->kind].count;

		if (row.field->path && strcmp(row.field->path, path) == 0 && *count < LOOKUP_ROWS)
			lookup->kinds[kind->kind].rows[(*count)++] = row;
	}
}

bool lookup_init(struct lookup *lookup, const char *path)
{
	bool found = false;

	*lookup = (struct lookup){0};
	for (unsigned int i = 0; i < REC_KINDS; i++) {
		const struct kind *kind = kind_get(i);

		if (!kind || !kind->journalled)
			continue;
		find_rows(lookup, kind, path);
		found |= lookup->kinds[i].count > 0;
	}
	return found;
}

bool lookup_applies(const struct lookup *lookup, const struct kind *kind)
{
	return lookup->kinds[kind->kind].count > 0;
}

bool lookup_value(const struct lookup *lookup, const struct event *event, struct value *ret_value)
{
	unsigned int kind = event->kind->kind;

	for (unsigned int i = 0; i < lookup->kinds[kind].count; i++)
		if (value_get(ret_value, &lookup->kinds[kind].rows[i], event) == VALUE_PRESENT)
			return true;
	return false;
}
