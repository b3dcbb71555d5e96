/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the list of places. The first file that is there and says something of the container counts.
 * Of a user's own containers only files below his home are asked: in his slice he may give a cgroup
 * any name, also that of somebody else's container. They have to be his own, for a link leads
 * anywhere. Of pods they tell nothing.
 */
#include "enrich/container_files.h"

#include "base/cleanup.h"
#include "base/json_read.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define PASSWD_MAX ((size_t)8 * 1024 * 1024)
#define DAEMON_JSON_MAX ((size_t)64 * 1024)

enum format { FORMAT_DOCKER, FORMAT_OCI, FORMAT_STORAGE };

/* before, the id and behind make the path; of FORMAT_STORAGE one file has all containers. */
struct place {
	enum container_runtime runtime;
	enum format format;
	const char *before, *behind;
};

#define TASKS "/io.containerd.runtime.v2.task/"
#define CONTAINERD(state, space)                                                        \
	{                                                                               \
		CONTAINER_CONTAINERD, FORMAT_OCI, state TASKS space "/", "/config.json" \
	}
#define DOCKER(data_root)                                                                    \
	{                                                                                    \
		CONTAINER_DOCKER, FORMAT_DOCKER, data_root "/containers/", "/config.v2.json" \
	}
#define CRIO(storage)                                                       \
	{                                                                   \
		CONTAINER_CRIO, FORMAT_OCI, storage "/overlay-containers/", \
			"/userdata/config.json"                             \
	}
#define STORAGE(file)                                        \
	{                                                    \
		CONTAINER_PODMAN, FORMAT_STORAGE, file, NULL \
	}

static const struct place places[] = {
	CONTAINERD("/run/containerd", "k8s.io"),
	CONTAINERD("/run/containerd", "default"),
	CONTAINERD("/run/k3s/containerd", "k8s.io"),
	CONTAINERD("/var/snap/microk8s/common/run/containerd", "k8s.io"),
	DOCKER("/var/lib/docker"),
	DOCKER("/var/snap/docker/common/var-lib-docker"),
	CRIO("/run/containers/storage"),
	CRIO("/var/lib/containers/storage"),
	STORAGE("/var/lib/containers/storage/overlay-containers/containers.json"),
	STORAGE("/var/lib/containers/storage/overlay-containers/volatile-containers.json"),
	STORAGE("/var/lib/containers/storage/vfs-containers/containers.json"),
};

