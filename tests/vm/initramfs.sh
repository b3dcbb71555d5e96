#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The guest's root: busybox, init, the modules, and each given file at its own path with what it is
# linked against. With OTHER_AGENT set, that program too, as /other-agent.
# usage: initramfs.sh KERNEL_DIRECTORY OUTPUT [FILE...]
set -eu
here=$(dirname "$0")
kernel=$1 output=$2
shift 2
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"

# a file at the path it has here, wherever a link of that path leads
add() {
	[ ! -e "$root$1" ] || return 0
	mkdir -p "$root$(dirname "$1")"
	cp -L "$1" "$root$1"
}

add_program() {
	add "$1"
	for library in $(ldd "$1" 2>/dev/null | grep -o '/[^ )]*'); do
		add "$library"
	done
}

for directory in bin dev proc sys etc tmp run var/tmp modules; do
	mkdir -p "$root/$directory"
done
cp "$(command -v busybox)" "$root/bin/busybox"
cp "$here/init" "$root/init"
find "$kernel/modules" -name '*.ko' -exec cp {} "$root/modules" \;
printf '%s\n' root:x:0:0:root:/root:/bin/sh daemon:x:1:1::/:/bin/false \
	bin:x:2:2::/:/bin/false sys:x:3:3::/:/bin/false >"$root/etc/passwd"
printf '%s\n' root:x:0: daemon:x:1: bin:x:2: sys:x:3: adm:x:4: tty:x:5: >"$root/etc/group"
printf '%s\n' 'NAME="Test guest"' ID=guest ID_LIKE=debian 'VERSION_ID="1"' >"$root/etc/os-release"
echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
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
