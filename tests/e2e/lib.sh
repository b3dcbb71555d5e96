# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What every scenario needs. Usage: . lib.sh, after setting AGENT and SOURCE from its arguments.
set -eu

fail() {
	printf 'FAIL: %s\n' "$*" >&2
	for log in "$DIR"/*.err "$DIR"/*.said; do
		[ ! -s "$log" ] || { printf -- '--- %s\n' "$log" && tail -n 20 "$log"; } >&2
	done
	exit 1
}

# Skips elsewhere, fails in CI: a test that cannot run there has not shown anything.
cannot_run() {
	printf 'cannot run: %s\n' "$*"
	[ -z "${CI-}" ] || exit 1
	exit 77
}

need_probes() {
	[ "$(id -u)" = 0 ] || cannot_run "root is needed to attach probes"
	[ -r /sys/kernel/btf/vmlinux ] || cannot_run "this kernel offers no BTF"
	command -v jq >/dev/null || cannot_run "jq is not installed"
}

# Runs the scenario again in a mount namespace of its own, so that nothing it mounts stays behind.
in_private_mounts() {
	[ -z "${PRIVATE_MOUNTS-}" ] || return 0
	rm -rf "$DIR"
	PRIVATE_MOUNTS=1 exec unshare --mount --propagation private sh "$0" "$AGENT" "$SOURCE"
}

DIR=$(mktemp -d)
AGENT_PID=
# Every trail that a scenario leaves is good by the published schema, whatever the scenario was about.
check_schema() {
	find "$DIR" -name '*.ndjson' -type f -size +0 >"$DIR/trails" 2>/dev/null || :
	while read -r trail; do
		head -c 16 "$trail" | grep -qE '^[{]"(@timestamp|category_uid)' || continue
		schema_code=0
		sh "$SOURCE/tests/schema/check.sh" trail "$SOURCE" "$trail" >"$DIR/schema.out" 2>&1 </dev/null ||
			schema_code=$?
		[ "$schema_code" = 0 ] || [ "$schema_code" = 77 ] || {
			cat "$DIR/schema.out" >&2
			return 1
		}
		tail -n 1 "$DIR/schema.out"
	done <"$DIR/trails"
}

# What is mounted below $DIR, the innermost first.
mounted_below() {
	awk -v dir="$DIR/" 'index($5, dir) == 1 { print $5 }' /proc/self/mountinfo | sort -r
}

# Nothing is removed through a mount: what cannot be unmounted stays, with what is in it.
remove_directory() {
	[ -z "${PRIVATE_MOUNTS-}" ] || mounted_below | while read -r place; do
		umount -l "$place" || :
	done
	if [ -n "$(mounted_below)" ]; then
		printf 'left behind, since something is mounted there: %s\n' "$DIR" >&2
	else
		rm -rf --one-file-system "$DIR"
	fi
}

# The probes of an agent that was killed go on without it; its state directory has the journal in it.
detach_probes() {
	find "$DIR" -maxdepth 4 -type d -name journal 2>/dev/null | while read -r journal; do
		"$AGENT" detach --state-dir "$(dirname "$journal")" >/dev/null 2>&1 || :
	done
}

clean_up() {
	code_before=${code_before-$?} bad_schema=
	if [ -n "$AGENT_PID" ]; then
		kill -9 "$AGENT_PID" 2>/dev/null || :
		wait "$AGENT_PID" 2>/dev/null || :
	fi
	detach_probes
	[ "$code_before" != 0 ] || check_schema || bad_schema=1
	remove_directory
	[ -z "$bad_schema" ] || {
		printf 'FAIL: a trail is not what the published schema says\n' >&2
		exit 1
	}
}
trap clean_up EXIT

# at_the_end COMMANDS: before everything is cleaned up. What failed is not forgotten by them.
at_the_end() { trap "code_before=\$?; $1; clean_up" EXIT; }
trap 'exit 1' INT TERM

# wait_until SECONDS COMMAND...: polls ten times a second.
wait_until() {
	polls=$(($1 * 10))
	shift
	while ! "$@" >/dev/null 2>&1; do
		polls=$((polls - 1))
		[ "$polls" -gt 0 ] || return 1
		sleep 0.1
	done
}

# A configuration with the trail in $DIR/trail and everything else in $DIR/state.
write_config() {
	cat >"$DIR/config.yaml" <<EOF
agent: {state_dir: $DIR/state, runtime_dir: $DIR/run}
journal: {max_size: 64MiB}
sinks: [{name: trail, type: file, path: ${1-$DIR/trail/audit.ndjson}, rotate: {size: off}}]
EOF
}

# start_agent [ARGUMENT...]: in the background; returns when it watches, within START_SECONDS.
start_agent() {
	: >"$DIR/agent.err"
	"$AGENT" run -c "$DIR/config.yaml" "$@" >"$DIR/agent.out" 2>"$DIR/agent.err" &
	AGENT_PID=$!
	wait_until "${START_SECONDS:-20}" grep -q watching "$DIR/agent.err" || fail "the agent does not start"
}

# stop_agent EXPECTED_CODE
stop_agent() {
	kill -INT "$AGENT_PID"
	code=0
	wait "$AGENT_PID" || code=$?
	AGENT_PID=
	[ "$code" = "$1" ] || fail "the agent left with $code, not $1"
}

# kill_agent: with -9; returns when it has gone.
kill_agent() {
	kill -9 "$AGENT_PID" || fail "the agent has ended by itself"
	wait "$AGENT_PID" 2>/dev/null || :
	AGENT_PID=
}

# What the agent says when it was asked to reload, whatever came of it.
RELOAD_TOLD='reloaded: the configuration|reload refused'
reloads_told() { grep -cE "$RELOAD_TOLD" "$DIR/agent.err" || :; }
has_reloaded() { [ "$(reloads_told)" -ge "$1" ]; }

# reload_agent [SECONDS]: returns when it has told what came of it.
reload_agent() {
	reload_number=$(($(reloads_told) + 1))
	kill -HUP "$AGENT_PID"
	wait_until "${1:-20}" has_reloaded "$reload_number" || fail "reload $reload_number is not told"
}

# What the agent has open, and how much memory is its own.
descriptors() { find "/proc/$AGENT_PID/fd" -type l | wc -l; }
memory_kib() { awk '/^RssAnon:/ { print $2 }' "/proc/$AGENT_PID/status"; }

# status_is FILTER: jq finds it true of the status, healthy or not, which is in $DIR/status.json then.
status_is() {
	"$AGENT" status --json -c "$DIR/config.yaml" >"$DIR/status.json" 2>/dev/null || [ $? = 2 ] || return 1
	jq -e "$1" "$DIR/status.json" >/dev/null
}

# Probes can outlive their agent only where a BPF file system is mounted.
need_bpffs() {
	[ "$(stat -f -c %T /sys/fs/bpf 2>/dev/null)" = bpf_fs ] || cannot_run "no BPF file system at /sys/fs/bpf"
}

# The directory of the pins of a state directory that is there.
pins_of() { printf '/sys/fs/bpf/auditship_%s' "$(realpath "$1" | tr -d '\n' | sha256sum | cut -c 1-16)"; }

nothing_is_pinned() { [ ! -e "$(pins_of "$1")" ] || fail "probes stay pinned: $(ls -R "$(pins_of "$1")")"; }

# The same agent in $DIR/other_build, whose BPF object differs in a name that nobody uses.
another_build() {
	LC_ALL=C sed 's/__ARRAY_SIZE_TYPE__/__ARRAY_SIZE_OTHR__/g' "$AGENT" >"$DIR/other_build"
	chmod +x "$DIR/other_build"
	! cmp -s "$AGENT" "$DIR/other_build" || fail "there is no such name in the BPF object"
}

# start_load WORKERS [PAUSE]: each runs one program after the other, with a pause of that many seconds, and at the
# end writes how many; stop_load waits.
start_load() {
	rm -f "$DIR"/load-* "$DIR/stop"
	cat >"$DIR/load.sh" <<'END'
i=0 own=${1##*.}
while [ -d "$1" ] && [ ! -e "$1/stop" ]; do
	/bin/true "load-$own-$2-$i"
	[ -z "${3-}" ] || sleep "$3"
	i=$((i + 1))
done
echo "$i" >"$1/load-$2.new" && mv "$1/load-$2.new" "$1/load-$2"
END
	worker=1
	while [ "$worker" -le "$1" ]; do
		sh "$DIR/load.sh" "$DIR" "$worker" ${2-} &
		worker=$((worker + 1))
	done
}

stop_load() {
	: >"$DIR/stop"
	while [ "$worker" -gt 1 ]; do
		worker=$((worker - 1))
		wait_until 20 test -s "$DIR/load-$worker" || fail "the load does not end"
	done
}

# What numbers.awk reads.
trail_facts() {
	jq -r '[.event.sequence, .event.id, .event.action, (.Linux.sequence | .ring, .generation, .cpu, .class, .number),
		(.Linux.lost // {} | .ring, .cpu, .class, .first, .last, .reason, .generation),
		.process.entity_id, (.process.args[1]? // "-" | .[:64])] | map(. // "-") | @tsv' "$1"
}

# check_numbers TRAIL [OPTION OF AWK...]
check_numbers() {
	trail_facts "$1" >"$DIR/facts" || fail "$1 holds a line that is no JSON"
	shift
	awk -v load="^load-${DIR##*.}-" "$@" -f "$SOURCE/tests/e2e/numbers.awk" "$DIR/facts" >"$DIR/verdict.err"
}

# Each run of the load is there.
expect_load() {
	for counted in "$DIR"/load-[0-9]; do
		runs=$(awk -F '\t' -v run="^load-${DIR##*.}-${counted##*-}-" '$3 == "exec" && $17 ~ run { n++ } END { print n + 0 }' "$DIR/facts")
		[ "$runs" = "$(cat "$counted")" ] || fail "$(cat "$counted") runs of the load, $runs in the trail"
	done
}

# The trail has all that is in the journal; another sink may hang.
has_caught_up() { status_is '.sinks[] | select(.name == "trail") | .lag.events < 500'; }

# expect_failure CODE PATTERN COMMAND...: it must leave with that code and say that.
expect_failure() {
	wanted=$1 pattern=$2
	shift 2
	code=0
	"$@" >"$DIR/failure.out" 2>"$DIR/failure.err" </dev/null || code=$?
	[ "$code" = "$wanted" ] || fail "exit code $code, not $wanted: $*"
	grep -qE "$pattern" "$DIR/failure.err" || fail "nothing like '$pattern' on standard error: $*"
}

# Every line of the trail is whole JSON, and no event is in it twice.
check_trail() {
	[ -s "$1" ] || fail "$1 is empty"
	[ "$(tail -c 1 "$1" | od -An -tx1 | tr -d ' ')" = 0a ] || fail "$1 ends in the middle of a line"
	jq -r .event.id "$1" >"$DIR/ids" || fail "$1 holds a line that is no JSON"
	[ "$(wc -l <"$1")" = "$(sort -u "$DIR/ids" | wc -l)" ] || fail "$1 holds an event twice"
}
