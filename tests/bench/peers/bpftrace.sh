# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Scripts of one printf per event, perf buffer.
peer_title="bpftrace, printf"
peer_packages=bpftrace
peer_loads="fork vfork threads opens mixed"
peer_kinds() {
	case $LOAD in
	opens) echo open ;;
	mixed) echo exec exit open ;;
	*) echo exec exit ;;
	esac
}
script() {
	for kind in $(peer_kinds); do
		case $kind in
		exec) printf '%s\n' 'tracepoint:sched:sched_process_exec { printf("exec %llu %d %s %s\n", nsecs, pid, comm, str(args->filename)); }' ;;
		exit) printf '%s\n' 'tracepoint:sched:sched_process_exit /pid == tid/ { printf("exit %llu %d %s\n", nsecs, pid, comm); }' ;;
		open)
			printf '%s\n' 'tracepoint:syscalls:sys_enter_openat { @path[tid] = args->filename; }' \
				'tracepoint:syscalls:sys_exit_openat /@path[tid]/ { printf("open %llu %d %s %s %d\n", nsecs, pid, comm, str(@path[tid]), args->ret); delete(@path[tid]); }'
			;;
		esac
	done
}
peer_start() { cage bpftrace bpftrace -e "$(script)" -o "$OUT/events"; }
peer_count() {
	case $1 in
	open) lines "$OUT/events" storm_opened. ;;
	*) LC_ALL=C grep -c "^$1 .* storm_exec" "$OUT/events" || : ;;
	esac
}
peer_told() { cat "$OUT"/* | sed -n 's/^Lost \([0-9]*\) events.*/\1/p' | awk '{ sum += $1 } END { print sum + 0 }'; }
peer_command() { printf '%s' "bpftrace -o events -e '$(script | paste -sd' ')'"; }
