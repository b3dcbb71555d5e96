/* SPDX-License-Identifier: BSD-2-Clause */
/* From a sink's options to librdkafka's configuration. Private to kafka*.c. */
#ifndef AUDITSHIP_KAFKA_CONFIG_H
#define AUDITSHIP_KAFKA_CONFIG_H

#include "sink/kafka.h"

#include <librdkafka/rdkafka.h>

/* What librdkafka may hold at most; the sink stops before. */
#define KAFKA_QUEUE_MESSAGES 100000
#define KAFKA_QUEUE_KBYTES (16 * 1024)

/*
 * A message is refused when this much is not left for it: librdkafka counts headers, key and the
 * frame of a batch as well.
 */
#define KAFKA_MESSAGE_ROOM 4096

/* The caller owns *ret_conf; rd_kafka_new takes it over only when it works. */
int kafka_config_make(rd_kafka_conf_t **ret_conf, const struct kafka_options *options,
		      struct err *err);

#endif
