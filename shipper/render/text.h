/* SPDX-License-Identifier: BSD-2-Clause */
/* Events as sentences: one line for every event of every kind, local time to the microsecond. */
#ifndef AUDITSHIP_RENDER_TEXT_H
#define AUDITSHIP_RENDER_TEXT_H

#include "render/render.h"

/* A longer name or argument list is cut and ends with an ellipsis. */
#define TEXT_COLUMNS 4096

struct text;

int text_new(struct text **ret_text, bool color, struct err *err);
void text_free(struct text *text);
int text_event(struct text *text, const struct event *event, struct buf *out);

#endif
