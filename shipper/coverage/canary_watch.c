/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows records by their struct and canaries by their table. Hides as little as it can: a program
 * that could pass for the helper could do so unseen.
 */
#include "coverage/canary_watch.h"

#include "coverage/canary.h"
#include "decode/decode.h"
#include "decode/fields.h"

#include <unistd.h>

void canary_watch_begin(struct canary_watch *watch, uint64_t now_ns)
{
	atomic_store(&watch->seen, 0);
	atomic_store(&watch->records, 0);
	atomic_store(&watch->end_ns, UINT64_MAX);
	atomic_store(&watch->begin_ns, now_ns);
}

void canary_watch_end(struct canary_watch *watch, uint64_t now_ns)
{
	atomic_store(&watch->end_ns, now_ns);
}

static bool is_helper(const struct canary_watch *watch, const struct rec_id *id)
{
	const struct canary_helper_id *helper = &watch->helper;

	return id->pid && id->ns_pid == helper->pid && id->pid_ns == helper->pid_ns &&
	       id->start_ns / helper->tick_ns == helper->start_ticks;
}

static bool is_of_run(const struct canary_watch *watch, const struct rec_header *record)
{
	uint64_t begin_ns = atomic_load(&watch->begin_ns);
	const struct kind *kind = kind_get(record->kind);
	const struct task_record *task = (const struct task_record *)record;

	if (begin_ns == 0 || record->time_ns < begin_ns ||
	    record->time_ns > atomic_load(&watch->end_ns))
		return false;
	return watch->helper.pid && kind && kind->has_task &&
	       (is_helper(watch, &task->task.id) || is_helper(watch, &task->task.parent));
}

bool canary_watch_takes(struct canary_watch *watch, const struct rec_header *record)
{
	uint32_t bits, before;
	uint64_t one = 1;

	if (!is_of_run(watch, record) || atomic_load(&watch->records) >= CANARY_RECORDS_MAX)
		return false;
	atomic_fetch_add(&watch->records, 1);
	bits = canary_recognize(record);
	before = atomic_fetch_or(&watch->seen, bits);
	if ((before | bits) != before && write(watch->seen_fd, &one, sizeof(one)) < 0)
		return true; /* the run then ends by its time */
	return true;
}
