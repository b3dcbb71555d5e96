/* SPDX-License-Identifier: BSD-2-Clause */
/* Why the probes cannot run here, in words that say what to do. */
#ifndef AUDITSHIP_PREFLIGHT_H
#define AUDITSHIP_PREFLIGHT_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

/* What the answer depends on; gathered apart from judged, so that a test can bring its own. */
struct preflight_facts {
	uint64_t capabilities; /* effective, as bits */
	bool root;
	bool has_btf;      /* /sys/kernel/btf/vmlinux can be read */
	bool confidential; /* lockdown=confidentiality */
	bool in_container;
	char kernel[66];
};

void preflight_gather(struct preflight_facts *ret_facts, const char *root);

/* Before anything is loaded: 0, or -EPERM or -ENOTSUP with the reason and the remedy in err. */
int preflight_judge(const struct preflight_facts *facts, struct err *err);

/* After loading or attaching failed with code: adds to err what that means on this machine. */
int preflight_explain(const struct preflight_facts *facts, int code, struct err *err);

#endif
