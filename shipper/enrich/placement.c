/* SPDX-License-Identifier: BSD-2-Clause */
/* Owns the tables of cgroups and containers, and tells of them in an enrichment. */
#include "enrich/placement.h"

#include "decode/decode.h"

#include <string.h>

int placement_open(struct placement *placement, const struct containers_options *options,
		   struct err *err)
{
	int result = cgroups_new(&placement->cgroups, CGROUPS_DEFAULT_MAX, err);

	return result == 0 ? containers_new(&placement->containers, options, err) : result;
}

void placement_close(struct placement *placement)
{
	cgroups_free(placement->cgroups);
	containers_free(placement->containers);
}

void placement_insert(struct placement *placement, const struct cgroup_told *told)
{
	const struct cgroup *cgroup = cgroups_insert(placement->cgroups, told);

	containers_prefetch(placement->containers, &cgroup->container);
}

void placement_note(struct placement *placement, const struct rec_cgroup *record)
{
	const struct cgroup_told told = {
		.id = record->id,
		.hierarchy = record->hierarchy,
		.path = record_string(&record->header, &record->path),
		.length = record->path.length,
		.full = record->path.full,
	};

	if (record->header.kind == REC_CGROUP_GONE)
		cgroups_remove(placement->cgroups, record->hierarchy, record->id,
			       record->header.time_ns);
	else if (told.length > 0)
		placement_insert(placement, &told);
}

enum { HIERARCHY_NONE, HIERARCHY_V2, HIERARCHY_V1 }; /* struct enriched, cgroup_hierarchy */

/*
 * Where v1 is in use the containers may be there alone, or in both. Preferred: what carries a
 * container, then what is not the root, then v2.
 */
static const struct cgroup *choose_cgroup(struct placement *placement, const struct rec_task *task,
					  uint8_t *ret_hierarchy)
{
	const struct cgroup *v2 = cgroups_find(placement->cgroups, 0, task->cgroup_id), *v1 = NULL;
	bool v2_says, v1_says;

	*ret_hierarchy = HIERARCHY_V2;
	if (!task->cgroup_v1_id || (v2 && v2->container.depth))
		return v2;
	v1 = cgroups_find(placement->cgroups, task->cgroup_v1_hierarchy, task->cgroup_v1_id);
	v2_says = v2 && v2->path_length > 1;
	v1_says = v1 && v1->path_length > 1;
	if (!v1 || (!v1->container.depth && (v2_says || !v1_says) && v2))
		return v2;
	*ret_hierarchy = HIERARCHY_V1;
	return v1;
}

bool placement_in_container(struct placement *placement, const struct rec_task *task)
{
	uint8_t hierarchy;
	const struct cgroup *cgroup = choose_cgroup(placement, task, &hierarchy);

	return cgroup && cgroup->container.depth > 0;
}

/* What lies beyond the kept part of the path stays absent. */
static void put_part(struct tail *tail, struct rec_string *string, const struct cgroup *cgroup,
		     const struct container_part *part)
{
	if (part->offset + part->length <= cgroup->path_length)
		tail_put(tail, string, cgroup->path + part->offset, part->length);
}

static void put_cgroup(struct tail *tail, const struct cgroup *cgroup)
{
	const struct container_path *container = &cgroup->container;
	struct enriched *out = tail->out;

	tail_put(tail, &out->cgroup_path, cgroup->path, cgroup->path_length);
	if (out->cgroup_path.length)
		out->cgroup_path.full = cgroup->path_full;
	put_part(tail, &out->systemd_unit, cgroup, &container->unit);
	put_part(tail, &out->systemd_user_unit, cgroup, &container->user_unit);
	put_part(tail, &out->systemd_slice, cgroup, &container->slice);
	tail_put_text(tail, &out->container_id, container->id);
	tail_put_text(tail, &out->container_outer_id, container->outer_id);
	tail_put_text(tail, &out->resource_id, container->pod_uid);
	out->container_runtime = container->runtime;
	out->orchestrator = container->orchestrator;
	if (container->runtime == CONTAINER_LXC || container->runtime == CONTAINER_NSPAWN)
		out->container_name = out->container_id;
}

static void put_state(struct tail *tail, const struct container_state *state)
{
	struct enriched *out = tail->out;

	if (state->runtime)
		out->container_runtime = state->runtime;
	tail_put_text(tail, &out->container_name, state->name);
	tail_put_text(tail, &out->image_name, state->image);
	tail_put(tail, &out->image_tag, state->tag, state->tag[0] ? strlen(state->tag) + 1 : 0);
	tail_put(tail, &out->container_labels, state->labels, state->labels_length);
	if (out->container_labels.length)
		out->container_labels.full = state->labels_full;
	if (!state->pod_name[0] && !state->pod_uid[0])
		return;
	out->orchestrator = CONTAINER_KUBERNETES;
	tail_put_text(tail, &out->resource_name, state->pod_name);
	tail_put_text(tail, &out->orchestrator_namespace, state->pod_namespace);
	if (!out->resource_id.length)
		tail_put_text(tail, &out->resource_id, state->pod_uid);
}

void placement_put(struct placement *placement, struct tail *tail, const struct task_record *record)
{
	bool starts = record->header.kind == REC_EXEC;
	enum container_unresolved unresolved;
	const struct container_state *state;
	const struct cgroup *cgroup;
	uint8_t hierarchy;

	cgroup = choose_cgroup(placement, &record->task, &hierarchy);
	if (!cgroup)
		return;
	tail->out->cgroup_hierarchy = hierarchy;
	put_cgroup(tail, cgroup);
	if (!cgroup->container.depth)
		return;
	state = containers_find(placement->containers, &cgroup->container, starts, &unresolved);
	tail->out->container_unresolved = (uint8_t)unresolved;
	if (state)
		put_state(tail, state);
}
