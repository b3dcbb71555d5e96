/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Columns, constants and what has no column to plans, and plans to descriptions. Must not know how
 * a value is written, or any kind by name.
 */
#include "render/ocsf_plan.h"

#include "base/clock.h"
#include "decode/lookup.h"
#include "render/ecs_plan.h"
#include "render/ocsf.h"
#include "render/ocsf_facts.h"
#include "render/ocsf_table.h"
#include "render/remarks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATHS_BYTES (16 * 1024) /* of all paths of one plan that were made up */
#define OWN "Linux."            /* such fields stand under unmapped whether they have a column */

static const char *const severities[] = {"Unknown", "Informational", "Low", "Medium"};
static const char *const launches[] = {"Unknown", "Spawn", "Fork", "Exec"};

static const struct {
	const char *outcome, *caption;
} statuses[] = {{"unknown", "Unknown"}, {"success", "Success"}, {"failure", "Failure"}};

/* What is neither column nor row. */
struct extra {
	const char *path;
	enum ocsf_form form;
	enum plan_place place;
	bool of_log; /* only of kinds about the log */
	const struct leaf *leaves;
};

static const struct extra first_extras[] = {
	{"category_uid", OCSF_CONSTANTS, PLAN_FIRST, false, NULL},
};

/* Behind the columns of every event. */
static const struct extra host_extras[] = {
	{"device", OCSF_DEVICE, PLAN_FIRST, false, ocsf_device_leaves},
	{"actor.app_name", OCSF_APP, PLAN_FIRST, true, ocsf_app_leaves},
};

static const struct extra last_extras[] = {
	{OCSF_UNMAPPED "Linux.schema", OCSF_SCHEMA, PLAN_FIRST, false, ocsf_schema_leaf},
	{OCSF_UNMAPPED "Linux.raw", OCSF_RAW, PLAN_LAST, false, remarks_raw_leaves},
	{OCSF_UNMAPPED "Linux.raw_left_out", OCSF_RAW_LEFT_OUT, PLAN_LAST, false,
	 remarks_left_out_leaf},
	{OCSF_UNMAPPED "Linux.truncated", OCSF_TRUNCATED, PLAN_LAST, false, remarks_cut_leaves},
	{"metadata.version", OCSF_METADATA, PLAN_FIRST, false, ocsf_metadata_leaves},
	{"metadata.uid", OCSF_UID, PLAN_FIRST, false, ocsf_uid_leaf},
	{"metadata.labels", OCSF_TAGS, PLAN_LAST, false, ocsf_tags_leaf},
	{"metadata.tags", OCSF_LABELS, PLAN_LAST, false, ocsf_labels_leaves},
	{"metadata.is_truncated", OCSF_IS_TRUNCATED, PLAN_LAST, false, ocsf_is_truncated_leaf},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A plan that is being made. */
struct making {
	struct plan_builder *builder;
	const struct kind *kind;
	const struct ocsf_kind *mapping;
	bool compact;
	struct ocsf_plan *plan;
	struct err *err;
};

static int add_extras(struct making *making, const struct extra *extras, size_t count)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < count; i++)
		if (!extras[i].of_log || making->mapping->class->is_log)
			result = plan_add_special(making->builder, extras[i].path, extras[i].form,
						  extras[i].place, making->err);
	return result;
}

static bool is_left_out(const struct making *making, const struct field *field)
{
	return making->compact && (field->flags & FIELD_FULL_ONLY);
}

static int add_column(struct making *making, const struct ocsf_column *column)
{
	struct lookup lookup;
	int result = 0;

	lookup_init(&lookup, making->kind, column->from);
	for (unsigned int i = 0; result == 0 && i < lookup.count; i++)
		if (!is_left_out(making, lookup.rows[i].field))
			result = plan_add_row_as(making->builder, column->path, &lookup.rows[i],
						 column->form, making->err);
	return result;
}

static bool is_of_metadata(const struct ocsf_column *column)
{
	return strncmp(column->path, "metadata.", strlen("metadata.")) == 0;
}

static int add_table(struct making *making, const struct ocsf_column *table, bool metadata)
{
	int result = 0;

	for (const struct ocsf_column *at = table; result == 0 && at->from; at++)
		if (at->path && is_of_metadata(at) == metadata)
			result = add_column(making, at);
	return result;
}

/* The outermost object has its members in the order in which they come here. */
static int add_tables(struct making *making)
{
	const struct ocsf_column *const *tables = making->mapping->tables;
	int result = add_table(making, tables[0], false);

	if (result == 0)
		result = add_extras(making, host_extras, COUNT(host_extras));
	for (unsigned int i = 1; result == 0 && i < OCSF_TABLES_MAX && tables[i]; i++)
		result = add_table(making, tables[i], false);
	return result;
}

