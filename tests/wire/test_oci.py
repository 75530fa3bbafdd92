# SPDX-License-Identifier: Apache-2.0
"""The OCI door, by the distribution specification: blobs, uploads, manifests, tags, referrers."""

import json
import os
import re

import pytest
from registry_client import ARTIFACT, MANIFEST, digest_of, manifest_of, push, push_blob, put_manifest
from wire import Connection, call

BYTES = {"Content-Type": "application/octet-stream"}
EMPTY = "application/vnd.oci.empty.v1+json"


def refused(answer, status, *codes):
    """The door's own form of error, with one of the codes that the specification lists."""
    assert answer.status == status, (answer.status, answer.body)
    assert answer.type == "application/json"
    errors = answer.json()["errors"]
    assert errors and all(re.fullmatch("[A-Z_]+", e["code"]) for e in errors), errors
    assert errors[0]["code"] in codes, errors
    assert errors[0]["message"]
    return errors[0]


def start(souk, repository):
    answer = call(souk, "POST", f"/v2/{repository}/blobs/uploads/", {"Content-Length": "0"})
    assert answer.status == 202, answer.body
    return answer.header("Location").removeprefix(souk.url)


def with_digest(location, digest):
    return f"{location}{'&' if '?' in location else '?'}digest={digest}"


def test_support(souk):
    answer = call(souk, "GET", "/v2/")
    assert answer.status == 200
    assert answer.header("Docker-Distribution-API-Version") == "registry/2.0"


def test_post_then_put(souk):
    data = os.urandom(100_000)
    location = start(souk, "default/bytes")
    answer = call(souk, "PUT", with_digest(location, digest_of(data)), BYTES, data)
    assert answer.status == 201, answer.body
    assert answer.header("Docker-Content-Digest") == digest_of(data)
    where = answer.header("Location").removeprefix(souk.url)
    got = call(souk, "GET", where)
    assert (got.status, got.body, got.header("Docker-Content-Digest")) == (200, data, digest_of(data))
    refused(call(souk, "GET", location), 404, "BLOB_UPLOAD_UNKNOWN")


def test_a_single_post(souk):
    data = os.urandom(5000)
    answer = call(souk, "POST", f"/v2/default/posted/blobs/uploads/?digest={digest_of(data)}", BYTES, data)
    assert answer.status == 201, answer.body
    assert call(souk, "GET", f"/v2/default/posted/blobs/{digest_of(data)}").body == data


def test_an_empty_blob(souk):
    assert push_blob(souk, "default/bytes", b"") == digest_of(b"")
    answer = call(souk, "GET", f"/v2/default/bytes/blobs/{digest_of(b'')}")
    assert (answer.status, answer.body, answer.header("Content-Length")) == (200, b"", "0")


def test_chunks(souk):
    data = os.urandom(30_000)
    location = start(souk, "default/chunks")
    for begin, end in ((0, 10_000), (10_000, 25_000)):
        answer = call(souk, "PATCH", location, BYTES | {"Content-Range": f"{begin}-{end - 1}"}, data[begin:end])
        assert (answer.status, answer.header("Range")) == (202, f"0-{end - 1}"), answer.body
        location = answer.header("Location").removeprefix(souk.url)
        status = call(souk, "GET", location)
        assert (status.status, status.header("Range")) == (204, f"0-{end - 1}")
        location = status.header("Location").removeprefix(souk.url)
    wrong = call(souk, "PATCH", location, BYTES | {"Content-Range": "0-99"}, data[:100])
    assert wrong.status == 416
    gap = call(souk, "PATCH", location, BYTES | {"Content-Range": "26000-29999"}, data[26_000:])
    assert gap.status == 416
    answer = call(souk, "PUT", with_digest(location, digest_of(data)), BYTES | {"Content-Range": "25000-29999"}, data[25_000:])
    assert answer.status == 201, answer.body
    assert call(souk, "GET", f"/v2/default/chunks/blobs/{digest_of(data)}").body == data


