/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks bpf(2) itself: three of its commands are all that maps need. Remembers what it has put into
 * each half, so that it can take it out again. Must not know what the entries mean.
 */
#include "capture/filter_maps.h"

#include "capture/probes.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct filter_maps {
	int entries_fd, names_fd;
	uint32_t cpus;
	struct rec_filter *shared;
	const struct rec_left_out *left_out;
	struct filters *halves[2];
};

static int ask(int command, int fd, const void *key, const uint32_t *value)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (uint32_t)fd;
	attr.key = (uintptr_t)key;
	attr.value = (uintptr_t)value;
	return syscall(__NR_bpf, command, &attr, sizeof(attr)) < 0 ? -errno : 0;
}

/* The command for each entry and name of the filters, as keys of that half. 0 or the first error.
 */
static int ask_all(struct filter_maps *maps, int command, const struct filters *filters,
		   uint32_t half)
{
	int result = 0, first = 0;

	for (size_t i = 0; i < filters->entry_count; i++) {
		struct rec_filter_key key = filters->entries[i].key;

		key.half = (uint8_t)half;
		result = ask(command, maps->entries_fd, &key, &filters->entries[i].flags);
		first = first ? first : result;
	}
	for (size_t i = 0; i < filters->name_count; i++) {
		struct rec_filter_name key = filters->names[i].key;

		key.directory.half = (uint8_t)half;
		result = ask(command, maps->names_fd, &key, &filters->names[i].flags);
		first = first ? first : result;
	}
	return first;
}

static void empty(struct filter_maps *maps, uint32_t half)
{
	if (maps->halves[half])
		(void)ask_all(maps, BPF_MAP_DELETE_ELEM, maps->halves[half], half);
	filters_free(maps->halves[half]);
	maps->halves[half] = NULL;
}

static uint32_t other_half(const struct filter_maps *maps)
{
	return (__atomic_load_n(&maps->shared->half, __ATOMIC_RELAXED) & 1) ^ 1;
}

int filter_maps_fill(struct filter_maps *maps, struct filters *filters, struct err *err)
{
	uint32_t half = other_half(maps);
	int result;

	empty(maps, half);
	maps->halves[half] = filters;
	result = ask_all(maps, BPF_MAP_UPDATE_ELEM, filters, half);
	if (result < 0) {
		empty(maps, half);
		return err_set(err, result, "cannot fill the maps of the kernel filters: %s",
			       strerror(-result));
	}
	maps->shared->sets[half] = filters->set;
	return 0;
}

/* The release orders the store behind all that was filled; BPF programs read it as it comes. */
void filter_maps_switch(struct filter_maps *maps)
{
	__atomic_store_n(&maps->shared->half, other_half(maps), __ATOMIC_SEQ_CST);
	probes_settle();
}

const struct filters *filter_maps_in_force(const struct filter_maps *maps)
{
	return maps->halves[other_half(maps) ^ 1];
}

void filter_maps_left_out(const struct filter_maps *maps, uint64_t ret_counts[REC_FILTERS])
{
	memset(ret_counts, 0, REC_FILTERS * sizeof(ret_counts[0]));
	for (uint32_t cpu = 0; cpu < maps->cpus; cpu++) {
		for (int by = 0; by < REC_FILTERS; by++)
			ret_counts[by] +=
				__atomic_load_n(&maps->left_out[cpu].by[by], __ATOMIC_RELAXED);
	}
}

void filter_maps_rules(const struct filter_maps *maps, bool in_force,
		       uint64_t ret_counts[REC_FILTER_RULES])
{
	uint32_t half = other_half(maps) ^ in_force;

	memset(ret_counts, 0, REC_FILTER_RULES * sizeof(ret_counts[0]));
	for (uint32_t cpu = 0; cpu < maps->cpus; cpu++) {
		for (int slot = 0; slot < REC_FILTER_RULES; slot++)
			ret_counts[slot] += __atomic_load_n(&maps->left_out[cpu].rules[half][slot],
							    __ATOMIC_RELAXED);
	}
}

static void *map_shared(int fd, size_t size, int protection)
{
	void *memory = mmap(NULL, size, protection, MAP_SHARED, fd, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

int filter_maps_open(struct filter_maps **ret_maps, const struct filter_maps_options *options,
		     struct err *err)
{
	struct filter_maps *maps = calloc(1, sizeof(*maps));

	if (!maps)
		return err_set(err, -ENOMEM, "no memory for the kernel filters");
	maps->cpus = options->cpus;
	maps->entries_fd = fcntl(options->entries_fd, F_DUPFD_CLOEXEC, 0);
	maps->names_fd = fcntl(options->names_fd, F_DUPFD_CLOEXEC, 0);
	maps->shared =
		map_shared(options->settings_fd, sizeof(*maps->shared), PROT_READ | PROT_WRITE);
	maps->left_out =
		map_shared(options->left_out_fd, maps->cpus * sizeof(*maps->left_out), PROT_READ);
	if (maps->entries_fd < 0 || maps->names_fd < 0 || !maps->shared || !maps->left_out) {
		(void)err_set(err, -errno, "cannot reach the maps of the kernel filters: %s",
			      strerror(errno));
		filter_maps_close(maps);
		return -EIO;
	}
	__atomic_store_n(&maps->shared->agent_pid, options->agent_pid, __ATOMIC_RELAXED);
	*ret_maps = maps;
	return 0;
}

void filter_maps_close(struct filter_maps *maps)
{
	if (!maps)
		return;
	if (maps->shared)
		(void)munmap(maps->shared, sizeof(*maps->shared));
	if (maps->left_out)
		(void)munmap((void *)(uintptr_t)maps->left_out,
			     maps->cpus * sizeof(*maps->left_out));
	if (maps->entries_fd >= 0)
		(void)close(maps->entries_fd);
	if (maps->names_fd >= 0)
		(void)close(maps->names_fd);
	filters_free(maps->halves[0]);
	filters_free(maps->halves[1]);
	free(maps);
}
