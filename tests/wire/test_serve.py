# SPDX-License-Identifier: Apache-2.0
"""How souk is started and stopped: what scripts of others rely on."""

import json
import signal
import sqlite3
import subprocess
import threading
import time

import pytest
from registry_client import deploy, folder, push
from souk_server import BINARY, Souk, StartFailed, clean_environment, run_cli
from wire import Connection, call

MODELS = "/api/v1/namespaces/default/models"


def test_one_line_on_stdout_and_logs_on_stderr(tmp_path):
    process = subprocess.Popen([str(BINARY), "serve", "--data", str(tmp_path / "d"), "--listen", "127.0.0.1:0", "--dev"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment())
    line = process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0 and out == b""
    ready = json.loads(line)
    assert set(ready) == {"ready", "url"} and ready["ready"] is True and ready["url"].startswith("http://127.0.0.1:")
    for entry in err.decode().splitlines():
        assert json.loads(entry)["message"], entry


def test_everything_is_there_again(own_souk, root):
    push(own_souk, "default/digits", "1", folder(root / "samples/digits"))
    made = deploy(own_souk, "digits:1", "digits")
    before = call(own_souk, "GET", f"{MODELS}/digits").json()
    for stop in (own_souk.stop, own_souk.kill, own_souk.stop):
        stop()
        own_souk.start()
        after = call(own_souk, "GET", f"{MODELS}/digits").json()
        assert {k: v for k, v in after.items() if k != "deployments"} == {k: v for k, v in before.items() if k != "deployments"}
        end = time.monotonic() + 10
        while call(own_souk, "GET", "/readyz").status != 200:
            assert time.monotonic() < end
            time.sleep(0.01)
        again = call(own_souk, "GET", "/api/v1/namespaces/default/deployments/digits").json()
        assert (again["uid"], again["state"], again["revision"]) == (made["uid"], "READY", made["revision"])
        assert call(own_souk, "GET", "/v2/models/digits/ready").status == 200


def test_a_second_serve_is_refused_and_names_the_holder(own_souk):
    second = Souk(own_souk.data)
    second.log_path = own_souk.data.parent / "second.log"
    with pytest.raises(StartFailed) as failed:
        second.start()
    assert failed.value.code == 1
    assert str(own_souk.pid) in failed.value.stderr and str(own_souk.data) in failed.value.stderr
    assert call(own_souk, "GET", "/healthz").status == 200


def test_a_newer_schema_is_refused(own_souk):
    own_souk.stop()
    path = next(p for p in own_souk.data.rglob("*") if p.is_file() and p.read_bytes()[:15] == b"SQLite format 3")
    with sqlite3.connect(path) as database:
        tables = [r[0] for r in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%migration%'")]
        columns = [r[1] for r in database.execute(f"PRAGMA table_info({tables[0]})")]
        row = dict(zip(columns, database.execute(f"SELECT * FROM {tables[0]} ORDER BY 1 DESC LIMIT 1").fetchone()))
        number = next(c for c in columns if isinstance(row[c], int) and row[c] < 1000)
        row[number] = 9000
        database.execute(f"INSERT INTO {tables[0]} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values()))
    database.close()
    with pytest.raises(StartFailed) as failed:
        own_souk.start()
    assert failed.value.code == 1 and ("newer" in failed.value.stderr or "9000" in failed.value.stderr), failed.value.stderr


def test_sigterm_lets_requests_under_way_end(own_souk):
    with Connection(own_souk) as connection:
        body = b'{"name":"drained"}'
        connection.send(connection.head("POST", MODELS, {"Content-Type": "application/json", "Content-Length": str(len(body)), "Expect": "100-continue"}))
        assert connection.read_head().status == 100  # it is under way now
        connection.send(body[:5])
        code = {}
        stopper = threading.Thread(target=lambda: code.update(value=own_souk.stop()))
        stopper.start()
        end = time.monotonic() + 5
        while time.monotonic() < end:  # no new connections once it drains
            try:
                Connection(own_souk, 1).close()
                time.sleep(0.02)
            except OSError:
                break
        connection.send(body[5:])
        assert connection.read().status == 201
        stopper.join()
    assert code["value"] == 0
    own_souk.start()
    assert call(own_souk, "GET", f"{MODELS}/drained").status == 200


def test_an_open_event_stream_does_not_hold_the_stop_up(own_souk):
    with Connection(own_souk) as connection:
        connection.send(connection.head("GET", "/api/v1/events"))
        assert connection.read_head().status == 200
        began = time.monotonic()
        assert own_souk.stop() == 0
        assert time.monotonic() - began < 10


@pytest.mark.parametrize("arguments", [["--no-such-setting", "1"], ["--listen", "nonsense"], ["--listen", "127.0.0.1:99999"], ["--database", "mysql://x"],
                                       ["--blobs", "ftp://x"], ["--listen"]])
def test_settings_that_are_none(tmp_path, arguments):
    done = subprocess.run([str(BINARY), "serve", "--data", str(tmp_path / "d"), "--listen", "127.0.0.1:0", "--dev", *arguments],
                          env=clean_environment(), capture_output=True, text=True, timeout=30)
    assert done.returncode in (1, 2) and done.stdout == ""
    assert any(a.lstrip("-") in done.stderr for a in (arguments[0], arguments[-1])), done.stderr


def test_an_unknown_setting_in_the_environment_or_the_file(tmp_path):
    base = [str(BINARY), "serve", "--data", str(tmp_path / "d"), "--listen", "127.0.0.1:0", "--dev"]
    done = subprocess.run(base, env=clean_environment(SOUK_NO_SUCH="1"), capture_output=True, text=True, timeout=30)
    assert done.returncode != 0 and "SOUK_NO_SUCH" in done.stderr
    (tmp_path / "souk.yaml").write_text("no_such: 1\n")
    done = subprocess.run([*base, "--config", str(tmp_path / "souk.yaml")], env=clean_environment(), capture_output=True, text=True, timeout=30)
    assert done.returncode != 0 and "no_such" in done.stderr


def test_settings_by_environment(tmp_path):
    with Souk(tmp_path / "d", environment={"SOUK_LOG_LEVEL": "debug"}) as souk:
        assert call(souk, "GET", "/healthz").status == 200


def test_a_password_in_a_url_is_not_logged(tmp_path):
    done = subprocess.run([str(BINARY), "serve", "--data", str(tmp_path / "d"), "--listen", "127.0.0.1:0", "--dev"],
                          env=clean_environment(SOUK_DATABASE="postgresql://souk:hunter2secret@127.0.0.1:1/souk"), capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "hunter2secret" not in done.stderr + done.stdout


def test_dev_listens_on_loopback_only(tmp_path):
    done = subprocess.run([str(BINARY), "serve", "--data", str(tmp_path / "d"), "--listen", "0.0.0.0:0", "--dev"],
                          env=clean_environment(), capture_output=True, text=True, timeout=30)
    assert done.returncode != 0 and "dev" in done.stderr


def test_migrate_by_hand(tmp_path):
    first = run_cli("migrate", "--data", tmp_path / "d")
    assert first.returncode == 0, first.stderr
    again = run_cli("migrate", "--status", "--data", tmp_path / "d")
    assert again.returncode == 0 and "not applied" not in again.stdout
    with Souk(tmp_path / "d") as souk:
        assert call(souk, "GET", "/healthz").status == 200
