/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One record in, the process table brought up to date, one struct enriched out. What is not known
 * stays absent. Knows records by their structs, nothing of JSON.
 */
#include "enrich/enrich.h"

#include "base/clock.h"
#include "base/uuid.h"
#include "decode/decode.h"
#include "decode/fields.h"
#include "enrich/cputime.h"
#include "enrich/entity_id.h"
#include "enrich/event_names.h"
#include "enrich/lineage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct enrich {
	struct process_table *processes;
	struct entity_ids *ids;
	struct user_names *names;
	struct placement placement;
	struct resolver *resolver; /* borrowed; NULL: nobody can be asked */
	uint64_t tick_ns;
	uint32_t host_pid;
	uint32_t ancestry;
	char *const *env;
	size_t env_count;
};

/* Each part knows the services that it asks. */
static void on_answer(void *data, const struct resolver_answer *answer)
{
	struct enrich *enrich = data;

	if (!user_names_answer(enrich->names, answer))
		containers_answer(enrich->placement.containers, answer);
}

static void poll_resolver(void *data)
{
	struct enrich *enrich = data;

	(void)resolver_poll(enrich->resolver, on_answer, enrich);
}

void enrich_poll(struct enrich *enrich)
{
	if (enrich->resolver)
		poll_resolver(enrich);
}

static int new_names(struct enrich *enrich, const struct user_names_options *wanted,
		     struct err *err)
{
	struct user_names_options options = *wanted;

	options.resolver = enrich->resolver;
	options.handler = on_answer;
	options.handler_data = enrich;
	options.tick_ns = enrich->tick_ns;
	return user_names_new(&enrich->names, &options, err);
}

static int open_placement(struct enrich *enrich, const struct enrich_options *options,
			  struct err *err)
{
	const struct containers_options containers = {
		.resolver = options->resolver,
		.service = options->container_service,
		.max = CONTAINERS_DEFAULT_MAX,
		.poll = poll_resolver,
		.data = enrich,
	};

	return placement_open(&enrich->placement, &containers, err);
}

int enrich_new(struct enrich **ret_enrich, const struct enrich_options *options, struct err *err)
{
	struct enrich *enrich = calloc(1, sizeof(*enrich));
	int result;

	if (!enrich)
		return err_set(err, -ENOMEM, "no memory for enrichment");
	enrich->host_pid = options->host_pid;
	enrich->tick_ns = NS_PER_S / options->ticks_per_s;
	enrich_set_ancestry(enrich, options->ancestry);
	enrich_set_env(enrich, options->env, options->env_count);
	enrich->resolver = options->resolver;
	result = entity_ids_new(&enrich->ids, options->boot_id, err);
	if (result == 0)
		result = process_table_new(&enrich->processes, &options->processes, err);
	if (result == 0)
		result = new_names(enrich, &options->names, err);
	if (result == 0)
		result = open_placement(enrich, options, err);
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
	placement_close(&enrich->placement);
	free(enrich);
}

void enrich_set_env(struct enrich *enrich, char *const *env, size_t env_count)
{
	enrich->env = env;
	enrich->env_count = env_count;
}

void enrich_set_ancestry(struct enrich *enrich, uint32_t ancestry)
{
	enrich->ancestry = ancestry < LINEAGE_MAX ? ancestry : LINEAGE_MAX;
}

void enrich_take_users(struct enrich *enrich, struct users *users)
{
	user_names_take_users(enrich->names, users);
}

static void compute_entity_id(struct enrich *enrich, const struct rec_id *id, uint8_t ret_id[16])
{
	entity_id(enrich->ids, id->pid_ns, id->start_ns / enrich->tick_ns, id->ns_pid, ret_id);
}

/* How a record is taken. */
enum note {
	NOTE_RECALLED = 1,  /* an old one: as a snapshot, it only says how it was then */
	NOTE_MASKED = 2,    /* a part of its arguments was hidden */
	NOTE_CONTAINER = 4, /* it was told as in a container */
};

