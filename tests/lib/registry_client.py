# SPDX-License-Identifier: Apache-2.0
"""Pushes versions over the OCI door, in the CNCF model format, from the contracts alone."""

import hashlib
import json
from pathlib import Path

from wire import call

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
ARTIFACT = "application/vnd.cncf.model.manifest.v1+json"
CONFIG = "application/vnd.cncf.model.config.v1+json"
ROOT = Path(__file__).resolve().parents[2]


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def push_blob(server, repository, data, key=None):
    digest = digest_of(data)
    answer = call(server, "POST", f"/v2/{repository}/blobs/uploads/?digest={digest}",
                  {"Content-Type": "application/octet-stream"}, data, key=key)
    if answer.status == 202:
        location = answer.header("Location").removeprefix(server.url)
        mark = "&" if "?" in location else "?"
        answer = call(server, "PUT", f"{location}{mark}digest={digest}", {"Content-Type": "application/octet-stream"}, data, key=key)
    assert answer.status == 201, (answer.status, answer.body)
    return digest


def media_type(path):
    if path.endswith((".onnx", ".bin", ".safetensors", ".pt")):
        return "application/vnd.cncf.model.weight.v1.raw"
    if path.endswith((".yaml", ".json", "labels.txt")):
        return "application/vnd.cncf.model.weight.config.v1.raw"
    if path.endswith(".py"):
        return "application/vnd.cncf.model.code.v1.raw"
    return "application/vnd.cncf.model.doc.v1.raw"


def manifest_of(server, repository, files, key=None, format="onnx", **more):
    """The manifest's bytes, after its config and layers were pushed. `files`: path → bytes."""
    layers = []
    for path, data in files.items():
        layers.append({"mediaType": media_type(path), "digest": push_blob(server, repository, data, key), "size": len(data),
                       "annotations": {"org.cncf.model.filepath": path}})
    config = json.dumps({"descriptor": {"name": repository.split("/")[-1]}, "config": {"format": format},
                         "modelfs": {"type": "layers", "diffIds": [layer["digest"] for layer in layers]}}).encode()
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "artifactType": ARTIFACT,
                "config": {"mediaType": CONFIG, "digest": push_blob(server, repository, config, key), "size": len(config)},
                "layers": layers} | more
    return json.dumps(manifest).encode()


def put_manifest(server, repository, reference, manifest, key=None, type=MANIFEST):
    return call(server, "PUT", f"/v2/{repository}/manifests/{reference}", {"Content-Type": type}, manifest, key=key)


def push(server, repository, tag, files, key=None, **more):
    """The answer to the manifest's PUT."""
    return put_manifest(server, repository, tag, manifest_of(server, repository, files, key, **more), key)


def folder(path):
    path = Path(path)
    return {str(p.relative_to(path)): p.read_bytes() for p in sorted(path.rglob("*"))
            if p.is_file() and "__pycache__" not in p.parts}


def deploy(server, reference, name, key=None, namespace="default", **more):
    answer = call(server, "POST", f"/api/v1/namespaces/{namespace}/deployments", {"Prefer": "wait=30"}, key=key,
                  data={"reference": reference, "name": name} | more)
    assert answer.status in (200, 201), (answer.status, answer.body)
    assert answer.json()["state"] == "READY", answer.json()
    return answer.json()


def deploy_digits(server, key=None):
    """The sample, pushed and deployed as default/digits."""
    answer = push(server, "default/digits", "1", folder(ROOT / "samples/digits"), key)
    assert answer.status == 201, answer.body
    return deploy(server, "default/digits:1", "digits", key)


def deploy_models(server):
    """Every good model of tests/data, deployed under its name with '_' as '-'; file name → slug."""
    names = {}
    for path in sorted((ROOT / "tests/data/models").glob("*.onnx")):
        slug = path.stem.replace("_", "-")
        answer = push(server, f"default/{slug}", "1", {path.name: path.read_bytes()})
        assert answer.status == 201, (path.name, answer.body)
        names[path.stem] = deploy(server, f"default/{slug}:1", slug)["slug"]
    return names
