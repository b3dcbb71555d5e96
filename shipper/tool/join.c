/* SPDX-License-Identifier: BSD-2-Clause */
/* Owns connection and greeting. Must not know what an event is, or who looks at it. */
#include "tool/join.h"

#include "base/clock.h"
#include "base/json_read.h"
#include "record.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define REQUEST "watch\n"
#define TAGS_MAX 64

struct join {
	int fd;
	struct json_read *answer; /* owns the text of the identity */
	struct render_identity identity;
	const char *tags[TAGS_MAX];
};

static const struct {
	const char *path;
	size_t offset; /* of a const char * in the identity */
} facts[] = {
	{"identity.agent_id", offsetof(struct render_identity, agent_id)},
	{"identity.agent_name", offsetof(struct render_identity, agent_name)},
	{"identity.agent_version", offsetof(struct render_identity, agent_version)},
	{"identity.host_name", offsetof(struct render_identity, host_name)},
	{"identity.host_hostname", offsetof(struct render_identity, host_hostname)},
	{"identity.host_id", offsetof(struct render_identity, host_id)},
	{"identity.host_architecture", offsetof(struct render_identity, host_architecture)},
	{"identity.boot_id", offsetof(struct render_identity, boot_id)},
	{"identity.os_family", offsetof(struct render_identity, os_family)},
	{"identity.os_platform", offsetof(struct render_identity, os_platform)},
	{"identity.os_name", offsetof(struct render_identity, os_name)},
	{"identity.os_version", offsetof(struct render_identity, os_version)},
	{"identity.os_kernel", offsetof(struct render_identity, os_kernel)},
};

static int connect_to(struct join *join, const char *path, struct err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(address.sun_path))
		return err_set(err, -ENAMETOOLONG,
			       "the agent's socket '%s': a path of at most %zu bytes is possible",
			       path, sizeof(address.sun_path) - 1);
	(void)strcpy(address.sun_path, path);
	join->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (join->fd < 0)
		return err_set(err, -errno, "cannot make a socket: %m");
	if (connect(join->fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return 0;
	if (errno == EACCES)
		return err_set(err, -errno,
			       "the agent's socket '%s' is not for you: run it as root, or become "
			       "a member of the agent's group",
			       path);
	return err_set(
		err, -errno,
		"no agent answers at '%s': %m; start it with: auditship run -c FILE, or leave "
		"--socket out",
		path);
}

/* One byte. 1, 0 at the end, or a negative errno. */
static int read_byte(int fd, char *byte, uint64_t deadline_ns)
{
	unsigned int left_ms = clock_left_ms(deadline_ns);
	struct pollfd pollfd = {.fd = fd, .events = POLLIN};
	ssize_t n;

	if (left_ms == 0)
		return -ETIMEDOUT;
	n = poll(&pollfd, 1, (int)left_ms);
	if (n <= 0)
		return n == 0 ? -ETIMEDOUT : -errno;
	n = recv(fd, byte, 1, 0);
	return n < 0 ? -errno : (int)n;
}

/* The line without its end; events follow it directly, so nothing behind it may be read here. */
static int read_line(struct join *join, struct buf *line, struct err *err)
{
	uint64_t deadline_ns = clock_mono_ns() + JOIN_PATIENCE_MS * NS_PER_MS;

	for (;;) {
		char byte = 0;
		int result = read_byte(join->fd, &byte, deadline_ns);

		if (result == -EINTR)
			continue;
		if (result == 0)
			return err_set(err, -EPROTO, "the agent closes without an answer");
		if (result < 0)
			return err_set(err, -EPROTO, "the agent does not answer: %s",
				       strerror(-result));
		if (byte == '\n')
			return 0;
		if (buf_add(line, &byte, 1) < 0)
			return err_set(err, -EPROTO, "the agent's answer is no line");
	}
}

static const char *list_item(const struct join *join, const char *list, unsigned int index)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "identity.%s.%u", list, index);
	return json_read_string(join->answer, path);
}

