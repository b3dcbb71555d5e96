/* SPDX-License-Identifier: BSD-2-Clause */
/* Talks to libbpf and to nothing else of ours. What libbpf says is kept for the error message. */
#include "capture/probes.h"

#include "base/cleanup.h"

#include <auditship.skel.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { HOOK_FORK, HOOK_EXEC, HOOK_EXIT, HOOK_SNAPSHOT, HOOKS };

struct probes {
	struct auditship_bpf *object;
	struct bpf_program *programs[HOOKS];
	struct bpf_link *links[HOOKS];
	struct bpf_program *again[HOOKS]; /* called after it for the same event, or NULL */
	struct bpf_link *again_links[HOOKS];
	struct probe_status status[HOOKS];
	uint64_t vital_bytes;
	uint64_t number; /* of this set */
	void *counts, *reader, *generation, *marks;
	size_t counts_size, reader_size, generation_size, marks_size;
};

/* What matters of libbpf's warnings; only used while probes_open or probes_attach run. */
static struct err said;

/* In a verifier's log the reason is the line before the one that begins with "processed". */
static void keep_reason(const char *log)
{
	const char *end = strstr(log, "\nprocessed "), *start = end;

	while (start > log && start[-1] != '\n')
		start--;
	if (end)
		(void)snprintf(said.text, sizeof(said.text), "%.*s", (int)(end - start), start);
}

static int keep_warning(enum libbpf_print_level level, const char *format, va_list args)
{
	_cleanup_free_ char *text = NULL;

	if (level != LIBBPF_WARN || vasprintf(&text, format, args) < 0)
		return 0;
	if (strstr(text, "BEGIN PROG LOAD LOG"))
		keep_reason(text);
	else if (said.text[0] == '\0')
		(void)snprintf(said.text, sizeof(said.text), "%s", text);
	return 0;
}

static void cut_line_feed(char *text)
{
	size_t length = strlen(text);

	while (length > 0 && text[length - 1] == '\n')
		text[--length] = '\0';
}

/* sched_process_exit has a second parameter, group_dead, on newer kernels: BTF tells. */
static bool exit_tells_group_dead(void)
{
	struct btf *btf = btf__load_vmlinux_btf();
	const struct btf_type *type;
	bool found = false;
	int id;

	if (!btf)
		return false;
	id = btf__find_by_name_kind(btf, "btf_trace_sched_process_exit", BTF_KIND_TYPEDEF);
	type = id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;
	type = type ? btf__type_by_id(btf, type->type) : NULL;
	type = type ? btf__type_by_id(btf, type->type) : NULL;
	if (type && btf_is_func_proto(type))
		found = btf_vlen(type) == 3; /* context, task, group_dead */
	btf__free(btf);
	return found;
}

/*
 * Linux 7.0 and later: tracepoints protect themselves by SRCU, no longer by disabled preemption.
 * There was an SRCU domain of that name up to 6.12 too, for other calls; struct srcu_ctr is there
 * since 6.15.
 */
static bool hooks_are_preempted(void)
{
	struct btf *btf = btf__load_vmlinux_btf();
	bool found = btf && btf__find_by_name_kind(btf, "srcu_ctr", BTF_KIND_STRUCT) > 0 &&
		     btf__find_by_name_kind(btf, "tracepoint_srcu_srcu_data", BTF_KIND_VAR) > 0;

	btf__free(btf);
	return found;
}

/* First bytes of NAME=, as the probes compare them. */
static struct rec_env_prefix env_prefix(const char *name)
{
	char text[sizeof(__u64)] = {0}, mask[sizeof(__u64)] = {0};
	size_t length = strlen(name);
	struct rec_env_prefix prefix;

	for (size_t i = 0; i < sizeof(text) && i <= length; i++) {
		text[i] = i < length ? name[i] : '=';
		mask[i] = (char)0xff;
	}
	memcpy(&prefix.bytes, text, sizeof(prefix.bytes));
	memcpy(&prefix.mask, mask, sizeof(prefix.mask));
	return prefix;
}

static void apply_settings(struct auditship_bpf *object, const struct probes_options *options)
{
	object->rodata->cfg_cpus = options->cpus;
	object->rodata->cfg_page_size = options->page_size;
	object->rodata->cfg_args_max = options->args_max;
	for (size_t i = 0; i < options->env_count && i < REC_ENV_NAMES; i++) {
		struct rec_env_prefix prefix = env_prefix(options->env[i]);

		memcpy((void *)(uintptr_t)&object->rodata->cfg_env[i], &prefix, sizeof(prefix));
		object->rodata->cfg_env_count = (__u32)i + 1;
	}
}

static int size_maps(struct auditship_bpf *object, const struct probes_options *options,
		     struct err *err)
{
	__u32 slots = options->cpus * REC_CLASSES;
	int result = bpf_map__set_max_entries(object->maps.scratch, slots);

