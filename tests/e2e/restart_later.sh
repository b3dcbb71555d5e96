#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The agent is killed and comes back too late: once when its ring is long full, once when the probes have given it
# up (capture.keep_attached), both with another ring size than before. What is missing is told by number, each
# number once, and with the reason; the stream goes on.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
need_bpffs

# config VITAL_RING
config() {
	cat >"$DIR/config.yaml" <<END
agent: {state_dir: $DIR/state, runtime_dir: $DIR/run, coverage: request, heartbeat: off}
capture: {events: [process], rings: {vital: $1}, keep_attached: 5s}
journal: {max_size: 512MiB}
sinks: [{name: trail, type: file, path: $DIR/trail/audit.ndjson, rotate: {size: off}}]
END
}
# counted REASON: the probes of the newest set have counted losses for it (enum rec_loss).
counted() {
	bpftool -j map dump pinned "$(printf '%s\n' "$pins"/set_* | sort -V | tail -n 1)/counts" |
		jq -e "map((.formatted // .).value.lost[$1]) | add > 0"
}
lost_for() { grep -qF "\"reason\":\"$1\"" "$DIR/trail/audit.ndjson"; }

config 64KiB
start_agent
pins=$(pins_of "$DIR/state")
start_load 1 0.01
kill_agent
wait_until 30 counted 0 || fail "the ring does not fill"
config 16MiB
start_agent
grep -q "other probes are wanted" "$DIR/agent.err" || fail "the ring's size makes no difference"
wait_until 20 lost_for ring_buffer_full || fail "what the ring had no room for is not told"
kill_agent
wait_until 30 counted 3 || fail "the probes go on recording for nobody"
config 8MiB
start_agent
wait_until 20 lost_for no_agent || fail "what nobody wanted is not told"
stop_load
wait_until 60 has_caught_up || fail "the trail does not catch up"
stop_agent 0
nothing_is_pinned "$DIR/state"
check_numbers "$DIR/trail/audit.ndjson" -v lost=1 || fail "the trail and what happened differ"
echo "restart_later: good ($(cat "$DIR/verdict.err"))"