def test_a_stream_of_unknown_length(souk):
    data = os.urandom(200_000)
    location = start(souk, "default/streamed")
    with Connection(souk) as connection:
        connection.send(connection.head("PATCH", location, BYTES | {"Transfer-Encoding": "chunked"}))
        for at in range(0, len(data), 50_000):
            piece = data[at:at + 50_000]
            connection.send(b"%x\r\n" % len(piece) + piece + b"\r\n")
        connection.send(b"0\r\n\r\n")
        answer = connection.read()
    assert answer.status == 202, answer.body
    location = answer.header("Location").removeprefix(souk.url)
    assert call(souk, "PUT", with_digest(location, digest_of(data))).status == 201
    assert call(souk, "GET", f"/v2/default/streamed/blobs/{digest_of(data)}").body == data


def test_a_range_whose_length_is_not_the_bodys(souk):
    location = start(souk, "default/chunks")
    answer = call(souk, "PATCH", location, BYTES | {"Content-Range": "0-99"}, b"x" * 50)
    assert answer.status in (400, 416), answer.body
    answer = call(souk, "PATCH", location, BYTES | {"Content-Range": "99-0"}, b"x")
    assert answer.status in (400, 416)
    answer = call(souk, "PATCH", location, BYTES | {"Content-Range": "bytes 0-0/1"}, b"x")
    assert answer.status in (202, 400, 416)


def test_an_upload_that_is_given_up(souk):
    location = start(souk, "default/chunks")
    assert call(souk, "DELETE", location).status == 204
    refused(call(souk, "GET", location), 404, "BLOB_UPLOAD_UNKNOWN")
    refused(call(souk, "PATCH", location, BYTES, b"x"), 404, "BLOB_UPLOAD_UNKNOWN")


def test_an_upload_belongs_to_its_repository(souk):
    location = start(souk, "default/chunks")
    session = location.split("/uploads/")[1]
    refused(call(souk, "PATCH", f"/v2/default/other/blobs/uploads/{session}", BYTES, b"x"), 404, "BLOB_UPLOAD_UNKNOWN", "NAME_UNKNOWN")
    for bad in ("nonsense", "00000000-0000-0000-0000-000000000000", "..%2f..", "%00"):
        answer = call(souk, "PATCH", f"/v2/default/chunks/blobs/uploads/{bad}", BYTES, b"x")
        assert answer.status in (400, 404), (bad, answer.status)


def test_a_digest_that_does_not_match(souk):
    location = start(souk, "default/bytes")
    refused(call(souk, "PUT", with_digest(location, digest_of(b"other")), BYTES, b"this"), 400, "DIGEST_INVALID")
    assert call(souk, "HEAD", f"/v2/default/bytes/blobs/{digest_of(b'this')}").status == 404
    assert call(souk, "HEAD", f"/v2/default/bytes/blobs/{digest_of(b'other')}").status == 404


@pytest.mark.parametrize("digest", ["", "sha256:", "sha256:xyz", "sha256:" + "A" * 64, "md5:d41d8cd98f00b204e9800998ecf8427e", "sha256:" + "0" * 63, "nonsense", "%00"])
def test_digests_that_are_none(souk, digest):
    location = start(souk, "default/bytes")
    refused(call(souk, "PUT", with_digest(location, digest), BYTES, b"x"), 400, "DIGEST_INVALID", "UNSUPPORTED")
    assert call(souk, "GET", f"/v2/default/bytes/blobs/{digest or 'x'}").status in (400, 404)


def test_ranges_of_a_blob(souk):
    data = bytes(range(256)) * 40
    digest = push_blob(souk, "default/ranges", data)
    where = f"/v2/default/ranges/blobs/{digest}"

    def part(text):
        return call(souk, "GET", where, {"Range": text})

    for text, begin, end in (("bytes=0-9", 0, 10), ("bytes=10-", 10, len(data)), ("bytes=-5", len(data) - 5, len(data)),
                             ("bytes=100-99999999", 100, len(data))):
        answer = part(text)
        assert (answer.status, answer.body) == (206, data[begin:end]), text
        assert answer.header("Content-Range") == f"bytes {begin}-{end - 1}/{len(data)}"
    for text in (f"bytes={len(data)}-", "bytes=-0"):
        answer = part(text)
        assert answer.status == 416 and answer.header("Content-Range") == f"bytes */{len(data)}", text
    for text in ("bytes=9-3", "lines=1-2", "bytes=x-y"):
        answer = part(text)
        assert answer.status in (200, 400, 416), text
        assert answer.status != 200 or answer.body == data


