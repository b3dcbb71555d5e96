/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Gathers the leaves of all kinds, and writes the list of published fields: path, type, and the
 * kinds that have it, with "!" behind those that always do. Knows no field.
 */
#include "tool/schema_fields.h"

#include "render/ecs_plan.h"
#include "render/ocsf_plan.h"
#include "tool/schema.h"
#include "tool/schema_type.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Room for the paths, which stands behind the fields in the same memory. */
#define PATHS_BYTES (SCHEMA_FIELDS_MAX * 96)

struct gathering {
	struct schema_field *fields;
	int count;
	char *free_text; /* of the paths */
	size_t room;
	bool ocsf;
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
	size_t size;

	for (int i = 0; i < gathering->count; i++)
		if (strcmp(fields[i].leaf.path, leaf->path) == 0)
			return &fields[i];
	size = strlen(leaf->path) + 1;
	if (gathering->count == SCHEMA_FIELDS_MAX || size > gathering->room)
		return NULL;
	fields[gathering->count].leaf = *leaf;
	fields[gathering->count].leaf.path = memcpy(gathering->free_text, leaf->path, size);
	gathering->free_text += size;
	gathering->room -= size;
	return &fields[gathering->count++];
}

/* Returns their number; plan keeps their paths. */
static int take_leaves(struct gathering *gathering, const struct kind *kind, bool compact,
		       struct ocsf_plan *plan, struct err *err)
{
	struct ecs_form form = {.compact = compact};
	int result;

	if (!gathering->ocsf)
		return ecs_leaves(gathering->leaves, kind, form, err);
	result = ocsf_plan_make(plan, kind, compact, err);
	return result < 0 ? result : ocsf_leaves(gathering->leaves, kind, plan);
}

static int gather_leaves(struct gathering *gathering, int count, const struct kind *kind,
			 bool compact)
{
	for (int i = 0; i < count; i++) {
		const struct leaf *leaf = &gathering->leaves[i];
		struct schema_field *field = field_of(gathering, leaf);

		if (!field)
			return -E2BIG;
		if (compact)
			field->compact |= 1U << kind->kind;
		field->kinds |= 1U << kind->kind;
		if ((leaf->flags & FIELD_REQUIRED) &&
		    !((leaf->flags & FIELD_FULL_ONLY) && ecs_is_compact(kind)))
			field->always |= 1U << kind->kind;
	}
	return 0;
}

static int gather(struct gathering *gathering, const struct kind *kind, bool compact,
		  struct err *err)
{
	struct ocsf_plan plan = {.paths = NULL};
	int count = take_leaves(gathering, kind, compact, &plan, err), result = count;

	if (count >= 0)
		result = gather_leaves(gathering, count, kind, compact);
	ocsf_plan_done(&plan);
	return result == -E2BIG ? err_set(err, result, "more fields than there is room for")
				: result;
}

static int by_path(const void *a, const void *b)
{
	const struct schema_field *left = a, *right = b;

	return strcmp(left->leaf.path, right->leaf.path);
}

static int collect(struct schema_field **ret_fields, bool ocsf, struct err *err)
{
	struct gathering *gathering = calloc(1, sizeof(*gathering));
	int result = 0;

	*ret_fields = calloc(1, SCHEMA_FIELDS_MAX * sizeof(**ret_fields) + PATHS_BYTES);
	if (!gathering || !*ret_fields)
		result = err_set(err, -ENOMEM, "no memory for a list of fields");
	else
		*gathering = (struct gathering){
			.fields = *ret_fields,
			.free_text = (char *)(*ret_fields + SCHEMA_FIELDS_MAX),
			.room = PATHS_BYTES,
			.ocsf = ocsf,
		};
	for (unsigned int i = 0; result == 0 && i < REC_KINDS; i++) {
		if (!schema_kind(i))
			continue;
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

int schema_fields_collect(struct schema_field **ret_fields, struct err *err)
{
	return collect(ret_fields, false, err);
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

static int write_fields(struct buf *out, bool ocsf, struct err *err)
{
	struct schema_field *fields;
	int count = collect(&fields, ocsf, err), result = 0;

	if (count < 0)
		return count;
	for (int i = 0; result == 0 && i < count; i++)
		result = write_field(out, &fields[i]);
	free(fields);
	return result < 0 ? err_set(err, result, "the list of fields is too long") : 0;
}

int schema_fields(struct buf *out, struct err *err)
{
	return write_fields(out, false, err);
}

int schema_ocsf_fields(struct buf *out, struct err *err)
{
	return write_fields(out, true, err);
}
