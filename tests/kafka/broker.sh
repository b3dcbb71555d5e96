# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# A real Kafka cluster of one or three nodes for a scenario, in KRaft mode, below $KAFKA_DIR.
# Usage: . broker.sh, after setting SOURCE and LIBS (where the jars are kept), then
#   kafka_prepare                   fetches the jars; says why and returns 1 when that cannot be
#   kafka_make NODES [PROPERTIES]   formats new nodes; each line of PROPERTIES goes into their files
#   kafka_start NODE..., kafka_kill NODE (-9), kafka_stop_all
# BROKERS has the addresses of the plain listeners, which are on KAFKA_HOST.

KAFKA_DIR=${KAFKA_DIR:-$DIR/kafka}
KAFKA_HOST=${KAFKA_HOST:-127.0.0.1}
KAFKA_ID=AuditshipTestCluster0w
KAFKA_HEAP=${KAFKA_HEAP:-"-Xms96m -Xmx320m"}
# Starts quickly rather than runs fast.
KAFKA_JAVA="-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=warn"

kafka_prepare() {
	command -v java >/dev/null || { echo "Java is not installed" && return 1; }
	command -v mvn >/dev/null || { echo "Maven is not installed" && return 1; }
	version=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p')
	[ "${version:-0}" -ge 17 ] || { echo "Kafka 4 needs Java 17, this is ${version:-none}" && return 1; }
	mkdir -p "$LIBS"
	cmp -s "$SOURCE/tests/kafka/pom.xml" "$LIBS/pom.xml" && return 0
	rm -f "$LIBS"/*.jar
	mvn -q -B -f "$SOURCE/tests/kafka/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
		-DoutputDirectory="$LIBS" >"$LIBS/maven.log" 2>&1 ||
		{ echo "Maven cannot fetch the broker: $(grep -m 1 ERROR "$LIBS/maven.log")" && return 1; }
	cp "$SOURCE/tests/kafka/pom.xml" "$LIBS/pom.xml"
}

# So many free ports, on one line.
free_ports() {
	python3 -c '
import socket, sys
sockets = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in sockets: s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))' "$1"
}

# kafka_make NODES [PROPERTIES] [FORMAT_ARGUMENT...]
# Listeners beside PLAINTEXT and CONTROLLER: name them in KAFKA_LISTENERS, "NAME:PROTOCOL ...".
kafka_make() {
	KAFKA_NODES=$1 properties=${2-}
	[ $# -lt 2 ] || shift
	shift
	BROKERS='' voters=''
	for node in $(seq "$KAFKA_NODES"); do
		# shellcheck disable=SC2046,SC2086
		eval "PORTS_$node=\"$(free_ports $((2 + $(echo ${KAFKA_LISTENERS-} | wc -w))))\""
		eval "ports=\$PORTS_$node"
		BROKERS=$BROKERS${BROKERS:+,}$KAFKA_HOST:${ports%% *}
		ports=${ports#* }
		voters=$voters${voters:+,}$node@127.0.0.1:${ports%% *}
	done
	export BROKERS
	for node in $(seq "$KAFKA_NODES"); do
		kafka_write_properties "$node" "$properties"
		# shellcheck disable=SC2086
		java $KAFKA_JAVA -Xmx128m -cp "$LIBS/*" kafka.tools.StorageTool format --cluster-id=$KAFKA_ID \
			-c "$KAFKA_DIR/$node.properties" "$@" >"$KAFKA_DIR/$node.format" 2>&1 ||
			fail "the broker's directory cannot be formatted: $(cat "$KAFKA_DIR/$node.format")"
	done
}

# KAFKA_PORT_NAME is the port of a listener of node 1.
kafka_write_properties() {
	eval "ports=\$PORTS_$1"
	plain=${ports%% *} ports=${ports#* }
	controller=${ports%% *} ports=${ports#* }
	listeners=PLAINTEXT://$KAFKA_HOST:$plain map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
	for listener in ${KAFKA_LISTENERS-}; do
		listeners=$listeners,${listener%%:*}://127.0.0.1:${ports%% *}
		map=$map,$listener
		[ "$1" != 1 ] || eval "KAFKA_PORT_${listener%%:*}=${ports%% *}"
		ports=${ports#* }
	done
	replicas=$((KAFKA_NODES < 3 ? KAFKA_NODES : 3))
	mkdir -p "$KAFKA_DIR"
	cat >"$KAFKA_DIR/$1.properties" <<END
process.roles=broker,controller
node.id=$1
controller.quorum.voters=$voters
listeners=$listeners,CONTROLLER://127.0.0.1:$controller
advertised.listeners=$listeners
listener.security.protocol.map=$map
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=$KAFKA_DIR/data.$1
default.replication.factor=$replicas
offsets.topic.replication.factor=$replicas
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=$replicas
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=$replicas
share.coordinator.state.topic.min.isr=1
auto.create.topics.enable=false
leader.imbalance.check.interval.seconds=5
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
num.network.threads=2
num.io.threads=2
$2
END
}

kafka_answers() {
	eval "port=\${PORTS_$1%% *}"
	python3 -c 'import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 1)' \
		"$KAFKA_HOST" "$port" 2>/dev/null
}

# kafka_start NODE...: in the background; returns when all answer. A node alone of three never does.
kafka_start() {
	for node; do
		# shellcheck disable=SC2086
		java $KAFKA_HEAP $KAFKA_JAVA -cp "$LIBS/*" kafka.Kafka "$KAFKA_DIR/$node.properties" \
			>>"$KAFKA_DIR/$node.log" 2>&1 &
		echo $! >"$KAFKA_DIR/$node.pid"
	done
	for node; do
		wait_until 90 kafka_answers "$node" ||
			fail "broker $node does not start: $(tail -n 5 "$KAFKA_DIR/$node.log")"
	done
}

kafka_end() {
	[ -s "$KAFKA_DIR/$2.pid" ] || return 0
	pid=$(cat "$KAFKA_DIR/$2.pid")
	rm -f "$KAFKA_DIR/$2.pid"
	kill "-$1" "$pid" 2>/dev/null || return 0
	wait "$pid" 2>/dev/null || :
}

kafka_kill() { kafka_end KILL "$1"; }
kafka_stop_all() {
	for node in $(seq "${KAFKA_NODES-0}"); do
		kafka_end KILL "$node"
	done
}
