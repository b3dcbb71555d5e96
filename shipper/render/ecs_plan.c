/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows and specials to plans, and plans to descriptions. Must not know how a value is written, or
 * any kind by name.
 */
#include "render/ecs_plan.h"

#include "decode/lookup.h"
#include "render/ecs.h"
#include "render/facts.h"
#include "render/remarks.h"

#include <errno.h>
#include <string.h>

#define VERSION_OF(major) "^" major "\\.[0-9]+\\.[0-9]+$"
#define UUID "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

static const char *const kind_names[] = {"event", NULL};
static const char *const module_names[] = {"auditship", NULL};
static const char *const provider_names[] = {"ebpf", NULL};

/* Of those that are words of a kind, the kind says the value. */
static const struct leaf ecs_leaf[] = {
	{
		.path = "ecs.version",
		.type = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.pattern = VERSION_OF("9"),
		.doc = "Release of the Elastic Common Schema whose names are used.",
	},
	{},
};

static const struct leaf event_leaves[] = {
	{
		.path = "event.kind",
		.type = FIELD_ENUM,
		.flags = FIELD_REQUIRED,
		.names = kind_names,
		.doc = "Always event.",
	},
	{
		.path = "event.category",
		.type = FIELD_LIST,
		.flags = FIELD_REQUIRED,
		.doc = "What the event is about.",
	},
	{
		.path = "event.type",
		.type = FIELD_LIST,
		.flags = FIELD_REQUIRED,
		.doc = "What sort of thing happened to it.",
	},
	{
		.path = "event.action",
		.type = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.doc = "What happened.",
	},
	{
		.path = "event.outcome",
		.type = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.doc = "Whether it succeeded: success or failure.",
	},
	{
		.path = "event.module",
		.type = FIELD_ENUM,
		.flags = FIELD_REQUIRED,
		.names = module_names,
		.doc = "Always auditship.",
	},
	{
		.path = "event.dataset",
		.type = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.doc = "Group of kinds; auditship.agent: of the agent itself.",
	},
	{
		.path = "event.provider",
		.type = FIELD_ENUM,
		.flags = FIELD_REQUIRED,
		.names = provider_names,
		.doc = "Always ebpf.",
	},
	{},
};

static const struct leaf event_id_leaf[] = {
	{
		.path = "event.id",
		.type = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.pattern = "^" UUID ":[0-9]+$",
		.doc = "agent.ephemeral_id, a colon and event.sequence: an event that is delivered "
		       "twice has the same one.",
	},
	{},
};

static const struct leaf schema_leaf[] = {
	{
		.path = "Linux.schema.version",
		.type = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.pattern = VERSION_OF("0"),
		.doc = "Version of the schema of events that this one follows.",
	},
	{},
};

static const struct leaf tags_leaf[] = {
	{
		.path = ECS_TAGS,
		.type = FIELD_LIST,
		.doc = "Tags of the agent, then of rules, then non-utf8 when a text of the event "
		       "was not UTF-8.",
	},
	{},
};

static const struct {
	const char *path;
	enum special special;
	enum plan_place place;
	bool once;   /* in a batch */
	bool can_go; /* but for leaves that are required */
	const struct leaf *leaves;
} specials[] = {
	{"ecs", SPECIAL_ECS, PLAN_FIRST, false, false, ecs_leaf},
	{"event.kind", SPECIAL_EVENT, PLAN_FIRST, false, false, event_leaves},
	{"event.id", SPECIAL_EVENT_ID, PLAN_FIRST, false, false, event_id_leaf},
	{"agent", SPECIAL_AGENT, PLAN_FIRST, true, true, facts_agent_leaves},
	{"host", SPECIAL_HOST, PLAN_FIRST, true, true, facts_host_leaves},
	{"labels", SPECIAL_LABELS, PLAN_LAST, true, true, facts_labels_leaf},
	{"Linux.schema", SPECIAL_SCHEMA, PLAN_FIRST, false, false, schema_leaf},
	{"Linux.raw", SPECIAL_RAW, PLAN_LAST, false, false, remarks_raw_leaves},
	{"Linux.raw_left_out", SPECIAL_RAW_LEFT_OUT, PLAN_LAST, false, false,
	 remarks_left_out_leaf},
	{"Linux.truncated", SPECIAL_TRUNCATED, PLAN_LAST, false, false, remarks_cut_leaves},
	{ECS_TAGS, SPECIAL_TAGS, PLAN_LAST, false, true, tags_leaf},
};

#define SPECIALS (sizeof(specials) / sizeof(specials[0]))

bool ecs_is_compact(const struct kind *kind)
{
	struct lookup_word word;

	for (unsigned int i = 0; lookup_constant(kind, "event.category", i, &word); i++)
		if (word.length == strlen("process") &&
		    memcmp(word.text, "process", word.length) == 0)
			return false;
	return true;
}