/* Asked of those only whom it can make an entry leader. */
static bool is_in_container(struct enrich *enrich, const struct task_record *record,
			    unsigned int how)
{
	const struct rec_task *task = &record->task;

	if (how & NOTE_RECALLED)
		return how & NOTE_CONTAINER;
	return (record->header.kind == REC_EXEC || record->header.kind == REC_SNAPSHOT) &&
	       task->session.pid == task->id.pid && !task->kernel_thread &&
	       placement_in_container(&enrich->placement, task);
}

/* Brings the table up to date with what every process record says; the process as it is known now.
 */
static const struct process *note_task(struct enrich *enrich, const struct task_record *record,
				       int64_t wall_offset_ns, unsigned int how)
{
	const struct rec_fork *fork = record->header.kind == REC_FORK ? (const void *)record : NULL;
	struct process_table *processes = enrich->processes;
	const struct rec_task *task = &record->task;
	const struct process *known =
		process_table_find(processes, task->id.pid, task->id.start_ns);
	struct process told = {
		.id = task->id,
		.parent = task->parent,
		.session = task->session,
		.group = task->group,
		.tty = task->tty,
		.exec_id = task->exec_id,
		.told_ns = record->header.time_ns,
		.uid = task->creds.uid,
		.gid = task->creds.gid,
		.euid = task->creds.euid,
		.egid = task->creds.egid,
		.login_uid = task->creds.login_uid,
		.kernel_thread = task->kernel_thread,
		.snapshot = record->header.kind == REC_SNAPSHOT || how & NOTE_RECALLED,
		.in_container = is_in_container(enrich, record, how),
	};

	if (fork) {
		told.creator = fork->creator;
		lineage_inherit(
			processes, &told,
			process_table_find(processes, fork->creator.pid, fork->creator.start_ns));
	}
	if (!known || !known->start_wall_ns) {
		compute_entity_id(enrich, &task->id, told.entity_id);
		told.start_wall_ns = task->id.start_ns + (uint64_t)wall_offset_ns;
	}
	memcpy(told.comm, task->comm, sizeof(told.comm));
	return process_table_insert(processes, &told);
}

static void note_host(struct enrich *enrich, const struct rec_task *task)
{
	struct scope_key place = {task->ns.mnt, task->ns.user, task->ns.root_mount,
				  task->root_directory};

	if (task->id.pid == enrich->host_pid)
		user_names_set_host(enrich->names, &place);
}

void enrich_snapshot(struct enrich *enrich, const struct rec_snapshot *record,
		     int64_t wall_offset_ns, const struct image *args)
{
	const struct process *process =
		note_task(enrich, (const struct task_record *)record, wall_offset_ns, 0);
	struct image image = *args;

	note_host(enrich, &record->task);
	if (!process)
		return;
	image.executable = record_string(&record->header, &record->executable);
	image.executable_length = record->executable.length;
	image.executable_full = record->executable.full;
	image.exec_id = record->task.exec_id;
	if (image.executable_length > 0)
		process_table_set_image(enrich->processes, process, &image, 0);
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

/* Who a process is, from the table, else by its id alone: NULL. id->pid 0: absent. */
static const struct process *put_identity(struct enrich *enrich, const struct rec_id *id,
					  int64_t wall_offset_ns, struct enriched_process *out)
{
	const struct process *process;

	if (id->pid == 0)
		return NULL;
	process = process_table_find(enrich->processes, id->pid, id->start_ns);
	if (!process || !process->start_wall_ns) {
		compute_entity_id(enrich, id, out->entity_id);
		out->start_wall_ns = id->start_ns + (uint64_t)wall_offset_ns;
		return NULL;
	}
	memcpy(out->entity_id, process->entity_id, sizeof(out->entity_id));
	out->start_wall_ns = process->start_wall_ns;
	return process;
}

/* A process that an event refers to. */
static void put_other(struct enrich *enrich, struct tail *tail, const struct rec_id *id,
		      struct enriched_process *out)
{
	const struct process *process = put_identity(enrich, id, tail->wall_offset_ns, out);

	if (!process)
		return;
	tail_put(tail, &out->comm, process->comm, strnlen(process->comm, sizeof(process->comm)));
	put_image(enrich, tail, process, out);
}

void enrich_cgroup(struct enrich *enrich, const struct cgroup_told *told)
{
	placement_insert(&enrich->placement, told);
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
		.exec_id = record->task.exec_id,
		.args_masked = masked,
	};

	process_table_set_image(enrich->processes, process, &image, record->header.time_ns);
}

