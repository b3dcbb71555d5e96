#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A broker is away while events keep coming: for 8 seconds, or with FULL=1 for ten minutes, which is
# longer than librdkafka's own patience. The journal holds them, memory does not grow with them, and
# all arrive once it is back.
TOOLS=$1 AGENT=$2 SOURCE=$3
. "$SOURCE/tests/kafka/lib.sh"
PER_SECOND=1000
AWAY=8
[ -z "${FULL-}" ] || AWAY=600
EVENTS=$((PER_SECOND * (AWAY + 4)))

memory_kib() { sed -n 's/^RssAnon:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$FEED_PID/status"; }
has_trail() { [ "$(wc -l <"$DIR/trail/audit.ndjson")" -ge "$1" ]; }

kafka_make 1
kafka_start 1
tool create audit 6 1
kafka_config "$BROKERS" audit
feed "$EVENTS" $PER_SECOND 1800
wait_until 60 has_trail $((PER_SECOND * 2)) || fail "nothing comes"
kafka_kill 1
says 20 "(no broker can be reached|the connection to the broker broke)"
wait_until $((AWAY + 60)) has_trail $((PER_SECOND * (AWAY + 2))) || fail "the file stands still"
memory=$(memory_kib)
kafka_start 1
feed_ends
topic_has audit "$EVENTS"
trail_has "$EVENTS"
echo "away for $AWAY s: $memory KiB of memory at the end of it"
[ "$memory" -lt 65536 ] || fail "the feed has grown to $memory KiB"
