/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include "entry_builder.h"
#include "sink/message_key.h"

static struct entry_builder builder;

static void make_exec(const char *user)
{
	static const uint8_t id[16] = {0x4d, 0xa0, 0x35, 0x48, 0xd0, 0x27, 0x8f, 0x0b,
				       0xa5, 0xda, 0x11, 0x20, 0x60, 0xe8, 0x46, 0x96};

	builder_start(&builder, REC_EXEC, 1);
	builder.task->creds.euid = 1000;
	builder_enrich(&builder);
	memcpy(builder.enriched->process.entity_id, id, sizeof(id));
	if (user)
		builder_text(&builder, &builder.enriched->user, user);
}

static void is_key(enum sink_key kind, const char *host, const char *wanted)
{
	static const uint8_t stream[16] = {1};
	size_t size = builder_end(&builder), length;
	struct message_key *key;
	struct event event;
	const char *text, *why;

	assert_int_equal(entry_parse(builder.data, size, stream, &event, &why), 0);
	assert_int_equal(message_key_new(&key, kind, host), 0);
	length = message_key_make(key, &event, &text);
	assert_int_equal(length, wanted ? strlen(wanted) : 0);
	if (wanted)
		assert_memory_equal(text, wanted, length);
	message_key_free(key);
}

static void a_key_is_the_value_of_its_field(void **state)
{
	(void)state;
	make_exec("alice");
	is_key(SINK_KEY_HOST, "h", "h");
	is_key(SINK_KEY_NONE, "h", NULL);
	is_key(SINK_KEY_USER, "h", "alice");
	is_key(SINK_KEY_PROCESS, "h", "4da03548-d027-8f0b-a5da-112060e84696");
}

static void what_an_event_does_not_have_is_the_next_best(void **state)
{
	(void)state;
	make_exec(NULL);
	is_key(SINK_KEY_USER, "h", "1000");
	is_key(SINK_KEY_CONTAINER, "h", "h");
	is_key(SINK_KEY_CONTAINER, NULL, NULL);
	builder_start(&builder, REC_CLOCK_STEP, 1);
	is_key(SINK_KEY_USER, "h", "h");
	builder_start(&builder, REC_CLOCK_STEP, 1);
	is_key(SINK_KEY_PROCESS, "h", "h");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_is_the_value_of_its_field),
		cmocka_unit_test(what_an_event_does_not_have_is_the_next_best),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
