# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What every scenario with a real broker needs. Usage: . lib.sh, after setting TOOLS, AGENT and
# SOURCE from its arguments: where the tests' programs are, the agent, the root of the source.
# shellcheck disable=SC2034
LIBS=${KAFKA_LIBS:-$TOOLS/kafka/libs}
. "$SOURCE/tests/e2e/lib.sh"
. "$SOURCE/tests/kafka/broker.sh"
. "$SOURCE/tests/fixtures/certificates.sh"
FEED_PID=

end_kafka() {
	[ -z "$FEED_PID" ] || kill -9 "$FEED_PID" 2>/dev/null || :
	kafka_stop_all
}
at_the_end 'end_kafka'

why=$(kafka_prepare) || cannot_run "$why"
command -v python3 >/dev/null || cannot_run "python3 is not installed"

tool() { "$TOOLS/kafka/kafka_tool" "$@"; }

# kafka_config BROKERS TOPIC [OPTION...]: a Kafka sink, and a file beside it.
kafka_config() {
	cat >"$DIR/config.yaml" <<END
agent: {state_dir: $DIR/state, runtime_dir: $DIR/run}
journal: {max_size: 2GiB}
sinks:
  - {name: trail, type: file, path: $DIR/trail/audit.ndjson, rotate: {size: off}}
  - name: siem
    type: kafka
    brokers: [$1]
    topic: $2
    key: process
END
	shift 2
	for option; do
		printf '    %s\n' "$option" >>"$DIR/config.yaml"
	done
}

# feed EVENTS PER_SECOND SECONDS: in the background; what it says is in $DIR/feed.out.
feed() {
	: >"$DIR/feed.out"
	"$TOOLS/feed" "$DIR/config.yaml" "$@" >"$DIR/feed.out" 2>"$DIR/feed.err" &
	FEED_PID=$!
}

# The agent goes; what has not arrived waits in the journal.
end_feed() {
	kill "$FEED_PID"
	wait "$FEED_PID" 2>/dev/null || :
	FEED_PID=
}

# Until all has arrived; what it said is shown otherwise.
feed_ends() {
	code=0
	wait "$FEED_PID" || code=$?
	FEED_PID=
	[ "$code" = 0 ] || fail "not everything arrived: $(tail -n 6 "$DIR/feed.out" "$DIR/feed.err")"
}

# says SECONDS PATTERN: the status of the Kafka sink, in words.
says() {
	wait_until "$1" grep -qE "^siem (failing|blocked) .*$2" "$DIR/feed.out" ||
		fail "nothing like '$2' is said: $(cat "$DIR/feed.out" "$DIR/feed.err")"
}

# The file has every event once, whatever happened to Kafka.
trail_has() {
	check_trail "$DIR/trail/audit.ndjson"
	lines=$(wc -l <"$DIR/trail/audit.ndjson")
	[ "$lines" = "$1" ] || fail "the file has $lines lines, not $1"
}

topic_has() {
	found=$(tool verify "$@") || fail "topic $1: $found"
	echo "topic $1: $found"
}