def test_head_of_a_blob(souk):
    digest = push_blob(souk, "default/bytes", b"some bytes")
    answer = call(souk, "HEAD", f"/v2/default/bytes/blobs/{digest}")
    assert (answer.status, answer.header("Content-Length"), answer.header("Docker-Content-Digest")) == (200, "10", digest)
    assert call(souk, "HEAD", f"/v2/default/bytes/blobs/{digest_of(b'not there')}").status == 404


def test_mounting(souk):
    data = os.urandom(1000)
    digest = push_blob(souk, "default/mount-from", data)
    answer = call(souk, "POST", f"/v2/default/mount-to/blobs/uploads/?mount={digest}&from=default/mount-from", {"Content-Length": "0"})
    assert answer.status == 201, answer.body
    assert answer.header("Docker-Content-Digest") == digest
    assert call(souk, "GET", answer.header("Location").removeprefix(souk.url)).body == data
    absent = call(souk, "POST", f"/v2/default/mount-to/blobs/uploads/?mount={digest_of(b'never')}&from=default/mount-from")
    assert absent.status == 202 and absent.header("Location")
    elsewhere = call(souk, "POST", f"/v2/default/mount-to/blobs/uploads/?mount={digest_of(b'never')}&from=no/where")
    assert elsewhere.status == 202


def test_a_blob_is_seen_in_its_repository_only(souk):
    digest = push_blob(souk, "default/one-place", os.urandom(50))
    refused(call(souk, "GET", f"/v2/default/another-place/blobs/{digest}"), 404, "BLOB_UNKNOWN", "NAME_UNKNOWN")


def test_manifests_come_back_to_the_byte(souk, files):
    manifest = manifest_of(souk, "default/exact", {"m.onnx": (files / "models/simple.onnx").read_bytes()})
    spaced = json.dumps(json.loads(manifest) | {"annotations": {"k": "ü"}}, indent=3, ensure_ascii=False).encode()
    answer = put_manifest(souk, "default/exact", "1", spaced)
    assert answer.status == 201, answer.body
    assert answer.header("Docker-Content-Digest") == digest_of(spaced)
    assert call(souk, "GET", answer.header("Location").removeprefix(souk.url)).body == spaced
    for reference in ("1", digest_of(spaced)):
        where = f"/v2/default/exact/manifests/{reference}"
        got = call(souk, "GET", where, {"Accept": MANIFEST})
        assert (got.status, got.body, got.header("Content-Type")) == (200, spaced, MANIFEST)
        assert got.header("Docker-Content-Digest") == digest_of(spaced)
        head = call(souk, "HEAD", where)
        assert (head.status, head.header("Content-Length"), head.header("Docker-Content-Digest")) == (200, str(len(spaced)), digest_of(spaced))
    refused(call(souk, "GET", "/v2/default/exact/manifests/2"), 404, "MANIFEST_UNKNOWN")
    refused(call(souk, "GET", f"/v2/default/exact/manifests/{digest_of(b'x')}"), 404, "MANIFEST_UNKNOWN")
    refused(call(souk, "GET", "/v2/default/never-pushed/manifests/1"), 404, "NAME_UNKNOWN", "MANIFEST_UNKNOWN")
    refused(call(souk, "GET", "/v2/default/never-pushed/tags/list"), 404, "NAME_UNKNOWN")


def test_a_manifest_by_digest_makes_no_version(souk, files):
    manifest = manifest_of(souk, "default/by-digest", {"m.onnx": (files / "models/simple.onnx").read_bytes()})
    assert put_manifest(souk, "default/by-digest", digest_of(manifest), manifest).status == 201
    refused(put_manifest(souk, "default/by-digest", digest_of(b"other"), manifest), 400, "DIGEST_INVALID")
    model = call(souk, "GET", "/api/v1/namespaces/default/models/by-digest")
    assert model.status == 404 or model.json()["version_count"] == 0


