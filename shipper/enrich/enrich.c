/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One record in, the process table brought up to date, one struct enriched out. What is not known
 * stays absent. Knows records by their structs, nothing of JSON.
 */
#include "enrich/enrich.h"

#include "decode/decode.h"
#include "decode/fields.h"
#include "enrich/cputime.h"
#include "enrich/entity_id.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct enrich {
	struct process_table *processes;
	struct entity_ids *ids;
	struct user_names *names;
	struct resolver *resolver; /* NULL: nobody can be asked */
	uint64_t tick_ns;
	char *const *env;
	size_t env_count;
};

/* Any record of a process. */
struct task_record {
	struct rec_header header;
	struct rec_task task;
};

/* Where strings go: behind the struct, up to ENRICH_MAX_SIZE. */
struct tail {
	struct enriched *out;
	uint32_t used;
};

/* Each part knows the services that it asks. */
static void on_answer(void *data, const struct resolver_answer *answer)
{
	struct enrich *enrich = data;

	(void)user_names_answer(enrich->names, answer);
}

void enrich_poll(struct enrich *enrich)
{
	if (enrich->resolver)
		(void)resolver_poll(enrich->resolver, on_answer, enrich);
}

static int new_names(struct enrich *enrich, const struct user_names_options *wanted,
		     struct err *err)
{
	struct user_names_options options = *wanted;

	options.handler = on_answer;
	options.handler_data = enrich;
	options.tick_ns = enrich->tick_ns;
	enrich->resolver = options.resolver;
	return user_names_new(&enrich->names, &options, err);
}

int enrich_new(struct enrich **ret_enrich, const struct enrich_options *options, struct err *err)
{
	struct enrich *enrich = calloc(1, sizeof(*enrich));
	const struct process_table_options defaults = {0};
	int result;

	if (!enrich)
		return err_set(err, -ENOMEM, "no memory for enrichment");
	enrich->tick_ns = 1000000000ULL / options->ticks_per_s;
	enrich->env = options->env;
	enrich->env_count = options->env_count;
	result = entity_ids_new(&enrich->ids, options->boot_id, err);
	if (result == 0)
		result = process_table_new(&enrich->processes, &defaults, err);
	if (result == 0)
		result = new_names(enrich, &options->names, err);
	if (result < 0) {
		enrich_free(enrich);
		return result;
	}
	*ret_enrich = enrich;
	return 0;
}

void enrich_free(struct enrich *enrich)
{
	if (!enrich)
		return;
	process_table_free(enrich->processes);
	entity_ids_free(enrich->ids);
	user_names_free(enrich->names);
	free(enrich);
}

void enrich_set_env(struct enrich *enrich, char *const *env, size_t env_count)
{
	enrich->env = env;
	enrich->env_count = env_count;
}

void enrich_take_users(struct enrich *enrich, struct users *users)
{
	user_names_take_users(enrich->names, users);
}

void enrich_name_counters(struct enrich *enrich, struct user_names_counters *ret_names,
			  struct resolver_counters *ret_helper)
{
	user_names_counters(enrich->names, ret_names);
	*ret_helper = (struct resolver_counters){0};
	if (enrich->resolver)
		resolver_counters(enrich->resolver, ret_helper);
}

static void compute_entity_id(struct enrich *enrich, const struct rec_id *id, uint8_t ret_id[16])
{
	entity_id(enrich->ids, id->pid_ns, id->start_ns / enrich->tick_ns, id->ns_pid, ret_id);
}

/* Brings the table up to date with what every process record says; the process as it is known now.
 */
static const struct process *note_task(struct enrich *enrich, const struct task_record *record,
				       int64_t wall_offset_ns, const struct rec_id *creator)
{
	const struct rec_task *task = &record->task;
	const struct process *known =
		process_table_find(enrich->processes, task->id.pid, task->id.start_ns);
	struct process told = {
		.id = task->id,
		.parent = task->parent,
		.told_ns = record->header.time_ns,
		.uid = task->creds.uid,
		.gid = task->creds.gid,
		.euid = task->creds.euid,
		.egid = task->creds.egid,
		.login_uid = task->creds.login_uid,
		.kernel_thread = task->kernel_thread,
		.snapshot = record->header.kind == REC_SNAPSHOT,
	};

	if (creator)
		told.creator = *creator;
	if (!known || !known->start_wall_ns) {
		compute_entity_id(enrich, &task->id, told.entity_id);
		told.start_wall_ns = task->id.start_ns + (uint64_t)wall_offset_ns;
	}
	memcpy(told.comm, task->comm, sizeof(told.comm));
	return process_table_insert(enrich->processes, &told);
}

