/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packs and deletes rotated files. Each look opens the directory anew, since it may have been
 * replaced. The order of what it does to a file: packed under a temporary name, on disk, renamed,
 * the directory on disk, the plain one deleted. Knows no thread.
 */
#include "sink/keep.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/counter.h"
#include "sink/pack.h"
#include "sink/trail_list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* So many at most before the next look: what is to be deleted does not wait for a long queue. */
#define PACKS_PER_LOOK 16

struct look {
	struct keep *keep;
	int dirfd;
	struct trail_list list;
	int result; /* the first failure */
	struct err *err;
};

static int tell(struct look *look, int code, const char *entry, const char *what)
{
	if (look->result == 0)
		look->result = err_set(look->err, code, "%s/%s: %s", look->keep->name.directory,
				       entry, what);
	return code;
}

static int fail(struct look *look, const char *entry, const char *what)
{
	char text[256];
	int code = -errno;

	(void)snprintf(text, sizeof(text), "%s: %s", what, strerror(-code));
	return tell(look, code, entry, text);
}

/* Owner, mode and times of the plain file; what may not be set stays ours and closed to others. */
static int copy_attributes(int from, int to)
{
	struct stat st;

	if (fstat(from, &st) < 0)
		return -1;
	if (fchown(to, st.st_uid, st.st_gid) < 0 && errno != EPERM)
		return -1;
	if (fchmod(to, st.st_mode & 07777) < 0)
		return -1;
	return futimens(to, (struct timespec[]){st.st_atim, st.st_mtim});
}

