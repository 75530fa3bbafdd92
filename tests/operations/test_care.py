# SPDX-License-Identifier: Apache-2.0
"""What a server tells its administrators of itself: doctor's findings, its backups, who takes the room."""

import json
import os
import sqlite3

import pytest
from registry_client import deploy, digest_of, push
from souk_server import Souk, run_cli
from wire import call

MODELS = "/api/v1/namespaces/default/models"


@pytest.fixture
def filled(own_souk, files):
    push(own_souk, "default/simple", "1", {"m.onnx": (files / "models/simple.onnx").read_bytes()})
    deploy(own_souk, "default/simple:1", "simple")
    return own_souk


def findings(souk):
    answer = call(souk, "GET", "/api/v1/doctor")
    assert answer.status == 200, answer.body
    return answer.json()


def backups(souk):
    return call(souk, "GET", "/api/v1/backups").json()["backups"]


def test_the_server_finds_what_the_command_finds(filled, files):
    here = findings(filled)
    said = json.loads(run_cli("doctor", "-o", "json", "--data", filled.data, "--listen", f"{filled.host}:{filled.port}").stdout)
    assert [f["check"] for f in here["findings"]] == [f["check"] for f in said["findings"]]
    assert [f["verdict"] for f in here["findings"]] == [f["verdict"] for f in said["findings"]]
    assert here["verdict"] == max((f["verdict"] for f in here["findings"]), key=["OK", "WARNING", "WRONG"].index)
    data = (files / "models/simple.onnx").read_bytes()
    hexes = digest_of(data).removeprefix("sha256:")
    (filled.data / "blobs/sha256" / hexes[:2] / hexes).unlink()
    lost = findings(filled)
    assert lost["verdict"] == "WRONG"
    found = [f for f in lost["findings"] if f["verdict"] == "WRONG"]
    assert digest_of(data) in found[0]["found"] and "default/simple:1" in found[0]["found"] and found[0]["fix"]


def test_backups_are_told_of(tmp_path, files, own_database):
    with Souk(tmp_path / "data", *own_database) as souk:
        push(souk, "default/one", "1", {"m.onnx": (files / "models/simple.onnx").read_bytes(), "a.bin": os.urandom(200_000)})
        base = ["--data", souk.data, *own_database, "-o", "json"]
        assert backups(souk) == []
        first = json.loads(run_cli("backup", tmp_path / "b", *base).stdout)
        [told] = backups(souk)
        assert told["name"] == first["name"] and told["place"] == str(tmp_path / "b") and told["blob_bytes"] == first["blob_bytes"]
        assert told["copied_bytes"] > 200_000 and told["lost"] == 0 and "verify_time" not in told
        second = json.loads(run_cli("backup", f"file:{tmp_path}/b/", *base).stdout)  # the same place
        assert [b["name"] for b in backups(souk)] == [second["name"], first["name"]]
        assert run_cli("backup", tmp_path / "b", "--verify", *base).returncode == 0
        newest, oldest = backups(souk)
        assert newest["verify_time"] and "damage" not in newest and "verify_time" not in oldest
        biggest = max((p for p in (tmp_path / "b/sha256").rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)
        biggest.write_bytes(b"rotten")
        assert run_cli("backup", tmp_path / "b", "--verify", *base).returncode == 1
        assert backups(souk)[0]["damage"]
        third = json.loads(run_cli("backup", tmp_path / "b", "--keep", "1", *base).stdout)
        assert [b["name"] for b in backups(souk)] == [third["name"]]


def test_a_backup_is_made_where_it_cannot_be_noted(own_souk, tmp_path):
    """An older server's database has no place for the note."""
    assert own_souk.stop() == 0
    with sqlite3.connect(own_souk.data / "souk.db") as database:
        database.execute("ALTER TABLE backups RENAME TO put_away")
    database.close()
    made = run_cli("backup", tmp_path / "b", "-o", "json", "--data", own_souk.data)
    assert made.returncode == 0 and "not be noted" in made.stderr, made.stderr
    assert run_cli("backup", tmp_path / "b", "--verify", "--data", tmp_path / "elsewhere").returncode == 0


def test_storage_says_what_a_deletion_would_free(own_souk, files):
    model = (files / "models/simple.onnx").read_bytes()
    push(own_souk, "default/small", "1", {"m.onnx": model})
    push(own_souk, "default/large", "1", {"m.onnx": model, "a.bin": os.urandom(300_000)})
    push(own_souk, "default/large", "2", {"m.onnx": model, "b.bin": os.urandom(100_000)})
    use = call(own_souk, "GET", "/api/v1/storage").json()
    assert [m["model"] for m in use["models"]] == ["large", "small"]
    large, small = use["models"]
    assert 400_000 < large["own_bytes"] == large["bytes"] - len(model) and large["blobs"] > small["blobs"]
    assert 0 < small["own_bytes"] < small["bytes"]
    assert use["stored_bytes"] == large["bytes"] + small["own_bytes"]
    assert call(own_souk, "DELETE", f"{MODELS}/large").status == 204
    assert [m["model"] for m in call(own_souk, "GET", "/api/v1/storage").json()["models"]] == ["small"]
