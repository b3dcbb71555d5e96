/* SPDX-License-Identifier: BSD-2-Clause */
/* Judges only; what follows from it is the watchdog's and /healthz' to say. */
#include "progress.h"

#include "base/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>

void progress_note(struct progress *progress, const struct collect_status *collect, uint64_t now_ns)
{
	if (collect->turns == progress->turns && progress->moved_ns)
		return;
	progress->turns = collect->turns;
	progress->moved_ns = now_ns;
}

static bool lasts(uint64_t since_ns, uint64_t now_ns, uint64_t limit_ns)
{
	return since_ns && now_ns > since_ns && now_ns - since_ns > limit_ns;
}

int progress_judge(const struct progress *progress, const struct status_facts *facts,
		   struct err *err)
{
	if (lasts(progress->moved_ns, facts->now_ns, PROGRESS_COLLECT_NS))
		return err_set(err, -ETIMEDOUT, "the collect thread hangs for %" PRIu64 " s",
			       (facts->now_ns - progress->moved_ns) / NS_PER_S);
	for (size_t i = 0; i < facts->sink_count; i++) {
		uint64_t since_ns = facts->sinks[i].deliver.in_sink_since_ns;

		if (lasts(since_ns, facts->now_ns, PROGRESS_SINK_NS))
			return err_set(err, -ETIMEDOUT,
				       "the thread of the sink %s hangs for %" PRIu64 " s",
				       facts->sinks[i].name, (facts->now_ns - since_ns) / NS_PER_S);
	}
	return 0;
}
