#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A client joins through the control socket and never reads a byte, while 100,000 events go past. The agent loses
# none, its trail has each exactly once, its memory does not grow by what the client does not take.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
command -v perl >/dev/null || cannot_run "perl is not installed"

forks=50000
write_config
sed -i 's/64MiB/512MiB/' "$DIR/config.yaml"
start_agent
# shellcheck disable=SC2016
perl -MIO::Socket::UNIX -e '
	my $c = IO::Socket::UNIX->new(Peer => shift) or die;
	syswrite $c, "watch\n";
	sleep 600' "$DIR/run/control.sock" &
silent=$!
at_the_end 'kill "$silent" 2>/dev/null || :'
wait_until 20 status_is '.healthy and .watchers.present == 1' || fail "the client has not joined"

# What grows with the number of processes known grows first: the figure before is taken after a tenth.
cat >"$DIR/storm.pl" <<'EOF'
use POSIX ();
for (1 .. shift) {
	my $pid = fork() // die "cannot fork: $!\n";
	POSIX::_exit(7) unless $pid;
	waitpid $pid, 0;
}
print "$$\n";
EOF
perl "$DIR/storm.pl" $((forks / 10)) >"$DIR/warm-up"
before=$(memory_kib)
perl "$DIR/storm.pl" "$forks" >"$DIR/storm"
after=$(memory_kib)
# Asking is seen as well, so that a few events are always on their way.
has_all() { status_is '.healthy and .watchers.present == 1 and .account.balances and .account.lost == 0 and .sinks[0].lag.events < 1000'; }
wait_until 60 has_all || fail "the agent has taken harm: $(cat "$DIR/status.json")"
kill "$silent"
wait "$silent" 2>/dev/null || :
stop_agent 0

# What the client did not take is some 200 MiB; what else runs on the host is remembered meanwhile.
[ $((after - before)) -lt 12288 ] || fail "the agent's memory grew from $before KiB to $after KiB"
jq -r --argjson parent "$(cat "$DIR/storm")" 'select(.process.parent.pid == $parent)
	| select(.event.action == "fork" or (.event.action == "end" and .process.exit_code == 7))
	| .event.action + " " + .process.entity_id' "$DIR/trail/audit.ndjson" >"$DIR/told"
for action in fork end; do
	[ "$(grep -c "^$action" "$DIR/told")" = "$forks" ] || fail "$(grep -c "^$action" "$DIR/told") events $action, not $forks"
done
[ "$(sort -u "$DIR/told" | wc -l)" = $((2 * forks)) ] || fail "an event is there twice"
echo "silent_watcher: good ($((2 * forks)) events, memory from $before KiB to $after KiB)"
