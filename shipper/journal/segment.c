/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the format of segment files: names, headers, frames and their checks. Whatever is read here
 * is hostile until its sum and its bounds are proven. It knows nothing of readers, cursors,
 * threads.
 */
#include "journal/segment.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/crc32c.h"
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

void segment_name(char out[SEGMENT_NAME_SIZE], uint64_t number)
{
	(void)snprintf(out, SEGMENT_NAME_SIZE, "%08" PRIu64 ".seg", number);
}

enum segment_file segment_name_parse(const char *name, uint64_t *ret_number)
{
	char canonical[SEGMENT_NAME_SIZE];
	uint64_t number = 0;
	size_t digits = strspn(name, "0123456789");
	size_t length;

	if (digits < 8 || digits > 18)
		return SEGMENT_FILE_FOREIGN;
	for (size_t i = 0; i < digits; i++)
		number = number * 10 + (uint64_t)(name[i] - '0');
	segment_name(canonical, number);
	length = strlen(canonical);
	if (number == 0 || strncmp(name, canonical, length) != 0)
		return SEGMENT_FILE_FOREIGN;
	*ret_number = number;
	if (name[length] == '\0')
		return SEGMENT_FILE_WHOLE;
	if (strcmp(name + length, ".tmp") == 0)
		return SEGMENT_FILE_UNFINISHED;
	return name[length] == '.' ? SEGMENT_FILE_ASIDE : SEGMENT_FILE_FOREIGN;
}

/* A frame that was copied into another segment, or left in recycled blocks, fails its sum. */
static uint32_t frame_seed(const struct segment *segment)
{
	uint32_t crc = crc32c(0, segment->stream, sizeof(segment->stream));

	return crc32c(crc, &segment->number, sizeof(segment->number));
}

static int write_header(const struct segment *segment, int fd, const struct numbers *numbers)
{
	struct segment_header header = {
		.magic = SEGMENT_MAGIC,
		.version = JOURNAL_VERSION,
		.header_size = (uint32_t)segment->header_size,
		.number = segment->number,
		.first_sequence = segment->first_sequence,
		.first_index = segment->first_index,
		.created_ns = clock_real_ns(),
		.number_count = numbers->count,
	};
	size_t numbers_size = numbers->count * sizeof(*numbers->items);
	int result;

	memcpy(header.stream, segment->stream, sizeof(header.stream));
	memcpy(header.boot_id, segment->boot_id, sizeof(header.boot_id));
	header.crc = crc32c(crc32c(0, &header, sizeof(header)), numbers->items, numbers_size);
	result = io_pwrite_all(fd, &header, sizeof(header), 0);
	if (result < 0)
		return result;
	return io_pwrite_all(fd, numbers->items, numbers_size, sizeof(header));
}

static int allocate(int fd, uint64_t size)
{
	int result;

	do
		result = posix_fallocate(fd, 0, (off_t)size);
	while (result == EINTR);
	return -result;
}

