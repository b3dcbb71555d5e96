/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands in for the Kafka sink in a build without it (AUDITSHIP_KAFKA=OFF): says so. */
#include "sink/kafka.h"

#include <errno.h>

#define WITHOUT "this auditship was built without Kafka (AUDITSHIP_KAFKA=OFF)"

const char *kafka_version(void)
{
	return NULL;
}

bool kafka_knows_scram(void)
{
	return false;
}

int kafka_property_check(const char *name, const char *value, struct err *err)
{
	(void)value;
	return err_set(err, -EINVAL, "'%s': " WITHOUT, name);
}

int kafka_sink_new(struct sink **ret_sink, const struct kafka_options *options, struct err *err)
{
	(void)options;
	*ret_sink = NULL;
	return err_set(err, -ENOTSUP, WITHOUT);
}

int kafka_probe(const struct kafka_options *options, unsigned int wait_ms, sink_told *told,
		void *data)
{
	(void)options;
	(void)wait_ms;
	told(data, false, WITHOUT);
	return -ENOTSUP;
}
