# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# The kernel's proc connector, names from /proc.
peer_title="forkstat"
peer_packages=forkstat
peer_loads="fork vfork threads"
peer_kinds() { echo exec exit; }
peer_start() { cage events forkstat -e exec,exit; }
# By the arguments of the program; of processes that end at once it often knows none.
peer_count() { lines "$OUT/events" " $1 " 'cc1 -O2 -Wall'; }
peer_command() { echo "forkstat -e exec,exit >events"; }
