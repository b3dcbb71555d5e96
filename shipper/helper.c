/* SPDX-License-Identifier: BSD-2-Clause */
/* The one list of what the helper process does; a service lives with those who ask it. */
#include "helper.h"

#include "enrich/name_services.h"

#include <errno.h>

int helper_new(struct resolver **ret_resolver, const char *root, struct container_files *containers,
	       struct err *err)
{
	struct name_files *files = name_files_new(root);
	const struct resolver_service services[HELPER_SERVICES] = {
		[HELPER_NSS] = {"nss", name_service_nss, NULL, HELPER_LANE_NSS},
		[HELPER_SCOPE] = {"scope", name_service_scope, files, HELPER_LANE_FILES},
		[HELPER_CONTAINERS] = {"containers", container_files_answer, containers,
				       HELPER_LANE_CONTAINERS},
	};
	struct resolver_options options = {.services = services, .count = HELPER_SERVICES};
	int result;

	if (!files)
		return err_set(err, -ENOMEM, "no memory for the helper process");
	result = resolver_new(ret_resolver, &options, err);
	name_files_free(files); /* the workers have their own copy */
	return result;
}
