#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Real containers, started by runc with the cgroups that Docker, containerd, CRI-O, Podman and a kubelet would give
# them, and the state that these leave on disk. The first exec in each already carries id, runtime, name, image, pod
# and the pid of its own namespace: where v1 and v2 are mounted as this host has them, with v1 alone, and in a mount
# namespace that has v2 alone. Afterwards no cgroup and no mount is left.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
command -v runc >/dev/null || cannot_run "runc is not installed"
busybox=$(command -v busybox) || cannot_run "busybox is not installed"
in_private_mounts
. "$SOURCE/tests/fixtures/containers.sh"
. "$SOURCE/tests/e2e/cgroup_lib.sh"

trail="$DIR/trail/audit.ndjson"
uid=5f1c2d3e-4a5b-6c7d-8e9f-0a1b2c3d4e5f
slice=kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod5f1c2d3e_4a5b_6c7d_8e9f_0a1b2c3d4e5f.slice
# What this has unmounted is mounted again for that.
remove_all_cgroups() {
	if [ -d /sys/fs/cgroup/unified ] && ! mountpoint -q /sys/fs/cgroup/unified; then
		mount -t cgroup2 none /sys/fs/cgroup/unified
	fi
	remove_cgroups
}
at_the_end 'remove_all_cgroups'

mkdir -p "$DIR/bundle/rootfs/bin" "$DIR/bundle/rootfs/proc" "$DIR/bundle/rootfs/dev" "$DIR/bundle/rootfs/sys"
cp "$busybox" "$DIR/bundle/rootfs/bin/busybox"
"$DIR/bundle/rootfs/bin/busybox" true || cannot_run "busybox does not run"
! ldd "$busybox" >/dev/null 2>&1 || cannot_run "busybox is not static: busybox-static is wanted"

# run_container CGROUP ID MARK
run_container() {
	rm -f "$DIR/bundle/config.json"
	runc spec --bundle "$DIR/bundle"
	jq --arg cgroup "/$top/$1" --arg mark "$3" '.process.terminal = false | .process.rlimits = []
		| .process.args = ["/bin/busybox", "true", $mark] | .linux.cgroupsPath = $cgroup
		| .mounts |= map(select(.type != "cgroup"))' "$DIR/bundle/config.json" >"$DIR/next.json"
	mv "$DIR/next.json" "$DIR/bundle/config.json"
	runc --root "$DIR/runc" run --bundle "$DIR/bundle" "$2" >"$DIR/runc.out" 2>"$DIR/runc.err" </dev/null ||
		fail "runc: $(cat "$DIR/runc.err")"
}
# exec_of MARK: what the trail says of the first exec in the container.
exec_of() {
	grep -F "\"$1\"" "$trail" | jq -c --arg mark "$1" 'select(.event.action == "exec" and .process.args[2] == $mark)'
}
has_exec() { [ -n "$(exec_of "$1")" ]; }
# expect MARK JSON: container, orchestrator and what is in doubt.
expect() {
	wait_until 20 has_exec "$1" || fail "$1: no exec in the trail"
	told=$(exec_of "$1" | jq -cS '{container, orchestrator, doubt: .Linux.container, vpid: .process.vpid}')
	wanted=$(printf '%s' "$2" | jq -cS '. + {doubt: null, vpid: 1}')
	[ "$told" = "$wanted" ] || fail "$1:
  told   $told
  wanted $wanted"
}

pod='{type: "kubernetes", namespace: "prod", resource: {type: "pod", name: "web-7c5b", id: "'$uid'"}}'
crio_pod='{type: "kubernetes", namespace: "stage", resource: {type: "pod", name: "crio-7c5b",
	id: "6f1c2d3e-4a5b-6c7d-8e9f-0a1b2c3d4e5f"}}'
# run_all MODE
run_all() {
	run_container "docker/$docker_web" "$docker_web" "$1-docker"
	run_container "system.slice/docker-$docker_web.scope" "$docker_web" "$1-docker-systemd"
	run_container "$slice/cri-containerd-$containerd_app.scope" "$containerd_app" "$1-containerd"
	run_container "kubepods/besteffort/pod$uid/$containerd_app" "$containerd_app" "$1-kubelet"
	run_container "kubepods/burstable/pod6f1c2d3e-4a5b-6c7d-8e9f-0a1b2c3d4e5f/crio-$crio_app" "$crio_app" "$1-crio"
	run_container "machine.slice/libpod-$podman_db.scope" "$podman_db" "$1-podman"
	run_container "machine.slice/libpod-conmon-$podman_db.scope" "$podman_db" "$1-conmon"
	docker=$(jq -nc --arg id "$docker_web" '{orchestrator: null, container: {id: $id, runtime: "docker",
		name: "docker-web", image: {name: "registry.example.net:5000/shop/web", tag: ["1.25"]},
		labels: {app: "web", com_docker_compose_project: "shop", com_docker_compose_service: "web"}}}')
	containerd=$(jq -nc --arg id "$containerd_app" '{orchestrator: '"$pod"', container: {id: $id,
		runtime: "containerd", name: "app", image: {name: "registry.example.net/shop/app", tag: ["v2.1"]}}}')
	expect "$1-docker" "$docker"
	expect "$1-docker-systemd" "$docker"
	expect "$1-containerd" "$containerd"
	expect "$1-kubelet" "$containerd"
	expect "$1-crio" "$(jq -nc --arg id "$crio_app" '{orchestrator: '"$crio_pod"', container: {id: $id,
		runtime: "cri-o", name: "app", image: {name: "quay.io/shop/app", tag: ["3.0"]},
		labels: {app: "shop", "app_kubernetes_io/name": "shop"}}}')"
	expect "$1-podman" "$(jq -nc --arg id "$podman_db" '{orchestrator: null, container: {id: $id,
		runtime: "podman", name: "db", image: {name: "docker.io/library/postgres", tag: ["16"]}}}')"
	expect "$1-conmon" '{"orchestrator": null, "container": null}'
}
# hierarchy_of MARK: whose path it is.
hierarchy_of() { exec_of "$1" | jq -r .Linux.cgroup.hierarchy; }

# start MODE: an agent of its own, that looks at what is mounted now.
start() {
	rm -rf "$DIR/state" "$DIR/trail"
	write_config
	printf 'enrich: {containers: {host_root: %s}}\n' "$SOURCE/tests/fixtures/host_root" >>"$DIR/config.yaml"
	start_agent
	run_all "$1"
	stop_agent 0
	check_trail "$trail"
}

modes=0
if [ -d /sys/fs/cgroup/unified ]; then
	start hybrid
	[ "$(hierarchy_of hybrid-docker)" = v2 ] || fail "hybrid: path of $(hierarchy_of hybrid-docker)"
	umount /sys/fs/cgroup/unified
	start v1
	[ "$(hierarchy_of v1-docker)" = v1 ] || fail "v1: path of $(hierarchy_of v1-docker)"
	modes=2
	remove_all_cgroups
fi
umount -R /sys/fs/cgroup
mount -t cgroup2 none /sys/fs/cgroup
start v2
[ "$(hierarchy_of v2-docker)" = v2 ] || fail "v2: path of $(hierarchy_of v2-docker)"
remove_all_cgroups
[ ! -d "/sys/fs/cgroup/$top" ] || fail "a cgroup is left behind"
echo "$((modes + 1)) ways of mounting cgroups"
