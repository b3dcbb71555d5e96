#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The agent under valgrind, while programs come and go: it is reloaded with good and bad configurations, a sink is
# added and removed, a receiver of syslog goes away and comes back, the trail rotates by size, by signal and by mv.
# No finding: no access outside of a block, nothing depends on bytes that were never written, no block at the end
# that nothing points to. Judged is the agent's own process: canaries do on purpose what valgrind does not like.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
for tool in valgrind cc python3; do
	command -v $tool >/dev/null || cannot_run "$tool is not installed"
done
! grep -qE '__[at]san_init' "$AGENT" || cannot_run "a sanitizer and valgrind do not go together"
rounds=8
[ -z "${FULL-}" ] || rounds=100

# valgrind has no seccomp(2): the agent goes without its filter here.
cc -shared -fPIC -o "$DIR/no_filter.so" -x c - <<'END'
int seccomp_attr_set(void *filter, int attribute, unsigned int value)
{
	(void)filter, (void)attribute, (void)value;
	return 0;
}

int seccomp_load(void *filter)
{
	(void)filter;
	return 0;
}
END
cat >"$DIR/checked" <<END
#!/bin/sh
LD_PRELOAD=$DIR/no_filter.so exec valgrind --quiet --suppressions=$SOURCE/tests/e2e/memcheck.supp \\
	--error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,possible --num-callers=25 \\
	--log-file=$DIR/memcheck.%p.log $AGENT "\$@"
END
chmod +x "$DIR/checked"

. "$SOURCE/tests/e2e/receiver_lib.sh"
at_the_end 'stop_receiver; : >"$DIR/stop"'
start_receiver 0
port=$(cat "$DIR/port.new")

# write_variant N
write_variant() {
	extra= args=32KiB
	case $(($1 % 4)) in
	1) extra="  - {name: other, type: file, format: ocsf, path: $DIR/other/audit.ndjson, when: {event.action: exec}}" ;;
	3) args=oops ;; # refused
	esac
	cat >"$DIR/next.yaml" <<END
agent: {state_dir: $DIR/state, runtime_dir: $DIR/run, stop_timeout: 5s}
capture: {args_max: $args}
rules:
  - {name: rule-$1, when: {process.executable: /nowhere/$1}, do: drop}
sinks:
  - {name: trail, type: file, path: $DIR/trail/audit.ndjson, rotate: {size: 1MiB}, keep: {files: 2}}
  - {name: central, type: syslog, target: "tcp://127.0.0.1:$port", retry: {first: 100ms, max: 1s}}
$extra
END
	mv "$DIR/next.yaml" "$DIR/config.yaml"
}

write_variant 0
program=$AGENT AGENT=$DIR/checked START_SECONDS=120
start_agent
AGENT=$program
start_load 1 0.02
n=0
while [ "$n" -lt "$rounds" ]; do
	n=$((n + 1))
	write_variant "$n"
	reload_agent 60
	case $((n % 4)) in
	0) stop_receiver ;;
	1) [ -n "$RECEIVER" ] || start_receiver "$port" ;;
	2) kill -USR1 "$AGENT_PID" ;;
	# Between two files there is none for a moment.
	3) mv "$DIR/trail/audit.ndjson" "$DIR/trail/moved-$n.ndjson" 2>/dev/null || : ;;
	esac
done
"$AGENT" status --json -c "$DIR/config.yaml" >"$DIR/status.json" || [ $? = 2 ] || fail "no status"
stop_load
[ -n "$RECEIVER" ] || start_receiver "$port"
log="$DIR/memcheck.$AGENT_PID.log"
kill -INT "$AGENT_PID"
code=0
wait "$AGENT_PID" || code=$?
AGENT_PID=
grep -qE '^auditship: events: .*lost' "$DIR/agent.err" || fail "it did not come to its end (code $code)"
# 1: under valgrind not all was delivered in time.
[ "$code" -le 1 ] || fail "code $code, and valgrind says: $(grep -vE '^--|^$' "$log")"
[ -f "$log" ] || fail "valgrind has written nothing"
echo "memcheck: good ($n reloads, $(sed -n 's/.*sink trail: \([0-9]* events\), .*/\1/p' "$DIR/agent.err"))"
