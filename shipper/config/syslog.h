/* SPDX-License-Identifier: BSD-2-Clause */
/* What a syslog sink's options mean together, and the sink they make. */
#ifndef AUDITSHIP_CONFIG_SYSLOG_H
#define AUDITSHIP_CONFIG_SYSLOG_H

#include "base/err.h"
#include "base/faults.h"
#include "base/yaml.h"
#include "config/config.h"
#include "render/render.h"
#include "sink/sink.h"

/* Whether node is a good list of priorities. 0, -EINVAL (told in faults), -ENOMEM. */
int config_priorities_check(const struct config_sink *sink, const struct yaml_node *node,
			    struct faults *faults);

/* After all options are read: what they may not be together, and what follows from others. */
void config_syslog_settle(struct config_sink *sink, const struct yaml_node *node,
			  struct faults *faults);

/* What syslog_probe says of it. */
int config_syslog_try(const struct config_sink *config, unsigned int wait_ms, sink_told *told,
		      void *data);

/* identity tells what is not in the configuration: host name and id. */
int config_syslog_sink(const struct config_sink *config, const struct render_identity *identity,
		       struct sink **ret_sink, struct err *err);

#endif
