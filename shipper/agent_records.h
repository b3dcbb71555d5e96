/* SPDX-License-Identifier: BSD-2-Clause */
/* The records of what the agent tells of itself: facts in, a record out. Pure. */
#ifndef AUDITSHIP_AGENT_RECORDS_H
#define AUDITSHIP_AGENT_RECORDS_H

#include "capture/probes.h"
#include "collect.h"
#include "coverage/coverage.h"
#include "own_record.h"
#include "sink/deliver.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct agent_start_facts {
	const char *kernel, *config_hash;
	const struct probe_status *probes;
	size_t probe_count;
	bool adopted;
};
void agent_record_start(struct own_record *out, const struct agent_start_facts *facts);

struct agent_stop_facts {
	uint64_t uptime_ns, asked_ns;
	enum rec_stop reason;
	const char *what; /* of REC_STOP_ERROR */
	uint32_t signal;
	enum rec_signal_way way;
	bool claimed, initial_pid;
	uint32_t pid, uid, login_uid; /* as struct rec_agent_stop has them */
	bool kept;
};
void agent_record_stop(struct own_record *out, const struct agent_stop_facts *facts);

struct agent_sink {
	const char *name;
	struct deliver_status status;
};

struct agent_heartbeat_facts {
	uint64_t uptime_ns, memory_bytes;
	uint64_t recursion_misses; /* UINT64_MAX: unknown */
	uint64_t left_out;         /* by kernel filters */
	struct collect_status collect;
	const struct agent_sink *sinks;
	size_t sink_count;
};
void agent_record_heartbeat(struct own_record *out, const struct agent_heartbeat_facts *facts);

/* now_wall_ns: after the step; compared: the kernel has not told of it. */
void agent_record_clock_step(struct own_record *out, int64_t step_ns, uint64_t now_wall_ns,
			     bool compared);

struct agent_coverage_facts {
	const char *kernel;
	const struct probe_status *probes;
	size_t probe_count;
	const struct coverage_result *result;
};
void agent_record_coverage(struct own_record *out, const struct agent_coverage_facts *facts);

#endif
