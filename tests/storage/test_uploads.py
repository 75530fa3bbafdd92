# SPDX-License-Identifier: Apache-2.0
"""Uploads in parts: the API as a browser would use it, and the CLI through everything that breaks."""

import base64
import hashlib
import os
import random
import subprocess
import threading
import time

import pytest
from registry_client import digest_of
from souk_server import BINARY, Souk, clean_environment, run_cli
from wire import call

UPLOADS = "/api/v1/namespaces/default/models/{}/uploads"


def sha(data):
    return "sha-256=:" + base64.b64encode(hashlib.sha256(data).digest()).decode() + ":"


@pytest.fixture(params=["file", "s3"])
def store(request, tmp_path):
    """A server on either store of bytes."""
    if request.param == "file":
        server = Souk(tmp_path / "data")
    else:
        s3 = request.getfixturevalue("s3")
        server = Souk(tmp_path / "data", "--blobs", s3.url(), environment=s3.environment)
    server.start()
    yield server
    if server.running():
        assert server.stop() == 0


def create(souk, model, size, **more):
    answer = call(souk, "POST", UPLOADS.format(model), data={"size": size} | more)
    assert answer.status == 201, answer.body
    return answer.json()


def put(souk, model, upload, number, data, **headers):
    return call(souk, "PUT", f"{UPLOADS.format(model)}/{upload['id']}/parts/{number}",
                {"Content-Type": "application/octet-stream", "Content-Digest": sha(data)} | headers, data)


def part(data, upload, number):
    return data[(number - 1) * upload["part_size"]:number * upload["part_size"]]