/* Whether the column tells all that the field says. */
static bool tells_all(const struct ocsf_column *column)
{
	static const bool all[OCSF_COLUMN_FORMS] = {
		[OCSF_ROW] = true,       [OCSF_COPY] = true,
		[OCSF_INTEGER] = true,   [OCSF_FILE_TYPE_NAME] = true,
		[OCSF_VARIABLES] = true,
	};

	return all[column->form];
}

static bool is_derived(const struct field *field)
{
	return field->type == FIELD_BASENAME || field->type == FIELD_DIRNAME ||
	       field->type == FIELD_JOINED;
}

static bool is_own(const struct field *field)
{
	return strncmp(field->path, OWN, strlen(OWN)) == 0;
}

static bool has_column(const struct ocsf_kind *mapping, const char *path)
{
	for (unsigned int i = 0; i < OCSF_TABLES_MAX && mapping->tables[i]; i++)
		for (const struct ocsf_column *at = mapping->tables[i]; at->from; at++)
			if (strcmp(at->from, path) == 0 && tells_all(at))
				return true;
	return false;
}

static bool is_unmapped(const struct making *making, const struct field *field, bool own)
{
	if (field->type == FIELD_HIDDEN || is_left_out(making, field) || is_own(field) != own ||
	    strcmp(field->path, ECS_TAGS) == 0)
		return false;
	return own || !(is_derived(field) || has_column(making->mapping, field->path));
}

/* Lives as long as the plan; NULL: there is no room. */
static const char *unmapped_path(struct ocsf_plan *plan, const char *path)
{
	char *text = plan->paths + plan->paths_length;
	size_t room = PATHS_BYTES - plan->paths_length;
	int length = snprintf(text, room, OCSF_UNMAPPED "%s", path);

	if (length < 0 || (size_t)length >= room)
		return NULL;
	plan->paths_length += (size_t)length + 1;
	return text;
}

/* Those of our own come last: what is said about other members follows them. */
static int add_unmapped(struct making *making, bool own)
{
	unsigned int cursor = 0;
	struct row row;
	int result = 0;

	while (result == 0 && row_next(making->kind, &cursor, &row)) {
		const char *path;

		if (!is_unmapped(making, row.field, own))
			continue;
		path = unmapped_path(making->plan, row.field->path);
		result = path ? plan_add_row_as(making->builder, path, &row, OCSF_ROW, making->err)
			      : err_set(making->err, -EINVAL, "too many fields without a column");
	}
	return result;
}

static int add_all(struct making *making)
{
	int result = add_extras(making, first_extras, COUNT(first_extras));

	if (result == 0)
		result = add_tables(making);
	if (result == 0)
		result = add_unmapped(making, false);
	if (result == 0)
		result = add_unmapped(making, true);
	if (result == 0)
		result = add_extras(making, last_extras, COUNT(last_extras));
	if (result == 0)
		result = add_table(making, making->mapping->tables[0], true);
	return result;
}

int ocsf_plan_make(struct ocsf_plan *ret_plan, const struct kind *kind, bool compact,
		   struct err *err)
{
	struct making making = {
		.kind = kind,
		.mapping = &ocsf_kinds[kind->kind],
		.compact = compact && ecs_is_compact(kind),
		.plan = ret_plan,
		.err = err,
	};
	int result;

	*ret_plan = (struct ocsf_plan){.paths = malloc(PATHS_BYTES)};
	result = ret_plan->paths ? plan_builder_new(&making.builder) : -ENOMEM;
	if (result < 0)
		(void)err_set(err, result, "no memory for the plan of \"%s\"", kind->name);
	else if (!making.mapping->class)
		result = err_set(err, -EINVAL, "\"%s\" has no class of OCSF", kind->name);
	if (result == 0) {
		plan_builder_as_added(making.builder);
		result = add_all(&making);
	}
	if (result == 0)
		result = plan_build(&ret_plan->plan, making.builder);
	plan_builder_free(making.builder);
	if (result < 0)
		ocsf_plan_done(ret_plan);
	return result;
}

void ocsf_plan_done(struct ocsf_plan *plan)
{
	plan_done(&plan->plan);
	free(plan->paths);
	plan->paths = NULL;
}

/* Constants in the making. */
struct constants {
	struct leaf *leaves;
	unsigned int count;
};

static struct leaf *add_constant(struct constants *constants, const char *path, const char *doc)
{
	struct leaf *leaf = &constants->leaves[constants->count++];

	*leaf = (struct leaf){
		.path = path, .doc = doc, .type = FIELD_STRING, .flags = FIELD_REQUIRED};
	return leaf;
}

