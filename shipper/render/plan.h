/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The order in which a document's members are written: rows and others, grouped by path, so that
 * each object is opened once, and only when something in it is there. Built once per kind.
 */
#ifndef AUDITSHIP_PLAN_H
#define AUDITSHIP_PLAN_H

#include "base/err.h"
#include "decode/value.h"
#include "render/json.h"

#include <stdbool.h>

#define PLAN_ROWS 3        /* most rows of one path */
#define PLAN_MAX_DEPTH 8   /* most components of one path */
#define PLAN_MAX_NODES 512 /* most members and objects */
#define PLAN_ROOT 0        /* index of the outermost object */

struct plan_object {
	struct json_key key;
	unsigned int parent; /* index; the root is its own */
	unsigned int depth;  /* of the root: 0 */
	bool in_list;        /* shown as a list of one, see path_is_list_of_objects */
};

/* A member that is no object: rows of which the first present one counts, or a special. */
struct plan_member {
	struct json_key key;
	const char *path;
	unsigned int object; /* index of the object it stands in */
	/* A number of the caller's: with rows the form they are written in, without what it is. */
	unsigned int special;
	unsigned int row_count;
	struct row rows[PLAN_ROWS];
};

struct plan {
	struct plan_object *objects;
	struct plan_member *members; /* in the order of writing */
	unsigned int object_count, member_count;
	char *keys; /* text of all of them */
	/* Those that repeat, in order; none without parts_find. */
	struct part *parts;
	unsigned int part_count;
};

enum plan_place { PLAN_FIRST, PLAN_LAST }; /* among the members of its object */

struct plan_builder;

/* Paths must outlive the plan. All but _free: 0, -ENOMEM, or -EINVAL with err saying which path. */
int plan_builder_new(struct plan_builder **ret_builder);
void plan_builder_free(struct plan_builder *builder);
/* The outermost object has no order of its own: what was added first comes first. */
void plan_builder_as_added(struct plan_builder *builder);
int plan_add_row(struct plan_builder *builder, const struct row *row, struct err *err);
/* Under another path than its own, in a form of the caller's, one for all rows of a path. */
int plan_add_row_as(struct plan_builder *builder, const char *path, const struct row *row,
		    unsigned int form, struct err *err);
int plan_add_special(struct plan_builder *builder, const char *path, unsigned int special,
		     enum plan_place place, struct err *err);

/* Plain members of an object come before its objects; the outermost has an order of its own. */
int plan_build(struct plan *ret_plan, const struct plan_builder *builder);
void plan_done(struct plan *plan);

#endif
