# SPDX-License-Identifier: Apache-2.0
"""A namespace as one archive: a round trip with everything in it, between servers and databases; what is refused; kill -9."""

import io
import json
import subprocess
import tarfile
import time
from hashlib import sha256

import pytest
from kubeflow_contract import PREFIX
from registry_client import folder, push
from souk_server import Souk, run_cli
from wire import call

NS = "/api/v1/namespaces/team"
OVER = ("SUCCEEDED", "FAILED", "CANCELLED")


def ok(answer):
    assert answer.status in (200, 201, 202, 204), (answer.status, answer.body)
    return answer.json() if answer.body else None


def post(souk, path, **body):
    return ok(call(souk, "POST", path, {"X-Souk-Namespace": "team"}, data=body))


def fill(souk, root, files):
    """Everything that a namespace can hold."""
    post(souk, "/api/v1/namespaces", slug="team", name="team")
    for number in (1, 2, 3):
        content = folder(root / "samples/digits") if number == 1 else {"model.onnx": (files / "models/simple.onnx").read_bytes(), "n.txt": b"%d" % number}
        assert push(souk, "team/digits", str(number), content).status == 201
    ok(call(souk, "DELETE", f"{NS}/models/digits/versions/3"))
    ok(call(souk, "PATCH", f"{NS}/models/digits", data={"description": "of 'digits' % _ \U0001f600", "readme": "# digits", "tags": {"a": "b"},
                                                        "custom_properties": {"accuracy": 0.9, "n": 3, "deep": {"x": [1, None]}}}))
    for alias, version in (("champion", 1), ("champion", 2), ("old", 1)):
        ok(call(souk, "PUT", f"{NS}/models/digits/aliases/{alias}", data={"version": version}))
    post(souk, f"{NS}/models", name="Empty model", slug="empty", owner="me")
    post(souk, f"{NS}/models/empty/versions", name="elsewhere", uri="s3://far/away")
    version = ok(call(souk, "GET", f"{NS}/models/digits/versions/2"))["id"]
    model = ok(call(souk, "GET", f"{NS}/models/digits"))["id"]
    post(souk, PREFIX + f"/model_versions/{version}/artifacts", artifactType="doc-artifact", name="paper", uri="https://example.com/p")
    post(souk, PREFIX + "/artifacts", artifactType="dataset-artifact", name="free", externalId="free")
    post(souk, f"{NS}/experiments", name="e", slug="e", tags={"best.loss": "min"})
    parent = post(souk, f"{NS}/experiments/e/runs", name="r")["id"]
    child = post(souk, f"{NS}/experiments/e/runs", name="r", parent_run_id=parent)["id"]
    for i in range(3):
        post(souk, f"{NS}/experiments/e/runs/{parent}:log", parameters={"lr": "0.1"},
             metrics=[{"name": "loss", "value": 1 / (1 + i * 1000 + k), "step": i * 1000 + k} for k in range(1000)])
    environment = post(souk, PREFIX + "/serving_environments", name="any / name")["id"]
    service = post(souk, PREFIX + "/inference_services", name="s", registeredModelId=str(model), servingEnvironmentId=environment, desiredState="UNDEPLOYED")["id"]
    post(souk, PREFIX + f"/inference_services/{service}/serves", name="sv", modelVersionId=str(version))
    ok(call(souk, "POST", f"{NS}/lineage", data={"source": f"run:{child}", "target": f"version:{version}", "relation": "made"}))


def dump(souk, ns="team"):
    """What the API shows of a namespace, by names."""
    at = f"/api/v1/namespaces/{ns}"
    out = {"archive": units(archive_of(souk, ns))}
    for model in ok(call(souk, "GET", f"{at}/models"))["models"]:
        slug = model["slug"]
        whole = ok(call(souk, "GET", f"{at}/models/{slug}"))
        out[slug] = {k: whole.get(k) for k in ("name", "description", "readme", "owner", "state", "tags", "custom_properties", "create_time", "update_time", "version_count")}
        for version in ok(call(souk, "GET", f"{at}/models/{slug}/versions"))["versions"]:
            number = version["number"]
            out[slug, number] = {k: version.get(k) for k in ("name", "description", "sealed", "digest", "size_bytes", "format", "runtime", "task", "uri", "signature",
                                                            "aliases", "custom_properties", "create_time", "seal_time")}
            if version["sealed"]:
                out[slug, number, "files"] = ok(call(souk, "GET", f"{at}/models/{slug}/versions/{number}/files"))
        for alias in ok(call(souk, "GET", f"{at}/models/{slug}/aliases"))["aliases"]:
            out[slug, alias["name"]] = (alias["version"], ok(call(souk, "GET", f"{at}/models/{slug}/aliases/{alias['name']}/history")))
    for experiment in ok(call(souk, "GET", f"{at}/experiments"))["experiments"]:
        runs = ok(call(souk, "GET", f"{at}/experiments/{experiment['slug']}/runs?order_by=id"))["runs"]
        out["experiment", experiment["slug"]] = [(r["name"], r["status"], r.get("metrics"), r.get("parameters"), "parent_run_id" in r) for r in runs]
    return out


