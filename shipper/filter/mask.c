/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All masks mark bytes of the arguments as they came, then one pass writes what is left: no mask
 * sees the work of another. Every byte is looked at a bounded number of times per mask. In doubt
 * (an argument that was cut, a quote) more is hidden rather than less.
 */
#include "filter/mask.h"

#include <errno.h>
#include <string.h>

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* The first space that is not escaped; length when there is none. */
static size_t find_space(const char *pattern, size_t length, size_t from)
{
	for (size_t i = from; i < length; i++) {
		if (pattern[i] == '\\')
			i++;
		else if (pattern[i] == ' ')
			return i;
	}
	return length;
}

static bool is_run(const struct glob *glob, size_t unit)
{
	return glob->units[unit].kind == GLOB_RUN;
}

/* "***" anywhere, or else the last "*". */
static bool find_secret(struct mask *mask)
{
	const struct glob *value = &mask->value;

	for (size_t i = 0; i + 2 < value->count; i++) {
		if (!is_run(value, i) || !is_run(value, i + 1) || !is_run(value, i + 2))
			continue;
		mask->before = i;
		mask->secret = i + 2;
		return true;
	}
	for (size_t i = value->count; i > 0; i--) {
		if (!is_run(value, i - 1))
			continue;
		mask->before = mask->secret = i - 1;
		return true;
	}
	return false;
}

static bool holds_space(const struct glob *glob)
{
	for (size_t i = 0; i < glob->count; i++)
		if (glob->units[i].kind == GLOB_BYTE && is_space(glob->units[i].byte))
			return true;
	return false;
}

static int compile_parts(struct mask *mask, const char *pattern, size_t length,
			 const char **ret_why)
{
	size_t space = find_space(pattern, length, 0);
	int result = 0;

	mask->has_flag = space < length;
	if (mask->has_flag) {
		if (find_space(pattern, length, space + 1) < length) {
			*ret_why = "holds more than one space (write '\\ ' for one in an argument)";
			return -EINVAL;
		}
		result = glob_compile(&mask->flag, pattern, space, ret_why);
		pattern += space + 1;
		length -= space + 1;
	}
	return result < 0 ? result : glob_compile(&mask->value, pattern, length, ret_why);
}

int mask_compile(struct mask *mask, const char *pattern, size_t length, const char **ret_why)
{
	int result;

	*mask = (struct mask){0};
	result = compile_parts(mask, pattern, length, ret_why);
	if (result == 0 && !find_secret(mask)) {
		*ret_why = "has no * for what is to be hidden";
		result = -EINVAL;
	}
	if (result < 0) {
		mask_done(mask);
		return result;
	}
	mask->floats = mask->before > 0 && is_run(&mask->value, 0);
	mask->spaced = holds_space(&mask->value);
	return 0;
}

void mask_done(struct mask *mask)
{
	glob_done(&mask->flag);
	glob_done(&mask->value);
}

static size_t word_end(const struct mask_work *work, size_t from, size_t end)
{
	while (from < end && !is_space(work->bytes[from]))
		from++;
	return from;
}

static size_t next_word(const struct mask_work *work, size_t from, size_t end)
{
	while (from < end && is_space(work->bytes[from]))
		from++;
	return from;
}

/* Where a word ends for a shell. A quote that never ends is no quote, unless its end was cut off.
 */
static size_t shell_end(const struct mask_work *work, size_t from, size_t end)
{
	char quote = 0;
	size_t at = from;

	for (; at < end && (quote || !is_space(work->bytes[at])); at++) {
		char c = work->bytes[at];

		if (c == '\\' && quote != '\'' && at + 1 < end)
			at++;
		else if (c == quote)
			quote = 0;
		else if (!quote && (c == '\'' || c == '"'))
			quote = c;
	}
	if (quote && !(work->cut && end == work->length))
		return word_end(work, from, end);
	return at;
}

#define NOWHERE SIZE_MAX

