/* SPDX-License-Identifier: BSD-2-Clause */
/* auditship detach: the probes that an agent has left in place go. */
#ifndef AUDITSHIP_DETACH_H
#define AUDITSHIP_DETACH_H

#include "base/err.h"

/* state_dir: that of the agent. Tells on standard output what it did; doing it again does nothing.
 * -EBUSY: an agent runs. */
int tool_detach(const char *state_dir, struct err *err);

#endif
