/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Turns dotted paths into a tree and the tree into a list. Works while a renderer is made, never
 * for an event. Must not know where values come from or what they look like.
 */
#include "render/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NONE 0 /* no node: the root is nobody's child or sibling */

/* One component of a path, borrowed from it. */
struct name {
	const char *text;
	size_t length;
};

struct node {
	struct name name;
	const char *path;          /* as given; of a member only */
	bool in_list;              /* of an object only */
	unsigned int first, next;  /* child, sibling */
	unsigned int parent, rank; /* members of an object are written by ascending rank */
	unsigned int special, row_count;
	struct row rows[PLAN_ROWS];
};

struct plan_builder {
	bool as_added;
	unsigned int count;
	struct node nodes[PLAN_MAX_NODES];
};

enum { RANK_FIRST, RANK_ROW, RANK_OBJECT, RANK_LAST };

/* How people look at an event: when, what, where, who, whom. */
static const char *const top_order[] = {
	"@timestamp", "ecs",    "event", "agent", "host",
	"process",    "user",   "group", "file",  NULL, /* whatever is not named here */
	"Linux",      "labels", "tags",
};

#define TOP_COUNT (sizeof(top_order) / sizeof(top_order[0]))

static unsigned int top_rank(const struct name *name)
{
	unsigned int others = 0;

	for (unsigned int i = 0; i < TOP_COUNT; i++) {
		if (!top_order[i])
			others = i;
		else if (strlen(top_order[i]) == name->length &&
			 memcmp(top_order[i], name->text, name->length) == 0)
			return i;
	}
	return others;
}

int plan_builder_new(struct plan_builder **ret_builder)
{
	struct plan_builder *builder = calloc(1, sizeof(*builder));

	if (!builder)
		return -ENOMEM;
	builder->count = 1;
	*ret_builder = builder;
	return 0;
}

void plan_builder_as_added(struct plan_builder *builder)
{
	builder->as_added = true;
}

void plan_builder_free(struct plan_builder *builder)
{
	free(builder);
}

static unsigned int find_child(const struct plan_builder *builder, unsigned int parent,
			       const struct name *name)
{
	unsigned int child = builder->nodes[parent].first;

	while (child != NONE && (builder->nodes[child].name.length != name->length ||
				 memcmp(builder->nodes[child].name.text, name->text, name->length)))
		child = builder->nodes[child].next;
	return child;
}

/* Puts a node behind its siblings of the same or a lower rank. */
static void insert(struct plan_builder *builder, unsigned int parent, unsigned int index)
{
	struct node *nodes = builder->nodes;
	unsigned int *link = &nodes[parent].first;

	while (*link != NONE && nodes[*link].rank <= nodes[index].rank)
		link = &nodes[*link].next;
	nodes[index].next = *link;
	nodes[index].parent = parent;
	*link = index;
}

static unsigned int add_child(struct plan_builder *builder, unsigned int parent,
			      const struct name *name, unsigned int rank)
{
	unsigned int index = builder->count;

	if (index == PLAN_MAX_NODES)
		return NONE;
	builder->count++;
	builder->nodes[index].name = *name;
	if (parent != PLAN_ROOT)
		builder->nodes[index].rank = rank;
	else
		builder->nodes[index].rank = builder->as_added ? 0 : top_rank(name);
	insert(builder, parent, index);
	return index;
}

static bool is_member(const struct node *node)
{
	return node->path != NULL;
}

/* The node of path, made with the objects above it if need be. NONE: the path cannot be. */
static unsigned int node_at(struct plan_builder *builder, const char *path, unsigned int rank)
{
	unsigned int node = PLAN_ROOT;
	const char *whole = path;
	bool last = false;

	for (unsigned int depth = 0; !last; depth++) {
		struct name name = {path, strcspn(path, ".")};
		unsigned int child;

		last = path[name.length] == '\0';
		child = find_child(builder, node, &name);
		if (name.length == 0 || depth == PLAN_MAX_DEPTH)
			return NONE;
		if (child == NONE)
			child = add_child(builder, node, &name, last ? rank : RANK_OBJECT);
		if (child == NONE || (!last && is_member(&builder->nodes[child])))
			return NONE;
		node = child;
		path += name.length;
		builder->nodes[node].in_list =
			path_is_list_of_objects(whole, (size_t)(path - whole));
		path++;
	}
	return builder->nodes[node].first == NONE ? node : NONE;
}

