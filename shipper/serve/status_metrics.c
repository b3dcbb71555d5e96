/* SPDX-License-Identifier: BSD-2-Clause */
/* Loops over the table of figures; knows no figure by name. */
#include "serve/status_metrics.h"

#include "serve/status_figures.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

static const char *type_name(const struct figure *figure)
{
	return figure->type == FIGURE_COUNTER ? "counter" : "gauge";
}

/* Whether the row above is of the same metric. */
static bool goes_on(const struct figure_group *group, const struct figure *figure)
{
	return figure > group->figures && figure[-1].metric &&
	       strcmp(figure[-1].metric, figure->metric) == 0;
}

/* What a name may hold that stands between quotes: rules and sinks are named by people. */
static int write_label_value(struct buf *out, const char *text)
{
	int result = 0;

	for (; *text && result == 0; text++) {
		if (*text == '"' || *text == '\\')
			result = buf_printf(out, "\\%c", *text);
		else if (*text == '\n')
			result = buf_add_text(out, "\\n");
		else
			result = buf_add(out, text, 1);
	}
	return result;
}

static int write_labels(struct buf *out, const struct figure_group *group,
			const struct figure *figure, const char *name)
{
	int result;

	if (!name && !figure->label)
		return 0;
	result = buf_add_text(out, "{");
	if (result == 0 && name) {
		result = buf_printf(out, "%s=\"", group->label);
		if (result == 0)
			result = write_label_value(out, name);
		if (result == 0)
			result = buf_add_text(out, figure->label ? "\"," : "\"");
	}
	if (result == 0 && figure->label)
		result = buf_add_text(out, figure->label);
	return result < 0 ? result : buf_add_text(out, "}");
}

static int write_sample(struct buf *out, const struct figure_group *group,
			const struct figure *figure, const char *name, uint64_t value)
{
	int result;

	if (value == FIGURE_ABSENT)
		return 0;
	result = buf_printf(out, FIGURE_PREFIX "%s", figure->metric);
	if (result == 0)
		result = write_labels(out, group, figure, name);
	if (result < 0)
		return result;
	if (figure->divisor)
		return buf_printf(out, " %" PRIu64 ".%0*" PRIu64 "\n", value / figure->divisor,
				  figure->divisor == 1000 ? 3 : 6, value % figure->divisor);
	return buf_printf(out, " %" PRIu64 "\n", value);
}

static int write_samples(struct buf *out, const struct figure_group *group,
			 const struct figure *figure, const struct status_facts *facts)
{
	size_t count = group->count ? group->count(facts) : 1;
	int result = 0;

	for (size_t i = 0; i < count && result == 0; i++) {
		const char *name = group->name ? group->name(facts, i) : NULL;

		if (!group->name || name)
			result = write_sample(out, group, figure, name,
					      figure_value(group, figure, facts, i));
	}
	return result;
}

static int write_metric(struct buf *out, const struct figure_group *group,
			const struct figure *figure, const struct status_facts *facts)
{
	int result = 0;

	if (!goes_on(group, figure))
		result =
			buf_printf(out,
				   "# HELP " FIGURE_PREFIX "%s %s\n"
				   "# TYPE " FIGURE_PREFIX "%s %s\n",
				   figure->metric, figure->help, figure->metric, type_name(figure));
	return result < 0 ? result : write_samples(out, group, figure, facts);
}

int status_metrics_write(const struct status_facts *facts, struct buf *out)
{
	int result = 0;

	for (int i = 0; i < FIGURE_GROUPS && result == 0; i++) {
		const struct figure_group *group = &figure_groups[i];

		for (const struct figure *row = group->figures;
		     (row->key.text || row->metric) && result == 0; row++)
			if (row->metric)
				result = write_metric(out, group, row, facts);
	}
	return result;
}

/* The member's name out of ,"name": */
static int write_member(struct buf *out, const struct figure_group *group,
			const struct figure *figure)
{
	if (!figure->key.text)
		return buf_add_text(out, "|");
	return buf_printf(out, "`%s%s%s%.*s` |", group->path,
			  group->count && !strchr(group->path, '[') ? "[]" : "",
			  group->path[0] ? "." : "", (int)figure->key.length - 4,
			  figure->key.text + 2);
}

static int write_row(struct buf *out, const struct figure_group *group, const struct figure *figure)
{
	int result = buf_printf(out, "| `" FIGURE_PREFIX "%s` | %s | ", figure->metric,
				type_name(figure));

	if (result == 0 && group->label)
		result = buf_printf(out, "`%s` ", group->label);
	if (result == 0 && figure->label)
		result = buf_printf(out, "`%s` ", figure->label);
	if (result == 0)
		result = buf_printf(out, "| %s | ", goes_on(group, figure) ? "" : figure->help);
	if (result == 0)
		result = write_member(out, group, figure);
	return result < 0 ? result : buf_add_text(out, "\n");
}

int status_metrics_write_reference(struct buf *out)
{
	int result = buf_add_text(
		out,
		"# Metrics\n\n"
		"Made from the table in shipper/serve/status_figures.c: do not edit. `GET "
		"/metrics` at\n"
		"`monitor.listen` gives all of them in the text format of Prometheus; how to turn "
		"it on, and\nwhat `/healthz` and `/readyz` say, is in "
		"[monitoring.md](monitoring.md).\n\n"
		"The last column is the member of the [status document](control-socket.md) with "
		"the same figure;\na list is marked `[]`. A metric that is not known on this host "
		"is left out.\n\n"
		"| metric | type | labels | meaning | in `auditship status --json` |\n"
		"|---|---|---|---|---|\n");

	for (int i = 0; i < FIGURE_GROUPS && result == 0; i++) {
		const struct figure_group *group = &figure_groups[i];

		for (const struct figure *row = group->figures;
		     (row->key.text || row->metric) && result == 0; row++)
			if (row->metric)
				result = write_row(out, group, row);
	}
	return result;
}
