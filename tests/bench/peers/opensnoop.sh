# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Of libbpf-tools: opens by tracepoints of the system calls, perf buffer, text.
# shellcheck source=tests/bench/peers/execsnoop.sh
. "$PEERS/execsnoop.sh"
peer_title="opensnoop"
peer_loads="opens"
peer_kinds() { echo open; }
peer_start() { cage opens opensnoop -T; }
peer_count() { lines "$OUT/opens" storm_opened.; }
peer_command() { echo "opensnoop -T >opens"; }