/* What the process runs up to this exec. Not what a younger snapshot or exec has told. */
static void put_previous(struct enrich *enrich, struct tail *tail, const struct rec_exec *record)
{
	const struct process *process = process_table_find(enrich->processes, record->task.id.pid,
							   record->task.id.start_ns);
	struct enriched_process previous = {0};

	if (!process || process->exec_time_ns >= record->header.time_ns)
		return;
	put_image(enrich, tail, process, &previous);
	tail->out->previous_executable = previous.executable;
	tail->out->previous_args = previous.args;
	tail->out->previous_args_count = previous.args_count;
	tail->out->previous_args_masked = previous.args_masked;
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
	if (process->exec_time_ns && process->exec_time_id == record->task.exec_id &&
	    process->exec_time_ns <= record->header.time_ns)
		out->exec_duration_ns = record->header.time_ns - process->exec_time_ns;
}

static const struct process *note_process(struct enrich *enrich, const struct task_record *record,
					  int64_t wall_offset_ns, unsigned int how)
{
	const struct process *process = note_task(enrich, record, wall_offset_ns, how);

	if (!process)
		return NULL;
	if (record->header.kind == REC_FORK) {
		const struct rec_fork *fork = (const void *)record;
		const struct process *creator = process_table_find(
			enrich->processes, fork->creator.pid, fork->creator.start_ns);

		if (creator)
			process_table_share_image(enrich->processes, process, creator);
	} else if (record->header.kind == REC_EXEC) {
		note_exec(enrich, (const void *)record, process, how & NOTE_MASKED);
		lineage_judge(enrich->processes, process);
	}
	return process;
}

/* Of another process than the event's own, of which a recalled event knows this much. */
struct recalled {
	const struct rec_id *id;
	const struct enriched_process *known;
};

static void recall_image(struct enrich *enrich, const struct enriched *base,
			 const struct enriched_process *known, const struct process *process)
{
	struct image image = {
		.executable = (const char *)base + known->executable.offset,
		.executable_length = known->executable.length,
		.executable_full = known->executable.full,
		.args = (const char *)base + known->args.offset,
		.args_length = known->args.length,
		.args_full = known->args.full,
		.args_count = known->args_count,
		.exec_id = process->exec_id,
		.args_masked = known->args_masked,
	};

	if (image.executable_length > 0)
		process_table_set_image(enrich->processes, process, &image, 0);
}

/* Its own events are older than what is recalled; so nothing but its identity and program is known,
 * and the first thing that is told of it replaces that. */
static void recall_other(struct enrich *enrich, const struct enriched *base,
			 const struct recalled *other)
{
	struct process told = {
		.id = *other->id,
		.start_wall_ns = other->known->start_wall_ns,
		.uid = REC_ID_UNSET,
		.gid = REC_ID_UNSET,
		.euid = REC_ID_UNSET,
		.egid = REC_ID_UNSET,
		.login_uid = REC_ID_UNSET,
		.snapshot = true,
	};
	const struct process *process;

	if (told.id.pid == 0 || told.id.start_ns == 0 || other->known->start_wall_ns == 0 ||
	    process_table_find(enrich->processes, told.id.pid, told.id.start_ns))
		return;
	memcpy(told.entity_id, other->known->entity_id, sizeof(told.entity_id));
	if (other->known->comm.length < sizeof(told.comm))
		memcpy(told.comm, (const char *)base + other->known->comm.offset,
		       other->known->comm.length);
	process = process_table_insert(enrich->processes, &told);
	if (process)
		recall_image(enrich, base, other->known, process);
}

