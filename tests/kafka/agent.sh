#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The agent as a whole: probes, journal, a file and a Kafka sink to a real broker. When the agent
# starts, the broker's address swallows what is sent to it; then it comes up, is killed and stays away for some
# seconds (ten minutes with FULL=1, which is longer than librdkafka's own patience) while programs
# run, and comes back. With FULL=1 it then vanishes from the network once more, in the middle.
# Meanwhile the status says in words what is wrong, the file goes on and memory does not grow. In
# the end the topic has every event of the file, byte for byte.
TOOLS=$1 AGENT=$2 SOURCE=$3

# The network of this scenario: what is sent to an address that nobody has disappears.
[ -n "${PRIVATE_NETWORK-}" ] || [ "$(id -u)" != 0 ] ||
	PRIVATE_NETWORK=1 exec unshare --net sh "$0" "$@"
KAFKA_HOST=10.99.0.2
. "$SOURCE/tests/kafka/lib.sh"
. "$SOURCE/tests/fixtures/outage.sh"
need_probes
ip link set lo up
ip link add hole type veth peer name bottom || cannot_run "no veth devices here"
ip link set bottom up
ip link set hole up
ip address add 10.99.0.1/24 dev hole
ip neighbour add $KAFKA_HOST lladdr 02:00:00:00:00:99 dev hole nud permanent

kafka_make 1
# As it comes with FULL=1; else one that looks again soon.
properties="socket.connection.setup.timeout.ms: 2000, reconnect.backoff.max.ms: 1000"
[ -z "${FULL-}" ] || properties=
outage_config <<END
  - {name: siem, type: kafka, brokers: ["$BROKERS"], topic: audit, key: process, properties: {$properties}}
END
hole="no (broker answers|answer from the broker).*: is there a firewall between"
begin_outage
is_away siem "$hole"
ip address add $KAFKA_HOST/32 dev lo
kafka_start 1
tool create audit 3 1
is_back siem
kafka_kill 1
stays_away siem "(no broker can be reached|the connection to the broker broke)"
kafka_start 1
is_back siem
if [ -n "${FULL-}" ]; then
	AWAY=90 # longer than librdkafka waits for an answer
	ip address delete $KAFKA_HOST/32 dev lo
	stays_away siem "$hole"
	ip address add $KAFKA_HOST/32 dev lo
	is_back siem
fi
end_outage
tool dump audit >"$DIR/messages"
cut -f 4 "$DIR/messages" | sort -u >"$DIR/arrived"
sort "$TRAIL" >"$DIR/sent"
cmp "$DIR/sent" "$DIR/arrived" || fail "the topic and the file differ"
echo "$(wc -l <"$DIR/sent") events there, $(($(wc -l <"$DIR/messages") - $(wc -l <"$DIR/sent"))) repeated"
