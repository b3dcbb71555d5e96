/* SPDX-License-Identifier: BSD-2-Clause */
/* Each reason why the probes cannot run, in the words a person gets to read. */
#include "tool/preflight.h"

#include "unit/test_root.h"

#include <errno.h>
#include <sys/utsname.h>

#define CAP(number) (UINT64_C(1) << (number))
#define ADMIN CAP(21)
#define PERFMON CAP(38)
#define BPF CAP(39)

static int make_root(void **state)
{
	static const char *const folders[] = {"sys/kernel/security", "sys/kernel/btf", "proc/self",
					      "run", NULL};

	(void)state;
	return make_root_with(folders);
}

/* A machine on which all is well. */
static struct preflight_facts good_facts(void)
{
	return (struct preflight_facts){
		.capabilities = ~UINT64_C(0),
		.root = true,
		.has_btf = true,
		.kernel = "6.1.0-test",
	};
}

static void assert_judged(const struct preflight_facts *facts, int code, const char *what,
			  const char *remedy)
{
	struct err err = {0};

	assert_int_equal(preflight_judge(facts, &err), code);
	if (!strstr(err.text, what) || !strstr(err.text, remedy))
		fail_msg("not '%s' with '%s': %s", what, remedy, err.text);
	assert_true(err.text[strlen(err.text) - 1] != '.');
}

static void a_machine_that_has_all_is_good(void **state)
{
	struct preflight_facts facts = good_facts();
	struct err err;

	(void)state;
	assert_int_equal(preflight_judge(&facts, &err), 0);
	facts.root = false;
	facts.capabilities = BPF | PERFMON;
	assert_int_equal(preflight_judge(&facts, &err), 0);
	facts.capabilities = ADMIN;
	assert_int_equal(preflight_judge(&facts, &err), 0);
}

static void a_user_who_is_not_root_is_told_so(void **state)
{
	struct preflight_facts facts = good_facts();

	(void)state;
	facts.root = false;
	facts.capabilities = 0;
	assert_judged(&facts, -EPERM, "not root and lacks the capability CAP_BPF and CAP_PERFMON",
		      "sudo");
	facts.capabilities = BPF;
	assert_judged(&facts, -EPERM, "lacks the capability CAP_PERFMON:", "sudo");
	facts.capabilities = PERFMON;
	assert_judged(&facts, -EPERM, "lacks the capability CAP_BPF:", "sudo");
}

static void root_without_capabilities_is_told_of_the_container(void **state)
{
	struct preflight_facts facts = good_facts();

	(void)state;
	facts.capabilities = ~(ADMIN | BPF | PERFMON);
	assert_judged(&facts, -EPERM, "root user lacks the capability CAP_BPF and CAP_PERFMON",
		      "--cap-add=BPF --cap-add=PERFMON");
	facts.capabilities = ~(ADMIN | PERFMON);
	assert_judged(&facts, -EPERM, "lacks the capability CAP_PERFMON, probably inside",
		      "--cap-add=PERFMON");
}

static void lockdown_for_confidentiality_is_named(void **state)
{
	struct preflight_facts facts = good_facts();

	(void)state;
	facts.confidential = true;
	assert_judged(&facts, -EPERM, "lockdown mode 'confidentiality'", "lockdown=integrity");
}

static void a_kernel_without_types_is_named(void **state)
{
	struct preflight_facts facts = good_facts();

	(void)state;
	facts.has_btf = false;
	assert_judged(&facts, -ENOTSUP, "the kernel 6.1.0-test offers no type information",
		      "CONFIG_DEBUG_INFO_BTF=y");
}

static void what_the_user_can_mend_first_is_told_first(void **state)
{
	struct preflight_facts facts = {.confidential = true};

	(void)state;
	assert_judged(&facts, -EPERM, "not root", "sudo");
	facts.capabilities = ADMIN;
	assert_judged(&facts, -EPERM, "confidentiality", "lockdown=integrity");
}

static void assert_explained(const struct preflight_facts *facts, int code, const char *what)
{
	struct err err = {"cannot attach the probe 'exec'"};

	assert_int_equal(preflight_explain(facts, code, &err), code);
	assert_ptr_equal(strstr(err.text, "cannot attach the probe 'exec'"), err.text);
	if (!strstr(err.text, what))
		fail_msg("not '%s': %s", what, err.text);
}

static void a_refusal_in_spite_of_the_capabilities_names_who_refuses(void **state)
{
	struct preflight_facts facts = good_facts();
	const int codes[] = {-EPERM, -ENOSYS};

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		assert_explained(&facts, codes[i], "seccomp=unconfined");
	assert_explained(&facts, -EPERM, "although the capabilities are there: a container's");
	facts.in_container = true;
	assert_explained(&facts, -EPERM, "(this is a container)");
}

