#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Without an agent, watch attaches probes of its own. A line comes within 100 ms of what it tells, through a
# pipe. Ctrl-C, SIGTERM and a reader that goes end it; no directory stays behind.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
in_private_mounts
mkdir -p /run/auditship
mount -t tmpfs none /run/auditship # whatever agent there is, this watch does not find it

export TMPDIR="$DIR/temporary"
mkdir "$TMPDIR"

start_watch() {
	: >"$DIR/watch.err"
	"$AGENT" watch "$@" >"$DIR/watch.out" 2>"$DIR/watch.err" &
	AGENT_PID=$!
	wait_until 20 grep -q watching: "$DIR/watch.err" || fail "watch does not start: $*"
}

end_watch() {
	kill -"$1" "$AGENT_PID"
	code=0
	wait "$AGENT_PID" || code=$?
	AGENT_PID=
	[ "$code" = 0 ] || fail "watch left with $code after SIG$1"
	[ -z "$(ls -A "$TMPDIR")" ] || fail "something is left in $TMPDIR: $(ls -A "$TMPDIR")"
}

# Each format, at once: standard output is a file, so nothing but writing at once can put lines there.
start_watch --format text
[ "$(stat -c %a "$TMPDIR"/auditship-watch-*)" = 700 ] || fail "the directory is not private"
/bin/echo "seen as text" >/dev/null
wait_until 2 grep -q 'exec /usr/bin/echo seen as text' "$DIR/watch.out" || fail "the exec is not shown"
end_watch INT
start_watch --format json --event exec
/bin/echo "seen as json" >/dev/null
wait_until 2 grep -q 'seen as json' "$DIR/watch.out" || fail "the exec is not shown as JSON"
end_watch TERM
jq -es 'all(.event.action == "exec" or .event.action == "events_lost")' "$DIR/watch.out" >/dev/null ||
	fail "JSON of other kinds, or none"
start_watch --format table
/bin/echo "seen in the table" >/dev/null
wait_until 2 grep -q 'exec .*seen in the table' "$DIR/watch.out" || fail "the exec is not in the table"
end_watch INT
head -n 1 "$DIR/watch.out" | grep -q '^TIME  *EVENT  *COMM  *PID  *PPID  *USER  *FILENAME/EXIT CODE$' ||
	fail "no header"
grep -q "$(printf '\033')" "$DIR/watch.out" && fail "colours, but it is no terminal"

# On a terminal: the table by default, in colour.
if command -v script >/dev/null; then
	script -qec "$AGENT watch --seconds 2" /dev/null >"$DIR/terminal" 2>&1 &
	sleep 1.3
	sh -c 'exit 3' || :
	wait $!
	grep -q "$(printf '\033')\[31m" "$DIR/terminal" || fail "no colours on a terminal"
	grep -q 'FILENAME/EXIT CODE' "$DIR/terminal" || fail "no table on a terminal"
fi

# 100 ms, by the event's own time stamp and the time at which a reader of the pipe has the line.
cat >"$DIR/latency.py" <<'PYTHON'
import json, subprocess, sys, time, datetime
process = subprocess.Popen([sys.argv[1], "watch", "--format", "json", "--event", "exec", "--filter", "true",
                            "--seconds", "20"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
while "watching:" not in process.stderr.readline():
    pass
late = []
for i in range(20):
    time.sleep(0.06)
    name = "latency-%d" % i
    started = time.monotonic()
    subprocess.run(["/bin/true", name])
    while name not in process.stdout.readline():
        pass
    late.append(time.monotonic() - started)
process.terminate()
process.wait()
late.sort()
print("line after exec started, of 20: median %.1f ms, worst %.1f ms" % (late[10] * 1e3, late[-1] * 1e3))
sys.exit(late[18] > 0.1)
PYTHON
python3 "$DIR/latency.py" "$AGENT" || fail "a line takes longer than 100 ms"

# The reader goes: watch ends by itself, with 0, as every filter in a pipe does.
("$AGENT" watch --format text --seconds 60 2>"$DIR/gone.err"; echo $? >"$DIR/gone.code") | head -n 1 >/dev/null &
wait_until 20 grep -q watching: "$DIR/gone.err" || fail "watch does not start before head"
wait_until 10 sh -c '/bin/true; [ -s "$1" ]' sh "$DIR/gone.code" || fail "watch does not end when its reader has gone"
[ "$(cat "$DIR/gone.code")" = 0 ] || fail "it ends with $(cat "$DIR/gone.code") when its reader has gone"
[ -z "$(ls -A "$TMPDIR")" ] || fail "something is left in $TMPDIR"

# A file: made private, appended to; a link is refused; what cannot be told is not started.
"$AGENT" watch -o "$DIR/out.txt" --seconds 1 2>"$DIR/file.err" || fail "watch -o fails"
[ "$(stat -c %a "$DIR/out.txt")" = 600 ] || fail "the file is not private"
grep -q "events shown to $DIR/out.txt" "$DIR/file.err" || fail "no progress on standard error"
ln -s "$DIR/elsewhere" "$DIR/link"
expect_failure 1 "symbolic link" "$AGENT" watch -o "$DIR/link" --seconds 1
expect_failure 64 "name is empty" "$AGENT" watch --container '' --seconds 1
expect_failure 64 "did you mean 'exit'" "$AGENT" watch --event exot --seconds 1
expect_failure 64 "watch --help" "$AGENT" watch --format xml
expect_failure 1 "no agent answers at" "$AGENT" watch --socket "$DIR/nobody" --seconds 1
"$AGENT" watch --help | grep -q examples: || fail "watch --help teaches nothing"
umount /run/auditship
echo "watch_own_probes: good"
