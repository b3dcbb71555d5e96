/* SPDX-License-Identifier: BSD-2-Clause */
/* One command per function; the attributes are cleared, as the kernel wants them. */
#include "capture/bpf_call.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int call(int command, union bpf_attr *attr)
{
	long result = syscall(__NR_bpf, command, attr, sizeof(*attr));

	return result < 0 ? -errno : (int)result;
}

static int call_map(int command, int map_fd, const void *key, const void *value)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (uint32_t)map_fd;
	attr.key = (uintptr_t)key;
	attr.value = (uintptr_t)value;
	return call(command, &attr);
}

int bpf_call_lookup(int map_fd, const void *key, void *ret_value)
{
	return call_map(BPF_MAP_LOOKUP_ELEM, map_fd, key, ret_value);
}

int bpf_call_update(int map_fd, const void *key, const void *value)
{
	return call_map(BPF_MAP_UPDATE_ELEM, map_fd, key, value);
}

int bpf_call_delete(int map_fd, const void *key)
{
	return call_map(BPF_MAP_DELETE_ELEM, map_fd, key, NULL);
}

int bpf_call_next_key(int map_fd, const void *key, void *ret_key)
{
	return call_map(BPF_MAP_GET_NEXT_KEY, map_fd, key, ret_key);
}

int bpf_call_pin(int fd, const char *path)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.bpf_fd = (uint32_t)fd;
	attr.pathname = (uintptr_t)path;
	return call(BPF_OBJ_PIN, &attr);
}

int bpf_call_get_pinned(const char *path)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.pathname = (uintptr_t)path;
	return call(BPF_OBJ_GET, &attr);
}

int bpf_call_new_array(const char *name, uint32_t value_size)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = sizeof(uint32_t);
	attr.value_size = value_size;
	attr.max_entries = 1;
	(void)snprintf(attr.map_name, sizeof(attr.map_name), "%s", name);
	return call(BPF_MAP_CREATE, &attr);
}

static int call_info(int fd, void *info, uint32_t *size)
{
	union bpf_attr attr;
	int result;

	memset(&attr, 0, sizeof(attr));
	memset(info, 0, *size);
	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = *size;
	attr.info.info = (uintptr_t)info;
	result = call(BPF_OBJ_GET_INFO_BY_FD, &attr);
	*size = attr.info.info_len;
	return result;
}

int bpf_call_map_info(int map_fd, struct bpf_map_info *ret_info)
{
	uint32_t size = sizeof(*ret_info);

	return call_info(map_fd, ret_info, &size);
}

int bpf_call_program_info(int program_fd, struct bpf_prog_info *ret_info, uint32_t *ret_size)
{
	*ret_size = sizeof(*ret_info);
	return call_info(program_fd, ret_info, ret_size);
}

int bpf_call_iterate(int link_fd)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.iter_create.link_fd = (uint32_t)link_fd;
	return call(BPF_ITER_CREATE, &attr);
}