static void what_the_kernel_lacks_is_told_with_its_version(void **state)
{
	const struct preflight_facts facts = good_facts();

	(void)state;
	assert_explained(&facts, -ENOENT, "the kernel 6.1.0-test may lack a tracepoint");
	assert_explained(&facts, -ESRCH, "the kernel 6.1.0-test may lack a tracepoint");
	assert_explained(&facts, -EINVAL, "Linux 5.10");
}

static void a_refusal_of_the_verifier_is_told_as_one(void **state)
{
	const struct preflight_facts facts = good_facts();

	(void)state;
	assert_explained(&facts, -EACCES, "the verifier of the kernel 6.1.0-test");
}

static void other_errors_keep_their_words(void **state)
{
	const struct preflight_facts facts = good_facts();
	struct err err = {"no memory"};

	(void)state;
	assert_int_equal(preflight_explain(&facts, -ENOMEM, &err), -ENOMEM);
	assert_string_equal(err.text, "no memory");
}

static void the_longest_message_is_cut_and_ended(void **state)
{
	struct preflight_facts facts = good_facts();
	struct err err;

	(void)state;
	memset(err.text, 'x', sizeof(err.text) - 1);
	err.text[sizeof(err.text) - 1] = '\0';
	assert_int_equal(preflight_explain(&facts, -EPERM, &err), -EPERM);
	assert_true(strlen(err.text) < sizeof(err.text));
}

static void an_empty_machine_offers_nothing(void **state)
{
	struct preflight_facts facts;

	(void)state;
	preflight_gather(&facts, root);
	assert_int_equal(facts.capabilities, 0);
	assert_false(facts.has_btf);
	assert_false(facts.confidential);
	assert_false(facts.in_container);
	assert_int_equal(facts.root, geteuid() == 0);
}

static void facts_are_gathered_from_their_files(void **state)
{
	struct preflight_facts facts;
	struct utsname names;

	(void)state;
	assert_int_equal(uname(&names), 0);
	write_text("proc/self/status", "Name:\tx\nCapEff:\t000000c000000000\nCapBnd:\t0\n");
	write_text("sys/kernel/btf/vmlinux", "x");
	write_text("sys/kernel/security/lockdown", "none integrity [confidentiality]\n");
	preflight_gather(&facts, root);
	assert_int_equal(facts.capabilities, BPF | PERFMON);
	assert_true(facts.has_btf);
	assert_true(facts.confidential);
	assert_false(facts.in_container);
	assert_string_equal(facts.kernel, names.release);
}

static void other_lockdown_modes_do_not_matter(void **state)
{
	static const char *const modes[] = {"[none] integrity confidentiality\n",
					    "none [integrity] confidentiality\n", "", "\n"};
	struct preflight_facts facts;

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		write_text("sys/kernel/security/lockdown", modes[i]);
		preflight_gather(&facts, root);
		assert_false(facts.confidential);
	}
}

static void a_container_is_known_by_its_marks(void **state)
{
	struct preflight_facts facts;

	(void)state;
	write_text(".dockerenv", "");
	preflight_gather(&facts, root);
	assert_true(facts.in_container);
	assert_int_equal(unlink(path_of(".dockerenv")), 0);
	write_text("run/.containerenv", "");
	preflight_gather(&facts, root);
	assert_true(facts.in_container);
}

int main(void)
{
#define ROOT_TEST(name) cmocka_unit_test_setup_teardown(name, make_root, remove_root)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_machine_that_has_all_is_good),
		cmocka_unit_test(a_user_who_is_not_root_is_told_so),
		cmocka_unit_test(root_without_capabilities_is_told_of_the_container),
		cmocka_unit_test(lockdown_for_confidentiality_is_named),
		cmocka_unit_test(a_kernel_without_types_is_named),
		cmocka_unit_test(what_the_user_can_mend_first_is_told_first),
		cmocka_unit_test(a_refusal_in_spite_of_the_capabilities_names_who_refuses),
		cmocka_unit_test(what_the_kernel_lacks_is_told_with_its_version),
		cmocka_unit_test(a_refusal_of_the_verifier_is_told_as_one),
		cmocka_unit_test(other_errors_keep_their_words),
		cmocka_unit_test(the_longest_message_is_cut_and_ended),
		ROOT_TEST(an_empty_machine_offers_nothing),
		ROOT_TEST(facts_are_gathered_from_their_files),
		ROOT_TEST(other_lockdown_modes_do_not_matter),
		ROOT_TEST(a_container_is_known_by_its_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
