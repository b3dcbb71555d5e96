/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of /proc, in which processes and whoever mounts have a say: each input as each of the files
 * that are read.
 */
#include "enrich/procfs.h"
#include "fuzz.h"

#include <errno.h>

#define PID 7
#define ARGS_SIZE 64

static const char *const names[] = {
	"proc/7/stat",
	"proc/7/status",
	"proc/7/cmdline",
	"proc/7/uid_map",
	"proc/7/loginuid",
	"proc/self/mountinfo",
	"proc/self/cgroup",
	"proc/self/status",
	"proc/sys/kernel/random/boot_id",
	"sys/devices/system/cpu/possible",
};

#define NAMES (sizeof(names) / sizeof(names[0]))

static const char *make_tree(void)
{
	static const char *const folders[] = {
		"proc",
		"proc/7",
		"proc/self",
		"proc/sys",
		"proc/sys/kernel",
		"sys",
		"sys/devices",
		"sys/devices/system",
		"sys/devices/system/cpu",
		"proc/sys/kernel/random",
	};
	static bool made;
	char path[512];

	for (size_t i = 0; !made && i < sizeof(folders) / sizeof(folders[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", fuzz_dir(), folders[i]);
		CHECK(mkdir(path, 0700) == 0);
	}
	made = true;
	return fuzz_dir();
}

/* The 20th number behind the last parenthesis: the name before it may hold anything. */
static void check_start(const char *root, const char *text)
{
	uint64_t ticks = 0;
	int result = procfs_start_ticks(root, PID, &ticks), field = 3;
	const char *at = strrchr(text, ')');

	CHECK(result == 0 || result == -EINVAL || result == -ERANGE);
	if (result < 0)
		return;
	CHECK(at);
	for (at = strchr(at, ' ') + 1; field < 22; field++)
		at = strchr(at, ' ') + 1;
	CHECK(strtoull(at, NULL, 10) == ticks);
}

static void check_args(const char *root, const uint8_t *data, size_t size)
{
	char *args = malloc(ARGS_SIZE);
	int cut = 0;
	ssize_t kept = procfs_args(root, PID, args, ARGS_SIZE, &cut);

	CHECK(kept == (ssize_t)(size < ARGS_SIZE ? size : ARGS_SIZE));
	CHECK(kept == 0 || memcmp(args, data, (size_t)kept) == 0);
	CHECK(cut == (size > ARGS_SIZE));
	free(args);
}

static void check_map(const char *root)
{
	struct procfs_id_map *map = calloc(1, sizeof(*map));

	CHECK(map);
	if (procfs_id_map(root, PID, "uid_map", map) == 0) {
		CHECK(map->count <= PROCFS_ID_RANGES_MAX);
		for (size_t i = 0; i < map->count; i++) {
			uint32_t inside = 0;
			bool mapped = procfs_map_inside(map, map->ranges[i].outside, &inside);

			CHECK(mapped || map->ranges[i].length == 0);
		}
	}
	free(map);
}

static void take_mount(void *data, const char *path, const char *v1_options)
{
	(void)data;
	(void)path;
	CHECK(!v1_options || !strchr(v1_options, '\n'));
}

static void check_rest(const char *root)
{
	char boot_id[UUID_TEXT_SIZE];
	uint32_t number, login;
	uint64_t big;

	if (procfs_boot_id(root, boot_id) == 0)
		CHECK(strlen(boot_id) == 36);
	if (procfs_possible_cpus(root, &number) == 0)
		CHECK(number > 0 && number <= UINT16_MAX + 1u);
	(void)procfs_cgroup_mounts(root, take_mount, NULL);
	(void)procfs_cgroup_hierarchy(root, "pids", &number);
	(void)procfs_mount_device(root, 36, &number);
	(void)procfs_own_capabilities(root, &big);
	(void)procfs_own_memory(root, &big);
	(void)procfs_users_of(root, PID, &number, &login);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *root = make_tree();
	char path[512], *text = fuzz_copy(data, size);

	for (size_t i = 0; i < NAMES; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", root, names[i]);
		fuzz_put(path, data, size);
	}
	check_start(root, text);
	check_args(root, data, size);
	check_map(root);
	check_rest(root);
	free(text);
	return 0;
}
