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

#define NOWHERE SIZE_MAX

/*
 * One argument under one mask. What was found there once is not looked for again: so much text
 * cannot make a mask slow.
 */
struct line {
	const struct mask *mask;
	struct mask_work *work;
	size_t end;
	size_t scanned;  /* up to here a shell's end was looked for */
	size_t hopeless; /* before here nothing more can match what comes before the secret */
	size_t failed;   /* an end up to which what comes behind the secret was not found */
	bool open[2][2]; /* by how the quote is written, by its kind: no more of it ends */
};

static bool is_quote(char c)
{
	return c == '\'' || c == '"';
}

/* What a word begins behind, also in the middle of another. A quote may be the outer one of a
 * command line in a command line. */
static bool opens_word(char c)
{
	switch (c) {
	case ';':
	case '&':
	case '|':
	case '(':
	case '{':
	case '`':
		return true;
	default:
		return is_quote(c);
	}
}

static size_t word_end(const struct line *line, size_t from)
{
	while (from < line->end && !is_space(line->work->bytes[from]))
		from++;
	return from;
}

static size_t next_word(const struct line *line, size_t from)
{
	const char *bytes = line->work->bytes;

	while (from < line->end) {
		bool continues =
			bytes[from] == '\\' && from + 1 < line->end && bytes[from + 1] == '\n';

		if (!continues && !is_space(bytes[from]))
			break;
		from += continues ? 2 : 1;
	}
	return from;
}

/* Past quotes and all else that opens a word, and backslashes. *ret_quote: the innermost quote that
 * is open there, or 0. */
static size_t skip_opening(const struct line *line, size_t from, size_t stop, char *ret_quote)
{
	char quote = 0;

	for (; from < stop; from++) {
		char c = line->work->bytes[from];

		if (is_quote(c))
			quote = c == quote ? 0 : c;
		else if (opens_word(c))
			quote = 0;
		else if (c != '\\')
			break;
	}
	*ret_quote = quote;
	return from;
}

static size_t find_opening(const struct line *line, size_t from, size_t stop)
{
	while (from < stop && !opens_word(line->work->bytes[from]))
		from++;
	return from;
}

/*
 * Behind the end of a quote that was opened just before from, by a backslash and a quote when
 * escaped. A quote that never ends is no quote (from is returned), unless its end was cut off.
 */
static size_t quote_end(struct line *line, size_t from, char quote, bool escaped)
{
	bool *open = &line->open[escaped][quote == '"'];

	if (*open)
		return from;
	for (size_t at = from; at < line->end; at++) {
		char c = line->work->bytes[at];

		if (c == quote)
			return at + 1;
		if (c == '\\' && quote == '"' && !escaped)
			at++;
	}
	if (line->work->cut && line->end == line->work->length)
		return line->end;
	*open = true;
	return from;
}

static bool is_escaped_quote(const struct line *line, size_t at)
{
	const char *bytes = line->work->bytes;

	return at + 1 < line->end && bytes[at] == '\\' && is_quote(bytes[at + 1]);
}

/* Where a word ends for a shell. quote is open where it begins, or 0; the secret begins at start.
 */
static size_t shell_end(struct line *line, size_t from, size_t start, char quote)
{
	const char *bytes = line->work->bytes;
	size_t at = quote ? quote_end(line, from, quote, false) : from;

	while (at < line->end && (at < start || !is_space(bytes[at]))) {
		if (is_quote(bytes[at]))
			at = quote_end(line, at + 1, bytes[at], false);
		else if ((at == from || at == start) && is_escaped_quote(line, at))
			at = quote_end(line, at + 2, bytes[at + 1], true);
		else
			at += bytes[at] == '\\' && at + 1 < line->end ? 2 : 1;
	}
	return at;
}

/* Where in [start, end) what comes behind the secret begins. */
static size_t find_behind(struct line *line, size_t start, size_t end)
{
	const struct glob *value = &line->mask->value;
	size_t secret = line->mask->secret, behind = secret + 1, fixed = 0, found;
	struct glob_text text = {line->work->bytes + start, end - start, 0};
	struct glob glob;

	if (behind == value->count)
		return end;
	while (behind + fixed < value->count && !is_run(value, behind + fixed))
		fixed++;
	if (behind + fixed == value->count) {
		glob = glob_slice(value, secret, fixed + 1);
		return glob_matches(&glob, &text) ? end - fixed : NOWHERE;
	}
	glob = glob_slice(value, secret, fixed + 1);
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
	char quote; /* that is open at from, or 0 */
};

