#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# From a fresh clone to a live audit trail: installs what is missing, builds, watches this host.
set -eu

usage() {
	cat <<EOF
usage: sh quickstart.sh [--seconds N]      watch this host until Ctrl-C, or for N seconds
       sh quickstart.sh --prepare [tests]  only install what the build (and the tests) need

Writes trail/audit.ndjson (one JSON object per line, Elastic Common Schema) and shows a live table.
Needs root, Linux 5.10 or newer with BTF, and Debian or Ubuntu for the installation step.
EOF
}

say() { printf 'quickstart: %s\n' "$*" >&2; }
die() {
	say "$*"
	exit 1
}

build_packages="gcc libc6-dev cmake ninja-build pkg-config clang llvm bpftool libbpf-dev libelf-dev
zlib1g-dev libyajl-dev libyaml-dev libssl-dev librdkafka-dev libzstd-dev
libmicrohttpd-dev libseccomp-dev"
test_packages="libcmocka-dev clang-format pmccabe python3 python3-jsonschema python3-yaml nodejs
debootstrap node-ajv jq curl openssl openjdk-17-jre-headless mandoc maven prometheus rpm runc busybox-static zstd gzip
logrotate valgrind libclang-rt-dev iproute2"
[ -z "${FULL-}" ] || test_packages="$test_packages buildah"

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

offered() { apt-cache policy "$1" 2>/dev/null | grep -q 'Candidate: [0-9]'; }

# Ubuntu has bpftool inside its kernel tools, and older releases have libFuzzer inside clang.
package_name() {
	if offered "$1"; then
		echo "$1"
	elif [ "$1" = bpftool ]; then
		echo "linux-tools-common linux-tools-generic"
	elif [ "$1" != libclang-rt-dev ]; then
		echo "$1"
	fi
}

prepare() {
	packages=$1
	command -v dpkg-query >/dev/null && command -v apt-get >/dev/null || die "this is not Debian or \
Ubuntu: install what these packages are called here, then run cmake yourself (README.md):
$packages"
	missing=
	for package in $packages; do
		installed "$package" || missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" != 0 ]; then
		die "packages are missing; as root, run: apt-get install$missing"
	fi
	say "installing:$missing"
	# RUNLEVEL: no service that a package brings is started
	export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
	mkdir -p build
	apt-get update >build/install.log 2>&1 || say "apt-get update failed, trying with the lists there are"
	wanted=
	for package in $missing; do
		wanted="$wanted $(package_name "$package")"
	done
	# shellcheck disable=SC2086
	apt-get install -y --no-install-recommends $wanted >>build/install.log 2>&1 || {
		tail -n 5 build/install.log >&2
		die "the installation failed; all of it is in build/install.log"
	}
}

build() {
	say "building (first time: about a minute)"
	mkdir -p build
	{ cmake -S . -B build/quickstart -G Ninja -DBUILD_TESTING=OFF &&
		cmake --build build/quickstart; } >build/quickstart.log 2>&1 || {
		tail -n 15 build/quickstart.log >&2
		die "the build failed; all of it is in build/quickstart.log"
	}
}

mounted() { grep -q " $1 $2 " /proc/mounts; }

# Not needed by the probes themselves, but by whoever looks at them: bpftool, trace-cmd.
mount_filesystems() {
	mounted /sys/kernel/tracing tracefs || mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null ||
		say "tracefs cannot be mounted at /sys/kernel/tracing; going on without"
	mounted /sys/fs/bpf bpf || mount -t bpf bpf /sys/fs/bpf 2>/dev/null ||
		say "bpffs cannot be mounted at /sys/fs/bpf; going on without"
}

# In a clone that belongs to a user the agent of root refuses the file: anybody could have written it.
choose_config() {
	config=config/quickstart.yaml
	[ "$(stat -c %u "$config")" != 0 ] || return 0
	mkdir -p trail
	rm -f trail/quickstart.yaml
	install -m 0600 "$config" trail/quickstart.yaml
	config=trail/quickstart.yaml
	say "config/quickstart.yaml belongs to another user than root: running with a copy, $config"
}

cd "$(dirname "$0")"
seconds=
case "${1-}" in
"") ;;
-h | --help)
	usage
	exit 0
	;;
--prepare)
	case "${2-}" in
	"") prepare "$build_packages" ;;
	tests)
		prepare "$build_packages $test_packages"
		sh tests/syslog/peers.sh build/peers >build/peers.log 2>&1 ||
			say "the syslog receivers of the tests cannot be fetched; see build/peers.log"
		;;
	*) die "--prepare takes 'tests' or nothing, not '$2'" ;;
	esac
	exit 0
	;;
--seconds)
	seconds=${2-}
	case "$seconds" in
	"" | *[!0-9]* | 0*) die "--seconds wants a whole number of at least 1, not '$seconds'" ;;
	esac
	;;
*)
	usage >&2
	die "there is no option '$1'"
	;;
esac

[ -r /sys/kernel/btf/vmlinux ] || die "this kernel ($(uname -r)) offers no BTF at \
/sys/kernel/btf/vmlinux: auditship needs Linux 5.10 or newer built with CONFIG_DEBUG_INFO_BTF=y (in a \
container: /sys must be mounted)"
[ "$(id -u)" = 0 ] || die "attaching probes needs root: run 'sudo sh quickstart.sh${*:+ $*}'"
prepare "$build_packages"
build
mount_filesystems
choose_config
say "the trail goes to $(pwd)/trail/audit.ndjson; stop with Ctrl-C${seconds:+, or after $seconds seconds}"
exec build/quickstart/auditship run -c "$config" ${seconds:+--seconds "$seconds"}
