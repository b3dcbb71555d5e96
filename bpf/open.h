/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What is told of an open, whichever hook saw it. */
#ifndef AUDITSHIP_OPEN_H
#define AUDITSHIP_OPEN_H

#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "compat.h"
#include "emit.h"
#include "maps.h"
#include "path.h"
#include "record.h"

/* The file at a descriptor, NULL: none. Not a reference, only an address to read from. */
static __always_inline struct file *file_at(struct task_struct *task, __u32 descriptor)
{
	struct fdtable *table = LOAD(task, files, fdt);
	struct file *file = NULL;

	if (descriptor < LOAD(table, max_fds))
		bpf_probe_read_kernel(&file, sizeof(file), LOAD(table, fd) + descriptor);
	return file;
}

/* Where a relative name starts from. */
static __always_inline void append_place(struct scratch *space, __u32 slot,
					 struct task_struct *task, __s32 descriptor,
					 struct rec_string *ret_directory)
{
	struct file *file;

	if (descriptor == AT_FDCWD) {
		append_path(space, slot, &LOAD(task, fs)->pwd, ret_directory);
		return;
	}
	file = file_at(task, descriptor);
	if (file)
		append_path(space, slot, &file->f_path, ret_directory);
}

/* Of a process that was put into a chroot; the root of all is not worth telling. */
static __always_inline void append_root(struct scratch *space, __u32 slot, struct task_struct *task,
					struct rec_string *ret_directory)
{
	__u32 used = space->used;

	append_path(space, slot, &LOAD(task, fs)->root, ret_directory);
	if (ret_directory->length == 1 && ret_directory->full == 1) {
		__builtin_memset(ret_directory, 0, sizeof(*ret_directory));
		space->used = used;
	}
}

static __always_inline bool is_relative(struct scratch *space, const struct rec_string *given)
{
	__u32 at = given->offset & (REC_HEAD_SIZE - 1);

	return given->length == 0 ? given->full == 0 : space->bytes[at] != '/';
}

/* The arguments of an open, whichever call it was. */
struct open_request {
	__u64 flags, resolve;
	__u64 name;  /* where it is in user memory, 0: there is none */
	__s32 place; /* the descriptor it is relative to */
	__u32 mode;
};

/*
 * file: NULL when the open failed, or when another thread has closed the descriptor already.
 * shared: another thread may have put another file there: what was asked for then counts as well.
 */
static __always_inline __u16 kind_of_open(const struct rec_call *call,
					  const struct open_request *request, struct file *file,
					  bool shared)
{
	__u32 mode = file ? BPF_CORE_READ(file, f_mode) : 0;

	if (call->error)
		return REC_OPEN_FAILED;
	if ((mode & FMODE_CREATED) || (request->flags & O_TMPFILE_BIT))
		return REC_FILE_CREATE;
	if (mode & FMODE_WRITE)
		return REC_OPEN_WRITE;
	if ((!file || shared) && (request->flags & O_ACCMODE) != O_RDONLY &&
	    !(request->flags & O_PATH))
		return REC_OPEN_WRITE;
	return request->flags & O_TRUNC && !(request->flags & O_PATH) ? REC_OPEN_WRITE
								      : REC_OPEN_READ;
}

static __always_inline void fill_file(struct file *file, struct rec_open *record)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);

	record->inode = BPF_CORE_READ(inode, i_ino);
	record->file_size = BPF_CORE_READ(inode, i_size);
	record->device = BPF_CORE_READ(inode, i_sb, s_dev);
	record->mode = BPF_CORE_READ(inode, i_mode);
	record->file_uid = BPF_CORE_READ(inode, i_uid.val);
	record->file_gid = BPF_CORE_READ(inode, i_gid.val);
	record->deleted =
		BPF_CORE_READ(inode, i_nlink) == 0 ||
		(!BPF_CORE_READ(dentry, d_hash.pprev) && BPF_CORE_READ(dentry, d_parent) != dentry);
}

#endif
