/* SPDX-License-Identifier: BSD-2-Clause */
/* auditship replay: sends what is in a journal, once more, to a sink or to standard output. */
#ifndef AUDITSHIP_TOOL_REPLAY_H
#define AUDITSHIP_TOOL_REPLAY_H

#include "base/err.h"
#include "journal/journal.h"

#define REPLAY_EXIT_USAGE 64

/* argv[0] is "replay". Returns the exit code; err.text is not empty when there is something to say.
 */
int tool_replay(int argc, char **argv, struct err *err);

/*
 * "oldest", "cursor:NAME", an RFC 3339 time, "STREAM:SEQUENCE" or "SEQUENCE" of an event.id. The
 * cursor's name is borrowed from text. 0, or -EINVAL when it is none of these.
 */
int replay_parse_from(const char *text, struct journal_start *ret_start);

#endif
