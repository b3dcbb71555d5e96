/* SPDX-License-Identifier: BSD-2-Clause */
/* Words for the manager. Who hangs is judged in progress.c. */
#include "service.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/notify.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A manager that cannot be told will act on its own time-out, and say so. */
static void tell(const char *assignments)
{
	int result = notify_send(assignments);

	if (result < 0)
		log_debug("the service manager cannot be told: %s", strerror(-result));
}

void service_ready(struct service *service)
{
	service->watched = notify_watchdog_ns() > 0;
	tell("READY=1\nSTATUS=watching");
}

void service_reloading(void)
{
	char text[96];

	(void)snprintf(text, sizeof(text),
		       "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\nSTATUS=reloading",
		       clock_mono_ns() / NS_PER_US);
	tell(text);
}

void service_reloaded(void)
{
	tell("READY=1\nSTATUS=watching");
}

void service_stopping(void)
{
	tell("STOPPING=1\nSTATUS=writing what the kernel has handed over");
}

static void tell_hang(const struct err *why)
{
	char text[sizeof(struct err) + 16];

	(void)snprintf(text, sizeof(text), "STATUS=%s", why->text);
	tell(text);
	log_error("the watchdog is not fed: %s", why->text);
}

void service_tick(struct service *service, struct status *status)
{
	struct err why;
	bool hangs;

	if (!service->watched)
		return;
	hangs = status_progress(status, &why) < 0;
	if (!hangs)
		tell(service->hungry ? "WATCHDOG=1\nSTATUS=watching" : "WATCHDOG=1");
	else if (!service->hungry)
		tell_hang(&why);
	service->hungry = hangs;
}
