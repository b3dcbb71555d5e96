/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Remembers what it has put into each half, so that it can take it out again. Must not know what
 * the entries mean.
 */
#include "capture/filter_maps.h"

#include "capture/bpf_call.h"
#include "capture/probes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct filter_maps {
	int entries_fd, names_fd;
	uint32_t cpus;
	struct rec_filter *shared;
	const struct rec_left_out *left_out;
	uint64_t left_out_before[REC_FILTERS]; /* an agent before us may have used the maps */
	struct filters *halves[2];
};

/* Each entry and name of the filters, as keys of that half: with its flags, or away with it. 0 or
 * the first error. */
static int put_all(struct filter_maps *maps, bool away, const struct filters *filters,
		   uint32_t half)
{
	int result = 0, first = 0;

	for (size_t i = 0; i < filters->entry_count; i++) {
		struct rec_filter_key key = filters->entries[i].key;

		key.half = (uint8_t)half;
		result = away ? bpf_call_delete(maps->entries_fd, &key)
			      : bpf_call_update(maps->entries_fd, &key, &filters->entries[i].flags);
		first = first ? first : result;
	}
	for (size_t i = 0; i < filters->name_count; i++) {
		struct rec_filter_name key = filters->names[i].key;

		key.directory.half = (uint8_t)half;
		result = away ? bpf_call_delete(maps->names_fd, &key)
			      : bpf_call_update(maps->names_fd, &key, &filters->names[i].flags);
		first = first ? first : result;
	}
	return first;
}

/* The one behind key is asked for before key goes: else the search would begin anew. */
static void purge_entries(int map_fd, uint32_t half)
{
	struct rec_filter_key key, next;
	int found = bpf_call_next_key(map_fd, NULL, &key);

	while (found == 0) {
		found = bpf_call_next_key(map_fd, &key, &next);
		if (key.half == half)
			(void)bpf_call_delete(map_fd, &key);
		key = next;
	}
}

static void purge_names(int map_fd, uint32_t half)
{
	struct rec_filter_name key, next;
	int found = bpf_call_next_key(map_fd, NULL, &key);

	while (found == 0) {
		found = bpf_call_next_key(map_fd, &key, &next);
		if (key.directory.half == half)
			(void)bpf_call_delete(map_fd, &key);
		key = next;
	}
}

/* What we have not filled may hold what an agent before us has left. */
static void empty(struct filter_maps *maps, uint32_t half)
{
	if (maps->halves[half]) {
		(void)put_all(maps, true, maps->halves[half], half);
	} else {
		purge_entries(maps->entries_fd, half);
		purge_names(maps->names_fd, half);
	}
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
	result = put_all(maps, false, filters, half);
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

static void add_left_out(const struct filter_maps *maps, uint64_t ret_counts[REC_FILTERS])
{
	memset(ret_counts, 0, REC_FILTERS * sizeof(ret_counts[0]));
	for (uint32_t cpu = 0; cpu < maps->cpus; cpu++) {
		for (int by = 0; by < REC_FILTERS; by++)
			ret_counts[by] +=
				__atomic_load_n(&maps->left_out[cpu].by[by], __ATOMIC_RELAXED);
	}
}

void filter_maps_left_out(const struct filter_maps *maps, uint64_t ret_counts[REC_FILTERS])
{
	add_left_out(maps, ret_counts);
	for (int by = 0; by < REC_FILTERS; by++)
		ret_counts[by] -= maps->left_out_before[by];
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
	add_left_out(maps, maps->left_out_before);
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