/* What the agent has for "/" is the host's root. */
static void note_own_root(struct enrich *enrich, const struct rec_task *task)
{
	if (task->id.pid == (uint32_t)getpid())
		user_names_set_host_root(enrich->names, task->root_directory);
}

void enrich_snapshot(struct enrich *enrich, const struct rec_snapshot *record,
		     int64_t wall_offset_ns, const struct image *args)
{
	const struct process *process =
		note_task(enrich, (const struct task_record *)record, wall_offset_ns, NULL);
	struct image image = *args;

	note_own_root(enrich, &record->task);
	if (!process)
		return;
	image.executable = record_string(&record->header, &record->executable);
	image.executable_length = record->executable.length;
	image.executable_full = record->executable.full;
	if (image.executable_length > 0)
		process_table_set_image(enrich->processes, process, &image, 0);
}

static void put(struct tail *tail, struct rec_string *string, const char *bytes, size_t length)
{
	if (length == 0 || length > ENRICH_MAX_SIZE - tail->used)
		return;
	memcpy((char *)tail->out + tail->used, bytes, length);
	*string = (struct rec_string){tail->used, (uint32_t)length, (uint32_t)length};
	tail->used += (uint32_t)length;
}

static void put_image(struct enrich *enrich, struct tail *tail, const struct process *process,
		      struct enriched_process *out)
{
	char *at = (char *)tail->out + tail->used;
	struct image image;
	size_t size;

	if (!process_image_describe(enrich->processes, process, &image))
		return;
	size = process_image_copy(enrich->processes, process, IMAGE_BOTH, at,
				  ENRICH_MAX_SIZE - tail->used);
	if (size < (size_t)image.executable_length + image.args_length)
		return;
	out->executable =
		(struct rec_string){tail->used, image.executable_length, image.executable_full};
	out->args = (struct rec_string){tail->used + image.executable_length, image.args_length,
					image.args_full};
	out->args_count = image.args_count;
	out->args_masked = image.args_masked;
	tail->used += (uint32_t)size;
}

/* A process that an event refers to: from the table, else only what its identity gives. */
static void put_other(struct enrich *enrich, struct tail *tail, const struct rec_id *id,
		      int64_t wall_offset_ns, struct enriched_process *out)
{
	const struct process *process;

	if (id->pid == 0)
		return;
	process = process_table_find(enrich->processes, id->pid, id->start_ns);
	if (!process || !process->start_wall_ns) {
		compute_entity_id(enrich, id, out->entity_id);
		out->start_wall_ns = id->start_ns + (uint64_t)wall_offset_ns;
		return;
	}
	memcpy(out->entity_id, process->entity_id, sizeof(out->entity_id));
	out->start_wall_ns = process->start_wall_ns;
	put(tail, &out->comm, process->comm, strnlen(process->comm, sizeof(process->comm)));
	put_image(enrich, tail, process, out);
}

/* Where a name goes, and the field that the lists call it by. */
struct name_row {
	size_t offset; /* in struct enriched */
	const char *field;
	bool is_group;
};
static const struct name_row name_rows[] = {
	{offsetof(struct enriched, user), "user.name", false},
	{offsetof(struct enriched, real_user), "process.real_user.name", false},
	{offsetof(struct enriched, saved_user), "process.saved_user.name", false},
	{offsetof(struct enriched, fs_user), "Linux.fs_user.name", false},
	{offsetof(struct enriched, login_user), "Linux.audit.user.name", false},
	{offsetof(struct enriched, group), "group.name", true},
	{offsetof(struct enriched, real_group), "process.real_group.name", true},
	{offsetof(struct enriched, saved_group), "process.saved_group.name", true},
	{offsetof(struct enriched, fs_group), "Linux.fs_group.name", true},
	{offsetof(struct enriched, file_owner), "file.owner", false},
	{offsetof(struct enriched, file_group), "file.group", true},
};
#define NAME_ROWS (sizeof(name_rows) / sizeof(name_rows[0]))
_Static_assert(NAME_ROWS <= NAME_SLOTS_MAX, "every name has a slot");

