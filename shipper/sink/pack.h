/* SPDX-License-Identifier: BSD-2-Clause */
/* Compression of a whole file from one descriptor to another. The only user of zstd and zlib. */
#ifndef AUDITSHIP_PACK_H
#define AUDITSHIP_PACK_H

#include "base/err.h"
#include "sink/trail_name.h"

#include <stdatomic.h>

/* Higher levels take more memory than the whole agent may. */
#define PACK_ZSTD_LEVEL_MAX 12
#define PACK_GZIP_LEVEL_MAX 9
#define PACK_LEVEL_DEFAULT 0

/*
 * Reads in from its place on to its end and writes it to out, packed, with a checksum of the
 * content. level PACK_LEVEL_DEFAULT: the library's own (zstd 3, gzip 6). packing: not TRAIL_PLAIN.
 * -ECANCELED as soon as *stop is seen; what out holds then is worth nothing.
 */
int pack_file(int in, int out, enum trail_packing packing, int level, const atomic_bool *stop,
	      struct err *err);

#endif
