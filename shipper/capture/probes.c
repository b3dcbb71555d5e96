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

#define HOOKS_MAX 12
#define OPEN_KINDS \
	(1U << REC_OPEN_READ | 1U << REC_OPEN_WRITE | 1U << REC_FILE_CREATE | 1U << REC_OPEN_FAILED)

struct probes {
	struct auditship_bpf *object;
	struct bpf_program *programs[HOOKS_MAX]; /* of the hooks that are wanted; NULL: refused */
	struct bpf_link *links[HOOKS_MAX];
	struct bpf_program *again[HOOKS_MAX]; /* called after it for the same event, or NULL */
	struct bpf_link *again_links[HOOKS_MAX];
	bool preempted;   /* what the kernel does with hooks */
	bool preemptible; /* a program is there that can be preempted: it needs memory of its own */
	struct probe_status status[HOOKS_MAX];
	uint64_t past_missed[HOOKS_MAX]; /* by the sets before */
	size_t hooks;
	size_t snapshot; /* which of them is the task iterator */
	struct bpf_map *rings[REC_RING_SHIPPER];
	uint64_t number; /* of this set */
	void *counts, *reader, *generation, *marks;
	size_t counts_size, reader_size, generation_size, marks_size;
};

/* What matters of libbpf's warnings; only used while probes_open or probes_attach run. */
static struct err said;
static char said_of[64]; /* the program it was about */

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
	if (said_of[0] == '\0')
		(void)sscanf(text, "libbpf: prog '%63[^']'", said_of);
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
static bool exit_tells_group_dead(const struct btf *btf)
{
	const struct btf_type *type;
	int id;

	if (!btf)
		return false;
	id = btf__find_by_name_kind(btf, "btf_trace_sched_process_exit", BTF_KIND_TYPEDEF);
	type = id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;
	type = type ? btf__type_by_id(btf, type->type) : NULL;
	type = type ? btf__type_by_id(btf, type->type) : NULL;
	/* context, task, group_dead */
	return type && btf_is_func_proto(type) && btf_vlen(type) == 3;
}

/*
 * Linux 7.0 and later: tracepoints protect themselves by SRCU, no longer by disabled preemption.
 * There was an SRCU domain of that name up to 6.12 too, for other calls; struct srcu_ctr is there
 * since 6.15.
 */
static bool hooks_are_preempted(const struct btf *btf)
{
	return btf && btf__find_by_name_kind(btf, "srcu_ctr", BTF_KIND_STRUCT) > 0 &&
	       btf__find_by_name_kind(btf, "tracepoint_srcu_srcu_data", BTF_KIND_VAR) > 0;
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
	object->rodata->cfg_wants_open = (options->kinds & OPEN_KINDS) != 0;
	object->rodata->cfg_wants_exec_failed = (options->kinds & 1U << REC_EXEC_FAILED) != 0;
	for (size_t i = 0; i < options->env_count && i < REC_ENV_NAMES; i++) {
		struct rec_env_prefix prefix = env_prefix(options->env[i]);

		memcpy((void *)(uintptr_t)&object->rodata->cfg_env[i], &prefix, sizeof(prefix));
		object->rodata->cfg_env_count = (__u32)i + 1;
	}
}

static int size_maps(struct auditship_bpf *object, const struct probes_options *options,
		     bool preemptible, struct err *err)
{
	struct bpf_map *scratch = object->maps.scratch;
	__u32 scratch_bytes = bpf_map__value_size(scratch) - REC_ARGS_DEFAULT + options->args_max;
	__u32 counts = options->cpus * REC_CLASSES * REC_RING_SHIPPER;
	int result = bpf_map__set_max_entries(scratch, options->cpus * (preemptible ? 2 : 1) + 1);

	if (result == 0)
		result = bpf_map__set_value_size(scratch, (scratch_bytes + 7) & ~7U);
	if (result == 0)
		result = bpf_map__set_max_entries(object->maps.counts, counts);
	if (result == 0)
		result = bpf_map__set_max_entries(object->maps.vital,
						  (__u32)options->ring_bytes[REC_RING_VITAL]);
	if (result == 0)
		result = bpf_map__set_max_entries(object->maps.bulk,
						  (__u32)options->ring_bytes[REC_RING_BULK]);
	if (result == 0)
		result = bpf_map__set_max_entries(object->maps.marks, options->cpus * REC_KINDS);
	if (result == 0)
		result = bpf_map__set_max_entries(object->maps.left_out, options->cpus);
	if (result < 0)
		return err_set(err, result, "cannot size the BPF maps for %u CPUs: %s",
			       options->cpus, strerror(-result));
	return 0;
}

