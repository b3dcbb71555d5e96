#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Boots kernels and runs the kernel tests of a build there: the agent, its object and the tests are
# the very files that run on this host. A kernel of another architecture has a build of its own.
# usage: run.sh [--own-btf] BUILD_DIRECTORY [KERNEL...]    (all in the file `kernels` by default)
# --own-btf: the agent is also built from the type information of each kernel, and tested there.
# UPDATE=1 in the environment writes docs/kernels.md instead of checking it.
# ONLY='exec volume' runs these tests only and, without UPDATE, leaves docs/kernels.md alone.
# Exit status: 0 all passed, 77 nothing could be fetched, else something failed.
set -u
export LC_ALL=C # the order of names
here=$(cd "$(dirname "$0")" && pwd)
VM_DIR=$(cd "$here/../.." && pwd)/build/vm
export VM_DIR
. "$here/lib.sh"

own_btf=
if [ "${1-}" = --own-btf ]; then
	own_btf=1
	shift
fi
host_build=$(cd "${1:?a build directory}" && pwd) || die "there is no build in $1"
shift
# shellcheck disable=SC2046
[ $# -gt 0 ] || set -- $(sed -n 's/^\([^# \t]*\)[ \t].*/\1/p' "$here/kernels")
docs=$here/../../docs/kernels.md
table=$VM_DIR/table

say() { printf -- '-- %s\n' "$*"; }

log_lines() { tr -d '\r' <"$guest/log" | sed -n "s/^@$1 *//p"; }

# Type information of a kernel, as the kernel itself hands it out.
get_btf() {
	[ ! -s "$kernel/btf" ] || return 0
	sh "$here/initramfs.sh" "$kernel" "$guest/btf.gz" &&
		sh "$here/boot.sh" "$architecture" "$kernel" "$guest/btf.gz" "$guest/btf.log" 300 &&
		tr -d '\r' <"$guest/btf.log" | sed -n '/^@btf/,/^@done/{/^[[:alnum:]+\/=]*$/p}' |
		base64 -d | gunzip >"$kernel/btf.new" && mv "$kernel/btf.new" "$kernel/btf"
}

# The agent from that: a second one here, the only one for another architecture.
build_own() {
	get_btf || return 1
	if [ "$architecture" != amd64 ]; then
		sh "$here/arm64.sh" build "$kernel/btf"
		return
	fi
	cmake -S "$here/../.." -B "$guest/own" -G Ninja -DKERNEL_BTF="$kernel/btf" \
		-DBUILD_TESTING=OFF -DWARNINGS_AS_ERRORS=ON >"$guest/own.log" 2>&1 &&
		cmake --build "$guest/own" >>"$guest/own.log" 2>&1 || {
		tail -n 20 "$guest/own.log"
		return 1
	}
}

# All that is needed for kernel $name: 0, 77 when it cannot be had, 1 when something is wrong.
prepare() {
	architecture=$(kernel_row "$name" 2)
	kernel=$VM_DIR/kernels/$name
	guest=$VM_DIR/$name
	build=$host_build
	unset SYSROOT
	mkdir -p "$guest"
	: >"$guest/log"
	sh "$here/fetch.sh" "$name" || return
	say "$name is $(cat "$kernel/release")"
	if [ "$architecture" != amd64 ]; then
		sh "$here/arm64.sh" prepare || return
		SYSROOT=$VM_DIR/sysroot-$architecture
		export SYSROOT
		build=$VM_DIR/build-$architecture
		build_own
	elif [ -n "$own_btf" ]; then
		build_own
	fi
}

make_guest() {
	tests=$(find "$build/tests/kernel" -maxdepth 1 -type f -name 'kernel_*' | sort)
	[ -z "${ONLY-}" ] || tests=$(printf "$build/tests/kernel/kernel_%s\n" $ONLY)
	agents=$(find "$build/tests/kernel" -maxdepth 1 -type f -name 'auditship*') # for tests
	tools="$(command -v mkfs.ext4) $(command -v bpftool)"
	[ -z "${SYSROOT-}" ] || tools="$SYSROOT/sbin/mkfs.ext4 $SYSROOT/usr/sbin/bpftool"
	other=
	[ -z "$own_btf" ] || [ "$architecture" != amd64 ] || other=$guest/own/auditship
	# shellcheck disable=SC2086,SC2116
	{
		echo "AGENT='$build/auditship' TESTS='$(echo $tests)'"
		echo "OWN_BTF_TEST='$build/tests/kernel/kernel_exec'"
		echo "GUEST_CI='${CI-}' SLOWDOWN='${SLOWDOWN:-20}'"
	} >"$guest/tests"
	# shellcheck disable=SC2086
	OTHER_AGENT=$other GUEST_TESTS=$guest/tests sh "$here/initramfs.sh" "$kernel" \
		"$guest/initramfs.gz" "$build/auditship" $agents $tests "$build"/tests/kernel/programs/* $tools
}

# Shows how far a guest has come, from its log, as long as that process is there.
follow() {
	tail -n +1 -F --pid="$1" "$guest/log" 2>/dev/null | while read -r word test status seconds; do
		[ "$word" != @end ] || # the line ends with a carriage return
			printf '   %-12s status %s, %s s\n' "$test" "$status" "${seconds%?}"
	done
}

# docs/kernels.md has a row per kernel: what was attached here has to be what it says.
check_docs() {
	attached=$(log_lines status |
		jq -r '[.probes[] | if .attached then .name else "no " + .name end] | unique | join(", ")')
	programs=$(log_lines programs | tr ' ' '\n' | sort -u | sed '/^$/d; s/.*/`&`/' | paste -sd ' ')
	row="| $name | ${attached:-none} | ${programs:-none} |"
	if [ -n "${UPDATE-}" ]; then
		sed -i "0,/^| $name |/s#^| $name |.*#$row#" "$docs"
	elif ! grep -qxF "$row" "$docs"; then
		echo "  failed: docs/kernels.md does not say this (UPDATE=1 writes it):"
		echo "    $row"
		return 1
	fi
}

# Adds to the table: name, release, passed, failed, skipped, seconds.
add_row() {
	release=$(cat "$kernel/release" 2>/dev/null || echo -)
	printf '%s %s %s %s %s %s\n' "$name" "$release" "$@" >>"$table"
}

run_guest() {
	make_guest
	sh "$here/boot.sh" "$architecture" "$kernel" "$guest/initramfs.gz" "$guest/log" \
		"${GUEST_SECONDS:-1800}" >"$guest/end" 2>&1 &
	booting=$!
	follow "$booting"
	wait "$booting"
	wrong=$?
	cat "$guest/end"
	awk -f "$here/report.awk" "$guest/log" >"$guest/report"
	sed '$d' "$guest/report"
	{ [ -n "${ONLY-}" ] && [ -z "${UPDATE-}" ]; } || check_docs || wrong=$((wrong + 1))
	read -r _ passed failed skipped seconds <<END
$(tail -n 1 "$guest/report")
END
	add_row "$passed" "$((failed + wrong))" "$skipped" "$seconds"
}

mkdir -p "$VM_DIR"
: >"$table"
sh "$here/tools.sh" qemu-system-x86 busybox-static || exit
. "$VM_DIR/tools/env"
export PATH
for name in "$@"; do
	say "$name"
	prepare
	case $? in
	0) run_guest ;;
	77) add_row 0 0 1 0 ;;
	*) add_row 0 1 0 0 ;;
	esac
done
awk '
BEGIN {
	line = "%-8s %-28s %7s %7s %8s %8s\n"
	printf line, "kernel", "release", "passed", "failed", "skipped", "seconds"
}
{
	printf line, $1, $2, $3, $4, $5, $6
	passed += $3
	failed += $4 + ($3 + $5 == 0)
}
END { exit failed ? 1 : passed ? 0 : 77 }' "$table"