def end_of(souk, path, transfer, seconds=100):
    end = time.monotonic() + seconds
    while transfer["state"] not in OVER:
        assert time.monotonic() < end, transfer
        time.sleep(0.05)
        transfer = ok(call(souk, "GET", f"{path}/{transfer['id']}"))
    return transfer


def archive_of(souk, ns="team"):
    path = f"/api/v1/namespaces/{ns}/exports"
    done = end_of(souk, path, ok(call(souk, "POST", path)))
    assert done["state"] == "SUCCEEDED" and "phase" not in done, done
    whole = ok_bytes(call(souk, "GET", done["download"]))
    part = call(souk, "GET", done["download"], {"Range": "bytes=10-19"})
    assert part.status == 206 and part.body == whole[10:20]
    return whole


def ok_bytes(answer):
    assert answer.status == 200, (answer.status, answer.body[:300])
    return answer.body


def unpack(archive):
    plain = subprocess.run(["zstd", "-d", "-c"], input=archive, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}


def units(archive):
    """What an archive holds, but for its head."""
    return {name: sha256(data).hexdigest() for name, data in unpack(archive).items() if name != "souk-archive.json"}


def repack(entries, links=()):
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for name, data in entries.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
        for name, target in links:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            tar.addfile(info)
    return subprocess.run(["zstd", "-c"], input=plain.getvalue(), capture_output=True, check=True).stdout


def upload(souk, ns, archive):
    at = f"/v2/{ns}/namespace-archives/blobs/uploads/"
    digest = "sha256:" + sha256(archive).hexdigest()
    location = call(souk, "POST", at).header("Location")
    answer = call(souk, "PUT", location + ("&" if "?" in location else "?") + "digest=" + digest, {"Content-Type": "application/octet-stream"}, body=archive)
    assert answer.status == 201, answer.body
    return digest


def start_import(souk, archive, ns="team", **more):
    if call(souk, "GET", f"/api/v1/namespaces/{ns}").status == 404:
        ok(call(souk, "POST", "/api/v1/namespaces", data={"slug": ns, "name": ns}))
    return ok(call(souk, "POST", f"/api/v1/namespaces/{ns}/imports", data={"archive": upload(souk, ns, archive), **more}))


def take(souk, archive, ns="team", **more):
    return end_of(souk, f"/api/v1/namespaces/{ns}/imports", start_import(souk, archive, ns, **more))


@pytest.fixture(scope="module")
def source(tmp_path_factory, root, files):
    with Souk(tmp_path_factory.mktemp("source") / "data") as souk:
        fill(souk, root, files)
        souk.archive = archive_of(souk)
        souk.dump = dump(souk)
        yield souk


def test_round_trip(source, tmp_path, own_database):
    with Souk(tmp_path / "data", *own_database) as souk:
        done = take(souk, source.archive)
        assert (done["state"], done["source"], done["objects"], done["skipped"]) == ("SUCCEEDED", "team", 5, 0), done.get("error")
        assert dump(souk) == source.dump
        version = ok(call(souk, "GET", f"{NS}/models/digits/versions/2"))["id"]
        graph = ok(call(souk, "GET", f"/api/v1/lineage?of=version:{version}"))
        assert [edge["relation"] for edge in graph["edges"] if edge["source"].startswith("run:")] == ["made"], graph
        for path, other in (("models/digits/versions/1/files/README.md",) * 2,):
            assert call(souk, "GET", f"{NS}/{path}").body == call(source, "GET", f"{NS}/{other}").body
        assert post(souk, f"{NS}/models/digits/versions")["number"] == 4  # 3 was given once
        ok(call(souk, "DELETE", f"{NS}/models/digits/versions/4"))