	if (result == 0)
		result = bpf_map__set_max_entries(object->maps.counts, slots * REC_RING_SHIPPER);
	if (result == 0)
		result = bpf_map__set_max_entries(object->maps.vital, (__u32)options->vital_bytes);
	if (result == 0)
		result = bpf_map__set_max_entries(object->maps.marks, options->cpus);
	if (result < 0)
		return err_set(err, result, "cannot size the BPF maps for %u CPUs: %s",
			       options->cpus, strerror(-result));
	return 0;
}

/* The second and later sets of programs share two maps with the one before. */
static int share_maps(struct auditship_bpf *object, const struct probes *previous, struct err *err)
{
	int result;

	if (!previous)
		return 0;
	result = bpf_map__reuse_fd(object->maps.generation,
				   bpf_map__fd(previous->object->maps.generation));
	if (result == 0)
		result = bpf_map__reuse_fd(object->maps.marks,
					   bpf_map__fd(previous->object->maps.marks));
	if (result < 0)
		return err_set(err, result, "cannot share maps with the probes in place: %s",
			       strerror(-result));
	return 0;
}

static int map_memory(struct bpf_map *map, void **ret_memory, size_t *ret_size, struct err *err)
{
	size_t size = (size_t)bpf_map__max_entries(map) * ((bpf_map__value_size(map) + 7) & ~7U);
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);

	if (memory == MAP_FAILED)
		return err_set(err, -errno, "cannot map the BPF map '%s': %s", bpf_map__name(map),
			       strerror(errno));
	*ret_memory = memory;
	*ret_size = size;
	return 0;
}

/* NAME, or NAME_alone and NAME_again where the hook has them and the kernel asks for them. */
static void choose_variants(struct probes *probes)
{
	bool preempted = hooks_are_preempted();
	struct bpf_program *program;

	bpf_object__for_each_program(program, probes->object->obj)
	{
		const char *name = bpf_program__name(program), *end = strrchr(name, '_');

		if (end && (strcmp(end, "_alone") == 0 || strcmp(end, "_again") == 0))
			(void)bpf_program__set_autoload(program, false);
	}
	for (int i = 0; preempted && i < HOOKS; i++) {
		struct bpf_object *object = probes->object->obj;
		struct bpf_program *plain = probes->programs[i], *alone;
		char name[64];

		(void)snprintf(name, sizeof(name), "%s_alone", bpf_program__name(plain));
		alone = bpf_object__find_program_by_name(object, name);
		if (!alone)
			continue;
		(void)snprintf(name, sizeof(name), "%s_again", bpf_program__name(plain));
		probes->again[i] = bpf_object__find_program_by_name(object, name);
		probes->programs[i] = alone;
		(void)bpf_program__set_autoload(plain, false);
		(void)bpf_program__set_autoload(alone, true);
		(void)bpf_program__set_autoload(probes->again[i], true);
	}
}

static void choose_programs(struct probes *probes)
{
	static const char *const names[HOOKS] = {"fork", "exec", "exit", "snapshot"};
	struct auditship_bpf *object = probes->object;
	bool group_dead = exit_tells_group_dead();

	(void)bpf_program__set_autoload(object->progs.on_exit, !group_dead);
	(void)bpf_program__set_autoload(object->progs.on_exit_group_dead, group_dead);
	probes->programs[HOOK_FORK] = object->progs.on_fork;
	probes->programs[HOOK_EXEC] = object->progs.on_exec;
	probes->programs[HOOK_EXIT] =
		group_dead ? object->progs.on_exit_group_dead : object->progs.on_exit;
	probes->programs[HOOK_SNAPSHOT] = object->progs.on_snapshot;
	for (int i = 0; i < HOOKS; i++)
		probes->status[i].name = names[i];
	choose_variants(probes);
}

static int map_all(struct probes *probes, struct err *err)
{
	struct auditship_bpf *object = probes->object;
	int result = map_memory(object->maps.counts, &probes->counts, &probes->counts_size, err);

	if (result == 0)
		result =
			map_memory(object->maps.reader, &probes->reader, &probes->reader_size, err);
	if (result == 0)
		result = map_memory(object->maps.generation, &probes->generation,
				    &probes->generation_size, err);
	if (result == 0)
		result = map_memory(object->maps.marks, &probes->marks, &probes->marks_size, err);
	return result;
}

static int load(struct probes *probes, const struct probes_options *options, struct err *err)
{
	int result;

	probes->object = auditship_bpf__open();
	if (!probes->object)
		return err_set(err, -errno, "cannot open the BPF object: %s", strerror(errno));
	probes->number = options->previous ? options->previous->number + 1 : 0;
	apply_settings(probes->object, options);
	probes->object->rodata->cfg_generation = probes->number;
	choose_programs(probes);
	result = size_maps(probes->object, options, err);
	if (result == 0)
		result = share_maps(probes->object, options->previous, err);
	if (result < 0)
		return result;
	result = auditship_bpf__load(probes->object);
	if (result < 0) {
		cut_line_feed(said.text);
		return err_set(err, result, "the kernel refuses the BPF programs: %s%s%s",
			       strerror(-result), said.text[0] ? ": " : "", said.text);
	}
	probes->vital_bytes = options->vital_bytes;
	return map_all(probes, err);
}

