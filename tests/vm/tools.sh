#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Programs below build/vm/tools, such as qemu, with what they need and this system has not: unpacked,
# not installed.
# usage: tools.sh PACKAGE...   then: . build/vm/tools/env
set -eu
. "$(dirname "$0")/lib.sh"
tools=$VM_DIR/tools
done=$tools/$(echo "$*" | tr ' ' ,)

mkdir -p "$tools"
[ ! -e "$done" ] || exit 0
# what is installed need not be fetched: the system's own list of packages
mkdir -p "$VM_DIR/lists/tools"
cp /var/lib/dpkg/status "$VM_DIR/lists/tools/status"
codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
apt_root "$VM_DIR/lists/tools" "$(dpkg --print-architecture)" "$codename" "$codename-security"
apt_in "$VM_DIR/lists/tools" apt-get -q -y --no-install-recommends --download-only \
	-o Debug::NoLocking=1 install "$@" >"$tools/log" 2>&1 || {
	tail -n 3 "$tools/log" >&2
	unobtainable "apt cannot fetch $*; all it said is in $tools/log"
}
for package in "$VM_DIR"/lists/tools/cache/archives/*.deb; do
	[ ! -e "$package" ] || dpkg -x "$package" "$tools/root"
done
rm -f "$VM_DIR"/lists/tools/cache/archives/*.deb
cat >"$tools/env" <<END
PATH=$tools/root/usr/bin:$tools/root/bin:$tools/root/usr/sbin:\$PATH:/usr/sbin:/sbin
QEMU_LIBRARIES=$(find "$tools/root" -name '*.so*' -printf '%h\n' 2>/dev/null | sort -u | tr '\n' ':')
QEMU_DATA=$tools/root/usr/share
END
: >"$done"
