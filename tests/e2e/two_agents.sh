#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A second agent on the same state directory says so and leaves; the first goes on. A second one with
# directories of its own sees the same events.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
write_config
start_agent
expect_failure 1 "journal.*(in use|another|lock)" "$AGENT" run -c "$DIR/config.yaml" --seconds 5
sed "s|$DIR/state|$DIR/other|" "$DIR/config.yaml" >"$DIR/same_trail.yaml"
expect_failure 1 "trail.*(in use|another|lock)" "$AGENT" run -c "$DIR/same_trail.yaml" --seconds 5
sed "s|$DIR/trail|$DIR/other_trail|; s|$DIR/run|$DIR/other_run|" "$DIR/same_trail.yaml" >"$DIR/other.yaml"
"$AGENT" run -c "$DIR/other.yaml" 2>"$DIR/other.err" &
other=$!
wait_until 10 grep -q watching "$DIR/other.err" || fail "the second agent does not start"
/bin/echo marker-for-both >/dev/null
wait_until 10 grep -q "echo marker-for-both" "$DIR/other_trail/audit.ndjson" || fail "the second agent does not see the exec"
kill -INT "$other"
wait "$other" || fail "the second agent fails"
stop_agent 0
for trail in "$DIR/trail/audit.ndjson" "$DIR/other_trail/audit.ndjson"; do
	check_trail "$trail"
	[ "$(grep marker-for-both "$trail" | jq -r 'select(.process.name == "echo") | .event.action' | grep -c exec)" = 1 ] ||
		fail "$trail does not have the exec"
done
echo "two_agents: good"
