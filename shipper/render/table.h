/* SPDX-License-Identifier: BSD-2-Clause */
/* Events as lines for a person: one line per event under a header, local time. */
#ifndef AUDITSHIP_TABLE_H
#define AUDITSHIP_TABLE_H

#include "render/render.h"

#define TABLE_TEXT_COLUMNS 200 /* a longer text is cut and ends with an ellipsis */

struct table;

int table_new(struct table **ret_table, bool color, struct err *err);
void table_free(struct table *table);
int table_header(struct table *table, struct buf *out);
int table_event(struct table *table, const struct event *event, struct buf *out);

#endif
