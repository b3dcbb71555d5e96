# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# shellcheck source=tests/bench/peers/execsnoop.sh
. "$PEERS/execsnoop.sh"
peer_title="execsnoop + exitsnoop + opensnoop"
peer_loads="mixed"
peer_kinds() { echo exec exit open; }
peer_start() {
	cage execs execsnoop
	cage exits exitsnoop
	cage opens opensnoop -T
}
peer_count() {
	case $1 in
	open) lines "$OUT/opens" storm_opened. ;;
	*) LC_ALL=C grep -c '^storm_exec ' "$OUT/$1s" || : ;;
	esac
}
peer_command() { echo "execsnoop >execs & exitsnoop >exits & opensnoop -T >opens"; }
