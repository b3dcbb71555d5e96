/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the names of one reading: per file the text, of which only the names are kept, packed to its
 * front, and an array of {id, where its name starts}, sorted by id. Every byte of the files is
 * hostile. Knows nothing of name services or of when to read again.
 */
#include "enrich/users.h"

#include "base/cleanup.h"
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#define FILE_LIMIT ((size_t)8 * 1024 * 1024)
#define NAME_LIMIT 256

struct name {
	uint32_t id;
	uint32_t offset; /* into text; rises with the line number */
};

struct names {
	char *text;
	struct name *names;
	size_t count;
};

struct users {
	struct names users, groups;
};

/* How the lines of a file look: the fields that hold numbers, and the one that is the id. */
struct layout {
	const char *path;
	size_t fields;
	size_t id_field, last_number_field;
};

static const struct layout passwd_layout = {"etc/passwd", 7, 2, 3};
static const struct layout group_layout = {"etc/group", 4, 2, 2};

/* Decimal digits alone; leading zeros count nothing, as in strtoul(3) with base 10. */
static bool parse_id(const char *text, size_t length, uint32_t *ret_id)
{
	uint64_t value = 0;

	if (length == 0)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(text[i] - '0');
		if (value >= UINT32_MAX)
			return false;
	}
	*ret_id = (uint32_t)value;
	return true;
}

/* getpwent(3) takes '#' for a comment; '+' and '-' are orders to NIS, not names. */
static bool name_is_good(const char *name, size_t length)
{
	return length > 0 && length <= NAME_LIMIT && !strchr("#+-", name[0]);
}

struct line {
	const char *name;
	size_t name_length;
	uint32_t id;
};

static bool parse_line(const struct layout *layout, const char *at, const char *end,
		       struct line *ret_line)
{
	size_t field = 0;

	if (memchr(at, '\0', (size_t)(end - at)))
		return false;
	while (at < end && strchr(" \t\r\f\v", *at)) /* as getpwent(3) does */
		at++;
	for (;; field++) {
		const char *colon = memchr(at, ':', (size_t)(end - at));
		size_t length = (size_t)((colon ? colon : end) - at);
		uint32_t number;

		if (field == 0) {
			ret_line->name = at;
			ret_line->name_length = length;
		} else if (field >= layout->id_field && field <= layout->last_number_field) {
			if (!parse_id(at, length, &number))
				return false;
			if (field == layout->id_field)
				ret_line->id = number;
		}
		if (!colon)
			break;
		at = colon + 1;
	}
	return field + 1 == layout->fields && name_is_good(ret_line->name, ret_line->name_length);
}

static size_t count_lines(const char *text, size_t length)
{
	const char *end = text + length;
	size_t lines = 1;

	while ((text = memchr(text, '\n', (size_t)(end - text)))) {
		text++;
		lines++;
	}
	return lines;
}

/*
 * Packs the names to the front of text, each with its NUL. A line is longer than its name and the
 * NUL, so what is written never catches up with what is read. Returns the bytes written.
 */
static size_t parse_lines(const struct layout *layout, struct names *names, size_t length)
{
	const char *at = names->text, *end = names->text + length;
	size_t used = 0;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *line_end = newline ? newline : end;
		struct line line = {0};

		if (parse_line(layout, at, line_end, &line)) {
			names->names[names->count++] = (struct name){line.id, (uint32_t)used};
			memmove(names->text + used, line.name, line.name_length);
			used += line.name_length;
			names->text[used++] = '\0';
		}
		at = line_end + 1;
	}
	return used;
}

