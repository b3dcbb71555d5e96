/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Gathers the leaves of all kinds, and writes the list of published fields: path, type, and the
 * kinds that have it, with "!" behind those that always do. Knows no field.
 */
#include "tool/schema_fields.h"

#include "render/ecs_plan.h"
#include "tool/schema.h"
#include "tool/schema_type.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct gathering {
	struct schema_field *fields;
	int count;
	struct leaf leaves[LEAF_MAX];
};

const struct kind *schema_kind(unsigned int number)
{
	const struct kind *kind = kind_get(number);

	return kind && kind->journalled ? kind : NULL;
}

static struct schema_field *field_of(struct gathering *gathering, const struct leaf *leaf)
{
	struct schema_field *fields = gathering->fields;

	for (int i = 0; i < gathering->count; i++)
		if (strcmp(fields[i].leaf.path, leaf->path) == 0)
			return &fields[i];
	if (gathering->count == SCHEMA_FIELDS_MAX)
		return NULL;
	fields[gathering->count].leaf = *leaf;
	return &fields[gathering->count++];
}

static int gather(struct gathering *gathering, const struct kind *kind, bool compact,
		  struct err *err)
{
	struct ecs_form form = {.compact = compact};
	int count = ecs_leaves(gathering->leaves, kind, form, err);

	for (int i = 0; i < count; i++) {
		const struct leaf *leaf = &gathering->leaves[i];
		struct schema_field *field = field_of(gathering, leaf);

		if (!field)
			return err_set(err, -E2BIG, "more fields than there is room for");
		if (compact)
			field->compact |= 1U << kind->kind;
		field->kinds |= 1U << kind->kind;
		if ((leaf->flags & FIELD_REQUIRED) &&
		    !((leaf->flags & FIELD_FULL_ONLY) && ecs_is_compact(kind)))
			field->always |= 1U << kind->kind;
	}
	return count < 0 ? count : 0;
}

static int by_path(const void *a, const void *b)
{
	const struct schema_field *left = a, *right = b;

	return strcmp(left->leaf.path, right->leaf.path);
}

int schema_fields_collect(struct schema_field **ret_fields, struct err *err)
{
	struct gathering *gathering = calloc(1, sizeof(*gathering));
	int result = 0;

	*ret_fields = calloc(SCHEMA_FIELDS_MAX, sizeof(**ret_fields));
	if (!gathering || !*ret_fields)
		result = err_set(err, -ENOMEM, "no memory for a list of fields");
	for (unsigned int i = 0; result == 0 && i < REC_KINDS; i++) {
		if (!schema_kind(i))
			continue;
		gathering->fields = *ret_fields;
		result = gather(gathering, schema_kind(i), false, err);
		if (result == 0)
			result = gather(gathering, schema_kind(i), true, err);
	}
	if (result == 0) {
		result = gathering->count;
		qsort(*ret_fields, (size_t)result, sizeof(**ret_fields), by_path);
	} else {
		free(*ret_fields);
		*ret_fields = NULL;
	}
	free(gathering);
	return result;
}

static int write_field(struct buf *out, const struct schema_field *field)
{
	const char *before = "\t";
	int result =
		buf_printf(out, "%s\t%s", field->leaf.path, schema_type_of(&field->leaf)->word);

	for (unsigned int i = 0; result == 0 && i < REC_KINDS; i++) {
		if (!(field->kinds & 1U << i))
			continue;
		result = buf_printf(out, "%s%s%s", before, kind_get(i)->name,
				    field->always & 1U << i ? "!" : "");
		before = " ";
	}
	return result == 0 ? buf_add(out, "\n", 1) : result;
}

int schema_fields(struct buf *out, struct err *err)
{
	struct schema_field *fields;
	int count = schema_fields_collect(&fields, err), result = 0;

	if (count < 0)
		return count;
	for (int i = 0; result == 0 && i < count; i++)
		result = write_field(out, &fields[i]);
	free(fields);
	return result < 0 ? err_set(err, result, "the list of fields is too long") : 0;
}
