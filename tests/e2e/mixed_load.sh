#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Programs come and go and write files; meanwhile the agent is reloaded with good and bad configurations, a
# receiver of syslog goes away and comes back, a sink is added and removed, the trail rotates by size, by signal
# and by mv. At the end the account balances, and each number of the stream is in the trail once. With FULL=1
# that takes an hour, and memory and descriptors are then what they were after the warm-up. Built with
# sanitizers the agent finds nothing, and its memory, which they keep, is not compared.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
for tool in python3 zstd jq; do
	command -v $tool >/dev/null || cannot_run "$tool is not installed"
done
seconds=${MIXED_LOAD_SECONDS:-20} pause=0.02
[ -z "${FULL-}" ] || seconds=${MIXED_LOAD_SECONDS:-3600}

. "$SOURCE/tests/e2e/receiver_lib.sh"
at_the_end 'stop_receiver; : >"$DIR/stop"'
start_receiver 0
port=$(cat "$DIR/port.new")

# write_variant N
write_variant() {
	extra= args=32KiB
	case $(($1 % 4)) in
	1) extra="  - {name: other, type: file, path: $DIR/other/audit.ndjson, when: {event.action: exec}, keep: {files: 2}, rotate: {size: 1MiB}}" ;;
	3) args=oops ;; # refused
	esac
	cat >"$DIR/next.yaml" <<END
agent: {state_dir: $DIR/state, runtime_dir: $DIR/run}
capture: {events: [process, file], args_max: $args}
rules:
  - {name: rule-$1, when: {process.executable: /nowhere/$1}, do: drop}
sinks:
  - {name: trail, type: file, path: $DIR/trail/audit.ndjson, rotate: {size: 2MiB}, keep: {total: off}}
  - {name: central, type: syslog, target: "tcp://127.0.0.1:$port", retry: {first: 100ms, max: 1s}}
$extra
END
	mv "$DIR/next.yaml" "$DIR/config.yaml"
}

# Half of a worker's runs write a file.
cat >"$DIR/files.sh" <<'END'
while [ -d "$1" ] && [ ! -e "$1/stop" ]; do
	/bin/echo text >"$1/written-$2"
	/bin/cat "$1/written-$2" /etc/shadow >/dev/null 2>&1
	sleep 0.05
done
END

# How full the caches are, which what else goes on on the host fills too, up to their ceilings.
caches() { "$AGENT" status --json --socket "$DIR/run/control.sock" | jq -c '[.caches[] | {(.name): .size}] | add'; }

write_variant 0
start_agent
start_load 1 "$pause"
sh "$DIR/files.sh" "$DIR" 1 &
begun=$(date +%s) n=0
while [ $(($(date +%s) - begun)) -lt "$seconds" ]; do
	n=$((n + 1))
	write_variant "$n"
	reload_agent 30
	case $((n % 5)) in
	0) stop_receiver ;;
	1) [ -n "$RECEIVER" ] || start_receiver "$port" ;;
	2) kill -USR1 "$AGENT_PID" ;;
	# Between two files there is none for a moment.
	3) mv "$DIR/trail/audit.ndjson" "$DIR/trail/moved-$(printf %06d "$n").ndjson" 2>/dev/null || : ;;
	esac
	sleep 1
	kill -0 "$AGENT_PID" || fail "the agent is gone"
	[ -s "$DIR/caches" ] || [ $((($(date +%s) - begun) * 4)) -lt "$seconds" ] || caches >"$DIR/caches" || :
	# Only where the same sinks are there.
	[ $((n % 4)) != 2 ] || printf '%s %s %s\n' "$(($(date +%s) - begun))" "$(memory_kib)" "$(descriptors)" >>"$DIR/samples"
done
caches >>"$DIR/caches" || :
stop_load
[ -n "$RECEIVER" ] || start_receiver "$port"
write_variant 0 # the last one may be refused, by the command that asks as well
wait_until 60 status_is '.account.balances and ([.sinks[].lag.events] | max < 200)' ||
	fail "the sinks do not catch up, or the account does not balance: $(jq -c '[.account, .sinks]' "$DIR/status.json")"
stop_agent 0
! grep -E 'Sanitizer|runtime error' "$DIR/agent.err" || fail "a sanitizer has found something"

compare=compare
! grep -q __asan_init "$AGENT" || compare=
lost=$(sed -n 's/.*events: .*lost \([0-9]*\)$/\1/p' "$DIR/agent.err" | tail -1)
cat >"$DIR/check.py" <<'PYTHON'
import re, sys

identity = re.compile(rb'"id":"([0-9a-f-]{36}):([0-9]+)","sequence"')
seen = {}  # how often each number of a stream was there
for line in sys.stdin.buffer:
    stream, number = identity.search(line).groups()
    counts, number = seen.setdefault(stream, bytearray()), int(number)
    if number > len(counts):
        counts.extend(bytes(number - len(counts)))
    counts[number - 1] += 1
for stream, counts in seen.items():
    if counts.count(1) != len(counts):
        sys.exit("FAULT: of %d numbers %d are missing, %d are not there once"
                 % (len(counts), counts.count(0), len(counts) - counts.count(1) - counts.count(0)))
samples = [tuple(map(int, line.split())) for line in open(sys.argv[1])]
if len(samples) >= 100 and sys.argv[3] == "compare":
    quarter = len(samples) // 4
    early, late = samples[quarter:2 * quarter], samples[-quarter:]
    for name, at, room in (("KiB", 1, 1024), ("descriptors", 2, 3)):
        before, after = [row[at] for row in early], [row[at] for row in late]
        print("%s: %d to %d after the warm-up, %d to %d at the end"
              % (name, min(before), max(before), min(after), max(after)))
        # The least: packing, or a reader in a segment of its own, needs more for a moment. On a host
        # that is always busy there is no moment without one.
        if min(after) > min(before) + room:
            sys.exit("FAULT: %s grow; the caches: %s" % (name, open(sys.argv[4]).read()))
print("%d events, lost %s" % (sum(map(len, seen.values())), sys.argv[2]))
PYTHON
{
	find "$DIR/trail" -name '*.zst' -exec zstd -dcq {} +
	find "$DIR/trail" -name '*.ndjson' -exec cat {} +
} | python3 "$DIR/check.py" "$DIR/samples" "$lost" "$compare" "$DIR/caches" || fail "the trail or the memory is not as it should be"
echo "mixed_load: good ($seconds s, $n reloads)"
