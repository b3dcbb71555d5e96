/* SPDX-License-Identifier: BSD-2-Clause */
/* What --help says. The manual pages are made from it (packaging/man/), so its form is fixed. */
#ifndef AUDITSHIP_TOOL_HELP_H
#define AUDITSHIP_TOOL_HELP_H

#include "base/buf.h"

/*
 * Appends what `auditship COMMAND --help` says, with command NULL `auditship --help`. 0, -ENOENT
 * when there is no such command, or what buf_add returns.
 */
int tool_help(struct buf *out, const char *command);

#endif
