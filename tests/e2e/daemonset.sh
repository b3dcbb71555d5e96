#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The container of packaging/kubernetes/daemonset.yaml as it says: its capabilities and no others, a read-only root, the
# node's / at /host, the memory limit. In a root file system whose users and facts are not the host's, and by an
# image of the Containerfile with FULL=1. The trail tells the host; the next pod goes on where this one ended.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
for program in runc curl; do
	command -v "$program" >/dev/null || cannot_run "$program is not installed"
done
/usr/bin/python3 -c 'import yaml' 2>/dev/null || cannot_run "python3 has no module yaml (package python3-yaml)"
in_private_mounts
. "$SOURCE/tests/e2e/root_lib.sh"
. "$SOURCE/tests/e2e/image_lib.sh"
. "$SOURCE/tests/e2e/cgroup_lib.sh"

state=$DIR/state trail=$DIR/state/audit.ndjson
stop_pod() {
	[ -z "$POD" ] || {
		runc --root "$DIR/runc" kill pod TERM 2>/dev/null || :
		wait "$POD" || return
		POD=
	}
}
POD=
# What is below the root file system is not ours to look at or to remove.
at_the_end 'stop_pod || :; remove_cgroups; forget_image; umount -l "$ROOT" 2>/dev/null || :'

mkdir "$state" "$DIR/bpf" "$DIR/configuration" "$DIR/bundle"
mount -t bpf none "$DIR/bpf"
if [ -n "${FULL-}" ]; then
	built_image
else
	overlay_root
	mkdir -p "$ROOT/usr/sbin"
	cp "$AGENT" "$ROOT/usr/sbin/auditship"
fi
# Whose facts must not be told.
echo 'PRETTY_NAME="Image" NAME=Image ID=image VERSION_ID=0' | tr ' ' '\n' >"$ROOT/usr/lib/os-release"
rm -f "$ROOT/etc/machine-id" "$ROOT/etc/os-release"
echo 'image:x:0:0::/:/bin/sh' >"$ROOT/etc/passwd"
echo 'image:x:0:' >"$ROOT/etc/group"

runc spec --bundle "$DIR/bundle"
jq -n --arg root "$ROOT" --arg state "$state" --arg bpf "$DIR/bpf" --arg configuration "$DIR/configuration" --arg cgroup "/$top/pod" \
	'{root: $root, cgroup: $cgroup, configMap: $configuration, "/var/lib/auditship": $state, "/sys/fs/bpf": $bpf}' >"$DIR/places"
/usr/bin/python3 "$SOURCE/tests/e2e/daemonset_spec.py" "$SOURCE/packaging/kubernetes/daemonset.yaml" "$DIR/bundle/config.json" \
	"$(cat "$DIR/places")" >"$DIR/spec" && mv "$DIR/spec" "$DIR/bundle/config.json"

has() { grep -F "$1" "$trail" | jq -e -s "map(select($2)) | length > 0" >/dev/null; }
# start_pod RUN: in the foreground of a runc of its own, in the background here.
start_pod() {
	runc --root "$DIR/runc" run --bundle "$DIR/bundle" pod >"$DIR/pod.out" 2>"$DIR/pod.err" </dev/null &
	POD=$!
	wait_until 30 curl -sf --max-time 2 http://127.0.0.1:9178/readyz || fail "pod $1 is not ready"
	curl -sf --max-time 2 http://127.0.0.1:9178/healthz >/dev/null || fail "pod $1 is not healthy"
	/bin/true "mark-$1-${DIR##*.}"
	cat /etc/shadow >/dev/null
	wait_until 20 has "mark-$1-${DIR##*.}" '.event.action == "exec"' || fail "no exec in pod $1"
}

start_pod first
pid=$(runc --root "$DIR/runc" state pod | jq .pid)
[ "$(awk '/^CapBnd/ { print $2 }' "/proc/$pid/status")" = "000000c000080004" ] || fail "other capabilities: $(grep Cap "/proc/$pid/status")"
# The last program with that mark. This test has mounts of its own, so its names are asked for, and may come too late.
exec_of_mark() { grep -F "mark-first-${DIR##*.}" "$trail" | jq -c 'select(.event.action == "exec")' | tail -n 1; }
is_named() {
	/bin/true "mark-first-${DIR##*.}"
	sleep 0.3
	exec_of_mark | jq -e '.Linux.names.unresolved == null'
}
wait_until 20 is_named || fail "users have no names: $(exec_of_mark | jq -c .Linux.names)"
exec_of_mark | jq -e --arg os "$(. /etc/os-release && echo "$NAME")" --arg id "$(cat /etc/machine-id 2>/dev/null)" --arg user "$(id -un)" \
	'.host.os.name == $os and (.host.id // "") == $id and .user.name == $user and .Linux.names.unresolved == null and
	.agent.name == "node-1" and .container == null and .Linux.container == null' >/dev/null ||
	fail "the trail tells of the image: $(exec_of_mark | jq -c '{host, user, container, agent, Linux: .Linux.names}')"
wait_until 20 has '/etc/shadow' '.file.path == "/etc/shadow"' || fail "the host's /etc/shadow is not watched: $(tail -n 3 "$DIR/pod.err")"
! grep -q '"name":"image"' "$trail" || fail "a name of the image is in the trail"

# As a rolling update does: the old pod is stopped, then the new one starts; programs run meanwhile.
start_load 1 0.02
stop_pod || fail "the first pod leaves with $?"
start_pod second
stop_load
stop_pod || fail "the second pod leaves with $?"
# Nothing is missing between the two: one stream, and every run of the load. (Canaries have numbers that no trail has.)
trail_facts "$trail" >"$DIR/facts"
awk -F '\t' '$1 != NR { exit 1 }' "$DIR/facts" || fail "the sequence has a gap"
[ "$(cut -f 2 "$DIR/facts" | cut -c 1-36 | sort -u | wc -l)" = 1 ] || fail "the second pod has a stream of its own"
[ "$(cut -f 3 "$DIR/facts" | grep -c events_lost)" = 0 ] || fail "events were lost"
expect_load
check_trail "$trail"
echo "daemonset: good ($(wc -l <"$trail") events)"
