/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the files of a trail are called. The active one has the name that the configuration gives,
 * such as audit.ndjson; a rotated one is called
 *
 *     audit-000000000042-20260301T123456Z-81723.ndjson[.zst|.gz]
 *           |            |                `- event.sequence of its first event; 0: not known
 *           |            `- when it was rotated, UTC: for people
 *           `- its number: 12 digits, one more than the file before it
 *
 * so the order of the names is that of the events, whatever the clock does.
 */
#ifndef AUDITSHIP_TRAIL_NAME_H
#define AUDITSHIP_TRAIL_NAME_H

#include "base/err.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * A name with a number above is not taken for one of ours: no trail comes that far, and a file
 * that somebody called 999999999999 must not use the numbers up.
 */
#define TRAIL_NUMBER_MAX UINT64_C(99999999999)

enum trail_packing { TRAIL_PLAIN, TRAIL_ZSTD, TRAIL_GZIP };

struct trail_name {
	char directory[PATH_MAX];
	char active[NAME_MAX + 1]; /* the path's last part: audit.ndjson */
	char state[NAME_MAX + 1];  /* .audit.ndjson.state, see trail_state.h */
	int stem_length;           /* of active: audit */
};

/* What the name of a rotated file says. */
struct trail_rotated {
	uint64_t number;
	enum trail_packing packing;
	bool temporary; /* ends in .tmp: being packed, or left behind by a crash */
};

/* -EINVAL when path names no file, -ENAMETOOLONG when the names made from it would be too long. */
int trail_name_init(struct trail_name *name, const char *path, struct err *err);

void trail_name_format(char out[NAME_MAX + 1], const struct trail_name *name, uint64_t number,
		       uint64_t wall_ns, uint64_t first_sequence);

/* False when it is not the name of a rotated file, to the letter. */
bool trail_name_parse(const struct trail_name *name, const char *entry,
		      struct trail_rotated *ret_rotated);

/* What a name ends in that is packed so: "", ".zst", ".gz". */
const char *trail_name_ending(enum trail_packing packing);

#endif
