/* SPDX-License-Identifier: BSD-2-Clause */
/* CRC32C (Castagnoli), as in RFC 3720 section 12.1: by the CPU's own instruction where it has one.
 */
#ifndef AUDITSHIP_CRC32C_H
#define AUDITSHIP_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Starts from 0; crc32c(crc32c(0, a), b) is the sum of a followed by b. */
uint32_t crc32c(uint32_t crc, const void *data, size_t size);

/* The same by table: what crc32c falls back to, and what it is tested against. */
uint32_t crc32c_portable(uint32_t crc, const void *data, size_t size);

#endif
