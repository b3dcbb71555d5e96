/* SPDX-License-Identifier: BSD-2-Clause */
/* One allocation for the struct, its lists and all texts, so that freeing it is one call. */
#include "render/identity.h"

#include <stdlib.h>
#include <string.h>

static const size_t texts[] = {
	offsetof(struct render_identity, agent_id),
	offsetof(struct render_identity, agent_name),
	offsetof(struct render_identity, agent_version),
	offsetof(struct render_identity, host_name),
	offsetof(struct render_identity, host_hostname),
	offsetof(struct render_identity, host_id),
	offsetof(struct render_identity, host_architecture),
	offsetof(struct render_identity, boot_id),
	offsetof(struct render_identity, os_family),
	offsetof(struct render_identity, os_platform),
	offsetof(struct render_identity, os_name),
	offsetof(struct render_identity, os_version),
	offsetof(struct render_identity, os_kernel),
};

#define TEXTS (sizeof(texts) / sizeof(texts[0]))

/* Twice over the same texts: at NULL measures, else copies. */
struct copying {
	char *at;
	size_t size;
};

static void put(struct copying *copying, const char **text)
{
	size_t size;

	if (!*text)
		return;
	size = strlen(*text) + 1;
	if (copying->at) {
		memcpy(copying->at, *text, size);
		*text = copying->at;
		copying->at += size;
	}
	copying->size += size;
}

static void put_all(struct copying *copying, struct render_identity *identity, const char **tags)
{
	for (size_t i = 0; i < TEXTS; i++)
		put(copying, (const char **)(void *)((char *)identity + texts[i]));
	for (unsigned int i = 0; i < identity->ip_count; i++)
		put(copying, &identity->ips[i]);
	for (unsigned int i = 0; i < identity->mac_count; i++)
		put(copying, &identity->macs[i]);
	for (unsigned int i = 0; i < identity->tag_count; i++)
		put(copying, &tags[i]);
	for (unsigned int i = 0; i < identity->label_count; i++) {
		put(copying, &identity->labels[i].name);
		put(copying, &identity->labels[i].value);
	}
}

struct render_identity *identity_copy(const struct render_identity *identity)
{
	size_t tags_size = identity->tag_count * sizeof(*identity->tags);
	struct render_identity measured = *identity, *copy;
	struct copying copying = {NULL, 0};
	const char **tags;

	put_all(&copying, &measured, (const char **)(void *)identity->tags);
	copy = malloc(sizeof(*copy) + tags_size + copying.size);
	if (!copy)
		return NULL;
	*copy = *identity;
	tags = (const char **)(void *)(copy + 1);
	if (tags_size > 0)
		memcpy(tags, identity->tags, tags_size);
	copying.at = (char *)tags + tags_size;
	put_all(&copying, copy, tags);
	copy->tags = tags;
	return copy;
}

void identity_free(struct render_identity *identity)
{
	free(identity);
}
