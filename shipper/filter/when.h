/* SPDX-License-Identifier: BSD-2-Clause */
/* The YAML of a `when:` into a matcher. Private to filter/. */
#ifndef AUDITSHIP_WHEN_H
#define AUDITSHIP_WHEN_H

#include "base/faults.h"
#include "base/yaml.h"
#include "filter/matcher.h"

/*
 * Adds one conjunction per alternative of when; one that always holds when it is NULL. What is
 * wrong goes to faults. *ret_first is the first that was added, behind it stand the others. 0,
 * -EINVAL (told in faults) or -ENOMEM.
 */
int when_add(struct matcher *matcher, const struct yaml_node *when, struct faults *faults,
	     int *ret_first);

#endif
