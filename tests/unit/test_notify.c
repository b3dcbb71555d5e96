/* SPDX-License-Identifier: BSD-2-Clause */
/* What a service manager hears, and what one that is not there costs. */
#include "base/notify.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(address.sun_path, path, strlen(path));
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	assert_int_equal(bind(fd, (struct sockaddr *)&address,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path))),
			 0);
	return fd;
}

static void hears(const char *path)
{
	int fd = listen_at(path);
	char text[64] = "";

	assert_int_equal(setenv("NOTIFY_SOCKET", path, 1), 0);
	assert_int_equal(notify_send("READY=1\nSTATUS=watching"), 0);
	assert_int_equal(recv(fd, text, sizeof(text) - 1, 0), 23);
	assert_string_equal(text, "READY=1\nSTATUS=watching");
	(void)close(fd);
}

static void a_manager_hears_by_path_and_by_name(void **state)
{
	char dir[] = "/tmp/auditship-notify-XXXXXX", path[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/socket", dir);
	hears(path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(notify_send("X=1"), -ENOENT);
	assert_int_equal(rmdir(dir), 0);
	(void)snprintf(path, sizeof(path), "@auditship-test-%d", (int)getpid());
	hears(path);
}

static void without_a_manager_nothing_happens(void **state)
{
	char path[300];

	(void)state;
	assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
	assert_int_equal(notify_send("READY=1"), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", "relative", 1), 0);
	assert_int_equal(notify_send("READY=1"), -EINVAL);
	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(setenv("NOTIFY_SOCKET", path, 1), 0);
	assert_int_equal(notify_send("READY=1"), -EINVAL);
	assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
}

static uint64_t watchdog(const char *usec, const char *pid)
{
	(void)unsetenv("WATCHDOG_PID");
	if (pid)
		(void)setenv("WATCHDOG_PID", pid, 1);
	(void)setenv("WATCHDOG_USEC", usec, 1);
	return notify_watchdog_ns();
}

static void the_watchdog_is_ours_or_nobodys(void **state)
{
	char pid[16];

	(void)state;
	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	assert_int_equal(watchdog("30000000", NULL), 30 * NS_PER_S);
	assert_int_equal(watchdog("30000000", pid), 30 * NS_PER_S);
	assert_int_equal(watchdog("30000000", "1"), 0);
	assert_int_equal(watchdog("soon", NULL), 0);
	assert_int_equal(watchdog("18446744073709551615", NULL), 0);
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
	assert_int_equal(notify_watchdog_ns(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_manager_hears_by_path_and_by_name),
		cmocka_unit_test(without_a_manager_nothing_happens),
		cmocka_unit_test(the_watchdog_is_ours_or_nobodys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
