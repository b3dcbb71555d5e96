# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# auditd without a log of its own, laurel behind it: JSON.
# shellcheck source=tests/bench/peers/auditd.sh
. "$PEERS/auditd.sh"
peer_title="auditd + laurel, JSON"
peer_packages="auditd laurel"
write_logs=no
start_plugins() {
	cat >"$OUT/conf/laurel.toml" <<END
directory = "$OUT"
[auditlog]
file = "laurel.log"
size = 4000000000
[translate]
universal = true
user-db = true
[label-process]
END
	cat >"$OUT/conf/plugins.d/laurel.conf" <<END
active = yes
direction = out
type = always
format = string
path = $(command -v laurel)
args = --config $OUT/conf/laurel.toml
END
	chmod 640 "$OUT/conf/plugins.d/laurel.conf"
}
log() { cat "$OUT/laurel.log"; }
peer_count() {
	case $1 in
	exec) log | LC_ALL=C grep -cE '"SYSCALL":"execve"|"syscall":59' || : ;;
	exit) log | LC_ALL=C grep -cE '"SYSCALL":"exit_group"|"syscall":231' || : ;;
	open) log | LC_ALL=C grep -cF 'storm_opened.' || : ;;
	esac
}
peer_command() { echo "auditd -n, laurel as its plugin; auditctl $(rules | sed 's|exe=.*/|exe=|')"; }
