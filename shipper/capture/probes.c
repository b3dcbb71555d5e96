/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the object to a set of descriptors: chooses programs, loads, attaches. Talks to libbpf; what
 * that says is kept for the error message. Must not know pins.
 */
#include "capture/probes_set.h"

#include "base/cleanup.h"
#include "base/uuid.h"

#include <auditship.skel.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Their hooks are always there, see docs/decisions/0003. */
#define ALWAYS_KINDS (1U << REC_FORK | 1U << REC_EXEC | 1U << REC_EXIT)
#define OPEN_KINDS \
	(1U << REC_OPEN_READ | 1U << REC_OPEN_WRITE | 1U << REC_FILE_CREATE | 1U << REC_OPEN_FAILED)

struct probes_loader {
	struct auditship_bpf *object;
	struct bpf_program *programs[HOOKS_MAX]; /* of the hooks that are wanted; NULL: refused */
	struct bpf_program *again[HOOKS_MAX];    /* called after it for the same event, or NULL */
	bool preempted;                          /* what the kernel does with hooks */
	bool preemptible; /* a program is there that can be preempted: it needs memory of its own */
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
		result = bpf_map__set_max_entries(object->maps.progress, counts);
	if (result == 0)
		result = bpf_map__set_max_entries(object->maps.vital,
						  (__u32)options->ring_bytes[REC_RING_VITAL]);
	if (result == 0)
		result = bpf_map__set_max_entries(object->maps.bulk,
						  (__u32)options->ring_bytes[REC_RING_BULK]);
	if (result == 0)
		result =
			bpf_map__set_max_entries(object->maps.marks, options->cpus * REC_KIND_ROOM);
	if (result == 0)
		result = bpf_map__set_max_entries(object->maps.left_out, options->cpus);
	if (result < 0)
		return err_set(err, result, "cannot size the BPF maps for %u CPUs: %s",
			       options->cpus, strerror(-result));
	return 0;
}

/* The second and later sets of programs share these with the one before; those of filters only when
 * it is of the same agent, which knows what it has put there. */
static int share_maps(struct auditship_bpf *object, const struct probes_options *options,
		      struct err *err)
{
	static const enum probes_map shared[] = {
		PROBES_SWITCH,       PROBES_MARKS,    PROBES_FILTER_SETTINGS, PROBES_FILTER_ENTRIES,
		PROBES_FILTER_NAMES, PROBES_LEFT_OUT, PROBES_EXECUTABLES,
	};
	size_t count = options->foreign ? 2 : sizeof(shared) / sizeof(shared[0]);
	int result = 0;

	if (!options->previous)
		return 0;
	for (size_t i = 0; i < count && result == 0; i++) {
		struct bpf_map *map =
			bpf_object__find_map_by_name(object->obj, probes_map_name(shared[i]));

		result = bpf_map__reuse_fd(map, options->previous->maps[shared[i]]);
	}
	if (result < 0)
		return err_set(err, result, "cannot share maps with the probes in place: %s",
			       strerror(-result));
	return 0;
}

static struct bpf_program *variant(const struct probes *probes, const struct bpf_program *plain,
				   const char *end)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%s%s", bpf_program__name(plain), end);
	return bpf_object__find_program_by_name(probes->loader->object->obj, name);
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
	probes->loader->programs[probes->about.hooks] = !loaded ? NULL : split ? alone : plain;
	probes->loader->again[probes->about.hooks] = loaded && split ? again : NULL;
}

/* What is not wanted is not loaded either. The order is that of the calls on one tracepoint. */
static void add_hook(struct probes *probes, const char *name, struct bpf_program *program,
		     bool wanted)
{
	struct probes_about *about = &probes->about;
	struct probe_status *status = &probes->status[about->hooks];
	bool refused = wanted && status->why[0]; /* by the kernel, at the try before */

	choose_variant(probes, program, probes->loader->preempted, wanted && !refused);
	if (!wanted)
		return;
	(void)snprintf(about->hook[about->hooks].name, HOOK_NAME_SIZE, "%s", name);
	status->name = about->hook[about->hooks].name;
	about->hooks++;
}

