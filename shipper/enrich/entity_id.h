/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * process.entity_id: the Common Process Identifier of OCSF (process.cpid). SHA-256 over boot id
 * (16 bytes), pid namespace inode (u64), start time in USER_HZ ticks (u64) and thread group id in
 * that namespace (i64), host byte order; the first 128 bits as a UUID of version 8 (RFC 9562).
 * Anyone can compute the same from /proc.
 */
#ifndef AUDITSHIP_ENTITY_ID_H
#define AUDITSHIP_ENTITY_ID_H

#include "base/err.h"

#include <stdint.h>

struct entity_ids;

/*
 * Keeps the fetched digest, its context and the constant part. Computing an id allocates nothing;
 * OpenSSL 3.0 within takes and gives back one block of its own (docs/decisions/0002-libcrypto.md).
 */
int entity_ids_new(struct entity_ids **ret_ids, const uint8_t boot_id[16], struct err *err);
void entity_ids_free(struct entity_ids *ids);

void entity_id(struct entity_ids *ids, uint64_t pid_ns, uint64_t start_ticks, int64_t ns_pid,
	       uint8_t ret_id[16]);

#endif
