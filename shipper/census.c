/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decides when, and gathers the records of one snapshot. What is made of them is the collect
 * thread's; it notes before the snapshot who is known, so that who comes later is not missed.
 */
#include "census.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "enrich/procfs.h"

#define EVERY_NS (600 * NS_PER_S)
#define AFTER_LOSS_NS (10 * NS_PER_S)
#define RECORDS_MAX ((size_t)64 << 20) /* 100,000 processes or more */

bool census_sees_all(uint32_t pid_ns)
{
	return pid_ns == PROCFS_PID_NS_INITIAL;
}

static uint64_t lost_processes(const struct collect *collect)
{
	struct collect_status status;

	collect_status((struct collect *)collect, &status);
	return status.lost_kind[REC_FORK] + status.lost_kind[REC_EXEC] + status.lost_kind[REC_EXIT];
}

struct gathering {
	struct buf records;
	int result; /* the first error */
};

static void gather(void *data, const void *record, size_t size)
{
	struct gathering *gathering = data;

	if (gathering->result == 0)
		gathering->result = buf_add(&gathering->records, record, size);
}

static void take(struct probes *probes, struct collect *collect)
{
	struct gathering gathering = {.result = 0};
	struct err err;
	int result;

	buf_init(&gathering.records, RECORDS_MAX);
	result = probes_snapshot(probes, gather, &gathering, &err);
	if (result == 0 && gathering.result == 0) {
		collect_give_census(collect, &gathering.records);
		return;
	}
	buf_done(&gathering.records);
	log_warning("the processes could not be counted: %s",
		    result < 0 ? err.text : "there are too many of them");
}

void census_tick(struct census *census, struct probes *probes, struct collect *collect,
		 uint64_t now_ns)
{
	uint64_t since_ns = now_ns - census->taken_ns, lost;

	if (census->asked && collect_census_begun(collect)) {
		census->asked = false;
		take(probes, collect);
		return;
	}
	if (census->asked || since_ns < AFTER_LOSS_NS)
		return;
	lost = lost_processes(collect);
	if (lost == census->lost && since_ns < EVERY_NS)
		return;
	census->taken_ns = now_ns;
	census->lost = lost;
	census->asked = true;
	collect_begin_census(collect);
}
