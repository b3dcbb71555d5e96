/* SPDX-License-Identifier: BSD-2-Clause */
/* Owns the format: one line of fixed length and a checksum over it. */
#include "sink/trail_state.h"

#include "base/cleanup.h"
#include "base/crc32c.h"
#include "base/io.h"
#include "base/uuid.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define HEAD "auditship trail 1 "
#define LINE_FORMAT HEAD "%012" PRIu64 " %s:%020" PRIu64 " "
#define BODY_SIZE (sizeof(HEAD) - 1 + 12 + 1 + UUID_TEXT_SIZE - 1 + 1 + 20 + 1)
#define FILE_SIZE (BODY_SIZE + 8 + 1)

static void format(char out[FILE_SIZE + 1], const struct trail_state *state)
{
	char stream[UUID_TEXT_SIZE];

	uuid_format(stream, state->last.stream);
	(void)snprintf(out, BODY_SIZE + 1, LINE_FORMAT, state->number, stream,
		       state->last.sequence);
	(void)snprintf(out + BODY_SIZE, FILE_SIZE - BODY_SIZE + 1, "%08" PRIx32 "\n",
		       crc32c(0, out, BODY_SIZE));
}

/* Good only when the very same text would be written again. */
static void parse(const char text[FILE_SIZE + 1], struct trail_state *ret_state)
{
	struct trail_state state = {0};
	char again[FILE_SIZE + 1], stream[UUID_TEXT_SIZE];

	if (sscanf(text, HEAD "%12" SCNu64 " %36[0-9a-f-]:%20" SCNu64, &state.number, stream,
		   &state.last.sequence) != 3 ||
	    uuid_parse(state.last.stream, stream) < 0)
		return;
	format(again, &state);
	if (memcmp(text, again, FILE_SIZE) == 0)
		*ret_state = state;
}

static int lock(int fd, const char *name, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set(err, -errno, "%s: cannot stat: %s", name, strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_nlink > 1)
		return err_set(err, -EINVAL,
			       "%s: is not the file that a trail keeps its state in: remove it",
			       name);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return err_set(err, -EBUSY,
			       "%s: another process writes this trail: stop it or choose another "
			       "path",
			       name);
	return err_set(err, -errno, "%s: cannot lock: %s", name, strerror(errno));
}

int trail_state_open(int dirfd, const char *name, int *ret_fd, struct trail_state *ret_state,
		     struct err *err)
{
	const int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	_cleanup_close_ int fd = openat(dirfd, name, flags, 0600);
	char text[FILE_SIZE + 1] = "";
	int result;

	*ret_state = (struct trail_state){0};
	if (fd < 0 && (errno == ELOOP || errno == EISDIR || errno == ENXIO))
		return err_set(err, -EINVAL,
			       "%s: is not the file that a trail keeps its state in: remove it",
			       name);
	if (fd < 0)
		return err_set(err, -errno, "%s: cannot open: %s", name, strerror(errno));
	result = lock(fd, name, err);
	if (result < 0)
		return result;
	if (io_pread_full(fd, text, FILE_SIZE, 0) == (ssize_t)FILE_SIZE)
		parse(text, ret_state);
	*ret_fd = fd;
	fd = -1;
	return 0;
}

int trail_state_write(int fd, const struct trail_state *state, bool durable)
{
	char text[FILE_SIZE + 1];
	int result;

	format(text, state);
	result = io_pwrite_all(fd, text, FILE_SIZE, 0);
	if (result == 0 && durable && fdatasync(fd) < 0)
		result = -errno;
	return result;
}
