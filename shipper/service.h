/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the service manager is told, and when its watchdog is fed: while every thread goes on. A
 * service of nobody tells nobody. Belongs to the main thread.
 */
#ifndef AUDITSHIP_SERVICE_H
#define AUDITSHIP_SERVICE_H

#include "serve/status.h"

struct service {
	bool watched; /* a watchdog waits */
	bool hungry;  /* it is not fed, and that has been told */
};

/* Events are recorded from here on. */
void service_ready(struct service *service);
/* Between the two the configuration changes. */
void service_reloading(void);
void service_reloaded(void);
void service_stopping(void);

/* Once a second. */
void service_tick(struct service *service, struct status *status);

#endif
