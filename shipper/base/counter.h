/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A figure that one thread keeps and any thread may read. Relaxed: it says nothing about any other
 * figure.
 */
#ifndef AUDITSHIP_COUNTER_H
#define AUDITSHIP_COUNTER_H

#include <stdatomic.h>
#include <stdint.h>

static inline void counter_add(_Atomic uint64_t *counter, uint64_t amount)
{
	atomic_fetch_add_explicit(counter, amount, memory_order_relaxed);
}

static inline void counter_set(_Atomic uint64_t *counter, uint64_t value)
{
	atomic_store_explicit(counter, value, memory_order_relaxed);
}

static inline uint64_t counter_get(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

#endif