/* Who owns the file of the event; REC_ID_UNSET: there is none. */
static void find_owner(const struct rec_header *record, uint32_t *ret_uid, uint32_t *ret_gid)
{
	const struct rec_exec *exec = (const struct rec_exec *)record;
	const struct rec_open *open = (const struct rec_open *)record;

	*ret_uid = *ret_gid = REC_ID_UNSET;
	if (record->kind == REC_EXEC) {
		*ret_uid = exec->file_uid;
		*ret_gid = exec->file_gid;
	} else if (record->kind == REC_OPEN_READ || record->kind == REC_OPEN_WRITE ||
		   record->kind == REC_FILE_CREATE) {
		*ret_uid = open->file_uid;
		*ret_gid = open->file_gid;
	}
}

/* The rows that apply: their slots lie side by side. */
static size_t list_ids(const struct task_record *record, struct name_slot slots[NAME_ROWS],
		       const struct name_row *rows[NAME_ROWS])
{
	const struct rec_creds *creds = &record->task.creds;
	uint32_t owner, group;
	size_t count = 0;

	find_owner(&record->header, &owner, &group);
	const uint32_t ids[NAME_ROWS] = {creds->euid,      creds->uid,  creds->suid, creds->fsuid,
					 creds->login_uid, creds->egid, creds->gid,  creds->sgid,
					 creds->fsgid,     owner,       group};

	for (size_t i = 0; i < NAME_ROWS; i++) {
		if (ids[i] == REC_ID_UNSET)
			continue;
		rows[count] = &name_rows[i];
		slots[count++] =
			(struct name_slot){.id = ids[i], .is_group = name_rows[i].is_group};
	}
	return count;
}

enum name_list { NAMES_OF_NSS, NAMES_UNKNOWN };

static void put_name_list(struct tail *tail, struct rec_string *string, enum name_list list,
			  const struct name_slot *slots, const struct name_row *const *rows,
			  size_t count)
{
	struct rec_string part;

	string->offset = tail->used;
	for (size_t i = 0; i < count; i++)
		if (list == NAMES_OF_NSS ? slots[i].by_nss : slots[i].is_unknown)
			put(tail, &part, rows[i]->field, strlen(rows[i]->field) + 1);
	string->length = string->full = tail->used - string->offset;
	if (string->length == 0)
		string->offset = 0;
}

static struct name_subject subject_of(const struct task_record *record)
{
	const struct rec_task *task = &record->task;

	return (struct name_subject){
		.place = {task->ns.mnt, task->ns.user, task->ns.root_mount, task->root_directory},
		.process = {task->id.pid, task->id.start_ns},
		.ending = record->header.kind == REC_EXIT,
	};
}

static void put_names(struct enrich *enrich, struct tail *tail, const struct task_record *record)
{
	struct name_subject subject = subject_of(record);
	struct name_slot slots[NAME_ROWS];
	const struct name_row *rows[NAME_ROWS];
	size_t count = list_ids(record, slots, rows);
	enum name_source source = user_names_resolve(enrich->names, &subject, slots, count);
	bool by_nss = false, unknown = false;

	for (size_t i = 0; i < count; i++) {
		put(tail, (struct rec_string *)((char *)tail->out + rows[i]->offset), slots[i].name,
		    slots[i].length);
		by_nss |= slots[i].by_nss;
		unknown |= slots[i].is_unknown;
	}
	tail->out->names_source = (uint8_t)source;
	if (by_nss)
		put_name_list(tail, &tail->out->names_of_nss, NAMES_OF_NSS, slots, rows, count);
	if (unknown)
		put_name_list(tail, &tail->out->names_unknown, NAMES_UNKNOWN, slots, rows, count);
	if (subject.ending)
		user_names_leave(enrich->names, &subject);
}

static bool env_is_configured(const struct enrich *enrich, const char *variable, size_t length)
{
	for (size_t i = 0; i < enrich->env_count; i++) {
		size_t name = strlen(enrich->env[i]);

		if (length > name && variable[name] == '=' &&
		    memcmp(variable, enrich->env[i], name) == 0)
			return true;
	}
	return false;
}

/* The probe compares eight bytes; what only looked alike is taken out of the record here. */
static void keep_configured_env(const struct enrich *enrich, struct rec_exec *record)
{
	char *bytes = (char *)record + record->env.offset;
	uint32_t kept = 0, at = 0, length = record->env.length;

	while (at < length) {
		char *end = memchr(bytes + at, '\0', length - at);
		uint32_t size = end ? (uint32_t)(end - (bytes + at)) + 1 : length - at;

		if (env_is_configured(enrich, bytes + at, size)) {
			memmove(bytes + kept, bytes + at, size);
			kept += size;
		}
		at += size;
	}
	memset(bytes + kept, 0, length - kept);
	record->env.length = kept;
	if (record->env.full != REC_FULL_UNKNOWN)
		record->env.full = kept;
}

