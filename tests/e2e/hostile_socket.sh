#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Clients of the control socket that connect and say nothing, never read, send rubbish, a mebibyte
# without a line feed, half of a conversation, a thousand connections in a row, or are another user:
# the agent loses no event, no answer and no descriptor.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
command -v perl >/dev/null || cannot_run "perl is not installed"
command -v setpriv >/dev/null || cannot_run "setpriv is not installed"
write_config
SOCKET=$DIR/run/control.sock

# hostile SCRIPT: Perl with $s->() making a connection.
hostile() {
	perl -MIO::Socket::UNIX -e '
		use strict; use warnings;
		$SIG{PIPE} = "IGNORE";
		$SIG{ALRM} = sub { die "too slow\n" };
		alarm 60;
		my $path = shift;
		my $s = sub { IO::Socket::UNIX->new(Peer => $path) or die "cannot connect: $!\n" };
		sub hear { my $l = readline $_[0]; defined $l ? $l : "" }
		'"$1" "$SOCKET" || fail "hostile client: $1"
}

same_descriptors() {
	[ "$(descriptors)" = "$before" ]
}

start_agent
before=$(descriptors)
sh -c 'i=0; while [ $i -lt 3000 ]; do /bin/true; i=$((i + 1)); done' &
storm=$!

hostile 'for (1 .. 1000) { my $c = $s->(); syswrite $c, ("status\n", "rubbish\n", "", "sta")[$_ % 4]; }'
hostile 'for (1 .. 1000) { my $c = $s->(); syswrite $c, "version\n"; hear($c) =~ /"ok":true/ or die "no answer\n"; }'
hostile 'my $c = $s->(); my $n = 0; for (1 .. 256) { my $w = syswrite $c, "\xa5" x 4096; last unless $w; $n += $w }
	hear($c) =~ /at most 256 bytes/ or die "a mebibyte: no words\n"; die "taken whole\n" if $n >= 1 << 20;'
hostile 'for my $junk ("\0\n", "\x1b[2J\n", "{}\n", "GET / HTTP/1.0\r\n\r\n", "status\nstatus\n", "\n" x 100) {
	my $c = $s->(); syswrite $c, $junk; hear($c) =~ /"ok":false/ or die "rubbish is answered\n"; hear($c) eq "" or die }'
hostile 'my $c = $s->(); syswrite $c, "status\n"; shutdown $c, 1; hear($c) =~ /"account"/ or die "half-closed: no answer\n"'

# All places taken by clients that say nothing: others are told, and after five seconds it is over.
hostile 'my @c = map { $s->() } 1 .. 16; my $c = $s->(); hear($c) =~ /too many clients/ or die "the 17th is not told\n";
	for (@c) { hear($_) eq "" or die "a silent one hears something\n" }'
status_is '.healthy and .control.timeouts >= 16 and .control.clients == 1' || fail "silent clients are not sent away"

# Watchers that never read, while events storm, and one more than there may be; then they vanish.
hostile 'my @c = map { my $c = $s->(); syswrite $c, "watch\n"; select undef, undef, undef, 0.02; $c } 1 .. 8;
	my $c = $s->(); syswrite $c, "watch\n"; hear($c) =~ /"ok":false/ or die "a ninth watcher\n";
	system("/bin/true") for 1 .. 2000; $c = $s->(); syswrite $c, "status\n";
	hear($c) =~ /"present":8/ or die "eight should watch\n"'
wait_until 10 status_is '.healthy and .watchers.present == 0' || fail "watchers that have gone are kept"

# Another user: the directory and the socket are closed to him.
if setpriv --reuid 65534 --regid 65534 --clear-groups "$AGENT" status --socket "$SOCKET" 2>"$DIR/other.err"; then
	fail "another user is answered"
fi
chmod 755 "$DIR" "$DIR/run"
cp "$AGENT" "$DIR/agent"
chmod 755 "$DIR/agent"
expect_failure 1 "may not ask the agent" \
	setpriv --reuid 65534 --regid 65534 --clear-groups "$DIR/agent" status --socket "$SOCKET"
chmod 666 "$SOCKET"
expect_failure 1 "only root and the agent's group may ask" \
	setpriv --reuid 65534 --regid 65534 --clear-groups "$DIR/agent" status --socket "$SOCKET"

wait "$storm"
wait_until 10 same_descriptors || fail "the agent had $before descriptors, now $(descriptors)"
status_is '.healthy and .account.balances and .account.lost == 0' || fail "the agent has taken harm"
/bin/echo marker-at-the-end >/dev/null
wait_until 10 grep -q marker-at-the-end "$DIR/trail/audit.ndjson" || fail "delivery has stopped"
stop_agent 0
check_trail "$DIR/trail/audit.ndjson"
echo "hostile_socket: good"
