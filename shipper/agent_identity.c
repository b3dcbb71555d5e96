/* SPDX-License-Identifier: BSD-2-Clause */
/* Puts together what the configuration and the host say of themselves. Reads nothing. */
#include "agent_identity.h"

void agent_identity_describe(const struct host *host, const char *agent_id,
			     const struct config *config, struct render_identity *ret_identity)
{
	*ret_identity = (struct render_identity){
		.agent_id = agent_id,
		.agent_name = config->agent.name ? config->agent.name : host->hostname,
		.agent_version = AUDITSHIP_VERSION,
		.host_name = config->agent.name ? config->agent.name
			     : host->fqdn[0]    ? host->fqdn
						: host->hostname,
		.host_hostname = host->hostname,
		.host_id = host->machine_id,
		.host_architecture = host->architecture,
		.boot_id = host->boot_id_text,
		.os_family = host->os_family,
		.os_platform = host->os_platform,
		.os_name = host->os_name,
		.os_version = host->os_version,
		.os_kernel = host->kernel,
		.pid_ns = host->pid_ns,
		.tags = (const char *const *)config->agent.tags.items,
		.tag_count = (unsigned int)config->agent.tags.count,
	};
	for (unsigned int i = 0; i < host->addresses.ip_count && i < RENDER_ADDRESSES_MAX; i++)
		ret_identity->ips[ret_identity->ip_count++] = host->addresses.ips[i];
	for (unsigned int i = 0; i < host->addresses.mac_count && i < RENDER_ADDRESSES_MAX; i++)
		ret_identity->macs[ret_identity->mac_count++] = host->addresses.macs[i];
	for (size_t i = 0; i < config->agent.labels.count && i < RENDER_LABELS_MAX; i++)
		ret_identity->labels[ret_identity->label_count++] = (struct render_label){
			config->agent.labels.items[i].key, config->agent.labels.items[i].value};
}
