# SPDX-License-Identifier: Apache-2.0
"""skopeo (containers/image, as podman uses it): chunked uploads, copies, tags, inspection."""

import hashlib
import os

from oci_clients import layer, oci_layout
from registry_client import push

SRC, DEST, ONE = "--src-tls-verify=false", "--dest-tls-verify=false", "--tls-verify=false"


def image(crane, registry, tmp_path, name):
    crane.run("append", "--new_layer", layer(tmp_path, {"x.bin": os.urandom(2_000_000)}), "--new_tag", f"{registry}/default/{name}:v1")
    return f"docker://{registry}/default/{name}"


def test_an_image_there_and_back(crane, skopeo, registry, tmp_path):
    source = image(crane, registry, tmp_path, "skopeo-image")
    skopeo.run("copy", SRC, f"{source}:v1", f"oci:{tmp_path}/out:v1")
    assert all("sha256:" + hashlib.sha256(data).hexdigest() == name for name, data in oci_layout(tmp_path / "out").items())
    skopeo.run("copy", SRC, f"{source}:v1", f"dir:{tmp_path}/dir")
    target = f"docker://{registry}/default/skopeo-again"
    skopeo.run("copy", DEST, f"dir:{tmp_path}/dir", f"{target}:v1")
    assert skopeo.run("inspect", ONE, "--raw", f"{target}:v1") == skopeo.run("inspect", ONE, "--raw", f"{source}:v1")
    skopeo.run("copy", DEST, f"oci:{tmp_path}/out:v1", f"docker://{registry}/default/skopeo-oci:v1")
    assert set(skopeo.json("list-tags", ONE, target)["Tags"]) == {"latest", "v1"}
    about = skopeo.json("inspect", ONE, f"{target}:v1")
    assert about["Digest"] == skopeo.json("inspect", ONE, f"{source}:v1")["Digest"]


def test_between_repositories(crane, skopeo, registry, tmp_path):
    source = image(crane, registry, tmp_path, "skopeo-source")
    skopeo.run("copy", SRC, DEST, f"{source}:v1", f"docker://{registry}/default/skopeo-copy:v2")
    assert skopeo.json("inspect", ONE, f"docker://{registry}/default/skopeo-copy:v2")["Layers"]


def test_a_version_of_a_model(souk, skopeo, registry, root, tmp_path):
    model = (root / "samples/digits/digits.onnx").read_bytes()
    pushed = push(souk, "default/skopeo-digits", "1", {"model.onnx": model})
    assert pushed.status == 201, pushed.body
    manifest = skopeo.run("inspect", ONE, "--raw", f"docker://{registry}/default/skopeo-digits:1")
    assert "sha256:" + hashlib.sha256(model).hexdigest() in manifest


def test_what_is_not_there(skopeo, registry):
    assert "manifest unknown" in skopeo.run("inspect", ONE, f"docker://{registry}/default/skopeo-nothing:v1", expect=1).lower()
