#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Boots kernels and runs the kernel tests of a build there: the agent, its object and the tests are
# the very files that run on this host.
# usage: run.sh [--own-btf] BUILD_DIRECTORY [KERNEL...]    (all in the file `kernels` by default)
# --own-btf: the agent is also built from the type information of each kernel, and tested there.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

own_btf=
[ "${1-}" != --own-btf ] || { own_btf=1 && shift; }
build=$(cd "$1" && pwd) || die "there is no build in $1"
shift
architecture=amd64
[ $# -gt 0 ] || set -- $(sed -n 's/^\([^# \t]*\)[ \t].*/\1/p' "$here/kernels")
VM_DIR=$(cd "$here/../.." && pwd)/build/vm
export VM_DIR
mkdir -p "$VM_DIR"

say() { printf -- '-- %s\n' "$*"; }

# Type information of a kernel, as the kernel itself hands it out.
get_btf() {
	[ ! -s "$kernel/btf" ] || return 0
	sh "$here/initramfs.sh" "$kernel" "$VM_DIR/btf.gz" &&
		sh "$here/boot.sh" "$architecture" "$kernel" "$VM_DIR/btf.gz" "$VM_DIR/btf.log" 300 &&
		tr -d '\r' <"$VM_DIR/btf.log" | sed -n '/^@btf/,/^@done/{/^@/d;/^\[/d;p}' |
		base64 -d | gunzip >"$kernel/btf.new" && mv "$kernel/btf.new" "$kernel/btf"
}

# The agent from that; what does not depend on it is the same.
build_own() {
	get_btf || return 1
	cmake -S "$here/../.." -B "$VM_DIR/own-$name" -G Ninja -DKERNEL_BTF="$kernel/btf" \
		-DBUILD_TESTING=OFF -DWARNINGS_AS_ERRORS=ON >"$VM_DIR/own-$name.log" 2>&1 &&
		cmake --build "$VM_DIR/own-$name" >>"$VM_DIR/own-$name.log" 2>&1 || {
		tail -n 20 "$VM_DIR/own-$name.log"
		return 1
	}
}

# Shows how far a guest has come, from its log.
follow() {
	tail -n +1 -F --pid="$1" "$2" 2>/dev/null | while read -r word test status seconds; do
		[ "$word" != @end ] || printf '   %-12s status %s, %s s\n' "$test" "$status" "${seconds%?}"
	done
}

# One guest: tests, report, one line in the table. Sets passed, failed, skipped.
run_guest() {
	guest=$VM_DIR/$name
	mkdir -p "$guest"
	tests=$(ls "$build"/tests/kernel/kernel_*)
	{
		printf "AGENT='%s' TESTS='%s' GUEST_CI='%s' SLOWDOWN='%s'\n" "$build/auditship" \
			"$(echo $tests)" "${CI-}" "${SLOWDOWN:-10}"
		printf "OWN_BTF_TEST='%s'\n" "$build/tests/kernel/kernel_exec"
	} >"$guest/tests"
	PATH=$PATH:/usr/sbin:/sbin
	OTHER_AGENT=${own_btf:+$VM_DIR/own-$name/auditship} GUEST_TESTS=$guest/tests \
		sh "$here/initramfs.sh" "$kernel" "$guest/initramfs.gz" "$build/auditship" $tests \
		"$build"/tests/kernel/programs/* "$(command -v mkfs.ext4)" "$(command -v bpftool)"
	: >"$guest/log"
	sh "$here/boot.sh" "$architecture" "$kernel" "$guest/initramfs.gz" "$guest/log" \
		"${GUEST_SECONDS:-900}" >"$guest/end" 2>&1 &
	booting=$!
	follow $booting "$guest/log"
	wait $booting || cat "$guest/end"
	awk -f "$here/report.awk" "$guest/log" >"$guest/report"
	sed '$d' "$guest/report"
}

table=$VM_DIR/table
: >"$table"
total_passed=0 total_failed=0 total_skipped=0
sh "$here/tools.sh" qemu-system-x86 busybox-static || exit $?
. "$VM_DIR/tools/env"
for name in "$@"; do
	say "$name"
	kernel=$VM_DIR/kernels/$name-$architecture
	sh "$here/fetch.sh" "$name" "$architecture" || {
		status=$?
		[ "$status" -ne 77 ] && exit 1
		total_skipped=$((total_skipped + 1))
		continue
	}
	say "$name is $(cat "$kernel/release")"
	[ -z "$own_btf" ] || build_own || {
		total_failed=$((total_failed + 1))
		continue
	}
	run_guest
	# shellcheck disable=SC2046
	set_line=$(tail -n 1 "$guest/report")
	ended=yes
	tr -d '\r' <"$guest/log" | grep -q '^@done' || ended=no
	echo "$name $set_line $ended" >>"$table"
done
awk '
BEGIN { printf "%-8s %-30s %7s %7s %8s %8s\n", "kernel", "release", "passed", "failed", "skipped", "seconds" }
{ printf "%-8s %-30s %7d %7d %8d %8d%s\n", $1, $2, $3, $4 + ($7 == "no"), $5, $6, $7 == "no" ? "  (did not end)" : "" }' "$table"
