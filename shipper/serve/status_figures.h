/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of figures: one row is a member of the status document, a metric, or both, with the
 * line that documents it. The document, /metrics and docs/metrics.md are loops over these rows.
 */
#ifndef AUDITSHIP_STATUS_FIGURES_H
#define AUDITSHIP_STATUS_FIGURES_H

#include "render/json.h"
#include "serve/status_document.h"

#include <stddef.h>
#include <stdint.h>

/* Of a figure that is not known now, or that means nothing now: it is left out. */
#define FIGURE_ABSENT UINT64_MAX

#define FIGURE_PREFIX "auditship_"

enum figure_type {
	FIGURE_COUNTER, /* only grows */
	FIGURE_GAUGE,
	FIGURE_FLAG, /* a gauge of 0 or 1; in the document false or true */
};

struct figure {
	struct json_key key; /* in the document; without text: a metric only */
	const char *metric;  /* behind FIGURE_PREFIX; NULL: in the document only */
	const char *label;   /* NAME="VALUE" beside that of the item; NULL: none */
	const char *help; /* of the metric. Rows of one metric stand together: the first has it */
	enum figure_type type;
	uint64_t divisor; /* of milliseconds or microseconds, so that the metric is seconds; 0: none
			   */
	/* Where the figure stands, or what makes it. */
	size_t offset, stride, size;
	uint64_t (*derive)(const struct status_facts *facts, size_t i);
};

/* Figures of one object of the document, or of each object of a list. */
struct figure_group {
	const char *path;             /* of the object in the document, for the documentation */
	const struct figure *figures; /* ended by a row without key and metric */
	const char *label;            /* that tells items apart; NULL: there is one object */
	/* The rest is NULL where there is one object. */
	const void *(*items)(const struct status_facts *facts); /* NULL: offsets are of the facts */
	size_t (*count)(const struct status_facts *facts);
	const char *(*name)(const struct status_facts *facts, size_t i); /* NULL: left out */
	bool (*has)(const struct status_facts *facts, size_t i); /* NULL: each item has them */
};

enum figures {
	FIGURES_AGENT,
	FIGURES_PROBES,
	FIGURES_EVENTS,
	FIGURES_ACCOUNT,
	FIGURES_LEFT_OUT,
	FIGURES_LOSSES,
	FIGURES_RULES,
	FIGURES_RINGS,
	FIGURES_JOURNAL,
	FIGURES_PROCESSES,
	FIGURES_READER,
	FIGURES_CACHES,
	FIGURES_HELPER,
	FIGURES_SINKS,
	FIGURES_LAG,
	FIGURES_FILES,
	FIGURES_CONTROL,
	FIGURES_WATCHERS,
	FIGURE_GROUPS
};

#define FIGURES_CACHE_IMAGES 1 /* the one that is measured in bytes */

extern const struct figure_group figure_groups[FIGURE_GROUPS];

/* i: which item of the group's list; 0 where there is none. May be FIGURE_ABSENT. */
uint64_t figure_value(const struct figure_group *group, const struct figure *figure,
		      const struct status_facts *facts, size_t i);

#endif
