#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Journal and trail are on one small file system, and others fill it: the trail pauses, the journal takes nothing,
# events wait in the rings. Once there is room both go on by themselves, and in the end the trail has every
# number, or an event that tells of its loss, once.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
command -v mkfs.ext4 >/dev/null || cannot_run "mkfs.ext4 is not installed"
in_private_mounts

mkdir "$DIR/disk"
truncate -s 256M "$DIR/disk.img"
mkfs.ext4 -q -m 0 "$DIR/disk.img"
mount -o loop "$DIR/disk.img" "$DIR/disk" || cannot_run "no loop devices here"
cat >"$DIR/config.yaml" <<END
agent: {state_dir: $DIR/state, runtime_dir: $DIR/run, coverage: request, heartbeat: off}
capture: {events: [process]}
journal: {dir: $DIR/disk/journal, max_size: 128MiB, keep_free: off}
sinks: [{name: trail, type: file, path: $DIR/disk/trail/audit.ndjson, rotate: {size: off}, retry: {first: 100ms, max: 1s}}]
END
trail=$DIR/disk/trail/audit.ndjson

start_agent
dd if=/dev/zero of="$DIR/disk/others" bs=1M 2>/dev/null || :
both_are_told() {
	for _ in $(seq 100); do /bin/true; done
	grep -q "the journal takes no events" "$DIR/agent.err" && grep -q "sink trail: .*No space left" "$DIR/agent.err"
}
wait_until 120 both_are_told || fail "the full disk is not told of both"
/bin/echo "while it is full" >/dev/null
"$AGENT" status -c "$DIR/config.yaml" >"$DIR/status" && fail "status sees nothing wrong"
grep -q "journal" "$DIR/status" && grep -q "sink trail: failing" "$DIR/status" || fail "status does not name both: $(cat "$DIR/status")"
[ "$(tail -c 1 "$trail" | od -An -tx1 | tr -d ' ')" = 0a ] || fail "the trail ends in the middle of a line"

rm "$DIR/disk/others"
/bin/echo "there is room again" >/dev/null
wait_until 60 grep -q "there is room again" "$trail" || fail "they do not go on"
grep -q "while it is full" "$trail" || fail "what waited in the rings is not there"
stop_agent 0
check_trail "$trail"
check_numbers "$trail" -v lost=1 || fail "the trail and what happened differ"
echo "shared_disk_full: good ($(cat "$DIR/verdict.err"))"
