/* SPDX-License-Identifier: BSD-2-Clause */
/* The status document for a person. What needs attention comes first. */
#ifndef AUDITSHIP_STATUS_SCREEN_H
#define AUDITSHIP_STATUS_SCREEN_H

#include "base/buf.h"
#include "base/json_read.h"

#include <stdbool.h>

/* Appends the screen. All text of the document is made safe for a terminal. 0, or what buf returns.
 */
int status_screen_write(const struct json_read *document, bool color, struct buf *out);

#endif