int probes_open(struct probes **ret_probes, const struct probes_options *options, struct err *err)
{
	struct probes *probes = calloc(1, sizeof(*probes));
	int result;

	if (!probes)
		return err_set(err, -ENOMEM, "no memory for the probes");
	said.text[0] = '\0';
	(void)libbpf_set_print(keep_warning);
	result = load(probes, options, err);
	if (result < 0) {
		probes_close(probes);
		return result;
	}
	*ret_probes = probes;
	return 0;
}

static void unmap(void *memory, size_t size)
{
	if (memory)
		(void)munmap(memory, size);
}

void probes_close(struct probes *probes)
{
	if (!probes)
		return;
	probes_detach(probes);
	unmap(probes->counts, probes->counts_size);
	unmap(probes->reader, probes->reader_size);
	unmap(probes->generation, probes->generation_size);
	unmap(probes->marks, probes->marks_size);
	auditship_bpf__destroy(probes->object);
	free(probes);
}

/* The snapshot is an iterator: its link starts nothing, so all hooks are treated alike. */
int probes_attach(struct probes *probes, struct err *err)
{
	int first = 0;

	for (int i = 0; i < HOOKS; i++) {
		struct probe_status *status = &probes->status[i];

		probes->links[i] = bpf_program__attach(probes->programs[i]);
		status->attached = probes->links[i] != NULL;
		if (status->attached && probes->again[i]) {
			probes->again_links[i] = bpf_program__attach(probes->again[i]);
			status->attached = probes->again_links[i] != NULL;
		}
		if (status->attached)
			continue;
		(void)snprintf(status->why, sizeof(status->why), "%s", strerror(errno));
		if (first == 0)
			first = err_set(err, -errno, "cannot attach the probe '%s': %s",
					status->name, status->why);
	}
	return first;
}

void probes_detach(struct probes *probes)
{
	for (int i = 0; i < HOOKS; i++) {
		(void)bpf_link__destroy(probes->links[i]);
		(void)bpf_link__destroy(probes->again_links[i]);
		probes->links[i] = probes->again_links[i] = NULL;
		probes->status[i].attached = false;
	}
}

/* MEMBARRIER_CMD_GLOBAL waits for an RCU grace period (membarrier(2)), and hooks run inside RCU. */
void probes_settle(void)
{
	(void)syscall(__NR_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

/*
 * First, no event may go on that began before the newer set was called for it, or nobody would
 * record it. A mark that the older set has just left is still needed by the newer one, called right
 * after it, so none is taken away before every event that met the store is over. Then old ones must
 * go: with the older set detached nobody would, and a process that runs two programs looks twice
 * the same.
 */
void probes_take_over(struct probes *probes)
{
	uint64_t *generation = probes->generation, *marks = probes->marks;

	probes_settle();
	__atomic_store_n(generation, probes->number, __ATOMIC_SEQ_CST);
	probes_settle();
	for (size_t i = 0; i < probes->marks_size / sizeof(*marks); i++)
		__atomic_store_n(&marks[i], 0, __ATOMIC_SEQ_CST);
}

size_t probes_status(const struct probes *probes, const struct probe_status **ret_status)
{
	*ret_status = probes->status;
	return HOOKS;
}

/* Records come back to back; a read may end anywhere. */
static size_t hand_out(const char *data, size_t filled, probes_snapshot_handler handler, void *arg)
{
	size_t at = 0;

	while (filled - at >= sizeof(struct rec_header)) {
		struct rec_header header;

		memcpy(&header, data + at, sizeof(header));
		if (header.size < sizeof(header) || header.size > filled - at)
			break;
		handler(arg, data + at, header.size);
		at += header.size;
	}
	return at;
}

int probes_snapshot(struct probes *probes, probes_snapshot_handler handler, void *data,
		    struct err *err)
{
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *buffer = malloc(2 * REC_MAX_SIZE);
	size_t filled = 0;

	if (!buffer)
		return err_set(err, -ENOMEM, "no memory for the snapshot of processes");
	if (!probes->links[HOOK_SNAPSHOT])
		return err_set(err, -ENOENT, "the task iterator is not attached");
	fd = bpf_iter_create(bpf_link__fd(probes->links[HOOK_SNAPSHOT]));
	if (fd < 0)
		return err_set(err, -errno, "cannot start the task iterator: %s", strerror(errno));
	for (;;) {
		ssize_t n = read(fd, buffer + filled, 2 * REC_MAX_SIZE - filled);
		size_t used;

		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return err_set(err, -errno, "cannot read the task iterator: %s",
				       strerror(errno));
		if (n == 0)
			return 0;
		filled += (size_t)n;
		used = hand_out(buffer, filled, handler, data);
		filled -= used;
		memmove(buffer, buffer + used, filled);
	}
}

int probes_vital_fd(const struct probes *probes)
{
	return bpf_map__fd(probes->object->maps.vital);
}

uint64_t probes_vital_bytes(const struct probes *probes)
{
	return probes->vital_bytes;
}

const struct rec_counts *probes_counts(const struct probes *probes)
{
	return probes->counts;
}

struct rec_reader *probes_reader(struct probes *probes)
{
	return probes->reader;
}
