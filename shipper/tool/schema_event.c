/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON Schema of events, in ECS and in OCSF, and of batches of them. Objects that are the same for
 * several kinds become one definition: an object's definition is found again by its path and text.
 * Keywords are those that draft 7 knows too, so that older validators can read it. Knows no kind
 * and no field by name.
 */
#include "tool/schema.h"

#include "decode/lookup.h"
#include "render/ecs_plan.h"
#include "render/facts.h"
#include "render/ocsf_plan.h"
#include "tool/schema_out.h"
#include "tool/schema_type.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFINITIONS_MAX 512
#define NAME_MAX_BYTES 128
#define DEFINITION_DEPTH 2 /* of what stands in a definition */

struct definition {
	char name[NAME_MAX_BYTES];
	char path[NAME_MAX_BYTES]; /* "": of a kind */
	struct buf text;
};

struct definitions {
	unsigned int count;
	struct definition items[DEFINITIONS_MAX];
};

enum schema_of { SCHEMA_OF_EVENT, SCHEMA_OF_BATCH, SCHEMA_OF_OCSF };

/* What is written at the moment. */
struct writing {
	struct definitions *definitions;
	const struct definitions *before; /* of a first run: which paths have variants */
	const struct kind *kind;
	struct leaf leaves[LEAF_MAX];
	int count;
	enum schema_of what;
	int error;
};

static const char policy[] =
	"Versions are MAJOR.MINOR.PATCH. Breaking, and so a new MAJOR version: a field or a kind "
	"is renamed or removed, gets another type or meaning, or is no longer there where it "
	"always was. A new field, kind or word is a new MINOR version: validate with the schema "
	"of the newest version of the same MAJOR. A field that is to go is marked deprecated "
	"first, and stays for two MINOR versions and twelve months at least. Absent is absent: "
	"no null, no empty text.";

/* Required in every form that events of the kind are written in. */
static bool is_required(const struct writing *writing, const struct leaf *leaf)
{
	return (leaf->flags & FIELD_REQUIRED) &&
	       !((leaf->flags & FIELD_FULL_ONLY) && ecs_is_compact(writing->kind));
}

static void add(struct schema_out *out, const char *text)
{
	int result = out->error < 0 ? 0 : buf_add_text(out->buf, text);

	if (result < 0)
		out->error = result;
}

/* ["a","b"] of what the kind says at path, or "a" alone when it is no list. */
static void put_constant(struct schema_out *out, const struct kind *kind, const char *path,
			 bool list)
{
	struct lookup_word word;

	add(out, list ? "[" : "");
	for (unsigned int i = 0; lookup_constant(kind, path, i, &word); i++) {
		add(out, i > 0 ? ", " : "");
		schema_quote(out, word.text, word.length);
	}
	add(out, list ? "]" : "");
}

static void put_string(struct schema_out *out, const struct leaf *leaf)
{
	const char *pattern = leaf->pattern ? leaf->pattern : schema_type_of(leaf)->pattern;

	add(out, "\"type\": \"string\"");
	if (leaf->type == FIELD_ENUM) {
		add(out, ", \"enum\": [");
		for (unsigned int i = 0; leaf->names[i]; i++) {
			add(out, i > 0 ? ", " : "");
			schema_quote(out, leaf->names[i], strlen(leaf->names[i]));
		}
		add(out, "]");
	} else if (pattern) {
		add(out, ", \"pattern\": ");
		schema_quote(out, pattern, strlen(pattern));
	} else if (leaf->type != FIELD_LIST && leaf->type != FIELD_MAP) { /* parts may be empty */
		add(out, ", \"minLength\": 1");
	}
}

static void put_number(struct schema_out *out, const struct leaf *leaf)
{
	char bounds[96];

	if (leaf->type == FIELD_SIGNED)
		(void)snprintf(bounds, sizeof(bounds),
			       "\"type\": \"integer\", \"minimum\": -%" PRIu64
			       ", \"maximum\": %" PRIu64,
			       FIELD_NUMBER_MAX, FIELD_NUMBER_MAX);
	else
		(void)snprintf(bounds, sizeof(bounds),
			       "\"type\": \"integer\", \"minimum\": 0, \"maximum\": %" PRIu64,
			       leaf->max);
	add(out, bounds);
}

