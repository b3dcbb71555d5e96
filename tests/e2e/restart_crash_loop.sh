#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The journal takes nothing, for its file system is full, and the agent is killed with -9 again and again, each
# time with other settings: set of probes behind set of probes waits to be read. Once there is room again,
# everything is in the trail: nothing is lost and nothing is there twice.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
need_bpffs
in_private_mounts

mkdir "$DIR/state" "$DIR/marks"
mount -t tmpfs -o size=40m none "$DIR/state"
write_variant() {
	cat >"$DIR/config.yaml" <<END
agent: {state_dir: $DIR/state, runtime_dir: $DIR/run, coverage: request, heartbeat: off}
capture: {events: [process], args_max: $((8 + $1))KiB}
journal: {max_size: 512MiB, keep_free: off}
sinks: [{name: trail, type: file, path: $DIR/trail/audit.ndjson, rotate: {size: off}}]
END
}
write_variant 0
start_agent
dd if=/dev/zero of="$DIR/state/filler" bs=64k 2>/dev/null || :
load_more() { for _ in $(seq 200); do /bin/true; done; grep -q "takes no events" "$DIR/agent.err"; }
wait_until 30 load_more || fail "the journal has room"
n=1
while [ "$n" -le 9 ]; do
	kill_agent
	cat "$DIR/agent.err" >>"$DIR/all.log"
	write_variant "$n"
	start_agent
	/bin/true "mark-$n"
	n=$((n + 1))
done
ls "$(pins_of "$DIR/state")"
sets=$(find "$(pins_of "$DIR/state")" -mindepth 1 -maxdepth 1 -name 'set_*' | wc -l)
[ "$sets" -ge 8 ] || fail "$sets sets of probes wait, so nothing is tried out"
rm "$DIR/state/filler"
mount -o remount,size=1g "$DIR/state"
all_there() { [ "$(grep -o '"mark-[0-9]"' "$DIR/trail/audit.ndjson" | sort -u | wc -l)" = 9 ]; }
wait_until 60 all_there || fail "marks are missing"
stop_agent 0
nothing_is_pinned "$DIR/state"
check_numbers "$DIR/trail/audit.ndjson" || fail "the trail and what happened differ"
echo "restart_crash_loop: good ($(cat "$DIR/verdict.err"), $sets sets of probes)"
