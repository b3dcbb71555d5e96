#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The trail is rotated while events come, by size into packed files, with kill -9 in between (ten times; a
# hundred with FULL=1), at SIGUSR1, by mv and by logrotate with create. In the end all its files in the order
# of their names hold every journalled event once.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
command -v zstd >/dev/null || cannot_run "zstd is not installed"
command -v logrotate >/dev/null || cannot_run "logrotate is not installed"
rounds=10
[ -z "${FULL-}" ] || rounds=100

configure() {
	write_config
	sed -i "s/rotate: {size: off}/$1/; 1a capture: {events: [exec]}" "$DIR/config.yaml"
}

# check_whole FILE: each stream's numbers go from the first to the last, each once; none of line is torn.
check_whole() {
	check_trail "$1"
	jq -rs 'group_by(.agent.ephemeral_id)[] | [.[].event.sequence] | select(. != [range(1; length + 1)])
		| "numbers \(.[0]) to \(.[-1]), \(length) of them"' "$1" >"$DIR/faults" || fail "no JSON"
	[ ! -s "$DIR/faults" ] || fail "an event is missing, there twice or out of order: $(cat "$DIR/faults")"
}

# A hundred a second at most: the host may be slow, and each file has to be packed.
start_programs() {
	sh -c 'while :; do for i in 0 1 2 3 4 5 6 7 8 9; do /bin/true a-line-of-some-length; done; sleep 0.1; done' &
	load=$!
	at_the_end 'kill $load 2>/dev/null || :'
}
stop_programs() {
	kill "$load"
	wait "$load" 2>/dev/null || :
}

# By size, packed, with kill -9.
configure "rotate: {size: 64KiB}, keep: {total: off}"
start_programs
round=0
while [ "$round" -lt "$rounds" ]; do
	start_agent
	wait_until 10 test -s "$DIR/trail/audit.ndjson" || fail "nothing is written"
	sleep "0.$((round % 10))"
	kill_agent
	round=$((round + 1))
done
stop_programs
start_agent
/bin/echo marker-at-the-end >/dev/null
wait_until 60 grep -q marker-at-the-end "$DIR/trail/audit.ndjson" || fail "the last one writes nothing"
all_packed() { [ -z "$(find "$DIR/trail" -name 'audit-*' ! -name '*.zst')" ]; }
wait_until 60 all_packed || fail "rotated files stay as they are: $(ls "$DIR/trail")"
stop_agent 0
zstd -tq "$DIR"/trail/audit-*.zst || fail "a packed file is damaged"
[ "$(find "$DIR/trail" -name '*.zst' | wc -l)" -ge 5 ] || fail "hardly anything was rotated"
{ zstd -dcq "$DIR"/trail/audit-*.zst && cat "$DIR/trail/audit.ndjson"; } >"$DIR/all.ndjson"
check_whole "$DIR/all.ndjson"
[ "$(stat -c %a "$DIR"/trail/audit* | sort -u)" = 600 ] || fail "others may read the trail"

# By mv and SIGUSR1, by SIGUSR1 alone, and by logrotate.
rm -r "$DIR/trail" "$DIR/state" "$DIR/all.ndjson"
configure "rotate: {size: off}, compress: none"
cat >"$DIR/logrotate.conf" <<EOF
$DIR/trail/audit.ndjson {
	rotate 100
	start 1000
	create 0640 root root
	size 1
	postrotate
		kill -USR1 \$(cat $DIR/pid)
	endscript
}
EOF
start_programs
start_agent
echo "$AGENT_PID" >"$DIR/pid"
more_lines() { [ "$(wc -l <"$DIR/trail/audit.ndjson")" -gt 20 ]; }
for way in 1 2 3 4 5; do
	wait_until 10 more_lines || fail "no lines come"
	case $way in
	1)
		mv "$DIR/trail/audit.ndjson" "$DIR/trail/a1.ndjson"
		kill -USR1 "$AGENT_PID"
		;;
	2) mv "$DIR/trail/audit.ndjson" "$DIR/trail/a2.ndjson" ;;
	*) logrotate -f -s "$DIR/logrotate.state" "$DIR/logrotate.conf" || fail "logrotate fails" ;;
	esac
	wait_until 10 test -s "$DIR/trail/audit.ndjson" || fail "no new file is begun"
done
[ "$(stat -c %a "$DIR/trail/audit.ndjson")" = 640 ] || fail "the file that logrotate made is not the one"
wait_until 10 more_lines || fail "no lines come"
kill -USR1 "$AGENT_PID"
rotated() { test -e "$DIR"/trail/audit-000000000001-*.ndjson; }
wait_until 10 rotated || fail "SIGUSR1 does not rotate"
stop_programs
stop_agent 0
# logrotate gives the newest the lowest number.
cat "$DIR/trail/a1.ndjson" "$DIR/trail/a2.ndjson" "$DIR/trail/audit.ndjson.1002" \
	"$DIR/trail/audit.ndjson.1001" "$DIR/trail/audit.ndjson.1000" "$DIR"/trail/audit-*.ndjson \
	"$DIR/trail/audit.ndjson" >"$DIR/all.ndjson"
check_whole "$DIR/all.ndjson"
echo "trail_rotation: good"
