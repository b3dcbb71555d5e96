/* SPDX-License-Identifier: BSD-2-Clause */
/* Puts strings behind a struct enriched; knows none of its members. */
#include "enrich/tail.h"

#include <string.h>

void tail_put(struct tail *tail, struct rec_string *string, const char *bytes, size_t length)
{
	if (length == 0 || length > ENRICH_MAX_SIZE - tail->used)
		return;
	memcpy((char *)tail->out + tail->used, bytes, length);
	*string = (struct rec_string){tail->used, (uint32_t)length, (uint32_t)length};
	tail->used += (uint32_t)length;
}

void tail_put_text(struct tail *tail, struct rec_string *string, const char *text)
{
	tail_put(tail, string, text, strlen(text));
}
