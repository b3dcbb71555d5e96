/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who stands above a process: ancestors, and the entry leader as the Elastic Common Schema defines
 * it (process.entry_leader: the first process from a terminal or a remote login, or a service that
 * init started). Works on the process table; belongs to the collect thread.
 */
#ifndef AUDITSHIP_LINEAGE_H
#define AUDITSHIP_LINEAGE_H

#include "decode/enriched.h"
#include "enrich/process_table.h"

#include <stddef.h>

#define LINEAGE_MAX 32 /* most ancestors that are told */

/*
 * Before a new process is told of: it is in the session and group of its maker, of which the table
 * may know more than the record, and has the same entry leader.
 */
void lineage_inherit(struct process_table *table, struct process *told,
		     const struct process *creator);

/* After an exec: a process that leads its session may have become an entry leader. */
void lineage_judge(struct process_table *table, const struct process *process);

/* Finds the entry leader of a process of which none is known; it may stay unknown. */
void lineage_find_entry(struct process_table *table, const struct process *process);

/*
 * The ancestors, the nearest first: each the one that made the one before; where that is unknown
 * its parent. Returns how many there are of at most max.
 */
size_t lineage_ancestors(struct process_table *table, const struct process *process, size_t max,
			 struct rec_id ret_ids[]);

#endif
