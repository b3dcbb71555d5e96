/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which numbers of a record are users and groups, and what their names are called. Must not know
 * where names come from.
 */
#include "enrich/event_names.h"

#include <string.h>

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
			tail_put(tail, &part, rows[i]->field, strlen(rows[i]->field) + 1);
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

void event_names_put(struct user_names *names, struct tail *tail, const struct task_record *record)
{
	struct name_subject subject = subject_of(record);
	struct name_slot slots[NAME_ROWS];
	const struct name_row *rows[NAME_ROWS];
	size_t count = list_ids(record, slots, rows);
	enum name_source source = user_names_resolve(names, &subject, slots, count);
	bool by_nss = false, unknown = false;

	for (size_t i = 0; i < count; i++) {
		tail_put(tail, (struct rec_string *)((char *)tail->out + rows[i]->offset),
			 slots[i].name, slots[i].length);
		by_nss |= slots[i].by_nss;
		unknown |= slots[i].is_unknown;
	}
	tail->out->names_source = (uint8_t)source;
	if (by_nss)
		put_name_list(tail, &tail->out->names_of_nss, NAMES_OF_NSS, slots, rows, count);
	if (unknown)
		put_name_list(tail, &tail->out->names_unknown, NAMES_UNKNOWN, slots, rows, count);
	if (subject.ending)
		user_names_leave(names, &subject);
}