/* Where in [start, end) what comes behind the secret begins. */
static size_t find_behind(const struct mask *mask, const struct mask_work *work, size_t start,
			  size_t end)
{
	const struct glob *value = &mask->value;
	size_t behind = mask->secret + 1, fixed = 0, found;
	struct glob_text text = {work->bytes + start, end - start, 0};
	struct glob glob;

	if (behind == value->count)
		return end;
	while (behind + fixed < value->count && !is_run(value, behind + fixed))
		fixed++;
	if (behind + fixed == value->count) {
		glob = glob_slice(value, mask->secret, fixed + 1);
		return glob_matches(&glob, &text) ? end - fixed : NOWHERE;
	}
	glob = glob_slice(value, mask->secret, fixed + 1);
	if (!glob_find_end(&glob, &text, &found))
		return NOWHERE;
	glob = glob_slice(value, behind + fixed, value->count - behind - fixed);
	text.bytes += found;
	text.length -= found;
	return glob_matches(&glob, &text) ? start + found - fixed : NOWHERE;
}

/* A stretch of one argument. */
struct span {
	size_t from;
	size_t word_end; /* what comes before the secret ends here at the latest */
	size_t end;
	bool shell; /* the secret ends where a shell ends the word, not at the end */
};

/* Returns where to go on; NOWHERE when the value does not match. */
static size_t mark_span(const struct mask *mask, struct mask_work *work, const struct span *span)
{
	struct glob before = glob_slice(&mask->value, 0, mask->before);
	struct glob_text text = {work->bytes + span->from, span->word_end - span->from, 0};
	size_t start, end, stop;

	if (!glob_find_end(&before, &text, &start))
		return NOWHERE;
	start += span->from;
	end = span->shell ? shell_end(work, start, span->end) : span->end;
	stop = find_behind(mask, work, start, end);
	if (stop == NOWHERE && work->cut && end == work->length)
		stop = end;
	if (stop == NOWHERE)
		return NOWHERE;
	if (stop > start) {
		memset(work->marks + start, 1, stop - start);
		work->any = true;
	}
	return end > span->word_end ? end : span->word_end;
}

static void mark_words(const struct mask *mask, struct mask_work *work, size_t at, size_t end)
{
	for (at = next_word(work, at, end); at < end; at = next_word(work, at, end)) {
		struct span span = {at, word_end(work, at, end), end, true};
		size_t done = mark_span(mask, work, &span);

		at = done == NOWHERE ? span.word_end : done;
	}
}

static void mark_value(const struct mask *mask, struct mask_work *work, size_t at, size_t end)
{
	struct span whole = {at, end, end, mask->floats};

	if ((!mask->floats || mask->spaced) && mark_span(mask, work, &whole) != NOWHERE)
		return;
	if (!mask->spaced)
		mark_words(mask, work, at, end);
}

static bool is_flag(const struct mask *mask, const struct mask_work *work, size_t at, size_t end)
{
	struct glob_text text = {work->bytes + at, end - at, 0};

	return glob_matches(&mask->flag, &text);
}

static size_t argument_end(const struct mask_work *work, size_t at)
{
	const char *nul = memchr(work->bytes + at, 0, work->length - at);

	return nul ? (size_t)(nul - work->bytes) : work->length;
}

static void mark_behind_flag(const struct mask *mask, struct mask_work *work, size_t at, size_t end)
{
	size_t next = end + 1;

	if (is_flag(mask, work, at, end) && next < work->length) {
		struct span whole = {next, argument_end(work, next), argument_end(work, next),
				     false};

		(void)mark_span(mask, work, &whole);
	}
	for (at = next_word(work, at, end); at < end; at = next) {
		size_t stop = word_end(work, at, end);

		next = next_word(work, stop, end);
		if (next < end && is_flag(mask, work, at, stop)) {
			struct span span = {next, word_end(work, next, end), end, true};

			(void)mark_span(mask, work, &span);
		}
	}
}

void mask_mark(const struct mask *mask, struct mask_work *work)
{
	size_t end;

	for (size_t at = 0; at < work->length; at = end + 1) {
		end = argument_end(work, at);
		if (mask->has_flag)
			mark_behind_flag(mask, work, at, end);
		else
			mark_value(mask, work, at, end);
	}
}

size_t mask_write(const struct mask_work *work, char *out, size_t room, bool *ret_cut)
{
	size_t used = 0, at = 0;

	while (at < work->length) {
		const char *from = work->marks[at] ? MASK_TEXT : work->bytes + at;
		size_t size = work->marks[at] ? strlen(MASK_TEXT) : 1;

		if (used + size > room)
			break;
		memcpy(out + used, from, size);
		used += size;
		if (!work->marks[at++])
			continue;
		while (at < work->length && work->marks[at])
			at++;
	}
	*ret_cut = at < work->length;
	return used;
}
