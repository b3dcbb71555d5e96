/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows the keys of each runtime's files: Docker's config.v2.json, annotations of containerd
 * (internal/cri/annotations), CRI-O (pkg/annotations) and nerdctl in an OCI config.json, and the
 * list of containers/storage. Must not know where files are or who asks.
 */
#include "enrich/container_state.h"

#include "base/json_read.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#define LABELS_MAX 64
#define LABEL_NAME_SIZE 128
#define LABEL_VALUE_MAX 256

/* Keys of the labels by which the kubelet names what it started. */
#define POD_NAME "io.kubernetes.pod.name"
#define POD_NAMESPACE "io.kubernetes.pod.namespace"
#define POD_UID "io.kubernetes.pod.uid"
#define CONTAINER_NAME "io.kubernetes.container.name"

/* Absent when there is none, or when it does not fit. */
static void copy_text(char *out, size_t size, const char *text)
{
	size_t length = text ? strlen(text) : 0;

	if (length == 0 || length >= size)
		return;
	memcpy(out, text, length + 1);
}

#define COPY(member, text) copy_text(member, sizeof(member), text)

/* The tag follows the last colon behind the last slash: one before is that of a port. */
void container_image_split(const char *image, char ret_name[CONTAINER_IMAGE_SIZE],
			   char ret_tag[CONTAINER_TAG_SIZE])
{
	char copy[2 * CONTAINER_IMAGE_SIZE] = "", *slash, *colon;

	ret_name[0] = ret_tag[0] = '\0';
	copy_text(copy, sizeof(copy), image);
	if (strncmp(copy, "sha256:", strlen("sha256:")) == 0) { /* an id, not a name */
		copy_text(ret_name, CONTAINER_IMAGE_SIZE, copy);
		return;
	}
	copy[strcspn(copy, "@")] = '\0';
	slash = strrchr(copy, '/');
	colon = strrchr(slash ? slash : copy, ':');
	if (colon) {
		*colon = '\0';
		copy_text(ret_tag, CONTAINER_TAG_SIZE, colon + 1);
	}
	copy_text(ret_name, CONTAINER_IMAGE_SIZE, copy);
}

static bool is_wanted(const struct container_labels *labels, const char *name)
{
	for (size_t i = 0; i < labels->count; i++)
		if (fnmatch(labels->patterns[i], name, 0) == 0)
			return true;
	return false;
}

/* Names become keys of JSON objects, in which a dot would be read as a level of its own. */
static bool make_key(char out[LABEL_NAME_SIZE], const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length >= LABEL_NAME_SIZE)
		return false;
	for (size_t i = 0; i <= length; i++) {
		unsigned char c = (unsigned char)name[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || c == '-' || c == '/' || c == '\0';

		out[i] = plain ? (char)c : '_';
	}
	return true;
}

/* Two names may become the same key. */
static bool has_label(const struct container_state *state, const char *key)
{
	size_t length = strlen(key);

	for (const char *at = state->labels; at < state->labels + state->labels_length;
	     at += strlen(at) + 1)
		if (strncmp(at, key, length) == 0 && at[length] == '=')
			return true;
	return false;
}

static void add_label(struct container_state *state, const char *name, const char *value)
{
	char key[LABEL_NAME_SIZE], text[LABEL_NAME_SIZE + LABEL_VALUE_MAX + 2];
	size_t size;

	if (!make_key(key, name) || strlen(value) > LABEL_VALUE_MAX || has_label(state, key)) {
		state->labels_full++;
		return;
	}
	size = (size_t)snprintf(text, sizeof(text), "%s=%s", key, value) + 1;
	state->labels_full += (uint32_t)size;
	if (size > sizeof(state->labels) - state->labels_length)
		return;
	memcpy(state->labels + state->labels_length, text, size);
	state->labels_length = (uint16_t)(state->labels_length + size);
}

static void add_labels(struct container_state *state, const struct json_read *document,
		       const char *path, const struct container_labels *labels)
{
	const char *name, *value;

	for (size_t i = 0; i < LABELS_MAX && labels->count > 0; i++) {
		name = json_read_member(document, path, i, &value);
		if (!name)
			return;
		if (value && is_wanted(labels, name))
			add_label(state, name, value);
	}
}

/* The member of an object whose name may hold dots. */
static const char *text_in(const struct json_read *document, const char *object, const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s%s%s", object, object[0] ? "." : "", name);
	return json_read_string(document, path);
}

static void copy_pod(struct container_state *state, const struct json_read *document,
		     const char *object)
{
	COPY(state->name, text_in(document, object, CONTAINER_NAME));
	COPY(state->pod_name, text_in(document, object, POD_NAME));
	COPY(state->pod_namespace, text_in(document, object, POD_NAMESPACE));
	COPY(state->pod_uid, text_in(document, object, POD_UID));
}

static int open_document(struct json_read **ret_document, const char *text, size_t length)
{
	struct err err;

	return json_read_new(ret_document, text, length, &err);
}

