#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The agent as a whole: probes, journal, a file and two syslog sinks, over TCP and TLS, to a real
# rsyslog. It is down when the agent starts, comes up, goes away for some seconds (ten minutes with
# FULL=1) while programs run, and comes back. Meanwhile the status says in words what is wrong and
# the file goes on. In the end every event of the file has arrived over both, field by field.
FEED=$1 AGENT=$2 SOURCE=$3
. "$SOURCE/tests/syslog/lib.sh"
. "$SOURCE/tests/fixtures/outage.sh"
need_probes
need rsyslog
certificates
TCP=$(free_port tcp) TLS=$(free_port tcp)

outage_config <<END
  - {name: tcp, type: syslog, target: "tcp://localhost:$TCP", retry: {max: 5s}}
  - name: tls
    type: syslog
    target: "tls://localhost:$TLS"
    tls: {ca: $DIR/ca.pem, cert: $DIR/client.pem, key: $DIR/client.key}
    retry: {max: 5s}
END

# One rsyslog for both, each into a file of its own.
PORT=$TLS TRANSPORT=tls
rsyslog_config tls
cat >>"$DIR/receiver.conf" <<END
input(type="imtcp" port="$TCP" address="127.0.0.1" ruleset="tcp")
ruleset(name="tcp"){ action(type="omfile" file="$DIR/received.tcp" template="t") }
END

away="refused: nothing listens there"
begin_outage
is_away tcp "$away"
is_away tls "$away"
start_receiver rsyslog
is_back tcp
is_back tls
stop_receiver
is_away tcp "$away"
stays_away tls "$away"
start_receiver rsyslog
is_back tcp
is_back tls
end_outage
stop_receiver
printf 'tls: '
compare --repeats
mv "$DIR/received.tcp" "$DIR/received"
printf 'tcp: '
compare --repeats
