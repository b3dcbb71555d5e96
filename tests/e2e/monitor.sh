#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Machines ask the agent over HTTP: promtool has nothing to say against /metrics, each metric is in
# docs/metrics.md and the reverse, the alert rules know no other; figures are those of the status. A
# reload moves the port and a bad one leaves it; nobody else on the network gets in; a flood of hostile
# clients costs no event and no descriptor.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
command -v curl >/dev/null || cannot_run "curl is not installed"
command -v promtool >/dev/null || cannot_run "promtool (package prometheus) is not installed"
command -v perl >/dev/null || cannot_run "perl is not installed"

PORT=$(perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport')
configure() {
	write_config
	echo "monitor: {listen: '$1'}" >>"$DIR/config.yaml"
	echo "rules: [{name: quiet, when: {process.executable: [/no/such]}, do: drop}]" >>"$DIR/config.yaml"
}
get() { curl -sS --noproxy '*' -m 10 "http://127.0.0.1:$PORT$1"; }
get_unix() { curl -sS -m 10 --unix-socket "$DIR/run/http" "http://x$1"; }
reload() {
	kill -HUP "$AGENT_PID"
	wait_until 20 grep -q "$1" "$DIR/agent.err" || fail "reload: nothing like '$1'"
}

# Where others could come, it does not listen.
for bad in 0.0.0.0:9178 '[::]:9178' 192.0.2.1:9178 localhost; do
	configure "$bad"
	expect_failure 78 'no? *address|is not off, or an address' "$AGENT" run -c "$DIR/config.yaml"
done

configure "127.0.0.1:$PORT"
start_agent
before=$(descriptors)
[ "$(get /healthz)" = ok ] || fail "not healthy: $(get /healthz)"
[ "$(get /readyz)" = ok ] || fail "not ready: $(get /readyz)"
for i in 1 2 3 4 5 6 7 8 9 10; do /bin/true "$i"; done
has_arrived() { get /metrics | grep -q '^auditship_sink_acknowledged_events_total{sink="trail"} [1-9]'; }
wait_until 10 has_arrived || fail "no event arrives"
get /metrics >"$DIR/metrics"
promtool check metrics <"$DIR/metrics" >"$DIR/promtool" 2>&1 || {
	cat "$DIR/promtool" >&2
	fail "promtool finds fault with /metrics"
}
[ ! -s "$DIR/promtool" ] || fail "promtool has something to say: $(cat "$DIR/promtool")"
grep -q '^auditship_rule_dropped_events_total{rule="quiet"} 0$' "$DIR/metrics" || fail "a rule's name"

# The documentation has every metric, and no other.
sed -n 's/^# TYPE \([a-z_]*\) \([a-z]*\)$/\1 \2/p' "$DIR/metrics" | sort >"$DIR/served"
sed -n 's/^| `\([a-z_]*\)` | \([a-z]*\) |.*/\1 \2/p' "$SOURCE/docs/metrics.md" | sort -u >"$DIR/documented"
diff "$DIR/served" "$DIR/documented" >&2 || fail "docs/metrics.md is not what the agent serves"
promtool check rules "$SOURCE/packaging/prometheus/auditship.rules.yml" >"$DIR/rules" 2>&1 || fail "$(cat "$DIR/rules")"
(cd "$SOURCE/packaging/prometheus" && promtool test rules auditship.rules.test.yml) >"$DIR/rules" 2>&1 ||
	fail "$(cat "$DIR/rules")"
grep -ohE 'auditship_[a-z_]+' "$SOURCE/packaging/prometheus/auditship.rules.yml" | sort -u |
	while read -r metric; do
		grep -q "^$metric " "$DIR/served" || fail "an alert goes by $metric, which is not there"
	done

# The same figures as in the status; what only grows has grown no further back.
"$AGENT" status -c "$DIR/config.yaml" --json >"$DIR/status.json" || :
get /metrics >"$DIR/later"
value() { sed -n "s/^auditship_$1 //p" "$2"; }
for pair in 'numbered_records_total .account.numbered' 'journal_events_total .journal.events' \
	'records_total{outcome="journalled"} .account.journalled' \
	'sink_acknowledged_events_total{sink="trail"} .sinks[0].acknowledged'; do
	metric=${pair% *} member=${pair##* }
	first=$(value "$metric" "$DIR/metrics") last=$(value "$metric" "$DIR/later")
	between=$(jq "$member" "$DIR/status.json")
	[ "$first" -gt 0 ] && [ "$first" -le "$between" ] && [ "$between" -le "$last" ] ||
		fail "$metric: $first, $between in the status, $last"
done

# Hostile clients in a storm: silence, rubbish, half requests, bodies, many at once.
sh -c 'i=0; while [ $i -lt 2000 ]; do /bin/true; i=$((i + 1)); done' &
storm=$!
perl -MIO::Socket::INET -e '
	use strict; use warnings;
	$SIG{PIPE} = "IGNORE";
	my @held;
	my @words = ("", "GET /metrics", "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "\0" x 100, "x" x 20000,
		"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n", "GET /%00%ff/../ HTTP/9.9\r\n\r\n");
	for my $i (1 .. 300) {
		my $c = IO::Socket::INET->new(PeerAddr => "127.0.0.1:'"$PORT"'", Timeout => 5) or next;
		syswrite $c, $words[$i % @words];
		push @held, $c if $i % 3 == 0 && @held < 100;
	}
' || fail "hostile clients"
wait "$storm"
wait_until 30 sh -c "[ \"\$(curl -sS --noproxy '*' -m 10 http://127.0.0.1:$PORT/healthz)\" = ok ]" || fail "the port is dead"
same_descriptors() { [ "$(descriptors)" = "$before" ]; }
wait_until 30 same_descriptors || fail "descriptors: $before, then $(descriptors)"
get /metrics >"$DIR/metrics"
[ "$(value account_balanced "$DIR/metrics")" = 1 ] || fail "the account does not balance"
[ "$(value 'lost_records_total{reason="ring_full"}' "$DIR/metrics")" = 0 ] || fail "events were lost"

# Another place by a reload: a unix socket, closed to others.
configure "unix:$DIR/run/http"
reload reloaded
[ "$(get_unix /readyz)" = ok ] || fail "no answer on the unix socket"
if get /readyz >/dev/null 2>&1; then fail "the old port is still open"; fi
if command -v setpriv >/dev/null; then
	chmod 755 "$DIR" "$DIR/run"
	if setpriv --reuid=65534 --regid=65534 --clear-groups curl -sS -m 10 --unix-socket "$DIR/run/http" http://x/metrics \
		>/dev/null 2>&1; then fail "nobody reads the metrics"; fi
fi
# A place that is taken refuses the reload, and the old one stays.
perl -MIO::Socket::INET -e '
	my $l = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1:'"$PORT"'", ReuseAddr => 1) or die "$!";
	open my $f, ">", "'"$DIR"'/taken"; close $f; sleep 30' &
taker=$!
wait_until 10 test -e "$DIR/taken" || fail "cannot take the port"
configure "127.0.0.1:$PORT"
reload "reload refused.*cannot listen on '127.0.0.1:$PORT'"
kill "$taker"
[ "$(get_unix /readyz)" = ok ] || fail "a refused reload has closed the port"
# Off.
configure off
: >"$DIR/agent.err"
reload reloaded
if get_unix /readyz >/dev/null 2>&1; then fail "the port is not off"; fi
stop_agent 0
[ ! -e "$DIR/run/http" ] || fail "the socket stays behind"