int segment_create(struct segment *segment, int dirfd, uint64_t size, const struct numbers *numbers)
{
	char name[SEGMENT_NAME_SIZE], unfinished[SEGMENT_NAME_SIZE + 4];
	_cleanup_close_ int fd = -1;
	int result;

	segment->header_size =
		sizeof(struct segment_header) + numbers->count * sizeof(*numbers->items);
	segment->seed = frame_seed(segment);
	segment->size = size;
	segment->synced = 0;
	segment_name(name, segment->number);
	(void)snprintf(unfinished, sizeof(unfinished), "%s.tmp", name);
	fd = openat(dirfd, unfinished, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	result = allocate(fd, size);
	if (result == 0)
		result = write_header(segment, fd, numbers);
	if (result == 0 && renameat2(dirfd, unfinished, dirfd, name, RENAME_NOREPLACE) < 0)
		result = -errno;
	if (result < 0) {
		(void)unlinkat(dirfd, unfinished, 0);
		return result;
	}
	atomic_store(&segment->end, segment->header_size);
	atomic_store(&segment->sealed, false);
	segment->fd = fd;
	fd = -1;
	return 0;
}

/*
 * Behind the numbers a newer minor version may have more. A sparse file is of any size: to look for
 * the end of its zeros would take days.
 */
static bool header_valid(const struct segment_header *header, uint64_t number, uint64_t file_size)
{
	return header->number == number && header->number_count <= NUMBERS_MAX &&
	       header->header_size >=
		       sizeof(*header) + header->number_count * sizeof(struct journal_number) &&
	       header->header_size <= HEADER_SIZE_MAX && header->header_size % 8 == 0 &&
	       header->header_size <= file_size && file_size <= SEGMENT_FILE_MAX &&
	       header->first_sequence > 0 && header->first_sequence <= FIRST_MAX &&
	       header->first_index <= FIRST_MAX;
}

/* rest: what follows the fixed part, up to header_size. */
static bool header_sum_right(const struct segment_header *header, const void *rest)
{
	struct segment_header copy = *header;
	uint32_t crc;

	copy.crc = 0;
	crc = crc32c(0, &copy, sizeof(copy));
	return crc32c(crc, rest, header->header_size - sizeof(copy)) == header->crc;
}

static int read_header(int fd, uint64_t number, uint64_t file_size, struct segment_header *header,
		       struct numbers *numbers)
{
	_cleanup_free_ struct journal_number *items = NULL;
	size_t size;
	ssize_t n = io_pread_full(fd, header, sizeof(*header), 0);

	if (n < 0)
		return (int)n;
	if (n < (ssize_t)offsetof(struct segment_header, header_size) ||
	    memcmp(header->magic, SEGMENT_MAGIC, sizeof(header->magic)) != 0)
		return -EBADMSG;
	if (JOURNAL_MAJOR(header->version) > JOURNAL_MAJOR(JOURNAL_VERSION))
		return -EPROTONOSUPPORT;
	if (n != (ssize_t)sizeof(*header) ||
	    JOURNAL_MAJOR(header->version) != JOURNAL_MAJOR(JOURNAL_VERSION) ||
	    !header_valid(header, number, file_size))
		return -EBADMSG;
	size = header->header_size - sizeof(*header);
	items = malloc(size + 1);
	if (!items)
		return -ENOMEM;
	n = io_pread_full(fd, items, size, sizeof(*header));
	if (n < 0)
		return (int)n;
	if (n != (ssize_t)size || !header_sum_right(header, items))
		return -EBADMSG;
	if (numbers)
		numbers_set(numbers, items, header->number_count);
	return 0;
}

static int open_segment(int dirfd, uint64_t number)
{
	char name[SEGMENT_NAME_SIZE];
	int fd;

	segment_name(name, number);
	fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int segment_load(struct segment *segment, int dirfd, uint64_t number, struct numbers *numbers)
{
	_cleanup_close_ int fd = open_segment(dirfd, number);
	struct segment_header header;
	struct stat st;
	int result;

	if (fd == -ENOMEM || fd == -EMFILE || fd == -ENFILE || fd == -EACCES || fd == -EPERM)
		return fd;
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -EBADMSG;
	result = read_header(fd, number, (uint64_t)st.st_size, &header, numbers);
	if (result < 0)
		return result == -ENOMEM || result == -EPROTONOSUPPORT ? result : -EBADMSG;
	segment->number = number;
	memcpy(segment->stream, header.stream, sizeof(segment->stream));
	memcpy(segment->boot_id, header.boot_id, sizeof(segment->boot_id));
	segment->first_sequence = header.first_sequence;
	segment->first_index = header.first_index;
	segment->created_real_ns = header.created_ns;
	segment->header_size = header.header_size;
	segment->seed = frame_seed(segment);
	segment->size = (uint64_t)st.st_size;
	segment->synced = segment->size;
	segment->fd = -1;
	atomic_store(&segment->end, segment->size);
	atomic_store(&segment->sealed, true);
	return 0;
}

bool segment_entries_tile(const char *entries, uint64_t size, uint32_t count)
{
	uint64_t at = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t entry_size;

		if (size - at < sizeof(uint64_t))
			return false;
		memcpy(&entry_size, entries + at, sizeof(entry_size));
		if (entry_size == 0 || entry_size % 8 != 0 || entry_size > size - at)
			return false;
		at += entry_size;
	}
	return at == size;
}

static bool frame_bounds_valid(const struct frame_header *header, uint64_t room)
{
	return header->magic == FRAME_MAGIC && header->size <= room &&
	       header->size <= FRAME_SIZE_MAX && header->size % 8 == 0 &&
	       header->number_count <= NUMBERS_PER_BATCH_MAX &&
	       header->size >=
		       sizeof(*header) + header->number_count * sizeof(struct journal_number);
}

/* Sequence and index run side by side within a segment, which holds one stream. */
static bool frame_content_valid(const struct segment *segment, const struct frame_header *header)
{
	struct frame_header copy = *header;
	uint32_t crc;

	copy.crc = 0;
	crc = crc32c(segment->seed, &copy, sizeof(copy));
	crc = crc32c(crc, header + 1, header->size - sizeof(copy));
	if (crc != header->crc)
		return false;
	if (header->type != FRAME_ENTRIES)
		return true;
	return header->count > 0 && header->first_index >= segment->first_index &&
	       header->first_index - segment->first_index ==
		       header->first_sequence - segment->first_sequence &&
	       segment_entries_tile(frame_entries(header), frame_entries_size(header),
				    header->count);
}

static int read_exactly(int fd, void *data, size_t size, uint64_t offset)
{
	ssize_t n = io_pread_full(fd, data, size, (off_t)offset);

	/* A sector that cannot be read is damage like any other. */
	if (n == -EIO)
		return -EBADMSG;
	if (n < 0)
		return (int)n;
	return n == (ssize_t)size ? 0 : -EBADMSG;
}

int segment_read_frame(const struct segment *segment, int fd, uint64_t offset, uint64_t end,
		       struct buf *frame)
{
	static const struct frame_header zero;
	struct frame_header header;
	char *data;
	int result;

	if (offset > end || end - offset < sizeof(header))
		return 0;
	result = read_exactly(fd, &header, sizeof(header), offset);
	if (result < 0)
		return result;
	if (memcmp(&header, &zero, sizeof(header)) == 0)
		return 0;
	if (!frame_bounds_valid(&header, end - offset))
		return -EBADMSG;
	buf_clear(frame);
	data = buf_reserve(frame, header.size);
	if (!data)
		return -ENOMEM;
	memcpy(data, &header, sizeof(header));
	result = read_exactly(fd, data + sizeof(header), header.size - sizeof(header),
			      offset + sizeof(header));
	if (result < 0)
		return result;
	frame->length = header.size;
	return frame_content_valid(segment, frame_of(frame)) ? 1 : -EBADMSG;
}

/* Bytes from offset up to the last one that is not zero. */
static int measure_tail(int fd, uint64_t offset, uint64_t size, uint64_t *ret_bytes)
{
	char chunk[4096];
	uint64_t bytes = 0;

	for (uint64_t at = offset; at < size;) {
		uint64_t wanted = size - at < sizeof(chunk) ? size - at : sizeof(chunk);
		ssize_t n = io_pread_full(fd, chunk, wanted, (off_t)at);

		if (n == -EIO)
			n = (ssize_t)wanted, chunk[n - 1] = 1;
		if (n < 0)
			return (int)n;
		if (n == 0)
			break;
		for (ssize_t i = n; i > 0; i--) {
			if (chunk[i - 1] == 0)
				continue;
			bytes = at - offset + (uint64_t)i;
			break;
		}
		at += (uint64_t)n;
	}
	*ret_bytes = bytes;
	return 0;
}

int segment_scan(const struct segment *segment, int dirfd, struct numbers *numbers,
		 struct segment_scan *ret_scan)
{
	_cleanup_close_ int fd = open_segment(dirfd, segment->number);
	struct segment_scan scan = {.end = segment->header_size};
	struct buf frame;
	int result;

	if (fd < 0)
		return fd;
	buf_init(&frame, FRAME_SIZE_MAX);
	while ((result = segment_read_frame(segment, fd, scan.end, segment->size, &frame)) > 0) {
		const struct frame_header *header = frame_of(&frame);

		if (header->type == FRAME_ENTRIES) {
			if (header->first_index != segment->first_index + scan.events)
				break;
			scan.events += header->count;
			scan.last_time_ns = header->time_ns;
		}
		if (numbers)
			numbers_set(numbers, frame_numbers(header), header->number_count);
		scan.end += header->size;
	}
	buf_done(&frame);
	if (result < 0 && result != -EBADMSG)
		return result;
	result = measure_tail(fd, scan.end, segment->size, &scan.torn_bytes);
	*ret_scan = scan;
	return result;
}