static void require_hook(struct probes *probes, const char *name, struct bpf_program *program,
			 bool wanted)
{
	if (wanted)
		probes->status[probes->about.hooks].required = true;
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
	struct auditship_bpf *object = probes->loader->object;
	struct bpf_program *programs[] = {object->progs.on_io_uring,
					  object->progs.on_io_uring_alone,
					  object->progs.on_io_uring_again};
	struct probe_status *status = &probes->status[probes->about.hooks];
	const char *function = find_open_function(btf);

	status->optional = wanted;
	if (wanted && !status->why[0])
		judge_io_uring(status, btf, function);
	for (size_t i = 0; function && i < sizeof(programs) / sizeof(programs[0]); i++)
		(void)bpf_program__set_attach_target(programs[i], 0, function);
	add_hook(probes, "io_uring", programs[0], wanted);
	probes->loader->preemptible = bpf_program__autoload(programs[0]);
}

/* Programs that differ by kernel are two hooks of one name. */
static void choose_programs(struct probes *probes, uint32_t kinds)
{
	struct auditship_bpf *object = probes->loader->object;
	struct btf *btf = btf__load_vmlinux_btf();
	bool group_dead = exit_tells_group_dead(btf);
	bool cast = btf && btf__find_by_name_kind(btf, "bpf_rdonly_cast", BTF_KIND_FUNC) > 0;
	bool calls = kinds & (OPEN_KINDS | 1U << REC_EXEC_FAILED);

	probes->loader->preempted = hooks_are_preempted(btf);
	probes->about.hooks = 0;
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
	probes->about.snapshot = probes->about.hooks;
	require_hook(probes, "snapshot", object->progs.on_snapshot, true);
	btf__free(btf);
}

static int keep_descriptor(int fd, int *ret_own)
{
	*ret_own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return *ret_own < 0 ? -errno : 0;
}

/* From here on the set lives by descriptors of its own; the object is for attaching only. */
static int keep_descriptors(struct probes *probes, struct err *err)
{
	const struct probes_loader *loader = probes->loader;
	int result = 0;

	for (enum probes_map i = 0; i < PROBES_MAPS && result == 0; i++)
		result = keep_descriptor(
			bpf_object__find_map_fd_by_name(loader->object->obj, probes_map_name(i)),
			&probes->maps[i]);
	for (size_t i = 0; i < probes->about.hooks && result == 0; i++) {
		if (loader->programs[i])
			result = keep_descriptor(bpf_program__fd(loader->programs[i]),
						 &probes->parts[i][PROBES_PROGRAM]);
		if (result == 0 && loader->again[i])
			result = keep_descriptor(bpf_program__fd(loader->again[i]),
						 &probes->parts[i][PROBES_AGAIN]);
	}
	if (result < 0)
		return err_set(err, result, "no descriptors for the probes: %s", strerror(-result));
	return probes_map_all(probes, err);
}

static int open_object(struct probes *probes, const struct probes_options *options, struct err *err)
{
	struct auditship_bpf *object = auditship_bpf__open();
	int result;

	probes->loader->object = object;
	if (!object)
		return err_set(err, -errno, "cannot open the BPF object: %s", strerror(errno));
	apply_settings(object, options);
	object->rodata->cfg_generation = probes->about.number;
	choose_programs(probes, options->kinds);
	result = size_maps(object, options, probes->loader->preemptible, err);
	return result == 0 ? share_maps(object, options, err) : result;
}

