/* SPDX-License-Identifier: BSD-2-Clause */
/* What is unwise in capture.exclude and capture.include. Private to config/. */
#ifndef AUDITSHIP_CONFIG_FILTERS_H
#define AUDITSHIP_CONFIG_FILTERS_H

#include "config/config.h"

/* Adds to config->warnings what leaves out so much that hardly anybody can mean it. 0 or -ENOMEM.
 */
int config_filters_check(struct config *config);

#endif
