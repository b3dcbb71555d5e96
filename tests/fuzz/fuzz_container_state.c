/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What container runtimes leave on disk, each input as each of their files. ID stands for the
 * container that is asked for.
 */
#include "enrich/container_state.h"
#include "fuzz.h"

#include <errno.h>

#define ID "2ba14df04f2e8ac78ab0ce3f5a9c90931b8888f8a1a7aa9741fa2f45b7a58f15"

static char *patterns[] = {"app*", "io.kubernetes.*", "[a-c]?"};
static const struct container_labels labels = {patterns, 3};

static void check(int result, const struct container_state *state)
{
	CHECK(result == 0 || result == -EBADMSG || result == -EFBIG || result == -ENOENT);
	CHECK(container_state_check(state));
	CHECK(state->labels_length == 0 || state->labels[state->labels_length - 1] == '\0');
	/* A name is never without its value. */
	for (size_t at = 0; at < state->labels_length; at += strlen(state->labels + at) + 1)
		CHECK(strchr(state->labels + at, '='));
}

static void check_image(const char *text)
{
	char name[CONTAINER_IMAGE_SIZE], tag[CONTAINER_TAG_SIZE];

	container_image_split(text, name, tag);
	CHECK(strnlen(name, sizeof(name)) < sizeof(name));
	CHECK(strnlen(tag, sizeof(tag)) < sizeof(tag));
	CHECK(strstr(text, name) && strstr(text, tag));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct container_state *state = malloc(sizeof(*state));
	char *text = fuzz_copy(data, size);
	int result;

	CHECK(state);
	check_image(text);
	text = realloc(text, size ? size : 1); /* it is not terminated */
	result = container_state_docker(text, size, ID, &labels, state);
	check(result, state);
	result = container_state_oci(text, size, &labels, state);
	check(result, state);
	result = container_state_storage(text, size, ID, state);
	check(result, state);
	free(text);
	free(state);
	return 0;
}