/* The second and later sets of programs share these with the one before. */
static int share_maps(struct auditship_bpf *object, const struct probes *previous, struct err *err)
{
	const struct auditship_bpf *from = previous ? previous->object : object;
	const struct {
		struct bpf_map *to, *from;
	} shared[] = {
		{object->maps.generation, from->maps.generation},
		{object->maps.marks, from->maps.marks},
		{object->maps.filter_settings, from->maps.filter_settings},
		{object->maps.filter_entries, from->maps.filter_entries},
		{object->maps.filter_names, from->maps.filter_names},
		{object->maps.left_out, from->maps.left_out},
		{object->maps.executables, from->maps.executables},
	};
	int result = 0;

	if (!previous)
		return 0;
	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]) && result == 0; i++)
		result = bpf_map__reuse_fd(shared[i].to, bpf_map__fd(shared[i].from));
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

static struct bpf_program *variant(const struct probes *probes, const struct bpf_program *plain,
				   const char *end)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%s%s", bpf_program__name(plain), end);
	return bpf_object__find_program_by_name(probes->object->obj, name);
}

/* NAME, or NAME_alone and NAME_again where the hook has them and the kernel asks for them. */
static void choose_variant(struct probes *probes, struct bpf_program *plain, bool preempted,
			   bool loaded)
{
	struct bpf_program *alone = variant(probes, plain, "_alone");
	struct bpf_program *again = variant(probes, plain, "_again");
	bool split = alone && again && preempted;

	(void)bpf_program__set_autoload(plain, loaded && !split);
	if (alone && again) {
		(void)bpf_program__set_autoload(alone, loaded && split);
		(void)bpf_program__set_autoload(again, loaded && split);
	}
	probes->programs[probes->hooks] = !loaded ? NULL : split ? alone : plain;
	probes->again[probes->hooks] = loaded && split ? again : NULL;
}

/* What is not wanted is not loaded either. The order is that of the calls on one tracepoint. */
static void add_hook(struct probes *probes, const char *name, struct bpf_program *program,
		     bool wanted)
{
	struct probe_status *status = &probes->status[probes->hooks];
	bool refused = wanted && status->why[0]; /* by the kernel, at the try before */

	choose_variant(probes, program, probes->preempted, wanted && !refused);
	if (!wanted)
		return;
	status->name = name;
	probes->hooks++;
}

static void require_hook(struct probes *probes, const char *name, struct bpf_program *program,
			 bool wanted)
{
	if (wanted)
		probes->status[probes->hooks].required = true;
	add_hook(probes, name, program, wanted);
}

/* Notes why a hook cannot be had. */
static void refuse(struct probe_status *status, int error)
{
	(void)snprintf(status->why, sizeof(status->why), "the kernel refuses it: %.40s%s%.90s",
		       strerror(-error), said.text[0] ? ": " : "", said.text);
}

static bool has_function(const struct btf *btf, const char *name)
{
	return btf__find_by_name_kind(btf, name, BTF_KIND_FUNC) > 0;
}

/* A helper function of BPF, by the name of its number. */
static bool has_helper(const struct btf *btf, const char *name)
{
	int id = btf__find_by_name_kind(btf, "bpf_func_id", BTF_KIND_ENUM);
	const struct btf_type *type = id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;

	for (__u16 i = 0; type && i < btf_vlen(type); i++)
		if (strcmp(btf__name_by_offset(btf, btf_enum(type)[i].name_off), name) == 0)
			return true;
	return false;
}

/*
 * Before 5.12 io_uring works in threads that belong to no process, and before 5.15 no program of
 * this kind knows which system call a thread is in. The function was do_filp_open up to 6.19.
 */
static const char *find_open_function(const struct btf *btf)
{
	if (!btf || !has_helper(btf, "BPF_FUNC_task_pt_regs"))
		return NULL;
	if (has_function(btf, "do_filp_open"))
		return "do_filp_open";
	return has_function(btf, "do_file_open") ? "do_file_open" : NULL;
}

/*
 * Some hosts refuse all programs of this kind, even to root. Asked with one that does nothing: a
 * refusal of the real one would have all others verified again.
 */
static int try_at_end_of(const struct btf *btf, const char *function)
{
	const struct bpf_insn nothing[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int id = btf__find_by_name_kind(btf, function, BTF_KIND_FUNC), fd;
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_FEXIT,
		    .attach_btf_id = (__u32)id);

	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "auditship_try", "Dual BSD/GPL", nothing, 2,
			   &options);
	if (fd >= 0)
		(void)close(fd);
	return fd < 0 ? fd : 0;
}

/* Why there is no hook for it, as far as can be told before the programs are loaded. */
static void judge_io_uring(struct probe_status *status, const struct btf *btf, const char *function)
{
	int error = function ? try_at_end_of(btf, function) : 0;

	if (!function)
		(void)snprintf(status->why, sizeof(status->why),
			       "there is no hook for it before Linux 5.15");
	else if (error < 0)
		refuse(status, error);
}