static void put_type(struct schema_out *out, const struct kind *kind, const struct leaf *leaf)
{
	const struct schema_type *type = schema_type_of(leaf);

	if (leaf->constant[0]) {
		add(out, "\"const\": ");
		add(out, leaf->constant);
		return;
	}
	if (lookup_is_constant(leaf->path)) {
		add(out, "\"const\": ");
		put_constant(out, kind, leaf->path, type->list);
		return;
	}
	if (leaf->map)
		add(out, "\"type\": \"object\", \"minProperties\": 1, \"additionalProperties\": {");
	if (type->list)
		add(out, "\"type\": \"array\", \"minItems\": 1, \"items\": {");
	if (strcmp(type->json, "string") == 0)
		put_string(out, leaf);
	else if (strcmp(type->json, "integer") == 0)
		put_number(out, leaf);
	else
		add(out, "\"type\": \"boolean\"");
	if (type->list || leaf->map)
		add(out, "}");
}

static void write_leaf(struct schema_out *out, const struct writing *writing, const char *key,
		       const struct leaf *leaf)
{
	schema_literal(out, key, "{");
	put_type(out, writing->kind, leaf);
	add(out, ", \"description\": ");
	schema_quote(out, leaf->doc, strlen(leaf->doc));
	add(out, "}");
}

static bool has_variants(const struct definitions *definitions, const char *path)
{
	unsigned int found = 0;

	for (unsigned int i = 0; definitions && i < definitions->count; i++)
		found += strcmp(definitions->items[i].path, path) == 0;
	return found > 1;
}

/* The name of the definition with that text, which becomes a new one if need be. Takes text. */
static const char *intern(struct writing *writing, const char *path, struct buf *text)
{
	struct definitions *all = writing->definitions;
	struct definition *made = &all->items[all->count];

	for (unsigned int i = 0; i < all->count; i++) {
		const struct definition *at = &all->items[i];

		if (strcmp(at->path, path) != 0 || at->text.length != text->length ||
		    memcmp(at->text.data, text->data, text->length) != 0)
			continue;
		buf_done(text);
		return at->name;
	}
	if (all->count == DEFINITIONS_MAX - 1)
		writing->error = -E2BIG;
	else
		all->count++;
	(void)snprintf(made->path, sizeof(made->path), "%s", path);
	if (has_variants(writing->before, path) || has_variants(all, path))
		(void)snprintf(made->name, sizeof(made->name), "%.80s-%.40s", path,
			       writing->kind->name);
	else
		(void)snprintf(made->name, sizeof(made->name), "%s", path);
	buf_done(&made->text);
	made->text = *text;
	return made->name;
}

/* Leaves from..to have the same first `prefix` bytes: what stands in one object. */
struct range {
	int from, to;
	size_t prefix;
};

/* The component behind the prefix; *ret_range is what stands in it, empty for a leaf. */
static void next_component(const struct writing *writing, const struct range *in, int at,
			   char key[NAME_MAX_BYTES], struct range *ret_range)
{
	const char *path = writing->leaves[at].path + in->prefix;
	size_t length = strcspn(path, ".");

	(void)snprintf(key, NAME_MAX_BYTES, "%.*s", (int)length, path);
	*ret_range = (struct range){at, at, in->prefix + length + 1};
	if (path[length] == '\0')
		return;
	while (ret_range->to < in->to && strncmp(writing->leaves[ret_range->to].path,
						 writing->leaves[at].path, ret_range->prefix) == 0)
		ret_range->to++;
}

static bool is_range_required(const struct writing *writing, const struct range *range)
{
	for (int i = range->from; i < range->to; i++)
		if (is_required(writing, &writing->leaves[i]))
			return true;
	return false;
}

static bool is_list(const char *key)
{
	return key[strlen(key) - 1] == ']';
}

static void write_required(struct schema_out *out, const struct writing *writing,
			   const struct range *range)
{
	bool any = false;
	struct range inside;

	for (int i = range->from; i<range->to; i = inside.to> i ? inside.to : i + 1) {
		char key[NAME_MAX_BYTES];

		next_component(writing, range, i, key, &inside);
		if (inside.to == i ? !is_required(writing, &writing->leaves[i])
				   : is_list(key) || !is_range_required(writing, &inside))
			continue;
		if (!any)
			schema_literal(out, "required", "[");
		else
			add(out, ", ");
		schema_quote(out, key, strlen(key));
		any = true;
	}
	if (any)
		add(out, "]");
}

static const char *define_object(struct writing *writing, const struct range *range,
				 const char *doc);

