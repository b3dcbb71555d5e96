#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# `auditship status` is right while programs storm, when a sink fails, when events were lost, and when
# there is no agent. Its account adds up in every answer; scripts can go by its exit code.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
in_private_mounts

# status EXPECTED_CODE [ARGUMENT...]: output in $DIR/status.
status() {
	wanted=$1 code=0
	shift
	"$AGENT" status -c "$DIR/config.yaml" "$@" >"$DIR/status" 2>"$DIR/status.err" || code=$?
	[ "$code" = "$wanted" ] || {
		cat "$DIR/status" "$DIR/status.err" >&2
		fail "status leaves with $code, not $wanted"
	}
}

status_says() {
	"$AGENT" status -c "$DIR/config.yaml" >"$DIR/status" 2>/dev/null || :
	grep -qE "$1" "$DIR/status"
}

# Every number the probes took is in exactly one place, in every document of $1.
parts='journalled dropped limited not_selected excluded canaries rejected lost unjournalled in_ring'
check_accounts() {
	# shellcheck disable=SC2086
	jq -e --arg parts "$parts" '.account as $a | $a.balances and
		([$parts | split(" ")[] | $a[.]] | add) == $a.numbered' "$1" >"$DIR/verdicts" ||
		fail "an account does not add up: $(jq -c .account "$1" | head -n 3)"
	[ "$(sort -u "$DIR/verdicts")" = true ] || fail "an account does not add up"
}

storm() {
	sh -c "i=0; while [ \$i -lt $1 ]; do /bin/true; i=\$((i + 1)); done"
}

mkdir "$DIR/tiny"
mount -t tmpfs -o size=300m none "$DIR/tiny"
write_config "$DIR/tiny/audit.ndjson"

# No agent.
status 1
grep -q "no agent answers at '$DIR/run/control.sock'" "$DIR/status.err" || fail "no agent: it does not say so"
grep -q "auditship run" "$DIR/status.err" || fail "no agent: it does not say what to do"

# A quiet one.
start_agent
status 0
head -n 2 "$DIR/status" | grep -q healthy || fail "a healthy agent is not told as such"
grep -q "attached: fork exec syscall.* exit" "$DIR/status" || fail "the probes are not told"
if grep -q "$(printf '\033')" "$DIR/status"; then fail "colours in a pipe"; fi
status 0 --json
jq -e --arg pid "$AGENT_PID" --arg config "$DIR/config.yaml" '.healthy and (.pid | tostring) == $pid and
	.configuration.path == $config and ([.probes[] | .attached or .optional] | all) and (.sinks | length) == 1' \
	"$DIR/status" >/dev/null || fail "the document of a healthy agent"

# A storm: no answer is late, every account adds up, numbers only grow.
storm 4000 &
storm=$!
"$AGENT" status -c "$DIR/config.yaml" --json --watch >"$DIR/watched" 2>/dev/null &
watcher=$!
: >"$DIR/documents"
while kill -0 "$storm" 2>/dev/null; do
	"$AGENT" status -c "$DIR/config.yaml" --json >>"$DIR/documents" || fail "no healthy answer in a storm"
done
wait "$storm"
[ "$(wc -l <"$DIR/documents")" -ge 20 ] || fail "hardly any answer in a storm"
check_accounts "$DIR/documents"
jq -s -e '[.[].account.numbered] | . == sort' "$DIR/documents" >/dev/null || fail "numbers run backwards"
jq -s -e '(.[-1].account.numbered - .[0].account.numbered) > 1000' "$DIR/documents" >/dev/null || fail "no storm was seen"
jq -s -e '[.[].events[] | select(.kind == "exec") | .per_second] | max > 100' "$DIR/documents" >/dev/null ||
	fail "the rate does not show a storm"
# Quiet again: nothing is on its way, and each sink has what the journal has.
wait_until 20 status_is '.account.in_ring == 0 and .account.unjournalled == 0' || fail "the ring is never empty"
check_accounts "$DIR/status.json"

