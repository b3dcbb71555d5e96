/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/crc32c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void both(const void *data, size_t size, uint32_t expected)
{
	assert_int_equal(crc32c(0, data, size), expected);
	assert_int_equal(crc32c_portable(0, data, size), expected);
}

/* RFC 3720 appendix B.4; the bytes of the CRC stand there in the order they are sent. */
static void gives_the_vectors_of_rfc_3720(void **state)
{
	static const uint8_t read_command[48] = {
		0x01, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00,
		0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00, 0x18, 0x28, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	};
	uint8_t bytes[32];

	(void)state;
	memset(bytes, 0, sizeof(bytes));
	both(bytes, sizeof(bytes), 0x8a9136aa);
	memset(bytes, 0xff, sizeof(bytes));
	both(bytes, sizeof(bytes), 0x62a8ab43);
	for (uint8_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i;
	both(bytes, sizeof(bytes), 0x46dd794e);
	for (uint8_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(31 - i);
	both(bytes, sizeof(bytes), 0x113fdb5c);
	both(read_command, sizeof(read_command), 0xd9963a56);
	both("123456789", 9, 0xe3069283);
	both("", 0, 0);
}

static void cpu_and_table_agree_at_every_length_and_alignment(void **state)
{
	uint8_t bytes[300];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 131 + 7);
	for (size_t start = 0; start < 9; start++)
		for (size_t size = 0; size + start <= sizeof(bytes); size++)
			assert_int_equal(crc32c(0, bytes + start, size),
					 crc32c_portable(0, bytes + start, size));
}

/* Long enough that the CPU sums several parts at once, at and beside the ends of parts. */
static void cpu_and_table_agree_on_what_is_long(void **state)
{
	static const size_t ends[] = {3072,     2 * 3072,        3 * 3072,
				      3 * 8192, 3 * 8192 + 3072, 6 * 8192};
	static uint8_t bytes[6 * 8192 + 80];
	uint32_t random = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)((random = random * 1103515245 + 12345) >> 16);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		for (size_t size = ends[i] - 40; size < ends[i] + 40; size++)
			assert_int_equal(crc32c(0x12345678, bytes + i, size),
					 crc32c_portable(0x12345678, bytes + i, size));
}

static void a_sum_can_be_continued(void **state)
{
	static const char text[] = "The tail is cut back to the last whole frame.";
	uint32_t whole = crc32c(0, text, sizeof(text));

	(void)state;
	for (size_t cut = 0; cut <= sizeof(text); cut++) {
		uint32_t first = crc32c(0, text, cut);

		assert_int_equal(crc32c(first, text + cut, sizeof(text) - cut), whole);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_the_vectors_of_rfc_3720),
		cmocka_unit_test(cpu_and_table_agree_at_every_length_and_alignment),
		cmocka_unit_test(cpu_and_table_agree_on_what_is_long),
		cmocka_unit_test(a_sum_can_be_continued),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