static void add_word(struct constants *constants, const char *path, const char *word,
		     const char *doc)
{
	struct leaf *leaf = add_constant(constants, path, doc);

	(void)snprintf(leaf->constant, sizeof(leaf->constant), "\"%.64s\"", word);
}

static void add_number(struct constants *constants, const char *path, unsigned int number,
		       const char *doc)
{
	struct leaf *leaf = add_constant(constants, path, doc);

	leaf->type = FIELD_NUMBER;
	leaf->max = number;
	(void)snprintf(leaf->constant, sizeof(leaf->constant), "%u", number);
}

static void add_class(struct constants *constants, const struct ocsf_kind *mapping)
{
	const struct ocsf_class *class = mapping->class;
	const char *activity = mapping->activity == 99 ? "Other" : mapping->activity_name;
	char type[LEAF_CONSTANT_SIZE];

	(void)snprintf(type, sizeof(type), "%.36s: %.24s", class->name, activity);
	add_number(constants, "category_uid", class->uid / 1000, "Category of the class.");
	add_word(constants, "category_name", "System Activity", "Its name.");
	add_number(constants, "class_uid", class->uid, "Class of the event.");
	add_word(constants, "class_name", class->name, "Its name.");
	add_number(constants, "activity_id", mapping->activity,
		   "What happened; 99: activity_name has a word of ours.");
	add_word(constants, "activity_name", mapping->activity_name, "Its name.");
	add_number(constants, "type_uid", class->uid * 100U + mapping->activity,
		   "Class and activity in one number.");
	add_word(constants, "type_name", type, "Its name.");
}

static void add_status(struct constants *constants, const struct kind *kind)
{
	for (unsigned int i = 0; i < COUNT(statuses); i++) {
		if (strcmp(statuses[i].outcome, kind->outcome) != 0)
			continue;
		add_number(constants, "status_id", i, "Whether it succeeded.");
		add_word(constants, "status", statuses[i].caption, "Its name.");
	}
}

static void add_log(struct constants *constants)
{
	add_word(constants, "log_name", "auditship", "The trail of the agent.");
	add_word(constants, "log_provider", "auditship", "Always auditship.");
	add_number(constants, "log_type_id", 2, "The log of an application.");
	add_word(constants, "log_type", "Application", "Its name.");
}

static void add_metadata(struct constants *constants, const struct kind *kind)
{
	struct leaf *list;

	add_word(constants, "metadata.version", OCSF_VERSION, "Release of OCSF.");
	add_word(constants, "metadata.event_code", kind->name,
		 "The kind, as the configuration names it.");
	add_word(constants, "metadata.log_name", kind->dataset, "Group of kinds.");
	add_word(constants, "metadata.log_provider", "auditship", "Always auditship.");
	list = add_constant(constants, "metadata.profiles", "Profiles whose attributes are used.");
	list->type = FIELD_LIST;
	(void)snprintf(list->constant, sizeof(list->constant), "%s",
		       "[\"host\",\"container\",\"linux/linux_users\",\"datetime\"]");
}

unsigned int ocsf_constants(struct leaf leaves[OCSF_CONSTANTS_MAX], const struct kind *kind,
			    bool metadata)
{
	const struct ocsf_kind *mapping = &ocsf_kinds[kind->kind];
	struct constants constants = {.leaves = leaves};

	if (metadata) {
		add_metadata(&constants, kind);
		return constants.count;
	}
	add_class(&constants, mapping);
	add_number(&constants, "severity_id", mapping->severity, "How grave it is.");
	add_word(&constants, "severity", severities[mapping->severity], "Its name.");
	add_status(&constants, kind);
	add_number(&constants, "timezone_offset", 0, "Times are UTC.");
	if (mapping->launch) {
		add_number(&constants, "launch_type_id", mapping->launch, "How it was launched.");
		add_word(&constants, "launch_type", launches[mapping->launch], "Its name.");
	}
	if (mapping->class->is_log)
		add_log(&constants);
	return constants.count;
}

