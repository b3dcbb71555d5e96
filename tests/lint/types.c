/* SPDX-License-Identifier: BSD-2-Clause */
/* Names the structs that have field tables, so that their layout is in this object's BTF. */
#include "decode/enriched.h"
#include "record.h"

extern struct rec_fork lint_fork;
extern struct rec_exec lint_exec;
extern struct rec_exit lint_exit;
extern struct rec_thread_start lint_thread_start;
extern struct rec_thread_exit lint_thread_exit;
extern struct rec_exec_failed lint_exec_failed;
extern struct rec_open lint_open;
extern struct rec_snapshot lint_snapshot;
extern struct rec_cgroup lint_cgroup;
extern struct rec_lost lint_lost;
extern struct rec_limited lint_limited;
extern struct rec_config lint_config;
extern struct rec_agent_start lint_agent_start;
extern struct rec_agent_stop lint_agent_stop;
extern struct rec_agent_heartbeat lint_agent_heartbeat;
extern struct rec_clock_step lint_clock_step;
extern struct rec_agent_coverage lint_agent_coverage;
extern struct rec_events_expired lint_events_expired;
extern struct rec_journal_unclean lint_journal_unclean;
extern struct enriched lint_enriched;

struct rec_fork lint_fork;
struct rec_exec lint_exec;
struct rec_exit lint_exit;
struct rec_thread_start lint_thread_start;
struct rec_thread_exit lint_thread_exit;
struct rec_exec_failed lint_exec_failed;
struct rec_open lint_open;
struct rec_snapshot lint_snapshot;
struct rec_cgroup lint_cgroup;
struct rec_lost lint_lost;
struct rec_limited lint_limited;
struct rec_config lint_config;
struct rec_agent_start lint_agent_start;
struct rec_agent_stop lint_agent_stop;
struct rec_agent_heartbeat lint_agent_heartbeat;
struct rec_clock_step lint_clock_step;
struct rec_agent_coverage lint_agent_coverage;
struct rec_events_expired lint_events_expired;
struct rec_journal_unclean lint_journal_unclean;
struct enriched lint_enriched;