static bool is_about(const struct probes *probes, size_t i, const char *name)
{
	const struct bpf_program *again = probes->loader->again[i];

	return strcmp(name, bpf_program__name(probes->loader->programs[i])) == 0 ||
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

	for (size_t i = 0; i < probes->about.hooks; i++) {
		if (!probes->loader->programs[i] || probes->status[i].required ||
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
		result = auditship_bpf__load(probes->loader->object);
		if (result == 0)
			return keep_descriptors(probes, err);
		cut_line_feed(said.text);
		if (!leave_out(probes, result))
			return err_set(err, result, "the kernel refuses the BPF programs: %s%s%s",
				       strerror(-result), said.text[0] ? ": " : "", said.text);
		auditship_bpf__destroy(probes->loader->object);
		probes->loader->object = NULL;
	}
}

/* Whatever can make two sets of probes differ, on one host between two boots. */
void probes_identify(const struct probes_options *options, uint8_t ret_hash[PROBES_HASH_SIZE])
{
	struct {
		struct probes_layout layout;
		uint32_t cpus, page_size, args_max, kinds;
		uint64_t ring_bytes[REC_RING_SHIPPER];
	} plain;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t object_size;
	const void *object = auditship_bpf__elf_bytes(&object_size);

	memset(&plain, 0, sizeof(plain));
	memset(ret_hash, 0, PROBES_HASH_SIZE);
	probes_fill_layout(&plain.layout);
	plain.cpus = options->cpus;
	plain.page_size = options->page_size;
	plain.args_max = options->args_max;
	plain.kinds = options->kinds & ~ALWAYS_KINDS;
	memcpy(plain.ring_bytes, options->ring_bytes, sizeof(plain.ring_bytes));
	if (context && EVP_DigestInit_ex(context, EVP_sha256(), NULL)) {
		(void)EVP_DigestUpdate(context, object, object_size);
		(void)EVP_DigestUpdate(context, &plain, sizeof(plain));
		for (size_t i = 0; i < options->env_count; i++)
			(void)EVP_DigestUpdate(context, options->env[i],
					       strlen(options->env[i]) + 1);
		(void)EVP_DigestFinal_ex(context, ret_hash, NULL);
	}
	EVP_MD_CTX_free(context);
}

/* The set that records may be newer than the newest that could be opened. */
static uint64_t next_number(const struct probes *previous)
{
	uint64_t in_force = previous->control->generation;

	return (in_force != REC_GENERATION_NONE && in_force > previous->about.number
			? in_force
			: previous->about.number) +
	       1;
}

static int describe(struct probes *probes, const struct probes_options *options)
{
	struct probes_about *about = &probes->about;
	uint8_t random[16];
	int result = uuid_random(random);

	probes_fill_layout(&about->layout);
	probes_identify(options, about->hash);
	memcpy(&about->token, random, sizeof(about->token));
	about->token |= 1;
	about->cpus = options->cpus;
	about->number = options->previous ? next_number(options->previous) : 0;
	return result;
}

int probes_open(struct probes **ret_probes, const struct probes_options *options, struct err *err)
{
	struct probes *probes = probes_new();
	int result;

	if (probes)
		probes->loader = calloc(1, sizeof(*probes->loader));
	if (!probes || !probes->loader) {
		probes_close(probes);
		return err_set(err, -ENOMEM, "no memory for the probes");
	}
	(void)libbpf_set_print(keep_warning);
	result = describe(probes, options);
	if (result < 0)
		(void)err_set(err, result, "no random number: %s", strerror(-result));
	else
		result = load(probes, options, err);
	if (result < 0) {
		probes_close(probes);
		return result;
	}
	if (!options->previous) {
		probes->control->generation = REC_GENERATION_NONE;
		probes->control->until_ns = UINT64_MAX;
	}
	*ret_probes = probes;
	return 0;
}

void probes_free_loader(struct probes_loader *loader)
{
	if (!loader)
		return;
	auditship_bpf__destroy(loader->object);
	free(loader);
}

/* The link is kept by its descriptor. */
static int attach_program(const struct bpf_program *program, int *ret_fd)
{
	struct bpf_link *link = bpf_program__attach(program);
	int result;

	if (!link)
		return -errno;
	result = keep_descriptor(bpf_link__fd(link), ret_fd);
	(void)bpf_link__destroy(link);
	return result;
}

/* 0, or the error of one that is required. */
/* The second program is the one that is called behind the first, see bpf/hook.h. */
static int attach_both(struct probes *probes, size_t i)
{
	const struct probes_loader *loader = probes->loader;
	bool last_first = bpf_program__expected_attach_type(loader->programs[i]) == BPF_TRACE_FEXIT;
	int result = 0;

	if (last_first && loader->again[i])
		result = attach_program(loader->again[i], &probes->parts[i][PROBES_AGAIN_LINK]);
	if (result == 0)
		result = attach_program(loader->programs[i], &probes->parts[i][PROBES_LINK]);
	if (result == 0 && !last_first && loader->again[i])
		result = attach_program(loader->again[i], &probes->parts[i][PROBES_AGAIN_LINK]);
	return result;
}

static int attach_hook(struct probes *probes, size_t i, struct err *err)
{
	struct probe_status *status = &probes->status[i];
	const struct probes_loader *loader = probes->loader;
	int result;

	if (!loader->programs[i])
		return 0;
	said.text[0] = '\0';
	result = attach_both(probes, i);
	status->attached = result == 0;
	if (status->attached)
		return 0;
	refuse(status, result);
	return status->required ? err_set(err, result, "cannot attach the probe '%s': %s",
					  status->name, strerror(-result))
				: 0;
}

/* The snapshot is an iterator: its link starts nothing, so all hooks are treated alike. */
int probes_attach(struct probes *probes, struct err *err)
{
	int first = 0;

	for (size_t i = 0; i < probes->about.hooks; i++) {
		struct err own;
		int result = attach_hook(probes, i, &own);

		if (result < 0 && first == 0) {
			first = result;
			*err = own;
		}
	}
	return first;
}
