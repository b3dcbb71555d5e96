/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints the JSON path of every row of the field tables that can stand in an event. */
#include "decode/fields.h"

#include <stdio.h>

static void print_row(const struct field *row)
{
	if (row->path)
		puts(row->path);
}

int main(void)
{
	for (unsigned int i = 0; i < REC_KINDS; i++) {
		const struct kind *kind = kind_get(i);
		const struct field *row;
		unsigned int cursor = 0;

		if (!kind || !kind->journalled)
			continue;
		while ((row = kind_next_field(kind, &cursor)))
			print_row(row);
	}
	for (const struct field *row = enriched_fields; !field_ends(row); row++)
		print_row(row);
	return 0;
}
