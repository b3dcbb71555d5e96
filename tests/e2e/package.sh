#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# deb and rpm on a copy of this system (an overlay, thrown away): installed, the agent runs from there as
# its own user with four capabilities and nothing else, an upgrade keeps configuration and journal and every
# number is accounted for, removal leaves nothing but the trail. The unit is good and hardened, the manual
# pages are good. With FULL=1 the same deb in a fresh debootstrap, too.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/root_lib.sh"
need_probes
for tool in cpack dpkg-deb rpm setpriv systemd-analyze mandoc; do
	command -v "$tool" >/dev/null || cannot_run "$tool is not installed"
done
in_private_mounts

make_packages
overlay_root
prepare_root
# start_installed: as the unit starts it, but for the name spaces.
capabilities='+cap_2,+cap_19,+cap_38,+cap_39' # DAC_READ_SEARCH, SYS_PTRACE, PERFMON, BPF
run_installed() {
	exec chroot "$ROOT" setpriv --reuid=auditship --regid=auditship --clear-groups --no-new-privs \
		--inh-caps "$capabilities" --ambient-caps "$capabilities" --bounding-set "-all,$capabilities" \
		/usr/sbin/auditship run
}
start_installed() {
	mkdir -p "$ROOT/run/auditship" "$ROOT/var/lib/auditship"
	in_root chown auditship:auditship /run/auditship /var/lib/auditship
	in_root sh -c "$(sed -n 's/^ExecStartPre=+.bin.sh -c .\(.*\).$/\1/p' "$ROOT/usr/lib/systemd/system/auditship.service")"
	: >"$DIR/agent.err"
	run_installed >>"$DIR/agent.err" 2>&1 &
	AGENT_PID=$!
	wait_until 40 grep -q watching "$DIR/agent.err" || fail "the installed agent does not start"
}
stop_installed() {
	kill -TERM "$AGENT_PID"
	code=0
	wait "$AGENT_PID" || code=$?
	AGENT_PID=
	[ "$code" = 0 ] || fail "the installed agent left with $code"
}
balanced() { # what of the account is out of balance
	in_root /usr/sbin/auditship status --json >"$DIR/status.json" || :
	jq -e '.account.balances and .account.lost == 0' "$DIR/status.json" >/dev/null
}