static void write_object_ref(struct schema_out *out, struct writing *writing, char *key,
			     const struct range *inside)
{
	const char *name = define_object(writing, inside, NULL);
	char ref[2 * NAME_MAX_BYTES];
	bool list = is_list(key);

	(void)snprintf(ref, sizeof(ref), "%s{\"$ref\": \"#/$defs/%s\"}%s",
		       list ? "{\"type\": \"array\", \"minItems\": 1, \"items\": " : "", name,
		       list ? "}" : "");
	if (list)
		key[strlen(key) - strlen("[]")] = '\0';
	schema_literal(out, key, ref);
}

static void write_properties(struct schema_out *out, struct writing *writing,
			     const struct range *range)
{
	struct range inside;

	schema_open(out, "properties", '{');
	for (int i = range->from; i<range->to; i = inside.to> i ? inside.to : i + 1) {
		char key[NAME_MAX_BYTES];

		next_component(writing, range, i, key, &inside);
		if (inside.to == i)
			write_leaf(out, writing, key, &writing->leaves[i]);
		else
			write_object_ref(out, writing, key, &inside);
	}
	schema_close(out, '}');
}

/* The path without what does not belong into a reference. */
static void name_of_range(const struct writing *writing, const struct range *range,
			  char path[NAME_MAX_BYTES])
{
	const char *from = writing->leaves[range->from].path;
	size_t length = 0;

	for (size_t i = 0; i + 1 < range->prefix && length < NAME_MAX_BYTES - 1; i++)
		if (from[i] != '[' && from[i] != ']')
			path[length++] = from[i];
	path[length] = '\0';
}

/* Returns the name of the definition. doc: of a whole event. Recursion: as deep as paths are. */
static const char *define_object(struct writing *writing, const struct range *range,
				 const char *doc)
{
	struct buf text;
	struct schema_out out = {.buf = &text, .depth = DEFINITION_DEPTH};
	char path[NAME_MAX_BYTES];

	buf_init(&text, SCHEMA_MAX_BYTES);
	out.filled = true; /* no line feed of its own */
	add(&out, "{");
	out.depth++;
	out.filled = false;
	if (doc)
		schema_text(&out, "description", doc);
	schema_text(&out, "type", "object");
	schema_literal(&out, "additionalProperties", "false");
	write_required(&out, writing, range);
	write_properties(&out, writing, range);
	schema_close(&out, '}');
	if (out.error < 0)
		writing->error = out.error;
	if (doc)
		(void)snprintf(path, sizeof(path), "kind.%s", writing->kind->name);
	else
		name_of_range(writing, range, path);
	return intern(writing, path, &text);
}

/* Returns their number; plan keeps their paths. */
static int take_leaves(struct writing *writing, struct ocsf_plan *plan, struct err *err)
{
	struct ecs_form form = {.bare = writing->what == SCHEMA_OF_BATCH};
	int result;

	if (writing->what != SCHEMA_OF_OCSF)
		return ecs_leaves(writing->leaves, writing->kind, form, err);
	result = ocsf_plan_make(plan, writing->kind, false, err);
	return result < 0 ? result : ocsf_leaves(writing->leaves, writing->kind, plan);
}

static int define_kind(struct writing *writing, const struct kind *kind, struct err *err)
{
	struct ocsf_plan plan = {.paths = NULL};
	struct range all = {0};

	writing->kind = kind;
	writing->count = take_leaves(writing, &plan, err);
	if (writing->count >= 0) {
		all.to = writing->count;
		(void)define_object(writing, &all, kind->doc);
	}
	ocsf_plan_done(&plan);
	return writing->count < 0 ? writing->count : writing->error;
}

static const struct kind *published_kind(unsigned int number)
{
	const struct kind *kind = kind_get(number);

	return kind && kind->journalled ? kind : NULL;
}

/* The objects that a batch has once. */
static int define_once(struct writing *writing, struct err *err)
{
	unsigned int number = 0;
	struct leaf *leaves = writing->leaves;
	int count, kept = 0;

	while (!published_kind(number))
		number++;
	writing->kind = published_kind(number);
	count = ecs_leaves(leaves, writing->kind, (struct ecs_form){0}, err);
	for (int i = 0; i < count; i++)
		if (leaves[i].once)
			leaves[kept++] = leaves[i];
	for (int i = 0; i < kept;) {
		char key[NAME_MAX_BYTES];
		struct range all = {0, kept, 0}, inside;

		next_component(writing, &all, i, key, &inside);
		if (inside.to > i)
			(void)define_object(writing, &inside, NULL);
		i = inside.to > i ? inside.to : i + 1;
	}
	return count < 0 ? count : writing->error;
}

