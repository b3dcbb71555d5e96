#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The guest's root: busybox, init, the modules, and each given file at its own path with what it is
# linked against. With OTHER_AGENT set, that program too, as /other-agent; with GUEST_TESTS, that
# file as /etc/tests. With SYSROOT set, another architecture's files and libraries are from there.
# usage: initramfs.sh KERNEL_DIRECTORY OUTPUT [FILE...]
set -eu
here=$(dirname "$0")
kernel=$1 output=$2
shift 2
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"

SYSROOT=${SYSROOT-}

# a file at the path it has here or in SYSROOT, wherever a link of that path leads
add() {
	target=$root${1#"$SYSROOT"}
	mkdir -p "$(dirname "$target")"
	[ -e "$target" ] || cp -L "$1" "$target"
}

# what a foreign program or library is linked against, to the end of it
add_foreign() {
	add "$1"
	for library in $(llvm-readelf --needed-libs "$1" 2>/dev/null | grep -o '[^ ]*\.so[^ ]*'); do
		for file in "$SYSROOT"/lib/*/"$library" "$SYSROOT"/usr/lib/*/"$library"; do
			[ ! -e "$file" ] || [ -e "$root${file#"$SYSROOT"}" ] || (add_foreign "$file")
		done
	done
}

add_program() {
	if [ -n "$SYSROOT" ]; then
		add_foreign "$1"
		return
	fi
	add "$1"
	for library in $(ldd "$1" 2>/dev/null | grep -o '/[^ )]*'); do
		add "$library"
	done
}

for directory in bin dev proc sys etc tmp run var/tmp modules; do
	mkdir -p "$root/$directory"
done
if [ -n "$SYSROOT" ]; then
	cp "$SYSROOT/bin/busybox" "$root/bin/busybox"
	for loader in "$SYSROOT"/lib/ld-linux-*; do
		add "$loader"
	done
else
	cp "$(command -v busybox)" "$root/bin/busybox"
fi
cp "$here/init" "$root/init"
find "$kernel/modules" -name '*.ko' -exec cp {} "$root/modules" \;
printf '%s\n' root:x:0:0:root:/root:/bin/sh daemon:x:1:1::/:/bin/false \
	bin:x:2:2::/:/bin/false sys:x:3:3::/:/bin/false nobody:x:65534:65534::/:/bin/false >"$root/etc/passwd"
printf '%s\n' root:x:0: daemon:x:1: bin:x:2: sys:x:3: adm:x:4: tty:x:5: nogroup:x:65534: >"$root/etc/group"
printf '%s\n' 'NAME="Test guest"' ID=guest ID_LIKE=debian 'VERSION_ID="1"' >"$root/etc/os-release"
echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
echo "127.0.0.1 localhost" >"$root/etc/hosts"
fixtures=$(cd "$here/../fixtures" && pwd) # where the tests look for them
mkdir -p "$root$fixtures"
cp -r "$fixtures/host_root" "$root$fixtures/"
[ -z "${GUEST_TESTS-}" ] || cp "$GUEST_TESTS" "$root/etc/tests"
for file in "$@"; do
	add_program "$file"
done
if [ -n "${OTHER_AGENT-}" ]; then
	add_program "$OTHER_AGENT"
	mv "$root$OTHER_AGENT" "$root/other-agent"
fi
(cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null) | gzip -1 >"$output.new"
mv "$output.new" "$output"
