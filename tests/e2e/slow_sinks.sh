#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Four receivers are down when the agent reloads with other tags, which starts every sink anew, and again when it
# is stopped. Events wait for each, so none of the sinks ends before its time; together they take longer than
# capture.keep_attached. The probes go on recording all the while: the next agent misses nothing.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
need_bpffs

# config TAG: nobody listens on port 1.
config() {
	cat >"$DIR/next.yaml" <<END
agent: {state_dir: $DIR/state, runtime_dir: $DIR/run, coverage: request, tags: [$1], stop_timeout: 7s}
capture: {events: [process], keep_attached: 5s}
journal: {max_size: 512MiB}
sinks:
  - {name: trail, type: file, path: $DIR/trail/audit.ndjson, rotate: {size: off}}
$(for n in 1 2 3 4; do echo "  - {name: dead-$n, type: syslog, target: 'tcp://127.0.0.1:1'}"; done)
END
	mv "$DIR/next.yaml" "$DIR/config.yaml"
}
seconds() { cut -d . -f 1 /proc/uptime; }

config one
start_agent
start_load 1 0.01
wait_until 20 test -s "$DIR/trail/audit.ndjson" || fail "there is no trail"
config two
before=$(seconds)
kill -HUP "$AGENT_PID"
wait_until 30 grep -q 'reloaded: the configuration' "$DIR/agent.err" || fail "the agent does not reload"
took=$(($(seconds) - before))
[ "$took" -lt 8 ] || fail "the reload took $took s: one sink was stopped after the other"
config three
before=$(seconds)
kill -TERM "$AGENT_PID"
code=0
wait "$AGENT_PID" || code=$?
AGENT_PID=
[ "$code" = 1 ] || fail "the agent left with $code, and four sinks have not taken all"
stopped=$(($(seconds) - before))
[ "$stopped" -ge 6 ] || fail "the agent stopped within $stopped s: nothing held it up"
start_agent
stop_load
wait_until 60 has_caught_up || fail "the trail does not catch up"
stop_agent 1
check_numbers "$DIR/trail/audit.ndjson" -v streams=0 || fail "the trail and what happened differ"
expect_load
echo "slow_sinks: reload in $took s, stop in $stopped s: good ($(cat "$DIR/verdict.err"))"