def test_parts_side_by_side_and_out_of_order(store):
    data = os.urandom(45_000_000)
    upload = create(store, "m", len(data))
    assert upload["state"] == "OPEN" and upload["received_bytes"] == 0 and upload["expire_time"] > upload["create_time"]
    numbers = list(range(1, upload["part_count"] + 1))
    random.Random(5).shuffle(numbers)
    threads = [threading.Thread(target=lambda n=n: put(store, "m", upload, n, part(data, upload, n))) for n in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    there = call(store, "GET", f"{UPLOADS.format('m')}/{upload['id']}").json()
    assert there["received_parts"] == upload["part_count"] and there["received_bytes"] == len(data)
    done = call(store, "POST", f"{UPLOADS.format('m')}/{upload['id']}:complete", data={})
    assert done.status == 200, done.body
    assert done.json()["digest"] == digest_of(data) and done.json()["state"] == "COMPLETED"
    assert call(store, "GET", f"/v2/default/m/blobs/{digest_of(data)}").body == data
    part_of_it = call(store, "GET", f"/v2/default/m/blobs/{digest_of(data)}", {"Range": "bytes=20000000-20000099"})
    assert part_of_it.status == 206 and part_of_it.body == data[20_000_000:20_000_100]


def test_what_is_there_outlives_the_server(store):
    data = os.urandom(40_000_000)
    upload = create(store, "m", len(data), digest=digest_of(data))
    first = part(data, upload, 1)
    assert put(store, "m", upload, 1, first).json() == {"number": 1, "size": len(first), "checksum": sha(first)}
    store.kill()
    store.start()
    parts = call(store, "GET", f"{UPLOADS.format('m')}/{upload['id']}/parts").json()["parts"]
    assert [p["number"] for p in parts] == [1] and parts[0]["checksum"] == sha(first)
    early = call(store, "POST", f"{UPLOADS.format('m')}/{upload['id']}:complete", data={}).problem(409, "FAILED_PRECONDITION")
    assert "2" in early["detail"]
    for number in range(2, upload["part_count"] + 1):
        assert put(store, "m", upload, number, part(data, upload, number)).status == 200
    for _ in range(2):  # the second as after a lost answer
        assert call(store, "POST", f"{UPLOADS.format('m')}/{upload['id']}:complete", data={}).json()["digest"] == digest_of(data)
    assert call(store, "HEAD", f"/v2/default/m/blobs/{digest_of(data)}").status == 200


def test_bad_input(store):
    upload = create(store, "m", 1000)
    path = f"{UPLOADS.format('m')}/{upload['id']}"
    data = b"x" * 1000
    assert call(store, "PUT", f"{path}/parts/1", {}, data).problem(400, "INVALID_ARGUMENT")["field"] == "Content-Digest"
    for digest in ("sha-256=:AAAA:", "crc32c", "md5=:AAAA:", "sha-256=" + "x" * 5000):
        call(store, "PUT", f"{path}/parts/1", {"Content-Digest": digest}, data).problem(400, "INVALID_ARGUMENT")
    call(store, "PUT", f"{path}/parts/1", {"Content-Digest": sha(b"other")}, data).problem(400, "INVALID_ARGUMENT")
    for number in ("0", "2", "-1", "x", "99999999999999999999", "1.5"):
        assert put(store, "m", upload, number, data).status == 400, number
    for body in (b"", b"x" * 999, b"x" * 1001):
        assert put(store, "m", upload, 1, body).problem(400, "INVALID_ARGUMENT")["field"] == "Content-Length"
    assert call(store, "GET", path).json()["received_parts"] == 0
    for wrong in ({"size": -1}, {"size": 1 << 62}, {"size": "1"}, {}, {"size": 1, "digest": "md5:x"}, {"size": 1, "owner": "me"}):
        assert call(store, "POST", UPLOADS.format("m"), data=wrong).status in (400, 429) or wrong == {}, wrong
    for other in ("../x", "a" * 32, "%00", "a" * 5000):
        assert call(store, "GET", f"{UPLOADS.format('m')}/{other}").status in (400, 404, 414), other
    # Not another model's.
    call(store, "GET", f"{UPLOADS.format('other')}/{upload['id']}").problem(404, "NOT_FOUND")
    assert put(store, "other", upload, 1, data).status == 404
    assert call(store, "DELETE", path).status == 204
    call(store, "GET", path).problem(404, "NOT_FOUND")
    assert put(store, "m", upload, 1, data).status == 404


def test_a_wrong_digest_drops_the_upload(store):
    upload = create(store, "m", 5, digest=digest_of(b"other"))
    assert put(store, "m", upload, 1, b"bytes").status == 200
    problem = call(store, "POST", f"{UPLOADS.format('m')}/{upload['id']}:complete", data={}).problem(400, "INVALID_ARGUMENT")
    assert digest_of(b"bytes") in problem["detail"] and digest_of(b"other") in problem["detail"]
    call(store, "GET", f"{UPLOADS.format('m')}/{upload['id']}").problem(404, "NOT_FOUND")


def received(souk, model):
    uploads = call(souk, "GET", UPLOADS.format(model)).json()["uploads"]
    return uploads[0]["received_parts"] if uploads else 0


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "what was waited for did not come"
        time.sleep(0.01)


def test_the_cli_goes_on_through_restarts(store, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "weights.bin").write_bytes(os.urandom(200_000_000))
    store.stop()
    # The same address again, for the client does not ask where the server went.
    store.arguments[store.arguments.index("--listen") + 1] = f"127.0.0.1:{store.port}"
    store.start()
    push = subprocess.Popen([str(BINARY), "model", "push", str(source), "default/big:1", "--quiet"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env=clean_environment(SOUK_URL=store.url, HOME=str(tmp_path), XDG_CACHE_HOME=str(tmp_path / "cache")))
    try:
        wait_for(lambda: received(store, "big") >= 3 or push.poll() is not None)
        store.kill()
        time.sleep(0.3)
        store.start()
        out, err = push.communicate(timeout=100)
    finally:
        push.kill()
    assert push.returncode == 0, err
    pulled = tmp_path / "pulled"
    assert run_cli("model", "pull", "default/big:1", pulled, url=store.url, home=tmp_path).returncode == 0
    assert (pulled / "weights.bin").read_bytes() == (source / "weights.bin").read_bytes()


def test_a_push_that_was_killed_goes_on(store, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    data = os.urandom(160_000_000)
    (source / "weights.bin").write_bytes(data)
    environment = clean_environment(SOUK_URL=store.url, HOME=str(tmp_path), XDG_CACHE_HOME=str(tmp_path / "cache"))
    command = [str(BINARY), "model", "push", str(source), "default/big:1", "--quiet"]
    push = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: received(store, "big") >= 2 or push.poll() is not None)
    push.kill()
    push.wait()
    before = call(store, "GET", UPLOADS.format("big")).json()["uploads"]
    assert len(before) == 1
    again = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100)
    assert again.returncode == 0, again.stderr
    after = call(store, "GET", UPLOADS.format("big")).json()["uploads"]
    assert [u["id"] for u in after] == [before[0]["id"]] and after[0]["state"] == "COMPLETED"
    assert call(store, "HEAD", f"/v2/default/big/blobs/{digest_of(data)}").status == 200
