#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A service manager hears of start, reload, refused reload and stop, in this order, and its watchdog is fed
# once a second in between; without one, and with one that has gone, the agent runs all the same.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
command -v perl >/dev/null || cannot_run "perl is not installed"
write_config

perl -MSocket -e '
	$| = 1;
	my ($path, $log) = @ARGV;
	socket my $s, PF_UNIX, SOCK_DGRAM, 0 or die;
	bind $s, sockaddr_un($path) or die "$!";
	open my $out, ">", $log or die;
	$out->autoflush(1);
	while (defined recv $s, my $text, 4096, 0) { print $out "$_\n" for split /\n/, $text; print $out "--\n" }' \
	"$DIR/notify" "$DIR/heard" &
manager=$!
wait_until 10 test -S "$DIR/notify" || fail "no manager"
NOTIFY_SOCKET=$DIR/notify WATCHDOG_USEC=30000000
export NOTIFY_SOCKET WATCHDOG_USEC
start_agent
heard() { [ "$(grep -c "^$1" "$DIR/heard")" -ge "$2" ]; }
wait_until 10 heard READY=1 1 || fail "it does not say that it is ready"
wait_until 20 heard WATCHDOG=1 3 || fail "the watchdog is not fed"
echo 'log: {level: debug}' >>"$DIR/config.yaml"
kill -HUP "$AGENT_PID"
wait_until 20 heard READY=1 2 || fail "a reload is not told"
heard RELOADING=1 1 && heard MONOTONIC_USEC= 1 || fail "that it reloads is not told"
echo 'rubbish: 1' >>"$DIR/config.yaml"
kill -HUP "$AGENT_PID"
wait_until 20 heard READY=1 3 || fail "a refused reload does not end"
kill "$manager"
wait "$manager" 2>/dev/null || :
rm "$DIR/notify"
for i in 1 2 3; do "$AGENT" status --socket "$DIR/run/control.sock" >/dev/null || fail "status $i"; sleep 0.5; done
grep -E '^(READY|RELOADING)' "$DIR/heard" | tr '\n' ' ' >"$DIR/order"
[ "$(cat "$DIR/order")" = 'READY=1 RELOADING=1 READY=1 RELOADING=1 READY=1 ' ] || fail "told out of order: $(cat "$DIR/order")"
stop_agent 0
