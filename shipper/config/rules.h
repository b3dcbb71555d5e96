/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules and conditions in the configuration. Private to config/. */
#ifndef AUDITSHIP_CONFIG_RULES_H
#define AUDITSHIP_CONFIG_RULES_H

#include "base/faults.h"
#include "base/yaml.h"
#include "config/config.h"
#include "config/options.h"

/*
 * Takes the rules out of node, the value of option in one file, and puts them after those of the
 * files before it. 0, -EINVAL (told in faults), -ENOMEM.
 */
int config_rules_gather(struct config *config, const struct option *option, struct yaml_node *node,
			struct faults *faults);

/* Compiles what was gathered, and keeps what is unwise in config->warnings. The same. */
int config_rules_read(struct config *config, struct faults *faults);

/* Reads a condition into a member of sink. The same. */
int config_condition_set(struct config_sink *sink, const struct option *option,
			 const struct yaml_node *node, struct faults *faults);

/* Makes *into an empty list at the place of from, unless it is a list already. 0 or -ENOMEM. */
int config_list_open(struct yaml_node **into, const struct yaml_node *from);

#endif
