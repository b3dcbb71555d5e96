# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# The audit system. Its rules match the load's own programs only: with all opens of a machine audited,
# what reads the log can wait for itself, and the machine with it.
peer_title="auditd, enriched log"
peer_packages=auditd
peer_loads="fork vfork threads opens"
peer_kinds() { if [ "$LOAD" = opens ]; then echo open; else echo exec exit; fi; }
write_logs=yes
peer_cannot() {
	state=$(auditctl -s 2>&1) || {
		echo "$state" | head -n 1
		return
	}
	echo "$state" | grep -q '^pid 0$' || echo "an audit daemon runs already"
	[ "$(auditctl -l)" = "No rules" ] || echo "there are audit rules already"
}
rules() {
	case $LOAD in
	opens) echo "-a always,exit -F arch=b64 -S openat -F exe=$WORK/storm_open" ;;
	threads) echo "-a always,exit -F arch=b64 -S execve,exit_group -F exe=$WORK/threads/storm_exec" ;;
	*) echo "-a always,exit -F arch=b64 -S execve,exit_group -F exe=$WORK/plain/storm_exec" ;;
	esac
}
peer_start() {
	mkdir "$OUT/conf" "$OUT/conf/plugins.d"
	cat >"$OUT/conf/auditd.conf" <<END
log_file = $OUT/audit.log
write_logs = $write_logs
log_format = ENRICHED
log_group = root
flush = INCREMENTAL_ASYNC
freq = 50
max_log_file = 4000
max_log_file_action = ignore
space_left = 75
space_left_action = ignore
admin_space_left = 50
admin_space_left_action = ignore
disk_full_action = ignore
disk_error_action = ignore
plugin_dir = $OUT/conf/plugins.d
q_depth = 2000
END
	chmod -R go-w "$OUT/conf"
	start_plugins
	cage auditd auditd -n -c "$OUT/conf" -s enable
	wait_for 10 audit_daemon || return
	auditctl -b 8192 >/dev/null
	# shellcheck disable=SC2046
	auditctl $(rules) >/dev/null
}
start_plugins() { :; }
audit_daemon() { ! auditctl -s | grep -q '^pid 0$'; }
audit_value() { auditctl -s | sed -n "s/^$1 //p"; }
peer_ready() { audit_daemon; }
has_no_backlog() { [ "$(audit_value backlog)" = 0 ]; }
peer_arrival() { wait_for 120 has_no_backlog; }
peer_told() { audit_value lost; }
peer_extra_cpu_us() {
	pid=$(pgrep -x kauditd)
	awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print int(($12 + $13) * 1000000 / hz) }' "/proc/$pid/stat"
}
log() { cat "$OUT/audit.log"; }
peer_count() {
	case $1 in
	exec) log | LC_ALL=C grep -F 'type=SYSCALL' | LC_ALL=C grep -c 'SYSCALL=execve.*\|syscall=59 ' || : ;;
	exit) log | LC_ALL=C grep -F 'type=SYSCALL' | LC_ALL=C grep -c 'syscall=231 ' || : ;;
	open) log | LC_ALL=C grep -F 'type=PATH' | LC_ALL=C grep -cF 'storm_opened.' || : ;;
	esac
}
peer_stop() {
	auditctl -D >/dev/null
	stop_caged TERM
}
# New tasks are left alone again, as far as that goes.
peer_undo() {
	auditctl -D >/dev/null 2>&1 || :
	auditctl -e 0 >/dev/null 2>&1 || :
}
peer_command() { echo "auditd -n; auditctl $(rules | sed 's|exe=.*/|exe=|')"; }
