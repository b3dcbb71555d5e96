/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docs/events.md. What all kinds have stands there once, what all kinds of a process have once
 * more, and the rest with each kind. Knows no kind and no field.
 */
#include "tool/schema.h"

#include "decode/lookup.h"
#include "render/ecs_plan.h"
#include "tool/schema_fields.h"
#include "tool/schema_type.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct page {
	struct buf *out;
	const struct schema_field *fields;
	int count;
	uint32_t all, of_process; /* bits of kinds */
	int error;
};

static const char intro[] =
	"# Events\n\n"
	"Generated from the field tables (shipper/decode/fields.c) and from what the renderer adds "
	"(shipper/render/).\n"
	"`UPDATE=1 build/dev/tests/test_schema` writes this page again. How fields may change: "
	"[schema.md](schema.md).\n\n"
	"One event is one line of JSON. What is not known is absent: no null, no empty text. "
	"Numbers of identity are\n"
	"strings. Text is UTF-8 whatever the kernel handed over: what had to be replaced is told "
	"in `Linux.raw`, what was\n"
	"cut in `Linux.truncated`.\n\n"
	"There: *always*; *unless 0* and *unless unset*, when the kernel had a value; *when "
	"known*, "
	"when there is a text.\n"
	"Kinds that are not about processes are written in a compact form unless the sink has "
	"`detail: full`; fields\n"
	"marked *full* are then left out, and the process's own events have them "
	"(`process.entity_id` leads there).\n";

static void add(struct page *page, const char *text)
{
	int result = page->error < 0 ? 0 : buf_add_text(page->out, text);

	if (result < 0)
		page->error = result;
}

static void add_length(struct page *page, const char *text, size_t length)
{
	int result = page->error < 0 ? 0 : buf_add(page->out, text, length);

	if (result < 0)
		page->error = result;
}

static const char *presence(const struct leaf *leaf)
{
	if (leaf->flags & FIELD_REQUIRED)
		return strchr(leaf->path, '[') ? "in each item" : "always";
	if (leaf->flags & FIELD_SKIP_ZERO)
		return "unless 0";
	return leaf->flags & FIELD_SKIP_UNSET ? "unless unset" : "when known";
}

static void add_names(struct page *page, const struct leaf *leaf)
{
	for (unsigned int i = 0; leaf->type == FIELD_ENUM && leaf->names[i]; i++) {
		add(page, i > 0 ? ", `" : ": `");
		add(page, leaf->names[i]);
		add(page, "`");
	}
}

static void add_row(struct page *page, const struct leaf *leaf, bool may_be_left_out)
{
	add(page, "| `");
	add(page, leaf->path);
	add(page, "` | ");
	add(page, schema_type_of(leaf)->word);
	add_names(page, leaf);
	add(page, " | ");
	add(page, presence(leaf));
	add(page, may_be_left_out && (leaf->flags & FIELD_FULL_ONLY) ? ", *full* | " : " | ");
	add(page, leaf->doc);
	add(page, " |\n");
}

static const char table_head[] = "\n| field | type | there | meaning |\n|---|---|---|---|\n";

/* The rows of fields that exactly the kinds of `having` have in common. */
static void add_shared(struct page *page, uint32_t having, uint32_t without)
{
	add(page, table_head);
	for (int i = 0; i < page->count; i++) {
		const struct schema_field *field = &page->fields[i];

		if ((field->kinds & having) == having && (field->kinds & without) != without)
			add_row(page, &field->leaf, true);
	}
}

/* Told above already. */
static bool is_shared(const struct page *page, const struct kind *kind, const struct leaf *leaf)
{
	uint32_t kinds = kind->has_task ? page->of_process : page->all;

	for (int i = 0; i < page->count; i++)
		if (strcmp(page->fields[i].leaf.path, leaf->path) == 0)
			return (page->fields[i].kinds & kinds) == kinds;
	return false;
}

static void add_own(struct page *page, const struct kind *kind, struct err *err)
{
	struct leaf *leaves = calloc(LEAF_MAX, sizeof(*leaves));
	int count = leaves ? ecs_leaves(leaves, kind, (struct ecs_form){0}, err) : -ENOMEM;
	bool any = false;

	if (count < 0)
		page->error = count;
	for (int i = 0; i < count; i++) {
		if (is_shared(page, kind, &leaves[i]))
			continue;
		if (!any)
			add(page, table_head);
		any = true;
		add_row(page, &leaves[i], ecs_is_compact(kind));
	}
	free(leaves);
}

static void add_words(struct page *page, const struct kind *kind, const char *path)
{
	struct lookup_word word;

	add(page, "`");
	add(page, path);
	add(page, "` ");
	for (unsigned int i = 0; lookup_constant(kind, path, i, &word); i++) {
		add(page, i > 0 ? ", `" : "`");
		add_length(page, word.text, word.length);
		add(page, "`");
	}
}

static void add_kind(struct page *page, const struct kind *kind, const char *example,
		     struct err *err)
{
	static const char *const words[] = {"event.action", "event.category", "event.type",
					    "event.outcome", "event.dataset"};

	add(page, "\n## ");
	add(page, kind->name);
	add(page, "\n\n");
	add(page, kind->doc);
	add(page, "\n\n");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		add(page, i > 0 ? "; " : "");
		add_words(page, kind, words[i]);
	}
	add(page, kind->has_task ? ". It has the fields of every process event.\n" : ".\n");
	add_own(page, kind, err);
	if (!example)
		return;
	add(page, "\nAn example:\n\n```json\n");
	add_length(page, example, strcspn(example, "\n"));
	add(page, "\n```\n");
}

static void choose_kinds(struct page *page)
{
	for (unsigned int i = 0; i < REC_KINDS; i++) {
		const struct kind *kind = schema_kind(i);

		if (!kind)
			continue;
		page->all |= 1U << i;
		if (kind->has_task)
			page->of_process |= 1U << i;
	}
}

int schema_page(struct buf *out, const char *const examples[REC_KINDS], struct err *err)
{
	struct schema_field *fields;
	struct page page = {.out = out, .count = schema_fields_collect(&fields, err)};

	if (page.count < 0)
		return page.count;
	page.fields = fields;
	choose_kinds(&page);
	add(&page, intro);
	add(&page, "\n## Every event\n");
	add_shared(&page, page.all, 0xffffffff);
	add(&page, "\n## Every event of a process\n\nThose of a process that acts have these as "
		   "well.\n");
	add_shared(&page, page.of_process, page.all);
	for (unsigned int i = 0; i < REC_KINDS; i++)
		if (schema_kind(i))
			add_kind(&page, schema_kind(i), examples[i], err);
	free(fields);
	return page.error < 0 ? err_set(err, page.error, "the page of events cannot be made") : 0;
}
