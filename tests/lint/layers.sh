#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Who may include, read and log what. Run from the project's root.
set -u
order="base capture decode enrich filter journal render sink config coverage serve tool"
faults=0

fault() {
	echo "$1"
	faults=$((faults + 1))
}

# A file in shipper/X uses X, and folders before X.
allowed=
for folder in $order; do
	allowed="$allowed $folder"
	[ -d "shipper/$folder" ] || continue
	for file in shipper/"$folder"/*.[ch]; do
		for used in $(sed -n 's/^#include "\([a-z_]*\)\/.*/\1/p' "$file" | sort -u); do
			case "$folder:$used" in
			tool:*) continue ;;
			esac
			case " $allowed " in
			*" $used "*) ;;
			*) fault "$file includes $used/, which comes after $folder/ in the way of an event" ;;
			esac
		done
		# Files of the top level (pipeline.h, collect.h ...) are for main, pipeline, serve/ and tool/.
		for used in $(sed -n 's/^#include "\([a-z_]*\.h\)"$/\1/p' "$file"); do
			case "$folder:$used" in
			serve:* | tool:* | *:record.h | *:shared.h) ;;
			*) fault "$file includes $used of the top level" ;;
			esac
		done
	done
done
[ "$(echo "$allowed" | wc -w)" -eq 12 ] || fault "the list of folders is not whole"

# only PATTERN WHY FILE...: the pattern stands in these files of shipper/ only, and does stand there.
only() {
	pattern=$1 why=$2
	shift 2
	for file in $(grep -rlE "$pattern" shipper --include='*.[ch]'); do
		case " $* " in
		*" $file "*) ;;
		*) fault "$file: $why belongs to $* only" ;;
		esac
	done
	for file in "$@"; do
		[ -f "$file" ] && grep -qE "$pattern" "$file" || fault "$file: no $why there any more"
	done
}
only '#include <yajl/' "reading JSON" shipper/base/json_read.c
only '#include <seccomp' "seccomp" shipper/base/confine.c
only '#include <microhttpd' "HTTP" shipper/serve/monitor.c
only '#include <librdkafka/' "librdkafka" shipper/sink/kafka_config.h shipper/sink/kafka_errors.c
only '#include <bpf/|\.skel\.h' "libbpf" shipper/capture/probes.c
only '#include <(zstd|zlib)\.h' "packing" shipper/sink/pack.c
only '#include <openssl/(ssl|x509v3)' "TLS" shipper/sink/tls.c
only '"%s/proc|"/proc/|"proc/' "/proc" shipper/enrich/procfs.c

for file in $(grep -rlE '\blog_(error|warning|info)\(' shipper --include='*.c'); do
	case "$file" in
	shipper/sink/deliver.c | shipper/*/*) [ "$file" = shipper/sink/deliver.c ] ||
		fault "$file logs above debug: only deliver and the files of the top level do" ;;
	esac
done

# What bpf/hook.h says: without HOOK, such a hook loses events on Linux 7.0 and later.
grep -rnE 'SEC\("tp_btf/' bpf | grep -v 'tp_btf/sys_' && fault "a hook without HOOK"
grep -rnE 'bpf_printk' bpf && fault "bpf_printk in the probes"
[ "$faults" -eq 0 ] && echo "layers: good"