static unsigned int take_list(const struct join *join, const char *list, const char **out,
			      unsigned int max)
{
	unsigned int count = 0;

	while (count < max && (out[count] = list_item(join, list, count)))
		count++;
	return count;
}

static bool is_label_name(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789_-");

	return length > 0 && length <= RENDER_LABEL_NAME_MAX && name[length] == '\0';
}

/* Names and values in turns; what answers need not be an agent. */
static void take_labels(struct join *join)
{
	struct render_identity *identity = &join->identity;

	for (unsigned int i = 0; i < RENDER_LABELS_MAX; i++) {
		struct render_label label = {list_item(join, "labels", 2 * i),
					     list_item(join, "labels", 2 * i + 1)};

		if (!label.name || !label.value)
			break;
		if (is_label_name(label.name))
			identity->labels[identity->label_count++] = label;
	}
}

static void take_identity(struct join *join)
{
	struct render_identity *identity = &join->identity;
	int64_t pid_ns = 0;

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		const char *text = json_read_string(join->answer, facts[i].path);

		memcpy((char *)identity + facts[i].offset, &text, sizeof(text));
	}
	if (json_read_number(join->answer, "identity.pid_ns", &pid_ns) == 0 && pid_ns > 0 &&
	    pid_ns <= UINT32_MAX)
		identity->pid_ns = (uint32_t)pid_ns;
	identity->tag_count = take_list(join, "tags", join->tags, TAGS_MAX);
	identity->tags = join->tags;
	identity->ip_count = take_list(join, "ip", identity->ips, RENDER_ADDRESSES_MAX);
	identity->mac_count = take_list(join, "mac", identity->macs, RENDER_ADDRESSES_MAX);
	take_labels(join);
}

static int judge_answer(struct join *join, struct err *err)
{
	const char *refusal = json_read_string(join->answer, "error");
	const char *version = json_read_string(join->answer, "version");
	int64_t abi = 0;

	if (refusal)
		return err_set(err, -EPROTO, "the agent refuses: %s", refusal);
	if (!version || json_read_number(join->answer, "abi", &abi) < 0)
		return err_set(err, -EPROTO, "what answers there is no agent");
	if (abi != REC_ABI || strcmp(version, AUDITSHIP_VERSION) != 0)
		return err_set(err, -EPROTO,
			       "the agent is of version %s (records: %" PRId64
			       "), this program of version " AUDITSHIP_VERSION
			       " (records: %d): restart the agent after an upgrade, or use the "
			       "program it was started from",
			       version, abi, REC_ABI);
	take_identity(join);
	return 0;
}

static int greet(struct join *join, struct err *err)
{
	struct buf line;
	int result;

	if (send(join->fd, REQUEST, strlen(REQUEST), MSG_NOSIGNAL) != (ssize_t)strlen(REQUEST))
		return err_set(err, -EPROTO, "the agent does not listen: %m");
	buf_init(&line, JOIN_ANSWER_MAX);
	result = read_line(join, &line, err);
	if (result == 0)
		result = json_read_new(&join->answer, line.data, line.length, err);
	if (result < 0 && result != -EPROTO)
		result = err_wrap(err, -EPROTO, "the agent's answer");
	buf_done(&line);
	return result < 0 ? result : judge_answer(join, err);
}

int join_open(struct join **ret_join, const char *path, struct err *err)
{
	struct join *join = calloc(1, sizeof(*join));
	int result;

	if (!join)
		return err_set(err, -ENOMEM, "no memory for a connection");
	join->fd = -1;
	result = connect_to(join, path, err);
	if (result == 0)
		result = greet(join, err);
	if (result < 0) {
		join_close(join);
		return result;
	}
	*ret_join = join;
	return 0;
}

void join_close(struct join *join)
{
	if (!join)
		return;
	if (join->fd >= 0)
		(void)close(join->fd);
	json_read_free(join->answer);
	free(join);
}

int join_fd(const struct join *join)
{
	return join->fd;
}

const struct render_identity *join_identity(const struct join *join)
{
	return &join->identity;
}
