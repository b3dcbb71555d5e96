/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a person writes of a syslog sink: target, host name, application, SD-ID, schema, host id,
 * each ended by NUL. And the monitoring port's address.
 */
#include "base/listen_address.h"
#include "fuzz.h"
#include "sink/syslog_message.h"
#include "sink/target.h"

#include <errno.h>

static void check_target(const char *text)
{
	struct target target, again;
	struct err err = {.text = ""};

	if (target_parse(&target, text, &err) < 0) {
		CHECK(err.text[0] != '\0');
		CHECK(fuzz_is_printable(err.text, strlen(err.text)));
		return;
	}
	CHECK((target.kind == TARGET_UNIX) == (target.host[0] == '\0'));
	CHECK((target.kind == TARGET_UNIX) == (target.path[0] == '/'));
	CHECK(target.kind == TARGET_UNIX ||
	      (strtoul(target.port, NULL, 10) >= 1 && strtoul(target.port, NULL, 10) <= 65535));
	CHECK(strcmp(target.text, text) == 0);
	CHECK(target_parse(&again, target.text, &err) == 0);
	CHECK(again.kind == target.kind && strcmp(again.host, target.host) == 0 &&
	      strcmp(again.port, target.port) == 0 && strcmp(again.path, target.path) == 0);
}

static void check_listen(const char *text)
{
	struct listen_address address;
	int result = listen_address_parse(&address, text);

	CHECK(result == 0 || result == -EACCES || result == -EINVAL);
	CHECK(result < 0 || (address.path ? address.path[0] != '\0' : address.size > 0));
}

/* PRI VERSION TIMESTAMP HOSTNAME APP-NAME PROCID MSGID: six blanks, then structured data. */
static void check_head(const struct syslog_form *form)
{
	static const uint8_t stream[16] = {1};
	const struct syslog_facts facts = {.facility = 13,
					   .severity = 6,
					   .time_ns = UINT64_C(1772368496789012345),
					   .kind = "exec",
					   .stream = stream,
					   .sequence = UINT64_MAX};
	char head[SYSLOG_HEAD_SIZE];
	size_t length = syslog_head(head, form, &facts), at = 0;

	CHECK(length == strlen(head) && length <= syslog_form_head_max(form));
	CHECK(fuzz_is_printable(head, length));
	for (int blanks = 0; blanks < 6; at++) {
		CHECK(head[at] != '\0' && (unsigned char)head[at] < 0x7f);
		blanks += head[at] == ' ';
		CHECK(head[at] != ' ' || head[at + 1] != ' ');
	}
	CHECK(head[at] == '[' && head[length - 1] == ' ' && head[length - 2] == ']');
}

static void check_escape(const char *text)
{
	char out[64];
	size_t length = syslog_escape(out, sizeof(out), text);

	CHECK(length < sizeof(out) && out[length] == '\0');
	CHECK(utf8_is_valid(out, length));
	for (size_t i = 0; i < length; i++) {
		CHECK(out[i] != '"' && out[i] != ']');
		if (out[i] == '\\')
			i++;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct syslog_form form;
	char *texts[6];

	for (size_t i = 0; i < 6; i++) {
		size_t length;
		const char *text = fuzz_take_text(&data, &size, &length);

		texts[i] = fuzz_copy(text, length);
	}
	check_target(texts[0]);
	check_listen(texts[0]);
	check_escape(texts[1]);
	syslog_form_init(&form, &(struct syslog_form_options){.hostname = texts[1],
							      .app_name = texts[2],
							      .sd_id = texts[3],
							      .schema = texts[4],
							      .host_id = texts[5],
							      .pid = UINT32_MAX});
	check_head(&form);
	for (size_t i = 0; i < 6; i++)
		free(texts[i]);
	return 0;
}
