/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Directories of cgroup hierarchies, told before anybody can be put into them. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "compat.h"
#include "emit.h"
#include "generation.h"
#include "hook.h"
#include "path.h"

#define CGROUP_PATH_SIZE                                                         \
	1024 /* of the kernel's buffer for its tracepoints; what fills it is cut \
	      */

static __always_inline void tell_cgroup(__u16 kind, struct cgroup *cgroup, const char *path)
{
	struct rec_cgroup *record;
	struct scratch *space;

	if (!is_told_hierarchy(cgroup->root) || !generation_takes(kind, cgroup->kn->id))
		return;
	space = record_begin(kind, REC_CLASS_TASK, sizeof(*record));
	if (!space)
		return;
	record = (struct rec_cgroup *)space->bytes;
	record->id = cgroup->kn->id;
	record->hierarchy = cgroup->root->hierarchy_id;
	if (path)
		append_kernel_string(space, path, &record->path);
	if (record->path.length >= CGROUP_PATH_SIZE - 1)
		record->path.full = REC_FULL_UNKNOWN;
	record_submit(space, kind, REC_CLASS_TASK);
}

HOOK("tp_btf/cgroup_mkdir", on_cgroup_mkdir, REC_CGROUP_MADE, struct cgroup *cgroup,
     const char *path)
{
	tell_cgroup(REC_CGROUP_MADE, cgroup, path);
	return 0;
}

/* On v1 only. What is below it is told by its old name until it ends. */
HOOK("tp_btf/cgroup_rename", on_cgroup_rename, REC_CGROUP_MADE, struct cgroup *cgroup,
     const char *path)
{
	tell_cgroup(REC_CGROUP_MADE, cgroup, path);
	return 0;
}

HOOK("tp_btf/cgroup_rmdir", on_cgroup_rmdir, REC_CGROUP_GONE, struct cgroup *cgroup)
{
	tell_cgroup(REC_CGROUP_GONE, cgroup, NULL);
	return 0;
}