def test_a_manifest_whose_blob_was_not_pushed(souk, files):
    manifest = json.loads(manifest_of(souk, "default/lacking", {"m.onnx": (files / "models/simple.onnx").read_bytes()}))
    manifest["layers"][0]["digest"] = digest_of(b"never pushed")
    answer = put_manifest(souk, "default/lacking", "1", json.dumps(manifest).encode())
    refused(answer, 400 if answer.status == 400 else 404, "MANIFEST_BLOB_UNKNOWN")
    refused(call(souk, "GET", "/v2/default/lacking/manifests/1"), 404, "MANIFEST_UNKNOWN", "NAME_UNKNOWN")


def test_a_layer_whose_size_is_not_true(souk, files):
    manifest = json.loads(manifest_of(souk, "default/sizes", {"m.onnx": (files / "models/simple.onnx").read_bytes()}))
    manifest["layers"][0]["size"] += 1
    refused(put_manifest(souk, "default/sizes", "1", json.dumps(manifest).encode()), 400, "MANIFEST_INVALID", "SIZE_INVALID")


MALFORMED = {
    "no JSON": b"{",
    "an array": b"[]",
    "another schema": b'{"schemaVersion":1}',
    "no config": json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "layers": []}).encode(),
    "a number as media type": json.dumps({"schemaVersion": 2, "mediaType": 7}).encode(),
    "a digest that is none": json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": {"mediaType": EMPTY, "digest": "x", "size": 2}, "layers": []}).encode(),
    "a negative size": json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": {"mediaType": EMPTY, "digest": digest_of(b"{}"), "size": -2}, "layers": []}).encode(),
    "deeply nested": b'{"schemaVersion":2,"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "both an image and an index": json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "manifests": [], "config": {"mediaType": EMPTY, "digest": digest_of(b"{}"), "size": 2}, "layers": []}).encode(),
    "not UTF-8": b'{"schemaVersion":2,"mediaType":"\xff"}',
}


@pytest.mark.parametrize("name", MALFORMED)
def test_manifests_that_are_none(souk, name):
    push_blob(souk, "default/malformed", b"{}")
    refused(put_manifest(souk, "default/malformed", "1", MALFORMED[name]), 400, "MANIFEST_INVALID", "DIGEST_INVALID")


def test_a_manifest_that_is_too_large(souk):
    answer = put_manifest(souk, "default/malformed", "1", b'{"schemaVersion":2,"x":"' + b"y" * (5 << 20) + b'"}')
    refused(answer, 413, "SIZE_INVALID", "MANIFEST_INVALID")


ESCAPES = ["../up.onnx", "/absolute.onnx", "a/../../b.onnx", "a//b.onnx", "./a.onnx", "a\\b.onnx", "a\nb.onnx", "", "x" * 2000 + ".onnx", "con\0.onnx"]


@pytest.mark.parametrize("path", ESCAPES)
def test_file_paths_that_escape(souk, files, path):
    manifest = manifest_of(souk, "default/escapes", {path: (files / "models/simple.onnx").read_bytes()})
    refused(put_manifest(souk, "default/escapes", "1", manifest), 400, "MANIFEST_INVALID")
    answer = call(souk, "GET", "/api/v1/namespaces/default/models/escapes")
    assert answer.status == 404 or answer.json()["version_count"] == 0


def test_tags(souk, files):
    data = (files / "models/simple.onnx").read_bytes()
    for tag in ("b", "1.0", "a", "C_3"):
        assert push(souk, "default/tagged", tag, {"m.onnx": data, "README.md": tag.encode()}).status == 201
    tags = call(souk, "GET", "/v2/default/tagged/tags/list").json()
    assert tags["name"] == "default/tagged"
    own = [t for t in tags["tags"] if t in ("b", "1.0", "a", "C_3")]
    assert own in (["1.0", "C_3", "a", "b"], ["1.0", "a", "b", "C_3"])
    first = call(souk, "GET", "/v2/default/tagged/tags/list?n=2")
    assert first.json()["tags"] == tags["tags"][:2]
    assert 'rel="next"' in first.header("Link")
    rest = call(souk, "GET", f"/v2/default/tagged/tags/list?n=100&last={tags['tags'][1]}")
    assert rest.json()["tags"] == tags["tags"][2:]
    none = call(souk, "GET", "/v2/default/tagged/tags/list?n=0")
    assert not none.json()["tags"] and none.header("Link") is None
    assert call(souk, "GET", "/v2/default/tagged/tags/list?n=x").status == 400


