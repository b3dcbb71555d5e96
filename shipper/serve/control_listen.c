/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes the directory, takes the lock, replaces what a dead agent left, and binds. The socket is
 * never open wider than it shall be: it is bound with mode 0600 and opened to the group afterwards.
 */
#include "serve/control_listen.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIRECTORY_MODE 0711 /* the sockets in it say who may ask */
#define MODE 0600
#define MODE_OF_GROUP 0660
#define BACKLOG 16

void control_listen_init(struct control_listen *place, const char *what)
{
	*place = (struct control_listen){
		.fd = -1,
		.lock_fd = -1,
		.address.sun_family = AF_UNIX,
		.what = what,
	};
}

static int find_group(struct control_listen *place, const char *name, struct err *err)
{
	const struct group *group;
	uint64_t number;

	if (!name)
		return 0;
	place->has_group = true;
	if (text_parse_number(name, &number) == 0 && number < UINT_MAX) {
		place->group = (gid_t)number;
		return 0;
	}
	group = getgrnam(name);
	if (!group)
		return err_set(err, -ENOENT, "%s: there is no group '%s'", place->what, name);
	place->group = group->gr_gid;
	return 0;
}

/* A directory that is there already is somebody's choice and stays as it is. */
static int make_directory(const struct control_listen *place, struct err *err)
{
	char dir[sizeof(place->address.sun_path)];
	struct stat st;
	char *slash;
	int result;

	(void)snprintf(dir, sizeof(dir), "%s", place->address.sun_path);
	slash = strrchr(dir, '/');
	if (!slash || slash == dir)
		return 0;
	*slash = '\0';
	if (stat(dir, &st) == 0)
		return 0;
	result = io_make_dirs(dir, DIRECTORY_MODE);
	if (result == 0 && chmod(dir, DIRECTORY_MODE) < 0) /* whatever the umask is */
		result = -errno;
	if (result < 0)
		return err_set(err, result, "%s: cannot make the directory '%s': %s", place->what,
			       dir, strerror(-result));
	return 0;
}

/* The process that listens at the path: 0 none does, -1 one whose number cannot be told. */
static pid_t who_listens(const struct sockaddr_un *address)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
		return errno == ECONNREFUSED || errno == ENOENT ? 0 : -1;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.pid == 0)
		return -1;
	return peer.pid;
}

static int in_use(const struct control_listen *place, struct err *err)
{
	const char *path = place->address.sun_path;
	pid_t pid = who_listens(&place->address);

	if (pid > 0)
		return err_set(err, -EADDRINUSE, "%s '%s': is in use by process %d", place->what,
			       path, (int)pid);
	return err_set(err, -EADDRINUSE, "%s '%s': is in use by another process", place->what,
		       path);
}

static int take_lock(struct control_listen *place, struct err *err)
{
	char path[sizeof(place->address.sun_path) + sizeof(".lock")];

	(void)snprintf(path, sizeof(path), "%s.lock", place->address.sun_path);
	place->lock_fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (place->lock_fd < 0)
		return err_set(err, -errno, "%s: '%s': %s", place->what, path, strerror(errno));
	if (flock(place->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return in_use(place, err);
	return err_set(err, -errno, "%s: '%s': %s", place->what, path, strerror(errno));
}

/* We hold the lock, so a socket that is there has no agent behind it, unless its lock was removed.
 */
static int clear_path(const struct control_listen *place, struct err *err)
{
	const char *path = place->address.sun_path;
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0
				       : err_set(err, -errno, "%s '%s': %s", place->what, path,
						 strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return err_set(err, -EEXIST, "%s '%s': something else stands there", place->what,
			       path);
	if (who_listens(&place->address) != 0)
		return in_use(place, err);
	if (unlink(path) < 0 && errno != ENOENT)
		return err_set(err, -errno, "%s '%s': cannot remove the old one: %s", place->what,
			       path, strerror(errno));
	return 0;
}

/* Linux binds with the mode of the socket itself: no moment with a wider one, no umask. */
static int bind_socket(struct control_listen *place)
{
	const char *path = place->address.sun_path;
	struct stat st;

	place->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (place->fd < 0 || fchmod(place->fd, MODE) < 0)
		return -errno;
	if (bind(place->fd, (const struct sockaddr *)&place->address, sizeof(place->address)) < 0 ||
	    lstat(path, &st) < 0)
		return -errno;
	place->device = st.st_dev;
	place->inode = st.st_ino;
	return 0;
}

/* The group first: no moment in which another one is let in. */
static int let_group_in(const struct control_listen *place, struct err *err)
{
	const char *path = place->address.sun_path;

	if (!place->has_group)
		return 0;
	if (lchown(path, (uid_t)-1, place->group) == 0 && chmod(path, MODE_OF_GROUP) == 0)
		return 0;
	return err_set(err, -errno,
		       "%s '%s': cannot let group %u in: %s (who is not root may give it only to "
		       "groups he is in: SupplementaryGroups= of the service)",
		       place->what, path, place->group, strerror(errno));
}

int control_listen_open(struct control_listen *place, const char *path, const char *group,
			struct err *err)
{
	int result;

	if (strlen(path) >= sizeof(place->address.sun_path))
		return err_set(err, -ENAMETOOLONG,
			       "%s '%s': a path of at most %zu bytes is possible", place->what,
			       path, sizeof(place->address.sun_path) - 1);
	memcpy(place->address.sun_path, path, strlen(path) + 1);
	result = find_group(place, group, err);
	if (result == 0)
		result = make_directory(place, err);
	if (result == 0)
		result = take_lock(place, err);
	if (result == 0)
		result = clear_path(place, err);
	if (result < 0)
		return result;
	result = bind_socket(place);
	if (result == 0 && listen(place->fd, BACKLOG) < 0)
		result = -errno;
	if (result < 0)
		return err_set(err, result, "%s '%s': %s", place->what, path, strerror(-result));
	return let_group_in(place, err);
}

void control_listen_close(struct control_listen *place)
{
	struct stat st;

	if (place->inode && lstat(place->address.sun_path, &st) == 0 &&
	    st.st_dev == place->device && st.st_ino == place->inode)
		(void)unlink(place->address.sun_path);
	if (place->fd >= 0)
		(void)close(place->fd);
	if (place->lock_fd >= 0)
		(void)close(place->lock_fd);
	control_listen_init(place, place->what);
}
