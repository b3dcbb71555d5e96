#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The agent as a user of its own with four capabilities: every thread runs under its filter of system calls,
# those that deliver have no capability at all, and with privileges: minimal nobody has, while recording goes
# on and a reload that would need them is refused. A hostile user of the host can neither read, signal, trace nor
# ask it, nor take its place; a crash leaves no core.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
command -v setpriv >/dev/null || cannot_run "setpriv is not installed"
command -v perl >/dev/null || cannot_run "perl is not installed"
OWNER=64530 HOSTILE=64531
capabilities='+cap_2,+cap_19,+cap_38,+cap_39' # DAC_READ_SEARCH, SYS_PTRACE, PERFMON, BPF

chmod 755 "$DIR"
cp "$AGENT" "$DIR/auditship"
mkdir -m 700 "$DIR/own"
chown "$OWNER:$OWNER" "$DIR/own"
configure() { # [MORE]
	cat >"$DIR/config.yaml" <<CONFIG
agent: {state_dir: $DIR/own/state, runtime_dir: $DIR/own/run, heartbeat: 1s${1-}}
journal: {max_size: 64MiB}
sinks: [{name: trail, type: file, path: $DIR/own/audit.ndjson}]
${2-}
CONFIG
	chmod 644 "$DIR/config.yaml"
}
start_confined() {
	: >"$DIR/agent.err"
	(ulimit -c unlimited && exec setpriv --reuid=$OWNER --regid=$OWNER --clear-groups --inh-caps "$capabilities" \
		--ambient-caps "$capabilities" --bounding-set "-all,$capabilities" \
		"$DIR/auditship" run -c "$DIR/config.yaml" 2>>"$DIR/agent.err") &
	AGENT_PID=$!
	wait_until 40 grep -q watching "$DIR/agent.err" || fail "the confined agent does not start"
	wait_until 20 grep -qs '^Seccomp:[[:space:]]*2' "/proc/$AGENT_PID/status" || fail "it does not confine itself"
}
field() { sed -n "s/^$1:[[:space:]]*//p" "$2"; } # NAME FILE
each_thread() { # NAME VALUE [THREADS]: every thread whose name is like THREADS
	for status in "/proc/$AGENT_PID"/task/*/status; do
		case "$(field Name "$status")" in
		${3-*}) [ "$(field "$1" "$status")" = "$2" ] || fail "$1 of $(field Name "$status") is $(field "$1" "$status"), not $2" ;;
		esac
	done
}
records() { # WORD
	/bin/true "$1"
	wait_until 20 grep -qs "$1" "$DIR/own/audit.ndjson" || fail "nothing is recorded: $1"
}

configure
start_confined
each_thread Seccomp 2
each_thread NoNewPrivs 1
each_thread CapEff 0000000000000000 'deliver*'
each_thread CapPrm 0000000000000000 'deliver*'
[ "$(field CapEff "/proc/$AGENT_PID/status")" = 000000c000080004 ] || fail "the main thread has other capabilities"
grep -q '^Max core file size *0 *0' "/proc/$AGENT_PID/limits" || fail "it would leave a core"
records while-it-is-confined

# What a user of the host can do to it.
hostile() { setpriv --reuid=$HOSTILE --regid=$HOSTILE --clear-groups --no-new-privs "$@"; }
denied() {
	if hostile "$@" >"$DIR/hostile.out" 2>&1; then fail "a hostile user may: $*"; fi
}
for file in "$DIR/own/audit.ndjson" "$DIR/own/state/agent-id" "/proc/$AGENT_PID/environ" "/proc/$AGENT_PID/mem" \
	"/proc/$AGENT_PID/maps" "/proc/$AGENT_PID/stack"; do
	denied head -c 1 "$file"
done
denied ls "$DIR/own" && denied ls "/proc/$AGENT_PID/fd" && denied ls "$DIR/own/state/journal"
for signal in 0 HUP TERM KILL STOP; do denied kill -$signal "$AGENT_PID"; done
for child in $(cat "/proc/$AGENT_PID"/task/*/children); do denied kill -KILL "$child"; done
denied perl -e 'exit(syscall(101, 16, '"$AGENT_PID"', 0, 0) == -1)' # ptrace(PTRACE_ATTACH)
denied "$DIR/auditship" status --socket "$DIR/own/run/control.sock"
denied mkdir "$DIR/own/run/x"
denied ln -s /etc/passwd "$DIR/own/run/control.sock"
# of the agent's own user it is another matter, but even that one reads no memory
if setpriv --reuid=$OWNER --regid=$OWNER --clear-groups head -c 1 "/proc/$AGENT_PID/environ" >/dev/null 2>&1; then
	fail "a process of the same user reads its environment"
fi
records after-the-attacks

# A crash.
kill -SEGV "$AGENT_PID"
code=0
wait "$AGENT_PID" || code=$?
[ "$code" = 139 ] || fail "it left with $code"
AGENT_PID=
[ -z "$(find "$DIR" /tmp -maxdepth 2 -name 'core*' -user $OWNER 2>/dev/null)" ] || fail "there is a core"

# With nothing at all.
configure ', privileges: minimal'
start_confined
each_thread CapEff 0000000000000000
each_thread CapPrm 0000000000000000
each_thread Seccomp 2
for child in $(cat "/proc/$AGENT_PID"/task/*/children); do
	[ "$(field CapPrm "/proc/$child/status")" = 0000000000000000 ] || fail "a helper has capabilities: $child"
done
records with-nothing-at-all
configure ', privileges: minimal, tags: [other]'
kill -HUP "$AGENT_PID"
wait_until 20 grep -q 'reloaded: the configuration' "$DIR/agent.err" || fail "a reload without other probes"
configure ', privileges: minimal' 'capture: {args_max: 1KiB}'
kill -HUP "$AGENT_PID"
wait_until 20 grep -q 'refused.*privileges is minimal.*restart' "$DIR/agent.err" || fail "a reload with other probes is not refused"
records after-the-reloads
stop_agent 0
