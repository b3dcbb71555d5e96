#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The host gets another name, a full name in /etc/hosts and an address while the agent runs, in name
# spaces of its own. Events say so within seconds; the sink has not been started again.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
in_private_mounts
command -v ip >/dev/null || cannot_run "ip is not installed"
write_config
trail=$DIR/trail/audit.ndjson
printf '127.0.0.1 localhost\n' >"$DIR/hosts"
mount --bind "$DIR/hosts" /etc/hosts

# start_agent, but with another uts and network name space: no address yet.
: >"$DIR/agent.err"
unshare --uts --net sh -c 'hostname before && exec "$@"' sh "$AGENT" run -c "$DIR/config.yaml" \
	>"$DIR/agent.out" 2>"$DIR/agent.err" &
AGENT_PID=$!
wait_until 20 grep -q watching "$DIR/agent.err" || fail "the agent does not start"

says() { /bin/true; tail -n 5 "$trail" | grep -q "$1"; }
wait_until 10 says '"host":{"name":"before","hostname":"before","id"' || fail "the first name is not told"
tail -n 1 "$trail" | jq -e '.host | has("ip") | not' >/dev/null || fail "there is an address: $(tail -n 1 "$trail" | jq -c .host)"

in_its_spaces() { nsenter --target "$AGENT_PID" --uts --net "$@"; }
in_its_spaces hostname after
wait_until 10 says '"host":{"name":"after","hostname":"after"' || fail "the new name is not told"
printf '192.0.2.7 after.example.NET after\n' >>"$DIR/hosts"
wait_until 10 says '"host":{"name":"after.example.net","hostname":"after"' || fail "the full name is not told"
made=
for type in dummy ifb bridge; do
	[ -n "$made" ] || ! in_its_spaces ip link add d0 address 00:00:5e:00:53:23 type $type 2>/dev/null || made=1
done
if [ -n "$made" ]; then
	in_its_spaces ip addr add 198.51.100.5/24 dev d0
	in_its_spaces ip addr add 2001:db8::5/64 dev d0 nodad
	in_its_spaces ip link set d0 up
	wait_until 10 says '"ip":\["198.51.100.5","2001:db8::5"\],"mac":\["00-00-5E-00-53-23"\]' ||
		fail "the addresses are not told: $(tail -n 1 "$trail" | jq -c .host)"
	in_its_spaces ip link del d0
	wait_until 10 says '"architecture":"[^"]*","pid_ns_ino"' || fail "the addresses stay"
fi
[ "$(grep -c 'the host has changed' "$DIR/agent.err")" -ge 2 ] || fail "the agent does not tell of it"
umount /etc/hosts
stop_agent 0
check_trail "$trail"
jq -s -e '[.[].agent.ephemeral_id] | unique | length == 1' "$trail" >/dev/null || fail "the agent was started again"
echo "host_changes: good"
