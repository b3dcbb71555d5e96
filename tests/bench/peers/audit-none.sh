# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# No agent, once audit has been on: it costs each system call a little until the next boot.
# shellcheck source=tests/bench/peers/auditd.sh
. "$PEERS/auditd.sh"
peer_title="no agent, audit was on"
peer_caged=
peer_loads="fork vfork threads opens"
peer_kinds() { :; }
peer_start() { auditctl -e 1 >/dev/null && auditctl -e 0 >/dev/null; }
peer_stop() { :; }
peer_ready() { :; }
peer_arrival() { :; }
peer_told() { echo 0; }
peer_command() { :; }