static bool list_holds(const struct enriched *base, const struct rec_string *list, const char *word)
{
	size_t size = strlen(word) + 1;

	for (uint32_t at = 0; at + size <= list->length; at++)
		if ((at == 0 || ((const char *)base + list->offset)[at - 1] == '\0') &&
		    memcmp((const char *)base + list->offset + at, word, size) == 0)
			return true;
	return false;
}

void enrich_recall(struct enrich *enrich, const struct event *event)
{
	const struct task_record *record = (const struct task_record *)event->record;
	const struct enriched *base = event->enriched;
	const struct recalled others[] = {
		{&record->task.parent, &base->parent},
		{&record->task.session, &base->session_leader},
		{&record->task.group, &base->group_leader},
	};
	const struct process *process;

	if (!event->kind->has_task)
		return;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		recall_other(enrich, base, &others[i]);
	process = note_process(
		enrich, record, event->entry->wall_offset_ns,
		NOTE_RECALLED | (base->container_id.length ? NOTE_CONTAINER : 0) |
			(list_holds(base, &base->masked, "process.args") ? NOTE_MASKED : 0));
	if (process && event->record->kind != REC_EXEC)
		recall_image(enrich, base, &base->process, process);
	if (event->record->kind == REC_EXIT)
		process_table_exit(enrich->processes, &record->task.id);
}

void enrich_reconcile_begin(struct enrich *enrich)
{
	process_table_reconcile_begin(enrich->processes);
}

void enrich_reconcile_end(struct enrich *enrich, bool at_start)
{
	(void)process_table_reconcile_end(enrich->processes, at_start);
}

static void put_process(struct enrich *enrich, struct tail *tail, const struct process *process,
			bool with_image)
{
	struct enriched *out = tail->out;

	memcpy(out->process.entity_id, process->entity_id, sizeof(out->process.entity_id));
	out->process.start_wall_ns = process->start_wall_ns;
	if (with_image)
		put_image(enrich, tail, process, &out->process);
	if (process->creator.pid == 0)
		return;
	out->creator_pid = process->creator.pid;
	put_other(enrich, tail, &process->creator, &out->creator);
	out->creator.args = out->creator.comm = (struct rec_string){0};
	out->creator.args_count = out->creator.args_masked = 0;
}

/* What a leader runs is told where it is another process, and in events of processes only. */
static void put_leader(struct enrich *enrich, struct tail *tail, const struct rec_id *id,
		       bool with_image, struct enriched_process *out)
{
	const struct process *process = put_identity(enrich, id, tail->wall_offset_ns, out);

	if (process && with_image)
		put_image(enrich, tail, process, out);
}

static bool tells_leaders_images(uint16_t kind)
{
	return kind == REC_FORK || kind == REC_EXEC || kind == REC_EXIT || kind == REC_EXEC_FAILED;
}

/* process as it is known now: it may know more of a leader that has ended than the record. */
static void put_leaders(struct enrich *enrich, struct tail *tail, uint16_t kind,
			const struct process *process)
{
	struct enriched *out = tail->out;
	const struct {
		const struct rec_id *id;
		struct enriched_process *out;
		uint32_t *is_self;
	} leaders[] = {
		{&process->session, &out->session_leader, &out->session_is_self},
		{&process->group, &out->group_leader, &out->group_is_self},
		{&process->entry, &out->entry_leader, &out->entry_is_self},
	};

	if (process->entry.pid == 0)
		lineage_find_entry(enrich->processes, process);
	out->entry_pid = process->entry.pid;
	out->entry_ns_pid = process->entry.ns_pid;
	out->entry_type = process->entry_type;
	for (size_t i = 0; i < sizeof(leaders) / sizeof(leaders[0]); i++) {
		const struct rec_id *id = leaders[i].id;
		bool is_self = id->pid == process->id.pid && id->start_ns == process->id.start_ns;

		if (id->pid == 0 || id->start_ns == 0)
			continue;
		*leaders[i].is_self = is_self;
		put_leader(enrich, tail, id, !is_self && tells_leaders_images(kind),
			   leaders[i].out);
	}
}

