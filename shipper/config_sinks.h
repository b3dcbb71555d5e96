/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of sinks in the configuration. Private to config*.c. */
#ifndef AUDITSHIP_CONFIG_SINKS_H
#define AUDITSHIP_CONFIG_SINKS_H

#include "base/faults.h"
#include "base/yaml.h"
#include "config.h"
#include "config_options.h"

/* Reads the value of option (OPTION_SINKS) into config. 0, -EINVAL (told in faults), -ENOMEM. */
int config_sinks_read(struct config *config, const struct option *option,
		      const struct yaml_node *node, struct faults *faults);

/* The one sink of a configuration that names none. */
int config_sinks_default(struct config *config);

void config_sinks_done(struct config *config);

#endif
