#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a container runtime makes of packaging/kubernetes/daemonset.yaml.

usage: daemonset_spec.py DAEMONSET SPEC PLACES > config.json
SPEC is what `runc spec` writes. PLACES, JSON, says what stands for the node: a directory for each hostPath that is
to be another one, where the ConfigMap's files go ("configMap"), the root file system and the cgroup.
"""
import json
import os
import sys

import yaml


def bytes_of(text):
    units = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
    return int(text[:-2]) * units[text[-2:]]


def mount(volume_mount, volume, places, files):
    options = ["ro"] if volume_mount.get("readOnly") else ["rw"]
    target = volume_mount["mountPath"]
    if "configMap" in volume:
        for name, text in files[volume["configMap"]["name"]].items():
            with open(os.path.join(places["configMap"], name), "w", encoding="utf-8") as out:
                out.write(text)
        return {"destination": target, "type": "bind", "source": places["configMap"], "options": ["rbind"] + options}
    if "emptyDir" in volume:
        return {"destination": target, "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev"] + options}
    path = volume["hostPath"]["path"]
    propagation = {"HostToContainer": "rslave", "Bidirectional": "rshared"}
    options.append(propagation.get(volume_mount.get("mountPropagation"), "rprivate"))
    return {"destination": target, "type": "bind", "source": places.get(path, path), "options": ["rbind"] + options}


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        documents = list(yaml.safe_load_all(file))
    with open(sys.argv[2], encoding="utf-8") as file:
        spec = json.load(file)
    places = json.loads(sys.argv[3])
    files = {d["metadata"]["name"]: d["data"] for d in documents if d["kind"] == "ConfigMap"}
    pod = next(d for d in documents if d["kind"] == "DaemonSet")["spec"]["template"]["spec"]
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    (container,) = pod["containers"]
    context = container["securityContext"]
    capabilities = ["CAP_" + name for name in context["capabilities"]["add"]]
    assert context["capabilities"]["drop"] == ["ALL"] and not context["privileged"]

    process = spec["process"]
    process["terminal"] = False
    process["args"] = ["/usr/sbin/auditship"] + container["args"]
    for variable in container["env"]:
        assert variable["valueFrom"]["fieldRef"]["fieldPath"] == "spec.nodeName"
        process["env"].append(variable["name"] + "=node-1")
    process["capabilities"] = {kind: capabilities for kind in ("bounding", "effective", "permitted")}
    process["noNewPrivileges"] = not context["allowPrivilegeEscalation"]
    process["rlimits"] = []
    spec["root"] = {"path": places["root"], "readonly": context["readOnlyRootFilesystem"]}
    spec["mounts"] = [m for m in spec["mounts"] if m["type"] != "cgroup"]
    spec["mounts"] += [mount(m, volumes[m["name"]], places, files) for m in container["volumeMounts"]]

    linux = spec["linux"]
    linux["namespaces"] = [{"type": kind} for kind in ("mount", "ipc")]
    linux["namespaces"] += [] if pod["hostPID"] else [{"type": "pid"}]
    linux["namespaces"] += [] if pod["hostNetwork"] else [{"type": "network"}, {"type": "uts"}]
    if not pod["hostNetwork"]:
        spec["hostname"] = "pod"
    else:
        spec.pop("hostname", None)
    linux["cgroupsPath"] = places["cgroup"]
    linux["resources"] = {"memory": {"limit": bytes_of(container["resources"]["limits"]["memory"])}}
    assert context["seccompProfile"]["type"] == "Unconfined" and "seccomp" not in linux
    json.dump(spec, sys.stdout)


main()
