# SPDX-License-Identifier: Apache-2.0
"""`souk audit verify` finds a row that was altered, taken out or moved, by whoever can write the database."""

import json
import sqlite3
import time
import urllib.parse

import grpc
import pytest
from registry_client import deploy, push
from souk_server import Souk, run_cli
from wire import call


@pytest.fixture
def written(tmp_path):
    """A database with some changes in its audit log, all chained."""
    with Souk(tmp_path / "data", dev=False) as server:
        key = (server.data / "admin.key").read_text().strip()
        for i in range(12):
            assert call(server, "POST", "/api/v1/namespaces/default/models", key=key, data={"name": f"m{i}"}).status == 201
        verified = verify(server, key)
        assert verified.returncode == 0, verified.stderr
        head = json.loads(verified.stdout)["head"]
        exported = run_cli("audit", "export", url=server.url, key=key)
    (tmp_path / "export.jsonl").write_text(exported.stdout)
    return tmp_path, key, head


def verify(server, key, *more):
    deadline = time.monotonic() + 20
    while "are not chained" in (run := run_cli("audit", "verify", *more, url=server.url, key=key)).stderr and time.monotonic() < deadline:
        time.sleep(0.1)
    return run


def tampered(folder, *statements):
    """As who owns the file does it: past the triggers."""
    database = sqlite3.connect(folder / "data/souk.db")
    for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        assert database.execute(statement).rowcount > 0, statement
    database.commit()
    database.close()


def test_an_intact_log_verifies_and_its_head_stays(written):
    folder, key, head = written
    with Souk(folder / "data", dev=False) as server:
        assert call(server, "POST", "/api/v1/namespaces/default/models", key=key, data={"name": "later"}).status == 201
        run = verify(server, key, "--head", head)
        assert run.returncode == 0, run.stderr
        assert json.loads(run.stdout)["intact"] is True
    assert run_cli("audit", "verify", "--file", folder / "export.jsonl", url="http://127.0.0.1:1").returncode == 0


@pytest.mark.parametrize("what,statements,says", [
    ("altered", ["UPDATE audit_events SET actor = 'nobody' WHERE id = (SELECT event_id FROM audit_chain WHERE position = 5)"], "row 5"),
    ("altered in its detail", ["UPDATE audit_events SET detail = '{}x' WHERE id = (SELECT event_id FROM audit_chain WHERE position = 5)"], "row 5"),
    ("taken out", ["DELETE FROM audit_events WHERE id = (SELECT event_id FROM audit_chain WHERE position = 5)"], "taken out"),
    ("taken out with its link", ["DELETE FROM audit_events WHERE id = (SELECT event_id FROM audit_chain WHERE position = 5)", "DELETE FROM audit_chain WHERE position = 5"], "missing"),
])
def test_a_row_that_was(written, what, statements, says):
    folder, key, _ = written
    tampered(folder, *statements)
    with Souk(folder / "data", dev=False) as server:
        run = run_cli("audit", "verify", url=server.url, key=key)
    assert run.returncode != 0, what
    assert says in run.stdout + run.stderr, run.stdout + run.stderr


def test_rows_out_of_order(written):
    folder, key, _ = written
    tampered(folder, "UPDATE audit_chain SET position = -6 WHERE position = 6", "UPDATE audit_chain SET position = 6 WHERE position = 7",
             "UPDATE audit_chain SET position = 7 WHERE position = -6")
    with Souk(folder / "data", dev=False) as server:
        run = run_cli("audit", "verify", url=server.url, key=key)
    assert run.returncode != 0 and "row 6" in run.stdout + run.stderr


def test_a_chain_written_anew_does_not_hold_the_head_that_was_kept(written):
    folder, key, head = written
    tampered(folder, "DELETE FROM audit_chain WHERE position > 4", "UPDATE audit_events SET actor = 'nobody' WHERE id > (SELECT MAX(event_id) FROM audit_chain)")
    with Souk(folder / "data", dev=False) as server:
        assert verify(server, key).returncode == 0, "the chain was made anew by souk itself"
        run = verify(server, key, "--head", head)
    assert run.returncode != 0 and "not in the chain" in run.stdout + run.stderr


def test_an_export_that_was_altered(written):
    folder, _, _ = written
    lines = (folder / "export.jsonl").read_text().splitlines()
    altered = folder / "altered.jsonl"
    altered.write_text("\n".join([*lines[:3], lines[3].replace('"outcome":"DONE"', '"outcome":"REFUSED"'), *lines[4:]]) + "\n")
    assert run_cli("audit", "verify", "--file", altered, url="http://127.0.0.1:1").returncode != 0
    altered.write_text("\n".join(lines[:3] + lines[4:]) + "\n")
    assert run_cli("audit", "verify", "--file", altered, url="http://127.0.0.1:1").returncode != 0


def test_refusals_inside_a_stream_are_counted_as_calls_are(tmp_path, files):
    """A stream of inferences answers its errors in messages; who may not ask for a deployment is in the log all the same."""
    with Souk(tmp_path / "data", dev=False) as server:
        admin = (server.data / "admin.key").read_text().strip()
        assert push(server, "default/m", "1", {"m.onnx": (files / "models/simple.onnx").read_bytes()}, key=admin).status == 201
        for name in ("one", "other"):
            deploy(server, "default/m:1", name, key=admin)
        key = call(server, "POST", "/api/v1/api_keys", key=admin, data={"name": "k", "scopes": [{"actions": ["INFER"], "deployment": "default/one"}]}).json()
        messages = [bytes([1 << 3 | 2, len(name)]) + name for name in (b"one", b"other", b"other", b"other")]
        with grpc.insecure_channel(f"{server.host}:{server.port}") as channel:
            stream = channel.stream_stream("/inference.GRPCInferenceService/ModelStreamInfer")
            said = list(stream(iter(messages), metadata=[("authorization", f"Bearer {key['key']}")], timeout=60))
        assert len(said) == 4
        end, counted = time.monotonic() + 60, 0
        while not counted and time.monotonic() < end:
            rows = call(server, "GET", "/api/v1/audit_events?filter=" + urllib.parse.quote("outcome = 'REFUSED'"), key=admin).json()["audit_events"]
            counted = sum(r["count"] for r in rows if r["action"].endswith("ModelStreamInfer") and r["credential"] == f"key {key['id']}")
            time.sleep(0.1)
        assert counted, rows
        server.stop()
        with Souk(server.data, dev=False) as again:  # what repeats is written once a minute, and at the end
            rows = call(again, "GET", "/api/v1/audit_events?filter=" + urllib.parse.quote("outcome = 'REFUSED'"), key=admin).json()["audit_events"]
        assert sum(r["count"] for r in rows if r["action"].endswith("ModelStreamInfer")) == 3, rows
