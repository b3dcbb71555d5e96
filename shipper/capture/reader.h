/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When to look at the rings. Under load they are swept every millisecond, every eighth when there
 * is room for more than that, and producers never wake anybody; when nothing comes, the reader asks
 * to be woken and sleeps. Owned by the collect thread.
 */
#ifndef AUDITSHIP_READER_H
#define AUDITSHIP_READER_H

#include "base/err.h"
#include "capture/ring.h"
#include "record.h"
#include "shared.h"

#include <stdatomic.h>

struct reader;

/* Any thread may read these. */
struct reader_counters {
	atomic_uint_fast64_t sweeps; /* looks at the rings */
	atomic_uint_fast64_t sleeps; /* of up to 500 ms */
	atomic_uint_fast64_t late;   /* sleeps that timed out although records had come */
};

/* state: shared with the probes. stop_fd: becomes readable when the reader is to return. Borrowed.
 */
int reader_new(struct reader **ret_reader, struct ring *const rings[REC_RING_SHIPPER],
	       struct rec_reader *state, int stop_fd, struct err *err);
void reader_free(struct reader *reader);

/* Waits until it is time for a sweep. busy: the last sweep found something. 1 when told to stop. */
int reader_wait(struct reader *reader, bool busy);

const struct reader_counters *reader_counters(const struct reader *reader);

#endif
