#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The journal has a small file system of its own. It fills up; somebody removes the directory; the kernel gives
# the file system up and it is read-only until another is mounted in its place. Each time capture goes on, the
# journal resumes by itself, and in the end the trail has every number, or an event that tells of it.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
command -v mkfs.ext4 >/dev/null || cannot_run "mkfs.ext4 is not installed"
command -v python3 >/dev/null || cannot_run "python3 is not installed"
in_private_mounts

mkdir "$DIR/disk"
new_disk() {
	truncate -s 64M "$DIR/$1.img"
	mkfs.ext4 -q -m 0 "$DIR/$1.img"
	mount -o loop "$DIR/$1.img" "$DIR/disk" || cannot_run "no loop devices here"
}
new_disk first
cat >"$DIR/config.yaml" <<EOF
agent: {state_dir: $DIR/state, runtime_dir: $DIR/run, coverage: request}
capture: {events: [exec, exit, file], open: {mode: all}}
journal: {dir: $DIR/disk/journal, max_size: 32MiB, keep_free: off}
sinks: [{name: trail, type: file, path: $DIR/trail/audit.ndjson, rotate: {size: off}}]
EOF

load() {
	python3 -c 'import os, sys
for _ in range(int(sys.argv[1])):
    os.close(os.open("/etc/hostname", os.O_RDONLY))' "$1"
}
refused() {
	[ "$(grep -c "the journal takes no events" "$DIR/agent.err")" -gt "$1" ]
}
# Whatever there was: from here on the trail grows again.
expect_recovery() {
	/bin/echo "marker-$1" >/dev/null
	wait_until 60 grep -q "marker-$1" "$DIR/trail/audit.ndjson" || fail "no recovery: $1"
}

start_agent
expect_recovery start

# Full: what others have written leaves no room for a segment.
dd if=/dev/zero of="$DIR/disk/others" bs=1M 2>/dev/null || :
tries=0
until refused 0; do
	load 5000
	tries=$((tries + 1))
	[ "$tries" -lt 40 ] || fail "the full disk is not noticed"
done
/bin/echo "while it is full" >/dev/null
rm "$DIR/disk/others"
expect_recovery full

# The directory is removed, with all that is in it.
rm -r "$DIR/disk/journal"
expect_recovery removed
wait_until 30 test -e "$DIR/disk/journal/lock" || fail "the directory was not made again"

# The kernel gives the file system up; nothing can be written until another one is there.
before=$(grep -c "the journal takes no events" "$DIR/agent.err" || :)
mount -o remount,abort "$DIR/disk" 2>/dev/null || :
if ! touch "$DIR/disk/probe" 2>/dev/null; then
	tries=0
	until refused "$before"; do
		load 200
		tries=$((tries + 1))
		[ "$tries" -lt 100 ] || fail "the read-only disk is not noticed"
	done
fi
umount -l "$DIR/disk"
new_disk second
expect_recovery mounted
wait_until 30 test -e "$DIR/disk/journal/lock" || fail "the new file system is not used"
stop_agent 0
umount -l "$DIR/disk"

check_trail "$DIR/trail/audit.ndjson"
python3 - "$DIR/trail/audit.ndjson" <<'EOF' || fail "the trail is not exact"
import json, sys

numbers, told, lost, last = set(), 0, 0, 0
for line in open(sys.argv[1], encoding="utf-8"):
    event = json.loads(line)
    number = event["event"]["sequence"]
    numbers.add(number)
    last = max(last, number)
    if event["event"]["action"] == "events_expired":
        expired = event["Linux"]["expired"]
        told += expired["count"]
        if expired["reason"] != "missing":
            sys.exit("FAULT: %r" % expired)
    if event["event"]["action"] == "events_lost":
        lost += event["Linux"]["lost"]["count"]
missing = last - len(numbers)
if missing != told:
    sys.exit("FAULT: %d events are missing, %d are told" % (missing, told))
print("%d events, %d missing and told, %d lost in the rings and told" % (len(numbers), told, lost))
EOF
echo "journal_disk: good"
