/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands in front of an event in a syslog message (RFC 5424, section 6), and how messages are
 * told apart on a stream (RFC 6587, RFC 5425). Knows no socket.
 *
 *   <110>1 2026-03-01T12:34:56.789012Z web-01 auditship 4711 exec
 *       [auditship@32473 stream="..." sequence="17" schema="ecs" host="..."] {"@timestamp":...}
 */
#ifndef AUDITSHIP_SYSLOG_MESSAGE_H
#define AUDITSHIP_SYSLOG_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

/* Room for any head, with the terminator and a frame in front of it. */
#define SYSLOG_HEAD_SIZE 1024

#define SYSLOG_SD_ID_MAX 32    /* RFC 5424, 6.3.2 */
#define SYSLOG_APP_NAME_MAX 48 /* RFC 5424, 6.2.5 */
#define SYSLOG_FACILITIES 24
#define SYSLOG_SEVERITIES 8

/* What is the same in all messages of a sink. Embedded. */
struct syslog_form {
	char names[512]; /* " HOSTNAME APP-NAME PROCID " */
	char data[128];  /* "[SD-ID" */
	char facts[256]; /* what ends the structured data: " schema=... host=...] " */
};

/* NULL or "": not known. What the protocol does not allow becomes '_', what is too long is cut. */
struct syslog_form_options {
	const char *hostname, *app_name, *sd_id, *schema, *host_id;
	uint32_t pid;
};

void syslog_form_init(struct syslog_form *form, const struct syslog_form_options *options);

/* The longest head that form can give, in bytes. */
size_t syslog_form_head_max(const struct syslog_form *form);

struct syslog_facts {
	unsigned int facility, severity;
	uint64_t time_ns;      /* CLOCK_REALTIME */
	const char *kind;      /* MSGID */
	const uint8_t *stream; /* 16 bytes; with the sequence, event.id */
	uint64_t sequence;
};

/* Writes all that stands before MSG, with a terminator. Returns its length. */
size_t syslog_head(char out[SYSLOG_HEAD_SIZE], const struct syslog_form *form,
		   const struct syslog_facts *facts);

/* Writes "LENGTH " (octet counting, RFC 6587, 3.4.1) with a terminator. Returns its length. */
size_t syslog_frame(char out[24], size_t message_size);

/* Appends text as the inside of a PARAM-VALUE (RFC 5424, 6.3.3): well-formed UTF-8, with '"', '\\'
 * and ']' escaped. What does not fit whole is left out. Returns the length, terminated. */
size_t syslog_escape(char *out, size_t size, const char *text);

#endif
