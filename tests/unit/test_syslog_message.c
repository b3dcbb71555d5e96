/* SPDX-License-Identifier: BSD-2-Clause */
/* The head of a syslog message: exact vectors, and names that try to break out of it. */
#include "sink/syslog_message.h"

#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t stream[16] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
				   0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};
#define STREAM_TEXT "01234567-89ab-cdef-0123-456789abcdef"

static const struct syslog_form_options usual = {.hostname = "web-01.example.net",
						 .app_name = "auditship",
						 .sd_id = "auditship@32473",
						 .schema = "urn:auditship:schema:event:0.1.0",
						 .host_id = "0123abcd",
						 .pid = 4711};

static const struct syslog_facts facts = {.facility = 13,
					  .severity = 6,
					  .time_ns = UINT64_C(1772368496789012345),
					  .kind = "exec",
					  .stream = stream,
					  .sequence = 17};

static const char *head_of(const struct syslog_form_options *options,
			   const struct syslog_facts *what)
{
	static char head[SYSLOG_HEAD_SIZE];
	struct syslog_form form;
	size_t length;

	syslog_form_init(&form, options);
	length = syslog_head(head, &form, what);
	assert_int_equal(length, strlen(head));
	assert_true(length <= syslog_form_head_max(&form));
	return head;
}

static void an_event_has_the_head_of_rfc_5424(void **state)
{
	(void)state;
	assert_string_equal(
		head_of(&usual, &facts),
		"<110>1 2026-03-01T12:34:56.789012Z web-01.example.net auditship 4711 exec "
		"[auditship@32473 stream=\"" STREAM_TEXT
		"\" sequence=\"17\" schema=\"urn:auditship:schema:event:0.1.0\" "
		"host=\"0123abcd\"] ");
}

static void what_is_not_known_is_a_dash_or_left_out(void **state)
{
	const struct syslog_form_options empty = {.sd_id = "a@1"};
	struct syslog_facts none = facts;

	(void)state;
	none.kind = NULL;
	none.facility = 0;
	none.severity = 0;
	none.sequence = UINT64_MAX;
	assert_string_equal(head_of(&empty, &none),
			    "<0>1 2026-03-01T12:34:56.789012Z - - 0 - [a@1 stream=\"" STREAM_TEXT
			    "\" sequence=\"18446744073709551615\"] ");
}

static void priority_is_facility_times_eight_and_severity(void **state)
{
	struct syslog_facts other = facts;

	(void)state;
	for (unsigned int facility = 0; facility < SYSLOG_FACILITIES; facility++)
		for (unsigned int severity = 0; severity < SYSLOG_SEVERITIES; severity++) {
			char wanted[16];

			other.facility = facility;
			other.severity = severity;
			(void)snprintf(wanted, sizeof(wanted), "<%u>1 ", facility * 8 + severity);
			assert_memory_equal(head_of(&usual, &other), wanted, strlen(wanted));
		}
}

static void a_time_has_microseconds_also_before_a_full_second(void **state)
{
	struct syslog_facts other = facts;

	(void)state;
	other.time_ns = 999999999;
	assert_non_null(strstr(head_of(&usual, &other), " 1970-01-01T00:00:00.999999Z "));
	other.time_ns = UINT64_C(4102444800000000000);
	assert_non_null(strstr(head_of(&usual, &other), " 2100-01-01T00:00:00.000000Z "));
}

static void values_of_structured_data_are_escaped(void **state)
{
	char out[64];

	(void)state;
	assert_int_equal(syslog_escape(out, sizeof(out), "a\"b\\c]d[e"), 12);
	assert_string_equal(out, "a\\\"b\\\\c\\]d[e");
	(void)syslog_escape(out, sizeof(out), "\xc3\xa4\n\x01\xff");
	assert_string_equal(out, "\xc3\xa4__\xef\xbf\xbd");
}

static void what_does_not_fit_is_left_out_whole(void **state)
{
	char out[4];

	(void)state;
	assert_int_equal(syslog_escape(out, sizeof(out), "ab\""), 2);
	assert_string_equal(out, "ab");
	assert_int_equal(syslog_escape(out, sizeof(out), "ab\xc3\xa4"), 2);
	assert_string_equal(out, "ab");
}

