#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Processes run with a password in their arguments while the agent knows no rule: one since before the agent, one
# that it saw start. Then a reload brings a rule that masks: from there on no event shows the password, neither as
# the parent's arguments of what they start, nor in the forks and ends of their own.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes

secret="reload-swordfish-$$"
trail="$DIR/trail/audit.ndjson"
cat >"$DIR/parent.sh" <<'EOF'
echo >"$1/$2.runs"
read -r _ <"$1/$2.fifo"
/bin/true "child-of-$2"
EOF
# run_parent NAME: two shells, one the child of the other, both with the password.
run_parent() {
	mkfifo "$DIR/$1.fifo"
	# shellcheck disable=SC2016
	sh -c 'sh "$0" "$@"; :' "$DIR/parent.sh" "$DIR" "$1" "--password=$secret" &
	parents="${parents-} $!"
	wait_until 20 test -s "$DIR/$1.runs" || fail "$1 does not run"
}
tells() { grep -q "$1" "$trail"; }

write_config
run_parent before
start_agent
run_parent after
wait_until 20 tells "$secret" || fail "without a rule the trail does not tell the password: this would show nothing"
cp "$DIR/config.yaml" "$DIR/next.yaml"
# For events of shells only: what their children tell of them is another matter.
echo "rules: [{when: {process.executable: '*sh'}, do: {mask: ['--passw*=*']}}]" >>"$DIR/next.yaml"
mv "$DIR/next.yaml" "$DIR/config.yaml"
kill -HUP "$AGENT_PID"
wait_until 20 tells '"action":"config_change"' || fail "the stream does not tell of the reload"
for name in before after; do
	echo >"$DIR/$name.fifo"
done
# shellcheck disable=SC2086
wait $parents
for name in before after; do
	wait_until 20 tells "child-of-$name" || fail "the child of $name is not in the trail"
done
stop_agent 0

sed '1,/"action":"config_change"/d' "$trail" >"$DIR/later"
! grep -q "$secret" "$DIR/later" || fail "the password is in $(grep -c "$secret" "$DIR/later") events after the reload"
for name in before after; do
	jq -e -s --arg child "child-of-$name" 'map(select(.event.action == "exec" and .process.args[1] == $child))
		| length == 1 and (.[0].process.parent.args | .[-1] == "--password=***")
		and (.[0].Linux.masked | index("process.parent.args") != null)' "$DIR/later" >"$DIR/verdict.err" ||
		fail "the child of $name does not tell that its parent's arguments are masked"
	ends=$(jq -r --arg name "$name" 'select(.event.action == "end" and .process.args[-2] == $name)
		| .process.args[-1]' "$DIR/later" | sort | uniq -c | tr -s ' ')
	[ "$ends" = " 2 --password=***" ] || fail "the ends of $name and its shell say: $ends"
done
check_trail "$trail"