/* Opens by request to io_uring. */
static void add_io_uring(struct probes *probes, const struct btf *btf, bool wanted)
{
	struct auditship_bpf *object = probes->object;
	struct bpf_program *programs[] = {object->progs.on_io_uring,
					  object->progs.on_io_uring_alone,
					  object->progs.on_io_uring_again};
	struct probe_status *status = &probes->status[probes->hooks];
	const char *function = find_open_function(btf);

	status->optional = wanted;
	if (wanted && !status->why[0])
		judge_io_uring(status, btf, function);
	for (size_t i = 0; function && i < sizeof(programs) / sizeof(programs[0]); i++)
		(void)bpf_program__set_attach_target(programs[i], 0, function);
	add_hook(probes, "io_uring", programs[0], wanted);
	probes->preemptible = bpf_program__autoload(programs[0]);
}

/* Programs that differ by kernel are two hooks of one name. */
static void choose_programs(struct probes *probes, uint32_t kinds)
{
	struct auditship_bpf *object = probes->object;
	struct btf *btf = btf__load_vmlinux_btf();
	bool group_dead = exit_tells_group_dead(btf);
	bool cast = btf && btf__find_by_name_kind(btf, "bpf_rdonly_cast", BTF_KIND_FUNC) > 0;
	bool calls = kinds & (OPEN_KINDS | 1U << REC_EXEC_FAILED);

	probes->preempted = hooks_are_preempted(btf);
	probes->hooks = 0;
	require_hook(probes, "fork", object->progs.on_fork, true);
	add_hook(probes, "thread_start", object->progs.on_thread_start,
		 kinds & 1U << REC_THREAD_START);
	require_hook(probes, "exec", object->progs.on_exec, true);
	add_hook(probes, "syscall", object->progs.on_syscall, calls && !cast);
	add_hook(probes, "syscall", object->progs.on_syscall_cast, calls && cast);
	add_io_uring(probes, btf, kinds & OPEN_KINDS);
	add_hook(probes, "thread_exit", object->progs.on_thread_exit,
		 kinds & 1U << REC_THREAD_EXIT);
	object->rodata->cfg_exit_without_memory = !group_dead; /* both changed in 6.16 */
	if (group_dead)
		(void)bpf_map__set_max_entries(object->maps.executables, 1);
	require_hook(probes, "exit", object->progs.on_exit, !group_dead);
	require_hook(probes, "exit", object->progs.on_exit_group_dead, group_dead);
	add_hook(probes, "cgroup_mkdir", object->progs.on_cgroup_mkdir, true);
	add_hook(probes, "cgroup_rename", object->progs.on_cgroup_rename, true);
	add_hook(probes, "cgroup_rmdir", object->progs.on_cgroup_rmdir, true);
	probes->snapshot = probes->hooks;
	require_hook(probes, "snapshot", object->progs.on_snapshot, true);
	btf__free(btf);
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

static int open_object(struct probes *probes, const struct probes_options *options, struct err *err)
{
	int result;

	probes->object = auditship_bpf__open();
	if (!probes->object)
		return err_set(err, -errno, "cannot open the BPF object: %s", strerror(errno));
	apply_settings(probes->object, options);
	probes->object->rodata->cfg_generation = probes->number;
	choose_programs(probes, options->kinds);
	probes->rings[REC_RING_VITAL] = probes->object->maps.vital;
	probes->rings[REC_RING_BULK] = probes->object->maps.bulk;
	result = size_maps(probes->object, options, probes->preemptible, err);
	return result == 0 ? share_maps(probes->object, options->previous, err) : result;
}

static bool is_about(const struct probes *probes, size_t i, const char *name)
{
	const struct bpf_program *again = probes->again[i];

	return strcmp(name, bpf_program__name(probes->programs[i])) == 0 ||
	       (again && strcmp(name, bpf_program__name(again)) == 0);
}

/*
 * After a load that failed: the hook that it failed at is tried no more, if we can do without it.
 * Where libbpf does not name the program, we do without all that we can. False: nothing is left to
 * leave out.
 */
static bool leave_out(struct probes *probes, int error)
{
	bool left_out = false;

	for (size_t i = 0; i < probes->hooks; i++) {
		if (!probes->programs[i] || probes->status[i].required ||
		    (said_of[0] && !is_about(probes, i, said_of)))
			continue;
		refuse(&probes->status[i], error);
		left_out = true;
	}
	return left_out;
}

/* A BPF object loads all its programs or none, so what is left out takes another try. */
static int load(struct probes *probes, const struct probes_options *options, struct err *err)
{
	int result;

	for (;;) {
		said.text[0] = said_of[0] = '\0';
		result = open_object(probes, options, err);
		if (result < 0)
			return result;
		result = auditship_bpf__load(probes->object);
		if (result == 0)
			return map_all(probes, err);
		cut_line_feed(said.text);
		if (!leave_out(probes, result))
			return err_set(err, result, "the kernel refuses the BPF programs: %s%s%s",
				       strerror(-result), said.text[0] ? ": " : "", said.text);
		auditship_bpf__destroy(probes->object);
		probes->object = NULL;
	}
}

int probes_open(struct probes **ret_probes, const struct probes_options *options, struct err *err)
{
	struct probes *probes = calloc(1, sizeof(*probes));
	int result;

	if (!probes)
		return err_set(err, -ENOMEM, "no memory for the probes");
	probes->number = options->previous ? options->previous->number + 1 : 0;
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

/* 0, or the error of one that is required. */
static int attach_hook(struct probes *probes, size_t i, struct err *err)
{
	struct probe_status *status = &probes->status[i];
	int error;

	if (!probes->programs[i])
		return 0;
	said.text[0] = '\0';
	probes->links[i] = bpf_program__attach(probes->programs[i]);
	status->attached = probes->links[i] != NULL;
	if (status->attached && probes->again[i]) {
		probes->again_links[i] = bpf_program__attach(probes->again[i]);
		status->attached = probes->again_links[i] != NULL;
	}
	if (status->attached)
		return 0;
	error = -errno;
	refuse(status, error);
	return status->required ? err_set(err, error, "cannot attach the probe '%s': %s",
					  status->name, strerror(-error))
				: 0;
}

/* The snapshot is an iterator: its link starts nothing, so all hooks are treated alike. */
int probes_attach(struct probes *probes, struct err *err)
{
	int first = 0;

	for (size_t i = 0; i < probes->hooks; i++) {
		struct err own;
		int result = attach_hook(probes, i, &own);

		if (result < 0 && first == 0) {
			first = result;
			*err = own;
		}
	}
	return first;
}

void probes_detach(struct probes *probes)
{
	for (size_t i = 0; i < probes->hooks; i++) {
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

void probes_filter_maps(const struct probes *probes, struct filter_maps_options *ret_options)
{
	const struct auditship_bpf *object = probes->object;

	*ret_options = (struct filter_maps_options){
		.settings_fd = bpf_map__fd(object->maps.filter_settings),
		.entries_fd = bpf_map__fd(object->maps.filter_entries),
		.names_fd = bpf_map__fd(object->maps.filter_names),
		.left_out_fd = bpf_map__fd(object->maps.left_out),
		.cpus = bpf_map__max_entries(object->maps.left_out),
	};
}

size_t probes_status(const struct probes *probes, const struct probe_status **ret_status)
{
	*ret_status = probes->status;
	return probes->hooks;
}

/*
 * False: the kernel is older than this counter. Where a hook has a second program, that one does
 * what the first has missed, so that its own count is the bound of what nobody did.
 */
static bool count_missed(const struct probes *probes, size_t i, uint64_t *ret_missed)
{
	const struct bpf_program *program =
		probes->again[i] ? probes->again[i] : probes->programs[i];
	struct bpf_prog_info info = {0};
	__u32 size = sizeof(info);

	*ret_missed = 0;
	if (!program || bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) < 0 ||
	    size < offsetof(struct bpf_prog_info, recursion_misses) + sizeof(info.recursion_misses))
		return false;
	*ret_missed = info.recursion_misses;
	return true;
}

void probes_count_missed(struct probes *probes)
{
	for (size_t i = 0; i < probes->hooks; i++) {
		struct probe_status *status = &probes->status[i];

		status->counts_missed = count_missed(probes, i, &status->missed);
		status->missed += probes->past_missed[i];
	}
}

void probes_carry_over(struct probes *probes, const struct probes *old)
{
	for (size_t i = 0; i < probes->hooks; i++) {
		for (size_t j = 0; j < old->hooks; j++) {
			uint64_t missed;

			if (strcmp(probes->status[i].name, old->status[j].name) != 0)
				continue;
			(void)count_missed(old, j, &missed);
			probes->past_missed[i] = old->past_missed[j] + missed;
		}
	}
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
	if (!probes->links[probes->snapshot])
		return err_set(err, -ENOENT, "the task iterator is not attached");
	fd = bpf_iter_create(bpf_link__fd(probes->links[probes->snapshot]));
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

int probes_ring_fd(const struct probes *probes, enum rec_ring ring)
{
	return bpf_map__fd(probes->rings[ring]);
}

uint64_t probes_ring_bytes(const struct probes *probes, enum rec_ring ring)
{
	return bpf_map__max_entries(probes->rings[ring]);
}

const struct rec_counts *probes_counts(const struct probes *probes)
{
	return probes->counts;
}

struct rec_reader *probes_reader(struct probes *probes)
{
	return probes->reader;
}
