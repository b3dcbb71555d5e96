/* SPDX-License-Identifier: BSD-2-Clause */
/* What host makes of /etc, and how the agent's id comes to be and stays. */
#include "enrich/host.h"

#include "base/cleanup.h"
#include "base/uuid.h"
#include "unit/test_root.h"

#include <ctype.h>
#include <errno.h>
#include <sys/utsname.h>

static int make_root(void **state)
{
	static const char *const folders[] = {"proc/sys/kernel/random",
					      "proc/self/ns",
					      "etc",
					      "usr/lib",
					      "sys/devices/system/cpu",
					      NULL};

	(void)state;
	if (make_root_with(folders) < 0)
		return -1;
	write_text("proc/sys/kernel/random/boot_id", "88a1f0ed-5ae5-41ee-af6b-41921c311872\n");
	return 0;
}

static struct host read_host(void)
{
	struct host host;
	struct err err = {0};

	assert_int_equal(host_read(&host, root, &err), 0);
	return host;
}

static void the_facts_of_a_whole_tree_are_read(void **state)
{
	static const uint8_t boot[16] = {0x88, 0xa1, 0xf0, 0xed, 0x5a, 0xe5, 0x41, 0xee,
					 0xaf, 0x6b, 0x41, 0x92, 0x1c, 0x31, 0x18, 0x72};
	struct utsname name;
	struct host host;

	(void)state;
	write_text("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
	write_text("etc/os-release",
		   "PRETTY_NAME=\"Rocky Linux 9\"\nNAME=\"Rocky Linux\"\n"
		   "ID=rocky\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID='9.3'\n");
	write_text("sys/devices/system/cpu/possible", "0-5\n");
	assert_int_equal(symlink("pid:[4026531836]", path_of("proc/self/ns/pid")), 0);
	host = read_host();
	assert_memory_equal(host.boot_id, boot, 16);
	assert_string_equal(host.boot_id_text, "88a1f0ed-5ae5-41ee-af6b-41921c311872");
	assert_string_equal(host.machine_id, "0123456789abcdef0123456789abcdef");
	assert_string_equal(host.os_platform, "rocky");
	assert_string_equal(host.os_family, "rhel");
	assert_string_equal(host.os_name, "Rocky Linux");
	assert_string_equal(host.os_version, "9.3");
	assert_int_equal(host.cpus, 6);
	assert_int_equal(host.pid_ns, 4026531836U);
	assert_int_equal(uname(&name), 0);
	assert_string_equal(host.hostname, name.nodename);
	assert_string_equal(host.kernel, name.release);
	assert_string_equal(host.architecture, name.machine);
	assert_int_equal(host.ticks_per_s, sysconf(_SC_CLK_TCK));
	assert_int_equal(host.page_size, sysconf(_SC_PAGESIZE));
}

static void missing_facts_are_empty(void **state)
{
	struct host host = read_host();

	(void)state;
	assert_string_equal(host.machine_id, "");
	assert_string_equal(host.os_platform, "");
	assert_string_equal(host.os_family, "");
	assert_string_equal(host.os_name, "");
	assert_string_equal(host.os_version, "");
	assert_int_equal(host.cpus, 0);
	assert_int_equal(host.pid_ns, 0);
}

static void without_a_boot_id_it_fails_and_says_where(void **state)
{
	struct host host;
	struct err err;

	(void)state;
	write_text("proc/sys/kernel/random/boot_id", "no uuid\n");
	assert_int_equal(host_read(&host, root, &err), -EINVAL);
	assert_non_null(strstr(err.text, root));
	assert_non_null(strstr(err.text, "holds no UUID"));
	assert_int_equal(unlink(path_of("proc/sys/kernel/random/boot_id")), 0);
	assert_int_equal(host_read(&host, root, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/proc/sys/kernel/random/boot_id"));
}

static void machine_ids_that_are_not_32_digits_are_left_out(void **state)
{
	static const char *const bad[] = {"",
					  "\n",
					  "uninitialized\n",
					  "0123456789abcdef0123456789abcde\n",
					  "0123456789abcdef0123456789abcdef0\n",
					  "0123456789abcdef0123456789abcdeg\n",
					  "0123456789ABCDEF0123456789ABCDEF\n",
					  "0123456789abcdef0123456789abcdef\n\n",
					  " 123456789abcdef0123456789abcdef\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		write_text("etc/machine-id", bad[i]);
		assert_string_equal(read_host().machine_id, "");
	}
	write_file("etc/machine-id",
		   "0123456789abcdef\0"
		   "123456789abcdef",
		   32);
	assert_string_equal(read_host().machine_id, "");
	write_text("etc/machine-id", "0123456789abcdef0123456789abcdef");
	assert_string_equal(read_host().machine_id, "0123456789abcdef0123456789abcdef");
}

static void os_release_values_lose_their_quotes(void **state)
{
	static const struct {
		const char *line, *name;
	} cases[] = {
		{"NAME=plain", "plain"},
		{"NAME=", ""},
		{"NAME=\"\"", ""},
		{"NAME=\"two words\"", "two words"},
		{"NAME='single $ \\ `'", "single $ \\ `"},
		{"NAME=\"a \\\"b\\\" \\$c \\`d \\\\e \\f\"", "a \"b\" $c `d \\e \\f"},
		{"NAME=esc\\ aped", "esc aped"},
		{"NAME=trailing  \t\r", "trailing"},
		{"  NAME=indented", "indented"},
		{"NAME=first\nNAME=last", "last"},
		{"# NAME=comment", ""},
		{"#NAME=comment", ""},
		{"XNAME=other\nNAMES=other", ""},
		{"NAME=\"Gr\xc3\xbc\xc3\x9f\x65\"", "Gr\xc3\xbc\xc3\x9f\x65"},
		/* malformed: a value that is not understood is none */
		{"NAME=\"open", ""},
		{"NAME='open", ""},
		{"NAME=\"open\\\"", ""},
		{"NAME=two words", ""},
		{"NAME=\"a\"b", ""},
		{"NAME=a\"b\"", ""},
		{"NAME=$(reboot)", ""},
		{"NAME=end\\", ""},
		{"NAME=good\nNAME=\"bad", ""},
		{"NAME = spaced", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_text("etc/os-release", cases[i].line);
		assert_string_equal(read_host().os_name, cases[i].name);
	}
}

static void os_release_lines_with_nul_are_left_out(void **state)
{
	struct host host;

	(void)state;
	write_file("etc/os-release", "NAME=a\0b\nID=x\n\0\0\nVERSION_ID=1", 29);
	host = read_host();
	assert_string_equal(host.os_name, "");
	assert_string_equal(host.os_platform, "x");
	assert_string_equal(host.os_version, "1");
}

static void values_too_long_for_their_place_are_left_out_not_cut(void **state)
{
	char line[1024];
	char value[600];

	(void)state;
	memset(value, 'v', sizeof(value));
	(void)snprintf(line, sizeof(line), "NAME=%.127s\n", value);
	write_text("etc/os-release", line);
	assert_int_equal(strlen(read_host().os_name), 127);
	(void)snprintf(line, sizeof(line), "NAME=%.128s\n", value);
	write_text("etc/os-release", line);
	assert_string_equal(read_host().os_name, "");
	(void)snprintf(line, sizeof(line), "NAME=%.599s\n", value);
	write_text("etc/os-release", line);
	assert_string_equal(read_host().os_name, "");
}

static void without_a_family_the_platform_is_its_own(void **state)
{
	(void)state;
	write_text("etc/os-release", "ID=debian\n");
	assert_string_equal(read_host().os_family, "debian");
}

static void a_linked_or_missing_os_release_is_found(void **state)
{
	(void)state;
	write_text("usr/lib/os-release", "ID=vendor\n");
	assert_string_equal(read_host().os_platform, "vendor");
	assert_int_equal(symlink("../usr/lib/os-release", path_of("etc/os-release")), 0);
	assert_string_equal(read_host().os_platform, "vendor");
	assert_int_equal(unlink(path_of("etc/os-release")), 0);
	write_text("etc/os-release", "ID=admin\n");
	assert_string_equal(read_host().os_platform, "admin");
}

static void an_os_release_that_is_no_file_is_never_waited_for(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(path_of("etc/os-release"), 0600), 0);
	assert_string_equal(read_host().os_platform, "");
}

static void this_machine_can_be_read(void **state)
{
	struct host host;
	struct err err = {0};

	(void)state;
	assert_int_equal(host_read(&host, "", &err), 0);
	assert_true(host.cpus > 0);
	assert_true(host.pid_ns > 0);
	assert_true(host.hostname[0] != '\0');
}

static char *state_dir(void)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/var/lib/agent", root);
	return path;
}

static void the_agent_id_is_made_once_and_kept(void **state)
{
	char first[UUID_TEXT_SIZE], again[UUID_TEXT_SIZE];
	uint8_t id[16];
	struct stat st;
	struct err err = {0};

	(void)state;
	assert_int_equal(host_agent_id(first, state_dir(), &err), 0);
	assert_int_equal(uuid_parse(id, first), 0);
	assert_int_equal(id[6] >> 4, 4);
	assert_int_equal(host_agent_id(again, state_dir(), &err), 0);
	assert_string_equal(first, again);
	assert_int_equal(stat(state_dir(), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(path_of("var/lib/agent/agent-id"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, 37);
	assert_int_equal(access(path_of("var/lib/agent/agent-id.tmp"), F_OK), -1);
}

static void an_id_that_is_there_is_read(void **state)
{
	char id[UUID_TEXT_SIZE];
	struct err err = {0};

	(void)state;
	assert_int_equal(io_make_dirs(state_dir(), 0755), 0);
	write_text("var/lib/agent/agent-id", "88A1F0ED-5ae5-41ee-af6b-41921c311872 \r\n");
	assert_int_equal(host_agent_id(id, state_dir(), &err), 0);
	assert_string_equal(id, "88a1f0ed-5ae5-41ee-af6b-41921c311872");
}

static void an_id_that_is_no_uuid_is_replaced(void **state)
{
	static char huge[8192];
	static const char *const bad[] = {"", "x", "88a1f0ed-5ae5-41ee-af6b-41921c3118722\n",
					  "88a1f0ed-5ae5-41ee-af6b-41921c31187\n", huge};
	char id[UUID_TEXT_SIZE], again[UUID_TEXT_SIZE];
	uint8_t bytes[16];
	struct err err = {0};

	(void)state;
	memset(huge, 'h', sizeof(huge) - 1);
	assert_int_equal(io_make_dirs(state_dir(), 0700), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		write_text("var/lib/agent/agent-id", bad[i]);
		assert_int_equal(host_agent_id(id, state_dir(), &err), 0);
		assert_int_equal(uuid_parse(bytes, id), 0);
		assert_int_equal(host_agent_id(again, state_dir(), &err), 0);
		assert_string_equal(id, again);
	}
}

static void what_a_crash_left_behind_is_in_nobodys_way(void **state)
{
	char id[UUID_TEXT_SIZE];
	struct err err = {0};

	(void)state;
	assert_int_equal(io_make_dirs(state_dir(), 0700), 0);
	write_text("victim", "precious");
	assert_int_equal(symlink("../../../victim", path_of("var/lib/agent/agent-id.tmp")), 0);
	assert_int_equal(host_agent_id(id, state_dir(), &err), 0);
	{
		_cleanup_free_ char *text = NULL;
		size_t length;

		assert_int_equal(io_read_file(AT_FDCWD, path_of("victim"), 64, &text, &length), 0);
		assert_string_equal(text, "precious");
	}
}

static void a_linked_id_is_refused_with_a_remedy(void **state)
{
	char id[UUID_TEXT_SIZE];
	struct err err = {0};

	(void)state;
	assert_int_equal(io_make_dirs(state_dir(), 0700), 0);
	assert_int_equal(symlink("elsewhere", path_of("var/lib/agent/agent-id")), 0);
	assert_int_equal(host_agent_id(id, state_dir(), &err), -ELOOP);
	assert_non_null(strstr(err.text, state_dir()));
	assert_non_null(strstr(err.text, "remove it"));
}

static void a_state_directory_that_cannot_be_is_refused_with_a_remedy(void **state)
{
	char id[UUID_TEXT_SIZE];
	struct err err = {0};

	(void)state;
	write_text("var", "a file\n");
	assert_int_equal(host_agent_id(id, state_dir(), &err), -ENOTDIR);
	assert_non_null(strstr(err.text, state_dir()));
	assert_non_null(strstr(err.text, "agent.state_dir"));
	assert_int_equal(host_agent_id(id, path_of("var"), &err), -ENOTDIR);
	assert_int_equal(host_agent_id(id, "/proc/nowhere", &err), -ENOENT);
	assert_int_equal(host_agent_id(id, "", &err), -ENAMETOOLONG);
}

/* What comes of the line when each @ is what the kernel calls this host. */
static void full_name_of_hosts(const char *line, char ret_name[256])
{
	struct utsname name;
	struct host host;
	struct err err;
	char text[1024];
	size_t size = 0;

	assert_int_equal(uname(&name), 0);
	for (; *line; line++) {
		const char *part = *line == '@' ? name.nodename : line;
		size_t length = *line == '@' ? strlen(part) : 1;

		memcpy(text + size, part, length);
		size += length;
	}
	write_file("etc/hosts", text, size);
	assert_int_equal(host_read(&host, root, &err), 0);
	(void)snprintf(ret_name, 256, "%s", host.fqdn);
}

static void the_full_name_is_that_of_the_hosts_file(void **state)
{
	static const char *const good[] = {
		"127.0.1.1 @.example.net @\n",
		"127.0.0.1 localhost\n192.0.2.1\t@ @.EXAMPLE.net # the real one",
		"::1 a b\n192.0.2.1 @.example.net",
	};
	static const char *const none[] = {
		"127.0.0.1 localhost @\n",
		"# 192.0.2.1 @.example.net\n",
		"192.0.2.1 x.@.example.net other.example.net\n",
		"192.0.2.1 @.bad_name @..\n",
		"@.example.net\n", /* where the address should be */
		"",
	};
	struct utsname name;
	char found[256], wanted[256];

	(void)state;
	assert_int_equal(uname(&name), 0);
	if (strchr(name.nodename, '.'))
		skip();
	(void)snprintf(wanted, sizeof(wanted), "%s.example.net", name.nodename);
	for (char *at = wanted; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		full_name_of_hosts(good[i], found);
		assert_string_equal(found, wanted);
	}
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		full_name_of_hosts(none[i], found);
		assert_string_equal(found, "");
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_root, remove_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_facts_of_a_whole_tree_are_read),
		TEST(missing_facts_are_empty),
		TEST(without_a_boot_id_it_fails_and_says_where),
		TEST(machine_ids_that_are_not_32_digits_are_left_out),
		TEST(os_release_values_lose_their_quotes),
		TEST(os_release_lines_with_nul_are_left_out),
		TEST(values_too_long_for_their_place_are_left_out_not_cut),
		TEST(without_a_family_the_platform_is_its_own),
		TEST(a_linked_or_missing_os_release_is_found),
		TEST(an_os_release_that_is_no_file_is_never_waited_for),
		TEST(the_full_name_is_that_of_the_hosts_file),
		TEST(this_machine_can_be_read),
		TEST(the_agent_id_is_made_once_and_kept),
		TEST(an_id_that_is_there_is_read),
		TEST(an_id_that_is_no_uuid_is_replaced),
		TEST(what_a_crash_left_behind_is_in_nobodys_way),
		TEST(a_linked_id_is_refused_with_a_remedy),
		TEST(a_state_directory_that_cannot_be_is_refused_with_a_remedy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
