/* SPDX-License-Identifier: BSD-2-Clause */
/* What the monitoring port shows: /metrics, /healthz, /readyz (docs/monitoring.md). */
#ifndef AUDITSHIP_MONITOR_PAGES_H
#define AUDITSHIP_MONITOR_PAGES_H

#include "serve/monitor.h"

/* Their data is the struct status. */
extern const struct monitor_page monitor_pages[];

#endif
