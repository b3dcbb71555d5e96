#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Fetches rsyslog and syslog-ng as Debian packages them into the directory given, without installing
# them: the two exclude each other, and neither shall run as this host's own. peers.sh DIR
set -eu
dir=$1

# What installing it would add, taken apart. Nothing when this host has it.
fetch() {
	into=$1
	shift
	[ ! -e "$into/done" ] || return 0
	rm -rf "$into"
	mkdir -p "$into/packages"
	added=$(apt-get -s install --no-install-recommends "$@" | awk '$1 == "Inst" { print $2 }')
	for package in $added; do
		(cd "$into/packages" && apt-get -q -o APT::Sandbox::User=root download "$package")
	done
	for package in "$into"/packages/*.deb; do
		[ ! -e "$package" ] || dpkg -x "$package" "$into"
	done
	: >"$into/done"
}
fetch "$dir/rsyslog" rsyslog rsyslog-openssl rsyslog-gnutls
fetch "$dir/syslog-ng" syslog-ng-core
