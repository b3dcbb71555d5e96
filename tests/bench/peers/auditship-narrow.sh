# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# This agent, recording what the peers record, into one file as they do.
# shellcheck source=tests/bench/peers/auditship.sh
. "$PEERS/auditship.sh"
peer_title="auditship, the kinds of the peers"
peer_kinds() {
	case $LOAD in
	opens) echo open ;;
	mixed) echo exec exit open ;;
	*) echo exec exit ;;
	esac
}
config() {
	echo "agent: {state_dir: $OUT/state, runtime_dir: $OUT/run}"
	echo "capture: {events: [$(peer_kinds | sed 's/ /, /g')], open: {mode: all}}"
	echo "sinks: [{name: trail, type: file, path: $OUT/trail.ndjson, rotate: {size: off}}]"
}
