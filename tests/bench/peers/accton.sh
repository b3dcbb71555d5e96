# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Process accounting by the kernel: exits only, 64 bytes each, no arguments.
peer_title="accton (by the kernel, exit only)"
peer_packages=acct
peer_caged=
peer_loads="fork vfork threads"
peer_kinds() { echo exit; }
peer_start() {
	: >"$OUT/pacct"
	accton "$OUT/pacct" >/dev/null
}
peer_stop() { accton off >/dev/null; }
peer_undo() { accton off >/dev/null 2>&1 || :; }
peer_count() { lastcomm -f "$OUT/pacct" | LC_ALL=C grep -c '^storm_exec' || :; }
peer_command() { echo "accton pacct"; }
