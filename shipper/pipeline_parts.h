/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What pipeline.c wires, reload.c changes while it runs and agent_events.c tells of: the agent's
 * parts, all of the main thread. Nobody else includes this.
 */
#ifndef AUDITSHIP_PIPELINE_PARTS_H
#define AUDITSHIP_PIPELINE_PARTS_H

#include "agent_events.h"
#include "base/uuid.h"
#include "capture/pins.h"
#include "capture/probes.h"
#include "census.h"
#include "collect.h"
#include "enrich/container_files.h"
#include "enrich/host.h"
#include "enrich/host_watch.h"
#include "helper.h"
#include "journal/journal.h"
#include "kernel_filter.h"
#include "pipeline.h"
#include "reload.h"
#include "serve/control.h"
#include "serve/monitor.h"
#include "serve/status.h"
#include "serve/watchers.h"
#include "service.h"
#include "sinks.h"

struct pipeline {
	const struct config *config;       /* in force */
	const char *config_path;           /* as given; NULL: the default */
	const struct pipeline_view *view;  /* NULL: nobody looks on */
	char host_root[HOST_ROOT_MAX + 1]; /* "": here; of the configuration of the start */
	struct host host;
	struct host_watch *host_watch;
	char agent_id[UUID_TEXT_SIZE];
	struct render_identity identity;
	struct resolver *helper; /* of the collect thread from its start to its end */
	struct journal *journal;
	struct journal_recovery recovery;        /* what opening it found */
	struct pins *pins;                       /* NULL: the probes go with the agent */
	struct probes *probes;                   /* that record, or will once all is ready */
	struct probes *found[PINS_SETS_MAX + 1]; /* others, of the agent before; oldest first */
	bool adopted;   /* that one has left probes that recorded until now */
	bool capturing; /* probes record, and none of found does */
	struct kernel_filter *filter;
	bool filter_failing;
	struct collect *collect;
	struct sinks *sinks;
	struct rules *first_rules; /* of the configuration at the start, until collect has them */
	struct reload *reload;
	struct deliver *view_deliver;
	struct control *control; /* NULL, and so are the next two: nobody may ask */
	struct watchers *watchers;
	struct monitor *monitor; /* NULL: it is off */
	struct status *status;
	struct service service;
	struct agent_events *events; /* NULL for a mere view */
	struct agent_end end;
	struct census census;
	int epoll_fd, signal_fd, users_fd, timer_fd, gone_fd, tick_fd;
};

/* Who host and agent are by that configuration, from which texts are borrowed. */
void pipeline_describe_identity(const struct pipeline *pipeline, const struct config *config,
				struct render_identity *ret_identity);

/* What probes that configuration wants: the first ones. */
void pipeline_describe_probes(const struct pipeline *pipeline, const struct config *config,
			      struct probes_options *ret_options);

/* Loads them, attaches nothing; a refusal of the kernel is explained. */
int pipeline_open_probes(const struct probes_options *options, struct probes **ret_probes,
			 struct err *err);

/* Warns of each hook that the kernel has refused. */
void pipeline_tell_missing(const struct pipeline *pipeline);

/* From now on the main thread waits for fd as well. 0 or a negative errno; also for a fd below 0.
 */
int pipeline_watch(const struct pipeline *pipeline, int fd);

/* No socket in the configuration: no server. */
int pipeline_open_control(struct pipeline *pipeline, const struct config *config, struct err *err);
void pipeline_close_control(struct pipeline *pipeline);

/* The monitoring port, the same way. */
int pipeline_open_monitor(struct pipeline *pipeline, const struct config *config, struct err *err);
void pipeline_close_monitor(struct pipeline *pipeline);

int pipeline_open_watchers(struct pipeline *pipeline, struct err *err);

/* The status tells of what is in force. */
void pipeline_describe_status(const struct pipeline *pipeline, struct status_options *ret_options);

/* The kinds that a configuration wants in the journal. */
void pipeline_select(const struct config *config, bool ret_selected[REC_KINDS]);

#endif