@pytest.mark.parametrize("tag", ["-a", ".a", "a" * 129, "a%20b", "%C3%BC", "a%00b", "a%0Ab"])
def test_tags_that_are_none(souk, files, tag):
    manifest = manifest_of(souk, "default/bad-tags", {"m.onnx": (files / "models/simple.onnx").read_bytes()})
    answer = put_manifest(souk, "default/bad-tags", tag, manifest)
    assert answer.status in (400, 404), (tag, answer.status)
    assert call(souk, "GET", "/v2/default/bad-tags/tags/list").status == 404 or \
        tag not in call(souk, "GET", "/v2/default/bad-tags/tags/list").json()["tags"]


@pytest.mark.parametrize("name", ["default/UPPER", "default/-a", "default/a--_b", "default/a..b", "default/models", "default/" + "a" * 300, "default/a%00b"])
def test_names_that_are_none(souk, name):
    answer = call(souk, "POST", f"/v2/{name}/blobs/uploads/", {"Content-Length": "0"})
    assert answer.status in (400, 404), (name, answer.status, answer.body)
    assert call(souk, "GET", "/healthz").status == 200


def test_a_sealed_versions_tag_stays(souk, files):
    data = (files / "models/simple.onnx").read_bytes()
    first = push(souk, "default/frozen", "v1", {"m.onnx": data})
    assert first.status == 201
    assert push(souk, "default/frozen", "v1", {"m.onnx": data}).status == 201  # the same digest again is no change
    other = push(souk, "default/frozen", "v1", {"m.onnx": data, "README.md": b"changed"})
    assert other.status in (400, 403, 409), other.body
    assert other.json()["errors"][0]["code"] in ("DENIED", "MANIFEST_INVALID", "UNSUPPORTED"), other.body
    assert call(souk, "HEAD", "/v2/default/frozen/manifests/v1").header("Docker-Content-Digest") == first.header("Docker-Content-Digest")
    assert call(souk, "GET", "/api/v1/namespaces/default/models/frozen").json()["version_count"] == 1


def test_latest_and_aliases_make_the_next_version(souk, files):
    data = (files / "models/simple.onnx").read_bytes()
    models = "/api/v1/namespaces/default/models/moving"
    for n in (1, 2):
        assert push(souk, "default/moving", "latest", {"m.onnx": data, "README.md": b"%d" % n}).status == 201
    versions = call(souk, "GET", f"{models}/versions").json()["versions"]
    assert [v["number"] for v in versions] == [2, 1]
    assert call(souk, "HEAD", "/v2/default/moving/manifests/latest").header("Docker-Content-Digest") == versions[0]["digest"]
    call(souk, "PUT", f"{models}/aliases/champion", data={"version": 1})
    assert call(souk, "HEAD", "/v2/default/moving/manifests/champion").header("Docker-Content-Digest") == versions[1]["digest"]
    assert push(souk, "default/moving", "champion", {"m.onnx": data, "README.md": b"3"}).status == 201
    aliases = call(souk, "GET", f"{models}/aliases").json()["aliases"]
    assert [(a["name"], a["version"]) for a in aliases] == [("champion", 3)]


def artifact(souk, repository, subject=None, type="application/vnd.example.sbom", annotations=None):
    push_blob(souk, repository, b"{}")
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "artifactType": type,
                "config": {"mediaType": EMPTY, "digest": digest_of(b"{}"), "size": 2},
                "layers": [{"mediaType": EMPTY, "digest": digest_of(b"{}"), "size": 2}], "annotations": annotations or {}}
    if subject:
        manifest["subject"] = subject
    return json.dumps(manifest).encode()


