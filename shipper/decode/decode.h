/* SPDX-License-Identifier: BSD-2-Clause */
/* A record off the ring is bytes; after decode it is a struct whose every reference is inside it.
 */
#ifndef AUDITSHIP_DECODE_H
#define AUDITSHIP_DECODE_H

#include "record.h"

#include <stddef.h>

/* What every record of a kind that has a task begins with. */
struct task_record {
	struct rec_header header;
	struct rec_task task;
};

/*
 * Checks a record of size bytes by its kind's rows: size, ABI, kind, every rec_string inside the
 * tail. 0, or -EBADMSG with *ret_why (a constant) saying what is wrong.
 */
int record_check(const void *record, size_t size, const char **ret_why);

/* Turns every FIELD_PATH from wire form into a plain path, in place. Only after record_check. */
void record_resolve_paths(struct rec_header *record);

/*
 * Checks a struct enriched of struct_size bytes, which with its tail has size bytes: every
 * rec_string is in the tail, every number that is shown as a word has one. NULL, or what is wrong.
 */
const char *decode_check_enriched(const void *enriched, size_t struct_size, size_t size);

/* The bytes of one string of a checked record. */
const char *record_string(const struct rec_header *record, const struct rec_string *string);

#endif
