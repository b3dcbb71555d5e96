/* SPDX-License-Identifier: BSD-2-Clause */
/* The state each runtime leaves, as in tests/fixtures/host_root, and what a stranger can put there.
 */
#include "enrich/container_files.h"

#include "../fixtures/containers.h"
#include "base/io.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOST_ROOT TEST_SOURCE_DIR "/tests/fixtures/host_root"
#define ALICE 1000

static char *patterns[] = {(char *)"app*", (char *)"com.docker.compose.*"};
static struct container_files files = {.host_root = HOST_ROOT, .labels = {patterns, 2}};
static struct container_question question;
static struct container_answer answer;

static int ask(const char *id, enum container_runtime runtime, uint32_t owner)
{
	struct safe_file_state known = question.known;
	struct buf out;
	int result;

	question = (struct container_question){.owner = owner, .runtime = runtime, .known = known};
	(void)snprintf(question.id, sizeof(question.id), "%s", id);
	buf_init(&out, 64 * 1024);
	result = container_files_answer(&files, &question, sizeof(question), &out);
	if (result == 0) {
		assert_int_equal(out.length, sizeof(answer));
		memcpy(&answer, out.data, sizeof(answer));
		assert_true(answer.unchanged || container_state_check(&answer.state));
	}
	buf_done(&out);
	question.known = (struct safe_file_state){0};
	return result;
}

#define ROOT_OWNS CONTAINER_NO_OWNER

static void tells(enum container_runtime runtime, const char *name, const char *image,
		  const char *tag)
{
	assert_int_equal(answer.state.runtime, runtime);
	assert_string_equal(answer.state.name, name);
	assert_string_equal(answer.state.image, image);
	assert_string_equal(answer.state.tag, tag);
}

static void tells_pod(const char *name, const char *namespace, const char *uid)
{
	assert_string_equal(answer.state.pod_name, name);
	assert_string_equal(answer.state.pod_namespace, namespace);
	assert_string_equal(answer.state.pod_uid, uid);
}

static void tells_labels(const char *labels, size_t length)
{
	assert_int_equal(answer.state.labels_length, length);
	assert_memory_equal(answer.state.labels, labels, length);
}
#define TELLS_LABELS(text) tells_labels(text, sizeof(text) - 1)

static void docker_tells_name_image_and_labels(void **state)
{
	(void)state;
	assert_int_equal(ask(DOCKER_WEB, CONTAINER_DOCKER, ROOT_OWNS), 0);
	tells(CONTAINER_DOCKER, "docker-web", "registry.example.net:5000/shop/web", "1.25");
	tells_pod("", "", "");
	TELLS_LABELS("app=web\0com_docker_compose_project=shop\0com_docker_compose_service=web\0");
}

static void docker_under_a_kubelet_tells_the_pod(void **state)
{
	(void)state;
	assert_int_equal(ask(KUBELET_DOCKER, CONTAINER_RUNTIME_UNKNOWN, ROOT_OWNS), 0);
	assert_int_equal(answer.state.runtime, CONTAINER_DOCKER);
	assert_string_equal(answer.state.name, "app");
	tells_pod("web-7c5b", "prod", "5f1c2d3e-4a5b-6c7d-8e9f-0a1b2c3d4e5f");
}

static void containerd_tells_the_pod(void **state)
{
	(void)state;
	assert_int_equal(ask(CONTAINERD_APP, CONTAINER_CONTAINERD, ROOT_OWNS), 0);
	tells(CONTAINER_CONTAINERD, "app", "registry.example.net/shop/app", "v2.1");
	tells_pod("web-7c5b", "prod", "5f1c2d3e-4a5b-6c7d-8e9f-0a1b2c3d4e5f");
	assert_int_equal(ask(CONTAINERD_APP, CONTAINER_RUNTIME_UNKNOWN, ROOT_OWNS), 0);
	assert_int_equal(answer.state.runtime, CONTAINER_CONTAINERD);
	assert_int_equal(ask(CONTAINERD_SANDBOX, CONTAINER_CONTAINERD, ROOT_OWNS), 0);
	tells(CONTAINER_CONTAINERD, "", "", "");
	tells_pod("web-7c5b", "prod", "5f1c2d3e-4a5b-6c7d-8e9f-0a1b2c3d4e5f");
}

