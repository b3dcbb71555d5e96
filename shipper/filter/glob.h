/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Patterns: * stands for any bytes (slashes too), ? for one byte, [a-z] and [!a-z] for one byte of
 * a set, a backslash takes the next byte as it is. Matching does not recurse: its time is at most
 * the length of the pattern times that of the text.
 */
#ifndef AUDITSHIP_GLOB_H
#define AUDITSHIP_GLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GLOB_MAX 4096 /* bytes of a pattern */

enum glob_kind { GLOB_BYTE, GLOB_ONE, GLOB_SET, GLOB_RUN };

struct glob_unit {
	uint8_t kind; /* enum glob_kind */
	char byte;
	uint16_t set;
};

struct glob_set {
	uint64_t bits[4];
};

/* units may be a slice of another glob's; sets are shared then. */
struct glob {
	struct glob_unit *units;
	size_t count;
	struct glob_set *sets;
	size_t set_count;
};

struct glob_text {
	const char *bytes;
	size_t length;
	char nul; /* what a NUL byte in it stands for: a space in arguments joined to one line */
};

/* length bytes of the text from first on, as they are shown; out has room for them. */
static inline const char *glob_text_shown(const struct glob_text *text, size_t first, size_t length,
					  char *out)
{
	if (!text->nul)
		return text->bytes + first;
	for (size_t i = 0; i < length; i++)
		out[i] = text->bytes[first + i] ? text->bytes[first + i] : text->nul;
	return out;
}

/* 0, -EINVAL with *ret_why (a constant) saying what is wrong, or -ENOMEM. */
int glob_compile(struct glob *glob, const char *pattern, size_t length, const char **ret_why);
void glob_done(struct glob *glob);

/* True when nothing in it is a pattern: its units are the bytes of one text. */
bool glob_is_literal(const struct glob *glob);

bool glob_matches(const struct glob *glob, const struct glob_text *text);

/* The shortest beginning of text that matches; false when none does. */
bool glob_find_end(const struct glob *glob, const struct glob_text *text, size_t *ret_end);

/* Units [first, first + count), borrowed from glob: not to be given to glob_done. */
struct glob glob_slice(const struct glob *glob, size_t first, size_t count);

#endif
