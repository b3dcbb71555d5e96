/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns what a worker does for a question about names: to ask the C library, or to look into a
 * process's root, with a few files remembered as they were read last. Runs in a worker only: it may
 * block, and what it reads is hostile.
 */
#include "enrich/name_services.h"

#include "base/cleanup.h"
#include "enrich/procfs.h"
#include "enrich/safe_file.h"
#include "enrich/users.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define FILE_LIMIT ((size_t)1024 * 1024) /* of a container; larger ones are not read */
#define NSS_BUFFER_MAX ((size_t)1024 * 1024)
#define REMEMBERED 16

/* One of two files, as it was found. */
struct found {
	struct safe_file_state state;
	int error; /* 0, or why it is not read; -ENOENT: it is not there, and so no name */
};

struct remembered {
	struct found passwd, group;
	struct users *users; /* NULL: free */
	uint64_t used;
};

struct name_files {
	const char *root;
	struct remembered entries[REMEMBERED];
	uint64_t uses;
};

struct name_files *name_files_new(const char *root)
{
	struct name_files *files = calloc(1, sizeof(*files));

	if (files)
		files->root = root;
	return files;
}

void name_files_free(struct name_files *files)
{
	if (!files)
		return;
	for (size_t i = 0; i < REMEMBERED; i++)
		users_free(files->entries[i].users);
	free(files);
}

static int ask_passwd(uint32_t id, char *buffer, size_t size, const char **ret_name)
{
	struct passwd entry, *found = NULL;
	int result = getpwuid_r(id, &entry, buffer, size, &found);

	*ret_name = found ? found->pw_name : NULL;
	return result;
}

static int ask_group(uint32_t id, char *buffer, size_t size, const char **ret_name)
{
	struct group entry, *found = NULL;
	int result = getgrgid_r(id, &entry, buffer, size, &found);

	*ret_name = found ? found->gr_name : NULL;
	return result;
}

/* What the C library returns for "there is none": getpwnam(3), ERRORS. */
static bool means_none(int error)
{
	return error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
}

int name_service_nss(void *data, const void *question, size_t size, struct buf *out)
{
	const struct name_want *want = question;
	int result = ERANGE;

	(void)data;
	if (size != sizeof(*want))
		return -EINVAL;
	for (size_t room = 4096; result == ERANGE && room <= NSS_BUFFER_MAX; room *= 4) {
		_cleanup_free_ char *buffer = malloc(room);
		const char *name;

		if (!buffer)
			return -ENOMEM;
		result = want->is_group ? ask_group(want->id, buffer, room, &name)
					: ask_passwd(want->id, buffer, room, &name);
		if (result == 0 && name)
			return buf_add_text(out, name);
	}
	return means_none(result) ? -ENOENT : -result;
}

/* Whether the number still means the process that was asked for, in the places it was in. */
static int check_process(const struct name_files *files, const struct scope_question *question)
{
	uint64_t ticks;
	int result = procfs_start_ticks(files->root, question->pid, &ticks);

	if (result < 0)
		return result == -ENOENT ? -ESRCH : result;
	if (ticks != question->start_ticks ||
	    procfs_namespace(files->root, question->pid, "mnt") != question->key.mnt ||
	    procfs_namespace(files->root, question->pid, "user") != question->key.user)
		return -ESRCH;
	return 0;
}

/*
 * Its root may be another one by now: a first process of a container goes from the host's root into
 * its own between clone and exec. A kernel that does not tell the mount is believed.
 */
static int check_root(const struct name_files *files, int root_fd,
		      const struct scope_question *question)
{
	struct statx st;
	struct stat own;
	bool is_own;

	if (statx(root_fd, "", AT_EMPTY_PATH, STATX_INO | STATX_MNT_ID, &st) < 0 ||
	    stat(files->root[0] ? files->root : "/", &own) < 0)
		return -errno;
	if (question->key.root_mount && st.stx_mask & STATX_MNT_ID &&
	    (uint32_t)st.stx_mnt_id != question->key.root_mount)
		return -ESRCH;
	is_own = st.stx_ino == own.st_ino &&
		 makedev(st.stx_dev_major, st.stx_dev_minor) == own.st_dev;
	return question->root != (is_own ? NAME_ROOT_OTHER : NAME_ROOT_HOST) ? 0 : -ESRCH;
}

static struct found look(int root_fd, const char *path)
{
	struct found found = {0};

	found.error = safe_file_stat(root_fd, path, &found.state);
	if (found.error == 0 && found.state.size > FILE_LIMIT)
		found.error = -EFBIG;
	if (found.error < 0)
		memset(&found.state, 0, sizeof(found.state));
	return found;
}

static bool same_found(const struct found *a, const struct found *b)
{
	return a->error == b->error && safe_file_same(&a->state, &b->state);
}

static void read_found(int root_fd, const char *path, struct found *found, char **text,
		       size_t *length)
{
	if (found->error == 0)
		found->error =
			safe_file_read(root_fd, path, FILE_LIMIT, text, length, &found->state);
}

/* Reads both, in the place of what was used longest ago. */
static struct remembered *read_files(struct name_files *files, int root_fd, struct found *passwd,
				     struct found *group)
{
	struct remembered *entry = files->entries;
	_cleanup_free_ char *passwd_text = NULL, *group_text = NULL;
	size_t passwd_length = 0, group_length = 0;