/* NULL: err says why. */
static struct node *add_member(struct plan_builder *builder, const char *path, unsigned int rank,
			       struct err *err)
{
	unsigned int index = node_at(builder, path, rank);

	if (index == NONE) {
		(void)err_set(err, -EINVAL,
			      "field table: \"%s\" is empty, too deep, one too many, or both a "
			      "value and an object",
			      path);
		return NULL;
	}
	builder->nodes[index].path = path;
	return &builder->nodes[index];
}

int plan_add_row_as(struct plan_builder *builder, const char *path, const struct row *row,
		    unsigned int form, struct err *err)
{
	struct node *node = add_member(builder, path, RANK_ROW, err);

	if (!node)
		return -EINVAL;
	if (node->special != (node->row_count ? form : 0) || node->row_count == PLAN_ROWS)
		return err_set(err, -EINVAL, "field table: too many rows are \"%s\"", node->path);
	node->special = form;
	node->rows[node->row_count++] = *row;
	return 0;
}

int plan_add_row(struct plan_builder *builder, const struct row *row, struct err *err)
{
	return plan_add_row_as(builder, row->field->path, row, 0, err);
}

int plan_add_special(struct plan_builder *builder, const char *path, unsigned int special,
		     enum plan_place place, struct err *err)
{
	struct node *node =
		add_member(builder, path, place == PLAN_FIRST ? RANK_FIRST : RANK_LAST, err);

	if (!node)
		return -EINVAL;
	if (node->special || node->row_count)
		return err_set(err, -EINVAL, "field table: \"%s\" is made elsewhere", path);
	node->special = special;
	return 0;
}

struct build {
	struct plan *plan;
	const struct plan_builder *builder;
	char *free_text; /* of plan->keys */
};

#define KEY_EXTRA strlen(",\"\":") /* what stands around a name */

static struct json_key put_key(struct build *build, const struct name *name)
{
	char *text = build->free_text;

	text[0] = ',';
	text[1] = '"';
	memcpy(text + 2, name->text, name->length);
	text[2 + name->length] = '"';
	text[3 + name->length] = ':';
	build->free_text += name->length + KEY_EXTRA;
	return (struct json_key){text, name->length + KEY_EXTRA};
}

static size_t size_of_keys(const struct plan_builder *builder)
{
	size_t size = JSON_KEY_SLACK;

	for (unsigned int i = 0; i < builder->count; i++)
		size += builder->nodes[i].name.length + KEY_EXTRA;
	return size;
}

static void put_member(struct build *build, const struct node *node, unsigned int object)
{
	struct plan_member *member = &build->plan->members[build->plan->member_count++];

	member->key = put_key(build, &node->name);
	member->path = node->path;
	member->object = object;
	member->special = node->special;
	member->row_count = node->row_count;
	memcpy(member->rows, node->rows, sizeof(member->rows));
}

static unsigned int put_object(struct build *build, const struct node *node, unsigned int parent)
{
	struct plan *plan = build->plan;
	unsigned int index = plan->object_count++;

	plan->objects[index] = (struct plan_object){
		.key = put_key(build, &node->name),
		.parent = parent,
		.depth = plan->objects[parent].depth + 1,
		.in_list = node->in_list,
	};
	return index;
}

/* Depth first; paths have at most PLAN_MAX_DEPTH components, and so has this recursion. */
static void put_children(struct build *build, unsigned int parent, unsigned int object)
{
	const struct node *nodes = build->builder->nodes;

	for (unsigned int i = nodes[parent].first; i != NONE; i = nodes[i].next) {
		if (is_member(&nodes[i]))
			put_member(build, &nodes[i], object);
		else
			put_children(build, i, put_object(build, &nodes[i], object));
	}
}

int plan_build(struct plan *ret_plan, const struct plan_builder *builder)
{
	struct plan plan = {.object_count = 1};
	struct build build = {.plan = &plan, .builder = builder};

	plan.objects = calloc(builder->count, sizeof(*plan.objects));
	plan.members = calloc(builder->count, sizeof(*plan.members));
	plan.keys = calloc(1, size_of_keys(builder));
	if (!plan.objects || !plan.members || !plan.keys) {
		plan_done(&plan);
		return -ENOMEM;
	}
	build.free_text = plan.keys;
	put_children(&build, PLAN_ROOT, PLAN_ROOT);
	*ret_plan = plan;
	return 0;
}

void plan_done(struct plan *plan)
{
	free(plan->objects);
	free(plan->members);
	free(plan->keys);
	free(plan->parts);
	*plan = (struct plan){0};
}
