# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# The image of packaging/container/Containerfile, built from this source upon a Debian of debootstrap that stands for
# the official one. Usage: behind root_lib.sh. $ROOT is its root file system.
STORE=$DIR/store
image_build() { buildah --root "$STORE/root" --runroot "$STORE/run" --storage-driver vfs "$@"; }

# Under the names that the Containerfile has.
make_bases() {
	release=$(. /etc/os-release && echo "$VERSION_CODENAME")
	debootstrap --variant=minbase --include=ca-certificates "$release" "$DIR/base" \
		"$(apt-get indextargets --format '$(SITE)' | head -n 1)" >"$DIR/debootstrap.err" 2>&1 || fail "debootstrap"
	base=$(image_build from scratch)
	image_build add -q "$base" "$DIR/base" / >/dev/null
	image_build commit -q "$base" docker.io/library/debian:12 >/dev/null
	image_build tag docker.io/library/debian:12 docker.io/library/debian:12-slim
	image_build rm "$base" >/dev/null
	rm -rf --one-file-system "$DIR/base"
}

built_image() {
	for program in buildah debootstrap git; do
		command -v "$program" >/dev/null || cannot_run "$program is not installed"
	done
	make_bases
	git -C "$SOURCE" archive --format=tar --prefix=context/ HEAD | tar -x -C "$DIR"
	cp /sys/kernel/btf/vmlinux "$DIR/context/vmlinux.btf"
	image_build bud --isolation chroot --network host --pull-never -f "$DIR/context/packaging/container/Containerfile" \
		-t auditship "$DIR/context" >"$DIR/image.err" 2>&1 || fail "the Containerfile does not build"
	working=$(image_build from --pull-never localhost/auditship)
	ROOT=$(image_build mount "$working")
}

forget_image() { [ ! -d "$STORE" ] || image_build umount -a >/dev/null 2>&1 || :; }
