/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * User and group names by id, from one reading of etc/passwd and etc/group. A table never changes
 * once it is made: whoever wants newer names loads a new one and frees the old.
 */
#ifndef AUDITSHIP_USERS_H
#define AUDITSHIP_USERS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct users;

/*
 * Reads ROOT/etc/passwd and ROOT/etc/group. Lines that are not well-formed are left out: a wrong
 * field count, an empty name, an id that is not a plain number below 2^32 - 1. The first line of an
 * id wins, as in getpwuid(3). A file that is missing, a symbolic link, not a regular file or larger
 * than 8 MiB gives no names and is told in err; its errno is returned (of both, passwd's), and
 * *ret_users still holds a table with the other's names. *ret_users is NULL after -ENOMEM alone.
 */
int users_load(struct users **ret_users, const char *root, struct err *err);
/*
 * The same from bytes that somebody has read; NULL: no names. The texts are taken over, and are
 * NULL afterwards, whatever is returned. 0 or -ENOMEM.
 */
int users_parse(struct users **ret_users, char **passwd, size_t passwd_length, char **group,
		size_t group_length);
void users_free(struct users *users);

/* The name, or NULL when there is none. Borrowed from users, which may be NULL. */
const char *users_user_name(const struct users *users, uint32_t uid);
const char *users_group_name(const struct users *users, uint32_t gid);

/* The id of the user of that name. Looks at every name; users may be NULL. */
bool users_user_id(const struct users *users, const char *name, uint32_t *ret_uid);

#endif
