#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What befalls the file system of the trail: it fills slowly, it is full, it turns read-only, the directory is
# removed, something else stands in its place. Capture goes on, the sink tells what is wrong and goes on by
# itself when it is mended, and no event is missing or there twice.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
command -v mkfs.ext4 >/dev/null || cannot_run "mkfs.ext4 is not installed"
in_private_mounts

truncate -s 64M "$DIR/image"
mkfs.ext4 -q "$DIR/image"
mkdir "$DIR/disk"
mount_disk() { mount -o loop "$DIR/image" "$DIR/disk"; }
mount_disk 2>/dev/null || cannot_run "no loop device can be mounted"
trap 'clean_up; umount -q -l "$DIR/disk" 2>/dev/null || :' EXIT
TRAIL=$DIR/disk/trail/audit.ndjson

cat >"$DIR/config.yaml" <<EOF
agent: {state_dir: $DIR/state, runtime_dir: $DIR/run}
capture: {events: [exec]}
journal: {max_size: 64MiB}
sinks:
  - name: trail
    type: file
    path: $TRAIL
    rotate: {size: 128KiB}
    keep: {total: off}
    compress: none
    fsync_every: 50ms
EOF

busy() {
	i=0
	while [ "$i" -lt "$1" ]; do
		/bin/true a-line-that-takes-some-room
		i=$((i + 1))
	done
}
# arrives MARKER: an event made now is in the trail in the end.
arrives() {
	/bin/echo "$1" >/dev/null
	wait_until 60 grep -rq "$1" "$DIR/disk/trail" || fail "$1: delivery does not recover"
	wait_until 20 status_is '.sinks[0].state == "ok"' || fail "$1: the status does not recover"
}
rotated_files() { find "$DIR/disk/trail" -name 'audit-*' | sort; }
# Copies all that the files hold while no file comes or goes, and no line is half written.
copy_all() {
	rotated_files >"$DIR/before"
	xargs -r cat <"$DIR/before" >"$DIR/all.ndjson" && cat "$TRAIL" >>"$DIR/all.ndjson" || return 1
	rotated_files | cmp -s - "$DIR/before" && [ -z "$(tail -c 1 "$DIR/all.ndjson" | tr -d '\n')" ]
}
# It goes from the first number to the last, each once.
check_rest() {
	wait_until 20 copy_all || fail "$1: the files do not come to rest"
	check_trail "$DIR/all.ndjson"
	jq -s -e '[.[].event.sequence] | . == [range(.[0]; .[0] + length)]' "$DIR/all.ndjson" >/dev/null ||
		fail "$1: an event is missing or out of order"
}

start_agent
busy 400
rotated() { test -e "$DIR"/disk/trail/audit-000000000001-*.ndjson; }
wait_until 10 rotated || fail "nothing is rotated"
check_rest start
[ "$(jq -s '.[0].event.sequence' "$DIR/all.ndjson")" = 1 ] || fail "the beginning is missing"
busy 400

# It fills: a warning, then the oldest files go early. Bounds are 10, 5 and 1 % of the file system.
free_kib() { df -k --output=avail "$DIR/disk" | tail -n 1 | tr -d ' '; }
size_kib=$(df -k --output=size "$DIR/disk" | tail -n 1 | tr -d ' ')
fallocate -l "$(($(free_kib) - size_kib * 8 / 100))K" "$DIR/disk/filler"
/bin/true
wait_until 20 status_is '.sinks[0].warning | test("free")' || fail "nobody is warned of the disk that fills"
status_is '.healthy == false' || fail "a disk that fills needs attention"
files_before=$(rotated_files | wc -l)
fallocate -l "$(($(free_kib) - size_kib * 4 / 100))K" "$DIR/disk/filler2"
/bin/true
wait_until 20 status_is '.sinks[0].files.deleted_early > 0' || fail "no room is made"
[ "$(rotated_files | wc -l)" -lt "$files_before" ] || fail "no file has gone"
arrives marker-after-making-room

# It is all but full: the trail pauses, then goes on. As long as there are old files, some of them may go instead.
fillers=2
pauses() {
	fillers=$((fillers + 1))
	fallocate -l "$(($(free_kib) - 100))K" "$DIR/disk/filler$fillers" 2>/dev/null ||
		dd if=/dev/zero of="$DIR/disk/filler$fillers" bs=1k count="$(($(free_kib) - 100))" 2>/dev/null || :
	busy 50
	grep -q "pauses: No space left" "$DIR/agent.err"
}
wait_until 20 pauses || fail "the trail does not pause"
rm "$DIR"/disk/filler*
arrives marker-after-the-pause
status_is '.sinks[0].warning == null' || fail "the warning stays"
check_rest "the pause"

# The file system turns read-only under the trail, as after an error on the disk.
busy 20
mount -o remount,abort "$DIR/disk"
busy 20
wait_until 20 status_is '.sinks[0].state == "failing"' || fail "a read-only file system is not noticed"
status_is '.sinks[0].last_error.message | test("[Rr]ead-only|Input/output error")' || fail "nobody is told why"
wait_until 30 umount "$DIR/disk" || fail "a sink that fails keeps its file system busy"
fsck.ext4 -p "$DIR/image" >/dev/null 2>&1 || :
mount_disk
arrives marker-after-the-repair
check_rest "the repair"

# Somebody removes the directory; puts a file in its place, and takes that away.
busy 20
rm -r "$DIR/disk/trail"
arrives marker-in-a-new-directory
check_rest "the removal"
mv "$DIR/disk/trail" "$DIR/disk/away"
touch "$DIR/disk/trail"
busy 20
wait_until 20 status_is '.sinks[0].state == "failing"' || fail "a missing directory is not noticed"
rm "$DIR/disk/trail"
mv "$DIR/disk/away" "$DIR/disk/trail"
arrives marker-in-the-old-directory
check_rest "the return"

stop_agent 0
grep -q "lost 0" "$DIR/agent.err" || fail "events were lost"
check_rest end
umount "$DIR/disk"
echo "trail_disk: good"
