/* SPDX-License-Identifier: BSD-2-Clause */
/* Arrays that grow by one while rules are compiled. Private to filter/. */
#ifndef AUDITSHIP_GROW_H
#define AUDITSHIP_GROW_H

#include <stdlib.h>
#include <string.h>

/* Makes room for one more of count items and clears it. NULL: no memory, and all is as before. */
static inline void *grow(void **items, size_t count, size_t size)
{
	char *more = realloc(*items, (count + 1) * size);

	if (!more)
		return NULL;
	*items = more;
	memset(more + count * size, 0, size);
	return more + count * size;
}

#define GROW(items, count) grow((void **)&(items), (count), sizeof(*(items)))

#endif