/* *ret_out: what was made, if anything. */
static int pack_into(struct look *look, const struct trail_file *file, const char *temporary,
		     int *ret_out)
{
	const struct keeper_options *options = &look->keep->options;
	_cleanup_close_ int in = openat(look->dirfd, file->name,
					O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	struct err err;
	int out, result;

	if (in < 0 || fstat(in, &st) < 0)
		return fail(look, file->name, "cannot open");
	errno = EINVAL;
	if (!S_ISREG(st.st_mode))
		return fail(look, file->name, "cannot pack");
	out = openat(look->dirfd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		     0600);
	if (out < 0)
		return fail(look, temporary, "cannot make");
	*ret_out = out;
	result = pack_file(in, out, options->packing, options->level, &look->keep->stop, &err);
	if (result < 0)
		return result == -ECANCELED ? result : tell(look, result, temporary, err.text);
	if (copy_attributes(in, out) < 0 || fsync(out) < 0 || fstat(out, &st) < 0)
		return fail(look, temporary, "cannot make it last");
	counter_add(&look->keep->packed_bytes_after, (uint64_t)st.st_size);
	return 0;
}

static bool is_at(const struct look *look, int fd, const char *entry)
{
	struct stat held, named;

	return fstat(fd, &held) == 0 &&
	       fstatat(look->dirfd, entry, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

/*
 * A packed file of the same name is replaced: only the plain one is known to be whole. A thread
 * that hung in fsync(2) may have been left behind, see keeper_stop; what has the temporary name by
 * then is what its successor has packed so far.
 */
static int put_in_place(struct look *look, const struct trail_file *file, const char *temporary,
			const char *packed, int out)
{
	if (atomic_load(&look->keep->stop))
		return -ECANCELED;
	if (!is_at(look, out, temporary))
		return tell(look, -ESTALE, temporary, "somebody has replaced or deleted it");
	if (renameat(look->dirfd, temporary, look->dirfd, packed) < 0)
		return fail(look, packed, "cannot rename to it");
	if (fsync(look->dirfd) < 0)
		return fail(look, packed, "cannot sync its directory");
	if (unlinkat(look->dirfd, file->name, 0) < 0 && errno != ENOENT)
		return fail(look, file->name, "is packed, but cannot be deleted");
	counter_add(&look->keep->packed, 1);
	counter_add(&look->keep->packed_bytes_before, file->bytes);
	return 0;
}

static int pack(struct look *look, const struct trail_file *file)
{
	const char *ending = trail_name_ending(look->keep->options.packing);
	char packed[NAME_MAX + 1], temporary[NAME_MAX + 1];
	_cleanup_close_ int out = -1;
	int result;

	(void)snprintf(packed, sizeof(packed), "%s%s", file->name, ending);
	(void)snprintf(temporary, sizeof(temporary), "%s%s.tmp", file->name, ending);
	result = pack_into(look, file, temporary, &out);
	if (result == 0)
		result = put_in_place(look, file, temporary, packed, out);
	if (result < 0 && out >= 0 && is_at(look, out, temporary))
		(void)unlinkat(look->dirfd, temporary, 0);
	return result;
}

/* What fails holds up no other file. True when there may be more to do at once. */
static bool pack_some(struct look *look)
{
	unsigned int packed = 0;

	for (size_t i = 0; i < look->list.count && packed < PACKS_PER_LOOK; i++) {
		const struct trail_file *file = &look->list.files[i];
		int result;

		if (!file->name || file->rotated.packing != TRAIL_PLAIN)
			continue;
		result = pack(look, file);
		if (result == -ECANCELED || result == -ENOSPC)
			return false;
		packed += result == 0;
	}
	return packed == PACKS_PER_LOOK;
}

/* Takes the file off the list too. */
static bool remove_file(struct look *look, struct trail_file *file)
{
	if (unlinkat(look->dirfd, file->name, 0) < 0 && errno != ENOENT) {
		(void)fail(look, file->name, "cannot delete");
		return false;
	}
	free(file->name);
	file->name = NULL;
	return true;
}

static void remove_leftovers(struct look *look)
{
	for (size_t i = 0; i < look->list.count; i++)
		if (look->list.files[i].rotated.temporary)
			(void)remove_file(look, &look->list.files[i]);
}

/* What there is, and how much of it has to go. */
struct need {
	uint64_t files, bytes; /* rotated */
	uint64_t active_bytes;
	uint64_t too_old_ns;    /* changed before that; 0: none is */
	uint64_t missing_bytes; /* of free space */
};

static void assess(struct look *look, struct need *ret_need)
{
	const struct keeper_options *options = &look->keep->options;
	uint64_t now_ns = clock_real_ns(), age_ns = options->age_ms * NS_PER_MS;
	struct space space;
	struct stat st;

	*ret_need = (struct need){0};
	for (size_t i = 0; i < look->list.count; i++) {
		if (!look->list.files[i].name)
			continue;
		ret_need->files++;
		ret_need->bytes += look->list.files[i].bytes;
	}
	if (fstatat(look->dirfd, look->keep->name.active, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode))
		ret_need->active_bytes = (uint64_t)st.st_size;
	if (age_ns && now_ns > age_ns)
		ret_need->too_old_ns = now_ns - age_ns;
	space_look(&space, look->dirfd, &options->space);
	ret_need->missing_bytes = space.missing_bytes;
}

enum verdict { KEEP, DELETE, DELETE_EARLY };

static enum verdict judge(const struct keeper_options *options, const struct need *need,
			  const struct trail_file *file)
{
	if (options->files && need->files > options->files)
		return DELETE;
	if (options->total_bytes && need->bytes + need->active_bytes > options->total_bytes)
		return DELETE;
	if (file->changed_ns < need->too_old_ns)
		return DELETE;
	return need->missing_bytes && need->files > 1 ? DELETE_EARLY : KEEP;
}

/*
 * On a host whose clock was not set a file has a time before 2024. It is as old as the next one
 * that has a better time, and young where there is none.
 */
static void date(struct trail_list *list)
{
	uint64_t changed_ns = UINT64_MAX;

	for (size_t i = list->count; i-- > 0;) {
		struct trail_file *file = &list->files[i];

		if (file->changed_ns < CLOCK_REAL_PLAUSIBLE_NS)
			file->changed_ns = changed_ns;
		changed_ns = file->changed_ns;
	}
}

static void delete_oldest(struct look *look)
{
	struct keep *keep = look->keep;
	struct need need;

	assess(look, &need);
	date(&look->list);
	for (size_t i = 0; i < look->list.count; i++) {
		struct trail_file *file = &look->list.files[i];
		enum verdict verdict;

		if (!file->name)
			continue;
		verdict = judge(&keep->options, &need, file);
		if (verdict == KEEP)
			break; /* those behind it are newer */
		if (!remove_file(look, file))
			continue;
		counter_add(&keep->deleted, 1);
		counter_add(&keep->deleted_bytes, file->bytes);
		counter_add(&keep->deleted_early, verdict == DELETE_EARLY);
		need.files--;
		need.bytes -= file->bytes;
		need.missing_bytes -=
			need.missing_bytes < file->bytes ? need.missing_bytes : file->bytes;
	}
	counter_set(&keep->files, need.files);
	counter_set(&keep->bytes, need.bytes);
}

int keep_look(struct keep *keep, bool *ret_more, struct err *err)
{
	_cleanup_close_ int dirfd = open(keep->name.directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct look look = {.keep = keep, .dirfd = dirfd, .err = err};
	int result;

	*ret_more = false;
	if (dirfd < 0)
		return err_set(err, -errno, "%s: cannot open: %s", keep->name.directory,
			       strerror(errno));
	result = trail_list_read(&look.list, dirfd, &keep->name);
	if (result < 0) {
		errno = -result;
		(void)fail(&look, "", "cannot read the directory");
	}
	remove_leftovers(&look);
	delete_oldest(&look);
	if (keep->options.packing != TRAIL_PLAIN)
		*ret_more = pack_some(&look);
	trail_list_done(&look.list);
	return look.result;
}
