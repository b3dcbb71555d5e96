/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What processes run: executable and arguments, kept once however many processes share them, in
 * chunks of fixed size out of one mapping. Memory is touched when it is first used; after
 * image_pool_init nothing is allocated. One thread owns a pool.
 */
#ifndef AUDITSHIP_IMAGE_POOL_H
#define AUDITSHIP_IMAGE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMAGE_EXECUTABLE_MAX 4096
#define IMAGE_ARGS_MAX 1024
#define IMAGE_CHUNK_BYTES 256

/* length < full: cut. full may be REC_FULL_UNKNOWN (bpf/record.h). */
struct image {
	const char *executable;
	uint32_t executable_length, executable_full;
	const char *args; /* each argument ends with NUL; no NUL after a cut one */
	uint32_t args_length, args_full;
	uint32_t args_count; /* of all arguments, also of those that are cut */
	uint32_t exec_id;    /* which exec it is of, see struct rec_task */
	bool args_masked;    /* a part of them was hidden */
};

enum image_part { IMAGE_EXECUTABLE = 1, IMAGE_ARGS = 2, IMAGE_BOTH = 3 };

struct image_chunk;

struct image_pool {
	struct image_chunk *chunks; /* [0] stands for none and is never used */
	uint32_t count;             /* chunks that may be used */
	uint32_t used_count;
	uint32_t touched; /* chunks up to this one have been used at least once */
	uint32_t free;    /* list of those that were given back */
	uint32_t images;
};

/* 0 or -ENOMEM. bytes: of chunks, their own overhead included. */
int image_pool_init(struct image_pool *pool, size_t bytes);
void image_pool_done(struct image_pool *pool);

/*
 * Copies image, cut to the limits above, and returns its id with one reference; 0: the pool has no
 * room and nothing changed.
 */
uint32_t image_pool_add(struct image_pool *pool, const struct image *image);

/* Chunks image_pool_add would need, and chunks that are free. */
uint32_t image_pool_needs(const struct image *image);
uint32_t image_pool_room(const struct image_pool *pool);

void image_pool_ref(struct image_pool *pool, uint32_t id);
/* Whoever gives up the last reference has the bytes overwritten. id 0 is ignored. */
void image_pool_unref(struct image_pool *pool, uint32_t id);

/*
 * The image becomes another one, for whoever shares it; the bytes before are overwritten. When the
 * pool has no room for the arguments, they are gone: cut, of unknown length. The executable must
 * not be longer than before.
 */
void image_pool_replace(struct image_pool *pool, uint32_t id, const struct image *image);

/* Marks an image as visited or takes the mark away; false: it was so already. */
bool image_pool_visit(struct image_pool *pool, uint32_t id, bool visited);

/* Lengths and counts of an image; both pointers are NULL, the bytes come from image_pool_copy. */
void image_pool_describe(const struct image_pool *pool, uint32_t id, struct image *ret_image);

/*
 * Copies the parts asked for, the executable first and the arguments right behind it, and returns
 * the bytes written: at most size, the rest is left out.
 */
size_t image_pool_copy(const struct image_pool *pool, uint32_t id, enum image_part parts, char *out,
		       size_t size);

#endif
