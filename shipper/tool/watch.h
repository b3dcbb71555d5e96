/* SPDX-License-Identifier: BSD-2-Clause */
/* `auditship watch`: events as they happen, of the running agent or by probes of our own. */
#ifndef AUDITSHIP_WATCH_H
#define AUDITSHIP_WATCH_H

#include "base/err.h"

#define WATCH_EXIT_USAGE 64

/* argv[0] is "watch". Returns the exit code; err.text is not empty when there is something to say.
 */
int tool_watch(int argc, char **argv, struct err *err);

#endif
