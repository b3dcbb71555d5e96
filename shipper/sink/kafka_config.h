/* SPDX-License-Identifier: BSD-2-Clause */
/* From a sink's options to librdkafka's configuration. Private to kafka*.c. */
#ifndef AUDITSHIP_KAFKA_CONFIG_H
#define AUDITSHIP_KAFKA_CONFIG_H

#include "sink/kafka.h"

#include <librdkafka/rdkafka.h>
#include <stdatomic.h>

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

/*
 * Has the brokers' certificates verified as the options say. *certificate becomes why the last one
 * was refused (X509_V_ERR_ of OpenSSL), 0 when it was good; librdkafka's threads write it. The
 * opaque pointer of conf is taken.
 */
void kafka_config_verify(rd_kafka_conf_t *conf, const struct kafka_options *options,
			 atomic_int *certificate);

#endif
