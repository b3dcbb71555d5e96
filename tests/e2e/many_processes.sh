#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# 20,000 short processes (FULL=1: 200,000) through a process table of 1,024: what was evicted is counted,
# size and memory stay at their ceilings, no descriptor is left open. Then the agent sleeps while
# processes end that it knows, and their ends are lost in a flood: a census finds them gone.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
cat >"$DIR/config.yaml" <<EOF
agent: {state_dir: $DIR/state, runtime_dir: $DIR/run, coverage: request}
capture: {events: [exit], rings: {vital: 64KiB, bulk: 64KiB}}
enrich: {processes: {max: 1024, image_memory: 256KiB}}
journal: {max_size: 64MiB}
rules: [{name: nothing, when: {process.pid: {min: 1}}, do: drop}]
sinks: [{name: trail, type: file, path: $DIR/trail/audit.ndjson, rotate: {size: off}}]
EOF
count=20000
[ -z "${FULL-}" ] || count=200000

status() { "$AGENT" status --json -c "$DIR/config.yaml" >"$DIR/status.json" || [ $? = 2 ]; jq -r "$1" "$DIR/status.json"; }
cache() { status ".caches[] | select(.name == \"$1\") | .$2"; }
short_processes() { i=0; while [ $i -lt "$1" ]; do (:); i=$((i + 1)); done; }

start_agent
short_processes 3000
before_kib=$(memory_kib) before_descriptors=$(descriptors)
short_processes "$count"
seen() { [ "$(status '.account.dropped + .account.lost + .account.not_selected')" -ge $((count * 2)) ]; }
wait_until 60 seen || fail "not all are seen: $(status .account)"
[ "$(cache processes size)" -le 1024 ] || fail "the table has $(cache processes size) processes"
[ "$(cache processes max)" = 1024 ] || fail "the status tells another size than the configuration"
[ "$(cache images size)" -le 262144 ] || fail "images take $(cache images size) bytes"
[ "$(cache processes hits)" -gt "$count" ] || fail "nothing is found in the table"
after_kib=$(memory_kib)
[ "$after_kib" -le $((before_kib + 2048)) ] || fail "memory grew from $before_kib to $after_kib KiB"
no_more_descriptors() { [ "$(descriptors)" -le "$before_descriptors" ]; } # once the last client's is closed
wait_until 10 no_more_descriptors || fail "descriptors are left open"

# More living ones than the table has room for.
short=
i=0
while [ $i -lt 1100 ]; do sleep 300 & short="$short $!"; i=$((i + 1)); done
at_the_end 'kill $short 2>/dev/null || :'
evicted() { [ "$(cache processes evictions)" -gt 0 ]; }
wait_until 30 evicted || fail "nobody was evicted: $(status .caches)"
[ "$(cache processes size)" -le 1024 ] || fail "the table has $(cache processes size) processes"

# Their ends do not arrive: the ring is full, and nobody reads.
kill -STOP "$AGENT_PID"
short_processes 1000
# shellcheck disable=SC2086
kill $short
# shellcheck disable=SC2086
wait $short 2>/dev/null || :
kill -CONT "$AGENT_PID"
gone() { [ "$(status .processes.lost_exits)" -gt 200 ]; }
wait_until 60 gone || fail "nobody misses the ends that were lost: $(status '.processes, .losses')"
[ "$(status .account.balances)" = true ] || fail "the account does not balance: $(status .account)"
stop_agent 0
echo "many_processes: good"
