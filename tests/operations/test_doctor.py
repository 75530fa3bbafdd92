# SPDX-License-Identifier: Apache-2.0
"""souk doctor: what is wrong is found, named, and how to put it right is said."""

import json
import os
import re
import sqlite3
import time

import pytest
from registry_client import deploy, digest_of, push
from souk_server import Souk, run_cli
from wire import call


def diagnose(souk_or_data, *arguments, **more):
    data = souk_or_data.data if isinstance(souk_or_data, Souk) else souk_or_data
    done = run_cli("doctor", "-o", "json", "--data", data, "--listen", more.pop("listen", "127.0.0.1:0"), *arguments, **more)
    assert done.returncode in (0, 1), done.stderr
    found = json.loads(done.stdout)
    assert (done.returncode == 1) == (found["verdict"] == "WRONG")
    for one in found["findings"]:
        assert one["found"] and (one["verdict"] == "OK") == ("fix" not in one), one
    return found["findings"]


def wrong(findings, check=None):
    return [f for f in findings if f["verdict"] == "WRONG" and check in (None, f["check"])]


@pytest.fixture
def filled(own_souk, files):
    push(own_souk, "default/simple", "1", {"m.onnx": (files / "models/simple.onnx").read_bytes()})
    deploy(own_souk, "default/simple:1", "simple")
    return own_souk


def test_beside_a_server_without_one_and_without_anything(filled, tmp_path):
    beside = diagnose(filled, listen=f"{filled.host}:{filled.port}")
    assert wrong(beside) == [] and any(f["check"] == "server.ready" for f in beside)
    assert wrong(diagnose(filled, "--verify")) == []
    filled.kill()  # its log of writes is left behind
    assert wrong(diagnose(filled, "--verify")) == []
    nothing = diagnose(tmp_path / "nothing")
    assert wrong(nothing) == [] and not (tmp_path / "nothing").exists()
    assert any(f["check"] == "database.reach" and f["verdict"] == "WARNING" for f in nothing)


def test_on_postgresql(postgres, tmp_path, files):
    url = postgres.database()
    with Souk(tmp_path / "d", "--database", url) as souk:
        push(souk, "default/simple", "1", {"m.onnx": (files / "models/simple.onnx").read_bytes()})
        found = diagnose(souk, "--verify", "--database", url)
        assert [f["check"] for f in wrong(found) if f["check"] != "database.durability"] == []
        assert any("fsync" in f["found"] for f in wrong(found, "database.durability"))  # tests run without
        assert any(f["check"] == "clock.skew" for f in found)
    gone = diagnose(tmp_path / "d", "--database", "postgresql://souk:secret-word@127.0.0.1:1/souk")
    assert wrong(gone, "database.reach") and "secret-word" not in json.dumps(gone)


def test_a_rotten_blob_is_named_with_what_uses_it(filled, files):
    data = (files / "models/simple.onnx").read_bytes()
    hexes = digest_of(data).removeprefix("sha256:")
    path = filled.data / "blobs/sha256" / hexes[:2] / hexes
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert wrong(diagnose(filled)) == []  # its size is right
    found = wrong(diagnose(filled, "--verify"), "blobs.content")
    assert digest_of(data) in found[0]["found"] and "default/simple:1" in found[0]["found"]
    assert call(filled, "GET", "/v2/models/simple/ready").status == 200  # the server goes on
    path.write_bytes(data[:100])
    assert digest_of(data) in wrong(diagnose(filled), "blobs.content")[0]["found"]
    path.unlink()
    found = wrong(diagnose(filled), "blobs.content")
    assert digest_of(data) in found[0]["found"] and "backup" in found[0]["fix"]
    assert call(filled, "GET", "/healthz").status == 200
    path.write_bytes(data)
    path.chmod(0o600)
    assert wrong(diagnose(filled, "--verify")) == []


def test_a_manifest_with_other_bytes(filled):
    assert filled.stop() == 0
    with sqlite3.connect(filled.data / "souk.db") as database:
        database.execute("UPDATE manifests SET bytes = CAST(replace(CAST(bytes AS TEXT), 'm.onnx', 'n.onnx') AS BLOB)")
    database.close()
    found = wrong(diagnose(filled, "--verify"), "manifests.content")
    assert "default/simple" in found[0]["found"]
    filled.start()


def test_a_damaged_database(filled):
    assert filled.stop() == 0
    path = filled.data / "souk.db"
    kept = path.read_bytes()
    damaged = bytearray(kept)
    for page in range(3, len(kept) // 4096, 2):
        damaged[page * 4096:page * 4096 + 100] = os.urandom(100)
    path.write_bytes(damaged)
    assert [f for f in wrong(diagnose(filled)) if f["check"].startswith("database.") and "restore" in f["fix"]]
    path.write_bytes(b"this was a database")
    assert wrong(diagnose(filled), "database.reach")
    path.write_bytes(kept)
    assert wrong(diagnose(filled)) == []
    filled.start()


def test_rows_that_refer_to_nothing(filled):
    assert filled.stop() == 0
    with sqlite3.connect(filled.data / "souk.db") as database:
        database.execute("PRAGMA foreign_keys = OFF")
        kept = database.execute("SELECT * FROM namespaces").fetchall()
        database.execute("DELETE FROM namespaces")
    assert wrong(diagnose(filled), "database.integrity")
    with sqlite3.connect(filled.data / "souk.db") as database:
        database.executemany(f"INSERT INTO namespaces VALUES ({', '.join('?' * len(kept[0]))})", kept)
    database.close()
    filled.start()


def test_the_future_is_told(filled):
    assert filled.stop() == 0
    with sqlite3.connect(filled.data / "souk.db") as database:
        database.execute("UPDATE events SET time = ? WHERE sequence = (SELECT max(sequence) FROM events)", (int(time.time() * 1000) + 3_600_000,))
    database.close()
    found = wrong(diagnose(filled), "clock.step")
    assert re.search(r"35\d\d\.\d s|3600\.\d s", found[0]["found"]) and "timedatectl" in found[0]["fix"]
    filled.start()


def test_modes_addresses_schemas(filled, tmp_path):
    filled.data.chmod(0o755)
    assert wrong(diagnose(filled), "disk.permissions")
    filled.data.chmod(0o700)
    strange = diagnose(filled, listen="127.0.0.1:99999999")
    assert wrong(strange, "address")
    import socket
    with socket.create_server(("127.0.0.1", 0)) as other:  # accepts by the kernel, answers nothing
        taken = diagnose(filled, listen=f"127.0.0.1:{other.getsockname()[1]}")
        assert "no souk" in wrong(taken, "address")[0]["found"]
    assert filled.stop() == 0
    with sqlite3.connect(filled.data / "souk.db") as database:
        database.execute("INSERT INTO schema_migrations VALUES (9000, 'future', 'x', 1)")
    assert "newer souk" in wrong(diagnose(filled), "database.schema")[0]["fix"]
    with sqlite3.connect(filled.data / "souk.db") as database:
        database.execute("DELETE FROM schema_migrations WHERE number = 9000")
    database.close()
    filled.start()


def test_for_people(filled):
    done = run_cli("doctor", "-o", "table", "--data", filled.data, "--listen", "127.0.0.1:0")
    assert done.returncode == 0 and re.search(r"^ok +database\.integrity", done.stdout, re.M)
    assert "souk doctor" in run_cli("doctor", "--help").stdout
    assert run_cli("doctor", "--nonsense").returncode == 2