def test_twice_changes_nothing_and_conflicts_are_known_before(source, tmp_path):
    with Souk(tmp_path / "data") as souk:
        assert take(souk, source.archive)["objects"] == 5
        before = dump(souk)
        again = take(souk, source.archive)
        assert (again["state"], again["objects"], again["unchanged"]) == ("SUCCEEDED", 0, 5), again
        assert dump(souk) == before
        ok(call(souk, "PATCH", f"{NS}/models/empty", data={"description": "mine"}))
        ok(call(souk, "DELETE", f"{NS}/experiments/e?cascade=true"))
        refused = take(souk, source.archive)
        assert refused["state"] == "FAILED" and "models/empty" in refused["error"], refused
        assert call(souk, "GET", f"{NS}/experiments/e").status == 404
        skipped = take(souk, source.archive, conflict="SKIP")
        assert (skipped["state"], skipped["objects"], skipped["unchanged"], skipped["skipped"]) == ("SUCCEEDED", 1, 3, 1), skipped
        assert ok(call(souk, "GET", f"{NS}/models/empty"))["description"] == "mine"
        # Into another namespace beside it, with bytes and all.
        assert take(souk, source.archive, "copy")["objects"] == 5
        assert units(archive_of(souk, "copy")) == source.dump["archive"]


def test_what_is_refused(source, tmp_path):
    good = unpack(source.archive)
    blob = next(name for name in good if name.startswith("blobs/"))
    part = "models/digits/000000.jsonl"

    def changed(**more):
        return repack({name: more.get(name, data) for name, data in good.items()})

    def with_part(text):
        """The manifest says what the part is: who made this knows the format."""
        lines = [json.loads(line) for line in good["manifest.jsonl"].splitlines()]
        for line in lines:
            if line["path"] == part:
                line |= {"digest": "sha256:" + sha256(text).hexdigest(), "size": len(text)}
        return changed(**{part: text, "manifest.jsonl": b"".join(json.dumps(line).encode() + b"\n" for line in lines)})

    rows = good[part].splitlines(keepends=True)
    manifest = next(i for i, row in enumerate(rows) if b'"MANIFEST"' in row)
    cases = {
        "tampered blob": (changed(**{blob: b"other"}), blob),
        "tampered part": (changed(**{part: good[part].replace(b"digits", b"digitz")}), part),
        "cut off": (repack(dict(list(good.items())[:-1])), "cut off"),
        "added": (repack({**dict(list(good.items())[:-1]), "models/more/000000.jsonl": b"{}", "manifest.jsonl": good["manifest.jsonl"]}), "manifest does not"),
        "escaping": (repack({"souk-archive.json": good["souk-archive.json"], "../x": b""}), "../x"),
        "link": (repack({"souk-archive.json": good["souk-archive.json"]}, [("blobs/sha256/x", "/etc/passwd")]), "symbolic link"),
        "foreign": (repack({"README.md": b"hello"}), "no archive of a namespace"),
        "newer": (changed(**{"souk-archive.json": good["souk-archive.json"].replace(b'"version":1', b'"version":2')}), "format 2"),
        "no archive": (b"\x00" * 1000, ""),
        "not JSON": (with_part(b"{"), part),
        "wrong field": (with_part(good[part].replace(b'"slug":"digits"', b'"slug":"Digits!"', 1)), part),
        "foreign bytes": (with_part(b"".join(rows[:manifest]) + rows[manifest].replace(rows[manifest].split(b'"digest":"')[1][:20], b"sha256:0000000000000")), part),
        "bomb": (repack({"souk-archive.json": good["souk-archive.json"], "artifacts/000000.jsonl": b"0" * (80 << 20)}), ""),
    }
    with Souk(tmp_path / "data") as souk:
        for what, (archive, named) in cases.items():
            done = take(souk, archive)
            assert done["state"] == "FAILED" and named[:60] in done["error"], (what, done)
            assert ok(call(souk, "GET", f"{NS}/models"))["models"] == [], what
        assert ok(call(souk, "GET", "/api/v1/queues"))["queues"] == [] or "DEAD" not in call(souk, "GET", "/api/v1/queues/exchange/items").body.decode()
        assert take(souk, source.archive)["objects"] == 5  # as if nothing had been


def test_goes_on_after_kill(source, tmp_path):
    souk = Souk(tmp_path / "data").start()
    try:
        started = start_import(souk, source.archive)
        for _ in range(3):
            time.sleep(0.15)
            souk.kill()
            souk.start()
        done = end_of(souk, f"{NS}/imports", started)
        assert done["state"] == "SUCCEEDED" and done["objects"] == 5, done
        assert units(archive_of(souk)) == source.dump["archive"]
    finally:
        souk.kill()


def test_by_command(source, tmp_path):
    file = tmp_path / "out.tar.zst"
    done = run_cli("export", "team", file, "--output", "json", url=source.url)
    assert done.returncode == 0, done.stderr
    assert units(file.read_bytes()) == source.dump["archive"]
    with Souk(tmp_path / "data") as souk:
        done = run_cli("import", file, "--into", "fresh", "--output", "json", url=souk.url)
        assert done.returncode == 0 and json.loads(done.stdout)["objects"] == 5, done.stderr
        assert units(archive_of(souk, "fresh")) == source.dump["archive"]
