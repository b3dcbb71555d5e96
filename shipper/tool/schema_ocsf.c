/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docs/ocsf.md: the mapping to OCSF, of which each table of columns stands there once, with the
 * kinds that have it. Knows no kind and no field.
 */
#include "tool/schema.h"

#include "decode/lookup.h"
#include "render/ocsf_plan.h"
#include "render/ocsf_table.h"

#include <stdio.h>

struct page {
	struct buf *out;
	int error;
};

static const char intro[] =
	"# Events in OCSF\n\n"
	"Generated from the table of columns (shipper/render/ocsf_table.c). `UPDATE=1 "
	"build/dev/tests/test_schema` writes this\n"
	"page again.\n\n"
	"A sink with `format: ocsf`, and `auditship watch --format ocsf`, write the same events as "
	"`ecs` does, in the\n"
	"Open Cybersecurity Schema Framework " OCSF_VERSION
	". What has no attribute there is told under `unmapped` by its path in\n"
	"ECS ([events.md](events.md)); the object `Linux` stands there as it is in ECS, also where "
	"an attribute has a part of\n"
	"it. So neither format knows more than the other, but for `host.os.family`, "
	"`host.os.platform` and `host.pid_ns_ino`,\n"
	"which only ECS has, and `event.action`, `event.category` and `event.type`: "
	"`metadata.event_code` stands for them.\n\n"
	"- `metadata.uid` is `event.id` of ECS: an event that is delivered twice has the same one. "
	"`metadata.event_code` is the\n"
	"  kind. `metadata.labels` are the tags, `metadata.tags` the labels of the agent.\n"
	"- Times are milliseconds; with `_dt` behind the name they are text, exact to the "
	"nanosecond (profile datetime).\n"
	"- Texts that OCSF insists on and nobody knows are `Unknown`: `file.name`, "
	"`device.hostname`. Else absent is absent.\n"
	"- `device.type_id` is 0: the kernel does not know whether it is a server.\n"
	"- `actor.process` of an exec is the parent, of a fork the process that called it, else "
	"the process itself.\n"
	"- An exec that failed is a Launch with `status_id` 2: `process` is the program that was "
	"asked for, under the identity\n"
	"  of the process that asked; that process is the actor.\n"
	"- Threads are activity 99, so that nobody counts them as processes.\n"
	"- `metadata.is_truncated` and `unmapped.Linux.truncated` tell what is not whole, "
	"`unmapped.Linux.raw` keeps bytes that\n"
	"  were not UTF-8; the paths in them are those of this document. `unmapped.Linux.masked` "
	"has paths of ECS.\n"
	"- `detail: compact|full` holds as in ECS ([schema.md](schema.md)).\n\n"
	"Schema: [ocsf.schema.json](../schemas/ocsf/ocsf.schema.json), strict; every attribute:\n"
	"[published.fields](../schemas/ocsf/published.fields).\n"
	"Documents: [tests/golden/data/ocsf](../tests/golden/data/ocsf).\n\n"
	"## Kinds\n\n"
	"| kind | class | activity | `type_uid` | `severity_id` |\n|---|---|---|---|---|\n";

static void keep(struct page *page, int result)
{
	if (page->error == 0)
		page->error = result;
}

static const struct kind *mapped_kind(unsigned int number)
{
	const struct kind *kind = kind_get(number);

	return kind && kind->journalled && ocsf_kinds[number].class ? kind : NULL;
}

static void add_kind(struct page *page, const struct kind *kind)
{
	const struct ocsf_kind *mapping = &ocsf_kinds[kind->kind];

	keep(page, buf_printf(page->out, "| %s | %s %u | %u %s | %u | %u |\n", kind->name,
			      mapping->class->name, mapping->class->uid, mapping->activity,
			      mapping->activity_name,
			      mapping->class->uid * 100U + mapping->activity, mapping->severity));
}

static bool has_table(unsigned int number, const struct ocsf_column *table)
{
	for (unsigned int i = 0; mapped_kind(number) && i < OCSF_TABLES_MAX; i++)
		if (ocsf_kinds[number].tables[i] == table)
			return true;
	return false;
}

/* The kinds that have the table, or all. */
static void add_kinds(struct page *page, const struct ocsf_column *table)
{
	const char *before = "";
	bool all = true;

	for (unsigned int i = 0; i < REC_KINDS; i++)
		all = all && (!mapped_kind(i) || has_table(i, table));
	if (all)
		keep(page, buf_add_text(page->out, "every kind"));
	for (unsigned int i = 0; !all && i < REC_KINDS; i++) {
		if (!has_table(i, table))
			continue;
		keep(page, buf_printf(page->out, "%s%s", before, kind_get(i)->name));
		before = ", ";
	}
}

static const char *const forms[OCSF_COLUMN_FORMS] = {
	[OCSF_ROW] = "",
	[OCSF_COPY] = "",
	[OCSF_BASENAME] = "its last part",
	[OCSF_NAME] = "its last part; else Unknown",
	[OCSF_NAME_OF_PATH] = "its last part; Unknown where that is cut",
	[OCSF_MS] = "in milliseconds",
	[OCSF_INTEGER] = "as a number",
	[OCSF_FILE_TYPE] = "its number in OCSF; else 0",
	[OCSF_FILE_TYPE_NAME] = "its name in OCSF; else Unknown",
	[OCSF_REGULAR] = "1 where this is known",
	[OCSF_REGULAR_NAME] = "Regular File where this is known",
	[OCSF_UNKNOWN_TYPE] = "0 where this is known",
	[OCSF_UNKNOWN_TYPE_NAME] = "Unknown where this is known",
	[OCSF_VARIABLES] = "name and value apart",
};

static bool is_of_any(const struct ocsf_column *table, const char *path)
{
	for (unsigned int i = 0; i < REC_KINDS; i++) {
		struct lookup lookup;

		if (!has_table(i, table))
			continue;
		lookup_init(&lookup, kind_get(i), path);
		if (lookup.count > 0)
			return true;
	}
	return false;
}

static void add_table(struct page *page, const struct ocsf_column *table)
{
	keep(page, buf_add_text(page->out, "\n## Of "));
	add_kinds(page, table);
	keep(page,
	     buf_add_text(page->out, "\n\n| attribute | field in ECS | how |\n|---|---|---|\n"));
	for (const struct ocsf_column *at = table; at->from; at++)
		if (at->path && is_of_any(table, at->from))
			keep(page, buf_printf(page->out, "| `%s` | `%s` | %s |\n", at->path,
					      at->from, forms[at->form]));
}

/* Whether a kind before this one, or a place before this one, has shown the table. */
static bool is_shown(unsigned int number, unsigned int place)
{
	const struct ocsf_column *table = ocsf_kinds[number].tables[place];

	for (unsigned int i = 0; i < number; i++)
		if (has_table(i, table))
			return true;
	return false;
}

int schema_ocsf_page(struct buf *out, struct err *err)
{
	struct page page = {.out = out};

	keep(&page, buf_add_text(out, intro));
	for (unsigned int i = 0; i < REC_KINDS; i++)
		if (mapped_kind(i))
			add_kind(&page, mapped_kind(i));
	for (unsigned int i = 0; i < REC_KINDS; i++)
		for (unsigned int t = 0; mapped_kind(i) && t < OCSF_TABLES_MAX; t++)
			if (ocsf_kinds[i].tables[t] && !is_shown(i, t))
				add_table(&page, ocsf_kinds[i].tables[t]);
	return page.error < 0 ? err_set(err, page.error, "the page of OCSF cannot be made") : 0;
}
