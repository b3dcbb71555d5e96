/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the sinks write: no two to one file, be it a trail or dead letters, or standard output.
 * Private to config/. */
#ifndef AUDITSHIP_CONFIG_OUTPUTS_H
#define AUDITSHIP_CONFIG_OUTPUTS_H

#include "base/faults.h"
#include "config/config.h"

/* After every path has its value. What is shared is told in faults. 0 or -ENOMEM. */
int config_outputs_check(const struct config *config, struct faults *faults);

#endif