	for (size_t i = 1; i < REMEMBERED; i++)
		if (files->entries[i].used < entry->used)
			entry = &files->entries[i];
	read_found(root_fd, "etc/passwd", passwd, &passwd_text, &passwd_length);
	read_found(root_fd, "etc/group", group, &group_text, &group_length);
	users_free(entry->users);
	*entry = (struct remembered){.passwd = *passwd, .group = *group};
	if (users_parse(&entry->users, &passwd_text, passwd_length, &group_text, group_length) < 0)
		return NULL;
	return entry;
}

static struct remembered *find_files(struct name_files *files, int root_fd, struct found *passwd,
				     struct found *group)
{
	struct remembered *entry = NULL;

	for (size_t i = 0; i < REMEMBERED && !entry; i++)
		if (files->entries[i].users && same_found(&files->entries[i].passwd, passwd) &&
		    same_found(&files->entries[i].group, group))
			entry = &files->entries[i];
	if (!entry)
		entry = read_files(files, root_fd, passwd, group);
	if (entry)
		entry->used = ++files->uses;
	return entry;
}

static uint64_t mix(uint64_t hash, const struct found *found)
{
	const uint64_t words[] = {found->state.device,
				  found->state.inode,
				  found->state.size,
				  (uint64_t)found->state.modified_ns,
				  (uint64_t)found->state.changed_ns,
				  (uint64_t)(int64_t)found->error};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		hash = (hash ^ words[i]) * 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 32;
}

/* The agent's own files, seen by another way: a mount namespace alone changes no name. */
static bool is_host(const struct name_files *files, const struct found *passwd,
		    const struct found *group)
{
	_cleanup_close_ int fd = safe_file_open_root(files->root[0] ? files->root : "/");
	struct found host_passwd, host_group;

	if (fd < 0 || passwd->error || group->error)
		return false;
	host_passwd = look(fd, "etc/passwd");
	host_group = look(fd, "etc/group");
	return !host_passwd.error && !host_group.error &&
	       host_passwd.state.device == passwd->state.device &&
	       host_passwd.state.inode == passwd->state.inode &&
	       host_group.state.device == group->state.device &&
	       host_group.state.inode == group->state.inode;
}

/* Length as struct scope_answer has it. */
static uint32_t add_name(const struct remembered *entry, const struct procfs_id_map maps[2],
			 const struct name_want *want, struct buf *out)
{
	int error = want->is_group ? entry->group.error : entry->passwd.error;
	const char *name;
	uint32_t inside;

	if (!procfs_map_inside(&maps[want->is_group != 0], want->id, &inside) ||
	    (error < 0 && error != -ENOENT))
		return NAME_LENGTH_UNKNOWN;
	name = want->is_group ? users_group_name(entry->users, inside)
			      : users_user_name(entry->users, inside);
	if (!name)
		return NAME_LENGTH_NONE;
	return buf_add_text(out, name) < 0 ? NAME_LENGTH_UNKNOWN : (uint32_t)strlen(name);
}

static int answer_scope(struct name_files *files, const struct scope_question *question,
			int root_fd, const struct procfs_id_map maps[2], struct buf *out)
{
	struct found passwd = look(root_fd, "etc/passwd"), group = look(root_fd, "etc/group");
	struct scope_answer head = {.is_host = is_host(files, &passwd, &group)};
	const struct remembered *entry;
	int result = buf_add(out, &head, sizeof(head));

	if (result < 0)
		return result;
	if (head.is_host) {
		head.files = 1;
	} else {
		entry = find_files(files, root_fd, &passwd, &group);
		if (!entry)
			return -ENOMEM;
		head.files = mix(mix(2, &entry->passwd), &entry->group);
		head.count = question->count;
		for (uint32_t i = 0; i < question->count; i++) {
			head.wants[i] = question->wants[i];
			head.lengths[i] = add_name(entry, maps, &question->wants[i], out);
		}
	}
	memcpy(out->data, &head, sizeof(head));
	return 0;
}

int name_service_scope(void *data, const void *bytes, size_t size, struct buf *out)
{
	static struct procfs_id_map maps[2];
	struct name_files *files = data;
	struct scope_question question;
	_cleanup_close_ int root_fd = -1;
	int result;

	if (size != sizeof(question))
		return -EINVAL;
	memcpy(&question, bytes, sizeof(question));
	if (question.count > NAME_WANTS_MAX)
		return -EINVAL;
	result = check_process(files, &question);
	if (result < 0)
		return result;
	root_fd = procfs_open_root(files->root, question.pid);
	if (root_fd < 0)
		return root_fd == -ENOENT ? -ESRCH : root_fd;
	result = procfs_id_map(files->root, question.pid, "uid_map", &maps[0]);
	if (result == 0)
		result = procfs_id_map(files->root, question.pid, "gid_map", &maps[1]);
	if (result == 0)
		result = check_root(files, root_fd, &question);
	if (result == 0)
		result = check_process(files, &question); /* all of it was the same process's */
	return result < 0 ? result : answer_scope(files, &question, root_fd, maps, out);
}
