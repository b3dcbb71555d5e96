/* SPDX-License-Identifier: BSD-2-Clause */
/* Paths that are left out. Knows none by name. */
#include "render/omission.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool omission_covers(const char *whole, const char *path)
{
	size_t length = strlen(whole);

	return strncmp(whole, path, length) == 0 && (path[length] == '\0' || path[length] == '.');
}

bool omission_has(const struct omission *omission, const char *path)
{
	for (size_t i = 0; i < omission->count; i++)
		if (omission_covers(omission->paths[i], path))
			return true;
	return false;
}

int omission_copy(struct omission *ret_copy, const struct omission *omission)
{
	size_t size = omission->count * sizeof(char *);
	const char **paths;
	char *text;

	*ret_copy = (struct omission){0};
	if (omission->count == 0)
		return 0;
	for (size_t i = 0; i < omission->count; i++)
		size += strlen(omission->paths[i]) + 1;
	paths = malloc(size);
	if (!paths)
		return -ENOMEM;
	text = (char *)(paths + omission->count);
	for (size_t i = 0; i < omission->count; i++) {
		paths[i] = text;
		text = stpcpy(text, omission->paths[i]) + 1;
	}
	*ret_copy = (struct omission){paths, omission->count};
	return 0;
}

void omission_done(struct omission *copy)
{
	free((void *)copy->paths);
	*copy = (struct omission){0};
}
