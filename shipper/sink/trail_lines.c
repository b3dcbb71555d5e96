/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whatever is wrong with a line makes its events unknown: then they are repeated, never left out.
 * Knows the places of an event's identity in each format that a file can have, and nothing else of
 * formats.
 */
#include "sink/trail_lines.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "base/uuid.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define BLOCK_SIZE (64 * 1024)
#define NOT_FOUND (-1)

/*
 * Looks backwards from end for a line feed, no further than a line can be long. *ret_at is its
 * offset, NOT_FOUND when the file begins before there was one. -EFBIG: no line is that long.
 */
static int find_backwards(int fd, off_t end, off_t *ret_at)
{
	_cleanup_free_ char *block = malloc(BLOCK_SIZE);
	off_t floor = end > (off_t)TRAIL_LINE_MAX ? end - (off_t)TRAIL_LINE_MAX : 0;

	if (!block)
		return -ENOMEM;
	while (end > floor) {
		off_t start = end - floor > BLOCK_SIZE ? end - BLOCK_SIZE : floor;
		ssize_t n = io_pread_full(fd, block, (size_t)(end - start), start);
		const char *found;

		if (n < 0)
			return (int)n;
		if (n < end - start)
			return -EIO; /* somebody cuts the file while we read it */
		found = memrchr(block, '\n', (size_t)n);
		if (found) {
			*ret_at = start + (found - block);
			return 0;
		}
		end = start;
	}
	*ret_at = NOT_FOUND;
	return floor > 0 ? -EFBIG : 0;
}

/* Where the zeros at the end begin: a power loss leaves them where blocks were never written. */
static int find_zeros(int fd, off_t end, off_t *ret_start)
{
	_cleanup_free_ char *block = malloc(BLOCK_SIZE);

	if (!block)
		return -ENOMEM;
	while (end > 0) {
		off_t start = end > BLOCK_SIZE ? end - BLOCK_SIZE : 0;
		ssize_t n = io_pread_full(fd, block, (size_t)(end - start), start);

		if (n < 0)
			return (int)n;
		if (n < end - start)
			return -EIO;
		while (end > start && block[end - start - 1] == '\0')
			end--;
		if (end > start)
			break;
	}
	*ret_start = end;
	return 0;
}

int trail_lines_end(int fd, off_t size, off_t *ret_length)
{
	off_t at = NOT_FOUND, end = size;
	int result = find_backwards(fd, size, &at), sought;

	if (result == -EFBIG) {
		sought = find_zeros(fd, size, &end);
		if (sought < 0)
			return sought;
		if (end < size)
			result = find_backwards(fd, end, &at);
	}
	if (result == 0)
		*ret_length = at + 1;
	return result;
}

/* An identity is "<uuid>:<number>"; any other text, or none, changes nothing. */
static void parse_event_id(const char *id, struct sink_position *ret_position)
{
	struct sink_position position;
	const char *digits;
	char *end;

	if (!id || strlen(id) < UUID_TEXT_SIZE || id[UUID_TEXT_SIZE - 1] != ':')
		return;
	digits = id + UUID_TEXT_SIZE;
	if (uuid_parse(position.stream, id) < 0 || !isdigit((unsigned char)*digits))
		return;
	errno = 0;
	position.sequence = strtoull(digits, &end, 10);
	if (errno == 0 && *end == '\0')
		*ret_position = position;
}

/* A document of several events says the stream once and two numbers. */
static void parse_document(const struct json_read *document, struct trail_line *line)
{
	const char *stream = json_read_string(document, "agent.ephemeral_id");
	struct trail_line found;
	int64_t first, last;

	if (json_read_number(document, "first_sequence", &first) < 0 ||
	    json_read_number(document, "last_sequence", &last) < 0 || first < 1 || last < first ||
	    !stream || strlen(stream) != UUID_TEXT_SIZE - 1 ||
	    uuid_parse(found.first.stream, stream) < 0)
		return;
	found.last = found.first;
	found.first.sequence = (uint64_t)first;
	found.last.sequence = (uint64_t)last;
	*line = found;
}

static void parse_json(const char *text, size_t size, struct trail_line *line)
{
	static const char *const id_paths[] = {"event.id", "metadata.uid"};
	struct json_read *document;
	struct err ignored;

	if (json_read_new(&document, text, size, &ignored) < 0)
		return;
	parse_document(document, line);
	for (size_t i = 0; i < sizeof(id_paths) / sizeof(id_paths[0]); i++)
		parse_event_id(json_read_string(document, id_paths[i]), &line->first);
	if (line->last.sequence == 0)
		line->last = line->first;
	json_read_free(document);
}

/* text is terminated. */
static void parse(const char *text, size_t size, struct trail_line *ret_line)
{
	const char *comma = memrchr(text, ',', size);

	*ret_line = (struct trail_line){0};
	if (*text == '{') {
		parse_json(text, size, ret_line);
	} else if (comma) {
		parse_event_id(comma + 1, &ret_line->first);
		ret_line->last = ret_line->first;
	}
}

/* The line from start to the line feed at end. */
static void read_line(int fd, off_t start, off_t end, struct trail_line *ret_line)
{
	size_t size = (size_t)(end - start);
	_cleanup_free_ char *text = malloc(size + 1);

	*ret_line = (struct trail_line){0};
	if (!text || io_pread_full(fd, text, size, start) != (ssize_t)size)
		return;
	text[size] = '\0';
	parse(text, size, ret_line);
}

void trail_lines_last(int fd, off_t length, struct trail_line *ret_line)
{
	off_t at;

	*ret_line = (struct trail_line){0};
	if (length > 0 && find_backwards(fd, length - 1, &at) == 0)
		read_line(fd, at + 1, length - 1, ret_line);
}

/* The first line feed from start on, NOT_FOUND when there is none within a line's length. */
static off_t find_forwards(int fd, off_t start, off_t length)
{
	_cleanup_free_ char *block = malloc(BLOCK_SIZE);
	off_t ceiling =
		length - start > (off_t)TRAIL_LINE_MAX ? start + (off_t)TRAIL_LINE_MAX : length;

	while (block && start < ceiling) {
		ssize_t n = io_pread_full(fd, block, BLOCK_SIZE, start);
		const char *found = n > 0 ? memchr(block, '\n', (size_t)n) : NULL;

		if (found)
			return start + (found - block);
		if (n <= 0)
			return NOT_FOUND;
		start += n;
	}
	return NOT_FOUND;
}

void trail_lines_first(int fd, off_t length, struct trail_line *ret_line)
{
	off_t start = 0;

	*ret_line = (struct trail_line){0};
	for (int i = 0; i < 2 && ret_line->first.sequence == 0; i++) {
		off_t end = find_forwards(fd, start, length);

		if (end == NOT_FOUND)
			return;
		read_line(fd, start, end, ret_line);
		start = end + 1;
	}
}
