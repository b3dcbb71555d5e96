/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The field tables: what every byte of a record and of its enrichment means. Bounds checks, JSON,
 * schema and documentation are loops over these rows. To add a field, add a row.
 */
#ifndef AUDITSHIP_FIELDS_H
#define AUDITSHIP_FIELDS_H

#include "record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 2^53 - 1: the greatest number that every reader of JSON gets right. */
#define FIELD_NUMBER_MAX ((UINT64_C(1) << 53) - 1)

/* How a member is read and how it is written in JSON. */
enum field_type {
	FIELD_HIDDEN,    /* any: framing and padding, never shown */
	FIELD_NUMBER,    /* __u8 __u16 __u32 __u64: JSON number; a __u64 up to FIELD_NUMBER_MAX */
	FIELD_ID,        /* __u32 __u64: decimal string */
	FIELD_HEX,       /* __u64: string of 16 lower-case hexadecimal digits */
	FIELD_BOOL,      /* __u8 __u32: JSON boolean */
	FIELD_ENUM,      /* __u8 __u16: name from the row's list */
	FIELD_STRING,    /* rec_string */
	FIELD_PATH,      /* rec_string: leaf first on the wire, a plain path after decode */
	FIELD_BASENAME,  /* rec_string holding a path: what follows the last slash */
	FIELD_DIRNAME,   /* rec_string holding a path: what precedes it, at least "/" */
	FIELD_LIST,      /* rec_string of NUL-terminated parts: array of strings */
	FIELD_JOINED,    /* the same: one string, parts joined by one space */
	FIELD_COMM,      /* char[16]: up to the first NUL */
	FIELD_TIME_BOOT, /* __u64, CLOCK_BOOTTIME ns: RFC 3339 by the entry's wall offset */
	FIELD_TIME_WALL, /* __u64, CLOCK_REALTIME ns: RFC 3339 */
	FIELD_UUID,      /* __u8[16]: text of 36 characters */
	FIELD_MODE,      /* __u32: permission bits as four octal digits */
	FIELD_FILE_TYPE, /* __u32: the type bits of a mode as a word */
	FIELD_DEVICE,    /* __u32 major << 20 | minor: "8:1" */
	FIELD_MAJOR,     /* __u32 major << 20 | minor: JSON number */
	FIELD_MINOR,
	FIELD_CAPS,       /* __u64 bits: array of "CAP_..." names, unknown bits as numbers */
	FIELD_SIGNAL,     /* __u32: "SIGKILL", "SIGRTMIN+1" */
	FIELD_SIGNED,     /* __s64: JSON number, at most FIELD_NUMBER_MAX from 0 */
	FIELD_ERRNO,      /* __u32: "ENOENT" */
	FIELD_ERROR_TEXT, /* the same: "No such file or directory" */
	FIELD_OPEN_FLAGS, /* __u64 bits: array of "O_..." names, unknown bits in hexadecimal */
	FIELD_RESOLVE,    /* __u64 bits of openat2: array of "RESOLVE_..." names */
	FIELD_MAP,        /* rec_string of NUL-terminated "name=value": object of strings */
	FIELD_TYPES
};

enum field_flags {
	FIELD_REQUIRED = 1,   /* always there */
	FIELD_SKIP_ZERO = 2,  /* absent when every byte of the member is 0 */
	FIELD_SKIP_UNSET = 4, /* absent when every bit of the member is 1 */
	/* Absent from the compact form of a kind whose category is not process: the process's own
	 * events tell it. */
	FIELD_FULL_ONLY = 8,
	FIELD_PROSE = 16, /* sentences for people: searched by words, not compared */
	/* Of the enrichment only; rows without them are those of any process. */
	FIELD_OF_END = 32,     /* of a kind that ends */
	FIELD_OF_FILE = 64,    /* of a kind that is about a file */
	FIELD_OF_SENDER = 128, /* of a kind that tells who sent a signal */
	/* Of a path that is cut at its end, where its name is: all others are cut in front. */
	FIELD_CUT_AT_END = 256,
};

/* What is asked of a member before anybody reads it. */
enum field_check {
	FIELD_CHECK_END, /* of the row that ends a table */
	FIELD_CHECK_NOTHING,
	FIELD_CHECK_STRING, /* that it lies in the tail */
	FIELD_CHECK_NAME,   /* that its number has a name */
	FIELD_CHECK_NUMBER, /* that JSON can carry it */
};

struct field {
	const char *path; /* dotted JSON path; NULL only for FIELD_HIDDEN */
	const char *doc;
	const char *const *names; /* FIELD_ENUM only */
	uint16_t offset;
	uint16_t flags;
	uint8_t size; /* of the member */
	uint8_t type;
	uint8_t check;
};

/* Constant fields of a kind: one JSON fragment, without braces, of the event object's members. */
struct kind {
	uint16_t kind;        /* enum rec_kind */
	const char *name;     /* as the configuration and counters name it */
	const char *category; /* event.category, a JSON array */
	const char *type;     /* event.type, a JSON array */
	const char *action;
	const char *outcome;
	const char *verb;    /* what the process did, for people; NULL: the name says it */
	const char *dataset; /* event.dataset */
	const char *doc;
	uint16_t record_size; /* of the struct */
	bool has_task;        /* a rec_task follows the header */
	bool journalled;
	bool of_shipper; /* no probe numbers it; always journalled */
	bool ends;       /* the process is over */
	bool about_file;
	bool has_sender; /* of a signal */
	bool routine;    /* of_shipper, and tells of nothing out of the ordinary */
	const struct field
		*fields; /* rows of its own struct, ended by a row without type and path */
};

/* Rows of struct rec_header, struct rec_task (offsets from the start of the record). */
extern const struct field header_fields[];
extern const struct field task_fields[];
/* Rows of struct enriched. */
extern const struct field enriched_fields[];

/* NULL when no such kind exists. */
const struct kind *kind_get(unsigned int kind);
/* By its name; for tests. */
const struct kind *kind_find(const char *name);

/* Whether a row of enriched_fields can say anything of an event of that kind. */
bool kind_has_enriched(const struct kind *kind, const struct field *row);

/* True for the row that ends a table. */
static inline bool field_ends(const struct field *field)
{
	return field->doc == NULL;
}

/*
 * Visits every row that applies to a record of this kind: header, task, own struct. Returns the
 * next row or NULL; *cursor starts at 0.
 */
const struct field *kind_next_field(const struct kind *kind, unsigned int *cursor);

/* The path as documents have it, "[]" behind what is a list of objects there: the same, mostly. */
const char *path_in_document(const char *path);

/* Whether documents show the object at that path as a list of one such object. */
bool path_is_list_of_objects(const char *path, size_t length);

/* "vital": as the events have it. */
const char *ring_name(enum rec_ring ring);

#endif
