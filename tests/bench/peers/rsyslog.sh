# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# A chain as people build it: tools that write text, a shipper that follows the files and makes JSON.
# shellcheck source=tests/bench/peers/execsnoop-exitsnoop.sh
. "$PEERS/execsnoop-exitsnoop.sh"
peer_title="execsnoop + exitsnoop, rsyslog to JSON"
unpacked=$BUILD/peers/rsyslog # by tests/syslog/peers.sh
peer_cannot() {
	[ -x "$unpacked/usr/sbin/rsyslogd" ] || command -v rsyslogd >/dev/null ||
		echo "there is no rsyslog (tests/syslog/peers.sh fetches it)"
}
peer_start() {
	modules=$(find "$unpacked" /usr/lib -name imfile.so -exec dirname {} + 2>/dev/null | head -n 1)
	program=$unpacked/usr/sbin/rsyslogd
	[ -x "$program" ] || program=rsyslogd
	mkdir "$OUT/state"
	: >"$OUT/execs" >"$OUT/exits"
	cat >"$OUT/rsyslog.conf" <<END
global(workDirectory="$OUT/state")
module(load="imfile" mode="inotify")
input(type="imfile" file="$OUT/execs" tag="exec" ruleset="r")
input(type="imfile" file="$OUT/exits" tag="exit" ruleset="r")
template(name="t" type="list" option.jsonf="on") {
	property(outname="@timestamp" name="timereported" dateFormat="rfc3339" format="jsonf")
	property(outname="host" name="hostname" format="jsonf")
	property(outname="action" name="syslogtag" format="jsonf")
	property(outname="message" name="msg" format="jsonf")
}
ruleset(name="r") { action(type="omfile" file="$OUT/events" template="t") }
END
	cage rsyslog env LD_LIBRARY_PATH="$(find "$unpacked" -name '*.so.*' -exec dirname {} + 2>/dev/null | sort -u | paste -sd:)" \
		"$program" -n -f "$OUT/rsyslog.conf" -i "$OUT/pid" -M "$modules"
	cage execs execsnoop
	cage exits exitsnoop
}
# First those who write, so that what they flush is followed.
peer_stop() {
	for pid in $(caged); do
		grep -q rsyslogd "/proc/$pid/comm" || kill -INT "$pid"
	done
	cage_at_rest
	stop_caged TERM
}
peer_count() { LC_ALL=C grep -F "\"$1\"" "$OUT/events" | LC_ALL=C grep -c '"storm_exec ' || :; }
peer_text() { cat "$OUT/events" 2>/dev/null; }
peer_command() { echo "execsnoop >execs & exitsnoop >exits & rsyslogd with imfile, omfile and a jsonf template"; }