/* Where the secret begins. */
static size_t find_start(struct line *line, const struct span *span)
{
	const struct glob *value = &line->mask->value;
	struct glob before = glob_slice(value, 0, line->mask->before), head = before;
	struct glob_text text = {line->work->bytes + span->from, span->word_end - span->from, 0};
	size_t start;

	if (span->from < line->hopeless)
		return NOWHERE;
	if (glob_find_end(&before, &text, &start))
		return span->from + start;
	head.count = 0;
	while (head.count < before.count && !is_run(value, head.count))
		head.count++;
	/* What a run leads to is not there: neither is it for who starts later. */
	if (head.count < before.count && glob_find_end(&head, &text, &start))
		line->hopeless = span->word_end;
	return NOWHERE;
}

/* Of the word that the secret is in, or of the secret as a word in a quoted command line: whichever
 * ends later. Inside what was looked through already a word ends at white space. */
static size_t find_end(struct line *line, const struct span *span, size_t start)
{
	size_t alone;

	if (!span->shell)
		return span->end;
	if (span->word_end <= line->scanned)
		return span->word_end;
	line->scanned = shell_end(line, span->from, start, span->quote);
	if (span->quote)
		return line->scanned;
	alone = shell_end(line, start, start, 0);
	if (line->scanned < alone)
		line->scanned = alone;
	return line->scanned;
}

/* Returns where to go on; NOWHERE when the value does not match. */
static size_t mark_span(struct line *line, const struct span *span)
{
	struct mask_work *work = line->work;
	size_t start = find_start(line, span), end, stop;

	if (start == NOWHERE)
		return NOWHERE;
	end = find_end(line, span, start);
	if (end == line->failed)
		return NOWHERE;
	stop = find_behind(line, start, end);
	if (stop == NOWHERE && work->cut && end == work->length)
		stop = end;
	if (stop == NOWHERE) {
		line->failed = end;
		return NOWHERE;
	}
	if (stop > start) {
		memset(work->marks + start, 1, stop - start);
		work->any = true;
	}
	return end > span->word_end ? end : span->word_end;
}

/* One word as white space bounds it, and those that begin inside it. Returns where to go on. */
static size_t mark_word(struct line *line, size_t at, size_t stop)
{
	struct span span = {at, stop, line->end, true, 0};
	size_t done = mark_span(line, &span);

	while (done == NOWHERE && at < stop) {
		span.from = skip_opening(line, at, stop, &span.quote);
		if (span.from > at && span.from < stop)
			done = mark_span(line, &span);
		at = find_opening(line, span.from, stop);
	}
	return done == NOWHERE ? stop : done;
}

static void mark_value(struct line *line, size_t at)
{
	const struct mask *mask = line->mask;
	struct span whole = {at, line->end, line->end, mask->floats, 0};

	if ((!mask->floats || mask->spaced) && mark_span(line, &whole) != NOWHERE)
		return;
	if (mask->spaced)
		return;
	for (at = next_word(line, at); at < line->end; at = next_word(line, at))
		at = mark_word(line, at, word_end(line, at));
}

static bool matches_flag(const struct line *line, size_t at, size_t stop)
{
	struct glob_text text = {line->work->bytes + at, stop - at, 0};

	return glob_matches(&line->mask->flag, &text);
}

/* As it is, without its quotes, or as the last word that begins inside it. */
static bool is_flag(const struct line *line, size_t at, size_t stop)
{
	const char *bytes = line->work->bytes;
	char quote;

	if (matches_flag(line, at, stop))
		return true;
	at = skip_opening(line, at, stop, &quote);
	while (stop > at && (is_quote(bytes[stop - 1]) || bytes[stop - 1] == '\\'))
		stop--;
	if (matches_flag(line, at, stop))
		return true;
	for (size_t last = stop; last > at; last--)
		if (opens_word(bytes[last - 1])) {
			at = skip_opening(line, last, stop, &quote);
			return matches_flag(line, at, stop);
		}
	return false;
}

static size_t argument_end(const struct mask_work *work, size_t at)
{
	const char *nul = memchr(work->bytes + at, 0, work->length - at);

	return nul ? (size_t)(nul - work->bytes) : work->length;
}

static void mark_behind_flag(struct line *line, size_t at)
{
	size_t next = line->end + 1;

	if (is_flag(line, at, line->end) && next < line->work->length) {
		struct line behind = {line->mask, line->work, argument_end(line->work, next),
				      .failed = NOWHERE};
		struct span whole = {next, behind.end, behind.end, false, 0};

		(void)mark_span(&behind, &whole);
	}
	for (at = next_word(line, at); at < line->end; at = next) {
		size_t stop = word_end(line, at);

		next = next_word(line, stop);
		if (next < line->end && is_flag(line, at, stop))
			(void)mark_word(line, next, word_end(line, next));
	}
}

void mask_mark(const struct mask *mask, struct mask_work *work)
{
	size_t end;

	for (size_t at = 0; at < work->length; at = end + 1) {
		struct line line = {mask, work, argument_end(work, at), .failed = NOWHERE};

		end = line.end;
		if (mask->has_flag)
			mark_behind_flag(&line, at);
		else
			mark_value(&line, at);
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
