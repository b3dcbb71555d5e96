/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames on their way to a receiver, in order, and the last ones that have arrived: when a
 * connection breaks, its receiver may have lost what its kernel had taken.
 *
 *       kept            | not known to have arrived       |
 *   ----+---------------+---------------+-----------------+---->  bytes
 *       first           arrived         sent              end
 *
 * Embedded; belongs to one thread. Memory grows up to the ceiling as it is needed.
 */
#ifndef AUDITSHIP_SPOOL_H
#define AUDITSHIP_SPOOL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct spool_frame {
	uint64_t end;        /* where the next one begins */
	uint64_t arrived_ns; /* CLOCK_MONOTONIC; 0: has not */
};

struct spool {
	char *data; /* a ring */
	size_t size, limit;
	uint64_t first, arrived, sent, end; /* bytes since spool_init; none of them wraps */
	uint64_t origin;                    /* sent at the last spool_restart */

	struct spool_frame *frames; /* a ring: those from first on */
	size_t room;
	uint64_t frame_first, frame_arrived, frame_sent, frame_end; /* frames since spool_init */
	uint64_t frame_origin; /* frame_end at the last spool_restart, behind what was kept */
};

void spool_init(struct spool *spool, size_t limit);
void spool_done(struct spool *spool);

/* Copies the parts as one frame to the end. 0, -ENOSPC at the ceiling, or -ENOMEM. */
int spool_add(struct spool *spool, const struct iovec *parts, int count);

/* What was not sent: all of it, or the next frame. Returns how many parts, 0: nothing. */
int spool_unsent(const struct spool *spool, struct iovec ret_parts[2]);
int spool_next(const struct spool *spool, struct iovec ret_parts[2]);

/* That many bytes of it are sent. */
void spool_sent(struct spool *spool, size_t bytes);

/* Of what was sent since the last restart, so many bytes have arrived. */
void spool_arrived(struct spool *spool, uint64_t bytes, uint64_t now_ns);

/* Takes the next unsent frame out of the way, all before it has arrived: it counts as arrived. */
void spool_skip(struct spool *spool);

/* Of what has arrived, keeps only the last so many bytes, and what arrived after that time. */
void spool_trim(struct spool *spool, size_t keep_bytes, uint64_t after_ns);

/* A new connection: what is kept goes out again, what is not known to have arrived is forgotten. */
void spool_restart(struct spool *spool);

/* Frames added since the last restart that have arrived. */
uint64_t spool_settled(const struct spool *spool);

static inline uint64_t spool_under_way(const struct spool *spool)
{
	return spool->end - spool->arrived;
}

#endif
