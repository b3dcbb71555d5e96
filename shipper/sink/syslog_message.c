/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The head of a syslog message. Owns nothing: what never changes is made once, the rest is put
 * together in the caller's memory. Whatever the names hold, what comes out is one good header: no
 * value can end its own field early. Must not know where messages go, or what is in an event.
 */
#include "sink/syslog_message.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "base/uuid.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define HOSTNAME_MAX 255 /* RFC 5424, 6 */
#define MSGID_MAX 32

/* PRINTUSASCII of at most max characters; "-" (NILVALUE) when there is nothing. */
static void copy_name(char *out, size_t max, const char *text, const char *refused)
{
	size_t used = 0;

	for (; text && *text && used < max; text++, used++)
		out[used] = *text > ' ' && *text < 0x7f && !strchr(refused, *text) ? *text : '_';
	if (used == 0)
		out[used++] = '-';
	out[used] = '\0';
}

static size_t escape_character(char out[8], const char *text, size_t length, bool valid)
{
	if (!valid) {
		memcpy(out, "\xef\xbf\xbd", 3); /* U+FFFD */
		return 3;
	}
	if (length == 1 && ((unsigned char)*text < ' ' || *text == 0x7f)) {
		*out = '_'; /* a line feed would end the message where newlines frame it */
		return 1;
	}
	if (strchr("\"\\]", *text)) {
		out[0] = '\\';
		out[1] = *text;
		return 2;
	}
	memcpy(out, text, length);
	return length;
}

size_t syslog_escape(char *out, size_t size, const char *text)
{
	size_t left = strlen(text), used = 0;

	while (left > 0) {
		char character[8];
		bool valid;
		size_t taken = utf8_next(text, left, &valid);
		size_t length = escape_character(character, text, taken, valid);

		if (used + length >= size)
			break;
		memcpy(out + used, character, length);
		used += length;
		text += taken;
		left -= taken;
	}
	out[used] = '\0';
	return used;
}

/* Appends ' name="value"' when there is a value. out holds a text and has room. */
static void add_param(char *out, size_t size, const char *name, const char *value)
{
	char escaped[100];
	size_t used = strlen(out);

	if (!value || !*value)
		return;
	(void)syslog_escape(escaped, sizeof(escaped), value);
	(void)snprintf(out + used, size - used, " %s=\"%s\"", name, escaped);
}

void syslog_form_init(struct syslog_form *form, const struct syslog_form_options *options)
{
	char hostname[HOSTNAME_MAX + 1], app_name[SYSLOG_APP_NAME_MAX + 1];
	char sd_id[SYSLOG_SD_ID_MAX + 1];

	copy_name(hostname, HOSTNAME_MAX, options->hostname, "");
	copy_name(app_name, SYSLOG_APP_NAME_MAX, options->app_name, "");
	copy_name(sd_id, SYSLOG_SD_ID_MAX, options->sd_id, "=]\"");
	(void)snprintf(form->names, sizeof(form->names), " %s %s %" PRIu32 " ", hostname, app_name,
		       options->pid);
	(void)snprintf(form->data, sizeof(form->data), " [%s", sd_id);
	form->facts[0] = '\0';
	add_param(form->facts, sizeof(form->facts), "schema", options->schema);
	add_param(form->facts, sizeof(form->facts), "host", options->host_id);
	(void)strncat(form->facts, "] ", sizeof(form->facts) - strlen(form->facts) - 1);
}

size_t syslog_form_head_max(const struct syslog_form *form)
{
	const size_t variable = sizeof("<191>1 2026-03-01T12:34:56.789012Z") + MSGID_MAX +
				sizeof(" stream=\"\" sequence=\"18446744073709551615\"") +
				UUID_TEXT_SIZE;

	return variable + strlen(form->names) + strlen(form->data) + strlen(form->facts);
}

/* Microseconds: RFC 5424, 6.2.3 allows no more. */
static void format_time(char out[CLOCK_UTC_SIZE], uint64_t time_ns)
{
	size_t length;

	clock_format_utc(out, time_ns);
	length = strlen(out);
	if (length > 4)
		(void)strcpy(out + length - 4, "Z");
}

size_t syslog_head(char out[SYSLOG_HEAD_SIZE], const struct syslog_form *form,
		   const struct syslog_facts *facts)
{
	char time[CLOCK_UTC_SIZE], stream[UUID_TEXT_SIZE], msgid[MSGID_MAX + 1];
	int length;

	format_time(time, facts->time_ns);
	uuid_format(stream, facts->stream);
	copy_name(msgid, MSGID_MAX, facts->kind, "");
	length = snprintf(
		out, SYSLOG_HEAD_SIZE, "<%u>1 %s%s%s%s stream=\"%s\" sequence=\"%" PRIu64 "\"%s",
		facts->facility % SYSLOG_FACILITIES * SYSLOG_SEVERITIES +
			facts->severity % SYSLOG_SEVERITIES,
		time, form->names, msgid, form->data, stream, facts->sequence, form->facts);
	return length > 0 ? (size_t)length : 0;
}

size_t syslog_frame(char out[24], size_t message_size)
{
	int length = snprintf(out, 24, "%zu ", message_size);

	return length > 0 ? (size_t)length : 0;
}
