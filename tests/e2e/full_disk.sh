#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The disk is full. Where not even the journal has room, standard error says so, and the exit code is 1.
# Where the trail has none, it stops at a whole line, standard error says why, capture goes on into the
# journal; when there is room again, delivery goes on by itself: nothing is missing or there twice.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
in_private_mounts

mkdir "$DIR/small" "$DIR/tiny"
mount -t tmpfs -o size=4m none "$DIR/small"
mount -t tmpfs -o size=512k none "$DIR/tiny"

# The journal's first segment does not fit.
printf 'agent: {state_dir: %s/small, runtime_dir: %s/run}\n' "$DIR" "$DIR" >"$DIR/config.yaml"
start_agent
/bin/true
wait_until 10 grep -qE "journal.*[Nn]o space left" "$DIR/agent.err" || fail "nobody is told of the full disk"
# What the probes see is not known then, and not said to be missing.
wait_until 10 status_is '[.coverage.skipped[] | select(.name == "exec") | .reason | test("journal takes no events")] == [true]' ||
	fail "coverage is judged while records wait: $(jq -c .coverage "$DIR/status.json")"
! grep -q "not seen" "$DIR/agent.err" || fail "probes are said to miss what waits in the rings"
stop_agent 1
grep -q "could not be journalled" "$DIR/agent.err" || fail "the summary hides what is gone"

write_config "$DIR/tiny/audit.ndjson"
start_agent
i=0
while [ "$i" -lt 300 ]; do
	/bin/true
	i=$((i + 1))
done
wait_until 10 grep -q "No space left" "$DIR/agent.err" || fail "nobody is told of the full disk"
check_trail "$DIR/tiny/audit.ndjson"
before=$(wc -l <"$DIR/tiny/audit.ndjson")
mount -o remount,size=2g "$DIR/tiny"
/bin/echo marker-after-repair >/dev/null
wait_until 30 grep -q marker-after-repair "$DIR/tiny/audit.ndjson" || fail "delivery does not recover"
grep -q "sink .*trail" "$DIR/agent.err" || fail "the error does not name the sink"
stop_agent 0
check_trail "$DIR/tiny/audit.ndjson"
[ "$(wc -l <"$DIR/tiny/audit.ndjson")" -gt "$before" ] || fail "no more lines than before"
jq -s -e '[.[].event.sequence] | . == [range(1; length + 1)]' "$DIR/tiny/audit.ndjson" >/dev/null ||
	fail "event.sequence has a gap"
grep -q "lost 0" "$DIR/agent.err" || fail "events were lost"

# Still full at the end: the summary says what waits, and the exit code is 1.
mount -o remount,size=128k "$DIR/tiny" 2>/dev/null || {
	umount "$DIR/tiny"
	mount -t tmpfs -o size=128k none "$DIR/tiny"
}
start_agent
i=0
while [ "$i" -lt 100 ]; do
	/bin/true
	i=$((i + 1))
done
wait_until 10 grep -q "No space left" "$DIR/agent.err" || fail "nobody is told of the full disk"
stop_agent 1
grep -q "events wait in the journal" "$DIR/agent.err" || fail "the summary hides what waits"
[ ! -s "$DIR/tiny/audit.ndjson" ] || check_trail "$DIR/tiny/audit.ndjson" # a batch goes whole or not at all
echo "full_disk: good"