static int define_all(struct definitions *definitions, const struct definitions *before,
		      enum schema_of what, struct err *err)
{
	struct writing *writing = calloc(1, sizeof(*writing));
	int result = 0;

	if (!writing)
		return err_set(err, -ENOMEM, "no memory for a schema");
	*writing = (struct writing){.definitions = definitions, .before = before, .what = what};
	for (unsigned int i = 0; result == 0 && i < REC_KINDS; i++)
		if (published_kind(i))
			result = define_kind(writing, published_kind(i), err);
	if (result == 0 && what == SCHEMA_OF_BATCH)
		result = define_once(writing, err);
	free(writing);
	return result;
}

static void definitions_free(struct definitions *definitions)
{
	for (unsigned int i = 0; definitions && i < DEFINITIONS_MAX; i++)
		buf_done(&definitions->items[i].text);
	free(definitions);
}

/* Which event is of the kind. */
static void write_ocsf_test(struct schema_out *out, const char *name, const struct kind *kind)
{
	schema_literal(out, name,
		       "{\"type\": \"object\", \"required\": [\"metadata\"], \"properties\": "
		       "{\"metadata\": {\"type\": \"object\", \"required\": [\"event_code\"], "
		       "\"properties\": {\"event_code\": {\"const\": ");
	schema_quote(out, kind->name, strlen(kind->name));
	add(out, "}}}}}");
}

static void write_test(struct schema_out *out, const struct kind *kind, enum schema_of what)
{
	char name[NAME_MAX_BYTES];

	(void)snprintf(name, sizeof(name), "is.%s", kind->name);
	if (what == SCHEMA_OF_OCSF) {
		write_ocsf_test(out, name, kind);
		return;
	}
	schema_literal(out, name,
		       "{\"type\": \"object\", \"required\": [\"event\"], \"properties\": "
		       "{\"event\": {\"type\": \"object\", \"required\": [\"action\", \"outcome\", "
		       "\"type\"], \"properties\": {\"action\": {\"const\": ");
	put_constant(out, kind, "event.action", false);
	add(out, "}, \"outcome\": {\"const\": ");
	put_constant(out, kind, "event.outcome", false);
	add(out, "}, \"type\": {\"const\": ");
	put_constant(out, kind, "event.type", true);
	add(out, "}}}}}");
}

/* An event is of one of the kinds, and then as its kind says. */
static void write_choice(struct schema_out *out)
{
	char item[3 * NAME_MAX_BYTES];

	schema_open(out, "anyOf", '[');
	for (unsigned int i = 0; i < REC_KINDS; i++) {
		if (!published_kind(i))
			continue;
		(void)snprintf(item, sizeof(item), "{\"$ref\": \"#/$defs/is.%s\"}",
			       published_kind(i)->name);
		schema_literal(out, NULL, item);
	}
	schema_close(out, ']');
	schema_open(out, "allOf", '[');
	for (unsigned int i = 0; i < REC_KINDS; i++) {
		if (!published_kind(i))
			continue;
		(void)snprintf(item, sizeof(item),
			       "{\"if\": {\"$ref\": \"#/$defs/is.%s\"}, \"then\": {\"$ref\": "
			       "\"#/$defs/kind.%s\"}}",
			       published_kind(i)->name, published_kind(i)->name);
		schema_literal(out, NULL, item);
	}
	schema_close(out, ']');
}

static void write_definitions(struct schema_out *out, const struct definitions *definitions,
			      enum schema_of what)
{
	schema_open(out, "$defs", '{');
	if (what == SCHEMA_OF_BATCH) {
		schema_open(out, "event", '{');
		write_choice(out);
		schema_close(out, '}');
	}
	for (unsigned int i = 0; i < REC_KINDS; i++)
		if (published_kind(i))
			write_test(out, published_kind(i), what);
	for (unsigned int i = 0; i < definitions->count; i++)
		schema_raw(out, definitions->items[i].name, definitions->items[i].text.data,
			   definitions->items[i].text.length);
	schema_close(out, '}');
}

static void write_head(struct schema_out *out, const char *id, const char *title, const char *doc)
{
	schema_text(out, "$schema", "https://json-schema.org/draft/2020-12/schema");
	schema_text(out, "$id", id);
	schema_text(out, "title", title);
	schema_text(out, "description", doc);
	schema_text(out, "$comment", policy);
	schema_text(out, "type", "object");
}

