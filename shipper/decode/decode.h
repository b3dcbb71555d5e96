/* SPDX-License-Identifier: BSD-2-Clause */
/* A record off the ring is bytes; after decode it is a struct whose every reference is inside it.
 */
#ifndef AUDITSHIP_DECODE_H
#define AUDITSHIP_DECODE_H

#include "record.h"

#include <stddef.h>

struct field;

/*
 * Checks a record of size bytes by its kind's rows: size, ABI, kind, every rec_string inside the
 * tail. 0, or -EBADMSG with *ret_why (a constant) saying what is wrong.
 */
int record_check(const void *record, size_t size, const char **ret_why);

/* Turns every FIELD_PATH from wire form into a plain path, in place. Only after record_check. */
void record_resolve_paths(struct rec_header *record);

/*
 * Checks every rec_string that rows name in a struct of struct_size bytes at base, which with its
 * tail has size bytes. NULL, or what is wrong.
 */
const char *decode_check_strings(const void *base, const struct field *rows, size_t struct_size,
				 size_t size);

/* Checks that every number that rows show as a word has one. NULL, or what is wrong. */
const char *decode_check_names(const void *base, const struct field *rows);

/* The bytes of one string of a checked record. */
const char *record_string(const struct rec_header *record, const struct rec_string *string);

#endif
