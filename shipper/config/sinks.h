/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of sinks in the configuration. Private to config/. */
#ifndef AUDITSHIP_CONFIG_SINKS_H
#define AUDITSHIP_CONFIG_SINKS_H

#include "base/faults.h"
#include "base/yaml.h"
#include "config/config.h"
#include "config/options.h"

/*
 * Takes the sinks out of node, the value of option in one file, and puts them after those of the
 * files before it, or into the one that has the same name. 0, -EINVAL (told in faults), -ENOMEM.
 */
int config_sinks_gather(struct config *config, const struct option *option, struct yaml_node *node,
			struct faults *faults);

/* Reads what was gathered into config. 0, also when there are faults, or -ENOMEM. */
int config_sinks_read(struct config *config, const struct yaml_node *list, struct faults *faults);

/* The one sink of a configuration that names none. */
int config_sinks_default(struct config *config);

void config_sinks_done(struct config *config);

#endif
