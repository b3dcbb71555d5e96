/* SPDX-License-Identifier: BSD-2-Clause */
/* What only a Kafka sink's options have to hold together, and what they mean to the sink. */
#ifndef AUDITSHIP_CONFIG_KAFKA_H
#define AUDITSHIP_CONFIG_KAFKA_H

#include "base/faults.h"
#include "base/yaml.h"
#include "config/config.h"
#include "sink/kafka.h"

#define CONFIG_PROPERTIES_MAX 64
#define CONFIG_HEADERS_MAX 3

/* The sink's options, with the memory that they need beside the configuration's. */
struct config_kafka {
	struct kafka_options options;
	struct kafka_text properties[CONFIG_PROPERTIES_MAX];
	struct kafka_text headers[CONFIG_HEADERS_MAX];
};

/*
 * Adds a fault for each property that may not stand there, and for what is missing. node is what
 * the files said of the sink. 0 or -ENOMEM (of a warning).
 */
int config_kafka_check(struct config *config, const struct config_sink *sink,
		       const struct yaml_node *node, struct faults *faults);

/* Borrows from sink and host (the name that the header says; NULL: none). */
void config_kafka_make(struct config_kafka *ret_kafka, const struct config_sink *sink,
		       const char *host);

#endif
