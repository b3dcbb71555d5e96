/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the chunks and their references. An image is a chain of chunks: the first carries the
 * lengths and the first bytes, the others bytes alone; executable and arguments follow each other
 * without a gap. Knows nothing of processes.
 */
#include "enrich/image_pool.h"

#include "record.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

struct image_header {
	uint32_t references;
	uint32_t executable_length, executable_full;
	uint32_t args_length, args_full;
	uint32_t args_count : 30, args_masked : 1, visited : 1;
	uint32_t exec_id;
};

#define COUNT_MAX ((UINT32_C(1) << 30) - 1)

#define NEXT_BYTES (IMAGE_CHUNK_BYTES - sizeof(uint32_t))
#define FIRST_BYTES (NEXT_BYTES - sizeof(struct image_header))

struct image_chunk {
	uint32_t next; /* of the image, or of the free list; 0: the last */
	union {
		struct {
			struct image_header header;
			char bytes[FIRST_BYTES];
		} first;
		char bytes[NEXT_BYTES];
	};
};

_Static_assert(sizeof(struct image_chunk) == IMAGE_CHUNK_BYTES, "chunks fill the mapping");

static size_t mapping_bytes(uint32_t count)
{
	return ((size_t)count + 1) * sizeof(struct image_chunk);
}

