/* SPDX-License-Identifier: BSD-2-Clause */
/* Removes pins and says what went with them. */
#include "tool/detach.h"

#include "capture/pins.h"
#include "capture/ring.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

/* Bytes that no agent has read. */
static uint64_t count_waiting(const struct probes *probes)
{
	uint64_t waiting = 0;

	for (enum rec_ring i = REC_RING_VITAL; i < REC_RING_SHIPPER; i++) {
		struct ring *ring = NULL;
		struct err ignored;

		if (ring_open(&ring, probes_ring_fd(probes, i), probes_ring_bytes(probes, i),
			      &ignored) < 0)
			continue;
		waiting += ring_used_bytes(ring);
		ring_close(ring);
	}
	return waiting;
}

static void remove_all(struct pins *pins)
{
	struct probes *sets[PINS_SETS_MAX];
	size_t count = pins_find(pins, sets);
	uint64_t waiting = 0;
	unsigned int removed;

	for (size_t i = 0; i < count; i++)
		waiting += count_waiting(sets[i]);
	removed = pins_remove_all(pins);
	for (size_t i = 0; i < count; i++)
		probes_close(sets[i]);
	if (removed > 0)
		(void)printf("removed the probes in '%s'; %" PRIu64
			     " bytes of records that no agent had read went with them\n",
			     pins_directory(pins), waiting);
	else if (pins_said(pins)[0] == '\0')
		(void)printf("there are no probes in '%s'\n", pins_directory(pins));
	(void)fputs(pins_said(pins), stdout);
}

int tool_detach(const char *state_dir, struct err *err)
{
	struct pins *pins = NULL;
	int result = pins_open(&pins, PINS_ROOT, state_dir, PINS_REMOVE, err);

	if (result == -ENOENT) {
		(void)printf("no probes are left of an agent with the state directory '%s'\n",
			     state_dir);
		return 0;
	}
	if (result == -EBUSY)
		return err_wrap(err, result,
				"an agent runs; SIGINT ends it and takes the probes away");
	if (result < 0)
		return result;
	remove_all(pins);
	pins_close(pins);
	return 0;
}
