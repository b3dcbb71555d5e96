#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A newcomer with a fresh copy that belongs to a user, in a path with spaces, types the one command of the README: a live table, a
# trail of ECS lines, a summary, and nothing left attached. The counters are there for bpftool meanwhile.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
in_private_mounts

copy="$DIR/a fresh copy"
mkdir "$copy"
(cd "$SOURCE" && git ls-files -z | xargs -0 tar cf - ) | tar xf - -C "$copy"
chown -R 65534 "$copy" # cloned by a user, started by root
sh "$copy/quickstart.sh" --seconds 8 >"$DIR/table" 2>"$DIR/quickstart.err" &
AGENT_PID=$!
wait_until 240 grep -q watching "$DIR/quickstart.err" || fail "it does not come to watch"
/bin/echo "hello from the newcomer" >/dev/null
bpftool map dump name event_count >"$DIR/counts" || fail "bpftool shows no event_count"
grep -q value "$DIR/counts" || fail "event_count is empty"
cat /proc/"$AGENT_PID"/fdinfo/* 2>/dev/null | sed -n 's/^prog_id:[[:space:]]*//p' | sort -u >"$DIR/programs"
[ "$(wc -l <"$DIR/programs")" -ge 3 ] || fail "the agent holds no programs"
wait "$AGENT_PID" || fail "quickstart fails"
AGENT_PID=

grep -q '^TIME  *EVENT  *COMM  *PID  *PPID  *USER  *FILENAME/EXIT CODE' "$DIR/table" || fail "no table"
grep -q 'exec .*echo hello from the newcomer' "$DIR/table" || fail "the exec is not in the table"
grep -qE 'events: fork [0-9]+, exec [1-9][0-9]*, exit [1-9][0-9]*, .*lost 0' "$DIR/quickstart.err" ||
	fail "no summary of events"
grep -qE 'sink trail: .*trail/audit.ndjson, now [0-9]+ bytes' "$DIR/quickstart.err" || fail "no file, no size"
check_trail "$copy/trail/audit.ndjson"
is_gone() { ! bpftool prog show id "$1"; }
while read -r program; do
	wait_until 5 is_gone "$program" || fail "program $program is still loaded"
done <"$DIR/programs"

checker="$SOURCE/../shared/schema/check_events.py"
if [ -f "$checker" ]; then
	python=python3
	"$python" -c 'import jsonschema' 2>/dev/null || python=/usr/bin/python3
	"$python" "$checker" ecs "$copy/trail/audit.ndjson" || fail "a line does not follow ECS"
else
	echo "the official ECS check is not beside this copy: lines were not held against it"
fi

sh "$copy/quickstart.sh" --seconds x 2>"$DIR/usage.err" && fail "a wrong option is taken"
grep -q "whole number" "$DIR/usage.err" || fail "the wrong option is not told"

chmod a+rx "$DIR"
setpriv --reuid 65534 --regid 65534 --clear-groups sh "$copy/quickstart.sh" 2>"$DIR/nobody.err" &&
	fail "it goes on without root"
grep -q "needs root: run 'sudo sh quickstart.sh'" "$DIR/nobody.err" || fail "the want of root is not told"
echo "quickstart: good"