static void note_exec(struct enrich *enrich, const struct rec_exec *record,
		      const struct process *process, bool masked)
{
	struct image image = {
		.executable = record_string(&record->header, &record->executable),
		.executable_length = record->executable.length,
		.executable_full = record->executable.full,
		.args = record_string(&record->header, &record->args),
		.args_length = record->args.length,
		.args_full = record->args.full,
		.args_count = record->args_count,
		.args_masked = masked,
	};

	process_table_set_image(enrich->processes, process, &image, record->header.time_ns);
}

static void put_exit(const struct rec_exit *record, const struct process *process,
		     struct enriched *out)
{
	cputime_split(record->utime_ns, record->stime_ns, record->runtime_ns, &out->user_cpu_ns,
		      &out->system_cpu_ns);
	out->children_user_cpu_ns = record->children_utime_ns;
	out->children_system_cpu_ns = record->children_stime_ns;
	if (record->task.id.start_ns <= record->header.time_ns)
		out->duration_ns = record->header.time_ns - record->task.id.start_ns;
	if (!process)
		return;
	out->end_start_wall_ns = process->start_wall_ns;
	if (process->exec_time_ns && process->exec_time_ns <= record->header.time_ns)
		out->exec_duration_ns = record->header.time_ns - process->exec_time_ns;
}

static const struct process *note_process(struct enrich *enrich, struct task_record *record,
					  int64_t wall_offset_ns)
{
	struct rec_fork *fork = record->header.kind == REC_FORK ? (void *)record : NULL;
	const struct process *process =
		note_task(enrich, record, wall_offset_ns, fork ? &fork->creator : NULL);

	if (!process)
		return NULL;
	if (fork) {
		const struct process *creator = process_table_find(
			enrich->processes, fork->creator.pid, fork->creator.start_ns);

		if (creator)
			process_table_share_image(enrich->processes, process, creator);
	} else if (record->header.kind == REC_EXEC) {
		note_exec(enrich, (struct rec_exec *)record, process, false);
	}
	return process;
}

static void put_process(struct enrich *enrich, struct tail *tail, const struct process *process,
			int64_t wall_offset_ns, bool with_image)
{
	struct enriched *out = tail->out;

	memcpy(out->process.entity_id, process->entity_id, sizeof(out->process.entity_id));
	out->process.start_wall_ns = process->start_wall_ns;
	if (with_image)
		put_image(enrich, tail, process, &out->process);
	if (process->creator.pid == 0)
		return;
	out->creator_pid = process->creator.pid;
	put_other(enrich, tail, &process->creator, wall_offset_ns, &out->creator);
	out->creator.args = out->creator.comm = (struct rec_string){0};
	out->creator.args_count = out->creator.args_masked = 0;
}

/* What a snapshot saw may be what became of the process after an event that waited in the ring. */
static bool snapshot_is_younger(struct enrich *enrich, const struct task_record *record)
{
	const struct rec_id *id = &record->task.id;
	const struct process *known = process_table_find(enrich->processes, id->pid, id->start_ns);

	return known && known->snapshot && known->told_ns > record->header.time_ns;
}

static void enrich_task(struct enrich *enrich, struct task_record *record, int64_t wall_offset_ns,
			struct tail *tail)
{
	uint16_t kind = record->header.kind;
	bool with_image = kind != REC_EXEC && !snapshot_is_younger(enrich, record);
	const struct process *process = note_process(enrich, record, wall_offset_ns);

	if (process)
		put_process(enrich, tail, process, wall_offset_ns, with_image);
	put_other(enrich, tail, &record->task.parent, wall_offset_ns, &tail->out->parent);
	put_names(enrich, tail, record);
	if (kind == REC_EXIT) {
		put_exit((struct rec_exit *)record, process, tail->out);
		process_table_exit(enrich->processes, &record->task.id);
	}
}

/*
 * What a call asked for that opened nothing. Without the directory a relative path says nothing; an
 * absolute one has a directory where its root is another one.
 */
