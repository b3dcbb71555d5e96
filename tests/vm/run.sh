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
		tr -d '\r' <"$VM_DIR/btf.log" | sed -n '/^@btf/,/^@done/{/^[[:alnum:]+\/=]*$/p}' |
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
			"$(echo $tests)" "${CI-}" "${SLOWDOWN:-20}"
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
	check_docs
}

# docs/kernels.md has a line per kernel: what was attached here has to be what it says.
check_docs() {
	attached=$(sed -n 's/^@status //p' "$guest/log" | tr -d '\r' |
		jq -r '[.probes[] | if .attached then .name else "no " + .name end] | unique | join(", ")')
	programs=$(sed -n 's/^@programs //p' "$guest/log" | tr -d '\r' | tr ' ' '\n' | sort -u |
		sed '/^$/d; s/.*/`&`/' | paste -sd ' ')
	row="| $name | ${attached:-none} | ${programs:-none} |"
	[ -n "$attached" ] || attached=none
	if [ -n "${UPDATE-}" ]; then
		sed -i "s#^| $name |.*#$row#" "$docs"
	elif ! grep -qxF "$row" "$docs"; then
		echo "  failed: docs/kernels.md does not say this (UPDATE=1 writes it):"
		echo "    $row"
		docs_wrong=1
	fi
}

docs=$here/../../docs/kernels.md
table=$VM_DIR/table
: >"$table"
sh "$here/tools.sh" qemu-system-x86 busybox-static || exit $?
. "$VM_DIR/tools/env"
for name in "$@"; do
	say "$name"
	kernel=$VM_DIR/kernels/$name-$architecture
	sh "$here/fetch.sh" "$name" "$architecture" || {
		[ $? -eq 77 ] || exit 1
		continue
	}
	say "$name is $(cat "$kernel/release")"
	[ -z "$own_btf" ] || build_own || {
		echo "$name $(cat "$kernel/release") 0 1 0 0" >>"$table"
		continue
	}
	docs_wrong=0
	run_guest
	ended=1
	tr -d '\r' <"$guest/log" | grep -q '^@done' || ended=0
	tail -n 1 "$guest/report" | {
		read -r release passed failed skipped seconds
		failed=$((failed + docs_wrong + 1 - ended))
		echo "$name $release $passed $failed $skipped $seconds" >>"$table"
	}
done
[ -s "$table" ] || exit 77
awk '
BEGIN {
	line = "%-8s %-28s %7s %7s %8s %8s\n"
	printf line, "kernel", "release", "passed", "failed", "skipped", "seconds"
}
{ printf line, $1, $2, $3, $4, $5, $6; failed += $4 + !$3 }
END { exit failed > 0 }' "$table"
