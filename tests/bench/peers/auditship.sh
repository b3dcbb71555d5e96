# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# This agent as it comes: journal, full ECS JSON, rotated every 100 MiB and packed.
peer_title="auditship, defaults"
peer_loads="fork vfork threads opens mixed"
peer_kinds() {
	case $LOAD in
	opens) ;; # reads of files that nobody wants are not recorded
	*) echo exec exit ;;
	esac
}
config() {
	echo "agent: {state_dir: $OUT/state, runtime_dir: $OUT/run}"
	echo "sinks: [{name: trail, type: file, path: $OUT/trail.ndjson}]"
}
peer_start() {
	config >"$OUT/config.yaml"
	cage agent "$AGENT" run -c "$OUT/config.yaml"
}
status() { "$AGENT" status --json -c "$OUT/config.yaml" 2>/dev/null; }
peer_ready() { grep -q watching "$OUT/agent.err"; }
peer_expect() {
	mkfifo "$OUT/loaded"
	python3 "$HERE/caught_up.py" "$OUT/run/control.sock" "$OUT/trail.ndjson" <"$OUT/loaded" >"$OUT/arrival" &
	waits=$!
	exec 9>"$OUT/loaded"
	cage_at_rest 15 || :
}
peer_arrival() {
	exec 9>&-
	wait $waits && cat "$OUT/arrival"
}
peer_told() { status | jq .account.lost; }
trail() {
	find "$OUT" -maxdepth 1 -name 'trail*.zst' -exec zstd -dc {} +
	find "$OUT" -maxdepth 1 -name 'trail*.ndjson' -exec cat {} +
}
peer_text() { trail; }
peer_count() {
	case $1 in
	exec) trail | LC_ALL=C grep -F '"action":"exec"' | LC_ALL=C grep -cF '/storm_exec","name":"storm_exec"' ;;
	exit) trail | LC_ALL=C grep -F '"action":"end"' | LC_ALL=C grep -cF '/storm_exec","name":"storm_exec"' ;;
	open) trail | LC_ALL=C grep -F '"category":["file"]' | LC_ALL=C grep -cF '/storm_opened.' ;;
	esac || :
}
peer_command() { echo "auditship run -c FILE; $(config | sed 's|/[^ ,}]*/out/||g' | paste -sd' ')"; }
# Rarely: an agent that a run had to kill.
peer_undo() { "$AGENT" detach --state-dir "$OUT/state" >/dev/null 2>&1 || :; }