static const struct place home_places[] = {
	STORAGE("/.local/share/containers/storage/overlay-containers/containers.json"),
	STORAGE("/.local/share/containers/storage/overlay-containers/volatile-containers.json"),
	STORAGE("/.local/share/containers/storage/vfs-containers/containers.json"),
	DOCKER("/.local/share/docker"),
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* One question being answered. */
struct search {
	const struct container_files *files;
	const struct container_question *question;
	struct container_answer *answer;
	int root_fd;
};

static int parse(const struct search *search, enum format format, const char *text, size_t length)
{
	const struct container_labels *labels = &search->files->labels;
	struct container_state *state = &search->answer->state;
	const char *id = search->question->id;

	switch (format) {
	case FORMAT_DOCKER:
		return container_state_docker(text, length, id, labels, state);
	case FORMAT_OCI:
		return container_state_oci(text, length, labels, state);
	case FORMAT_STORAGE:
		return container_state_storage(text, length, id, state);
	}
	return -EINVAL;
}

/* Rootless runtimes write as the user; nobody gives a file away to another (chown(2)). */
static int check_owner(const struct search *search)
{
	uint32_t owner = search->question->owner;

	return !container_owner_is_user(owner) || search->answer->file.owner == owner ? 0 : -EPERM;
}

static int read_file(const struct search *search, const char *path, enum format format)
{
	struct container_answer *answer = search->answer;
	_cleanup_free_ char *text = NULL;
	size_t length;
	int result = safe_file_stat(search->root_fd, path, &answer->file);

	if (result == 0)
		result = check_owner(search);
	if (result < 0)
		return result;
	answer->unchanged = safe_file_same(&answer->file, &search->question->known);
	if (answer->unchanged)
		return 0;
	result = safe_file_read(search->root_fd, path, JSON_READ_MAX_SIZE, &text, &length,
				&answer->file);
	if (result == 0)
		result = check_owner(search); /* it may be another one by now */
	return result < 0 ? result : parse(search, format, text, length);
}

static int try_place(const struct search *search, const struct place *place, const char *home)
{
	char path[PATH_MAX];
	int length = snprintf(path, sizeof(path), "%s%s%s%s", home, place->before,
			      place->behind ? search->question->id : "",
			      place->behind ? place->behind : "");

	if (length < 0 || (size_t)length >= sizeof(path))
		return -ENAMETOOLONG;
	return read_file(search, path, place->format);
}

/* A cgroupfs path of Kubernetes does not tell the runtime. */
static bool is_candidate(const struct container_question *question, const struct place *place)
{
	if (question->runtime == CONTAINER_RUNTIME_UNKNOWN)
		return place->format != FORMAT_STORAGE;
	return question->runtime == place->runtime;
}

/* What is there but cannot be read is told rather than that nothing is there. */
static int try_places(const struct search *search, const struct place *list, size_t count,
		      const char *home)
{
	int told = -ENOENT;

	for (size_t i = 0; i < count; i++) {
		int result;

		if (!is_candidate(search->question, &list[i]))
			continue;
		result = try_place(search, &list[i], home);
		if (result == 0)
			return 0;
		if (result != -ENOENT && result != -ENOTDIR)
			told = result;
	}
	return told;
}

/* The sixth field of the line whose third is the number, passwd(5). */
static int find_home(char *text, uint32_t uid, char ret_home[PATH_MAX])
{
	char *rest = text, *line, number[16];

	(void)snprintf(number, sizeof(number), "%u", uid);
	while ((line = strsep(&rest, "\n"))) {
		char *fields[7] = {NULL};
		size_t count = 0;

		while (line && count < COUNT(fields))
			fields[count++] = strsep(&line, ":");
		if (count == COUNT(fields) && !line && strcmp(fields[2], number) == 0 &&
		    fields[5][0] == '/' && strlen(fields[5]) < PATH_MAX) {
			memcpy(ret_home, fields[5], strlen(fields[5]) + 1);
			return 0;
		}
	}
	return -ENOENT;
}

/* A label claims it, which whoever starts a container chooses. */
static void forget_pod(struct container_state *state)
{
	memset(state->pod_name, 0, sizeof(state->pod_name));
	memset(state->pod_namespace, 0, sizeof(state->pod_namespace));
	memset(state->pod_uid, 0, sizeof(state->pod_uid));
}

static int search_home(const struct search *search)
{
	_cleanup_free_ char *text = NULL;
	char home[PATH_MAX];
	size_t length;
	int result =
		safe_file_read(search->root_fd, "/etc/passwd", PASSWD_MAX, &text, &length, NULL);

	if (result == 0)
		result = find_home(text, search->question->owner, home);
	if (result == 0)
		result = try_places(search, home_places, COUNT(home_places), home);
	forget_pod(&search->answer->state);
	return result;
}

/* Docker's data may have been put elsewhere: dockerd(8), "data-root". */
static int search_data_root(const struct search *search)
{
	_cleanup_free_ char *text = NULL;
	struct json_read *document;
	char path[PATH_MAX];
	const char *data_root;
	struct err err;
	size_t length;
	int result = safe_file_read(search->root_fd, "/etc/docker/daemon.json", DAEMON_JSON_MAX,
				    &text, &length, NULL);

	if (result == 0)
		result = json_read_new(&document, text, length, &err);
	if (result < 0)
		return -ENOENT;
	data_root = json_read_string(document, "data-root");
	result = -ENOENT;
	if (data_root && (size_t)snprintf(path, sizeof(path), "%s/containers/%s/config.v2.json",
					  data_root, search->question->id) < sizeof(path))
		result = read_file(search, path, FORMAT_DOCKER);
	json_read_free(document);
	return result;
}

static int run_search(const struct search *search)
{
	uint32_t owner = search->question->owner, runtime = search->question->runtime;
	int result;

	if (container_owner_is_user(owner))
		return search_home(search);
	result = try_places(search, places, COUNT(places), "");
	if (result == -ENOENT &&
	    (runtime == CONTAINER_DOCKER || runtime == CONTAINER_RUNTIME_UNKNOWN))
		result = search_data_root(search);
	return result;
}

int container_files_answer(void *data, const void *question, size_t size, struct buf *out)
{
	const struct container_files *files = data;
	struct container_answer answer = {0};
	struct search search = {.files = files, .question = question, .answer = &answer};
	_cleanup_close_ int root_fd = -1;
	int result;

	if (size != sizeof(*search.question))
		return -EINVAL;
	root_fd = safe_file_open_root(files->host_root);
	if (root_fd < 0)
		return root_fd;
	search.root_fd = root_fd;
	result = run_search(&search);
	return result < 0 ? result : buf_add(out, &answer, sizeof(answer));
}
