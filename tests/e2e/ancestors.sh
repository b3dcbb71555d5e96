#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The five small monitors that this grew out of, each replaced by one command, run under a real load.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
in_private_mounts
mkdir -p /run/auditship
mount -t tmpfs none /run/auditship

# Its leader thread calls pthread_exit; the status 7 comes from the other thread, later.
cat >"$DIR/leader.c" <<'C'
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
static void *leave(void *data)
{
	(void)data;
	usleep(50000);
	exit(7);
}
int main(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, leave, NULL);
	pthread_exit(NULL);
}
C
cc -o "$DIR/leader" "$DIR/leader.c" -lpthread || cannot_run "no C compiler"

# Runs before any watch: the duration of a process older than the probes must be exact.
sleep 4.5 &
OLD=$!

load() {
	"$DIR/leader" || :
	sh -c 'exit 3' || :
	sh -c 'kill -KILL $$' 2>/dev/null || :
	sleep 0.15
	/bin/true
	setpriv --reuid 65534 --clear-groups /bin/true
}

# run_row OPTION...: the command with a load while it watches; its lines are in $DIR/row.
run_row() {
	: >"$DIR/row.err"
	"$AGENT" watch "$@" >"$DIR/row" 2>"$DIR/row.err" &
	AGENT_PID=$!
	wait_until 20 grep -q watching: "$DIR/row.err" || fail "watch $* does not start"
	load
	[ -z "${WHILE-}" ] || $WHILE
	sleep 0.3
	kill -INT "$AGENT_PID"
	wait "$AGENT_PID" || fail "watch $* ends with $?"
	AGENT_PID=
	grep -q 'lost 0' "$DIR/row.err" || fail "watch $* lost events"
}
expect() {
	grep -qE -- "$1" "$DIR/row" || fail "nothing like '$1' from $2"
}
refuse() {
	! grep -qE -- "$1" "$DIR/row" || fail "'$1' is shown by $2"
}
STAMP='^\[[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}\] '

# Exec and exit to CSV. First, because of the old process.
wait_for_old() {
	wait $OLD
}
WHILE=wait_for_old run_row --event exit --format csv -o "$DIR/process_events.csv"
cat >"$DIR/check_csv.py" <<'PYTHON'
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1], newline="")))
old = [row for row in rows if row["PID"] == sys.argv[2]]
assert list(rows[0]) == ["PID", "PPID", "USER", "COMMAND", "DURATION_MS"], list(rows[0])
assert len(old) == 1 and 4500 <= float(old[0]["DURATION_MS"]) < 4600, old
assert any(row["USER"] == "nobody" and row["COMMAND"] == "true" for row in rows), "no row of nobody"
assert any(row["COMMAND"] == "sleep" and 150 <= float(row["DURATION_MS"]) < 250 for row in rows), "no sleep"
assert all(row["PID"].isdigit() and row["PPID"].isdigit() for row in rows)
PYTHON
python3 "$DIR/check_csv.py" "$DIR/process_events.csv" "$OLD" || fail "the CSV is not what it should be"
rows=$(wc -l <"$DIR/process_events.csv")
run_row --event exit --format csv -o "$DIR/process_events.csv"
[ "$(wc -l <"$DIR/process_events.csv")" -gt "$rows" ] || fail "the CSV is not appended to"
[ "$(grep -c '^PID,' "$DIR/process_events.csv")" = 1 ] || fail "a second header"

# Exit monitor, with thread exits.
run_row --event exit,thread_exit --format text
expect "${STAMP}Process leader \(PID:[0-9]+, PPID:[0-9]+\) exited EXIT_CODE=7 \([0-9]+ms\)$" "the exit monitor"
refuse "Process leader .* EXIT_CODE=0" "the exit monitor"
[ "$(grep -c 'Process leader .* exited' "$DIR/row")" = 1 ] || fail "one process, one exit"
expect "Process leader .* ended the thread [0-9]+ STATUS=0$" "the exit monitor"
expect "exited EXIT_CODE=3 " "the exit monitor"
expect "Process sh .* exited SIGNAL=SIGKILL \([0-9]+ms\)$" "the exit monitor"

# Fork monitor, with the counter that bpftool reads.
read_counter() {
	bpftool map dump name event_count >"$DIR/counts"
}
if command -v bpftool >/dev/null; then
	WHILE=read_counter run_row --event fork
	grep -qE '"value": *[1-9]|value: [0-9a-f ]*[1-9a-f]' "$DIR/counts" || fail "event_count counts nothing"
else
	cannot_run "bpftool is not installed"
fi
expect "${STAMP}Process [^ ]+ \(PID:[0-9]+\) forked [0-9]+$" "the fork monitor"
grep -qE 'events: fork [1-9][0-9]*' "$DIR/row.err" || fail "no counter in the summary"

# Clone and openat2 monitor.
run_row --event fork,open --format json --filter sh --log-level debug
jq -es 'length > 0 and all(.event.action != "exec")' "$DIR/row" >/dev/null || fail "no JSON, or of other kinds"
jq -es 'all(.process.name == "dash" or .process.name == "sh" or .process.thread.name == "sh")' "$DIR/row" \
	>/dev/null || fail "--filter shows others"
run_row --event exit --format text --filter 'lea*r'
[ "$(wc -l <"$DIR/row")" = 1 ] || fail "a filter with a wildcard shows $(wc -l <"$DIR/row") lines, not 1"

# Bootstrap: the same columns, with a minimum duration.
run_row --min-duration 100 --format table
head -n 1 "$DIR/row" | grep -qE '^TIME +EVENT +COMM +PID +PPID +USER +FILENAME/EXIT CODE$' || fail "other columns"
expect '^[0-9:.]+ +exit +sleep +[0-9]+ +[0-9]+ +root +\[0\] \(1[0-9]{2}ms\)$' "bootstrap with -d"
refuse '\([0-9]{1,2}ms\)' "bootstrap with -d"
run_row --event exec,exit --format table
expect ' exec +sleep .*sleep 0.15$' "bootstrap"
expect ' exit +true .*\[0\] \([0-9]+ms\)$' "bootstrap"
umount /run/auditship
echo "ancestors: good"
