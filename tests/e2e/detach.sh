#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Who leaves probes behind and who does not, what auditship detach does, and what an agent does about pins that are
# damaged, unfinished, or not its own.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
need_bpffs
write_config
pins_dir=/nonexistent

# Ids of the programs that hold the hooks of the agent at hand.
programs() { for pin in "$pins_dir"/set_*/*_program; do bpftool -j prog show pinned "$pin" | jq .id; done; }
are_gone() { for id in $ids; do ! bpftool prog show id "$id" || return 1; done; }
# stop_with SIGNAL
stop_with() {
	kill "-$1" "$AGENT_PID"
	wait "$AGENT_PID" || fail "the agent fails at $1"
	AGENT_PID=
}
last_own() { jq -c "select(.event.action == \"$1\")" "$DIR/trail/audit.ndjson" | tail -n 1 | jq -e "$2" >/dev/null; }
detach() { "$AGENT" detach -c "$DIR/config.yaml" >"$DIR/detach.out" 2>"$DIR/detach.err"; }

detach || fail "detach fails where nothing is"
grep -q 'no probes are left' "$DIR/detach.out" || fail "detach does not say that nothing is there"
start_agent
pins_dir=$(pins_of "$DIR/state")
[ "$(stat -c '%u %a' "$pins_dir")" = "0 700" ] || fail "the pins are not root's alone"
ids=$(programs)
[ "$(echo "$ids" | wc -w)" -ge 4 ] || fail "not all programs are pinned: $ids"
! detach || fail "detach takes the probes from an agent that runs"
grep -q 'an agent runs' "$DIR/detach.err" || fail "detach does not say why"
last_own agent_start '.Linux.probes.adopted | not' || fail "it adopts what was never there"

# SIGTERM keeps them, and the next agent uses the very same programs.
stop_with TERM
last_own agent_stop .Linux.probes.kept || fail "agent_stop does not say that the probes stay"
/bin/echo while-nobody-runs >/dev/null
start_agent
[ "$(programs)" = "$ids" ] || fail "the next agent has other programs"
last_own agent_start .Linux.probes.adopted || fail "agent_start does not say that the probes were there"
grep -q 'while-nobody-runs' "$DIR/trail/audit.ndjson" || wait_until 10 grep -q 'while-nobody-runs' "$DIR/trail/audit.ndjson" ||
	fail "what happened between two agents is missing"

# SIGINT removes them; so do --seconds and detach, which does it once.
stop_with INT
last_own agent_stop '.Linux.probes.kept | not' || fail "agent_stop says that the probes stay"
nothing_is_pinned "$DIR/state"
wait_until 5 are_gone || fail "programs are still loaded"
"$AGENT" run -c "$DIR/config.yaml" --seconds 1 2>"$DIR/seconds.err" || fail "--seconds fails"
nothing_is_pinned "$DIR/state"
start_agent
ids=$(programs)
stop_with TERM
detach || fail "detach fails: $(cat "$DIR/detach.err")"
grep -q "removed the probes in '$pins_dir'" "$DIR/detach.out" || fail "detach does not tell: $(cat "$DIR/detach.out")"
nothing_is_pinned "$DIR/state"
wait_until 5 are_gone || fail "programs are still loaded after detach"
"$AGENT" detach --state-dir "$DIR/state" >"$DIR/detach.out" || fail "detach fails the second time"

# keep_attached: off pins nothing, and takes away what was there; a reload changes it.
start_agent
stop_with TERM
echo 'capture: {keep_attached: off}' >>"$DIR/config.yaml"
/bin/echo before-it-is-off >/dev/null
start_agent
wait_until 10 grep -q before-it-is-off "$DIR/trail/audit.ndjson" || fail "with keep_attached: off the gap is blind"
nothing_is_pinned "$DIR/state"
write_config
kill -HUP "$AGENT_PID"
wait_until 10 test -e "$pins_dir/set_0/about" || fail "a reload does not pin the probes"
kill_agent
/bin/echo after-the-reload >/dev/null
start_agent
wait_until 10 grep -q after-the-reload "$DIR/trail/audit.ndjson" || fail "what the reload has pinned is of no use"
stop_with TERM

# Damaged: a link is missing, and then the maps that say what it is.
rm "$pins_dir"/set_*/exec_link
/bin/true the-last-that-was-seen
start_agent
grep -q 'other probes are wanted' "$DIR/agent.err" || fail "a set without a link is believed"
stop_with TERM
for victim in about vital; do
	rm "$pins_dir"/set_*/"$victim"
	start_agent
	grep -qE "were removed; what they recorded .* is lost" "$DIR/agent.err" || fail "without $victim: nothing is told"
	[ -e "$pins_dir/set_0/about" ] && [ "$(echo "$pins_dir"/set_*)" = "$pins_dir/set_0" ] || fail "without $victim: no new start"
	stop_with TERM
done

# Files of others in the directory are left alone and named; a map of another kind is not believed.
mkdir "$pins_dir/foreign"
rm "$pins_dir/set_0/vital"
bpftool map create "$pins_dir/set_0/vital" type array key 4 value 8 entries 1 name foreign
start_agent
grep -q "'$pins_dir/foreign' is not ours" "$DIR/agent.err" || fail "a foreign directory is not told"
grep -q 'were removed; what they recorded' "$DIR/agent.err" || fail "a foreign map is believed"
stop_with INT
[ -d "$pins_dir/foreign" ] || fail "a foreign directory was removed"
rmdir "$pins_dir/foreign" "$pins_dir"

# A directory of somebody else's: left alone, and the agent runs without pins.
mkdir "$pins_dir"
chown 65534 "$pins_dir"
start_agent
grep -q "belongs to user 65534.*left alone" "$DIR/agent.err" || fail "another user's directory is not told"
stop_with TERM
[ -z "$(ls "$pins_dir")" ] || fail "probes are pinned in a directory of another user"
! detach || fail "detach works in another user's directory"
rmdir "$pins_dir"
check_trail "$DIR/trail/audit.ndjson"
echo "detach: good"