int image_pool_init(struct image_pool *pool, size_t bytes)
{
	uint32_t count = (uint32_t)(bytes / sizeof(struct image_chunk));
	void *memory = mmap(NULL, mapping_bytes(count), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	*pool = (struct image_pool){0};
	if (memory == MAP_FAILED)
		return -ENOMEM;
	/* A huge page would be paid for as a whole by the first image in it. May fail, costs
	 * memory. */
	(void)madvise(memory, mapping_bytes(count), MADV_NOHUGEPAGE);
	pool->chunks = memory;
	pool->count = count;
	return 0;
}

void image_pool_done(struct image_pool *pool)
{
	if (pool->chunks)
		(void)munmap(pool->chunks, mapping_bytes(pool->count));
	*pool = (struct image_pool){0};
}

static uint32_t at_most(uint32_t value, uint32_t limit)
{
	return value < limit ? value : limit;
}

static size_t kept_bytes(const struct image *image)
{
	return (size_t)at_most(image->executable_length, IMAGE_EXECUTABLE_MAX) +
	       at_most(image->args_length, IMAGE_ARGS_MAX);
}

uint32_t image_pool_needs(const struct image *image)
{
	size_t bytes = kept_bytes(image);

	if (bytes <= FIRST_BYTES)
		return 1;
	return 1 + (uint32_t)((bytes - FIRST_BYTES + NEXT_BYTES - 1) / NEXT_BYTES);
}

uint32_t image_pool_room(const struct image_pool *pool)
{
	return pool->count - pool->used_count;
}

/* The list first: what was used before is already paid for. */
static uint32_t take_chunk(struct image_pool *pool)
{
	uint32_t id = pool->free;

	if (id)
		pool->free = pool->chunks[id].next;
	else
		id = ++pool->touched;
	pool->chunks[id].next = 0;
	pool->used_count++;
	return id;
}

/* Where the next byte of an image goes or comes from. */
struct cursor {
	struct image_chunk *chunks;
	uint32_t chunk;
	char *at;
	size_t left; /* in this chunk */
};

static struct cursor cursor_start(struct image_chunk *chunks, uint32_t id)
{
	return (struct cursor){chunks, id, chunks[id].first.bytes, FIRST_BYTES};
}

static void cursor_enter(struct cursor *cursor, uint32_t chunk)
{
	cursor->chunk = chunk;
	cursor->at = cursor->chunks[chunk].bytes;
	cursor->left = NEXT_BYTES;
}

static void write_bytes(struct image_pool *pool, struct cursor *cursor, const char *data,
			size_t size)
{
	while (size > 0) {
		size_t part;

		if (cursor->left == 0) {
			uint32_t next = take_chunk(pool);

			cursor->chunks[cursor->chunk].next = next;
			cursor_enter(cursor, next);
		}
		part = size < cursor->left ? size : cursor->left;
		memcpy(cursor->at, data, part);
		cursor->at += part;
		cursor->left -= part;
		data += part;
		size -= part;
	}
}

/* out NULL: skip. */
static void read_bytes(struct cursor *cursor, char *out, size_t size)
{
	while (size > 0) {
		size_t part;

		if (cursor->left == 0)
			cursor_enter(cursor, cursor->chunks[cursor->chunk].next);
		part = size < cursor->left ? size : cursor->left;
		if (out) {
			memcpy(out, cursor->at, part);
			out += part;
		}
		cursor->at += part;
		cursor->left -= part;
		size -= part;
	}
}

/* Into the chunk id, which is the image's first and empty, and as many more as it takes. */
static void write_image(struct image_pool *pool, uint32_t id, const struct image *image)
{
	struct image_header *header = &pool->chunks[id].first.header;
	struct cursor cursor = cursor_start(pool->chunks, id);

	*header = (struct image_header){
		.executable_length = at_most(image->executable_length, IMAGE_EXECUTABLE_MAX),
		.args_length = at_most(image->args_length, IMAGE_ARGS_MAX),
		.args_count = image->args_count & COUNT_MAX,
		.args_masked = image->args_masked,
		.exec_id = image->exec_id,
	};
	/* What was given cannot have been longer than what there was. */
	header->executable_full = image->executable_full > image->executable_length
					  ? image->executable_full
					  : image->executable_length;
	header->args_full =
		image->args_full > image->args_length ? image->args_full : image->args_length;
	write_bytes(pool, &cursor, image->executable, header->executable_length);
	write_bytes(pool, &cursor, image->args, header->args_length);
}

uint32_t image_pool_add(struct image_pool *pool, const struct image *image)
{
	uint32_t id;

	if (image_pool_needs(image) > image_pool_room(pool))
		return 0;
	id = take_chunk(pool);
	write_image(pool, id, image);
	pool->chunks[id].first.header.references = 1;
	pool->images++;
	return id;
}

void image_pool_ref(struct image_pool *pool, uint32_t id)
{
	pool->chunks[id].first.header.references++;
}

static void give_back(struct image_pool *pool, uint32_t id)
{
	while (id) {
		uint32_t next = pool->chunks[id].next;

		/* they may hold what a rule hides */
		memset(&pool->chunks[id], 0, sizeof(pool->chunks[id]));
		pool->chunks[id].next = pool->free;
		pool->free = id;
		pool->used_count--;
		id = next;
	}
}

void image_pool_unref(struct image_pool *pool, uint32_t id)
{
	if (!id || --pool->chunks[id].first.header.references > 0)
		return;
	pool->images--;
	give_back(pool, id);
}

void image_pool_replace(struct image_pool *pool, uint32_t id, const struct image *image)
{
	struct image_header before = pool->chunks[id].first.header;
	struct image kept = *image;

	give_back(pool, pool->chunks[id].next);
	memset(&pool->chunks[id], 0, sizeof(pool->chunks[id]));
	if (image_pool_needs(&kept) > image_pool_room(pool) + 1) {
		kept.args_length = 0;
		kept.args_full = REC_FULL_UNKNOWN;
	}
	write_image(pool, id, &kept);
	pool->chunks[id].first.header.references = before.references;
	pool->chunks[id].first.header.visited = before.visited;
}

bool image_pool_visit(struct image_pool *pool, uint32_t id, bool visited)
{
	struct image_header *header = &pool->chunks[id].first.header;
	bool changed = header->visited != visited;

	header->visited = visited;
	return changed;
}

void image_pool_describe(const struct image_pool *pool, uint32_t id, struct image *ret_image)
{
	const struct image_header *header = &pool->chunks[id].first.header;

	*ret_image = (struct image){
		.executable_length = header->executable_length,
		.executable_full = header->executable_full,
		.args_length = header->args_length,
		.args_full = header->args_full,
		.args_count = header->args_count,
		.args_masked = header->args_masked != 0,
		.exec_id = header->exec_id,
	};
}

size_t image_pool_copy(const struct image_pool *pool, uint32_t id, enum image_part parts, char *out,
		       size_t size)
{
	const struct image_header *header = &pool->chunks[id].first.header;
	struct cursor cursor = cursor_start(pool->chunks, id);
	size_t part, copied = 0;

	if (parts & IMAGE_EXECUTABLE) {
		copied = header->executable_length < size ? header->executable_length : size;
		read_bytes(&cursor, out, copied);
		if (copied < header->executable_length)
			return copied;
	} else {
		read_bytes(&cursor, NULL, header->executable_length);
	}
	if (!(parts & IMAGE_ARGS))
		return copied;
	part = header->args_length < size - copied ? header->args_length : size - copied;
	read_bytes(&cursor, out + copied, part);
	return copied + part;
}