static void put_ancestry(struct enrich *enrich, struct tail *tail, const struct process *process)
{
	struct rec_id ids[LINEAGE_MAX];
	char text[LINEAGE_MAX * UUID_TEXT_SIZE];
	size_t count = lineage_ancestors(enrich->processes, process, enrich->ancestry, ids);

	for (size_t i = 0; i < count; i++) {
		uint8_t entity_id[16];

		compute_entity_id(enrich, &ids[i], entity_id);
		uuid_format(text + i * UUID_TEXT_SIZE, entity_id);
	}
	tail_put(tail, &tail->out->ancestry, text, count * UUID_TEXT_SIZE);
}

/* What a snapshot saw may be what became of the process after an event that waited in the ring. */
static bool snapshot_is_younger(struct enrich *enrich, const struct task_record *record)
{
	const struct rec_id *id = &record->task.id;
	const struct process *known = process_table_find(enrich->processes, id->pid, id->start_ns);

	return known && known->snapshot && known->told_ns > record->header.time_ns;
}

static void put_others(struct enrich *enrich, struct tail *tail, const struct task_record *record,
		       const struct process *process)
{
	put_other(enrich, tail, &record->task.parent, &tail->out->parent);
	if (!process)
		return;
	put_leaders(enrich, tail, record->header.kind, process);
	if (enrich->ancestry > 0)
		put_ancestry(enrich, tail, process);
}

static void enrich_task(struct enrich *enrich, struct task_record *record, struct tail *tail)
{
	uint16_t kind = record->header.kind;
	bool snapshot_rules = snapshot_is_younger(enrich, record);
	const struct process *process;

	if (kind == REC_EXEC && !snapshot_rules)
		put_previous(enrich, tail, (const struct rec_exec *)record);
	process = note_process(enrich, record, tail->wall_offset_ns, 0);
	if (process)
		put_process(enrich, tail, process, kind != REC_EXEC && !snapshot_rules);
	put_others(enrich, tail, record, process);
	event_names_put(enrich->names, tail, record);
	placement_put(&enrich->placement, tail, record);
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
		tail_put(tail, &part, record_string(record, directory), directory->length);
	if (!absolute)
		tail_put(tail, &part, "/", 1);
	tail_put(tail, &part, name, given->length);
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
	tail_put(tail, string, slot.name, slot.length);
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

size_t enrich_event(struct enrich *enrich, struct rec_header *record, int64_t wall_offset_ns,
		    struct enriched *out)
{
	const struct kind *kind = kind_get(record->kind);
	struct tail tail = {.out = out, .used = sizeof(*out), .wall_offset_ns = wall_offset_ns};

	*out = (struct enriched)ENRICHED_NOTHING;
	if (record->kind == REC_EXEC)
		keep_configured_env(enrich, (struct rec_exec *)record);
	if (record->kind == REC_CGROUP_MADE || record->kind == REC_CGROUP_GONE)
		placement_note(&enrich->placement, (struct rec_cgroup *)record);
	if (kind && kind->has_task) {
		enrich_task(enrich, (struct task_record *)record, &tail);
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

void enrich_cache_counters(const struct enrich *enrich, struct enrich_caches *ret_counters)
{
	user_names_counters(enrich->names, &ret_counters->names);
	ret_counters->helper = (struct resolver_counters){0};
	if (enrich->resolver)
		resolver_counters(enrich->resolver, &ret_counters->helper);
	cgroups_counters(enrich->placement.cgroups, &ret_counters->cgroups);
	containers_counters(enrich->placement.containers, &ret_counters->containers);
}
