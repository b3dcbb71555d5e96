/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of a trail that is there already: which event its last line has. */
#include "fuzz.h"
#include "sink/trail_lines.h"

#include <sys/mman.h>

static void check_line(const struct trail_line *line)
{
	CHECK((line->first.sequence == 0) == (line->last.sequence == 0));
	CHECK(line->first.sequence <= line->last.sequence);
	CHECK(memcmp(line->first.stream, line->last.stream, sizeof(line->first.stream)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	struct trail_line line;
	off_t length = -1;

	if (fd < 0)
		fd = memfd_create("trail", MFD_CLOEXEC);
	CHECK(fd >= 0 && ftruncate(fd, 0) == 0);
	CHECK(size == 0 || pwrite(fd, data, size, 0) == (ssize_t)size);
	CHECK(trail_lines_end(fd, (off_t)size, &length) == 0);
	CHECK(length >= 0 && length <= (off_t)size);
	CHECK(length == 0 || data[length - 1] == '\n');
	CHECK(size == (size_t)length || !memchr(data + length, '\n', size - (size_t)length));
	trail_lines_last(fd, length, &line);
	check_line(&line);
	trail_lines_first(fd, length, &line);
	check_line(&line);
	return 0;
}