/* Of the rows of a path one that is required is enough. */
static bool is_required(const struct kind *kind, const char *path)
{
	struct lookup lookup;

	lookup_init(&lookup, kind, path);
	for (unsigned int i = 0; i < lookup.count; i++)
		if (lookup.rows[i].field->flags & FIELD_REQUIRED)
			return true;
	return false;
}

static bool has_row(const struct kind *kind, const struct ecs_form *form, const struct field *field)
{
	if (field->type == FIELD_HIDDEN || strcmp(field->path, ECS_TAGS) == 0)
		return false;
	if (form->compact && ecs_is_compact(kind) && (field->flags & FIELD_FULL_ONLY))
		return false;
	return !omission_has(&form->leave_out, field->path) || is_required(kind, field->path);
}

static int add_rows(struct plan_builder *builder, const struct kind *kind,
		    const struct ecs_form *form, struct err *err)
{
	unsigned int cursor = 0;
	struct row row;

	while (row_next(kind, &cursor, &row)) {
		int result;

		if (!has_row(kind, form, row.field))
			continue;
		result = plan_add_row(builder, &row, err);
		if (result < 0)
			return result;
	}
	return 0;
}

static bool stays(size_t index, const struct leaf *leaf)
{
	return !specials[index].can_go || (leaf->flags & FIELD_REQUIRED);
}

static bool has_special(size_t index, const struct ecs_form *form)
{
	if (form->bare && specials[index].once)
		return false;
	for (const struct leaf *at = specials[index].leaves; !leaf_ends(at); at++)
		if (stays(index, at) || !omission_has(&form->leave_out, at->path))
			return true;
	return false;
}

static int add_specials(struct plan_builder *builder, const struct ecs_form *form, struct err *err)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < SPECIALS; i++)
		if (has_special(i, form))
			result = plan_add_special(builder, specials[i].path, specials[i].special,
						  specials[i].place, err);
	return result;
}

int ecs_plan_make(struct plan *ret_plan, const struct kind *kind, struct ecs_form form,
		  struct err *err)
{
	struct plan_builder *builder;
	int result = plan_builder_new(&builder);

	if (result < 0)
		return err_set(err, result, "no memory for the field plan of \"%s\"", kind->name);
	result = add_specials(builder, &form, err);
	if (result == 0)
		result = add_rows(builder, kind, &form, err);
	if (result == 0)
		result = plan_build(ret_plan, builder);
	plan_builder_free(builder);
	return result;
}

/* Appends the leaves of a special at leaves, of which count are there; returns the new count. */
static int put_special(struct leaf *leaves, int count, unsigned int special)
{
	for (size_t i = 0; i < SPECIALS; i++) {
		if ((unsigned int)specials[i].special != special)
			continue;
		for (const struct leaf *at = specials[i].leaves; !leaf_ends(at); at++) {
			if (count == LEAF_MAX)
				return count;
			leaves[count] = *at;
			leaves[count].max = FIELD_NUMBER_MAX;
			leaves[count++].once = specials[i].once;
		}
	}
	return count;
}

int ecs_leaves(struct leaf *leaves, const struct kind *kind, struct ecs_form form, struct err *err)
{
	struct plan plan;
	int count = 0, result = ecs_plan_make(&plan, kind, form, err);

	if (result < 0)
		return result;
	for (unsigned int i = 0; i < plan.member_count && count < LEAF_MAX; i++) {
		if (plan.members[i].special) {
			count = put_special(leaves, count, plan.members[i].special);
			continue;
		}
		leaves[count] = leaf_of_rows(&plan.members[i]);
		leaves[count++].path = path_in_document(plan.members[i].path);
	}
	plan_done(&plan);
	return count;
}

/* What is known of a path after some kinds. */
struct search {
	const char *path;
	struct text_nearest *nearest;
	bool found, optional;
};

static void look_at(struct search *search, const char *path, bool required)
{
	text_nearest_offer(search->nearest, path);
	if (!omission_covers(search->path, path))
		return;
	search->found = true;
	search->optional |= !required;
}

static void look_at_specials(struct search *search)
{
	for (size_t i = 0; i < SPECIALS; i++) {
		look_at(search, specials[i].path, !specials[i].can_go);
		for (const struct leaf *at = specials[i].leaves; !leaf_ends(at); at++)
			look_at(search, at->path, stays(i, at));
	}
}

static void look_at_rows(struct search *search, const struct kind *kind)
{
	unsigned int cursor = 0;
	struct row row;

	while (row_next(kind, &cursor, &row))
		if (row.field->type != FIELD_HIDDEN)
			look_at(search, row.field->path, is_required(kind, row.field->path));
}

int ecs_check_omission(const char *path, struct text_nearest *nearest)
{
	struct search search = {.path = path, .nearest = nearest};

	look_at_specials(&search);
	for (unsigned int i = 0; i < REC_KINDS; i++)
		if (kind_get(i) && kind_get(i)->journalled)
			look_at_rows(&search, kind_get(i));
	if (!search.found)
		return -ENOENT;
	return search.optional ? 0 : -EPERM;
}
