/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events as comma-separated values (RFC 4180, but lines end with a line feed alone: many tools
 * would keep the carriage return as a part of the last cell). A cell of text that a spreadsheet
 * would take for a formula gets an apostrophe in front.
 */
#ifndef AUDITSHIP_CSV_H
#define AUDITSHIP_CSV_H

#include "render/render.h"

#define CSV_MAX_COLUMNS 64

struct csv;

/*
 * A column is a short name (csv_column_name) or a path of the schema. count 0: columns that suit
 * all kinds. -EINVAL when there is no such column.
 */
int csv_new(struct csv **ret_csv, const char *const *columns, size_t count,
	    const struct render_identity *identity, struct err *err);
void csv_free(struct csv *csv);
int csv_header(struct csv *csv, struct buf *out);

/* An event of which no column says anything makes no line: out stays as it is. */
int csv_event(struct csv *csv, const struct event *event, struct buf *out);

/* The short names with what they mean, in the order of documentation; NULL behind the last. */
const char *csv_column_name(unsigned int index, const char **ret_meaning);

#endif
