/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whom a running agent answers: the control socket and its requests, who looks on, the monitoring
 * port. Of the main thread; what the answers say is made in serve/.
 */
#include "pipeline_parts.h"

#include "serve/control.h"
#include "serve/monitor_pages.h"
#include "serve/status.h"
#include "serve/watchers.h"

#include <errno.h>
#include <string.h>

static int answer_status(void *data, struct buf *out, struct err *err)
{
	struct pipeline *pipeline = data;

	return status_write(pipeline->status, out, err);
}

static int answer_version(void *data, struct buf *out, struct err *err)
{
	(void)data;
	return buf_add_text(out, "{\"ok\":true,\"version\":\"" AUDITSHIP_VERSION "\"}\n") < 0
		       ? err_set(err, -ENOMEM, "no memory")
		       : 0;
}

/* What comes of it is in the stream, and in the status once it does not run any more. */
static int answer_coverage(void *data, struct buf *out, struct err *err)
{
	agent_events_cover(((struct pipeline *)data)->events);
	return buf_add_text(out, "{\"ok\":true}\n") < 0 ? err_set(err, -ENOMEM, "no memory") : 0;
}

static int answer_watch(void *data, struct buf *out, struct err *err)
{
	return watchers_greet(((struct pipeline *)data)->watchers, out, err);
}

static void take_watcher(void *data, int fd)
{
	watchers_add(((struct pipeline *)data)->watchers, fd);
}

int pipeline_open_control(struct pipeline *pipeline, const struct config *config, struct err *err)
{
	static const struct control_request requests[] = {
		{"status", answer_status, NULL},
		{"version", answer_version, NULL},
		{"coverage", answer_coverage, NULL},
		{"watch", answer_watch, take_watcher},
		{NULL, NULL, NULL},
	};
	struct control_options options = {
		.path = config->control.socket,
		.group = config->control.group,
		.requests = requests,
		.data = pipeline,
	};
	int result;

	if (!options.path || pipeline->view)
		return 0;
	result = control_open(&pipeline->control, &options, err);
	if (result == 0 && pipeline_watch(pipeline, control_fd(pipeline->control)) < 0)
		result = err_set(err, -errno, "cannot wait for questions: %s", strerror(errno));
	return result;
}

void pipeline_close_control(struct pipeline *pipeline)
{
	control_close(pipeline->control);
	pipeline->control = NULL;
}

int pipeline_open_monitor(struct pipeline *pipeline, const struct config *config, struct err *err)
{
	struct monitor_options options = {
		.listen = config->monitor.listen,
		.group = config->control.group,
		.pages = monitor_pages,
		.data = pipeline->status,
	};
	int result;

	if (!options.listen)
		return 0;
	result = monitor_open(&pipeline->monitor, &options, err);
	if (result == 0 && pipeline_watch(pipeline, monitor_fd(pipeline->monitor)) < 0)
		result = err_set(err, -errno, "cannot wait for scrapers: %s", strerror(errno));
	return result;
}

void pipeline_close_monitor(struct pipeline *pipeline)
{
	monitor_close(pipeline->monitor);
	pipeline->monitor = NULL;
}

int pipeline_open_watchers(struct pipeline *pipeline, struct err *err)
{
	int result = watchers_new(&pipeline->watchers, pipeline->journal, &pipeline->identity, err);

	if (result == 0 && pipeline_watch(pipeline, watchers_fd(pipeline->watchers)) < 0)
		result = err_set(err, -errno, "cannot wait for watchers: %s", strerror(errno));
	return result;
}

void pipeline_describe_status(const struct pipeline *pipeline, struct status_options *ret_options)
{
	*ret_options = (struct status_options){
		.config = pipeline->config,
		.probes = pipeline->probes,
		.filter = pipeline->filter,
		.collect = pipeline->collect,
		.journal = pipeline->journal,
		.sinks = pipeline->sinks,
		.delivers = sinks_delivers(pipeline->sinks),
		.control = pipeline->control,
		.watchers = pipeline->watchers,
		.coverage = agent_events_coverage(pipeline->events),
	};
}
