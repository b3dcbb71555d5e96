/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cgroups that the test makes, with the names that container runtimes and systemd give, and the
 * state of tests/fixtures/host_root. Only directories of the test's own are made, and removed.
 */
#include "../fixtures/containers.h"
#include "harness.h"
#include "want.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UNKNOWN_ID "4242424242424242424242424242424242424242424242424242424242424242"
#define TASK "fedcba9876543210fedcba9876543210"
#define V1 "/sys/fs/cgroup/pids"

static char top[64]; /* the test's own slice, and directory on v1 */
static char joined[PATH_MAX];

/* NULL: v2 is mounted nowhere. */
static const char *v2_root(void)
{
	if (access("/sys/fs/cgroup/unified/cgroup.procs", F_OK) == 0)
		return "/sys/fs/cgroup/unified";
	return access("/sys/fs/cgroup/cgroup.procs", F_OK) == 0 ? "/sys/fs/cgroup" : NULL;
}

static int join(void *directory)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.procs", (const char *)directory);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd >= 0 && write(fd, "0", 1) == 1 ? 0 : -errno;
}

/* Every directory of ROOT/TOP/PATH; the deepest is the one to join. */
static void make(const char *root, const char *path)
{
	char full[PATH_MAX];

	snprintf(full, sizeof(full), "%s/%s%s", root, top, path);
	for (char *at = full + strlen(root) + 1; at; at = strchr(at + 1, '/')) {
		char *next = strchr(at + 1, '/');

		if (next)
			*next = '\0';
		if (mkdir(full, 0755) < 0 && errno != EEXIST)
			fail_msg("cannot make %s: %s", full, strerror(errno));
		if (next)
			*next = '/';
	}
	snprintf(joined, sizeof(joined), "%s", full);
}

static void unmake(const char *root)
{
	char command[PATH_MAX];

	/* children of a test that has failed live on until this process ends */
	snprintf(command, sizeof(command),
		 "cd %s/%s 2>/dev/null || exit 0; find . -name cgroup.procs -exec cat {} + |"
		 "while read -r pid; do echo $pid >../cgroup.procs; done;"
		 "find . -depth -type d ! -name . -exec rmdir {} +; cd ..; rmdir %s",
		 root, top, top);
	if (system(command) != 0)
		print_message("cgroups of the test are left below %s\n", root);
}

/* What is in another container, or in none, at the fork; what the exec and the end say. */
struct expected {
	struct life life; /* first, so that adjust finds the rest */
	void (*say)(struct want *want);
};

static void say_docker(struct want *want);

static void adjust(struct want *want, const char *action, const struct life *life)
{
	const struct expected *expected = (const struct expected *)life;
	struct facts test;

	if (strcmp(action, "fork") == 0) {
		facts_read(&test, getpid());
		want_cgroup(want, &test);
		facts_done(&test);
		return;
	}
	want_cgroup(want, &life->facts);
	expected->say(want);
	if (expected->say == say_docker)
		assert_non_null(event_get(life->event, "container.labels"));
}

static void check(void **state, void (*say)(struct want *want))
{
	struct expected expected = {
		.life = {.program = {.path = HOLD, .prepare = join, .data = joined},
			 .adjust = adjust},
		.say = say,
	};

	check_life(*state, &expected.life);
}

/* On v2 below the test's slice. */
static void check_below(void **state, const char *path, void (*say)(struct want *want))
{
	if (!v2_root()) {
		print_message("not tested: no cgroup v2 hierarchy is mounted\n");
		skip();
	}
	make(v2_root(), path);
	check(state, say);
}

static void say_docker(struct want *want)
{
	want_string(want, "container.id", DOCKER_WEB);
	want_string(want, "container.runtime", "docker");
	want_string(want, "container.name", "docker-web");
	want_string(want, "container.image.name", "registry.example.net:5000/shop/web");
	want_json(want, "container.image.tag", "[\"1.25\"]");
	want_string(want, "container.labels.app", "web");
	want_string(want, "container.labels.com_docker_compose_project", "shop");
	want_string(want, "container.labels.com_docker_compose_service", "web");
	want_string(want, "Linux.cgroup.hierarchy", "v2");
	want_string(want, "Linux.systemd.slice", top);
	want_string(want, "Linux.systemd.unit", "docker-" DOCKER_WEB ".scope");
}

/* Made before the agent was started. */
static void a_container_from_before_the_agent_is_known(void **state)
{
	check_below(state, "/docker-" DOCKER_WEB ".scope", say_docker);
}

