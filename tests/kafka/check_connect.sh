#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# 'auditship check --connect' asks a real broker what the sink will depend on, says it in words, and
# leaves nothing in the topic.
TOOLS=$1 AGENT=$2 SOURCE=$3
. "$SOURCE/tests/kafka/lib.sh"

# tried EXPECTED_CODE PATTERN...: each pattern is said of the Kafka sink.
tried() {
	wanted=$1
	shift
	code=0
	"$AGENT" check -c "$DIR/config.yaml" --connect >"$DIR/check.out" 2>"$DIR/check.err" || code=$?
	[ "$code" = "$wanted" ] || fail "exit code $code, not $wanted: $(cat "$DIR/check.out" "$DIR/check.err")"
	for pattern; do
		grep -qE "^sink siem: $pattern" "$DIR/check.out" || fail "no '$pattern' in: $(cat "$DIR/check.out")"
	done
	grep -qE '^sink trail: good: the directory .* is not there yet' "$DIR/check.out" ||
		fail "nothing of the file: $(cat "$DIR/check.out")"
}

kafka_config "127.0.0.1:1" audit
tried 1 "fault: .*Connection refused"
kafka_config "nowhere.invalid:9092" audit
tried 1 "fault: the broker's name is unknown to DNS"

# What librdkafka does not even begin with.
authority ca
certificate mine ca DNS:host 30
kafka_config "127.0.0.1:1" audit "tls: {ca: $DIR/nowhere.pem}"
tried 1 "fault: tls.ca cannot be used: is it there"
kafka_config "127.0.0.1:1" audit "tls: {ca: $DIR/ca.pem, cert: $DIR/mine.pem, key: $DIR/ca.key}"
tried 1 "fault: tls.key cannot be used: .* that of tls.cert"

kafka_make 1 "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=true"
kafka_start 1
tool create audit 6 1
tool create small 1 1 max.message.bytes=20000
tool create forbidden 1 1

kafka_config "$BROKERS" audit
tried 0 "good: 1 broker reachable" "good: topic 'audit': 6 partitions, 1 replicas" \
	"good: min.insync.replicas: 1" "good: max.message.bytes: 1048588" "good: this user may write"
[ "$(tool count audit)" = 0 ] || fail "the try left something in the topic"
kafka_config "$BROKERS" small
tried 1 "fault: max.message.bytes: 20000, less than max_message"
kafka_config "$BROKERS" missing
tried 1 "fault: topic 'missing': the topic does not exist: create it"
tool deny forbidden ANONYMOUS
kafka_config "$BROKERS" forbidden
tried 1 "fault: topic 'forbidden': this user may not write to the topic: allow Write"
