/* SPDX-License-Identifier: BSD-2-Clause */
#include "mock_cluster.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PARTITIONS 6

static void serve(const char *topic, int fd)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_mock_cluster_t *cluster;
	const char *found;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)rd_kafka_conf_set(conf, "log_level", "0", NULL, 0);
	(void)rd_kafka_conf_set(conf, "socket.nagle.disable", "true", NULL, 0);
	cluster = rd_kafka_mock_cluster_new(rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0), 1);
	(void)rd_kafka_mock_topic_create(cluster, topic, PARTITIONS, 1);
	found = rd_kafka_mock_cluster_bootstraps(cluster);
	if (write(fd, found, strlen(found)) < 0)
		_exit(1);
	for (;;)
		(void)pause();
}

pid_t mock_cluster_start(const char *topic, char *address, size_t size)
{
	int fds[2];
	pid_t pid = pipe(fds) < 0 ? -1 : fork();
	ssize_t length;

	if (pid == 0)
		serve(topic, fds[1]);
	length = pid < 0 ? -1 : read(fds[0], address, size - 1);
	if (length <= 0) {
		(void)fprintf(stderr, "the mock cluster does not start\n");
		exit(1);
	}
	address[length] = '\0';
	(void)close(fds[0]);
	(void)close(fds[1]);
	return pid;
}

void mock_cluster_stop(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}
