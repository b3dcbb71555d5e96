#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# 10,000 containers that live for milliseconds, each in a cgroup of its own that is gone at once. Every process in
# them is told with its container. Afterwards the tables are at their ceilings and not above, what had to go is
# counted, memory and descriptors are what they were after the first thousands.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
command -v python3 >/dev/null || cannot_run "python3 is not installed"
root=/sys/fs/cgroup/unified
[ -e $root/cgroup.procs ] || root=/sys/fs/cgroup
[ -e $root/cgroup.procs ] || cannot_run "no cgroup v2 hierarchy is mounted"
. "$SOURCE/tests/e2e/cgroup_lib.sh"
at_the_end 'remove_cgroups'
mkdir "$root/$top" "$root/$top/docker"

trail="$DIR/trail/audit.ndjson"
cat >"$DIR/make.py" <<'EOF'
import os, sys
top, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for number in range(first, first + count):
    path = "%s/docker/%064x" % (top, number)
    os.mkdir(path)
    child = os.fork()
    if child == 0:
        with open(path + "/cgroup.procs", "w") as procs:
            procs.write("0")
        os._exit(0)
    os.waitpid(child, 0)
    os.rmdir(path)
EOF
write_config
start_agent
status() { "$AGENT" status --socket "$DIR/run/control.sock" --json; }
# of_cache NAME MEMBER
of_cache() { status | jq --arg name "$1" ".caches[] | select(.name == \$name) | .$2"; }
told() { [ "$(grep -c '"action":"end".*"container":{"id":"0' "$trail")" -ge "$1" ]; }

python3 "$DIR/make.py" "$root/$top" 1 5000
wait_until 60 told 5000 || fail "$(grep -c '"container":{"id":"0' "$trail") of 5000 ends with a container"
before_kib=$(memory_kib) before_descriptors=$(descriptors)
python3 "$DIR/make.py" "$root/$top" 5001 5000
wait_until 60 told 10000 || fail "$(grep -c '"container":{"id":"0' "$trail") of 10000 ends with a container"
jq -r 'select(.event.action == "end" and .container.id) | .container.id' "$trail" | sort >"$DIR/ids"
seq 1 10000 | awk '{printf "%064x\n", $1}' | sort | cmp - "$DIR/ids" || fail "a container is missing or told twice"

for cache in cgroups containers; do
	[ "$(of_cache $cache size)" -le "$(of_cache $cache max)" ] || fail "$cache: above its ceiling"
done
[ "$(of_cache containers evictions)" -ge $((10000 - $(of_cache containers max))) ] || fail "evictions are not counted"
[ "$(of_cache cgroups hits)" -ge 10000 ] || fail "hits are not counted"
after_kib=$(memory_kib)
# What else runs on the host is remembered meanwhile.
[ "$((after_kib - before_kib))" -le 12288 ] || fail "memory grew from $before_kib to $after_kib KiB"
no_more_descriptors() { [ "$(descriptors)" -le "$before_descriptors" ]; } # once the last client's is closed
wait_until 10 no_more_descriptors || fail "descriptors: $before_descriptors before, $(descriptors) now"
status | jq -c '.caches, .account' >"$DIR/status.json"
stop_agent 0
check_trail "$trail"
echo "memory $before_kib, then $after_kib KiB; $(head -n 1 "$DIR/status.json")"
