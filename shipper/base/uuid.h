/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef AUDITSHIP_UUID_H
#define AUDITSHIP_UUID_H

#include <stdint.h>

#define UUID_TEXT_SIZE 37

/* Fills in a random UUID, version 4 (RFC 9562). 0 or a negative errno. */
int uuid_random(uint8_t ret_uuid[16]);

/* Lower-case text of 36 characters and a terminator. */
void uuid_format(char out[UUID_TEXT_SIZE], const uint8_t uuid[16]);

/* 0, or -EINVAL when text does not start with a UUID of 36 characters. */
int uuid_parse(uint8_t ret_uuid[16], const char *text);

#endif