static void nerdctl_tells_the_name(void **state)
{
	(void)state;
	assert_int_equal(ask(NERDCTL_BOX, CONTAINER_CONTAINERD, ROOT_OWNS), 0);
	tells(CONTAINER_CONTAINERD, "box", "", "");
	TELLS_LABELS("app=box\0");
}

static void crio_tells_the_pod_and_labels(void **state)
{
	(void)state;
	assert_int_equal(ask(CRIO_APP, CONTAINER_CRIO, ROOT_OWNS), 0);
	tells(CONTAINER_CRIO, "app", "quay.io/shop/app", "3.0");
	tells_pod("crio-7c5b", "stage", "6f1c2d3e-4a5b-6c7d-8e9f-0a1b2c3d4e5f");
	TELLS_LABELS("app=shop\0app_kubernetes_io/name=shop\0");
}

static void podman_tells_name_and_image(void **state)
{
	(void)state;
	assert_int_equal(ask(PODMAN_DB, CONTAINER_PODMAN, ROOT_OWNS), 0);
	tells(CONTAINER_PODMAN, "db", "docker.io/library/postgres", "16");
	assert_int_equal(ask(PODMAN_RM, CONTAINER_PODMAN, ROOT_OWNS), 0);
	tells(CONTAINER_PODMAN, "once", "localhost/tool", "latest");
	assert_int_equal(ask(PODMAN_DB, CONTAINER_PODMAN, 0), 0); /* in a login shell of root */
}

/* Who names his cgroup like the container of another gets nothing of it. */
static void a_user_gets_no_state_of_the_containers_of_others(void **state)
{
	(void)state;
	assert_int_equal(ask(DOCKER_WEB, CONTAINER_DOCKER, ALICE), -ENOENT);
	assert_true(ask(PODMAN_DB, CONTAINER_PODMAN, ALICE) < 0);
	assert_int_equal(ask(CONTAINERD_APP, CONTAINER_RUNTIME_UNKNOWN, ALICE), -ENOENT);
}

static void an_unchanged_file_is_not_read_again(void **state)
{
	struct safe_file_state known;

	(void)state;
	assert_int_equal(ask(DOCKER_WEB, CONTAINER_DOCKER, ROOT_OWNS), 0);
	assert_int_equal(answer.unchanged, 0);
	known = answer.file;
	question.known = known;
	assert_int_equal(ask(DOCKER_WEB, CONTAINER_DOCKER, ROOT_OWNS), 0);
	assert_int_equal(answer.unchanged, 1);
	known.size++;
	question.known = known;
	assert_int_equal(ask(DOCKER_WEB, CONTAINER_DOCKER, ROOT_OWNS), 0);
	assert_int_equal(answer.unchanged, 0);
}

static void questions_of_another_size_and_unknown_containers_are_refused(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1024);
	assert_int_equal(container_files_answer(&files, "x", 1, &out), -EINVAL);
	buf_done(&out);
	assert_int_equal(ask("0000", CONTAINER_DOCKER, ROOT_OWNS), -ENOENT);
}

#define DIRECTORIES "/var/lib/docker/containers/abc"

static char top[64], path[128];

static int make_tree(void **state)
{
	static const char *const steps[] = {
		"/var",      "/var/lib", "/var/lib/docker", "/var/lib/docker/containers",
		DIRECTORIES, "/etc",     "/etc/docker"};

	(void)state;
	(void)snprintf(top, sizeof(top), "/tmp/auditship-state-XXXXXX");
	if (!mkdtemp(top))
		return -1;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", top, steps[i]);
		if (mkdir(path, 0700) < 0)
			return -1;
	}
	(void)snprintf(path, sizeof(path), "%s" DIRECTORIES "/config.v2.json", top);
	files.host_root = top;
	return 0;
}

