/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From an event to text. A renderer belongs to one deliver thread; what repeats (host, agent) is
 * made once when it is created.
 */
#ifndef AUDITSHIP_RENDER_H
#define AUDITSHIP_RENDER_H

#include "base/buf.h"
#include "base/err.h"
#include "decode/entry.h"
#include "render/omission.h"

#include <stdbool.h>
#include <stdint.h>

#define RENDER_LABELS_MAX 64
#define RENDER_LABEL_NAME_MAX 64
#define RENDER_ADDRESSES_MAX 32

/* The name holds RENDER_LABEL_NAME_MAX characters at most, of which none needs an escape. */
struct render_label {
	const char *name, *value;
};

/* Facts about host and agent. NULL or "": unknown, left out. */
struct render_identity {
	const char *agent_id, *agent_name, *agent_version;
	const char *host_name, *host_hostname, *host_id, *host_architecture, *boot_id;
	const char *os_family, *os_platform, *os_name, *os_version, *os_kernel;
	const char *ips[RENDER_ADDRESSES_MAX], *macs[RENDER_ADDRESSES_MAX];
	unsigned int ip_count, mac_count;
	uint32_t pid_ns; /* inode number of the initial pid namespace, 0: unknown */
	const char *const *tags;
	unsigned int tag_count;
	struct render_label labels[RENDER_LABELS_MAX];
	unsigned int label_count;
};

enum render_format {
	RENDER_ECS,
	RENDER_OCSF,
	RENDER_TABLE,
	RENDER_TEXT,
	RENDER_CSV,
	RENDER_RAW, /* not text: entries for another process of ours, see render/raw.h */
};

/* Of events that are not about processes: without what the process's own events tell, or whole. */
enum render_detail { RENDER_COMPACT, RENDER_FULL };

struct render_options {
	enum render_format format;
	enum render_detail detail;  /* RENDER_ECS, RENDER_OCSF */
	struct omission leave_out;  /* RENDER_ECS; borrowed while the renderer is made */
	bool color;                 /* RENDER_TABLE, RENDER_TEXT: the reader is a terminal */
	bool no_header;             /* it is there already */
	const char *const *columns; /* RENDER_CSV, copied; none: those of csv_new */
	size_t column_count;
};

struct renderer;

int renderer_new(struct renderer **ret_renderer, const struct render_options *options,
		 const struct render_identity *identity, struct err *err);
void renderer_free(struct renderer *renderer);

/*
 * Appends one event as one line with its line feed (RENDER_CSV: or nothing, when no column says
 * anything of it; RENDER_RAW: as one frame). RENDER_ECS and RENDER_OCSF: valid UTF-8 JSON. 0, or
 * -EMSGSIZE when out is at its ceiling; out is then as before.
 */
int renderer_event(struct renderer *renderer, const struct event *event, struct buf *out);

/* Appends what stands above the events: the header line of table and CSV; nothing for others. */
int renderer_header(struct renderer *renderer, struct buf *out);

#endif
