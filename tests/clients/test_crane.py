# SPDX-License-Identifier: Apache-2.0
"""crane (go-containerregistry): images and versions of models pushed, pulled, copied, tagged, listed."""

import hashlib
import os

from oci_clients import layer, oci_layout
from registry_client import push
from wire import call


def test_an_image_there_and_back(crane, registry, tmp_path):
    files = {"a.txt": b"hello", "b.bin": os.urandom(3_000_000)}
    image = f"{registry}/default/crane-image"
    named = crane.run("append", "--new_layer", layer(tmp_path, files), "--new_tag", f"{image}:v1")
    digest = crane.run("digest", f"{image}:v1")
    assert named.endswith(digest)
    assert set(crane.run("ls", image).split()) == {"latest", "v1"}
    assert crane.run("digest", f"{registry}/crane-image:v1") == digest  # without the namespace: the default one

    crane.run("pull", "--format=oci", f"{image}:v1", tmp_path / "out")
    blobs = oci_layout(tmp_path / "out")
    assert digest in blobs
    assert all("sha256:" + hashlib.sha256(data).hexdigest() == name for name, data in blobs.items())
    crane.run("push", tmp_path / "out", f"{registry}/default/crane-again:v1")
    assert crane.run("digest", f"{registry}/default/crane-again:v1") == digest


def test_a_copy_mounts_its_blobs(crane, registry, tmp_path):
    image = f"{registry}/default/crane-source"
    crane.run("append", "--new_layer", layer(tmp_path, {"x": os.urandom(100_000)}), "--new_tag", f"{image}:v1")
    crane.run("copy", f"{image}:v1", f"{registry}/default/crane-copy:v9")
    assert crane.run("digest", f"{registry}/default/crane-copy:v9") == crane.run("digest", f"{image}:v1")
    crane.run("validate", "--remote", f"{registry}/default/crane-copy:v9")


def test_a_tag_more_is_a_version_more(souk, crane, registry, tmp_path):
    image = f"{registry}/default/crane-tags"
    crane.run("append", "--new_layer", layer(tmp_path, {"x": b"1"}), "--new_tag", f"{image}:one")
    crane.run("tag", f"{image}:one", "two")
    assert set(crane.run("ls", image).split()) == {"latest", "one", "two"}
    versions = call(souk, "GET", "/api/v1/namespaces/default/models/crane-tags/versions").json()["versions"]
    assert [v["name"] for v in versions] == ["two", "one"]
    assert len({v["digest"] for v in versions}) == 1


def test_a_version_of_a_model(souk, crane, registry, root, tmp_path):
    model = (root / "samples/digits/digits.onnx").read_bytes()
    pushed = push(souk, "default/crane-digits", "1", {"model.onnx": model, "README.md": b"# digits"})
    assert pushed.status == 201, pushed.body
    crane.run("pull", "--format=oci", f"{registry}/default/crane-digits:1", tmp_path / "out")
    assert model in oci_layout(tmp_path / "out").values()
    crane.run("push", tmp_path / "out", f"{registry}/default/crane-digits-too:1")
    version = call(souk, "GET", "/api/v1/namespaces/default/models/crane-digits-too/versions/1").json()
    assert version["sealed"] and version["format"] == "onnx" and version["signature"]["inputs"]
    assert version["digest"] == pushed.header("Docker-Content-Digest")


def test_what_is_a_version_is_not_deleted_by_its_tag(crane, registry, tmp_path):
    image = f"{registry}/default/crane-kept"
    crane.run("append", "--new_layer", layer(tmp_path, {"x": b"1"}), "--new_tag", f"{image}:one")
    assert "souk version delete default/crane-kept:1" in crane.run("delete", f"{image}:one", expect=1)
    assert "one" in crane.run("ls", image).split()


def test_an_index(crane, registry, tmp_path):
    image = f"{registry}/default/crane-parts"
    crane.run("append", "--new_layer", layer(tmp_path, {"x": b"1"}), "--new_tag", f"{image}:part")
    crane.run("index", "append", "-m", f"{image}:part", "-t", f"{image}:all")
    manifest = crane.json("manifest", f"{image}:all")
    assert [m["digest"] for m in manifest["manifests"]] == [crane.run("digest", f"{image}:part")]


def test_what_is_not_there(crane, registry):
    assert "MANIFEST_UNKNOWN" in crane.run("manifest", f"{registry}/default/crane-nothing:v1", expect=1)
    assert "NAME_UNKNOWN" in crane.run("ls", f"{registry}/default/crane-nothing", expect=1)


def test_credentials(crane, tmp_path):
    from souk_server import Souk
    with Souk(tmp_path / "data", dev=False) as souk:
        registry = f"{souk.host}:{souk.port}"
        key = (tmp_path / "data/admin.key").read_text().strip()
        assert "UNAUTHORIZED" in crane.run("ls", f"{registry}/default/any", expect=1)
        crane.run("auth", "login", registry, "-u", "me", "--password-stdin", input="souk_wrong")
        assert "UNAUTHORIZED" in crane.run("ls", f"{registry}/default/any", expect=1)
        crane.run("auth", "login", registry, "-u", "me", "--password-stdin", input=key)
        crane.run("append", "--new_layer", layer(tmp_path, {"x": b"1"}), "--new_tag", f"{registry}/default/locked:v1")
        assert "v1" in crane.run("ls", f"{registry}/default/locked").split()