static int compare_names(const void *left, const void *right)
{
	const struct name *a = left, *b = right;

	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

/* Of equal ids the first line stays. */
static void sort_names(struct names *names)
{
	size_t kept = 0;

	if (names->count > 1)
		qsort(names->names, names->count, sizeof(*names->names), compare_names);
	for (size_t i = 0; i < names->count; i++) {
		if (kept == 0 || names->names[kept - 1].id != names->names[i].id)
			names->names[kept++] = names->names[i];
	}
	names->count = kept;
}

static void names_done(struct names *names)
{
	free(names->text);
	free(names->names);
	*names = (struct names){0};
}

/* Gives back what the reading took too much; a realloc that fails leaves the larger block. */
static void names_shrink(struct names *names, size_t used)
{
	char *text = realloc(names->text, used + 1);
	struct name *array = realloc(names->names, (names->count + 1) * sizeof(*array));

	if (text)
		names->text = text;
	if (array)
		names->names = array;
}

/* Takes the text over, which has a NUL behind it. */
static int names_parse(const struct layout *layout, struct names *names, char *text, size_t length)
{
	size_t used;

	names->text = text;
	names->names = malloc(count_lines(text, length) * sizeof(*names->names));
	if (!names->names) {
		names_done(names);
		return -ENOMEM;
	}
	used = parse_lines(layout, names, length);
	sort_names(names);
	names_shrink(names, used);
	return 0;
}

static int names_load(const struct layout *layout, struct names *names, const char *path)
{
	size_t length;
	char *text;
	int result = io_read_file(AT_FDCWD, path, FILE_LIMIT, &text, &length);

	return result < 0 ? result : names_parse(layout, names, text, length);
}

static const char *describe(int error)
{
	switch (error) {
	case -ELOOP:
		return "is a symbolic link, which is not followed";
	case -EINVAL:
		return "is not a regular file";
	case -EFBIG:
		return "is larger than 8 MiB";
	default:
		return strerror(-error);
	}
}

static int load_file(const struct layout *layout, struct names *names, const char *root,
		     struct err *err)
{
	char path[PATH_MAX];
	int length = snprintf(path, sizeof(path), "%s/%s", root, layout->path);
	int result = -ENAMETOOLONG;

	if (length >= 0 && (size_t)length < sizeof(path))
		result = names_load(layout, names, path);
	if (result < 0)
		return err_set(err, result, "no names from '%.200s/%s': %s", root, layout->path,
			       describe(result));
	return 0;
}

int users_load(struct users **ret_users, const char *root, struct err *err)
{
	struct users *users = calloc(1, sizeof(*users));
	struct err second;
	int passwd, group;

	*ret_users = NULL;
	if (!users)
		return err_set(err, -ENOMEM, "user names: out of memory");
	passwd = load_file(&passwd_layout, &users->users, root, err);
	group = load_file(&group_layout, &users->groups, root, passwd < 0 ? &second : err);
	if (passwd == -ENOMEM || group == -ENOMEM) {
		users_free(users);
		return err_set(err, -ENOMEM, "user names: out of memory");
	}
	*ret_users = users;
	if (passwd < 0 && group < 0) {
		struct err first = *err;

		return err_set(err, passwd, "%.500s; %.500s", first.text, second.text);
	}
	return passwd < 0 ? passwd : group;
}

int users_parse(struct users **ret_users, char **passwd, size_t passwd_length, char **group,
		size_t group_length)
{
	struct users *users = calloc(1, sizeof(*users));
	int result = users ? 0 : -ENOMEM;

	if (result == 0 && *passwd) {
		result = names_parse(&passwd_layout, &users->users, *passwd, passwd_length);
		*passwd = NULL;
	}
	if (result == 0 && *group) {
		result = names_parse(&group_layout, &users->groups, *group, group_length);
		*group = NULL;
	}
	free(*passwd);
	free(*group);
	*passwd = *group = NULL;
	if (result < 0) {
		users_free(users);
		users = NULL;
	}
	*ret_users = users;
	return result;
}

void users_free(struct users *users)
{
	if (!users)
		return;
	names_done(&users->users);
	names_done(&users->groups);
	free(users);
}

static const char *find_name(const struct names *names, uint32_t id)
{
	size_t low = 0, high = names->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (names->names[middle].id == id)
			return names->text + names->names[middle].offset;
		if (names->names[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const char *users_user_name(const struct users *users, uint32_t uid)
{
	return users ? find_name(&users->users, uid) : NULL;
}

const char *users_group_name(const struct users *users, uint32_t gid)
{
	return users ? find_name(&users->groups, gid) : NULL;
}

/* The first line of that name, as in getpwnam(3): offsets rise with the lines. */
bool users_user_id(const struct users *users, const char *name, uint32_t *ret_uid)
{
	const struct names *names = users ? &users->users : NULL;
	const struct name *first = NULL;

	for (size_t i = 0; names && i < names->count; i++) {
		const struct name *at = &names->names[i];

		if (strcmp(names->text + at->offset, name) == 0 &&
		    (!first || at->offset < first->offset))
			first = at;
	}
	if (first)
		*ret_uid = first->id;
	return first != NULL;
}