# The disk of the trail is full.
cat /dev/zero >"$DIR/tiny/full" 2>/dev/null || :
storm 100
wait_until 20 status_says 'sink trail: failing for [0-9]+ s, [0-9]+ events wait: .*No space left' ||
	fail "a failing sink is not told"
grep -A1 "needs attention" "$DIR/status" | grep -q "sink trail" || fail "what needs attention does not come first"
status 2
status_is '.healthy == false and (.sinks[0] | .state == "failing" and .lag.events > 0 and .lag.bytes > 0 and
	.lag.milliseconds > 0 and (.last_error.message | contains("No space left")))' || fail "the document of a failing sink"
rm "$DIR/tiny/full"
# Packing what was rotated meanwhile, which the full disk kept from being done, is tried again too.
wait_until 60 status_is '.healthy' || fail "a sink that works again is still told as failing: $(cat "$DIR/status.json")"
status_is '.sinks[0] | .state == "ok" and (.last_error.message | contains("No space left"))' ||
	fail "the last error is forgotten"
# Asking is seen as well: the sink need not have everything, but what it has and what waits are all that there is.
wait_until 20 status_is '.sinks[0] as $s | $s.lag.events < 1000 and $s.lag.milliseconds < 10000 and
	$s.found + .journal.events == $s.acknowledged + $s.filtered + $s.skipped + $s.rejected + $s.lag.events' ||
	fail "the sink's account is not that of the journal"

# A reload brings more sinks: they are told like those of the start.
more=
for i in 1 2 3 4 5 6; do
	more="$more, {name: more$i, type: file, path: $DIR/trail/more$i.ndjson}"
done
cp "$DIR/config.yaml" "$DIR/before.yaml"
sed "s|^\(sinks: .*\)]\$|\1$more]|" "$DIR/before.yaml" >"$DIR/config.yaml"
kill -HUP "$AGENT_PID"
wait_until 10 status_is '[.sinks[].name] == ["trail", "more1", "more2", "more3", "more4", "more5", "more6"] and
	([.sinks[].state] | unique) == ["ok"]' || fail "the sinks of a reload are not told"
cp "$DIR/before.yaml" "$DIR/config.yaml"
kill -HUP "$AGENT_PID"
wait_until 10 status_is '[.sinks[].name] == ["trail"]' || fail "sinks that are gone are told"
check_accounts "$DIR/status.json"

# A person looks on: a block every second, and it ends with the agent.
"$AGENT" status -c "$DIR/config.yaml" --watch >"$DIR/blocks" 2>"$DIR/blocks.err" &
blocks=$!
wait_until 10 sh -c "[ \$(grep -c '^auditship ' '$DIR/blocks') -ge 3 ]" || fail "no block every second"
stop_agent 0
wait "$blocks" && fail "--watch without an agent succeeds"
wait "$watcher" && fail "--watch without an agent succeeds"
grep -q "agent" "$DIR/blocks.err" || fail "--watch does not say why it ends"
[ "$(wc -l <"$DIR/watched")" -ge 5 ] || fail "--json --watch does not write a line every second"
check_accounts "$DIR/watched"
[ ! -e "$DIR/run/control.sock" ] || fail "the socket stays behind"

# Events are lost: the ring is small and nobody reads it.
printf 'capture: {rings: {vital: 64KiB}}\n' >>"$DIR/config.yaml"
start_agent
kill -STOP "$AGENT_PID"
storm 1000
kill -CONT "$AGENT_PID"
wait_until 20 status_says '[0-9]+ events were lost \(ring full: [0-9]+' || fail "a loss is not told"
status 2 --json
check_accounts "$DIR/status"
jq -e '.account.lost > 0 and .losses.ring_full == .account.lost and .rings[0].size_bytes == 65536' "$DIR/status" \
	>/dev/null || fail "the document after a loss"
stop_agent 0
echo "status: good"
