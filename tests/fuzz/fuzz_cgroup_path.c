/* SPDX-License-Identifier: BSD-2-Clause */
/* The path of a cgroup, whose names anybody may have chosen. */
#include "enrich/container_path.h"
#include "fuzz.h"

static void check_text(const char *text, size_t room)
{
	size_t length = strnlen(text, room);

	CHECK(length < room);
	CHECK(fuzz_is_printable(text, length));
}

static void check_part(struct container_part part, size_t length)
{
	CHECK((size_t)part.offset + part.length <= length);
}

/* As it is: systemd escapes the names of machines, and nothing else. */
static void check_stands(const char *id, const char *text, size_t length)
{
	CHECK(memchr(text, '\\', length) || memmem(text, length, id, strlen(id)));
}

static void check(const struct container_path *path, const char *text, size_t length)
{
	CHECK(path->runtime < CONTAINER_RUNTIMES);
	CHECK(path->orchestrator < CONTAINER_ORCHESTRATORS);
	check_text(path->id, sizeof(path->id));
	check_text(path->outer_id, sizeof(path->outer_id));
	check_text(path->pod_uid, sizeof(path->pod_uid));
	check_part(path->unit, length);
	check_part(path->user_unit, length);
	check_part(path->slice, length);
	/* Nobody is in a container without a name. */
	CHECK((path->depth > 0) == (path->id[0] != '\0'));
	CHECK(path->outer_id[0] == '\0' || path->depth > 1);
	check_stands(path->id, text, length);
	check_stands(path->outer_id, text, length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct container_path path;
	char *text;

	if (size > UINT16_MAX)
		return 0;
	text = fuzz_copy(data, size);
	text = realloc(text, size ? size : 1); /* it is not terminated */
	container_path_parse(text, size, &path);
	check(&path, text, size);
	free(text);
	return 0;
}
