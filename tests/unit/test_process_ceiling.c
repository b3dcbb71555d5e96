/* SPDX-License-Identifier: BSD-2-Clause */
/* Floods of processes, below which the table must stay at its ceiling. */
#include "unit/test_process_table.h"

#include "unit/descriptors.h"

static uint64_t resident_bytes(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	unsigned long kib = 0;
	char line[128];

	assert_non_null(status);
	while (fgets(line, sizeof(line), status))
		if (sscanf(line, "RssAnon: %lu kB", &kib) == 1)
			break;
	assert_int_equal(fclose(status), 0);
	assert_true(kib > 0);
	return (uint64_t)kib * 1024;
}

/* 32768 slots of 264 bytes, their buckets, 16 MiB of chunks. */
#define CEILING (UINT64_C(32769) * 264 + UINT64_C(2) * 32768 * 4 + (UINT64_C(16) << 20) + 65536)

static void an_empty_table_costs_next_to_nothing(void **state)
{
	uint64_t before = resident_bytes();
	struct process_table *table = new_table(0, 0, 0);

	(void)state;
	(void)insert(table, event(1, 1, 1));
	assert_true(resident_bytes() < before + (UINT64_C(256) << 10) * SHADOW);
	process_table_free(table);
}

static void floods_stay_below_the_ceiling(void **state)
{
	uint64_t before = resident_bytes();
	size_t descriptors = count_descriptors();
	struct process_table *table = new_table(0, 0, 0);
	struct image image = largest_image();

	(void)state;
	for (uint32_t i = 1; i <= ROUNDS; i++) { /* short lives */
		const struct process *process = insert(table, event(i, i, i));

		process_table_set_image(table, process, &image, i);
		end(table, i, i);
	}
	assert_int_equal(counters_of(table).entries, 4096);
	assert_int_equal(counters_of(table).image_failures, 0);
	for (uint32_t i = 1; i <= ROUNDS; i++) { /* lives without end */
		const struct process *process = insert(table, event(i, ROUNDS + i, ROUNDS + i));

		process_table_set_image(table, process, &image, ROUNDS + i);
	}
	assert_int_equal(counters_of(table).entries, 32768);
	assert_int_equal(counters_of(table).image_failures, 0);
	assert_true(counters_of(table).image_drops > ROUNDS);
	assert_true(counters_of(table).image_bytes <= UINT64_C(16) << 20);
	assert_true(resident_bytes() < before + CEILING * SHADOW);
	assert_int_equal(count_descriptors(), descriptors);
	process_table_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_table_costs_next_to_nothing),
		cmocka_unit_test(floods_stay_below_the_ceiling),
	};

	return cmocka_run_group_tests(tests, fill_bytes, NULL);
}