def test_referrers(souk, files):
    manifest = manifest_of(souk, "default/referred", {"m.onnx": (files / "models/simple.onnx").read_bytes()})
    put_manifest(souk, "default/referred", "1", manifest)
    subject = {"mediaType": MANIFEST, "digest": digest_of(manifest), "size": len(manifest)}
    sbom = artifact(souk, "default/referred", subject, annotations={"k": "v"})
    answer = put_manifest(souk, "default/referred", digest_of(sbom), sbom)
    assert (answer.status, answer.header("OCI-Subject")) == (201, digest_of(manifest)), answer.body
    other = artifact(souk, "default/referred", subject, type="application/vnd.example.signature")
    assert put_manifest(souk, "default/referred", digest_of(other), other).status == 201
    where = f"/v2/default/referred/referrers/{digest_of(manifest)}"
    answer = call(souk, "GET", where)
    assert answer.status == 200 and answer.type == "application/vnd.oci.image.index.v1+json"
    found = {m["digest"]: m for m in answer.json()["manifests"]}
    assert set(found) == {digest_of(sbom), digest_of(other)}
    assert found[digest_of(sbom)]["artifactType"] == "application/vnd.example.sbom"
    assert found[digest_of(sbom)]["annotations"] == {"k": "v"} and found[digest_of(sbom)]["size"] == len(sbom)
    some = call(souk, "GET", f"{where}?artifactType=application/vnd.example.signature")
    assert [m["digest"] for m in some.json()["manifests"]] == [digest_of(other)]
    assert some.header("OCI-Filters-Applied") == "artifactType"
    none = call(souk, "GET", f"/v2/default/referred/referrers/{digest_of(b'nothing')}")
    assert (none.status, none.json()["manifests"]) == (200, [])
    assert call(souk, "GET", "/v2/default/referred/referrers/nonsense").status == 400
    assert call(souk, "GET", "/api/v1/namespaces/default/models/referred").json()["version_count"] == 1


def test_what_is_no_model_is_kept_as_it_is(souk):
    plain = artifact(souk, "default/artifact")
    assert put_manifest(souk, "default/artifact", "1", plain).status == 201
    assert call(souk, "GET", "/v2/default/artifact/manifests/1").body == plain
    index = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
                        "manifests": [{"mediaType": MANIFEST, "digest": digest_of(plain), "size": len(plain)}]}).encode()
    answer = put_manifest(souk, "default/artifact", "index", index, type="application/vnd.oci.image.index.v1+json")
    assert answer.status == 201, answer.body
    assert call(souk, "GET", "/v2/default/artifact/manifests/index").header("Content-Type") == "application/vnd.oci.image.index.v1+json"


def test_deleting(souk):
    plain = artifact(souk, "default/deleted", annotations={"n": "1"})
    put_manifest(souk, "default/deleted", digest_of(plain), plain)
    answer = call(souk, "DELETE", f"/v2/default/deleted/manifests/{digest_of(plain)}")
    assert answer.status in (202, 400, 405), answer.body
    if answer.status == 202:
        refused(call(souk, "GET", f"/v2/default/deleted/manifests/{digest_of(plain)}"), 404, "MANIFEST_UNKNOWN", "NAME_UNKNOWN")
    assert call(souk, "DELETE", f"/v2/default/deleted/blobs/{digest_of(b'nothing')}").status in (400, 404, 405)


def test_the_version_is_the_manifest(souk, digits):
    """One object, many doors: the registry's digest is the manifest's."""
    version = call(souk, "GET", "/api/v1/namespaces/default/models/digits/versions/1").json()
    answer = call(souk, "GET", "/v2/default/digits/manifests/1")
    assert version["digest"] == digest_of(answer.body)
    manifest = answer.json()
    assert manifest["artifactType"] == ARTIFACT
    for layer in manifest["layers"]:
        path = layer["annotations"]["org.cncf.model.filepath"]
        blob = call(souk, "GET", f"/v2/default/digits/blobs/{layer['digest']}")
        assert blob.body == call(souk, "GET", f"/api/v1/namespaces/default/models/digits/versions/1/files/{path}").body
