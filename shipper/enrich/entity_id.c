/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the digest, fetched once because EVP_MD_fetch takes locks and memory, its context, and the
 * ids that were asked for last: events tell the same leaders and ancestors over and over. Knows
 * nothing of records or tables.
 */
#include "enrich/entity_id.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* What is hashed, as the specification of the Common Process Identifier lays it out. */
struct digest_input {
	uint8_t boot_id[16];
	uint64_t pid_ns;
	uint64_t start_ticks;
	int64_t ns_pid;
};

_Static_assert(sizeof(struct digest_input) == 40, "the digest covers no padding");

#define KNOWN_BITS 8
#define KNOWN (1U << KNOWN_BITS)

/* pid_ns 0, which no namespace has: unused */
struct known_id {
	uint64_t pid_ns;
	uint64_t start_ticks;
	int64_t ns_pid;
	uint8_t id[16];
};

struct entity_ids {
	EVP_MD *sha256;
	EVP_MD_CTX *context;
	struct digest_input input; /* boot_id stays, the rest is of the last id */
	struct known_id known[KNOWN];
};

int entity_ids_new(struct entity_ids **ret_ids, const uint8_t boot_id[16], struct err *err)
{
	struct entity_ids *ids = calloc(1, sizeof(*ids));
	char reason[256];

	if (!ids)
		return err_set(err, -ENOMEM, "entity ids: out of memory");
	memcpy(ids->input.boot_id, boot_id, sizeof(ids->input.boot_id));
	ids->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	ids->context = EVP_MD_CTX_new();
	if (!ids->sha256 || !ids->context || !EVP_DigestInit_ex2(ids->context, ids->sha256, NULL)) {
		ERR_error_string_n(ERR_get_error(), reason, sizeof(reason));
		entity_ids_free(ids);
		return err_set(
			err, -ENOTSUP,
			"entity ids: libcrypto has no SHA-256: %s; look at its configuration,"
			" openssl.cnf",
			reason);
	}
	*ret_ids = ids;
	return 0;
}

void entity_ids_free(struct entity_ids *ids)
{
	if (!ids)
		return;
	EVP_MD_CTX_free(ids->context);
	EVP_MD_free(ids->sha256);
	free(ids);
}

static struct known_id *known_slot(struct entity_ids *ids, uint64_t start_ticks, int64_t ns_pid)
{
	uint64_t mixed = ((uint64_t)ns_pid + start_ticks * 31) * 0x9e3779b97f4a7c15ULL;

	return &ids->known[mixed >> (64 - KNOWN_BITS)];
}

static bool compute(struct entity_ids *ids, uint64_t pid_ns, uint64_t start_ticks, int64_t ns_pid,
		    uint8_t ret_id[16])
{
	uint8_t digest[EVP_MAX_MD_SIZE];

	ids->input.pid_ns = pid_ns;
	ids->input.start_ticks = start_ticks;
	ids->input.ns_pid = ns_pid;
	if (!EVP_DigestInit_ex2(ids->context, ids->sha256, NULL) ||
	    !EVP_DigestUpdate(ids->context, &ids->input, sizeof(ids->input)) ||
	    !EVP_DigestFinal_ex(ids->context, digest, NULL)) {
		memset(ret_id, 0, 16); /* all zero: unknown */
		return false;
	}
	memcpy(ret_id, digest, 16);
	ret_id[6] = (uint8_t)((ret_id[6] & 0x0f) | 0x80); /* version 8 */
	ret_id[8] = (uint8_t)((ret_id[8] & 0x3f) | 0x80); /* variant of RFC 9562 */
	return true;
}

void entity_id(struct entity_ids *ids, uint64_t pid_ns, uint64_t start_ticks, int64_t ns_pid,
	       uint8_t ret_id[16])
{
	struct known_id *known = known_slot(ids, start_ticks, ns_pid);

	if (pid_ns && known->pid_ns == pid_ns && known->start_ticks == start_ticks &&
	    known->ns_pid == ns_pid) {
		memcpy(ret_id, known->id, sizeof(known->id));
		return;
	}
	if (!compute(ids, pid_ns, start_ticks, ns_pid, ret_id))
		return;
	*known = (struct known_id){.pid_ns = pid_ns, .start_ticks = start_ticks, .ns_pid = ns_pid};
	memcpy(known->id, ret_id, sizeof(known->id));
}
