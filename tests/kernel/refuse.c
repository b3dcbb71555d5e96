/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stands before two functions of libbpf, so that the kernel refuses the program whose name is in
 * AUDITSHIP_TEST_REFUSE_LOAD (it gets one that no verifier takes), or its hook cannot be attached
 * that is named in AUDITSHIP_TEST_REFUSE_ATTACH.
 */
#include <bpf/libbpf.h>
#include <dlfcn.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *next_of(const char *name)
{
	void *next = dlsym(RTLD_NEXT, name);

	if (!next) {
		fprintf(stderr, "no %s in libbpf\n", name);
		abort();
	}
	return next;
}

/* It begins with a register that nothing was ever put into. */
static void spoil(struct bpf_program *program)
{
	const struct bpf_insn bad = {
		.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_0, .src_reg = BPF_REG_9};
	size_t count = bpf_program__insn_cnt(program);
	struct bpf_insn *insns = malloc(count * sizeof(*insns));

	if (!insns)
		abort();
	memcpy(insns, bpf_program__insns(program), count * sizeof(*insns));
	insns[0] = bad;
	if (bpf_program__set_insns(program, insns, count) < 0)
		abort();
	free(insns);
}

/* NAME, NAME_alone or NAME_again: bpf/hook.h. */
static bool is_variant(const struct bpf_program *program, const char *name)
{
	const char *own = bpf_program__name(program), *end;

	if (!name || strncmp(own, name, strlen(name)) != 0)
		return false;
	end = own + strlen(name);
	return !*end || strcmp(end, "_alone") == 0 || strcmp(end, "_again") == 0;
}

int bpf_object__load_skeleton(struct bpf_object_skeleton *skeleton)
{
	int (*next)(struct bpf_object_skeleton *) = next_of("bpf_object__load_skeleton");
	const char *name = getenv("AUDITSHIP_TEST_REFUSE_LOAD");
	struct bpf_program *program;

	bpf_object__for_each_program(program, *skeleton->obj) if (is_variant(program, name) &&
								  bpf_program__autoload(program))
		spoil(program);
	return next(skeleton);
}

struct bpf_link *bpf_program__attach(const struct bpf_program *program)
{
	struct bpf_link *(*next)(const struct bpf_program *) = next_of("bpf_program__attach");
	const char *name = getenv("AUDITSHIP_TEST_REFUSE_ATTACH");

	if (!is_variant(program, name))
		return next(program);
	errno = EOPNOTSUPP;
	return NULL;
}
