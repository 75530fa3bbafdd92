# SPDX-License-Identifier: Apache-2.0
"""souk fetch, souk model card edit, souk catalog: as a shell script runs them."""

import hashlib
import itertools
import json
import os
import stat
from pathlib import Path

from registry_client import push
from souk_server import Souk, run_cli
from wire import call

_count = itertools.count()
CATALOG = Path(__file__).parents[1] / "data/catalog"


def done(souk, *arguments, code=0, **more):
    run = run_cli(*arguments, url=souk.url, **more)
    assert run.returncode == code, (run.returncode, run.stdout, run.stderr)
    return json.loads(run.stdout) if run.stdout.startswith(("{", "[")) else run


def test_fetch(souk, files, tmp_path):
    name = f"fetched-{next(_count)}"
    data = next((files / "models").glob("*.onnx")).read_bytes()
    big = os.urandom(3 << 20)
    assert push(souk, f"default/{name}", "v1", {"m.onnx": data, "sub/weights.bin": big}).status == 201
    into = tmp_path / "here"
    fetched = done(souk, "fetch", f"model-registry://{name}/v1", into)
    assert sorted(fetched["files"]) == ["m.onnx", "sub/weights.bin"] and (into / "sub/weights.bin").read_bytes() == big
    assert done(souk, "fetch", f"model-registry://{souk.host}:{souk.port}/{name}", tmp_path / "there")["digest"] == fetched["digest"]
    assert (tmp_path / "there/m.onnx").read_bytes() == data
    # What an earlier one left is taken up, not fetched again.
    half = tmp_path / "half/sub"
    half.mkdir(parents=True)
    (half / f".souk-{hashlib.sha256(big).hexdigest()[:32]}").write_bytes(big[:2_000_000])
    done(souk, "fetch", f"model-registry://default/{name}/v1", tmp_path / "half")
    assert [p.name for p in half.iterdir()] == ["weights.bin"] and (half / "weights.bin").read_bytes() == big
    (into / "m.onnx").write_bytes(b"other")
    assert "--force" in done(souk, "fetch", f"model-registry://{name}/v1", into, code=5).stderr
    done(souk, "fetch", f"model-registry://{name}/v1", into, "--force")
    for uri, code in (("model-registry://absent", 3), (f"model-registry://{name}/v9", 3), ("s3://x/y", 2), ("model-registry://", 2)):
        assert done(souk, "fetch", uri, code=code).stderr
    call(souk, "POST", "/api/v1/namespaces/default/models", data={"name": "elsewhere"})
    call(souk, "POST", "/api/v1/namespaces/default/models/elsewhere/versions", data={"name": "v1", "uri": "s3://b/p"})
    assert "import" in done(souk, "fetch", "model-registry://elsewhere/v1", code=5).stderr


def editor(path, body):
    path.write_text("#!/bin/sh\n" + body)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return {"EDITOR": str(path)}


def test_cards(souk, tmp_path):
    name = f"carded-{next(_count)}"
    where = f"/api/v1/namespaces/default/models/{name}"
    call(souk, "POST", "/api/v1/namespaces/default/models", data={"name": name, "readme": "# One\n"})
    call(souk, "POST", where + "/versions", data={"name": "v1"})
    done(souk, "model", "card", "edit", name, environment=editor(tmp_path / "ed", 'echo two >> "$1"'))
    assert call(souk, "GET", where).json()["readme"] == "# One\ntwo\n"
    done(souk, "model", "card", "edit", name, "--file", "-", input="# From stdin 😀\n")
    assert call(souk, "GET", where).json()["readme"] == "# From stdin 😀\n"
    done(souk, "model", "card", "edit", name + ":v1", "--file", "-", input="the first")
    assert call(souk, "GET", where + "/versions/v1").json()["description"] == "the first"
    before = call(souk, "GET", where).json()
    assert "nothing was changed" in done(souk, "model", "card", "edit", name, environment=editor(tmp_path / "ed", "true")).stderr
    assert "failed" in done(souk, "model", "card", "edit", name, environment=editor(tmp_path / "ed", "exit 3"), code=5).stderr
    assert "--file" in done(souk, "model", "card", "edit", name, environment={"EDITOR": "", "VISUAL": ""}, code=5).stderr
    assert call(souk, "GET", where).json() == before
    # Another's edit in between is not lost, and neither is one's own text.
    other = f'{run_cli.__globals__["BINARY"]} model card edit {name} --file - --url {souk.url} <<E >/dev/null\nanother\nE\necho mine > "$1"'
    conflict = done(souk, "model", "card", "edit", name, environment=editor(tmp_path / "ed", other), code=5)
    kept = Path(conflict.stderr.split("your text is kept in ")[1].split()[0])
    assert call(souk, "GET", where).json()["readme"] == "another\n" and kept.read_text() == "mine\n"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    kept.unlink()
    assert done(souk, "model", "card", "edit", "absent", "--file", "-", input="x", code=3).stderr


def test_catalog(tmp_path):
    (tmp_path / "sources.yaml").write_text((CATALOG / "sources.yaml").read_text().replace("HUB", "http://127.0.0.1:1"))
    for name in ("models.yaml", "servers.yaml"):
        (tmp_path / name).write_text((CATALOG / name).read_text())
    with Souk(tmp_path / "data", "--catalog-sources", tmp_path / "sources.yaml", "--catalog-performance", CATALOG / "performance") as souk:
        assert [m["name"] for m in done(souk, "catalog", "list", "granite", "--filter", "language = 'de'")["items"]] == ["ibm-granite/granite-8b"]
        assert len(done(souk, "catalog", "list", "--source", "files")["items"]) == 4
        assert [s["name"] for s in done(souk, "catalog", "list", "--mcp")["items"]] == ["calculator", "remote", "weather"]
        shown = done(souk, "catalog", "show", "files/ibm-granite/granite-8b")
        assert shown["provider"] == "IBM" and len(shown["artifacts"]) == 6
        table = done(souk, "catalog", "show", "files/ibm-granite/granite-8b", "-o", "table").stdout
        assert "oci://registry.example.com/granite:8b" in table and "performance-metrics" in table
        sources = {s["id"]: s["status"] for s in done(souk, "catalog", "sources")["items"]}
        assert sources["files"] == sources["servers"] == "available" and sources["broken"] == "error" and sources["disabled"] == "disabled"
        assert "SOURCE" in done(souk, "catalog", "sources", "-o", "table").stdout
        assert "column 10" in done(souk, "catalog", "list", "--filter", "license =", code=2).stderr
        assert done(souk, "catalog", "show", "files/absent", code=3).stderr and done(souk, "catalog", "show", "files", code=2).stderr
