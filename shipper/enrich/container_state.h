/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What container runtimes leave on disk of a container, as functions of the bytes of their files.
 * The files are hostile: what is too long or of another type is absent, never cut.
 */
#ifndef AUDITSHIP_CONTAINER_STATE_H
#define AUDITSHIP_CONTAINER_STATE_H

#include "enrich/container_path.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONTAINER_NAME_SIZE 256
#define CONTAINER_NAMESPACE_SIZE 64
#define CONTAINER_IMAGE_SIZE 256
#define CONTAINER_TAG_SIZE 129 /* of the OCI distribution specification: 128 and a terminator */
#define CONTAINER_LABELS_SIZE 1024

/* Texts are terminated and empty when absent. Passed between processes as it is. */
struct container_state {
	uint8_t runtime; /* enum container_runtime, whose file it was */
	uint8_t pad;
	uint16_t labels_length; /* of labels: "name=value", each with NUL; dots in names are '_' */
	uint32_t labels_full;   /* with those that found no room */
	char name[CONTAINER_NAME_SIZE];
	char image[CONTAINER_IMAGE_SIZE];
	char tag[CONTAINER_TAG_SIZE];
	char pod_name[CONTAINER_NAME_SIZE];
	char pod_namespace[CONTAINER_NAMESPACE_SIZE];
	char pod_uid[CONTAINER_UID_SIZE];
	char labels[CONTAINER_LABELS_SIZE];
};

/* Names of labels to keep, with the wildcards of fnmatch(3). */
struct container_labels {
	char *const *patterns;
	size_t count;
};

/*
 * Each takes a whole file. 0; -EBADMSG: not such a file, or of another container; -EFBIG: above a
 * bound of base/json_read.h; -ENOENT: the container is not in it; -ENOMEM.
 */

/* config.v2.json of Docker. */
int container_state_docker(const char *text, size_t length, const char *id,
			   const struct container_labels *labels,
			   struct container_state *ret_state);

/* config.json of the OCI runtime specification, with the annotations of containerd, CRI-O or
 * nerdctl. */
int container_state_oci(const char *text, size_t length, const struct container_labels *labels,
			struct container_state *ret_state);

/* containers.json of containers/storage, which Podman and CRI-O use: name and image. */
int container_state_storage(const char *text, size_t length, const char *id,
			    struct container_state *ret_state);

/* Another process wrote it: no length may lead out of it. False: it is not to be used. */
bool container_state_check(const struct container_state *state);

/* "quay.io:443/a/b:1.2@sha256:..." into name and tag. */
void container_image_split(const char *image, char ret_name[CONTAINER_IMAGE_SIZE],
			   char ret_tag[CONTAINER_TAG_SIZE]);

#endif