check_installed() {
	[ -x "$ROOT/usr/sbin/auditship" ] || fail "no program"
	[ "$(stat -c '%U:%G %a' "$ROOT/usr/sbin/auditship")" = 'root:root 755' ] || fail "the program's owner or mode"
	[ "$(in_root stat -c '%U:%G %a' /etc/auditship/auditship.yaml)" = 'root:auditship 640' ] || fail "the configuration's mode"
	in_root /usr/sbin/auditship check -c /etc/auditship/auditship.yaml || fail "the installed configuration"
	in_root systemd-analyze verify --man=no /usr/lib/systemd/system/auditship.service >"$DIR/verify" 2>&1 ||
		fail "the unit: $(cat "$DIR/verify")"
	grep -q '^RestartPreventExitStatus=64 78$' "$ROOT/usr/lib/systemd/system/auditship.service" ||
		fail "the unit starts again and again with a configuration that is wrong"
	! grep auditship "$DIR/verify" >&2 || fail "systemd-analyze has something to say of the unit"
	in_root systemd-analyze security --offline=true /usr/lib/systemd/system/auditship.service >"$DIR/security" 2>&1
	score=$(sed -n 's/.*exposure level for auditship.service: \([0-9]*\)\.[0-9].*/\1/p' "$DIR/security")
	[ "${score:-9}" -lt 3 ] || fail "the unit's exposure: $(tail -n 1 "$DIR/security")"
	for page in "$ROOT"/usr/share/man/man8/auditship*.8 "$ROOT"/usr/share/man/man5/auditship.yaml.5; do
		mandoc -T lint -W warning "$page" >"$DIR/mandoc" || :
		! grep -v 'missing date' "$DIR/mandoc" >&2 || fail "the page $page"
	done
	for command in $("$AGENT" --help | sed -n '/^commands:$/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
		[ -s "$ROOT/usr/share/man/man8/auditship-$command.8" ] || fail "no page for $command"
	done
}

trail=$ROOT/var/lib/auditship/audit.ndjson
check_runs() {
	start_installed
	grep '^Uid' "/proc/$AGENT_PID/status" | grep -qv '[[:space:]]0[[:space:]]' || fail "it runs as root"
	grep -q '^CapEff:[[:space:]]*000000c000080004$' "/proc/$AGENT_PID/status" || fail "it has other capabilities"
	chroot "$ROOT" /bin/true run-from-the-package
	wait_until 20 grep -q run-from-the-package "$trail" || fail "the installed agent records nothing"
	[ "$(stat -c %a "$trail")" = 600 ] || fail "the trail's mode"
}

# An upgrade while programs storm: the old agent goes on until the new one is in place.
check_upgrade() { # INSTALL_COMMAND...
	echo 'agent: {name: kept}' >"$ROOT/etc/auditship/conf.d/local.yaml"
	echo '# mine' >>"$ROOT/etc/auditship/auditship.yaml"
	(i=0; while [ $i -lt 1500 ]; do /bin/true "storm-$i"; i=$((i + 1)); done) &
	storm=$!
	in_root "$@" >"$DIR/upgrade.err" 2>&1 || fail "the upgrade"
	rm "$DIR/upgrade.err"
	kill -0 "$AGENT_PID" || fail "the old agent was stopped before the new one was there"
	balanced || fail "before the restart: $(jq -c .account "$DIR/status.json")"
	stop_installed
	start_installed
	wait "$storm"
	grep -q 'the probes are in place' "$DIR/agent.err" || fail "the new agent does not go on with the probes"
	wait_until 20 balanced || fail "after the restart: $(jq -c .account "$DIR/status.json")"
	all_told() { [ "$(grep -o '"storm-[0-9]*"\]' "$trail" | sort -u | wc -l)" = 1500 ]; }
	wait_until 20 all_told || fail "$(grep -o '"storm-[0-9]*"\]' "$trail" | sort -u | wc -l) of 1500 programs are told"
	[ "$(tail -n 1 "$ROOT/etc/auditship/auditship.yaml")" = '# mine' ] || fail "the upgrade has overwritten the configuration"
	in_root /usr/sbin/auditship status --json | jq -e '.configuration.path == "/etc/auditship/auditship.yaml"' >/dev/null ||
		fail "another configuration is in force"
	stop_installed
	jq -r .event.id "$trail" >"$DIR/ids"
	[ "$(wc -l <"$DIR/ids")" = "$(sort -u "$DIR/ids" | wc -l)" ] || fail "an event is in the trail twice"
}

# What an agent that root has tried by hand leaves behind is refused in words that help.
check_foreign_journal() {
	mkdir -p "$ROOT/run/auditship" "$ROOT/var/lib/auditship/journal"
	: >"$ROOT/var/lib/auditship/journal/lock"
	chmod 600 "$ROOT/var/lib/auditship/journal/lock"
	in_root chown auditship:auditship /run/auditship /var/lib/auditship
	! (run_installed) >"$DIR/refused" 2>&1 || fail "it takes a journal that is not its own"
	grep -q "/journal: belongs to user 0 and this agent runs as user [1-9][0-9]*: .*chown -R" "$DIR/refused" ||
		fail "it does not say whose the journal is: $(cat "$DIR/refused")"
	rm -r "$ROOT/var/lib/auditship/journal" "$DIR/refused"
}

check_removed() {
	[ ! -e "$ROOT/usr/sbin/auditship" ] || fail "the program is still there"
	[ -z "$(find "$ROOT/usr/share/man" "$ROOT/usr/lib/systemd/system" "$ROOT/usr/share/auditship" -name 'auditship*' 2>/dev/null)" ] ||
		fail "files are still there"
	[ -s "$trail" ] || fail "the trail is gone"
	[ -z "$(find "$ROOT/sys/fs/bpf" -mindepth 1 -name 'auditship*')" ] || fail "something is still pinned"
}

in_root dpkg -i "/srv/pkg/${old_deb##*/}" >"$DIR/install.err" 2>&1 || fail "dpkg -i"
rm "$DIR/install.err"
check_installed
check_foreign_journal
check_runs
check_upgrade dpkg -i --force-confold "/srv/pkg/${new_deb##*/}"
in_root dpkg -r auditship >"$DIR/remove.err" 2>&1 || fail "dpkg -r"
[ -e "$ROOT/etc/auditship/auditship.yaml" ] || fail "removal took the configuration"
check_removed
in_root dpkg -P auditship >"$DIR/remove.err" 2>&1 || fail "dpkg -P"
[ ! -e "$ROOT/etc/auditship/auditship.yaml" ] || fail "purge left the configuration"
grep -q 'audit trail' "$DIR/remove.err" || fail "purge does not say that the trail stays"
rm -rf --one-file-system "$DIR/remove.err" "$ROOT/etc/auditship" "$ROOT/var/lib/auditship"
in_root userdel auditship 2>/dev/null || :

rpm --root "$ROOT" -i --nodeps "$ROOT/srv/pkg/${old_rpm##*/}" >"$DIR/install.err" 2>&1 || fail "rpm -i"
rm "$DIR/install.err"
check_installed
check_runs
upgrade_rpm() { rpm --root "$ROOT" -U --nodeps "$ROOT/srv/pkg/${new_rpm##*/}"; }
in_root() { if [ "$1" = upgrade_rpm ]; then upgrade_rpm; else chroot "$ROOT" "$@"; fi; }
check_upgrade upgrade_rpm
rpm --root "$ROOT" -e auditship >"$DIR/remove.err" 2>&1 || fail "rpm -e"
check_removed
rm "$DIR/remove.err"
forget_root
umount "$ROOT"

[ -n "${FULL-}" ] || exit 0
rm -rf --one-file-system "$DIR/over/upper" "$DIR/over/work"
fresh_root
prepare_root
in_root dpkg -i "/srv/pkg/${old_deb##*/}" >"$DIR/install.err" 2>&1 || fail "dpkg -i in a fresh system"
rm "$DIR/install.err"
check_installed
check_runs
check_upgrade dpkg -i --force-confold "/srv/pkg/${new_deb##*/}"
in_root dpkg -r auditship >"$DIR/remove.err" 2>&1 || fail "dpkg -r"
check_removed
rm "$DIR/remove.err"
forget_root
