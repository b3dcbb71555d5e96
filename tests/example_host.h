/* SPDX-License-Identifier: BSD-2-Clause */
/* The host, agent and stream that made events come from. */
#ifndef AUDITSHIP_EXAMPLE_HOST_H
#define AUDITSHIP_EXAMPLE_HOST_H

#include "render/render.h"

static const uint8_t example_stream[16] = {0x8c, 0x2a, 0x7b, 0x54, 0x0f, 0x6e, 0x4b, 0x0e,
					   0x8a, 0x37, 0x3f, 0x5d, 0x5a, 0x5e, 0x9e, 0x21};

static const char *const example_tags[] = {"prod"};
static const struct render_identity example_host = {
	.agent_id = "3f0c2c1e-7a57-4c0e-9d5e-1b9a2f6d0c11",
	.agent_name = "web-01",
	.agent_version = "0.1.0",
	.host_name = "web-01.example.net",
	.host_hostname = "web-01",
	.host_id = "48c1b3f1ac5da4e0057fc9f60f4d1d5d",
	.host_architecture = "x86_64",
	.ips = {"198.51.100.5", "2001:db8::5"},
	.macs = {"00-00-5E-00-53-23"},
	.ip_count = 2,
	.mac_count = 1,
	.boot_id = "88a1f0ed-5ae5-41ee-af6b-41921c311872",
	.os_family = "debian",
	.os_platform = "debian",
	.os_name = "Debian GNU/Linux",
	.os_version = "12",
	.os_kernel = "6.1.0-21-amd64",
	.pid_ns = 4026531836u,
	.tags = example_tags,
	.tag_count = 1,
	.labels = {{"role", "web"}},
	.label_count = 1,
};

#endif
