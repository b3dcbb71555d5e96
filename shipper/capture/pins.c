/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The directory of pins: names, order, whose it is. Everything there may be left over from a crash
 * at any moment, or may have been put there by somebody else. Must not know what the maps hold.
 */
#include "capture/pins.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "capture/bpf_call.h"
#include "capture/probes_set.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#define SET_PREFIX "set_"
#define ABOUT "about"
#define NAME_BYTES 8 /* of a hash */

struct pins {
	char path[PATH_MAX];
	int dirfd;
	uid_t owner; /* whose they are to be */
	char said[1024];
};

static const char *const part_names[PROBES_PARTS] = {
	[PROBES_PROGRAM] = "program",
	[PROBES_LINK] = "link",
	[PROBES_AGAIN] = "again",
	[PROBES_AGAIN_LINK] = "again_link",
};

__attribute__((format(printf, 2, 3))) static void say(struct pins *pins, const char *format, ...)
{
	size_t used = strlen(pins->said);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(pins->said + used, sizeof(pins->said) - used, format, args);
	va_end(args);
}

const char *pins_said(const struct pins *pins)
{
	return pins->said;
}

const char *pins_directory(const struct pins *pins)
{
	return pins->path;
}

static bool is_private(const struct stat *facts, uid_t owner)
{
	return S_ISDIR(facts->st_mode) && facts->st_uid == owner && (facts->st_mode & 077) == 0;
}

static uid_t owner_of_pins(const char *state_dir, enum pins_use use)
{
	struct stat facts;

	if (use == PINS_REMOVE && geteuid() == 0 && stat(state_dir, &facts) == 0)
		return facts.st_uid;
	return geteuid();
}

/* Paths of any length and any bytes, as a name that bpffs takes: it wants no dots. */
static int name_directory(struct pins *pins, const char *root, const char *state_dir)
{
	struct stat facts;
	bool own;

	_cleanup_free_ char *real = realpath(state_dir, NULL);
	unsigned char digest[EVP_MAX_MD_SIZE];
	size_t used;

	if (!real)
		return -errno;
	if (EVP_Digest(real, strlen(real), digest, NULL, EVP_sha256(), NULL) != 1)
		return -ENOMEM;
	(void)snprintf(pins->path, sizeof(pins->path), "%s/auditship", root);
	own = lstat(pins->path, &facts) == 0 && is_private(&facts, pins->owner);
	used = (size_t)snprintf(pins->path, sizeof(pins->path), "%s%s/auditship_", root,
				own ? "/auditship" : "");
	for (size_t i = 0; i < NAME_BYTES && used < sizeof(pins->path); i++)
		used += (size_t)snprintf(pins->path + used, sizeof(pins->path) - used, "%02x",
					 digest[i]);
	return 0;
}

static int check_root(const char *root, struct err *err)
{
	struct statfs facts;

	if (statfs(root, &facts) == 0 && facts.f_type == BPF_FS_MAGIC)
		return 0;
	return err_set(err, -ENODEV,
		       "no BPF file system is mounted at '%s' (mend it with: mount -t bpf bpf %s)",
		       root, root);
}

/* Somebody else may have made it: on many hosts everybody may write to bpffs. */
static int check_owner(const struct pins *pins, struct err *err)
{
	struct stat facts;

	if (fstat(pins->dirfd, &facts) < 0)
		return err_set(err, -errno, "'%s': %s", pins->path, strerror(errno));
	if (is_private(&facts, pins->owner))
		return 0;
	return err_set(err, -EPERM,
		       "'%s' belongs to user %u with mode %03o and is left alone; remove it if it "
		       "should not be there",
		       pins->path, facts.st_uid, facts.st_mode & 0777);
}