static void say_crio(struct want *want)
{
	want_string(want, "container.id", CRIO_APP);
	want_string(want, "container.runtime", "cri-o");
	want_string(want, "container.name", "app");
	want_string(want, "container.image.name", "quay.io/shop/app");
	want_json(want, "container.image.tag", "[\"3.0\"]");
	want_string(want, "container.labels.app", "shop");
	want_string(want, "container.labels.app_kubernetes_io/name", "shop");
	want_string(want, "orchestrator.type", "kubernetes");
	want_string(want, "orchestrator.namespace", "stage");
	want_string(want, "orchestrator.resource.type", "pod");
	want_string(want, "orchestrator.resource.name", "crio-7c5b");
	want_string(want, "orchestrator.resource.id", "6f1c2d3e-4a5b-6c7d-8e9f-0a1b2c3d4e5f");
}

static void a_pod_is_told_with_its_container(void **state)
{
	check_below(state,
		    "/kubepods/burstable/pod6f1c2d3e-4a5b-6c7d-8e9f-0a1b2c3d4e5f/crio-" CRIO_APP,
		    say_crio);
}

static void say_nested(struct want *want)
{
	want_string(want, "container.id", UNKNOWN_ID);
	want_string(want, "container.runtime", "docker");
	want_string(want, "Linux.container.outer_id", DOCKER_WEB);
	want_string(want, "Linux.container.unresolved", "nested");
}

static void the_innermost_container_counts(void **state)
{
	check_below(state, "/docker/" DOCKER_WEB "/docker/" UNKNOWN_ID, say_nested);
}

static void say_unknown(struct want *want)
{
	want_string(want, "container.id", UNKNOWN_ID);
	want_string(want, "container.runtime", "docker");
	want_string(want, "Linux.container.unresolved", "not_found");
}

static void a_container_without_state_says_so(void **state)
{
	check_below(state, "/docker/" UNKNOWN_ID, say_unknown);
}

static void say_task(struct want *want)
{
	say_docker(want);
	want_string(want, "Linux.systemd.slice", "ecstasks-" TASK ".slice");
	want_string(want, "orchestrator.type", "ecs");
	want_string(want, "orchestrator.resource.type", "task");
	want_string(want, "orchestrator.resource.id", TASK);
}

static void a_task_of_ecs_is_told(void **state)
{
	check_below(state, "/ecstasks-" TASK ".slice/docker-" DOCKER_WEB ".scope", say_task);
}

static void say_user_unit(struct want *want)
{
	want_string(want, "Linux.systemd.slice", top);
	want_string(want, "Linux.systemd.unit", "user@4242.service");
	want_string(want, "Linux.systemd.user_unit", "app-editor.scope");
}

static void units_of_a_user_are_told_beside_those_of_the_system(void **state)
{
	check_below(state, "/user@4242.service/app.slice/app-editor.scope", say_user_unit);
}

static void say_v1(struct want *want)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/%s/docker/" UNKNOWN_ID, top);
	say_unknown(want);
	want_string(want, "Linux.cgroup.path", path);
	want_string(want, "Linux.cgroup.hierarchy", "v1");
}

/* On v1 a cgroup may be renamed; and only there is the container. */
static void a_renamed_cgroup_of_v1_is_known_by_its_new_name(void **state)
{
	char other[PATH_MAX];

	if (access(V1 "/cgroup.procs", F_OK) != 0) {
		print_message("not tested: no v1 hierarchy is mounted\n");
		skip();
	}
	make(V1, "/docker/first");
	snprintf(other, sizeof(other), V1 "/%s/docker/" UNKNOWN_ID, top);
	assert_int_equal(rename(joined, other), 0);
	snprintf(joined, sizeof(joined), "%s", other);
	check(state, say_v1);
}

static int set_up(void **state)
{
	snprintf(top, sizeof(top), "auditship_test_%d.slice", getpid());
	if (v2_root())
		make(v2_root(), "/docker-" DOCKER_WEB ".scope");
	*state = harness_new(&(struct harness_options){
		.enrich = "containers: {host_root: " TEST_SOURCE_DIR "/tests/fixtures/host_root}"});
	return *state ? 0 : -1;
}

static int tear_down(void **state)
{
	int result = harness_teardown(state);

	if (v2_root())
		unmake(v2_root());
	unmake(V1);
	return result;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KERNEL_TEST(a_container_from_before_the_agent_is_known),
		KERNEL_TEST(a_pod_is_told_with_its_container),
		KERNEL_TEST(the_innermost_container_counts),
		KERNEL_TEST(a_container_without_state_says_so),
		KERNEL_TEST(a_task_of_ecs_is_told),
		KERNEL_TEST(units_of_a_user_are_told_beside_those_of_the_system),
		KERNEL_TEST(a_renamed_cgroup_of_v1_is_known_by_its_new_name),
	};
	int cannot = harness_cannot_run();

	return cannot ? cannot : cmocka_run_group_tests(tests, set_up, tear_down);
}
