/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads a directory that may be anybody's. Opens nothing in it. */
#include "sink/trail_list.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static int add(struct trail_list *list, size_t *capacity, const struct trail_file *file)
{
	if (list->count == *capacity) {
		size_t wanted = *capacity ? 2 * *capacity : 64;
		struct trail_file *grown = realloc(list->files, wanted * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		list->files = grown;
		*capacity = wanted;
	}
	list->files[list->count] = *file;
	list->files[list->count].name = strdup(file->name);
	if (!list->files[list->count].name)
		return -ENOMEM;
	list->count++;
	return 0;
}

static int compare(const void *left, const void *right)
{
	const struct trail_file *a = left, *b = right;

	if (a->rotated.number != b->rotated.number)
		return a->rotated.number < b->rotated.number ? -1 : 1;
	if (a->rotated.packing != b->rotated.packing)
		return a->rotated.packing < b->rotated.packing ? -1 : 1;
	return strcmp(a->name, b->name);
}

static bool look_at(int dirfd, const struct trail_name *name, const char *entry,
		    struct trail_file *ret_file)
{
	struct stat st;

	*ret_file = (struct trail_file){.name = (char *)entry};
	if (!trail_name_parse(name, entry, &ret_file->rotated) ||
	    fstatat(dirfd, entry, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return false;
	ret_file->bytes = (uint64_t)st.st_size;
	if (st.st_mtim.tv_sec > 0)
		ret_file->changed_ns =
			(uint64_t)st.st_mtim.tv_sec * NS_PER_S + (uint64_t)st.st_mtim.tv_nsec;
	return true;
}

int trail_list_read(struct trail_list *ret_list, int dirfd, const struct trail_name *name)
{
	_cleanup_closedir_ DIR *dir = io_open_names(dirfd);
	const struct dirent *entry;
	struct trail_file file;
	size_t capacity = 0;
	int result = 0;

	*ret_list = (struct trail_list){0};
	if (!dir)
		return -errno;
	while (result == 0 && ret_list->count < TRAIL_LIST_MAX && (entry = readdir(dir)))
		if (look_at(dirfd, name, entry->d_name, &file))
			result = add(ret_list, &capacity, &file);
	if (ret_list->count)
		qsort(ret_list->files, ret_list->count, sizeof(ret_list->files[0]), compare);
	return result;
}

void trail_list_done(struct trail_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->files[i].name);
	free(list->files);
	*list = (struct trail_list){0};
}
