#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A broker is killed with -9 and started again while events come. Every one is in the topic; of each
# key the first occurrences are in order; what came twice is the same, byte for byte. With FULL=1: a
# million events and five kills, and the same on three nodes, of which one after the other goes, so
# that leaders move.
TOOLS=$1 AGENT=$2 SOURCE=$3
. "$SOURCE/tests/kafka/lib.sh"

# run EVENTS PER_SECOND NODES KILLS
run() {
	rm -rf "$DIR/kafka" "$DIR/state" "$DIR/trail"
	kafka_make "$3" "log.flush.interval.messages=1000"
	# shellcheck disable=SC2046
	kafka_start $(seq "$3")
	tool create audit 6 "$3" min.insync.replicas="$(($3 < 3 ? 1 : 2))"
	kafka_config "$BROKERS" audit
	feed "$1" "$2" 1800
	for kill in $(seq "$4"); do
		node=$((kill % $3 + 1))
		reached=$(($1 * kill / ($4 + 1)))
		wait_until 600 has_trail "$reached" || fail "the feed stands still"
		kafka_kill "$node"
		[ "$3" = 1 ] || sleep 4 # the others notice, and lead
		kafka_start "$node"
	done
	feed_ends
	topic_has audit "$1"
	trail_has "$1"
	grep '^siem [0-9]' "$DIR/feed.out"
	kafka_stop_all
}

has_trail() { [ "$(wc -l <"$DIR/trail/audit.ndjson")" -ge "$1" ]; }

if [ -n "${FULL-}" ]; then
	run 1000000 20000 1 5
	run 1000000 10000 3 6
else
	run 20000 5000 1 2
fi