static bool is_still_there(const struct pins *pins)
{
	struct stat held, named;

	return fstat(pins->dirfd, &held) == 0 && lstat(pins->path, &named) == 0 &&
	       held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

/* Another agent's end, or a detach, may take the directory away until it is locked. */
static int lock_directory(struct pins *pins, bool make, struct err *err)
{
	for (;;) {
		if (make && mkdir(pins->path, 0700) < 0 && errno != EEXIST)
			return err_set(err, -errno, "cannot make '%s': %s", pins->path,
				       strerror(errno));
		pins->dirfd = open(pins->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (pins->dirfd < 0 && (errno != ENOENT || !make))
			return err_set(err, -errno, "cannot open '%s': %s", pins->path,
				       strerror(errno));
		if (pins->dirfd >= 0) {
			int result = check_owner(pins, err);

			if (result < 0)
				return result;
			if (flock(pins->dirfd, LOCK_EX | LOCK_NB) < 0)
				return err_set(err, errno == EWOULDBLOCK ? -EBUSY : -errno,
					       "'%s' is in use by another agent", pins->path);
			if (is_still_there(pins))
				return 0;
			(void)close(pins->dirfd);
			pins->dirfd = -1;
		}
	}
}

int pins_open(struct pins **ret_pins, const char *root, const char *state_dir, enum pins_use use,
	      struct err *err)
{
	struct pins *pins = calloc(1, sizeof(*pins));
	int result;

	if (!pins)
		return err_set(err, -ENOMEM, "no memory for pinned probes");
	pins->dirfd = -1;
	pins->owner = owner_of_pins(state_dir, use);
	result = name_directory(pins, root, state_dir);
	if (result < 0)
		(void)err_set(err, result, "'%s': %s", state_dir, strerror(-result));
	else
		result = check_root(root, err);
	if (result == 0)
		result = lock_directory(pins, use == PINS_MAKE, err);
	if (result < 0) {
		if (pins->dirfd >= 0)
			(void)close(pins->dirfd);
		free(pins);
		return result;
	}
	*ret_pins = pins;
	return 0;
}

void pins_close(struct pins *pins)
{
	if (!pins)
		return;
	(void)rmdir(pins->path); /* as long as something is pinned it stays */
	(void)close(pins->dirfd);
	free(pins);
}

/* A path in the directory of that set; file NULL: that directory. */
static void set_path(const struct pins *pins, uint64_t number, const char *file, char out[PATH_MAX])
{
	int used = snprintf(out, PATH_MAX, "%s/" SET_PREFIX "%" PRIu64, pins->path, number);

	if (file && used > 0 && used < PATH_MAX)
		(void)snprintf(out + used, PATH_MAX - (size_t)used, "/%s", file);
}

static void part_path(const struct pins *pins, const struct probes *probes, size_t hook,
		      enum probes_part part, char out[PATH_MAX])
{
	char file[64];

	/* hooks of one name are never in one set */
	(void)snprintf(file, sizeof(file), "%s_%s", probes->about.hook[hook].name,
		       part_names[part]);
	set_path(pins, probes->about.number, file, out);
}

static bool parse_set(const char *name, uint64_t *ret_number)
{
	const char *digits = name + strlen(SET_PREFIX);
	char *end;

	if (strncmp(name, SET_PREFIX, strlen(SET_PREFIX)) != 0 || *digits < '0' || *digits > '9' ||
	    (*digits == '0' && digits[1]))
		return false;
	errno = 0;
	*ret_number = strtoull(digits, &end, 10);
	return *end == '\0' && errno == 0;
}

/* Files of a directory, one after the other: nothing else is ever in a set's. */
static int remove_files(int dirfd)
{
	_cleanup_closedir_ DIR *dir = io_open_names(dirfd);
	struct dirent *item;
	int result = 0;

	if (!dir)
		return -errno;
	while ((item = readdir(dir))) {
		if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0)
			continue;
		if (unlinkat(dirfd, item->d_name, 0) < 0)
			result = -errno;
	}
	return result;
}

/* "about" first: what is half removed counts as unfinished. */
static int remove_set(const struct pins *pins, uint64_t number)
{
	char path[PATH_MAX];
	_cleanup_close_ int fd = -1;

	set_path(pins, number, NULL, path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	(void)unlinkat(fd, ABOUT, 0);
	(void)remove_files(fd);
	return rmdir(path) < 0 ? -errno : 0;
}

/* Numbers of the sets that are there, sorted; at most max of them. */
static size_t list_sets(struct pins *pins, uint64_t *ret_numbers, size_t max)
{
	_cleanup_closedir_ DIR *dir = io_open_names(pins->dirfd);
	struct dirent *item;
	size_t count = 0, at;
	uint64_t number;

	while (dir && (item = readdir(dir))) {
		if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0)
			continue;
		if (!parse_set(item->d_name, &number)) {
			say(pins, "'%s/%s' is not ours and is left alone\n", pins->path,
			    item->d_name);
			continue;
		}
		for (at = count; at > 0 && ret_numbers[at - 1] > number; at--)
			if (at < max)
				ret_numbers[at] = ret_numbers[at - 1];
		if (at < max)
			ret_numbers[at] = number;
		count += count < max;
	}
	return count;
}

#define LISTED_MAX 64

unsigned int pins_remove_all(struct pins *pins)
{
	uint64_t numbers[LISTED_MAX];
	unsigned int removed = 0;
	size_t count = list_sets(pins, numbers, LISTED_MAX);

	for (size_t i = 0; i < count; i++) {
		int result = remove_set(pins, numbers[i]);

		if (result < 0)
			say(pins, "'%s/" SET_PREFIX "%" PRIu64 "' cannot be removed: %s\n",
			    pins->path, numbers[i], strerror(-result));
		removed += result == 0;
	}
	return removed;
}

static int open_map(const struct pins *pins, struct probes *probes, enum probes_map map)
{
	char path[PATH_MAX];

	set_path(pins, probes->about.number, probes_map_name(map), path);
	probes->maps[map] = bpf_call_get_pinned(path);
	return probes->maps[map] < 0 ? probes->maps[map] : 0;
}

static int read_about(const struct pins *pins, uint64_t number, struct probes_about *ret_about)
{
	struct probes_layout layout;
	char path[PATH_MAX];
	struct bpf_map_info info;
	_cleanup_close_ int fd = -1;
	uint32_t zero = 0;
	int result;

	set_path(pins, number, ABOUT, path);
	fd = bpf_call_get_pinned(path);
	if (fd < 0)
		return fd;
	if (bpf_call_map_info(fd, &info) < 0 || info.value_size != sizeof(*ret_about))
		return -EBADMSG;
	result = bpf_call_lookup(fd, &zero, ret_about);
	probes_fill_layout(&layout);
	if (result == 0 && (memcmp(&layout, &ret_about->layout, sizeof(layout)) != 0 ||
			    ret_about->number != number || ret_about->hooks > HOOKS_MAX ||
			    ret_about->snapshot >= ret_about->hooks || ret_about->token == 0))
		result = -EBADMSG;
	return result;
}

/* What a set that records must have; to read an older one the maps are enough. */
static int open_parts(const struct pins *pins, struct probes *probes)
{
	for (size_t i = 0; i < probes->about.hooks; i++) {
		struct probes_about_hook *hook = &probes->about.hook[i];

		hook->name[sizeof(hook->name) - 1] = '\0';
		for (enum probes_part part = 0; part < PROBES_PARTS; part++) {
			char path[PATH_MAX];

			if (!(hook->parts >> part & 1))
				continue;
			part_path(pins, probes, i, part, path);
			probes->parts[i][part] = bpf_call_get_pinned(path);
			if (probes->parts[i][part] < 0)
				return -EBADMSG;
		}
	}
	return 0;
}

static int open_set(const struct pins *pins, uint64_t number, struct probes **ret_probes)
{
	struct probes *probes = probes_new();
	struct err err;
	int result = probes ? read_about(pins, number, &probes->about) : -ENOMEM;

	for (enum probes_map i = 0; i < PROBES_MAPS && result == 0; i++)
		result = open_map(pins, probes, i);
	if (result == 0)
		result = probes_map_all(probes, &err);
	if (result < 0) {
		probes_close(probes);
		return result;
	}
	probes_read_about(probes);
	if (open_parts(pins, probes) < 0) {
		probes_detach(probes);
		probes->damaged = true;
	}
	*ret_probes = probes;
	return 0;
}

static void give_up(struct pins *pins, uint64_t number, int error)
{
	say(pins,
	    "the probes left in '%s/" SET_PREFIX "%" PRIu64 "' are %s and were removed; what they "
	    "recorded since their agent ended is lost\n",
	    pins->path, number,
	    error == -ENOENT    ? "unfinished"
	    : error == -EBADMSG ? "damaged or of another version"
	    : error == -E2BIG   ? "more than an agent reads"
				: strerror(-error));
	(void)remove_set(pins, number);
}

/* One that was made ready and never recorded has nothing to tell; nor can several go on. */
static bool is_of_use(const struct probes *set, struct probes *const *sets, size_t count)
{
	if (set->control->generation == REC_GENERATION_NONE ||
	    set->about.number > set->control->generation)
		return false;
	return count == 0 || sets[count - 1]->control->generation == set->control->generation;
}

size_t pins_find(struct pins *pins, struct probes *ret_sets[PINS_SETS_MAX])
{
	uint64_t numbers[LISTED_MAX];
	size_t listed = list_sets(pins, numbers, LISTED_MAX), count = 0, first = 0;

	for (; listed - first > PINS_SETS_MAX; first++)
		give_up(pins, numbers[first], -E2BIG);
	for (size_t i = first; i < listed; i++) {
		struct probes *set = NULL;
		int result = open_set(pins, numbers[i], &set);

		if (result == 0 && is_of_use(set, ret_sets, count)) {
			ret_sets[count++] = set;
			continue;
		}
		probes_close(set);
		if (result < 0)
			give_up(pins, numbers[i], result);
		else
			(void)remove_set(pins, numbers[i]);
	}
	return count;
}

static int save_about(const struct pins *pins, const struct probes *probes)
{
	char path[PATH_MAX];
	uint32_t zero = 0;
	_cleanup_close_ int fd = bpf_call_new_array("about", sizeof(probes->about));
	int result = fd < 0 ? fd : bpf_call_update(fd, &zero, &probes->about);

	set_path(pins, probes->about.number, ABOUT, path);
	return result < 0 ? result : bpf_call_pin(fd, path);
}

static int save_parts(const struct pins *pins, const struct probes *probes)
{
	char path[PATH_MAX];
	int result = 0;

	for (size_t i = 0; i < probes->about.hooks; i++) {
		for (enum probes_part part = 0; part < PROBES_PARTS && result == 0; part++) {
			if (probes->parts[i][part] < 0)
				continue;
			part_path(pins, probes, i, part, path);
			result = bpf_call_pin(probes->parts[i][part], path);
		}
	}
	return result;
}

int pins_save(struct pins *pins, struct probes *probes, struct err *err)
{
	char path[PATH_MAX];
	int result;

	probes_write_about(probes);
	(void)remove_set(pins, probes->about.number);
	set_path(pins, probes->about.number, NULL, path);
	result = mkdir(path, 0700) < 0 ? -errno : 0;
	for (enum probes_map i = 0; i < PROBES_MAPS && result == 0; i++) {
		set_path(pins, probes->about.number, probes_map_name(i), path);
		result = bpf_call_pin(probes->maps[i], path);
	}
	if (result == 0)
		result = save_parts(pins, probes);
	if (result == 0)
		result = save_about(pins, probes);
	if (result == 0)
		return 0;
	(void)remove_set(pins, probes->about.number);
	return err_set(err, result, "cannot pin the probes in '%s': %s", pins->path,
		       strerror(-result));
}

void pins_remove_links(struct pins *pins, const struct probes *probes)
{
	static const enum probes_part links[] = {PROBES_LINK, PROBES_AGAIN_LINK};
	char path[PATH_MAX];

	for (size_t i = 0; i < probes->about.hooks; i++) {
		for (size_t j = 0; j < sizeof(links) / sizeof(links[0]); j++) {
			part_path(pins, probes, i, links[j], path);
			(void)unlink(path);
		}
	}
}

void pins_remove(struct pins *pins, const struct probes *probes)
{
	(void)remove_set(pins, probes->about.number);
}
