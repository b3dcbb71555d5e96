/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bpf(2) itself, for all that needs no loader: what lies behind a descriptor or a pin. Results are
 * 0 or a descriptor, else a negative errno.
 */
#ifndef AUDITSHIP_BPF_CALL_H
#define AUDITSHIP_BPF_CALL_H

#include <linux/bpf.h>
#include <stdint.h>

int bpf_call_lookup(int map_fd, const void *key, void *ret_value);
int bpf_call_update(int map_fd, const void *key, const void *value);
int bpf_call_delete(int map_fd, const void *key);
/* The key behind that one, or the first one for NULL; -ENOENT: there is none. */
int bpf_call_next_key(int map_fd, const void *key, void *ret_key);

int bpf_call_pin(int fd, const char *path);
int bpf_call_get_pinned(const char *path);

/* An array of one value. */
int bpf_call_new_array(const char *name, uint32_t value_size);

int bpf_call_map_info(int map_fd, struct bpf_map_info *ret_info);
/* *ret_size: bytes of *ret_info that this kernel has filled in. */
int bpf_call_program_info(int program_fd, struct bpf_prog_info *ret_info, uint32_t *ret_size);

/* A descriptor to read the iterator from. */
int bpf_call_iterate(int link_fd);

#endif
