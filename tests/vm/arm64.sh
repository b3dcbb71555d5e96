#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What a guest of another architecture needs besides its kernel: an emulator, a linker, and the
# packages that the agent is built against, unpacked into build/vm/sysroot-arm64. With BTF, builds
# the agent and the kernel tests into build/vm/build-arm64.
# usage: arm64.sh prepare | arm64.sh build BTF
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"
SYSROOT=$VM_DIR/sysroot-arm64
export SYSROOT

prepare() {
	sh "$here/tools.sh" qemu-system-arm lld
	[ ! -e "$SYSROOT/done" ] || return 0
	root=$VM_DIR/lists/sysroot-arm64
	codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	apt_root "$root" arm64 "$codename" "$codename-security"
	apt_in "$root" apt-get -q -y --no-install-recommends --download-only -o Debug::NoLocking=1 \
		-o APT::Architecture=arm64 -o APT::Architectures=arm64 install \
		libc6-dev libgcc-12-dev libbpf-dev libelf-dev zlib1g-dev libyajl-dev libyaml-dev \
		libssl-dev librdkafka-dev libcmocka-dev busybox-static e2fsprogs bpftool \
		>"$root/log" 2>&1 || unobtainable "apt cannot fetch the packages for arm64: $root/log"
	for package in "$root"/cache/archives/*.deb; do
		dpkg -x "$package" "$SYSROOT"
	done
	rm -f "$root"/cache/archives/*.deb
	: >"$SYSROOT/done"
}

build() {
	. "$VM_DIR/tools/env"
	libraries=$SYSROOT/usr/lib/aarch64-linux-gnu
	export PKG_CONFIG_SYSROOT_DIR="$SYSROOT" PKG_CONFIG_LIBDIR="$libraries/pkgconfig"
	cmake -S "$here/../.." -B "$VM_DIR/build-arm64" -G Ninja --toolchain "$here/arm64.cmake" \
		-DCMAKE_BUILD_TYPE=RelWithDebInfo -DKERNEL_BTF="$1"
	programs=$(cd "$here/../kernel" && ls test_*.c | sed 's/^test_\(.*\)\.c$/kernel_\1/')
	# shellcheck disable=SC2086
	cmake --build "$VM_DIR/build-arm64" --target auditship $programs
}

case "$1" in
prepare) prepare ;;
build)
	build "$2" >"$VM_DIR/build-arm64.log" 2>&1 || {
		tail -n 20 "$VM_DIR/build-arm64.log"
		exit 1
	}
	;;
*) die "there is no step '$1'" ;;
esac
