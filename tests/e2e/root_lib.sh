# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Packages, and a system to install them in that is thrown away: a copy of this one (an overlay) or a fresh
# one. Usage: behind lib.sh, in private mounts. $ROOT is the system, $DIR/pkg has the packages.
ROOT=$DIR/over/root

# Version 0.1.0 and a newer one; sets old_deb, new_deb, old_rpm, new_rpm.
make_packages() {
	mkdir "$DIR/pkg"
	for generator in DEB RPM; do
		for version in 0.1.0 0.1.1; do
			(cd "$(dirname "$AGENT")" &&
				cpack -G "$generator" -B "$DIR/pkg" -D CPACK_PACKAGE_VERSION="$version") >"$DIR/cpack.err" 2>&1 ||
				fail "cpack $generator"
		done
	done
	rm "$DIR/cpack.err"
	old_deb=$(echo "$DIR"/pkg/auditship_0.1.0_*.deb) new_deb=$(echo "$DIR"/pkg/auditship_0.1.1_*.deb)
	old_rpm=$(echo "$DIR"/pkg/auditship-0.1.0-*.rpm) new_rpm=$(echo "$DIR"/pkg/auditship-0.1.1-*.rpm)
	for package in "$old_deb" "$new_deb" "$old_rpm" "$new_rpm"; do
		[ -s "$package" ] || fail "$package was not made"
	done
}

# This system, with nothing of ours in it. What is written goes to memory.
overlay_root() {
	mkdir "$DIR/over"
	mount -t tmpfs -o mode=755 none "$DIR/over"
	mkdir "$DIR/over/upper" "$DIR/over/work" "$ROOT"
	mount -t overlay -o "lowerdir=/,upperdir=$DIR/over/upper,workdir=$DIR/over/work" none "$ROOT" 2>/dev/null ||
		cannot_run "no overlay can be mounted over /"
	# An agent that was tried on this host has left its state, of an owner who is not the package's.
	rm -rf --one-file-system "$ROOT/etc/auditship" "$ROOT/var/lib/auditship" "$ROOT/var/log/auditship"
}

# The least of this release and what the deb depends on.
fresh_root() {
	command -v debootstrap >/dev/null || cannot_run "debootstrap is not installed"
	needs=$(dpkg-deb -f "$old_deb" Depends | sed 's/ ([^)]*)//g; s/, */,/g')
	mkdir -p "$ROOT"
	debootstrap --variant=minbase --include="$needs,util-linux,systemd,passwd" \
		"$(. /etc/os-release && echo "$VERSION_CODENAME")" "$ROOT" \
		"$(apt-get indextargets --format '$(SITE)' | head -n 1)" >"$DIR/debootstrap.err" 2>&1 || fail "debootstrap"
	rm "$DIR/debootstrap.err"
	mount --bind "$ROOT" "$ROOT" # the root of something is a mount
}

# Instances of its own of everything: nothing of this host is bound into it.
prepare_root() {
	mount -t proc none "$ROOT/proc"
	mount -t sysfs -o ro none "$ROOT/sys"
	mount -t bpf none "$ROOT/sys/fs/bpf"
	mount -t tmpfs -o mode=755 none "$ROOT/dev"
	for node in 'null 1 3' 'zero 1 5' 'full 1 7' 'random 1 8' 'urandom 1 9' 'tty 5 0'; do
		mknod -m 666 "$ROOT/dev/${node%% *}" c ${node#* }
	done
	ln -s /proc/self/fd "$ROOT/dev/fd"
	ln -s pts/ptmx "$ROOT/dev/ptmx"
	mount -t tmpfs -o mode=755 none "$ROOT/run"
	mount -t tmpfs -o mode=1777 none "$ROOT/tmp"
	mkdir -p "$ROOT/srv/pkg"
	cp "$DIR"/pkg/*.deb "$DIR"/pkg/*.rpm "$ROOT/srv/pkg"
}

forget_root() {
	umount "$ROOT/sys/fs/bpf" "$ROOT/sys" "$ROOT/proc" "$ROOT/dev" "$ROOT/run" "$ROOT/tmp"
}

in_root() { chroot "$ROOT" "$@"; }