static void a_name_cannot_end_its_field(void **state)
{
	struct syslog_form_options bad = usual;
	const char *head;

	(void)state;
	bad.hostname = "a b\n<1>";
	bad.app_name = "\x01\x7f\xc3\xa4";
	bad.sd_id = "x=y] \"z";
	bad.host_id = "1\"] evil=\"2";
	bad.schema = NULL;
	head = head_of(&bad, &facts);
	assert_string_equal(head, "<110>1 2026-03-01T12:34:56.789012Z a_b_<1> ____ 4711 exec "
				  "[x_y___z stream=\"" STREAM_TEXT
				  "\" sequence=\"17\" host=\"1\\\"\\] evil=\\\"2\"] ");
}

static void long_names_are_cut(void **state)
{
	char text[1000], wanted[600];
	struct syslog_form_options bad = usual;
	struct syslog_facts other = facts;

	(void)state;
	memset(text, 'h', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	bad.hostname = bad.app_name = bad.sd_id = bad.schema = bad.host_id = text;
	other.kind = text;
	(void)snprintf(wanted, sizeof(wanted), " %.255s %.48s 4711 %.32s [%.32s stream=", text,
		       text, text, text);
	assert_non_null(strstr(head_of(&bad, &other), wanted));
}

/* One field of the head: printable, at least one character. Returns what follows the blank. */
static const char *skip_field(const char *at, size_t longest)
{
	size_t length = strcspn(at, " ");

	assert_true(length >= 1 && length <= longest);
	for (size_t i = 0; i < length; i++)
		assert_true(at[i] > ' ' && at[i] < 0x7f);
	assert_int_equal(at[length], ' ');
	return at + length + 1;
}

/* Behind '[': SD-ID, then parameters, up to the ']' that ends them. */
static const char *skip_data(const char *at)
{
	at = at + strcspn(at, " ");
	while (*at == ' ') {
		at += strcspn(at, "=");
		assert_memory_equal(at, "=\"", 2);
		for (at += 2; *at != '"'; at++) {
			assert_true((unsigned char)*at >= ' ' && *at != ']');
			at += *at == '\\';
		}
		at++;
	}
	assert_int_equal(*at, ']');
	return at + 1;
}

static void random_names_leave_a_head_that_parses(void **state)
{
	unsigned int seed = 42;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char names[6][80];
		struct syslog_form_options options = {names[0], names[1], names[2],
						      names[3], names[4], 1};
		struct syslog_facts other = facts;
		const char *at;

		for (size_t i = 0; i < 6; i++) {
			size_t length = (size_t)rand_r(&seed) % sizeof(names[0]);

			for (size_t j = 0; j < length; j++)
				names[i][j] = rand_r(&seed) % 3
						      ? "\"\\]=[ \n<>1"[rand_r(&seed) % 10]
						      : (char)rand_r(&seed);
			names[i][length] = '\0';
		}
		other.kind = names[5];
		at = head_of(&options, &other);
		assert_true(utf8_is_valid(at, strlen(at)));
		at = skip_field(at, 6);
		at = skip_field(at, 27);
		at = skip_field(at, 255);
		at = skip_field(at, 48);
		at = skip_field(at, 128);
		at = skip_field(at, 32);
		assert_int_equal(*at, '[');
		assert_string_equal(skip_data(at), " ");
	}
}

static void octets_are_counted(void **state)
{
	char frame[24];

	(void)state;
	assert_int_equal(syslog_frame(frame, 7), 2);
	assert_string_equal(frame, "7 ");
	assert_int_equal(syslog_frame(frame, 65536), 6);
	assert_string_equal(frame, "65536 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_has_the_head_of_rfc_5424),
		cmocka_unit_test(what_is_not_known_is_a_dash_or_left_out),
		cmocka_unit_test(priority_is_facility_times_eight_and_severity),
		cmocka_unit_test(a_time_has_microseconds_also_before_a_full_second),
		cmocka_unit_test(values_of_structured_data_are_escaped),
		cmocka_unit_test(what_does_not_fit_is_left_out_whole),
		cmocka_unit_test(a_name_cannot_end_its_field),
		cmocka_unit_test(long_names_are_cut),
		cmocka_unit_test(random_names_leave_a_head_that_parses),
		cmocka_unit_test(octets_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
