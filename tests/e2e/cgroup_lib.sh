# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Cgroups of a scenario's own: all are below one name, $top, in whichever hierarchies. Usage: behind lib.sh.
top=auditship-e2e-$$

remove_cgroups() {
	for mount in /sys/fs/cgroup /sys/fs/cgroup/*; do
		[ ! -d "$mount/$top" ] || find "$mount/$top" -depth -type d -exec rmdir {} \; 2>/dev/null || :
	done
}
