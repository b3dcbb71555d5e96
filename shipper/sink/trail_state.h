/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a trail has to remember beside its lines, in a small file in its directory: the number of
 * the last rotated file, so that none is given twice even when all of them have gone; and the last
 * event before the active file, so that one that is empty or missing still tells where to go on.
 * One sector, written over in place: that needs no room on a full disk. Whoever has it open holds
 * the lock of the trail. What cannot be read counts as not there.
 */
#ifndef AUDITSHIP_TRAIL_STATE_H
#define AUDITSHIP_TRAIL_STATE_H

#include "base/err.h"
#include "sink/sink.h"

#include <stdint.h>

struct trail_state {
	uint64_t number;           /* 0: no file was rotated yet, or not known */
	struct sink_position last; /* sequence 0: not known */
};

/*
 * Opens, makes it if need be (mode 0600), and locks. -EBUSY: another process writes this trail;
 * -EINVAL: something else has that name. The caller closes *ret_fd.
 */
int trail_state_open(int dirfd, const char *name, int *ret_fd, struct trail_state *ret_state,
		     struct err *err);

/* 0 or a negative errno. durable: with fdatasync(2). */
int trail_state_write(int fd, const struct trail_state *state, bool durable);

#endif
