/* SPDX-License-Identifier: BSD-2-Clause */
/* etc/passwd and etc/group, which a container writes as it likes. The input: passwd, NUL, group. */
#include "enrich/users.h"
#include "fuzz.h"

typedef const char *name_by_id(const struct users *users, uint32_t id);

/* The name stands at the start of a line. */
static bool has_line_of(const char *text, size_t length, const char *name)
{
	const char *at = text, *end = text + length;
	size_t name_length = strlen(name);

	for (; (at = memmem(at, (size_t)(end - at), name, name_length)); at++) {
		const char *before = at;

		while (before > text && strchr(" \t\r\f\v", before[-1]) && before[-1])
			before--;
		if ((before == text || before[-1] == '\n') && at + name_length < end &&
		    at[name_length] == ':')
			return true;
	}
	return false;
}

static void check_id(const struct users *users, name_by_id *name_of, uint32_t id, const char *text,
		     size_t length)
{
	const char *name = name_of(users, id), *again;
	uint32_t found;

	if (!name)
		return;
	CHECK(*name != '\0' && !strpbrk(name, ":\n"));
	CHECK(has_line_of(text, length, name));
	if (name_of != users_user_name)
		return;
	CHECK(users_user_id(users, name, &found));
	again = users_user_name(users, found);
	CHECK(again && strcmp(again, name) == 0);
}

/* Every number in it may be an id. */
static void check_numbers(const struct users *users, name_by_id *name_of, const char *text,
			  size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] == ':')
			check_id(users, name_of, (uint32_t)strtoul(text + i + 1, NULL, 10), text,
				 length);
	check_id(users, name_of, 0, text, length);
	check_id(users, name_of, UINT32_MAX, text, length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t passwd_length, group_length = 0;
	const char *passwd = fuzz_take_text(&data, &size, &passwd_length);
	char *passwd_copy = fuzz_copy(passwd, passwd_length), *passwd_text;
	char *group_copy = fuzz_copy(data, size), *group_text;
	struct users *users;

	group_length = size;
	passwd_text = fuzz_copy(passwd, passwd_length);
	group_text = fuzz_copy(data, size);
	CHECK(users_parse(&users, &passwd_copy, passwd_length, &group_copy, group_length) == 0);
	CHECK(!passwd_copy && !group_copy);
	check_numbers(users, users_user_name, passwd_text, passwd_length);
	check_numbers(users, users_group_name, group_text, group_length);
	CHECK(!users_user_name(users, UINT32_MAX) && !users_group_name(users, UINT32_MAX));
	users_free(users);
	free(passwd_text);
	free(group_text);
	return 0;
}
