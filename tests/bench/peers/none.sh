# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
peer_title="no agent"
peer_caged=
peer_loads="fork vfork threads opens mixed"
