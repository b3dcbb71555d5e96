/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each word is stored with release and loaded with acquire order, so no fence is needed: who has
 * read a new word sees the odd version that came before it.
 */
#include "base/published.h"

#include <assert.h>
#include <sched.h>
#include <string.h>

void published_write(struct published *published, const void *figures, size_t count)
{
	uint64_t version = atomic_load_explicit(&published->version, memory_order_relaxed);

	assert(count <= PUBLISHED_WORDS_MAX);
	atomic_store_explicit(&published->version, version + 1, memory_order_relaxed);
	for (size_t i = 0; i < count; i++) {
		uint64_t word;

		memcpy(&word, (const char *)figures + i * sizeof(word), sizeof(word));
		atomic_store_explicit(&published->words[i], word, memory_order_release);
	}
	atomic_store_explicit(&published->version, version + 2, memory_order_release);
}

/* The writer may have been preempted in the middle: then it needs the CPU more than we do. */
void published_read(struct published *published, void *ret_figures, size_t count)
{
	assert(count <= PUBLISHED_WORDS_MAX);
	for (;;) {
		uint64_t before = atomic_load_explicit(&published->version, memory_order_acquire);

		for (size_t i = 0; i < count; i++) {
			uint64_t word =
				atomic_load_explicit(&published->words[i], memory_order_acquire);

			memcpy((char *)ret_figures + i * sizeof(word), &word, sizeof(word));
		}
		if (before % 2 == 0 &&
		    before == atomic_load_explicit(&published->version, memory_order_relaxed))
			return;
		(void)sched_yield();
	}
}
