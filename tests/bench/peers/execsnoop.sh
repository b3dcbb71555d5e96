# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Of libbpf-tools: execs by tracepoints of the system call, perf buffer, text.
peer_title="execsnoop"
peer_packages=libbpf-tools
peer_loads="fork vfork threads"
peer_kinds() { echo exec; }
peer_start() { cage execs execsnoop; }
peer_count() { LC_ALL=C grep -c '^storm_exec ' "$OUT/execs" || :; }
peer_told() { sed -n 's/^Lost \([0-9]*\) events.*/\1/p' "$OUT"/*.err | awk '{ sum += $1 } END { print sum + 0 }'; }
peer_command() { echo "execsnoop >execs"; }
