#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A person looks at `watch` on a terminal: the table has colours, a line is there within 100 ms, a name that holds
# escape sequences does not steer the terminal. The same in a pipe or a file has no colour.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
command -v python3 >/dev/null || cannot_run "python3 is not installed"

write_config
start_agent
evil=$(printf '%s/evil\033[2Jname' "$DIR")
printf '#!/bin/sh\nexit 3\n' >"$evil"
chmod 755 "$evil"
cat >"$DIR/terminal.py" <<'EOF'
import os, pty, re, select, subprocess, sys, time

evil, command = sys.argv[1], sys.argv[2:]
pid, terminal = pty.fork()
if pid == 0:
    os.execv(command[0], command)
seen = b""

def read_until(pattern, seconds=20):
    """Until that is seen; the time then."""
    global seen
    end = time.monotonic() + seconds
    while not re.search(pattern, seen):
        left = end - time.monotonic()
        if left <= 0:
            sys.exit("%r is not shown: %r" % (pattern, seen[-2000:]))
        if select.select([terminal], [], [], left)[0]:
            seen += os.read(terminal, 65536)
    return time.monotonic()

read_until(rb"TIME +EVENT +COMM +PID")
delays = []
for _ in range(20):
    started = time.monotonic()
    child = subprocess.Popen(["/bin/sh", "-c", "exit 3"])
    child.wait()
    delays.append(read_until(rb" %d [^\n]*\n" % child.pid) - started)
    time.sleep(0.02)  # one by one, as for a person: not a storm
subprocess.run([evil], check=False)
read_until(rb"evil[^\n]*\n")
os.kill(pid, 2)
try:
    while True:
        seen += os.read(terminal, 65536)
except OSError:  # the other end has gone
    pass
_, status = os.waitpid(pid, 0)
if status:
    sys.exit("watch left with %d" % status)
print("median delay %.1f ms, longest %.1f ms" % (sorted(delays)[10] * 1e3, max(delays) * 1e3))
# The other work on this machine makes some late; that half are in time cannot be luck.
if sorted(delays)[10] > 0.1:
    sys.exit("lines come late")
colours = set(re.findall(rb"\x1b[^m]*m", seen))
if not colours or not all(re.fullmatch(rb"\x1b\[[0-9;]*m", one) for one in colours):
    sys.exit("colours: %r" % colours)
if seen.count(b"\x1b") != len(re.findall(rb"\x1b\[[0-9;]*m", seen)):
    sys.exit("more than colours is sent to the terminal")
for line in seen.split(b"\n"):
    if b"\x1b" in line and not line.rstrip(b"\r").endswith(b"\x1b[0m"):
        sys.exit("a colour does not end with its line: %r" % line)
EOF
python3 "$DIR/terminal.py" "$evil" "$AGENT" watch --socket "$DIR/run/control.sock" --event exit >"$DIR/told" 2>"$DIR/terminal.err" ||
	fail "on the terminal"

"$AGENT" watch --socket "$DIR/run/control.sock" --event exit --format table --seconds 3 2>"$DIR/pipe.err" | cat >"$DIR/piped" &
pipe=$!
wait_until 10 grep -q TIME "$DIR/piped" || fail "no header in the pipe"
sh -c 'exit 3' || :
"$evil" || :
wait "$pipe"
grep -q 'evil' "$DIR/piped" || fail "the pipe has not got the event"
! grep -q "$(printf '\033')" "$DIR/piped" || fail "an escape sequence in the pipe"
stop_agent 0
echo "watch_terminal: good ($(cat "$DIR/told"))"
