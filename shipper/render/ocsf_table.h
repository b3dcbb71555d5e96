/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What OCSF calls what we know: per kind its class, its activity and the columns of its document.
 * Nothing but data; private to the plan and to descriptions.
 */
#ifndef AUDITSHIP_OCSF_TABLE_H
#define AUDITSHIP_OCSF_TABLE_H

#include "record.h"

#include <stdbool.h>
#include <stdint.h>

#define OCSF_TABLES_MAX 6

/* How the value of a column is written, and members that are no columns. */
enum ocsf_form {
	OCSF_ROW,            /* as in ECS */
	OCSF_COPY,           /* a text that another member has too, which tells what it lost */
	OCSF_BASENAME,       /* what follows the last slash of a text; all of it if nothing does */
	OCSF_NAME,           /* the same; Unknown when there is no text, or it is cut there */
	OCSF_NAME_OF_PATH,   /* the same; left out when there is no text */
	OCSF_MS,             /* milliseconds of a time or of nanoseconds */
	OCSF_INTEGER,        /* a number that is text in ECS; left out from 2^53 on */
	OCSF_FILE_TYPE,      /* number of the type of a file, by its mode; 0 when there is none */
	OCSF_FILE_TYPE_NAME, /* its name; Unknown when there is none */
	/* Of the file that a text names, whatever the text is. */
	OCSF_REGULAR,
	OCSF_REGULAR_NAME,
	OCSF_UNKNOWN_TYPE,
	OCSF_UNKNOWN_TYPE_NAME,
	OCSF_VARIABLES, /* NAME=VALUE: objects of name and value */
	OCSF_COLUMN_FORMS,
	OCSF_CONSTANTS = OCSF_COLUMN_FORMS, /* of the kind */
	OCSF_DEVICE,
	OCSF_APP,
	OCSF_SCHEMA,
	OCSF_RAW,
	OCSF_RAW_LEFT_OUT,
	OCSF_TRUNCATED,
	OCSF_METADATA, /* constants of the kind and the agent */
	OCSF_UID,
	OCSF_TAGS,
	OCSF_LABELS,
	OCSF_IS_TRUNCATED,
	OCSF_FORMS
};

struct ocsf_column {
	const char *path; /* in OCSF; NULL: said by another column, told nowhere */
	const char *from; /* our path; NULL: end of the table */
	enum ocsf_form form;
};

struct ocsf_class {
	uint16_t uid;
	const char *name;
	bool is_log; /* about the log of the agent, who then is the actor */
};

struct ocsf_kind {
	const struct ocsf_class *class; /* NULL: not mapped */
	uint8_t activity;
	const char *activity_name; /* of 99 our own word */
	uint8_t severity;
	uint8_t launch; /* launch_type_id, 0: none */
	const struct ocsf_column *tables[OCSF_TABLES_MAX];
};

extern const struct ocsf_kind ocsf_kinds[REC_KINDS];

#endif
