# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# fanotify: the kernel merges events of one file that nobody has read yet.
peer_title="fatrace"
peer_packages=fatrace
peer_loads="opens"
peer_kinds() { echo open; }
peer_start() {
	cd "$WORK" || return
	cage opens fatrace -c -t -f O
}
peer_count() { lines "$OUT/opens" storm_opened.; }
peer_command() { echo "fatrace -c -t -f O >opens"; }
