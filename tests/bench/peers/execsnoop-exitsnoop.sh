# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# shellcheck source=tests/bench/peers/execsnoop.sh
. "$PEERS/execsnoop.sh"
peer_title="execsnoop + exitsnoop"
peer_kinds() { echo exec exit; }
peer_start() {
	cage execs execsnoop
	cage exits exitsnoop
}
peer_count() { LC_ALL=C grep -c '^storm_exec ' "$OUT/$1s" || :; }
peer_command() { echo "execsnoop >execs & exitsnoop >exits"; }