static void put_given_path(struct tail *tail, const struct rec_header *record,
			   const struct rec_string *given, const struct rec_string *directory)
{
	const char *name = record_string(record, given);
	bool absolute = given->length > 0 && name[0] == '/';
	struct rec_string *path = &tail->out->file_path, part;

	if (given->length == 0 ||
	    given->length + directory->length + 1 > ENRICH_MAX_SIZE - tail->used ||
	    directory->length < directory->full || (!absolute && directory->length == 0))
		return;
	path->offset = tail->used;
	if (directory->length > strlen("/"))
		put(tail, &part, record_string(record, directory), directory->length);
	if (!absolute)
		put(tail, &part, "/", 1);
	put(tail, &part, name, given->length);
	path->length = tail->used - path->offset;
	path->full = given->length < given->full ? REC_FULL_UNKNOWN : path->length;
	tail->out->file_path_as_given = 1;
}

static void put_file(const struct rec_header *record, struct tail *tail)
{
	const struct rec_exec_failed *failed = (const struct rec_exec_failed *)record;
	const struct rec_open *open = (const struct rec_open *)record;

	if (record->kind == REC_EXEC_FAILED) {
		put_given_path(tail, record, &failed->filename, &failed->directory);
	} else if (record->kind == REC_OPEN_FAILED) {
		put_given_path(tail, record, &open->given, &open->directory);
	}
}

static void put_host_user(struct enrich *enrich, struct tail *tail, struct rec_string *string,
			  uint32_t uid)
{
	struct name_subject subject = {.place = user_names_host_place(enrich->names)};
	struct name_slot slot = {.id = uid};

	(void)user_names_resolve(enrich->names, &subject, &slot, 1);
	put(tail, string, slot.name, slot.length);
}

/* Who stopped the agent: what main could not read any more the table may still know. */
static void put_sender(struct enrich *enrich, struct rec_agent_stop *record, struct tail *tail)
{
	const struct process *process;

	if (record->sender_uid == REC_ID_UNSET)
		return;
	put_host_user(enrich, tail, &tail->out->sender, record->sender_uid);
	if (record->sender_login_uid == REC_ID_UNSET && record->initial_pid && record->sender_pid &&
	    !record->claimed) {
		process = process_table_find_at(enrich->processes, record->sender_pid,
						record->asked_ns);
		if (process && process->told_ns && process->uid == record->sender_uid)
			record->sender_login_uid = process->login_uid;
	}
	if (record->sender_login_uid != REC_ID_UNSET)
		put_host_user(enrich, tail, &tail->out->sender_login, record->sender_login_uid);
}

static void init_enriched(struct enriched *out)
{
	memset(out, 0, sizeof(*out));
	out->end_start_wall_ns = out->duration_ns = out->exec_duration_ns = ENRICHED_UNSET;
	out->user_cpu_ns = out->system_cpu_ns = ENRICHED_UNSET;
	out->children_user_cpu_ns = out->children_system_cpu_ns = ENRICHED_UNSET;
}

size_t enrich_event(struct enrich *enrich, struct rec_header *record, int64_t wall_offset_ns,
		    struct enriched *out)
{
	const struct kind *kind = kind_get(record->kind);
	struct tail tail = {.out = out, .used = sizeof(*out)};

	init_enriched(out);
	if (record->kind == REC_EXEC)
		keep_configured_env(enrich, (struct rec_exec *)record);
	if (kind && kind->has_task) {
		enrich_task(enrich, (struct task_record *)record, wall_offset_ns, &tail);
		put_file(record, &tail);
	}
	if (record->kind == REC_AGENT_STOP)
		put_sender(enrich, (struct rec_agent_stop *)record, &tail);
	out->size = tail.used;
	return tail.used;
}

void enrich_forget_args(struct enrich *enrich, const struct rec_header *record)
{
	const struct rec_exec *exec = (const struct rec_exec *)record;
	const struct process *process;

	if (record->kind != REC_EXEC)
		return;
	process = process_table_find(enrich->processes, exec->task.id.pid, exec->task.id.start_ns);
	if (process && process->exec_time_ns == record->time_ns)
		note_exec(enrich, exec, process, true);
}

void enrich_rewrite_args(struct enrich *enrich, process_image_rewriter *rewriter, void *data)
{
	process_table_rewrite_args(enrich->processes, rewriter, data);
}

void enrich_counters(const struct enrich *enrich, struct process_counters *ret_counters)
{
	process_table_counters(enrich->processes, ret_counters);
}