static int remove_tree(void **state)
{
	char command[128];

	(void)state;
	files.host_root = HOST_ROOT;
	(void)snprintf(command, sizeof(command), "rm -rf %s", top);
	return system(command) == 0 ? 0 : -1;
}

static void put_file(const char *at, const char *text, size_t size)
{
	int fd = open(at, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(io_write_all(fd, text, size, NULL), 0);
	assert_int_equal(close(fd), 0);
}

static void a_fifo_does_not_stall(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(ask("abc", CONTAINER_DOCKER, ROOT_OWNS), -EINVAL);
}

static void a_link_does_not_lead_out_of_the_root(void **state)
{
	(void)state;
	assert_int_equal(symlink(HOST_ROOT "/etc/passwd", path), 0);
	assert_int_equal(ask("abc", CONTAINER_DOCKER, ROOT_OWNS), -ENOENT);
}

static void a_huge_file_is_refused(void **state)
{
	(void)state;
	put_file(path, "{", 1);
	assert_int_equal(truncate(path, (off_t)1 << 30), 0);
	assert_int_equal(ask("abc", CONTAINER_DOCKER, ROOT_OWNS), -EFBIG);
}

static void deep_json_and_rubbish_are_refused(void **state)
{
	char deep[4096];

	(void)state;
	memset(deep, '[', sizeof(deep));
	put_file(path, deep, sizeof(deep));
	assert_int_equal(ask("abc", CONTAINER_DOCKER, ROOT_OWNS), -EFBIG);
	put_file(path, "\xff\xfe\0\1", 4);
	assert_int_equal(ask("abc", CONTAINER_DOCKER, ROOT_OWNS), -EBADMSG);
	put_file(path, "{\"ID\":\"abc\",\"Name\":\"/\xc3\x28\"}", 25);
	assert_int_equal(ask("abc", CONTAINER_DOCKER, ROOT_OWNS), -EBADMSG);
}

static void the_data_root_of_docker_may_be_elsewhere(void **state)
{
	static const char config[] = "{\"ID\":\"abc\",\"Name\":\"/moved\"}";
	char at[128], text[160];

	(void)state;
	(void)snprintf(at, sizeof(at), "%s/var/lib/docker", top);
	(void)snprintf(text, sizeof(text), "%s/var/lib/moved", top);
	put_file(path, config, sizeof(config) - 1);
	assert_int_equal(rename(at, text), 0);
	assert_int_equal(ask("abc", CONTAINER_DOCKER, ROOT_OWNS), -ENOENT);
	(void)snprintf(at, sizeof(at), "%s/etc/docker/daemon.json", top);
	put_file(at, "{\"data-root\":\"/var/lib/moved\"}", 30);
	assert_int_equal(ask("abc", CONTAINER_DOCKER, ROOT_OWNS), 0);
	assert_string_equal(answer.state.name, "moved");
}

static void put_in(const char *directory, const char *name, const char *text)
{
	char command[256], at[256];

	(void)snprintf(command, sizeof(command), "mkdir -p %s%s", top, directory);
	assert_int_equal(system(command), 0);
	(void)snprintf(at, sizeof(at), "%s%s/%s", top, directory, name);
	put_file(at, text, strlen(text));
}

/* Root may give files away; another user can be nobody but himself. */
static uint32_t alice(void)
{
	return getuid() ? getuid() : ALICE;
}

static void give_homes_to(uint32_t owner)
{
	char command[160];

	(void)snprintf(command, sizeof(command), "chown -R %u %s/home", owner, top);
	assert_int_equal(system(command), 0);
}

static void put_passwd(void)
{
	char text[128];

	(void)snprintf(text, sizeof(text),
		       "alice:x:%u:1000::/home/alice:/bin/sh\nbob:x:4241:1001::relative:/bin/sh\n",
		       alice());
	put_in("/etc", "passwd", text);
}

#define STORAGE_OF_ALICE "/home/alice/.local/share/containers/storage/overlay-containers"

static void rootless_containers_are_looked_up_in_the_home_of_their_user(void **state)
{
	char command[512];

	(void)state;
	put_passwd();
	(void)snprintf(command, sizeof(command),
		       "mkdir -p %s" STORAGE_OF_ALICE " && cp " HOST_ROOT STORAGE_OF_ALICE
		       "/containers.json %s" STORAGE_OF_ALICE,
		       top, top);
	assert_int_equal(system(command), 0);
	give_homes_to(alice());
	assert_int_equal(ask(ROOTLESS_WEB, CONTAINER_PODMAN, alice()), 0);
	tells(CONTAINER_PODMAN, "mine", "docker.io/library/nginx", "latest");
	assert_int_equal(ask(ROOTLESS_WEB, CONTAINER_PODMAN, ROOT_OWNS), -ENOENT);
	assert_int_equal(ask(ROOTLESS_WEB, CONTAINER_PODMAN, 4241), -ENOENT); /* odd home */
	assert_int_equal(ask(ROOTLESS_WEB, CONTAINER_PODMAN, 4242), -ENOENT); /* no such user */
}

/* A link from his home to the state that root's runtime keeps. */
static void a_user_gets_no_state_by_a_link_to_the_files_of_others(void **state)
{
	static const char config[] = "{\"ID\":\"abc\",\"Name\":\"/roots\"}";
	char command[256];

	(void)state;
	if (getuid() != 0)
		skip(); /* the files of others can be made by root only */
	put_passwd();
	put_file(path, config, sizeof(config) - 1);
	assert_int_equal(ask("abc", CONTAINER_DOCKER, ROOT_OWNS), 0);
	(void)snprintf(command, sizeof(command),
		       "mkdir -p %s/home/alice/.local/share && "
		       "ln -s /var/lib/docker %s/home/alice/.local/share/docker",
		       top, top);
	assert_int_equal(system(command), 0);
	assert_int_equal(ask("abc", CONTAINER_DOCKER, alice()), -EPERM);
}

static void a_user_claims_no_pod_by_a_file_of_his_own(void **state)
{
	static const char config[] = "{\"ID\":\"abc\",\"Name\":\"/x\",\"Config\":{\"Labels\":{"
				     "\"io.kubernetes.pod.name\":\"web\","
				     "\"io.kubernetes.pod.namespace\":\"prod\","
				     "\"io.kubernetes.pod.uid\":\"u\","
				     "\"io.kubernetes.container.name\":\"app\"}}}";

	(void)state;
	put_passwd();
	put_in("/home/alice/.local/share/docker/containers/abc", "config.v2.json", config);
	give_homes_to(alice());
	assert_int_equal(ask("abc", CONTAINER_DOCKER, alice()), 0);
	assert_string_equal(answer.state.name, "app");
	tells_pod("", "", "");
}

#define IN_TREE(name) cmocka_unit_test_setup_teardown(name, make_tree, remove_tree)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(docker_tells_name_image_and_labels),
		cmocka_unit_test(docker_under_a_kubelet_tells_the_pod),
		cmocka_unit_test(containerd_tells_the_pod),
		cmocka_unit_test(nerdctl_tells_the_name),
		cmocka_unit_test(crio_tells_the_pod_and_labels),
		cmocka_unit_test(podman_tells_name_and_image),
		cmocka_unit_test(a_user_gets_no_state_of_the_containers_of_others),
		cmocka_unit_test(an_unchanged_file_is_not_read_again),
		cmocka_unit_test(questions_of_another_size_and_unknown_containers_are_refused),
		IN_TREE(a_fifo_does_not_stall),
		IN_TREE(a_link_does_not_lead_out_of_the_root),
		IN_TREE(a_huge_file_is_refused),
		IN_TREE(deep_json_and_rubbish_are_refused),
		IN_TREE(the_data_root_of_docker_may_be_elsewhere),
		IN_TREE(rootless_containers_are_looked_up_in_the_home_of_their_user),
		IN_TREE(a_user_gets_no_state_by_a_link_to_the_files_of_others),
		IN_TREE(a_user_claims_no_pod_by_a_file_of_his_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