/* How a form changes what a leaf is. */
static const struct {
	uint8_t type;  /* FIELD_HIDDEN: that of the row */
	uint8_t flags; /* more of them */
	uint64_t max;  /* of a number */
} shapes[OCSF_COLUMN_FORMS] = {
	[OCSF_COPY] = {FIELD_STRING, 0, 0},
	[OCSF_BASENAME] = {FIELD_STRING, 0, 0},
	[OCSF_NAME] = {FIELD_STRING, FIELD_REQUIRED, 0},
	[OCSF_NAME_OF_PATH] = {FIELD_STRING, 0, 0},
	[OCSF_MS] = {FIELD_NUMBER, 0, UINT64_MAX / NS_PER_MS},
	[OCSF_INTEGER] = {FIELD_NUMBER, 0, FIELD_NUMBER_MAX},
	[OCSF_FILE_TYPE] = {FIELD_NUMBER, FIELD_REQUIRED, 99},
	[OCSF_FILE_TYPE_NAME] = {FIELD_STRING, FIELD_REQUIRED, 0},
	[OCSF_REGULAR] = {FIELD_NUMBER, 0, 99},
	[OCSF_REGULAR_NAME] = {FIELD_STRING, 0, 0},
	[OCSF_UNKNOWN_TYPE] = {FIELD_NUMBER, 0, 99},
	[OCSF_UNKNOWN_TYPE_NAME] = {FIELD_STRING, 0, 0},
};

/* OCSF_INTEGER leaves out what JSON cannot carry; an id of the record may be that. */
static bool may_be_left_out(const struct plan_member *member)
{
	return member->special == OCSF_INTEGER && member->rows[0].field->size == sizeof(uint64_t);
}

static struct leaf leaf_of_column(const struct plan_member *member)
{
	enum ocsf_form form = (enum ocsf_form)member->special;
	struct leaf leaf = leaf_of_rows(member);

	if (may_be_left_out(member))
		leaf.flags &= (uint16_t)~FIELD_REQUIRED;
	if (shapes[form].type != FIELD_HIDDEN) {
		leaf.type = shapes[form].type;
		leaf.names = NULL;
	}
	leaf.flags |= shapes[form].flags;
	if (shapes[form].max && (form != OCSF_INTEGER || leaf.max > shapes[form].max))
		leaf.max = shapes[form].max;
	return leaf;
}

static const struct leaf variables_leaves[] = {
	{
		.path = "process.environment_variables[].name",
		.type = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.doc = "Name of a configured environment variable.",
	},
	{
		.path = "process.environment_variables[].value",
		.type = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.pattern = "^", /* may be empty */
		.doc = "Its value.",
	},
	{},
};

/* What a member that is no row is made of; NULL: constants. */
static const struct extra *find_extra(enum ocsf_form form)
{
	static const struct {
		const struct extra *extras;
		size_t count;
	} all[] = {
		{first_extras, COUNT(first_extras)},
		{host_extras, COUNT(host_extras)},
		{last_extras, COUNT(last_extras)},
	};

	for (size_t i = 0; i < COUNT(all); i++)
		for (size_t j = 0; j < all[i].count; j++)
			if (all[i].extras[j].form == form)
				return &all[i].extras[j];
	return NULL;
}

struct leaves {
	struct leaf *leaves;
	int count; /* negative: an errno */
	struct ocsf_plan *plan;
};

static void put_leaf(struct leaves *out, const struct leaf *leaf)
{
	if (out->count >= LEAF_MAX)
		out->count = -E2BIG;
	if (out->count >= 0)
		out->leaves[out->count++] = *leaf;
}

/* Of leaves that other formats have, too, the path begins with Linux. */
static void put_leaves(struct leaves *out, const struct leaf *leaves)
{
	for (const struct leaf *at = leaves; at && !leaf_ends(at); at++) {
		struct leaf leaf = *at;

		leaf.max = FIELD_NUMBER_MAX;
		if (strncmp(at->path, OWN, strlen(OWN)) == 0)
			leaf.path = unmapped_path(out->plan, at->path);
		if (leaf.path)
			put_leaf(out, &leaf);
		else
			out->count = -E2BIG;
	}
}

static void put_constants(struct leaves *out, const struct kind *kind, bool metadata)
{
	struct leaf leaves[OCSF_CONSTANTS_MAX];
	unsigned int count = ocsf_constants(leaves, kind, metadata);

	for (unsigned int i = 0; i < count; i++)
		put_leaf(out, &leaves[i]);
}

int ocsf_leaves(struct leaf *leaves, const struct kind *kind, struct ocsf_plan *plan)
{
	struct leaves out = {.leaves = leaves, .plan = plan};

	for (unsigned int i = 0; i < plan->plan.member_count; i++) {
		const struct plan_member *member = &plan->plan.members[i];
		enum ocsf_form form = (enum ocsf_form)member->special;

		if (form == OCSF_VARIABLES) {
			put_leaves(&out, variables_leaves);
		} else if (form < OCSF_COLUMN_FORMS) {
			struct leaf leaf = leaf_of_column(member);

			put_leaf(&out, &leaf);
		} else {
			if (form == OCSF_CONSTANTS || form == OCSF_METADATA)
				put_constants(&out, kind, form == OCSF_METADATA);
			put_leaves(&out, find_extra(form)->leaves);
		}
	}
	return out.count;
}
