#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What can be wrong with a cluster, one after the other, against a real broker: each time the status
# says it in plain words, the file beside the Kafka sink gets everything meanwhile, and once it is
# mended the topic has everything too.
TOOLS=$1 AGENT=$2 SOURCE=$3
. "$SOURCE/tests/kafka/lib.sh"
EVENTS=200
keystore() {
	echo "listener.name.$1.ssl.keystore.type=PEM
listener.name.$1.ssl.keystore.location=$DIR/$2.store"
}

authority ca
authority other
certificate good ca IP:127.0.0.1,DNS:localhost 30
certificate expired ca IP:127.0.0.1,DNS:localhost -1
certificate misnamed ca DNS:elsewhere.example 30
certificate mine ca DNS:host 30
certificate stranger other DNS:host 30
for broker in good expired misnamed; do
	cat "$DIR/$broker.key" "$DIR/$broker.pem" >"$DIR/$broker.store"
done
KAFKA_LISTENERS="TLS:SSL EXPIRED:SSL MISNAMED:SSL MUTUAL:SSL SASL:SASL_SSL"
kafka_make 1 "$(keystore tls good; keystore expired expired; keystore misnamed misnamed; keystore mutual good
keystore sasl good)
listener.name.mutual.ssl.client.auth=required
listener.name.mutual.ssl.truststore.type=PEM
listener.name.mutual.ssl.truststore.location=$DIR/ca.pem
listener.name.sasl.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
listener.name.sasl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_alice=\"right\";
listener.name.sasl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=true
super.users=User:ANONYMOUS" \
	--add-scram 'SCRAM-SHA-512=[name=alice,password=right]'

# begins: a new trail; goes wrong says PATTERN within so many seconds, with the file untouched.
begins() { rm -rf "$DIR/state" "$DIR/trail"; }
goes_wrong() {
	echo "-- $2"
	feed $EVENTS 0 "${3-60}"
	says "$1" "$2"
	wait_until 20 trail_has $EVENTS
	trail_has $EVENTS
}
is_mended() {
	feed_ends
	topic_has "$1" $EVENTS
	trail_has $EVENTS
}
# The agent is started again with another configuration; the journal has kept the events.
mended_by_restart() {
	end_feed
	feed 0 0 60
	is_mended "$1"
}

has_some() { [ "$(tool count "$1")" -gt 0 ]; }

# Down at the start, then up.
begins
kafka_config "$BROKERS" down
goes_wrong 20 "no broker can be reached|the connection to the broker broke.*Connection refused"
kafka_start 1
tool create down 3 1
is_mended down

# The topic is not there, then made.
begins
kafka_config "$BROKERS" missing
goes_wrong 30 "the topic does not exist: create it, or mend the option topic"
tool create missing 3 1
is_mended missing

tls="tls: {ca: $DIR/ca.pem}"
localhost=127.0.0.1
tool create certificates 3 1
begins
kafka_config "$localhost:$KAFKA_PORT_EXPIRED" certificates "$tls"
goes_wrong 20 "the broker's certificate has expired"
kafka_config "$localhost:$KAFKA_PORT_TLS" certificates "tls: {ca: $DIR/other.pem}"
end_feed
feed 0 0 60
says 20 "the broker's certificate is signed by (nobody that tls.ca knows|an authority that is not in tls.ca)"
kafka_config "$localhost:$KAFKA_PORT_MISNAMED" certificates "$tls"
end_feed
feed 0 0 60
says 20 "the broker's certificate is for another (name|address) than brokers gives"
kafka_config "$localhost:$KAFKA_PORT_TLS" certificates "$tls"
mended_by_restart certificates

# Our own certificate: none, one that the broker does not take, the right one.
own() { echo "tls: {ca: $DIR/ca.pem, cert: $DIR/$1.pem, key: $DIR/$1.key}"; }
connect_says() {
	"$AGENT" check -c "$DIR/config.yaml" --connect >"$DIR/connect" 2>&1 || :
	grep -qE "^sink siem: $1" "$DIR/connect" || fail "check does not say '$1': $(cat "$DIR/connect")"
}
tool create mutual 3 1
begins
kafka_config "$localhost:$KAFKA_PORT_MUTUAL" mutual "$tls"
goes_wrong 20 "the broker wants a certificate of this host: give tls.cert and tls.key"
connect_says "fault: the broker wants a certificate of this host"
kafka_config "$localhost:$KAFKA_PORT_MUTUAL" mutual "$(own stranger)"
end_feed
feed 0 0 60
says 20 "the broker does not accept tls.cert"
connect_says "fault: the broker does not accept tls.cert"
[ "$(tool count mutual)" = 0 ] || fail "something was let in all the same"
kafka_config "$localhost:$KAFKA_PORT_MUTUAL" mutual "$(own mine)"
connect_says "good: 1 broker reachable by way of .*, security TLS"
mended_by_restart mutual

# User names and passwords. librdkafka before 2.6.1 cannot do SCRAM with Kafka 4 (check says so).
tool create passwords 3 1
begins
kafka_config "$localhost:$KAFKA_PORT_SASL" passwords "$tls" \
	"sasl: {mechanism: PLAIN, username: alice, password: wrong}"
goes_wrong 20 "the broker refuses us: check sasl"
kafka_config "$localhost:$KAFKA_PORT_SASL" passwords "$tls" \
	"sasl: {mechanism: SCRAM-SHA-512, username: bob, password: wrong}"
end_feed
feed 0 0 60
says 20 "the broker refuses us: check sasl"
echo right >"$DIR/password"
mechanism=PLAIN
"$AGENT" check -c "$DIR/config.yaml" 2>&1 | grep -q "cannot do SCRAM" || mechanism=SCRAM-SHA-512
kafka_config "$localhost:$KAFKA_PORT_SASL" passwords "$tls" \
	"sasl: {mechanism: $mechanism, username: alice, password: \"\${file:$DIR/password}\"}"
mended_by_restart passwords

# A right that is missing.
tool create forbidden 3 1
tool deny forbidden alice
begins
kafka_config "$localhost:$KAFKA_PORT_SASL" forbidden "$tls" \
	"sasl: {mechanism: PLAIN, username: alice, password: right}"
goes_wrong 30 "this user may not write to the topic: allow Write"
kafka_config "$BROKERS" forbidden
mended_by_restart forbidden

# Events that the topic does not take: found one by one, shrunk, and nothing beside them given up.
tool create small 3 1 max.message.bytes=20000
begins
kafka_config "$BROKERS" small "compression: none"
export FEED_LONG=1
goes_wrong 60 "larger than the topic's max.message.bytes: lower max_message"
unset FEED_LONG
is_mended small

# A topic that is deleted while events come, and made again.
tool create vanishing 3 1
begins
kafka_config "$BROKERS" vanishing
feed 2000 200 90
wait_until 30 has_some vanishing || fail "nothing arrives in the topic"
tool delete vanishing
says 40 "(the topic does not exist|the topic has lost a partition)"
tool create vanishing 3 1
feed_ends
has_some vanishing || fail "nothing arrives in the new topic"
trail_has 2000