static void write_event(struct schema_out *out, const struct definitions *definitions)
{
	schema_open(out, NULL, '{');
	write_head(out, SCHEMA_ID_EVENT, "auditship event",
		   "One line of a sink with format: ecs. Names are those of the Elastic Common "
		   "Schema " ECS_VERSION "; what it has no name for is in the object Linux. The "
		   "form of a sink with detail: compact is the same schema.");
	write_choice(out);
	write_definitions(out, definitions, SCHEMA_OF_EVENT);
	schema_close(out, '}');
}

static void write_ocsf(struct schema_out *out, const struct definitions *definitions)
{
	schema_open(out, NULL, '{');
	write_head(out, SCHEMA_ID_OCSF, "auditship event in OCSF",
		   "One line of a sink with format: ocsf. What OCSF " OCSF_VERSION
		   " has no attribute for is in the object unmapped, by its path in the schema of "
		   "events. Both values of detail are this schema.");
	write_choice(out);
	write_definitions(out, definitions, SCHEMA_OF_OCSF);
	schema_close(out, '}');
}

static void write_batch(struct schema_out *out, const struct definitions *definitions)
{
	static const struct kind nothing = {0};
	struct writing plain = {.kind = &nothing};

	schema_open(out, NULL, '{');
	write_head(out, SCHEMA_ID_BATCH, "auditship batch",
		   "Events of one stream in one document: what is the same for all, agent and "
		   "host, stands there once, and the events are without it.");
	schema_literal(out, "additionalProperties", "false");
	schema_literal(out, "required",
		       "[\"schema\", \"agent\", \"host\", \"first_sequence\", \"last_sequence\", "
		       "\"count\", \"events\"]");
	schema_open(out, "properties", '{');
	schema_open(out, "schema", '{');
	schema_text(out, "type", "object");
	schema_literal(out, "additionalProperties", "false");
	schema_literal(out, "required", "[\"name\", \"version\"]");
	schema_open(out, "properties", '{');
	for (const struct leaf *at = batch_schema_leaves; !leaf_ends(at); at++)
		write_leaf(out, &plain, at->path, at);
	schema_close(out, '}');
	schema_close(out, '}');
	schema_literal(out, "agent", "{\"$ref\": \"#/$defs/agent\"}");
	schema_literal(out, "host", "{\"$ref\": \"#/$defs/host\"}");
	for (const struct leaf *at = facts_labels_leaf; !leaf_ends(at); at++)
		write_leaf(out, &plain, at->path, at);
	for (const struct leaf *at = batch_leaves; !leaf_ends(at); at++)
		write_leaf(out, &plain, at->path, at);
	schema_literal(out, "events",
		       "{\"type\": \"array\", \"minItems\": 1, \"items\": {\"$ref\": "
		       "\"#/$defs/event\"}, \"description\": \"In the order of event.sequence.\"}");
	schema_close(out, '}');
	write_definitions(out, definitions, SCHEMA_OF_BATCH);
	schema_close(out, '}');
}

/* Twice: the second time it is known which objects differ between kinds. */
static int write_schema(struct buf *buf, enum schema_of what, struct err *err)
{
	static void (*const writers[])(struct schema_out * out,
				       const struct definitions *definitions) = {
		[SCHEMA_OF_EVENT] = write_event,
		[SCHEMA_OF_BATCH] = write_batch,
		[SCHEMA_OF_OCSF] = write_ocsf,
	};
	struct definitions *first = calloc(1, sizeof(*first)), *second = calloc(1, sizeof(*second));
	struct schema_out out = {.buf = buf};
	int result = first && second ? 0 : err_set(err, -ENOMEM, "no memory for a schema");

	if (result == 0)
		result = define_all(first, NULL, what, err);
	if (result == 0)
		result = define_all(second, first, what, err);
	if (result == 0)
		writers[what](&out, second);
	definitions_free(first);
	definitions_free(second);
	if (result == 0 && out.error < 0)
		result = err_set(err, out.error, "the schema is too large");
	return result;
}

int schema_event(struct buf *out, struct err *err)
{
	return write_schema(out, SCHEMA_OF_EVENT, err);
}

int schema_batch(struct buf *out, struct err *err)
{
	return write_schema(out, SCHEMA_OF_BATCH, err);
}

int schema_ocsf(struct buf *out, struct err *err)
{
	return write_schema(out, SCHEMA_OF_OCSF, err);
}
