#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What a broker gets, message by message: with each of the keys, where Java's clients would put them;
# with headers; and as documents of many events, each good by its published schema. Every event of
# the file beside is there in each topic, the same.
TOOLS=$1 AGENT=$2 SOURCE=$3
. "$SOURCE/tests/kafka/lib.sh"
EVENTS=2000

kafka_make 1
kafka_start 1
{
	cat <<END
agent: {state_dir: $DIR/state, runtime_dir: $DIR/run}
sinks:
  - {name: trail, type: file, path: $DIR/trail/audit.ndjson, rotate: {size: off}}
  - {name: batch, type: kafka, brokers: ["$BROKERS"], topic: batch, message: batch, key: host, headers: standard,
     batch: {size: 64KiB}}
END
	for key in host container process user none; do
		echo "  - {name: $key, type: kafka, brokers: [\"$BROKERS\"], topic: $key, key: $key}"
	done
} >"$DIR/config.yaml"
for topic in batch host container process user none; do
	tool create $topic 3 1
done
feed $EVENTS 0 60
feed_ends
trail_has $EVENTS
for topic in batch host container process user none; do
	tool dump $topic >"$DIR/$topic"
	python3 "$SOURCE/tests/kafka/messages.py" $topic "$DIR/trail/audit.ndjson" "$DIR/$topic" ||
		fail "topic $topic"
done
cut -f 4 "$DIR/batch" >"$DIR/documents"
/usr/bin/python3 "$SOURCE/tests/schema/check_events.py" "$SOURCE/schemas/batch.schema.json" --all "$DIR/documents" ||
	fail "a document is not what its schema says"