int container_state_docker(const char *text, size_t length, const char *id,
			   const struct container_labels *labels, struct container_state *ret_state)
{
	struct json_read *document;
	const char *name, *told;
	int result = open_document(&document, text, length);

	*ret_state = (struct container_state){.runtime = CONTAINER_DOCKER};
	if (result < 0)
		return result;
	told = json_read_string(document, "ID");
	name = json_read_string(document, "Name");
	if (!told || strcmp(told, id) != 0 || !name) {
		json_read_free(document);
		return -EBADMSG;
	}
	COPY(ret_state->name, name + (name[0] == '/'));
	copy_pod(ret_state, document, "Config.Labels");
	container_image_split(json_read_string(document, "Config.Image"), ret_state->image,
			      ret_state->tag);
	add_labels(ret_state, document, "Config.Labels", labels);
	json_read_free(document);
	return 0;
}

#define CRI "io.kubernetes.cri."
#define CRIO "io.kubernetes.cri-o."

static bool fill_containerd(struct container_state *state, const struct json_read *document)
{
	if (!text_in(document, "annotations", CRI "container-type"))
		return false;
	state->runtime = CONTAINER_CONTAINERD;
	COPY(state->name, text_in(document, "annotations", CRI "container-name"));
	COPY(state->pod_name, text_in(document, "annotations", CRI "sandbox-name"));
	COPY(state->pod_namespace, text_in(document, "annotations", CRI "sandbox-namespace"));
	COPY(state->pod_uid, text_in(document, "annotations", CRI "sandbox-uid"));
	container_image_split(text_in(document, "annotations", CRI "image-name"), state->image,
			      state->tag);
	return true;
}

/* Its labels are JSON in a string. */
static void add_nested_labels(struct container_state *state, const char *text,
			      const struct container_labels *labels)
{
	struct json_read *nested;

	if (!text || open_document(&nested, text, strlen(text)) < 0)
		return;
	add_labels(state, nested, "", labels);
	json_read_free(nested);
}

static bool fill_crio(struct container_state *state, const struct json_read *document,
		      const struct container_labels *labels)
{
	const char *image = text_in(document, "annotations", CRIO "UserRequestedImage");

	if (!text_in(document, "annotations", CRIO "ContainerType"))
		return false;
	state->runtime = CONTAINER_CRIO;
	copy_pod(state, document, "annotations");
	if (!image)
		image = text_in(document, "annotations", CRIO "ImageName");
	container_image_split(image, state->image, state->tag);
	add_nested_labels(state, text_in(document, "annotations", CRIO "Labels"), labels);
	return true;
}

static bool fill_nerdctl(struct container_state *state, const struct json_read *document,
			 const struct container_labels *labels)
{
	const char *name = text_in(document, "annotations", "nerdctl/name");

	if (!name)
		return false;
	state->runtime = CONTAINER_CONTAINERD;
	COPY(state->name, name);
	add_labels(state, document, "annotations", labels);
	return true;
}

int container_state_oci(const char *text, size_t length, const struct container_labels *labels,
			struct container_state *ret_state)
{
	struct json_read *document;
	int result = open_document(&document, text, length);

	*ret_state = (struct container_state){0};
	if (result < 0)
		return result;
	if (!json_read_string(document, "ociVersion"))
		result = -EBADMSG;
	else if (!fill_crio(ret_state, document, labels) && !fill_containerd(ret_state, document) &&
		 !fill_nerdctl(ret_state, document, labels))
		result = -ENOENT;
	json_read_free(document);
	return result;
}

/* Podman writes a second document into the entry's metadata. */
static void fill_metadata(struct container_state *state, const char *text)
{
	struct json_read *nested;

	if (!text || open_document(&nested, text, strlen(text)) < 0)
		return;
	COPY(state->name, json_read_string(nested, "name"));
	container_image_split(json_read_string(nested, "image-name"), state->image, state->tag);
	json_read_free(nested);
}

static const char *text_of_entry(const struct json_read *document, size_t index, const char *name)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%zu.%s", index, name);
	return json_read_string(document, path);
}

int container_state_storage(const char *text, size_t length, const char *id,
			    struct container_state *ret_state)
{
	struct json_read *document;
	size_t count, at;
	int result = open_document(&document, text, length);

	*ret_state = (struct container_state){.runtime = CONTAINER_PODMAN};
	if (result < 0)
		return result;
	count = json_read_count(document, "");
	for (at = 0; at < count; at++) {
		const char *told = text_of_entry(document, at, "id");

		if (told && strcmp(told, id) == 0)
			break;
	}
	if (at < count) {
		COPY(ret_state->name, text_of_entry(document, at, "names.0"));
		fill_metadata(ret_state, text_of_entry(document, at, "metadata"));
	}
	json_read_free(document);
	return at < count ? 0 : -ENOENT;
}

static bool is_terminated(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

bool container_state_check(const struct container_state *state)
{
	return state->runtime < CONTAINER_RUNTIMES &&
	       state->labels_length <= sizeof(state->labels) &&
	       state->labels_length <= state->labels_full &&
	       is_terminated(state->name, sizeof(state->name)) &&
	       is_terminated(state->image, sizeof(state->image)) &&
	       is_terminated(state->tag, sizeof(state->tag)) &&
	       is_terminated(state->pod_name, sizeof(state->pod_name)) &&
	       is_terminated(state->pod_namespace, sizeof(state->pod_namespace)) &&
	       is_terminated(state->pod_uid, sizeof(state->pod_uid));
}
