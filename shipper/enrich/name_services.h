/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two services that give names, and what goes to and fro. They run in workers of the resolver:
 * name services of the host may hang, files of a container are hostile.
 */
#ifndef AUDITSHIP_NAME_SERVICES_H
#define AUDITSHIP_NAME_SERVICES_H

#include "enrich/resolver.h"
#include "enrich/scopes.h"

#include <stddef.h>
#include <stdint.h>

struct name_want {
	uint32_t id;
	uint32_t is_group;
};
#define NAME_WANTS_MAX 12

/*
 * name_service_nss: one struct name_want; the answer is the name, without NUL. -ENOENT: it has
 * none; another error: that is not known.
 */
int name_service_nss(void *data, const void *question, size_t size, struct buf *out);

/*
 * name_service_scope: the names in the files of a process. -ESRCH: it has gone or is not what it
 * was; another error: its root or its id maps cannot be read. data: a struct name_files.
 */
enum name_root { NAME_ROOT_ANY, NAME_ROOT_HOST, NAME_ROOT_OTHER };
struct scope_question {
	struct scope_key key;
	uint64_t start_ticks; /* of the process, in USER_HZ */
	uint32_t pid;
	uint32_t root; /* enum name_root */
	uint32_t count;
	struct name_want wants[NAME_WANTS_MAX];
	uint32_t pad;
};
int name_service_scope(void *data, const void *question, size_t size, struct buf *out);

/* Before the names, one after the other, each of that length. */
#define NAME_LENGTH_NONE UINT32_MAX          /* the files have none for it */
#define NAME_LENGTH_UNKNOWN (UINT32_MAX - 1) /* not mapped, or the file cannot be read */
struct scope_answer {
	uint64_t files;   /* another value: the files have changed */
	uint32_t is_host; /* 1: they are the very files of the host; no names follow */
	uint32_t count;   /* as in the question */
	struct name_want wants[NAME_WANTS_MAX];
	uint32_t lengths[NAME_WANTS_MAX];
};

/* What a worker remembers of files it has read; made before the fork, empty. root: "" or where
 * proc and etc stand. NULL: no memory. */
struct name_files *name_files_new(const char *root);
void name_files_free(struct name_files *files);

#endif
