/* SPDX-License-Identifier: BSD-2-Clause */
/* librdkafka's mock cluster as a process of its own, so that its CPU time is nobody's. */
#ifndef AUDITSHIP_MOCK_CLUSTER_H
#define AUDITSHIP_MOCK_CLUSTER_H

#include <stddef.h>
#include <sys/types.h>

/* One broker, the topic with six partitions; the address goes to address. Ends with the caller. */
pid_t mock_cluster_start(const char *topic, char *address, size_t size);
void mock_cluster_stop(pid_t pid);

#endif
