#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# One of the kernels in the file `kernels`, below build/vm/kernels/NAME: vmlinuz,
# release, modules/. The version is what the meta package says today; what is there is kept a week.
# usage: fetch.sh NAME
set -eu
here=$(dirname "$0")
. "$here/lib.sh"
name=$1
kernel=$VM_DIR/kernels/$name
architecture=$(kernel_row "$name" 2)
meta=linux-image-cloud-$architecture

if [ -e "$kernel/release" ] && [ -z "$(find "$kernel/release" -mtime +7)" ]; then
	exit 0
fi
suites=$(kernel_row "$name" 3-)
root=$VM_DIR/lists/$name
# shellcheck disable=SC2086
apt_root "$root" "$architecture" $suites

version=$(apt_in "$root" apt-cache -o APT::Architecture="$architecture" madison "$meta" |
	awk '{ print $3 }' | sort -V | tail -n 1)
release=$(apt_in "$root" apt-cache -o APT::Architecture="$architecture" show "$meta=$version" |
	sed -n 's/^Depends:.*linux-image-\([^ ,]*\).*/\1/p')
[ -n "$release" ] || unobtainable "$meta is in none of: $suites"

rm -rf "$kernel"
mkdir -p "$kernel/modules"
cd "$kernel"
for part in image binary modules; do # newer releases are cut into the three
	package=linux-$part-$release
	apt_in "$root" apt-cache -o APT::Architecture="$architecture" show "$package" \
		>/dev/null 2>&1 || continue
	apt_in "$root" apt-get -q -o APT::Architecture="$architecture" download "$package" \
		>>"$root/log" 2>&1 || unobtainable "apt cannot fetch $package; see $root/log"
done
for package in *.deb; do
	dpkg -x "$package" unpacked
done
find unpacked -name 'vmlinuz*' -type f -exec mv {} vmlinuz \;
[ -s vmlinuz ] || die "there is no kernel in the packages of $release"
# what the tests mount: overlay and loop are modules, ext4 is not
for module in overlay loop; do
	find unpacked -name "$module.ko*" -type f -exec cp {} modules/ \;
done
find modules -name '*.xz' -exec busybox unxz {} +
rm -rf unpacked ./*.deb
echo "$release" >release
