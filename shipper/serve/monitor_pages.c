/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Says no more than any user of the host may know, since anybody can reach loopback: figures, and
 * which part is at fault, but neither paths nor what a receiver answered.
 */
#include "serve/monitor_pages.h"

#include "serve/status.h"
#include "serve/status_metrics.h"

#include <errno.h>

#define HTTP_OK 200
#define HTTP_UNAVAILABLE 503

static int show_metrics(void *data, struct buf *out, struct err *err)
{
	int result = status_metrics(data, out, err);

	return result < 0 ? result : HTTP_OK;
}

static int show_verdict(int verdict, const struct err *why, struct buf *out, struct err *err)
{
	if (buf_printf(out, "%s\n", verdict < 0 ? why->text : "ok") < 0)
		return err_set(err, -ENOMEM, "no memory");
	return verdict < 0 ? HTTP_UNAVAILABLE : HTTP_OK;
}

static int show_health(void *data, struct buf *out, struct err *err)
{
	struct err why;

	return show_verdict(status_progress(data, &why), &why, out, err);
}

static int show_readiness(void *data, struct buf *out, struct err *err)
{
	struct err why;

	return show_verdict(status_ready(data, &why), &why, out, err);
}

const struct monitor_page monitor_pages[] = {
	{"/metrics", STATUS_METRICS_TYPE, show_metrics},
	{"/healthz", "text/plain", show_health},
	{"/readyz", "text/plain", show_readiness},
	{NULL, NULL, NULL},
};
